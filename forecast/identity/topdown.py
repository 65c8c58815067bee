"""Top-down view: data-centre revenue -> price -> accelerators shipped -> installed base -> GPU-hours, by leaf.

Reported revenue, a share of it by segment, a price by generation constrained by an independent estimate of
H100-equivalents shipped, survival, and utilisation. Calendar quarters throughout; reported fiscal quarters are mapped
day by day, conserving totals.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import hours_in
from shiftcast.forecast.hardware.fleet import Fleet
from shiftcast.forecast.identity.machines import Machines, shipped_for
from shiftcast.forecast.identity.revenue import Revenue
from shiftcast.forecast.identity.sold import Sold

_TINY: Final = 1e-9


@dataclass(frozen=True)
class TopDown:
    """The drawn top-down view, on ``revenue.quarters``; leaves in the order of :data:`LEAF_NAMES`.

    Attributes
    ----------
    sold, machines
        Its terms.
    spending
        US dollars a quarter, shape (draws, quarters, leaves).
    fleet
        Accelerators, shape (draws, quarters, leaves, generations).
    hours
        Busy accelerator-hours a quarter, shape (draws, quarters, leaves).
    megawatts
        Facility power of the live fleet, shape (draws, quarters, leaves).
    """

    sold: Sold
    machines: Machines
    spending: Array
    fleet: Fleet
    hours: Array
    megawatts: Array

    @property
    def revenue(self) -> Revenue:
        """Data-centre revenue before demand and ceilings."""
        return self.sold.revenue

    @cached_property
    def live(self) -> Array:
        """Live accelerators of all leaves, shape (draws, quarters, generations)."""
        return np.asarray(self.fleet.live.sum(axis=2))

    @property
    def mix(self) -> Array:
        """Share of the live fleet by generation [1], shape (draws, quarters, generations)."""
        return np.asarray(self.live / np.maximum(self.live.sum(axis=-1, keepdims=True), _TINY))


def as_sold(sold: Sold, machines: Machines, *, quarters: int | None = None) -> TopDown:
    """Return the view of what revenue alone buys, before demand and ceilings.

    Parameters
    ----------
    sold, machines
        Its terms.
    quarters
        How many quarters from the first; all unless given.

    Returns
    -------
    TopDown
        Joint draws.
    """
    shipped = shipped_for(sold.weights * sold.revenue.total[..., None], machines)
    return top_down(sold, machines, shipped[:, :quarters])


def top_down(sold: Sold, machines: Machines, shipped: Array) -> TopDown:
    """Return the view of given shipments: fleet, busy hours and power.

    Parameters
    ----------
    sold, machines
        Its terms.
    shipped
        Accelerators shipped a quarter, shape (draws, quarters, leaves).

    Returns
    -------
    TopDown
        Joint draws.
    """
    quarters = sold.revenue.quarters[: shipped.shape[1]]
    by_age = machines.survival[:, : len(quarters)], machines.arrived[:, : len(quarters)]
    fleet = Fleet(shipped[..., None] * machines.unit_mix[:, : len(quarters), None, :], *by_age)
    spending = shipped * machines.unit_price[:, : len(quarters), None]
    spending[..., -1] = 0.0
    hours = hours_of(fleet.live.sum(axis=-1), machines, quarters)
    power = np.einsum("dqlg,dg->dql", fleet.live, machines.kw) / 1e3
    return TopDown(sold, machines, spending, fleet, hours, power)


def hours_of(live: Array, machines: Machines, quarters: pd.DatetimeIndex) -> Array:
    """Return busy hours of a live fleet.

    Parameters
    ----------
    live
        Accelerators, shape (draws, quarters, leaves).
    machines
        With how busy they are.
    quarters
        Ends of the quarters.

    Returns
    -------
    ndarray, shape (draws, quarters, leaves)
        Busy accelerator-hours a quarter.
    """
    return np.asarray(live * hours_in(quarters)[None, :, None] * machines.used[:, None, :])
