"""Shares of a segment: its operators' courses weighed by their requests, and those that the ledger does not name.

Giants and the tail are groups with weights of their own. What is judged of a whole segment on a day conditions its
draws by importance resampling. Adoption counts operators that use a class at all, by their requests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import ndtri, softmax

from shiftcast.features.arrays import Array
from shiftcast.features.frames import DataFrame, Traffic
from shiftcast.forecast.draws import Assumptions, stream
from shiftcast.forecast.rollouts.courses import Course
from shiftcast.forecast.rollouts.paths import Habits, Path, Setting, draw_course, setting_of
from shiftcast.forecast.rollouts.ramp import resample

_UNNAMED: Final = {("hyperscale", "giants"): 3, ("rest", "giants"): 5, ("rest", "tail"): 8}  # courses that stand for
_MIXED: Final = 2  # draws tried for each that is kept
_Z90: Final = float(ndtri(0.9))


@dataclass(frozen=True)
class Judged:
    """A judged share of a segment on a day.

    Attributes
    ----------
    at, share, sd
        Moment [quarter], share of the requests that no newer class serves, and its standard error [share].
    """

    at: float
    share: float
    sd: float


@dataclass(frozen=True)
class Migrated:
    """Draws of one workload in one segment.

    Attributes
    ----------
    techniques
        Classes, old to new.
    steps
        Share of each class among requests that no newer one serves [share], shape (draws, quarters, classes).
    adoption
        Requests of operators that use the class at all, of all [share], likewise.
    movers
        Name of a course to draws of the operator's share of requests by the class now, shape (draws,).
    weights
        Operator to its part of the segment's requests [share], shape (draws,).
    ess
        Class to the share of draws that stayed effective under what was judged.
    """

    techniques: tuple[str, ...]
    steps: Array
    adoption: Array
    movers: Mapping[str, Array]
    weights: Mapping[str, Array]
    ess: float


def with_unnamed(courses: Sequence[Course], segment: str, workload: str, techniques: Sequence[str]) -> tuple[Course, ...]:
    """Return a segment's courses of one workload, and courses without a word that stand for operators not named."""
    own = [each for each in courses if each.segment == segment and each.workload == workload]
    blank = [
        Course(f"unnamed {group} {number + 1}", side, group, workload, technique)
        for technique in techniques
        for (side, group), count in _UNNAMED.items()
        if side == segment
        for number in range(count)
    ]
    return (*own, *blank)


def draw_segment(
    courses: Sequence[Course], habits: Habits, ends: Array, now: float, *, traffic: DataFrame[Traffic],
    assumed: Assumptions, judged: Mapping[str, Sequence[Judged]], draws: int, seed: int,
) -> Migrated:  # fmt: skip
    """Draw the shares of one workload in one segment.

    Parameters
    ----------
    courses
        From :func:`with_unnamed`, of one workload and segment.
    habits, ends, now
        What was learned; ends of the quarters, shape (quarters,), and of what was known [quarter].
    traffic
        Requests of operators, known at the origin.
    assumed
        Rows ``ledger.*``, shape (draws,) each.
    judged
        Technique to what was judged of the segment.
    draws, seed
        Draws to keep, and the seed of the named streams.

    Returns
    -------
    Migrated
    """
    tries = draws * _MIXED
    setting = setting_of(habits, ends, now, tries, seed)
    techniques = tuple(dict.fromkeys(each.technique for each in courses))
    weights = operator_weights(courses, traffic, assumed, tries, seed)
    steps, adoption = (np.zeros((len(techniques), tries, len(ends)), dtype=np.float32) for _ in range(2))
    movers: dict[str, Array] = {}
    here = int(np.clip(np.searchsorted(ends, now), 0, len(ends) - 1))
    for course in courses:
        path = draw_course(course, setting, *_tilt(course, setting))
        place, weight = techniques.index(course.technique), weights[course.operator][:, None].astype(np.float32)
        steps[place] += weight * path.share
        adoption[place] += weight * (path.start[:, None] <= ends)
        if not course.operator.startswith("unnamed "):
            movers[course.name] = path.share[:, here]
    logs = sum((_judge(steps[techniques.index(name)], ends, rows) for name, rows in judged.items()), np.zeros(tries))
    kept = resample(logs, stream(seed, f"rollouts.judged.{courses[0].segment}.{courses[0].workload}").random(), draws)
    chance = softmax(logs)
    return Migrated(
        techniques, *(np.moveaxis(each[:, kept], 0, -1).astype(np.float64) for each in (steps, adoption)), {name: each[kept] for name, each in movers.items()},
        {name: each[kept] for name, each in weights.items()}, float(1 / (chance @ chance) / tries),
    )  # fmt: skip


