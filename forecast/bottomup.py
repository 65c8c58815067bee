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

from features.asof import latest_vintage
from features.series import quarterly_levels, select
from forecast.carry import carry_forward
from forecast.catalogue import Generations, generation_throughput
from forecast.conversion import busy_hours, harmonic_throughput, work_shares
from forecast.draws import Array, Assumptions, stream
from forecast.known import Known
from forecast.leaves import LEAVES, SEGMENT_OF
from forecast.share_state import SharePrior, fit_share_state
from forecast.split import shares_of
from forecast.techniques import Step, draw_shares, fit_steps
from forecast.volume import Spread, draw_volume, fit_volume
from forecast.workloads import TRAINING, Registry, Task

SEGMENTS: Final = ("hyperscale", "rest")
SOLD_LEAVES: Final = tuple(leaf for segment in SEGMENTS for leaf in LEAVES[segment])
TOKEN_SERIES: Final[Mapping[str, str]] = {
    "google": "all_ai_surfaces", "china_national": "national_china", "openai": "api",
}  # fmt: skip
_TOKEN_SPREAD: Final = Spread(0.2, 0.75)
_DAYS_PER_QUARTER: Final = 91.3125
_HELD_AFTER: Final = 3.0  # years
BASE_DAY: Final = pd.Timestamp("2026-01-01", tz="UTC")  # the day that assumed levels are about
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
        Busy accelerator-hours a quarter, shape (draws, quarters, leaves, tasks); zero on CPUs.
    steps
        Fitted technique steps, with their evidence.
    measured
        Task to which generations' throughput was measured.
    skill
        Skill of the share model on reference histories as lively as each workload's.
    """

    tasks: tuple[str, ...]
    missing: Mapping[str, str]
    volumes: Mapping[str, Array]
    shares: Mapping[tuple[str, str], Array]
    hours: Array
    steps: tuple[Step, ...]
    measured: Mapping[str, tuple[bool, ...]]
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
    theta, measured = _throughputs(known.throughput, registry, generations, hour_shares, assumed, quarters)
    steps, level = _technique_shares(observations, registry, quarters, draws=draws, seed=seed)
    techniques = {workload: registry.techniques(workload) for workload in registry.workloads}
    now = int(quarters.searchsorted(known.origin)) - 1
    carried = carry_forward(level, techniques, quarters, now, known.learned, seed=seed)
    shares = carried.shares
    tasks = tuple(task for task in registry.tasks if task.workload not in missing)
    hours = np.zeros((draws, len(quarters), len(SOLD_LEAVES), len(tasks)))
    for column, task in enumerate(tasks):
        if task.on_accelerator and task.workload != TRAINING:
            hours[..., column] = _task_hours(task, registry, volumes, shares, theta[task.name], assumed, quarters)
    _add_training(hours, tasks, observations, shares, assumed, quarters, seed=seed)
    names = tuple(task.name for task in tasks)
    return BottomUp(names, missing, volumes, shares, hours, steps, measured, carried.skill)


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
            volumes[workload] = daily * _DAYS_PER_QUARTER
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
    total = np.zeros((draws, len(quarters)))
    for operator, surface in TOKEN_SERIES.items():
        rows = latest_vintage(select(observations, measure="tokens", operator=operator, definition=surface))
        if rows["period_end"].nunique() < 2:
            continue
        level = quarterly_levels(rows, quarters)
        start, known = int(quarters.get_loc(level.index[0])), len(level)
        ahead = len(quarters) - start - known
        total[:, start : start + known] += level.to_numpy() * _DAYS_PER_QUARTER
        if ahead:
            fit = fit_volume(level.to_numpy(), ahead, spread_prior=_TOKEN_SPREAD)
            path = draw_volume(fit, draws=draws, random=stream(seed, f"tokens.{operator}"))
            total[:, start + known :] += path * _DAYS_PER_QUARTER
    return total * assumed["tokens.coverage"][:, None] if total.any() else None


def _throughputs(
    throughput: pd.DataFrame, registry: Registry, generations: Generations, hour_shares: Array, assumed: Assumptions,
    quarters: pd.DatetimeIndex,
) -> tuple[dict[str, Array], dict[str, tuple[bool, ...]]]:  # fmt: skip
    """Return each accelerator task's fleet throughput, shape (draws, quarters); software gain is its own series."""
    gain = _compound(assumed["software.gain"], quarters)
    theta, measured = {}, {}
    for task in registry.tasks:
        if task.record_unit:
            peak, measured[task.name] = generation_throughput(throughput, generations, task)
            mixed = harmonic_throughput(work_shares(hour_shares, peak), peak)
            theta[task.name] = mixed * assumed[f"derate.{task.record_unit.partition('/')[0]}"][:, None] * gain
    return theta, measured


