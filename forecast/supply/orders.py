"""Orders cut to what can be supplied: wanted stock less what is there, quarter by quarter, within soft ceilings.

What a quarter cannot supply is asked for again in the next, so a ceiling delays before it denies. A ceiling cuts every
leaf by the same part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.forecast.supply.cut import soft_minimum

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
    use
        What one accelerator of a quarter's shipments takes, same shape, in the same unit.
    width
        Softness of the ceilings [log], shape (draws, quarters) (:func:`forecast.supply.cut.soft_minimum`).
    """

    names: tuple[str, ...]
    available: Array
    use: Array
    width: Array


def supply_orders(wanted: Array, inherited: Array, survival: Array, supply: Supply) -> Array:
    """Return shipments of each quarter: what the wanted stock lacks, cut to the ceilings.

    Parameters
    ----------
    wanted
        Accelerators wanted in place, shape (draws, quarters, leaves).
    inherited
        Accelerators in place of those shipped before the first quarter, same shape.
    survival
        Share of a shipment in place at ages 0.5, 1.5, ... quarters [1], shape (draws, quarters) or longer.
    supply
        Ceilings of the same quarters.

    Returns
    -------
    ndarray, shape (draws, quarters, leaves)
        Accelerators shipped a quarter.

    Examples
    --------
    Ten are wanted and four can be shipped a quarter:

    >>> ones = np.ones((1, 3, 1))
    >>> supply = Supply(("chips",), 4 * ones, ones, np.full((1, 3), 1e-3))
    >>> supply_orders(10 * ones, 0 * ones, np.ones((1, 3)), supply)[0, :, 0].round(2).tolist()
    [4.0, 4.0, 2.0]
    """
    shipped = np.zeros_like(wanted)
    for now in range(wanted.shape[1]):
        placed = inherited[:, now].copy()
        for before in range(now):
            placed += shipped[:, before] * survival[:, [now - before]]
        order = np.maximum(wanted[:, now] - placed, 0.0) / survival[:, [0]]
        whole = np.maximum(order.sum(axis=-1), _TINY)
        most = [supply.available[:, now, at] / supply.use[:, now, at] for at in range(len(supply.names))]
        shipped[:, now] = order * (soft_minimum(whole, most, supply.width[:, now]) / whole)[:, None]
    return shipped


def in_place(shipped: Array, by_age: Array) -> Array:
    """Return accelerators in place, or live, of shipments by quarter.

    Parameters
    ----------
    shipped
        Accelerators shipped, shape (draws, quarters, leaves).
    by_age
        Share in place, or live, at ages 0.5, 1.5, ... quarters [1], shape (draws, quarters) or longer.

    Returns
    -------
    ndarray, shape (draws, quarters, leaves)
        Accelerators.
    """
    age = np.arange(shipped.shape[1])[:, None] - np.arange(shipped.shape[1])[None, :]
    return np.asarray(np.where(age >= 0, by_age[:, np.maximum(age, 0)], 0.0) @ shipped)
