"""Courses: what the ledger says of one operator, workload and technique class, from its first test on.

A course starts when the operator first reports the class at any stage. Its surfaces are those where the class computes
at the request; each has its own ramp. A class that was already there when the ledger first speaks of it started on an
unknown day before. A share that the operator states of all its requests is a surface of its own, the whole. A rollback
names the class it leaves first; its share is what the class after it takes then, and the rest is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.special import logit

from shiftcast.features.arrays import Array
from shiftcast.features.frames import DataFrame, Observations, Rollouts
from shiftcast.features.series import select
from shiftcast.forecast.draws import Z90
from shiftcast.forecast.rollouts.clock import number_of

MIGRATING: Final = ("deep", "sequence", "llm")  # classes that the ledger speaks of, old to new
GIANTS: Final = "giants"  # operators that are weighed one by one
RANKING: Final = ("rank", "end_to_end")  # stages whose technique a request is counted to
ROLLBACK: Final = "rollback"
_AT_REQUEST: Final = ("online", "mixed")
WHOLE: Final = "(all)"
_EDGE: Final = (0.002, 0.985)  # shares beyond are read as these on the logit scale


@dataclass(frozen=True)
class Said:
    """One statement about the share of a surface.

    Attributes
    ----------
    at
        Day it is about [quarter].
    share
        Median [share].
    mid, sd
        Median and standard deviation on the logit scale.
    bound
        ``=``, ``>=`` where the figure is a least, ``<=`` where it is a most.
    event
        As in the ledger; of a rollback the share is what is left.
    """

    at: float
    share: float
    mid: float
    sd: float
    bound: str = "="
    event: str = "partial"


@dataclass(frozen=True)
class Moved:
    """One surface on which the class computes at the request.

    Attributes
    ----------
    name
        Of the surface.
    start
        First and last moment at which it may have begun [quarter].
    ranks
        Whether the class ranks there; else it computes at another stage.
    said
        Statements about its share.
    """

    name: str
    start: tuple[float, float]
    ranks: bool
    said: tuple[Said, ...]

    @property
    def whole(self) -> bool:
        """Whether it stands for all requests of the operator."""
        return self.name == WHOLE

    @property
    def stands(self) -> bool:
        """Whether the last that is said of it is no rollback."""
        return not self.said or self.said[-1].event != ROLLBACK

    def ramps(self) -> Iterator[tuple[tuple[float, float], tuple[Said, ...], Said | None]]:
        """Yield the span in which each ramp began, what is said of it, and the rollback that ended it, if one did."""
        ends = [place for place, each in enumerate(self.said) if each.event == ROLLBACK]
        for before, end in pairwise([-1, *ends, len(self.said)]):
            said = self.said[before + 1 : end]
            if before < 0 or said:
                begun = self.start if before < 0 else (self.said[before].at, said[0].at)
                yield begun, said, self.said[end] if end < len(self.said) else None


@dataclass(frozen=True)
class Course:
    """One operator's course into one technique class.

    Attributes
    ----------
    operator, segment, group, workload, technique
        Names.
    start
        First and last moment at which the class may have come into use at any stage [quarter]; none if it has not.
    before
        Whether the class was there already when the ledger first spoke of it, so that the start is only a last moment.
    moved
        Surfaces on which it computes at the request.
    stated
        Share of all the operator's requests, where it is stated.
    furthest
        Statements about any surface at any stage, for the scoreboard, in the order of their days; rollbacks where there
        is one surface.
    taken_back
        Rollbacks from it.
    """

    operator: str
    segment: str
    group: str
    workload: str
    technique: str
    start: tuple[float, float] | None = None
    before: bool = False
    moved: tuple[Moved, ...] = ()
    stated: tuple[Said, ...] = ()
    furthest: tuple[Said, ...] = ()
    taken_back: int = 0

    @property
    def name(self) -> str:
        """Operator, workload, segment and technique."""
        return "|".join((self.operator, self.workload, self.segment, self.technique))


def read_courses(
    ledger: DataFrame[Rollouts], observations: DataFrame[Observations], techniques: Mapping[str, Sequence[str]],
    beliefs: Mapping[str, float],
) -> tuple[Course, ...]:  # fmt: skip
    """Read the ledger and operators' own figures as courses: every operator of a workload in every class of it.

    Parameters
    ----------
    ledger, observations
        Rows known at the origin.
    techniques
        Workload to its techniques, old to new.
    beliefs
        ``test_share``, ``deployed_share`` and ``deployed_sd``: how a test and a rollout without a share are read;
        ``least_sd`` and ``panel_sd``: how exact a stated share is at best, and what others' count adds.

    Returns
    -------
    tuple of Course
        By workload, class and operator.
    """
    figures = select(observations, measure="share", base="requests")
    figures = figures[~figures["operator"].isin(["all", ""]) & (figures["confidence"] != "recalled")]
    stated = _by(figures.sort_values(["period_end", "source"]), ("operator", "workload", "technique"))
    told = _by(ledger.sort_values(["period_end", "period_start", "surface", "event"]), ("workload", "operator"))
    heads = {(row.workload, row.operator): row for row in _rows(ledger)[::-1]}  # the first that the ledger has
    found = []
    for workload, of in techniques.items():
        heads_here = sorted((who, head) for (name, who), head in heads.items() if name == workload)
        for technique in (each for each in of if each in MIGRATING):
            for operator, head in heads_here:
                course = Course(operator, head.segment, head.group, workload, technique)
                course = _read(course, told[workload, operator], beliefs)
                found.append(_with_figures(course, stated.get((operator, workload, technique), []), beliefs))
    return tuple(found)


def _rows(frame: pd.DataFrame) -> list[Any]:
    """Return the rows as tuples, with the ends of their days in quarters."""
    ends = {f"{name}_at": number_of(frame[f"period_{name}"]) for name in ("start", "end")}
    return list(frame.assign(**ends).itertuples(index=False))


def _by(frame: pd.DataFrame, columns: tuple[str, ...]) -> dict[tuple[str, ...], list[Any]]:
    """Return the rows of a frame in its order, by what some columns say."""
    found: dict[tuple[str, ...], list[Any]] = {}
    for row in _rows(frame):
        found.setdefault(tuple(str(getattr(row, name)) for name in columns), []).append(row)
    return found


def born(courses: Sequence[Course], unsaid: float) -> dict[tuple[str, str], float]:
    """Return when each class of each workload was first in use anywhere [quarter], by what was known.

    Parameters
    ----------
    courses
        From :func:`read_courses`.
    unsaid
        How long before a text a class that was there already had been [quarter].

    Returns
    -------
    dict
        (Workload, technique) to the first moment at which a course may have started; classes without any are not in it.
    """
    first: dict[tuple[str, str], float] = {}
    for course in courses:
        if course.start is not None:
            key, (low, high) = (course.workload, course.technique), course.start
            first[key] = min(first.get(key, np.inf), high - unsaid if course.before else low)
    return first


def _read(course: Course, told: Sequence[Any], beliefs: Mapping[str, float]) -> Course:
    """Read one operator's rows of one workload, in the order of their days, for the class of a course."""
    technique = course.technique
    rows = [row for row in told if technique in (row.technique_to, row.technique_from)]
    if not rows:
        return course
    back = np.array([row.event == ROLLBACK for row in rows])
    left = np.array([row.technique_to != technique for row in rows])  # it was there until then
    gone = back & left
    first, last = (np.array([getattr(row, name) for row in rows]) for name in ("start_at", "end_at"))
    last = np.where(left & ~back, first, last)
    already = np.array([row.technique_from == technique for row in rows]) | back
    before = bool(already[last < last.min() + 1.0].all())  # of the first quarter
    said = [tuple(_said(row, at, technique, beliefs)) for row, at in zip(rows, last, strict=True)]
    ranking, at_request = _either(rows, "stage", RANKING), _either(rows, "serving", _AT_REQUEST)
    online = np.where(left, ranking, at_request) | (gone & at_request)
    surfaces, moved = np.array([row.surface for row in rows], dtype=object), []
    for surface in dict.fromkeys(surfaces):
        there = (surfaces == surface) & online
        if there.any():
            ranks = bool(ranking[there & ~gone].any() if (there & ~gone).any() else ranking[there].any())
            there &= ~gone | (ranking == ranks)
            was = bool((already & ~gone)[there].any() or already[there].all())
            begun = (-np.inf if was else float(first[there & ~gone].min()), float(last[there].min()))
            moved.append(Moved(str(surface), begun, ranks, tuple(s for k in np.flatnonzero(there) for s in said[k])))
    start = (-np.inf if before else float(first.min()), float(last.min()))
    shown = ~left | (gone & (len(set(surfaces)) == 1))
    furthest = tuple(sorted((s for k in np.flatnonzero(shown) for s in said[k]), key=lambda s: s.at))
    return replace(
        course, start=start, before=before, moved=tuple(moved), furthest=furthest, taken_back=int(gone.sum())
    )


