"""Hours that asked work takes: requests by leaf x technique share x intensity / throughput, by kind of machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import softmax

from shiftcast.features.arrays import Array
from shiftcast.forecast.draws import Assumptions
from shiftcast.forecast.hardware.conversion import busy_hour_blocks, hours_per_request
from shiftcast.forecast.hardware.growth import compound, years_after_base
from shiftcast.forecast.hardware.placement import draw_placement
from shiftcast.forecast.hardware.throughput import (
    TaskRates,
    core_throughput,
    fleet_throughput,
    reference_throughput,
)
from shiftcast.forecast.identity.intensity import draw_intensity, has_terms, replaced_by
from shiftcast.forecast.leaves import SEGMENT_OF, SOLD_LEAVES, SOLD_SEGMENTS
from shiftcast.forecast.market.chips import Chips
from shiftcast.forecast.workloads import Registry, Task


@dataclass(frozen=True)
class Asked:
    """The demand on every task: volumes, technique shares and assumptions, on the same quarters.

    Attributes
    ----------
    registry, assumed, quarters, chips, held_after
        Task registry, drawn assumptions, ends of the quarters, chips in order, and how long growth goes on [year].
    rates, cores
        Task to what the records say of its throughput, on accelerators and on a CPU core.
    volumes, shares
        As in :class:`BottomUp`.
    """

    registry: Registry
    volumes: Mapping[str, Array]
    shares: Mapping[tuple[str, str], Array]
    assumed: Assumptions
    quarters: pd.DatetimeIndex
    chips: Chips
    held_after: float
    rates: Mapping[str, TaskRates]
    cores: Mapping[str, float] = field(default_factory=dict)

    def requests(self, task: Task) -> Array:
        """Return the workload's requests by leaf, shape (draws, quarters, leaves)."""
        weights = np.stack([self.assumed[f"use.{task.workload}.{leaf}"] for leaf in SOLD_LEAVES], axis=-1)
        shares = softmax(np.log(weights), axis=-1)[:, None, :]
        return np.asarray(self.volumes[task.workload][..., None] * shares)

    def share(self, task: Task) -> Array:
        """Return the technique's share of the requests by leaf [share], shape (draws, quarters, leaves)."""
        place = self.registry.techniques(task.workload).index(task.technique)
        return np.stack([self.shares[task.workload, SEGMENT_OF[leaf]][:, :, place] for leaf in SOLD_LEAVES], axis=-1)

    def intensity(self, task: Task) -> Array:
        """Return work a request [unit/request], shape (draws, quarters); models grow, rules and tables do not."""
        each = self.base_intensity(task)[:, None]
        if not task.on_accelerator:
            return np.broadcast_to(each, (len(each), len(self.quarters)))
        growth = self.assumed[f"intensity_growth.{task.workload}"]
        return np.asarray(each * compound(growth, years_after_base(self.quarters), self.held_after))

    def base_intensity(self, task: Task) -> Array:
        """Return work a request on the base day [unit/request], shape (draws,)."""
        if has_terms(self.assumed.values, task.name):
            return draw_intensity(self.assumed, task.name)
        before = replaced_by(self.registry, task)
        pace = self._pace_over(task, before)
        return np.asarray(self.assumed[f"ratio.{task.technique}"] * self.base_intensity(before) * pace)

    def throughput(self, task: Task, mix: Array) -> Array:
        """Return work per second of the live fleet on a task on accelerators, shape (draws, quarters).

        A ratio of hours stays what it was: operators size a new ranker to its cost, as those that told spend a tenth to
        a third more than before at ten to hundreds of times the operations. So a task that has one keeps the pace of
        the technique it replaces, and what new chips and software save on it goes into larger models.

        Parameters
        ----------
        task
            The task.
        mix
            Share of the live fleet by generation, shape (draws, quarters, generations).
        """
        rated = task if has_terms(self.assumed.values, task.name) else replaced_by(self.registry, task)
        theta = fleet_throughput(self.rates[rated.name], mix, self.assumed, self.quarters, self.held_after)
        return theta if rated == task else np.asarray(theta * self._pace_over(task, rated)[:, None])

    def _pace_over(self, task: Task, before: Task) -> Array:
        """Return the throughput of a task over that of another, on one machine on the base day, shape (draws,)."""
        pace, pace_before = (
            reference_throughput(self.rates[each.name], self.assumed, self.held_after) for each in (task, before)
        )
        return np.asarray(pace / pace_before)


def by_leaf(assumed: Assumptions, task: Task, chips: Chips) -> Array:
    """Return a task's placement [share] by leaf, which follows the leaf's segment; classes sum to one.

    Parameters
    ----------
    assumed, task, chips
        Rows ``placement.*``, the task, and chips in order.

    Returns
    -------
    ndarray, shape (draws, leaves, classes)
    """
    by_segment = {segment: draw_placement(assumed, task.name, segment, chips) for segment in SOLD_SEGMENTS}
    return np.stack([by_segment[SEGMENT_OF[leaf]] for leaf in SOLD_LEAVES], axis=1)


def fill_hours(out: Array, asked: Asked, task: Task, placed: Array, theta: Array) -> None:
    """Write one task's busy hours to an array, a few draws at a time.

    Parameters
    ----------
    out
        Written to, shape (draws, quarters, leaves) [accelerator_hour/quarter].
    asked, task
        Demand, and the task.
    placed
        Share of its work that runs on these machines [1], shape (draws, leaves).
    theta
        Throughput of one [unit/s], shape (draws, quarters).
    """
    each = hours_per_request(asked.intensity(task)[..., None], placed[:, None, :], theta[..., None])
    for draws, hours in busy_hour_blocks(asked.requests(task), asked.share(task), each):
        out[draws] = hours


def add_cores(core_hours: dict[str, Array], asked: Asked, task: Task) -> None:
    """Add a task's core-hours, if it runs on CPUs at all and a record says how fast.

    Parameters
    ----------
    core_hours
        Task to core-hours, shape (draws, quarters, leaves); it is added to.
    asked, task
        Demand, and the task.
    """
    rate = core_throughput(asked.cores, task, asked.assumed)
    if rate is None:
        return
    placed = by_leaf(asked.assumed, task, asked.chips)[..., -1] if task.on_accelerator else None
    if placed is not None and not placed.any():
        return
    draws, quarters = len(rate), len(asked.quarters)
    core_hours[task.name] = np.empty((draws, quarters, len(SOLD_LEAVES)))
    whole = np.ones((draws, len(SOLD_LEAVES))) if placed is None else placed
    fill_hours(core_hours[task.name], asked, task, whole, np.broadcast_to(rate[:, None], (draws, quarters)))
