"""Orders cut to what can be supplied, quarter by quarter, within soft ceilings.

What a quarter cannot supply is asked for again in the next, so a ceiling delays before it denies. It cuts every leaf by
the same part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.forecast.hardware.fleet import in_place
from shiftcast.forecast.supply.cut import soft_minimum
from shiftcast.forecast.supply.withheld import Withheld

KEPT: Final = ("power",)  # what is not used in a quarter can be used later
_TINY: Final = 1e-9


@dataclass(frozen=True)
class Supply:
    """Ceilings by quarter, and what an accelerator takes of each.

    Attributes
    ----------
    names
        Of the ceilings, such as ``power``.
    available
        Most that can be supplied in a quarter, shape (draws, quarters, ceilings); infinite where nothing limits it.
        What is left of those in :data:`KEPT` can be used later.
    use
        What one accelerator of a quarter's shipments takes, same shape, in the same unit.
    width
        Softness of the ceilings [log], shape (draws, quarters) (:func:`forecast.supply.cut.soft_minimum`).
    """

    names: tuple[str, ...]
    available: Array
    use: Array
    width: Array


def supply_orders(
    wanted: Array, survival: Array, supply: Supply, *, more: Array | float = 0.0, withheld: Withheld | None = None
) -> Array:
    """Return shipments of each quarter: what is wanted and what is still owed, cut to the ceilings.

    Parameters
    ----------
    wanted
        Accelerators wanted a quarter, shape (draws, quarters, leaves). Of what is shipped of them in a quarter, each
        leaf has its share of what is wanted in it, so ceilings do not change who buys.
    survival
        Share of a shipment in place at ages 0.5, 1.5, ... quarters [1], shape (draws, quarters) or longer; what is owed
        ages as if it had been shipped, so that no more is asked for than the wanted stock lacks.
    supply
        Ceilings of the same quarters.
    more
        Wanted on top, or less where negative, same shape; it is owed leaf by leaf.
    withheld
        What does not come of shipments that the ceilings leave, if anything.

    Returns
    -------
    ndarray, shape (draws, quarters, leaves)
        Accelerators shipped a quarter.

    Examples
    --------
    Ten are wanted and four can be shipped a quarter:

    >>> wanted = np.array([[[10.0], [1e-9], [1e-9]]])
    >>> ones = np.ones((1, 3, 1))
    >>> supply = Supply(("chips",), 4 * ones, ones, np.full((1, 3), 1e-3))
    >>> supply_orders(wanted, np.ones((1, 3)), supply)[0, :, 0].round(2).tolist()
    [4.0, 4.0, 2.0]
    """
    extra, total = np.broadcast_to(more, wanted.shape), wanted.sum(axis=-1)
    usual, special = np.zeros_like(total), np.zeros_like(wanted)
    kept_over, left = np.isin(supply.names, KEPT), np.zeros((len(total), len(supply.names)))
    for now in range(wanted.shape[1]):
        kept = survival[:, now:0:-1] / survival[:, [0]]
        order = total[:, now] + ((total - usual)[:, :now] * kept).sum(axis=1)
        asked = extra[:, now] + ((extra - special)[:, :now] * kept[..., None]).sum(axis=1)
        whole = np.maximum(order + asked.sum(axis=-1), _TINY)
        had = np.where(kept_over, left + supply.available[:, now], supply.available[:, now])
        most = np.maximum(had, _TINY) / supply.use[:, now]
        part = soft_minimum(whole, list(most.T), supply.width[:, now]) / whole
        if withheld is not None:
            part *= withheld.part((usual + special.sum(axis=-1))[:, :now], part * whole, now)
        left = had - (part * whole)[:, None] * supply.use[:, now]
        usual[:, now], special[:, now] = part * order, part[:, None] * asked
    each = np.maximum(wanted * (usual / np.maximum(total, _TINY))[..., None] + special, 0.0)
    whole = np.maximum(usual + special.sum(axis=-1), 0.0)  # where a leaf is cut to none, the others stay within it
    arrives = np.minimum(whole / np.maximum(each.sum(axis=-1), _TINY), 1.0)
    return np.asarray(each * (arrives if withheld is None else arrives * withheld.lost)[..., None])


def wanted_more(wanted: Array, inherited: Array, survival: Array, grown: Array) -> Array:
    """Return how much more is wanted a quarter if another stock is wanted.

    Parameters
    ----------
    wanted
        Accelerators wanted a quarter, shape (draws, quarters, leaves).
    inherited
        Accelerators in place of those shipped before the first quarter, same shape.
    survival
        Share of a shipment in place at ages 0.5, 1.5, ... quarters [1], shape (draws, quarters) or longer.
    grown
        Stock wanted over the stock that ``wanted`` leads to [1], same shape.

    Returns
    -------
    ndarray, shape (draws, quarters, leaves)
        Accelerators wanted a quarter on top of ``wanted``, or less, down to none: a stock that is too large is left to
        age. It is zero to the last bit where ``grown`` is one.

    Examples
    --------
    >>> one = np.ones((1, 2, 1))
    >>> wanted_more(2 * one, 10 * one, np.ones((1, 2)), 1.5 * one)[0, :, 0].tolist()
    [6.0, 1.0]
    """
    stock, more = inherited + in_place(wanted, survival), np.zeros_like(wanted)
    for now in range(wanted.shape[1]):
        met = (more[:, :now] * survival[:, now:0:-1, None]).sum(axis=1)
        more[:, now] = np.maximum(((grown[:, now] - 1) * stock[:, now] - met) / survival[:, [0]], -wanted[:, now])
    return more
