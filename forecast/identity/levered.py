"""Terms that scenarios redraw a cube from: wishes, ceilings, what generations take of them, the response to prices."""

from __future__ import annotations

from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.forecast.draws import Sampling, sample_assumptions
from shiftcast.forecast.identity.fit import WorldFit
from shiftcast.forecast.identity.machines import Machines
from shiftcast.forecast.identity.orders import Orders

_LEAF: Final = ("draw", "period", "leaf")
_RESPONSE: Final = {"elasticity": "demand.elasticity", "pass_through": "demand.pass_through"}
Variables = dict[str, tuple[tuple[str, ...], Array]]


def levered_variables(
    fit: WorldFit, orders: Orders, machines: Machines, sampling: Sampling, shown: slice
) -> Variables:  # fmt: skip
    """Return what a scenario redraws shipments and demand from, zero in history where it is of the quarters ahead.

    Parameters
    ----------
    fit
        What was fitted at the origin, for the record's elasticities.
    orders, machines
        Drawn wishes within the ceilings, and what a dollar buys.
    sampling
        Draws and seed.
    shown
        Quarters of the cube.

    Returns
    -------
    dict
        Each as (dimensions, values): wishes, ceilings and what a mean accelerator takes of them; ``unit_mix`` share of
        shipments by generation [1]; ``generation_takes`` what one accelerator of each takes of a ceiling, in its unit;
        where the record has them, ``elasticity`` of volume to price and ``pass_through`` of cost to price [1].
    """
    before, ages = orders.first - shown.start, orders.inherited.shape[1]

    def padded(values: Array) -> Array:
        return np.concatenate([np.zeros((len(values), before, *values.shape[2:])), values], axis=1)

    return {
        "shipments_wanted": (_LEAF, orders.wanted[:, shown]),
        "stock_inherited": (_LEAF, padded(orders.inherited)),
        "supply": (("draw", "period", "ceiling"), padded(orders.supply.available)),
        "supply_use": (("draw", "period", "ceiling"), padded(orders.supply.use)),
        "supply_width": (("draw", "period"), padded(orders.supply.width)),
        "survival": (("draw", "age"), machines.survival[:, :ages]),
        "arrived": (("draw", "age"), machines.arrived[:, :ages]),
        "unit_price": (("draw", "period"), machines.unit_price[:, shown]),
        "unit_power": (("draw", "period"), np.einsum("dqg,dg->dq", machines.unit_mix[:, shown], machines.kw)),
        "unit_mix": (("draw", "period", "generation"), machines.unit_mix[:, shown]),
        "generation_takes": (("draw", "ceiling", "generation"), orders.takes),
        **_response(fit, sampling),
    }


def _response(fit: WorldFit, sampling: Sampling) -> Variables:
    """Return the draws that questions of cost take of the same rows, seed and number of draws."""
    rows = fit.known.capacity[fit.known.capacity["name"].isin(_RESPONSE.values())]
    values = sample_assumptions(rows, draws=sampling.draws, seed=sampling.seed).values
    return {name: (("draw",), values[row]) for name, row in _RESPONSE.items() if row in values}