def _either(rows: Sequence[Any], column: str, of: Sequence[str]) -> Any:
    """Return which rows say one of some words in a column."""
    return np.array([getattr(row, column) in of for row in rows])


def _said(row: Any, at: float, technique: str, beliefs: Mapping[str, float]) -> Iterator[Said]:
    """Read one row as a statement about the share of its surface."""
    event, same = str(row.event), technique == row.technique_from
    levels = np.array([float(getattr(row, name)) for name in ("share_low", "share_mid", "share_high")])
    if event == ROLLBACK and row.technique_to != technique:
        same, levels = False, 1.0 - levels[::-1]  # what is left of it
    elif event == ROLLBACK:  # to it: it was there before
        event, same = "deployed", True
    if same and (technique == MIGRATING[0] or row.technique_to != technique):
        yield Said(at, _EDGE[1], float(logit(_EDGE[1])), 1.0, ">=", event)  # a network, or the class left, was there
    elif event in {"test", ROLLBACK} and np.isnan(levels[1]) and not same:
        yield Said(at, beliefs["test_share"], float(logit(beliefs["test_share"])), 1.0, "=", event)
    elif np.isnan(levels[1]) or same:  # a better model of a class says that it was there, not how far
        yield Said(at, np.nan, float(logit(beliefs["deployed_share"])), beliefs["deployed_sd"], "=", event)
    else:
        low, mid, high = logit(np.clip(levels, *_EDGE))
        yield Said(
            at, float(levels[1]), float(mid), max(float(high - low) / (2 * Z90), beliefs["least_sd"]), "=", event
        )