def operator_weights(
    courses: Sequence[Course], traffic: DataFrame[Traffic], assumed: Assumptions, draws: int, seed: int
) -> dict[str, Array]:
    """Draw each operator's part of a segment's requests [share], shape (draws,); parts add up to one.

    Named giants are weighed by what they answer: an assumption ``ledger.requests.WORKLOAD.OPERATOR``, else the most
    that :class:`features.frames.Traffic` tells of one of their surfaces, else ``ledger.requests.WORKLOAD.other``. Those not named and the
    tail have parts of their own.
    """
    segment, workload = courses[0].segment, courses[0].workload
    groups = {course.operator: course.group for course in courses}
    named = [name for name, group in groups.items() if group == "giants" and not name.startswith("unnamed ")]
    blank = [name for name, group in groups.items() if group == "giants" and name.startswith("unnamed ")]
    tail = [name for name, group in groups.items() if group == "tail"]
    rows = traffic[traffic["workload"] == workload]
    logs = []
    for name in named:
        own, random = rows[rows["operator"] == name], stream(seed, f"rollouts.requests.{workload}.{name}")
        key = f"ledger.requests.{workload}.{name}"
        if key in assumed.values or own.empty:
            logs.append(np.log(_spread(assumed.get(key, f"ledger.requests.{workload}.other"), draws, random)))
        else:
            most = own.sort_values(["mid", "known_at"]).iloc[-1]
            sd = np.log(most["high"] / most["low"]) / (2 * _Z90)
            logs.append(np.log(most["mid"]) + sd * random.standard_normal(draws))
    random = stream(seed, f"rollouts.parts.{segment}.{workload}")
    in_tail = _spread(assumed[f"ledger.tail.{segment}.{workload}"], draws, random) if tail else np.zeros(draws)
    not_named = _spread(assumed[f"ledger.unnamed.{segment}.{workload}"], draws, random) if named else np.ones(draws)
    weights = dict(zip(named, (softmax(np.stack(logs), axis=0) if logs else np.empty((0, draws))) * (1 - not_named) * (1 - in_tail), strict=True))
    weights |= dict.fromkeys(blank, not_named * (1 - in_tail) / max(len(blank), 1))
    return weights | dict.fromkeys(tail, in_tail / max(len(tail), 1))


def _spread(values: Array, draws: int, random: np.random.Generator) -> Array:
    """Return values in an order of their own, as often as needed."""
    return np.asarray(np.resize(random.permutation(values), draws))


def _tilt(course: Course, setting: Setting) -> tuple[Array, float]:
    """Return what is added to the log odds of a start, shape (draws,), and the part of starts that is reported."""
    believed = setting.habits.beliefs
    reported = believed["reported"]
    if not course.operator.startswith("unnamed "):
        return np.full(setting.draws, -np.log(reported)), reported
    name = ".".join((course.segment, course.group, course.workload, course.technique))
    z = stream(setting.seed, f"rollouts.tilt.{name}").standard_normal(setting.draws)
    return believed["unnamed_tilt"] - np.log(reported) + believed["unnamed_tilt_sd"] * z, 0.0


def _judge(share: Array, ends: Array, rows: Sequence[Judged]) -> Array:
    """Return the log-likelihood of shares under what was judged [nat], shape (draws,)."""
    total = np.zeros(len(share))
    for row in rows:
        place = int(np.clip(np.searchsorted(ends, row.at - 0.5), 0, len(ends) - 1))
        total += -0.5 * ((share[:, place] - row.share) / row.sd) ** 2
    return total
