"""Bottom-up view: requests and tokens x technique shares x intensity / throughput, by leaf and task.

The weak view: token volumes are stated by a few firms, request volumes are assumed, and throughput comes from
benchmarks derated to fleets. Its spread in the draws says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import softmax

from shiftcast.features.arrays import Array
from shiftcast.features.asof import latest_vintage
from shiftcast.features.calendars import days_in
from shiftcast.features.series import quarterly_levels, select
from shiftcast.forecast.draws import Assumptions, stream
from shiftcast.forecast.hardware.conversion import busy_hour_blocks, hours_per_request
from shiftcast.forecast.hardware.generations import Generations
from shiftcast.forecast.hardware.growth import compound, years_after_base
from shiftcast.forecast.hardware.placement import CLASSES, draw_placement
from shiftcast.forecast.hardware.throughput import core_throughput, fleet_throughput
from shiftcast.forecast.identity.intensity import draw_intensity
from shiftcast.forecast.identity.training import seen_training_hours, training_ratio
from shiftcast.forecast.known import Known
from shiftcast.forecast.leaves import SEGMENT_OF, SOLD_LEAVES, SOLD_SEGMENTS
from shiftcast.forecast.migration.carry import carry_forward
from shiftcast.forecast.migration.steps import TechniqueStep, draw_step_shares, fit_steps
from shiftcast.forecast.statements.state import SharePrior, fit_share_state
from shiftcast.forecast.volume import Spread, draw_volume, fit_volume
from shiftcast.forecast.workloads import TRAINING, Registry, Task

TOKEN_SERIES: Final[Mapping[str, str]] = {
    "google": "all_ai_surfaces", "china_national": "national_china", "openai": "api",
}  # fmt: skip
_TOKEN_SPREAD: Final = Spread(0.2, 0.75)
_NVIDIA, _CPU = CLASSES.index("nvidia"), CLASSES.index("cpu")
_INFERENCE_PRIOR: Final = SharePrior(mid=0.35, sd=0.5, trend_sd=0.02, volatility=0.08, volatility_sd_log=0.3)


@dataclass(frozen=True)
class BottomUp:
    """The weak view; leaves in the order of :data:`SOLD_LEAVES`, tasks in that of the registry.

    Attributes
    ----------
    tasks
        Task names that could be modelled at the origin.
    missing
        Workload to what was not known at the origin.
    volumes
        Workload to requests (tokens for generative) a quarter, shape (draws, quarters).
    shares
        (Workload, segment) to technique shares of requests, shape (draws, quarters, techniques).
    hours
        Busy hours of NVIDIA GPUs a quarter, shape (draws, quarters, leaves, tasks); zero on CPUs.
    core_hours
        Task to busy CPU core-hours a quarter, shape (draws, quarters, leaves).
    steps
        Fitted technique steps, with their evidence.
    evidence
        Task to what each generation's throughput rests on (``GenerationThroughput.evidence``).
    skill
        Skill of the share model on reference histories as lively as each workload's.
    """

    tasks: tuple[str, ...]
    missing: Mapping[str, str]
    volumes: Mapping[str, Array]
    shares: Mapping[tuple[str, str], Array]
    hours: Array
    core_hours: Mapping[str, Array]
    steps: tuple[TechniqueStep, ...]
    evidence: Mapping[str, tuple[str, ...]]
    skill: pd.DataFrame


def draw_bottom_up(
    known: Known,
    generations: Generations,
    hour_shares: Array,
    assumed: Assumptions,
    quarters: pd.DatetimeIndex,
    *,
    seed: int,
) -> BottomUp:
    """Draw the bottom-up view.

    Technique shares follow their states until the origin, and the learned share model after it.

    Parameters
    ----------
    known
        The record cut to the origin.
    hour_shares
        Share of the live fleet by generation, shape (draws, quarters, generations).
    quarters
        Ends of the quarters to cover.
    """
    observations, registry = known.observations, known.registry
    draws = len(hour_shares)
    volumes, missing = _volumes(observations, registry, assumed, quarters, draws=draws, seed=seed)
    steps, level = _technique_shares(observations, registry, quarters, draws=draws, seed=seed)
    techniques = {workload: registry.techniques(workload) for workload in registry.workloads}
    now = int(quarters.searchsorted(known.origin)) - 1
    carried = carry_forward(level, techniques, quarters, now, known.learned, seed=seed)
    asked = Asked(registry, volumes, carried.shares, assumed, quarters)
    tasks = tuple(task for task in registry.tasks if task.workload not in missing)
    hours = np.zeros((draws, len(quarters), len(SOLD_LEAVES), len(tasks)))
    core_hours: dict[str, Array] = {}
    evidence = {}
    for column, task in enumerate(tasks):
        if task.workload == TRAINING:
            continue
        if task.on_accelerator:
            theta, found = fleet_throughput(known.throughput, generations, task, hour_shares, assumed, quarters)
            evidence[task.name] = found.evidence
            _fill(hours[..., column], asked, task, by_leaf(assumed, task)[..., _NVIDIA], theta)
        _add_cores(core_hours, asked, task, known.throughput)
    peak = hour_shares @ generations.fp8_tflops * 1e12
    _add_training(hours, asked, tasks, observations, peak, seed=seed)
    names = tuple(task.name for task in tasks)
    return BottomUp(names, missing, volumes, carried.shares, hours, core_hours, steps, evidence, carried.skill)


@dataclass(frozen=True)
class Asked:
    """What every task is asked to do: volumes, technique shares and assumptions, on the same quarters."""

    registry: Registry
    volumes: Mapping[str, Array]
    shares: Mapping[tuple[str, str], Array]
    assumed: Assumptions
    quarters: pd.DatetimeIndex

    def requests(self, task: Task) -> Array:
        """Return the workload's requests by leaf, shape (draws, quarters, leaves)."""
        weights = np.stack([self.assumed[f"use.{task.workload}.{leaf}"] for leaf in SOLD_LEAVES], axis=-1)
        shares = softmax(np.log(weights), axis=-1)[:, None, :]
        return np.asarray(self.volumes[task.workload][..., None] * shares)

    def share(self, task: Task) -> Array:
        """Return the technique's share of them by leaf, shape (draws, quarters, leaves)."""
        place = self.registry.techniques(task.workload).index(task.technique)
        return np.stack([self.shares[task.workload, SEGMENT_OF[leaf]][:, :, place] for leaf in SOLD_LEAVES], axis=-1)

    def intensity(self, task: Task) -> Array:
        """Return work a request, shape (draws, quarters); models grow, rules and tables do not."""
        each = draw_intensity(self.assumed, task.name)[:, None]
        if not task.on_accelerator:
            return np.broadcast_to(each, (len(each), len(self.quarters)))
        growth = self.assumed[f"intensity_growth.{task.workload}"]
        return np.asarray(each * _compound(growth, self.quarters))


