"""Shares of a segment: its operators' courses weighed by their requests, and those that the ledger does not name.

Giants and the tail are groups with weights of their own. What is judged of a whole segment on a day conditions its
draws by importance resampling. Adoption counts operators that use a class at all, by their requests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.frames import DataFrame, Traffic
from shiftcast.forecast.draws import Z90, Assumptions, stream
from shiftcast.forecast.rollouts.courses import GIANTS, Course
from shiftcast.forecast.rollouts.habits import Habits
from shiftcast.forecast.rollouts.paths import Setting, draw_course, setting_of
from shiftcast.forecast.rollouts.ramp import resample
from shiftcast.forecast.statements.conditioning import effective

_UNNAMED: Final = {("hyperscale", "giants"): 3, ("rest", "giants"): 5, ("rest", "tail"): 8}  # courses that stand for
_BLANK: Final = "unnamed "
_MIXED: Final = 2  # draws tried for each that is kept


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
        Name of a course to draws of the operator's share of requests by the class or a newer one now, shape (draws,).
    weights
        Operator to its part of the segment's requests [share], shape (draws,).
    ess
        Share of the draws that stayed effective under what was judged.
    """

    techniques: tuple[str, ...]
    steps: Array
    adoption: Array
    movers: Mapping[str, Array]
    weights: Mapping[str, Array]
    ess: float


def with_unnamed(
    courses: Sequence[Course], segment: str, workload: str, techniques: Sequence[str]
) -> tuple[Course, ...]:
    """Return a segment's courses of one workload, and courses without a word that stand for operators not named.

    Parameters
    ----------
    courses
        From :func:`forecast.rollouts.courses.read_courses`, of any segment and workload.
    segment, workload
        Which to keep.
    techniques
        Classes of the workload that the ledger speaks of, old to new.

    Returns
    -------
    tuple of Course
        Named operators first.
    """
    own = [each for each in courses if each.segment == segment and each.workload == workload]
    blank = [
        Course(f"{_BLANK}{group} {number + 1}", side, group, workload, technique)
        for technique in techniques
        for (side, group), count in _UNNAMED.items()
        if side == segment
        for number in range(count)
    ]
    return (*own, *blank)


@dataclass(frozen=True)
class Evidence:
    """What one workload in one segment is drawn from, besides its courses.

    Attributes
    ----------
    habits
        What all courses teach of any.
    now
        End of what was known [quarter].
    traffic
        Requests of operators.
    judged
        Technique to what was judged of the segment.
    """

    habits: Habits
    now: float
    traffic: DataFrame[Traffic]
    judged: Mapping[str, Sequence[Judged]]


def draw_segment(
    courses: Sequence[Course], evidence: Evidence, ends: Array, *, assumed: Assumptions, draws: int, seed: int
) -> Migrated:
    """Draw the shares of one workload in one segment.

    Parameters
    ----------
    courses
        From :func:`with_unnamed`, of one workload and segment.
    evidence
        What else they rest on.
    ends
        Ends of the quarters, shape (quarters,) [quarter].
    assumed
        Rows ``ledger.*``, shape (draws,) each.
    draws, seed
        Draws to keep, and the seed of the named streams.

    Returns
    -------
    Migrated
    """
    tries = draws * _MIXED
    setting = setting_of(evidence.habits, ends, evidence.now, draws, seed, tries=_MIXED)
    techniques = tuple(dict.fromkeys(each.technique for each in courses))
    weights = operator_weights(courses, evidence.traffic, assumed, tries, seed)
    steps, adoption = (np.zeros((len(techniques), tries, len(ends)), dtype=np.float32) for _ in range(2))
    movers: dict[str, Array] = {}
    here = int(np.clip(np.searchsorted(ends, evidence.now), 0, len(ends) - 1))
    for course in courses:
        path = draw_course(course, setting, *_tilt(course, setting))
        place, weight = techniques.index(course.technique), weights[course.operator][:, None].astype(np.float32)
        steps[place] += weight * path.share
        adoption[place] += weight * ((path.start[:, None] <= ends) | (path.share > 0))
        if not _unnamed(course):
            movers[course.name] = path.share[:, here]
    logs = np.zeros(tries)
    for name, rows in evidence.judged.items():
        logs += _judge(steps[techniques.index(name)], ends, rows)
    random = stream(seed, f"rollouts.judged.{courses[0].segment}.{courses[0].workload}")
    kept = _in_place(resample(logs, random.random(), draws))
    shares, used = (np.moveaxis(each[:, kept], 0, -1).astype(np.float64) for each in (steps, adoption))
    own, parts = ({name: each[kept] for name, each in found.items()} for found in (or_newer(movers), weights))
    return Migrated(techniques, shares, used, own, parts, effective(logs))