def _with_figures(course: Course, rows: Sequence[Any], beliefs: Mapping[str, float]) -> Course:
    """Add an operator's own figures about all its requests, but those that the ledger has of the same quarter."""
    stated = []
    for row in rows:
        at, share, bound = row.end_at, float(row.value), str(row.bound).replace("~", "=")
        middle = float(np.clip(share, *_EDGE))
        if not any(abs(each.at - at) < 1.0 and abs(each.share - share) < _EDGE[0] for each in course.furthest):
            wide = max(float(row.sd) / (middle * (1 - middle)), beliefs["least_sd"])
            wide = float(np.hypot(wide, 0.0 if row.evidence == "vendor" else beliefs["panel_sd"]))
            stated.append(Said(float(at), share, float(logit(middle)), wide, bound))
    return replace(course, stated=tuple(stated)) if stated else course


def moments(said: Sequence[Said]) -> tuple[Array, Array, Array, Array]:
    """Return day, median and standard deviation [logit] and side (-1 a most, 1 a least, 0 neither) of statements."""
    side = [{"=": 0.0, ">=": 1.0, "<=": -1.0}[each.bound] for each in said]
    columns = ([each.at for each in said], [each.mid for each in said], [each.sd for each in said], side)
    at, mid, sd, sides = (np.array(column, dtype=np.float64) for column in columns)
    return at, mid, sd, sides
