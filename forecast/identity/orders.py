"""Orders of the forecast: machines wanted by quarter and leaf, and what the ceilings leave of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.forecast.draws import Assumptions, Sampling, sample_assumptions
from shiftcast.forecast.hardware.fleet import in_place
from shiftcast.forecast.identity.fit import WorldFit
from shiftcast.forecast.identity.machines import Machines
from shiftcast.forecast.identity.sold import Sold
from shiftcast.forecast.supply.ceilings import POWER, draw_ceilings
from shiftcast.forecast.supply.funding import FUNDING, WIDTH
from shiftcast.forecast.supply.orders import Supply, supply_orders
from shiftcast.forecast.supply.taken import PER_WAFER, reached, taken

_ROOM: Final = 1.005  # over what is promised, so that it is not cut itself
_SHARP: Final = 1e-3  # softness of a promise
_TINY: Final = 1e-12


@dataclass(frozen=True)
class Orders:
    """Orders from the first forecast quarter on; leaves as in the view from above.

    Attributes
    ----------
    first, bounded
        Positions of the first forecast quarter, and of the first that ceilings hold.
    wanted, shipped
        Accelerators a quarter without and within the ceilings, all quarters, shape (draws, quarters, leaves).
    inherited
        Accelerators in place of shipments before the first forecast quarter, shape (draws, quarters ahead, leaves).
    supply
        Ceilings of the quarters ahead.
    takes
        What one accelerator of a generation takes of a ceiling, shape (draws, ceilings, generations), in its unit; of
        funding, its price [USD].
    """

    first: int
    bounded: int
    wanted: Array
    shipped: Array
    inherited: Array
    supply: Supply
    takes: Array


def take_orders(fit: WorldFit, sold: Sold, machines: Machines, wanted: Array, sampling: Sampling) -> Orders:
    """Cut wanted shipments to the ceilings of the record.

    A quarter that the vendor has guided to is promised within what it can supply, so the promise is its ceiling, and
    the ceilings after it rise from what is promised.

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
    bounded = first + (fit.top_down.revenue.ahead.guided is not None)
    inherited = in_place(np.where(np.arange(wanted.shape[1])[:, None] < first, wanted, 0.0), machines.survival)
    available, takes = _ceilings(fit, machines, wanted, sampling, bounded)
    use = {name: np.einsum("dqg,dg->dq", machines.unit_mix, per) for name, per in takes.items()}
    available[FUNDING], use[FUNDING] = sold.revenue.fundable.copy(), machines.unit_price
    takes[FUNDING] = machines.price
    freed = -np.diff(inherited.sum(axis=-1), axis=1, prepend=0) * use[POWER][:, [first - 1]]
    available[POWER] = available[POWER] + np.maximum(freed, 0.0)
    names, width = tuple(available), np.repeat(sampling.assumed[WIDTH][:, None], wanted.shape[1], axis=1)
    promised = slice(first, bounded)
    for name in names:
        available[name][:, promised] = _ROOM * (use[name] * wanted.sum(axis=-1))[:, promised]
    width[:, promised] = _SHARP
    most, mean = (np.stack([of[name][:, first:] for name in names], axis=-1) for of in (available, use))
    supply = Supply(names, most, np.maximum(mean, _TINY), width[:, first:])
    ahead = supply_orders(wanted[:, first:], machines.survival, supply)
    shipped = np.concatenate([wanted[:, :first], ahead], axis=1)
    each = np.stack([takes[name] for name in names], axis=1)
    return Orders(first, bounded, wanted, shipped, inherited[:, first:], supply, each)


def _ceilings(
    fit: WorldFit, machines: Machines, wanted: Array, sampling: Sampling, bounded: int
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Return physical ceilings, and what an accelerator of each generation takes of them, by name."""
    known = fit.known
    packed = known.capacity[known.capacity["name"].str.startswith(PER_WAFER)]
    extra = sample_assumptions(packed, draws=sampling.draws, seed=sampling.seed)
    takes = taken(known.hardware, fit.generations, Assumptions({**extra.values, **sampling.assumed.values}))
    made = wanted[:, :bounded].sum(axis=-1)[..., None] * machines.unit_mix[:, :bounded]
    live = np.cumsum(made, axis=1)  # a ceiling of power holds what is shipped: it has to be there when machines arrive
    bounds = draw_ceilings(known.ceilings, sampling, first=bounded, reached=reached(made, live, takes, first=bounded))
    return dict(bounds.most), takes
