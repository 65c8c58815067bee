"""Bottom-up view: requests and tokens x technique shares x intensity / throughput, by leaf and task.

Token volumes are stated by a few firms, request volumes are assumed, and throughput comes from
benchmarks derated to fleets. Its spread in the draws says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import softmax

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import days_in
from shiftcast.features.frames import DataFrame, Observations, Throughput
from shiftcast.features.series import select
from shiftcast.forecast.draws import Assumptions, Sampling
from shiftcast.forecast.hardware.conversion import busy_hour_blocks, hours_per_request
from shiftcast.forecast.hardware.generations import Generations
from shiftcast.forecast.hardware.growth import compound, years_after_base
from shiftcast.forecast.hardware.placement import draw_placement
from shiftcast.forecast.hardware.throughput import core_throughput, fleet_throughput
from shiftcast.forecast.identity.intensity import draw_intensity
from shiftcast.forecast.identity.tokens import TokenFit, draw_tokens, fit_tokens
from shiftcast.forecast.identity.training import seen_training_hours, training_ratio
from shiftcast.forecast.known import Known
from shiftcast.forecast.leaves import SEGMENT_OF, SOLD_LEAVES, SOLD_SEGMENTS
from shiftcast.forecast.market.chips import Chips
from shiftcast.forecast.migration.carry import Carried, carry_forward
from shiftcast.forecast.migration.steps import TechniqueStep, draw_step_shares, fit_steps
from shiftcast.forecast.statements.state import SharePrior, ShareState, fit_share_state, share_prior
from shiftcast.forecast.volume import series_prior
from shiftcast.forecast.workloads import TRAINING, Registry, Task


@dataclass(frozen=True)
class BottomUpFit:
    """The fitted terms of the bottom-up view, before anything is drawn.

    Attributes
    ----------
    known, generations, quarters
        The record cut to the origin, the fleet's generations, and ends of the quarters to cover.
    tokens
        Stated series of tokens and their models.
    steps
        (Workload, segment) to its technique steps, newest first; none where there is one technique.
    inference
        State of the share of accelerator-hours that is inference.
    """

    known: Known
    generations: Generations
    quarters: pd.DatetimeIndex
    tokens: tuple[TokenFit, ...]
    steps: Mapping[tuple[str, str], tuple[TechniqueStep, ...]]
    inference: ShareState


@dataclass(frozen=True)
class BottomUp:
    """The drawn bottom-up view; leaves in the order of :data:`SOLD_LEAVES`, tasks in that of the registry.

    Attributes
    ----------
    tasks, missing
        Names of the tasks modelled; workload to what was not known at the origin.
    volumes, shares
        Workload to requests (tokens for generative) a quarter, shape (draws, quarters); (workload, segment) to
        technique shares of requests [share], shape (draws, quarters, techniques).
    hours, core_hours
        Busy hours of NVIDIA GPUs a quarter, shape (draws, quarters, leaves, tasks), zero on CPUs; task to busy CPU
        core-hours a quarter, shape (draws, quarters, leaves).
    steps, evidence, skill
        Fitted technique steps; task to the evidence of its throughput; skill on histories as lively [CRPS ratio].
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


def fit_bottom_up(known: Known, generations: Generations, quarters: pd.DatetimeIndex) -> BottomUpFit:
    """Fit the terms of the bottom-up view at an origin.

    Parameters
    ----------
    known, generations, quarters
        The record cut to the origin, the fleet's generations, and ends of the quarters to cover.
    """
    observations, registry, market, beliefs = known.observations, known.registry, known.market, known.beliefs
    about_steps = share_prior(beliefs, "share.technique")
    steps = {
        (workload, segment): fit_steps(
            observations, workload, registry.techniques(workload), segment, quarters, market=market, prior=about_steps
        )
        for workload in registry.workloads
        for segment in SOLD_SEGMENTS
    }
    series = market.operators.token_series
    tokens = fit_tokens(observations, quarters, series, series_prior(beliefs, "volume.tokens"))
    inference = fit_inference_share(observations, quarters, share_prior(beliefs, "share.inference"))
    return BottomUpFit(known, generations, quarters, tokens, steps, inference)


def draw_bottom_up(fit: BottomUpFit, hour_shares: Array, sampling: Sampling) -> BottomUp:
    """Draw the bottom-up view.

    Technique shares follow their states until the origin, and the learned share model after it.

    Parameters
    ----------
    fit
        From :func:`fit_bottom_up`.
    hour_shares
        Share of the live fleet by generation, shape (draws, quarters, generations).
    sampling
        Draws, seed and assumptions, on the quarters of the fit.
    """
    known, quarters, registry, chips = fit.known, sampling.quarters, fit.known.registry, fit.known.market.chips
    volumes, missing = _volumes(fit, sampling)
    carried = _technique_shares(fit, sampling)
    held = known.beliefs["growth.held_after"]
    asked = Asked(registry, volumes, carried.shares, sampling.assumed, quarters, chips, held)
    tasks = tuple(task for task in registry.tasks if task.workload not in missing)
    hours = np.zeros((sampling.draws, len(quarters), len(SOLD_LEAVES), len(tasks)))
    core_hours: dict[str, Array] = {}
    evidence = {}
    for column, task in enumerate(tasks):
        if task.workload == TRAINING:
            continue
        if task.on_accelerator:
            theta, found = fleet_throughput(
                known.throughput, fit.generations, task, hour_shares, sampling.assumed, quarters, held
            )
            evidence[task.name] = found.evidence
            _fill(hours[..., column], asked, task, by_leaf(sampling.assumed, task, chips)[..., chips.own], theta)
        _add_cores(core_hours, asked, task, known.throughput)
    _add_training(hours, asked, tasks, fit, hour_shares, sampling)
    names, steps = tuple(task.name for task in tasks), tuple(step for each in fit.steps.values() for step in each)
    return BottomUp(names, missing, volumes, carried.shares, hours, core_hours, steps, evidence, carried.skill)


