"""Habits: what all courses of the ledger teach of any, hazard of a start, ramps, and how often a start is to rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shiftcast.forecast.rollouts.courses import Course, born
from shiftcast.forecast.rollouts.hazard import Born, Hazard, fit_hazard
from shiftcast.forecast.rollouts.ramp import Ramp, fit_ramp


@dataclass(frozen=True)
class Habits:
    """What all courses teach of any.

    Attributes
    ----------
    hazard, ramp, first
        Hazard of a start, ramps, and when each class was first in use.
    at_once, not_at_once
        Technique to how many courses ranked from the start, and how many did not.
    taken_back
        Rate at which a class is taken back [1/quarter]: of those nobody tells of, by belief, and of those told of.
    beliefs
        Beliefs ``rollouts.*``.
    """

    hazard: Hazard
    ramp: Ramp
    first: Born
    at_once: Mapping[str, float]
    not_at_once: Mapping[str, float]
    taken_back: float
    beliefs: Mapping[str, float]


def learn_habits(
    courses: Sequence[Course], now: float, beliefs: Mapping[str, float], first_said: Born | None = None
) -> Habits:
    """Learn from courses what holds of any.

    Parameters
    ----------
    courses
        Courses, as they were known.
    now
        End of what was known [quarter].
    beliefs
        Beliefs ``rollouts.*``.
    first_said
        (Workload, technique) to when it was first spoken of elsewhere [quarter], for classes without a course.

    Returns
    -------
    Habits
    """
    spoken = {key: at - beliefs["unsaid"] for key, at in (first_said or {}).items()}
    first = {**spoken, **born(courses, beliefs["unsaid"])}
    counts: dict[str, dict[str, float]] = {"at_once": {}, "not_at_once": {}}
    for course in courses:
        if course.start is None or course.before:
            continue
        ranked = any(surface.ranks and surface.start[0] <= course.start[1] for surface in course.moved)
        own = counts["at_once" if ranked else "not_at_once"]
        own[course.technique] = own.get(course.technique, 0.0) + 1.0
    return Habits(
        fit_hazard(courses, first, now, beliefs), fit_ramp(courses, beliefs), first, **counts,
        taken_back=_taken_back(courses, now, beliefs["taken_back"]), beliefs=beliefs,
    )  # fmt: skip


def _taken_back(courses: Sequence[Course], now: float, untold: float) -> float:
    """Return the rate of taking back: a believed one of those untold, which also stands behind those told of."""
    after = sum(max(now - course.start[1], 0.0) for course in courses if course.start is not None)
    return untold + sum(course.taken_back for course in courses) / (1.0 / untold + after)