def or_newer(movers: Mapping[str, Array]) -> dict[str, Array]:
    """Return operators' shares of requests by a class or a newer one from those by each class of what no newer serves.

    Parameters
    ----------
    movers
        ``operator|workload|segment|technique`` to its share, shape (draws,); classes old to new within an operator.

    Returns
    -------
    dict
        Of the same names, in order.

    Examples
    --------
    >>> half = np.array([0.5])
    >>> {name: share.tolist() for name, share in or_newer({"a|ads|rest|deep": half, "a|ads|rest|llm": half}).items()}
    {'a|ads|rest|deep': [0.75], 'a|ads|rest|llm': [0.5]}
    """
    left: dict[str, Array] = {}
    found: dict[str, Array] = {}
    for name in reversed(list(movers)):
        operator = name.rpartition("|")[0]
        left[operator] = left.get(operator, np.ones_like(movers[name])) * (1.0 - movers[name])
        found[name] = 1.0 - left[operator]
    return {name: found[name] for name in movers}


def operator_weights(
    courses: Sequence[Course], traffic: DataFrame[Traffic], assumed: Assumptions, draws: int, seed: int
) -> dict[str, Array]:
    """Draw each operator's part of a segment's requests [share]; parts add up to one.

    Named giants are weighed by what they answer: an assumption ``ledger.requests.WORKLOAD.OPERATOR``, else the most
    that traffic rows tell of one of their surfaces, else ``ledger.requests.WORKLOAD.other``. Giants that are not named
    and the tail have parts of their own, which their operators share alike.

    Parameters
    ----------
    courses
        Of one workload and segment.
    traffic
        Requests of operators.
    assumed
        Rows ``ledger.*``, shape (draws,) each.
    draws, seed
        Draws, and the seed of the named streams.

    Returns
    -------
    dict
        Operator to its part, shape (draws,).
    """
    segment, workload = courses[0].segment, courses[0].workload
    giants = {course.operator: _unnamed(course) for course in courses if course.group == GIANTS}
    named, blank = ([name for name, without in giants.items() if without == kind] for kind in (False, True))
    tail = list(dict.fromkeys(course.operator for course in courses if course.group == "tail"))
    random = stream(seed, f"rollouts.parts.{segment}.{workload}")
    in_tail = _spread(assumed[f"ledger.tail.{segment}.{workload}"], draws, random) if tail else np.zeros(draws)
    not_named = _spread(assumed[f"ledger.unnamed.{segment}.{workload}"], draws, random) if named else np.ones(draws)
    answered = [_answered(name, workload, traffic, assumed, draws, seed) for name in named]
    requests = np.reshape(answered, (len(named), draws))
    parts = requests / requests.sum(axis=0) * (1 - not_named) * (1 - in_tail)
    weights = dict(zip(named, parts, strict=True))
    weights |= dict.fromkeys(blank, not_named * (1 - in_tail) / max(len(blank), 1))
    return weights | dict.fromkeys(tail, in_tail / max(len(tail), 1))


def _in_place(kept: Array) -> Array:
    """Return tries that are kept, each at the draw whose common causes it has where one of its own is kept.

    So what moves operators of all segments and workloads alike does so in the same draws.

    Examples
    --------
    >>> _in_place(np.array([2, 3, 4, 4])).tolist()  # of draws 1, 1, 2 and 2
    [3, 2, 4, 4]
    """
    own, first = np.unique(kept // _MIXED, return_index=True)
    placed = np.full(len(kept), -1)
    placed[own] = kept[first]
    placed[placed < 0] = np.delete(kept, first)
    return placed


def _answered(
    operator: str, workload: str, traffic: DataFrame[Traffic], assumed: Assumptions, draws: int, seed: int
) -> Array:
    """Draw what a named giant answers [request/day], shape (draws,)."""
    random = stream(seed, f"rollouts.requests.{workload}.{operator}")
    own = traffic[(traffic["workload"] == workload) & (traffic["operator"] == operator)]
    name = f"ledger.requests.{workload}.{operator}"
    if name in assumed.values or own.empty:
        return _spread(assumed.get(name, f"ledger.requests.{workload}.other"), draws, random)
    most = own.sort_values(["mid", "known_at"]).iloc[-1]
    sd = np.log(most["high"] / most["low"]) / (2 * Z90)
    return np.asarray(most["mid"] * np.exp(sd * random.standard_normal(draws)))


def _unnamed(course: Course) -> bool:
    return course.operator.startswith(_BLANK)


def _spread(values: Array, draws: int, random: np.random.Generator) -> Array:
    """Return values in an order of their own, as often as needed."""
    return np.asarray(np.resize(random.permutation(values), draws))


def _tilt(course: Course, setting: Setting) -> tuple[Array, float]:
    """Return what is added to the log odds of a start, shape (draws,), and the part of starts that is reported."""
    believed = setting.habits.beliefs
    reported = believed["reported"]
    if not _unnamed(course):
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