def by_leaf(assumed: Assumptions, task: Task) -> Array:
    """Return a task's placement by leaf, shape (draws, leaves, classes); it follows the leaf's segment."""
    by_segment = {segment: draw_placement(assumed, task.name, segment) for segment in SOLD_SEGMENTS}
    return np.stack([by_segment[SEGMENT_OF[leaf]] for leaf in SOLD_LEAVES], axis=1)


def _fill(out: Array, asked: Asked, task: Task, placed: Array, theta: Array) -> None:
    """Write one task's busy hours of shape (draws, quarters, leaves) to ``out``, a few draws at a time."""
    each = hours_per_request(asked.intensity(task)[..., None], placed[:, None, :], theta[..., None])
    for draws, hours in busy_hour_blocks(asked.requests(task), asked.share(task), each):
        out[draws] = hours


def _add_cores(core_hours: dict[str, Array], asked: Asked, task: Task, throughput: pd.DataFrame) -> None:
    """Add a task's core-hours, if it runs on CPUs at all and a record says how fast; change ``core_hours``."""
    placed = by_leaf(asked.assumed, task)[..., _CPU] if task.on_accelerator else None
    rate = core_throughput(throughput, task, asked.assumed)
    if rate is None or (placed is not None and not placed.any()):
        return
    draws, quarters = len(rate), len(asked.quarters)
    core_hours[task.name] = np.empty((draws, quarters, len(SOLD_LEAVES)))
    whole = np.ones((draws, len(SOLD_LEAVES))) if placed is None else placed
    _fill(core_hours[task.name], asked, task, whole, np.broadcast_to(rate[:, None], (draws, quarters)))


