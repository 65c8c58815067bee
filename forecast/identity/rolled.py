"""Technique shares of requests: newer classes from the ledger of rollouts, those before them from dated judgements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.asof import JUDGEMENT
from shiftcast.features.frames import DataFrame, Observations, Rollouts, Traffic
from shiftcast.features.series import select
from shiftcast.forecast.draws import Assumptions, Sampling
from shiftcast.forecast.known import Known
from shiftcast.forecast.leaves import SOLD_SEGMENTS
from shiftcast.forecast.market.facts import Market
from shiftcast.forecast.migration import Learned
from shiftcast.forecast.migration.carry import Carried, carry_forward
from shiftcast.forecast.migration.steps import TechniqueStep, draw_step_shares, fit_steps, nested_shares
from shiftcast.forecast.once import once
from shiftcast.forecast.rollouts.clock import number_of
from shiftcast.forecast.rollouts.courses import GIANTS, MIGRATING, Course, read_courses
from shiftcast.forecast.rollouts.habits import Habits, learn_habits
from shiftcast.forecast.rollouts.segments import Evidence, Judged, Migrated, draw_segment, with_unnamed
from shiftcast.forecast.statements.state import SharePrior, share_prior
from shiftcast.forecast.workloads import TRAINING, Registry

Key = tuple[str, str]
_SAID: Final = ("share", "downloads")  # measures that speak of techniques


@dataclass(frozen=True)
class Said:
    """What is read of the migration: nothing else of the record has a part in its fit.

    Attributes
    ----------
    registry, now
        Tasks, and the end of what was known [quarter].
    observations, rollouts
        Figures of measures that speak of techniques, and the ledger.
    """

    registry: Registry
    now: float
    observations: DataFrame[Observations]
    rollouts: DataFrame[Rollouts]


@dataclass(frozen=True)
class Ground:
    """What the migration is drawn on, beside its fit.

    Attributes
    ----------
    registry, now, last
        Tasks, the end of what was known [quarter], and the place of the last quarter of history.
    traffic, learned
        Requests of operators, and what reference histories taught.
    """

    registry: Registry
    now: float
    last: int
    traffic: DataFrame[Traffic]
    learned: Learned


@dataclass(frozen=True)
class MigrationFit:
    """What was read of the migration, before anything is drawn.

    Attributes
    ----------
    courses, habits
        Courses of the ledger, and what they teach of any.
    judged
        (Workload, segment) to technique to what was judged of the whole segment.
    steps
        (Workload, segment) to the steps of techniques that the ledger does not speak of, newest first; none where
        there is at most one.
    """

    courses: tuple[Course, ...]
    habits: Habits
    judged: Mapping[Key, Mapping[str, tuple[Judged, ...]]]
    steps: Mapping[Key, tuple[TechniqueStep, ...]]


def migrating(registry: Registry) -> dict[str, tuple[str, ...]]:
    """Return the workloads in which techniques that the ledger speaks of replace others, and theirs, old to new."""
    found = {name: registry.techniques(name) for name in registry.workloads if name != TRAINING}
    return {name: own for name, own in found.items() if len(own) > 1 and set(own) & set(MIGRATING)}


def fit_migration(known: Known, quarters: pd.DatetimeIndex) -> MigrationFit:
    """Read the ledger, operators' figures and judgements.

    Parameters
    ----------
    known
        The record cut to the origin.
    quarters
        Ends of the quarters to cover.

    Returns
    -------
    MigrationFit
    """
    said = Said(known.registry, _now(known), select(known.observations, measure=_SAID), known.rollouts)
    prior = share_prior(known.beliefs, "share.technique")
    return _fitted(said, known.market, known.beliefs.of("rollouts"), prior, quarters)


@once
def _fitted(
    known: Said, market: Market, beliefs: Mapping[str, float], prior: SharePrior, quarters: pd.DatetimeIndex
) -> MigrationFit:
    registry, moving = known.registry, migrating(known.registry)
    courses = read_courses(known.rollouts, known.observations, moving, beliefs)
    judged = {(name, side): _judged(known, name, side) for name in moving for side in SOLD_SEGMENTS}
    steps = {
        (name, side): fit_steps(
            known.observations, name, _before(registry.techniques(name), name in moving), side, quarters,
            market=market, prior=prior,
        )
        for name in registry.workloads
        for side in SOLD_SEGMENTS
    }  # fmt: skip
    said: dict[Key, float] = {}
    for (name, _), by_technique in judged.items():
        for technique, rows in by_technique.items():
            said[name, technique] = min(said.get((name, technique), np.inf), rows[0].at)
    return MigrationFit(courses, learn_habits(courses, known.now, beliefs, said), judged, steps)


def draw_migration(known: Known, fit: MigrationFit, quarters: pd.DatetimeIndex, sampling: Sampling) -> Carried:
    """Draw technique shares of requests.

    Parameters
    ----------
    known, fit
        The record cut to the origin, and what was read of it.
    quarters
        Ends of the quarters of the migration.
    sampling
        Draws, seed and assumptions.

    Returns
    -------
    Carried
        (Workload, segment) to shares, shape (draws, quarters, techniques), and adoption and movers beside them.
    """
    believed = {name: each for name, each in sampling.assumed.values.items() if name.startswith("ledger.")}
    about = replace(sampling, assumed=Assumptions(believed))
    origin = int(quarters.searchsorted(known.origin)) - 1
    ground = Ground(known.registry, _now(known), origin, known.traffic, known.learned)
    return _drawn(ground, fit, quarters, about)


@once
def _drawn(known: Ground, fit: MigrationFit, quarters: pd.DatetimeIndex, sampling: Sampling) -> Carried:
    registry, moving = known.registry, migrating(known.registry)
    before = {name: _before(registry.techniques(name), name in moving) for name in registry.workloads}
    carried = _older(fit.steps, before, quarters, known.last, known.learned, replace(sampling, assumed=Assumptions({})))
    shares, movers = dict(carried.shares), dict[str, Array]()
    adoption, weights = dict[tuple[str, str, str], Array](), dict[str, Array]()
    named = {course.operator for course in fit.courses if course.group == GIANTS}
    for name in moving:
        for side in SOLD_SEGMENTS:
            drawn = _segment(known, fit, name, side, quarters, sampling)
            shares[name, side] = _joined(carried.shares[name, side], drawn, before[name], moving[name])
            for at, each in enumerate(drawn.techniques):
                served = shares[name, side][..., moving[name].index(each)]  # the oldest may serve all that is left
                adoption[name, side, each] = np.maximum(drawn.adoption[..., at], served)
            movers |= drawn.movers
            weights |= {f"{who}|{name}|{side}": part for who, part in drawn.weights.items() if who in named}
    return Carried(shares, carried.skill, movers, weights, adoption)


@once
def _older(
    every: Mapping[Key, tuple[TechniqueStep, ...]], before: Mapping[str, tuple[str, ...]], quarters: pd.DatetimeIndex,
    last: int, learned: Learned, sampling: Sampling,
) -> Carried:  # fmt: skip
    """Return shares of the techniques that the ledger does not speak of: no news of it moves them."""
    alone = np.ones((sampling.draws, len(quarters), 1))
    level = {key: draw_step_shares(steps, before[key[0]], sampling) if steps else alone for key, steps in every.items()}
    return carry_forward(level, before, quarters, last, learned, seed=sampling.seed)


def _segment(
    known: Ground, fit: MigrationFit, workload: str, side: str, quarters: pd.DatetimeIndex, sampling: Sampling
) -> Migrated:
    techniques = [name for name in known.registry.techniques(workload) if name in MIGRATING]
    evidence = Evidence(fit.habits, known.now, known.traffic, fit.judged[workload, side])
    courses = with_unnamed(fit.courses, side, workload, techniques)
    return draw_segment(
        courses, evidence, number_of(quarters), assumed=sampling.assumed, draws=sampling.draws, seed=sampling.seed
    )  # fmt: skip


def _joined(older: Array, drawn: Migrated, before: tuple[str, ...], techniques: tuple[str, ...]) -> Array:
    """Return shares of all techniques, old to new: what no newer class serves keeps the mix of the older ones.

    Where there are no older ones, the oldest class serves it.
    """
    newest_first = [drawn.steps[..., at] for at in reversed(range(len(drawn.techniques)))]
    newer = nested_shares(newest_first, len(drawn.techniques) + 1)
    left, newer = newer[..., :1], newer[..., 1:]
    if not before:
        newer[..., :1] += left
    every = np.concatenate([older * left, newer] if before else [newer], axis=-1)
    return every[..., [(*before, *drawn.techniques).index(name) for name in techniques]]


def _judged(known: Said, workload: str, side: str) -> dict[str, tuple[Judged, ...]]:
    rows = select(known.observations, measure="share", base="requests", workload=workload, definition=JUDGEMENT)
    drawn = set(MIGRATING) & set(known.registry.techniques(workload))
    rows = rows[rows["segment"].isin(["all", side]) & rows["technique"].isin(drawn)]
    rows = rows.assign(at=number_of(rows["period_end"]))
    return {
        str(name): tuple(Judged(row.at, row.value, row.sd) for row in own.itertuples())
        for name, own in rows.sort_values("period_end").groupby("technique", sort=True)
    }


def _before(techniques: tuple[str, ...], moving: bool) -> tuple[str, ...]:
    """Return the techniques that the ledger does not speak of."""
    return tuple(name for name in techniques if name not in MIGRATING) if moving else techniques


def _now(known: Known) -> float:
    return float(number_of(pd.DatetimeIndex([known.origin]))[0])
