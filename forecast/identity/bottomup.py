"""Bottom-up view: requests and tokens x technique shares x intensity / throughput, by leaf and task.

Token volumes are stated by a few firms, request volumes are assumed, and throughput comes from
benchmarks derated to fleets. Its spread in the draws says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import calendar_quarters, days_in, quarter_label
from shiftcast.features.frames import DataFrame, Observations
from shiftcast.features.series import select
from shiftcast.forecast.draws import Sampling, stream
from shiftcast.forecast.hardware.conversion import hours_per_request
from shiftcast.forecast.hardware.generations import Generations
from shiftcast.forecast.hardware.growth import compound, years_after_base
from shiftcast.forecast.hardware.throughput import TaskRates, core_records, every_task_rates
from shiftcast.forecast.identity.rolled import MigrationFit, draw_migration, fit_migration
from shiftcast.forecast.identity.tokens import TokenFit, draw_tokens, fit_tokens
from shiftcast.forecast.identity.training import seen_training_hours, training_ratio
from shiftcast.forecast.identity.work import Asked, add_cores, by_leaf, fill_hours
from shiftcast.forecast.known import Known
from shiftcast.forecast.leaves import SOLD_LEAVES
from shiftcast.forecast.migration.carry import Carried
from shiftcast.forecast.migration.steps import TechniqueStep
from shiftcast.forecast.once import once
from shiftcast.forecast.statements.state import SharePrior, ShareState, fit_share_state, share_prior
from shiftcast.forecast.volume import series_prior
from shiftcast.forecast.workloads import TRAINING, Task

MIGRATION_THROUGH: Final = "2032Q4"  # last quarter of technique shares, or that of hardware where it is later


@dataclass(frozen=True)
class BottomUpFit:
    """The fitted terms of the bottom-up view, before anything is drawn.

    Attributes
    ----------
    known, generations, quarters
        The record cut to the origin, the fleet's generations, and ends of the quarters to cover.
    tokens
        Stated series of tokens and their models.
    migration
        What was read of technique shares.
    inference
        State of the share of accelerator-hours that is inference.
    rates, cores
        Task to what the records say of its throughput, of those that run on accelerators; and to that of a CPU core
        [unit/s], of those that a record is known of.
    """

    known: Known
    generations: Generations
    quarters: pd.DatetimeIndex
    tokens: tuple[TokenFit, ...]
    migration: MigrationFit
    inference: ShareState
    rates: Mapping[str, TaskRates]
    cores: Mapping[str, float]

    @property
    def migration_quarters(self) -> pd.DatetimeIndex:
        """Ends of the quarters of technique shares: those of the fit, lengthened to :data:`MIGRATION_THROUGH`."""
        longer = calendar_quarters(quarter_label(self.quarters[0]), MIGRATION_THROUGH)
        return longer if len(longer) > len(self.quarters) else self.quarters


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
    hours_each
        Task to busy accelerator-hours a request that runs on accelerators, shape (draws, quarters).
    steps, evidence, skill
        Fitted technique steps; task to the evidence of its throughput; skill on histories as lively [CRPS ratio].
    """

    tasks: tuple[str, ...]
    missing: Mapping[str, str]
    volumes: Mapping[str, Array]
    shares: Mapping[tuple[str, str], Array]
    hours: Array
    core_hours: Mapping[str, Array]
    hours_each: Mapping[str, Array]
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
    observations, beliefs = known.observations, known.beliefs
    series = known.market.operators.token_series
    tokens = fit_tokens(observations, quarters, series, series_prior(beliefs, "volume.tokens"))
    inference = fit_inference_share(observations, quarters, share_prior(beliefs, "share.inference"))
    tasks = known.registry.tasks
    asked = tuple(task for task in tasks if task.on_accelerator and task.workload != TRAINING)
    rates = every_task_rates(known.throughput, generations, asked)
    return BottomUpFit(
        known, generations, quarters, tokens, fit_migration(known, quarters), inference, rates,
        core_records(known.throughput, tasks),
    )  # fmt: skip