@dataclass(frozen=True)
class Asked:
    """The demand on every task: volumes, technique shares and assumptions, on the same quarters.

    Attributes
    ----------
    registry, assumed, quarters, chips, held_after
        Task registry, drawn assumptions, ends of the quarters, chips in order, and how long growth goes on [year].
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
        each = draw_intensity(self.assumed, task.name)[:, None]
        if not task.on_accelerator:
            return np.broadcast_to(each, (len(each), len(self.quarters)))
        growth = self.assumed[f"intensity_growth.{task.workload}"]
        return np.asarray(each * compound(growth, years_after_base(self.quarters), self.held_after))


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


def _fill(out: Array, asked: Asked, task: Task, placed: Array, theta: Array) -> None:
    """Write one task's busy hours of shape (draws, quarters, leaves) to ``out``, a few draws at a time."""
    each = hours_per_request(asked.intensity(task)[..., None], placed[:, None, :], theta[..., None])
    for draws, hours in busy_hour_blocks(asked.requests(task), asked.share(task), each):
        out[draws] = hours


def _add_cores(core_hours: dict[str, Array], asked: Asked, task: Task, throughput: DataFrame[Throughput]) -> None:
    """Add a task's core-hours, if it runs on CPUs at all and a record says how fast; change ``core_hours``."""
    placed = by_leaf(asked.assumed, task, asked.chips)[..., -1] if task.on_accelerator else None
    rate = core_throughput(throughput, task, asked.assumed)
    if rate is None or (placed is not None and not placed.any()):
        return
    draws, quarters = len(rate), len(asked.quarters)
    core_hours[task.name] = np.empty((draws, quarters, len(SOLD_LEAVES)))
    whole = np.ones((draws, len(SOLD_LEAVES))) if placed is None else placed
    _fill(core_hours[task.name], asked, task, whole, np.broadcast_to(rate[:, None], (draws, quarters)))


def _volumes(fit: BottomUpFit, sampling: Sampling) -> tuple[dict[str, Array], dict[str, str]]:
    """Return requests (or tokens) a quarter by workload, and what could not be had."""
    volumes, missing, held = {}, {}, fit.known.beliefs["growth.held_after"]
    for workload in fit.known.registry.workloads:
        if workload == "generative":
            tokens = draw_tokens(fit.tokens, sampling)
            if tokens is None:
                missing[workload] = "no token volume stated twice by one source was known"
            else:
                volumes[workload] = tokens
        elif workload != TRAINING:
            growth = compound(sampling.assumed[f"growth.{workload}"], years_after_base(sampling.quarters), held)
            volumes[workload] = sampling.assumed[f"volume.{workload}"][:, None] * growth * days_in(sampling.quarters)
    return volumes, missing


def _technique_shares(fit: BottomUpFit, sampling: Sampling) -> Carried:
    """Draw technique shares of requests: from their states to the origin, carried ahead of it by the share model."""
    registry, quarters = fit.known.registry, sampling.quarters
    techniques = {workload: registry.techniques(workload) for workload in registry.workloads}
    alone = np.ones((sampling.draws, len(quarters), 1))
    level = {
        key: draw_step_shares(steps, techniques[key[0]], sampling) if steps else alone
        for key, steps in fit.steps.items()
    }
    now = int(quarters.searchsorted(fit.known.origin)) - 1
    return carry_forward(level, techniques, quarters, now, fit.known.learned, seed=sampling.seed)


def _add_training(
    hours: Array, asked: Asked, tasks: tuple[Task, ...], fit: BottomUpFit, hour_shares: Array, sampling: Sampling
) -> None:
    """Add training and R&D: a ratio to inference tilted by leaf, and never less than the runs that were stated."""
    assumed, observations = sampling.assumed, fit.known.observations
    peak = hour_shares @ fit.generations.fp8_tflops * 1e12
    inference = draw_inference_share(fit.inference, sampling)
    tilt = np.stack([assumed[f"training_tilt.{leaf}"] for leaf in SOLD_LEAVES], axis=-1)
    total = hours.sum(axis=-1) * training_ratio(inference)[..., None] * tilt[:, None, :]
    for column, task in enumerate(tasks):
        if task.workload == TRAINING:
            seen = seen_training_hours(observations, task.technique, SOLD_LEAVES, peak, assumed, sampling.quarters)
            hours[..., column] = np.maximum(total * asked.share(task), seen)


def fit_inference_share(
    observations: DataFrame[Observations], quarters: pd.DatetimeIndex, prior: SharePrior
) -> ShareState:
    """Fit the share of accelerator-hours that is inference to stated revenue shares.

    Parameters
    ----------
    observations, quarters, prior
        Rows known at the origin, one a figure; ends of the quarters to cover; and beliefs before any statement.
    """
    rows = select(observations, measure="share", base="revenue", phase="inference", segment="all")
    rows = rows.assign(definition="stated")
    return fit_share_state(rows, quarters, reference="stated", prior=prior)


def draw_inference_share(state: ShareState, sampling: Sampling) -> Array:
    """Draw the share of accelerator-hours that is inference.

    Parameters
    ----------
    state, sampling
        From :func:`fit_inference_share`, and draws and seed.

    Returns
    -------
    ndarray, shape (draws, quarters)
        Share [share], in (0, 1).
    """
    return state.simulate(sampling.draws, sampling.stream("inference"))[0]