def _technique_shares(
    observations: pd.DataFrame, registry: Registry, quarters: pd.DatetimeIndex, *, draws: int, seed: int
) -> tuple[tuple[Step, ...], dict[tuple[str, str], Array]]:
    steps: list[Step] = []
    shares: dict[tuple[str, str], Array] = {}
    for workload in registry.workloads:
        techniques = registry.techniques(workload)
        for segment in SEGMENTS:
            if len(techniques) == 1:
                shares[workload, segment] = np.ones((draws, len(quarters), 1))
                continue
            fitted = fit_steps(observations, workload, techniques, segment, quarters)
            shares[workload, segment] = draw_shares(fitted, techniques, draws=draws, seed=seed)
            steps += fitted
    return tuple(steps), shares


def _task_hours(
    task: Task, registry: Registry, volumes: Mapping[str, Array], shares: Mapping[tuple[str, str], Array],
    theta: Array, assumed: Assumptions, quarters: pd.DatetimeIndex,
) -> Array:  # fmt: skip
    """Return one task's busy hours by leaf, shape (draws, quarters, leaves)."""
    position = registry.techniques(task.workload).index(task.technique)
    used = _use(assumed, task.workload)
    grown = _compound(assumed[f"intensity_growth.{task.workload}"], quarters)
    intensity = assumed[f"intensity.{task.name.replace('/', '.')}"][:, None] * grown
    share = np.stack([shares[task.workload, SEGMENT_OF[leaf]][:, :, position] for leaf in SOLD_LEAVES], axis=-1)
    return busy_hours(
        volumes[task.workload][..., None] * used[:, None, :],
        share,
        intensity[..., None],
        assumed[f"placement.{task.workload}"][:, None, None],
        theta[..., None],
    )


def _compound(growth: Array, quarters: pd.DatetimeIndex) -> Array:
    """Return yearly growth compounded from the base day and held after three years, shape (draws, quarters)."""
    years = (quarters - BASE_DAY).days.to_numpy() / 365.25
    return np.asarray((1 + growth[:, None]) ** np.minimum(years, _HELD_AFTER))


def _use(assumed: Assumptions, workload: str) -> Array:
    """Return the share of a workload's requests served on each leaf's machines, shape (draws, leaves)."""
    return shares_of(np.log(np.stack([assumed[f"use.{workload}.{leaf}"] for leaf in SOLD_LEAVES], axis=-1)))


def _add_training(
    hours: Array, tasks: tuple[Task, ...], observations: pd.DataFrame, shares: Mapping[tuple[str, str], Array],
    assumed: Assumptions, quarters: pd.DatetimeIndex, *, seed: int,
) -> None:  # fmt: skip
    """Add training and R&D as a ratio to inference, where runs are unseen: (1 - i) / i, tilted by leaf."""
    inference = draw_inference_share(observations, quarters, draws=len(hours), seed=seed)
    ratio = ((1 - inference) / inference)[..., None] * np.stack(
        [assumed[f"training_tilt.{leaf}"] for leaf in SOLD_LEAVES], axis=-1
    )[:, None, :]
    total = hours.sum(axis=-1) * ratio
    for column, task in enumerate(tasks):
        if task.workload == TRAINING:
            position = 1 if task.technique == "llm" else 0
            share = np.stack([shares[TRAINING, SEGMENT_OF[leaf]][:, :, position] for leaf in SOLD_LEAVES], axis=-1)
            hours[..., column] = total * share


def draw_inference_share(observations: pd.DataFrame, quarters: pd.DatetimeIndex, *, draws: int, seed: int) -> Array:
    """Draw the share of accelerator-hours that is inference, shape (draws, quarters), from stated revenue shares."""
    rows = select(observations, measure="share", base="revenue", phase="inference", segment="all")
    rows = latest_vintage(rows).assign(definition="stated")
    state = fit_share_state(rows, quarters, reference="stated", prior=_INFERENCE_PRIOR)
    return state.simulate(draws, stream(seed, "inference"))[0]