def draw_technique_shares(fit: BottomUpFit, sampling: Sampling) -> Carried:
    """Draw technique shares of requests (:mod:`forecast.identity.rolled`).

    History teaches none of the assumptions they rest on, so they are drawn once.

    Parameters
    ----------
    fit
        From :func:`fit_bottom_up`.
    sampling
        Draws and seed, on the quarters of the fit.

    Returns
    -------
    Carried
        (Workload, segment) to shares on the quarters of the migration, shape (draws, quarters, techniques).
    """
    return draw_migration(fit.known, fit.migration, fit.migration_quarters, sampling)


def draw_bottom_up(
    fit: BottomUpFit, carried: Carried, hour_shares: Array, sampling: Sampling, *, over: slice = slice(None)
) -> BottomUp:
    """Draw the bottom-up view.

    Parameters
    ----------
    fit
        From :func:`fit_bottom_up`.
    carried
        Technique shares of requests, from :func:`draw_technique_shares`.
    hour_shares
        Share of the live fleet by generation, shape (draws, quarters, generations).
    sampling
        Draws, seed and assumptions, on the quarters of the fit.
    over
        Quarters to draw; all of them unless given.

    Returns
    -------
    BottomUp
        On the quarters of ``over``.
    """
    known, registry, chips = fit.known, fit.known.registry, fit.known.market.chips
    quarters, hour_shares = sampling.quarters[over], hour_shares[:, over]
    volumes, missing = _volumes(fit, sampling)
    volumes = {workload: each[:, over] for workload, each in volumes.items()}
    shares = {key: each[:, : len(sampling.quarters)][:, over] for key, each in carried.shares.items()}
    held = known.beliefs["growth.held_after"]
    asked = Asked(registry, volumes, shares, sampling.assumed, quarters, chips, held, fit.rates, fit.cores)
    tasks = tuple(task for task in registry.tasks if task.workload not in missing)
    hours = np.zeros((sampling.draws, len(quarters), len(SOLD_LEAVES), len(tasks)))
    core_hours: dict[str, Array] = {}
    evidence, hours_each = {}, {}
    for column, task in enumerate(tasks):
        if task.workload == TRAINING:
            continue
        if task.on_accelerator:
            theta = asked.throughput(task, hour_shares)
            evidence[task.name] = fit.rates[task.name].one.evidence
            hours_each[task.name] = hours_per_request(asked.intensity(task), np.ones(()), theta)
            fill_hours(hours[..., column], asked, task, by_leaf(sampling.assumed, task, chips)[..., chips.own], theta)
        add_cores(core_hours, asked, task)
    inference = draw_inference_share(fit.inference, sampling)[:, over]
    _add_training(hours, asked, tasks, fit, hour_shares, inference)
    names = tuple(task.name for task in tasks)
    steps = tuple(step for each in fit.migration.steps.values() for step in each)
    return BottomUp(
        names, missing, volumes, shares, hours, core_hours, hours_each, steps, evidence, carried.skill
    )  # fmt: skip


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
            grown = compound(sampling.assumed[f"growth.{workload}"], years_after_base(sampling.quarters), held)
            daily = sampling.assumed[f"volume.{workload}"][:, None] * grown
            volumes[workload] = daily * days_in(sampling.quarters)
    return volumes, missing


def _add_training(
    hours: Array, asked: Asked, tasks: tuple[Task, ...], fit: BottomUpFit, hour_shares: Array, inference: Array
) -> None:
    """Add training and R&D: a ratio to inference tilted by leaf, and never less than the runs that were stated."""
    assumed, observations = asked.assumed, fit.known.observations
    peak = hour_shares @ fit.generations.fp8_tflops * 1e12
    tilt = np.stack([assumed[f"training_tilt.{leaf}"] for leaf in SOLD_LEAVES], axis=-1)
    total = hours.sum(axis=-1) * training_ratio(inference)[..., None] * tilt[:, None, :]
    for column, task in enumerate(tasks):
        if task.workload == TRAINING:
            seen = seen_training_hours(observations, task.technique, SOLD_LEAVES, peak, assumed, asked.quarters)
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
    return _drawn_inference(state, sampling.draws, sampling.seed)


@once
def _drawn_inference(state: ShareState, draws: int, seed: int) -> Array:
    return state.simulate(draws, stream(seed, "inference"))[0]