def _volumes(
    observations: pd.DataFrame, registry: Registry, assumed: Assumptions, quarters: pd.DatetimeIndex, *, draws: int,
    seed: int,
) -> tuple[dict[str, Array], dict[str, str]]:  # fmt: skip
    """Return requests (or tokens) a quarter by workload, and what could not be had."""
    volumes, missing = {}, {}
    for workload in registry.workloads:
        if workload == "generative":
            tokens = draw_tokens(observations, assumed, quarters, draws=draws, seed=seed)
            if tokens is None:
                missing[workload] = "no token volume stated twice by one source was known"
            else:
                volumes[workload] = tokens
        elif workload != TRAINING:
            daily = assumed[f"volume.{workload}"][:, None] * _compound(assumed[f"growth.{workload}"], quarters)
            volumes[workload] = daily * days_in(quarters)
    return volumes, missing


def draw_tokens(
    observations: pd.DataFrame, assumed: Assumptions, quarters: pd.DatetimeIndex, *, draws: int, seed: int
) -> Array | None:
    """Draw the world's tokens a quarter: stated series that do not overlap, each forecast, times their coverage.

    Returns
    -------
    ndarray or None
        Shape (draws, quarters); zero before the first statement; ``None`` if no source stated two figures.
    """
    total, days = np.zeros((draws, len(quarters))), days_in(quarters)
    for operator, surface in TOKEN_SERIES.items():
        rows = latest_vintage(select(observations, measure="tokens", operator=operator, definition=surface))
        if rows["period_end"].nunique() < 2:
            continue
        level = quarterly_levels(rows, quarters)
        start, known = int(quarters.get_loc(level.index[0])), len(level)
        ahead = len(quarters) - start - known
        total[:, start : start + known] += level.to_numpy() * days[start : start + known]
        if ahead:
            fit = fit_volume(level.to_numpy(), ahead, spread_prior=_TOKEN_SPREAD)
            path = draw_volume(fit, draws=draws, random=stream(seed, f"tokens.{operator}"))
            total[:, start + known :] += path * days[start + known :]
    return total * assumed["tokens.coverage"][:, None] if total.any() else None


def _technique_shares(
    observations: pd.DataFrame, registry: Registry, quarters: pd.DatetimeIndex, *, draws: int, seed: int
) -> tuple[tuple[TechniqueStep, ...], dict[tuple[str, str], Array]]:
    steps: list[TechniqueStep] = []
    shares: dict[tuple[str, str], Array] = {}
    for workload in registry.workloads:
        techniques = registry.techniques(workload)
        for segment in SOLD_SEGMENTS:
            if len(techniques) == 1:
                shares[workload, segment] = np.ones((draws, len(quarters), 1))
                continue
            fitted = fit_steps(observations, workload, techniques, segment, quarters)
            shares[workload, segment] = draw_step_shares(fitted, techniques, draws=draws, seed=seed)
            steps += fitted
    return tuple(steps), shares


def _compound(growth: Array, quarters: pd.DatetimeIndex) -> Array:
    return compound(growth, years_after_base(quarters))


def _add_training(
    hours: Array, asked: Asked, tasks: tuple[Task, ...], observations: pd.DataFrame, peak: Array, *, seed: int
) -> None:
    """Add training and R&D: a ratio to inference tilted by leaf, and never less than the runs that were stated."""
    inference = draw_inference_share(observations, asked.quarters, draws=len(hours), seed=seed)
    tilt = np.stack([asked.assumed[f"training_tilt.{leaf}"] for leaf in SOLD_LEAVES], axis=-1)
    total = hours.sum(axis=-1) * training_ratio(inference)[..., None] * tilt[:, None, :]
    for column, task in enumerate(tasks):
        if task.workload == TRAINING:
            seen = seen_training_hours(observations, task.technique, SOLD_LEAVES, peak, asked.assumed, asked.quarters)
            hours[..., column] = np.maximum(total * asked.share(task), seen)


def draw_inference_share(observations: pd.DataFrame, quarters: pd.DatetimeIndex, *, draws: int, seed: int) -> Array:
    """Draw the share of accelerator-hours that is inference, shape (draws, quarters), from stated revenue shares."""
    rows = select(observations, measure="share", base="revenue", phase="inference", segment="all")
    rows = latest_vintage(rows).assign(definition="stated")
    state = fit_share_state(rows, quarters, reference="stated", prior=_INFERENCE_PRIOR)
    return state.simulate(draws, stream(seed, "inference"))[0]
