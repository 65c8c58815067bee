"""Orders of the forecast: machines wanted by quarter and leaf, and what the ceilings leave of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.forecast.draws import Assumptions, Sampling, sample_assumptions
from shiftcast.forecast.identity.fit import WorldFit
from shiftcast.forecast.identity.machines import Machines
from shiftcast.forecast.identity.sold import Sold
from shiftcast.forecast.supply.ceilings import POWER, draw_ceilings
from shiftcast.forecast.supply.funding import WIDTH
from shiftcast.forecast.supply.orders import Supply, in_place, supply_orders
from shiftcast.forecast.supply.taken import PER_WAFER, taken

FUNDING: Final = "funding"
_ROOM: Final = 1.005  # over what is promised, so that it is not cut itself
_SHARP: Final = 1e-3  # softness of a promise
_TINY: Final = 1e-12


@dataclass(frozen=True)
class Orders:
    """Orders from the first forecast quarter on; leaves as in the view from above.

    Attributes
    ----------
    first
        Position of the first forecast quarter.
    wanted, shipped
        Accelerators a quarter without and within the ceilings, all quarters, shape (draws, quarters, leaves).
    inherited
        Accelerators in place of shipments before the first forecast quarter, shape (draws, quarters ahead, leaves).
    supply
        Ceilings of the quarters ahead.
    """

    first: int
    wanted: Array
    shipped: Array
    inherited: Array
    supply: Supply


def take_orders(fit: WorldFit, sold: Sold, machines: Machines, wanted: Array, sampling: Sampling) -> Orders:
    """Cut wanted shipments to the ceilings of the record.

    Parameters
    ----------
    fit
        What was fitted at the origin.
    sold, machines
        Drawn terms of the view from above.
    wanted
        Accelerators wanted a quarter, shape (draws, quarters, leaves).
    sampling
        Draws, seed, quarters and assumptions.

    Returns
    -------
    Orders
        Shipments of history as they were, and those ahead within every ceiling.
    """
    first = sold.revenue.first_forecast
    history = np.concatenate([wanted[:, :first], np.zeros_like(wanted[:, first:])], axis=1)
    inherited = in_place(history, machines.survival)
    supply = _supply(fit, sold, machines, wanted, inherited, sampling)
    shipped = np.concatenate([wanted[:, :first], supply_orders(wanted[:, first:], machines.survival, supply)], axis=1)
    return Orders(first, wanted, shipped, inherited[:, first:], supply)


def _supply(
    fit: WorldFit, sold: Sold, machines: Machines, wanted: Array, inherited: Array, sampling: Sampling
) -> Supply:
    """Return every ceiling ahead, and what an accelerator of each quarter's mix takes of it.

    A quarter that the vendor has guided to is promised within what it can supply, so the promise is its ceiling, and
    the ceilings after it rise from what is promised.
    """
    first, known = sold.revenue.first_forecast, fit.known
    bounded = first + (fit.top_down.revenue.ahead.guided is not None)
    packed = known.capacity[known.capacity["name"].str.startswith(PER_WAFER)]
    extra = sample_assumptions(packed, draws=sampling.draws, seed=sampling.seed)
    assumed = Assumptions({**extra.values, **sampling.assumed.values})
    each = {
        name: np.einsum("dqg,dg->dq", machines.unit_mix, per)
        for name, per in taken(known.hardware, fit.generations, assumed).items()
    }
    reached = {name: use[:, bounded - 1] * wanted[:, bounded - 1].sum(axis=-1) for name, use in each.items()}
    bounds = draw_ceilings(known.ceilings, sampling, first=bounded, reached=reached)
    most = {FUNDING: sold.revenue.fundable, **bounds.most}
    freed = -np.diff((inherited.sum(axis=-1)[:, first - 1 :]), axis=1) * each[POWER][:, [first - 1]]
    most[POWER] = np.concatenate([most[POWER][:, :first], most[POWER][:, first:] + freed], axis=1)
    each[FUNDING] = machines.unit_price
    names = tuple(most)
    use = np.stack([np.maximum(each[name], _TINY) for name in names], axis=-1)
    available = np.stack([most[name] for name in names], axis=-1)
    width = np.repeat(sampling.assumed[WIDTH][:, None], len(sampling.quarters), axis=1)
    promised = slice(first, bounded)
    available[:, promised] = _ROOM * (use * wanted.sum(axis=-1)[..., None])[:, promised]
    width[:, promised] = _SHARP
    return Supply(names, available[:, first:], use[:, first:], width[:, first:])
