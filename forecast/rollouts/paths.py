"""Draw courses: when an operator starts, when the class ranks its requests, how far it ramps, and over how much of it.

An operator's share is one less what no surface of it has moved: surfaces hold random parts of its requests, and what
the ledger does not name follows the first that ranks, at a slow rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from scipy.special import expit

from shiftcast.features.arrays import Array
from shiftcast.forecast.draws import stream
from shiftcast.forecast.rollouts.courses import WHOLE, Course, Moved, Said, moments
from shiftcast.forecast.rollouts.habits import Habits
from shiftcast.forecast.rollouts.hazard import at_moment, cumulative, draw_starts
from shiftcast.forecast.rollouts.ramp import log_likelihood, resample, share_likelihood, starts_of
from shiftcast.forecast.statements.conditioning import effective

_TRIES: Final = 8  # ramps tried for each that is kept


@dataclass(frozen=True)
class Path:
    """Draws of one course.

    Attributes
    ----------
    share
        Share of the operator's requests [share], shape (draws, quarters).
    start
        When it began at any stage [quarter], infinite where it does not, shape (draws,).
    ess
        Share of the draws that stayed effective under the operator's own figures.
    """

    share: Array
    start: Array
    ess: float = 1.0


@dataclass(frozen=True)
class Setting:
    """What all courses of one draw share.

    Attributes
    ----------
    habits
        What was learned.
    edges
        Beginnings and ends of the quarters from before the first birth on, shape (quarters + 1,) [quarter].
    ends
        Ends of the quarters asked for, shape (quarters,) [quarter].
    now
        End of what was known [quarter].
    coefficients
        Draws of the hazard, shape (draws, features + 1).
    seed
        Of the named streams.
    tries
        Draws in a row that have what all courses share in common.
    kept
        Cumulative hazards by kind of course.
    """

    habits: Habits
    edges: Array
    ends: Array
    now: float
    coefficients: Array
    seed: int
    tries: int = 1
    kept: dict[tuple[object, ...], Array] = field(default_factory=dict, repr=False)

    def risen(self, course: Course, tilt: Array) -> Array:
        """Return the cumulative hazard of a course (:func:`forecast.rollouts.hazard.cumulative`), found once a kind."""
        kind = course.segment, course.group, course.workload, course.technique, float(tilt[0])
        if kind not in self.kept:
            birth = self.habits.first[course.workload, course.technique]
            self.kept[kind] = cumulative(course, birth, self.edges, self.coefficients, tilt)
        return self.kept[kind]

    @property
    def draws(self) -> int:
        """Number of draws."""
        return len(self.coefficients)


def setting_of(habits: Habits, ends: Array, now: float, draws: int, seed: int, *, tries: int = 1) -> Setting:
    """Return what all courses of one draw share.

    Parameters
    ----------
    habits
        What was learned.
    ends
        Ends of the quarters asked for, shape (quarters,) [quarter].
    now
        End of what was known [quarter].
    draws, seed
        Draws of the hazard, and the seed of the named streams.
    tries
        How often each is repeated, one after the other.

    Returns
    -------
    Setting
        Its edges begin with the first class, the first quarter asked for or now, whichever comes first.
    """
    begin = min([*habits.first.values(), now, *ends[:1]])
    edges = np.arange(np.floor(begin), np.ceil(ends[-1]) + 1.0)
    coefficients = np.repeat(habits.hazard.draw(draws, stream(seed, "rollouts.hazard")), tries, axis=0)
    return Setting(habits, edges, ends.astype(np.float32), now, coefficients, seed, tries)


def draw_course(course: Course, setting: Setting, tilt: Array, reported: float) -> Path:
    """Draw one course.

    Parameters
    ----------
    course, setting
        The course, and what all share.
    tilt
        Added to the log odds of a start, shape (draws,).
    reported
        Part of the starts that are reported [share]: one that was not may have happened.

    Returns
    -------
    Path
    """
    habits, random = setting.habits, stream(setting.seed, f"rollouts.{course.name}")
    start = _start(course, setting, tilt, reported, random)
    left = np.ones((setting.draws, len(setting.ends)), dtype=np.float32)
    for surface in course.moved:
        left *= 1.0 - _surface(surface, start, setting, random)
    exact = tuple(each for each in course.stated if each.bound == "=")
    if exact:
        whole = Moved(WHOLE, (exact[0].at - habits.beliefs["unsaid"], exact[0].at), True, exact)
        left *= 1.0 - _surface(whole, start, setting, random)
    ranked = [surface for surface in course.moved if surface.ranks and surface.stands]
    if not (ranked or exact):
        left *= 1.0 - _later(course, start, setting, random)
    elif not exact:
        left *= 1.0 - _rest(min(each.start[1] for each in ranked), setting, random)
    share = (1.0 - left) * (1.0 - _taken_back(start, setting, random))
    return _given(course.stated, share, start, setting, random)


def _start(course: Course, setting: Setting, tilt: Array, reported: float, random: np.random.Generator) -> Array:
    """Draw when the course starts, shape (draws,)."""
    key = course.workload, course.technique
    uniform, missed = random.random((2, setting.draws))
    if key not in setting.habits.first:
        return _unborn(course, setting, tilt, uniform)
    birth = setting.habits.first[key]
    if course.start is not None and not course.before:
        low, high = course.start
        return np.asarray(low + uniform * (high - low))
    risen, edges = setting.risen(course, tilt), setting.edges
    whole = np.ones(setting.draws)
    if course.start is not None:
        return draw_starts(risen, edges, uniform, birth * whole, max(course.start[1], birth) * whole)
    now = max(setting.now, birth) * whole
    yet = np.exp(-at_moment(risen, edges, now))
    unseen = (1.0 - reported) * (1.0 - yet)
    past = missed < unseen / (unseen + yet)
    return draw_starts(risen, edges, uniform, np.where(past, birth, now), np.where(past, now, np.inf))


def _unborn(course: Course, setting: Setting, tilt: Array, uniform: Array) -> Array:
    """Draw when a course starts in a class that nobody was known to use, after its birth that all share, (draws,)."""
    random = stream(setting.seed, f"rollouts.birth.{course.technique}")
    wait = np.repeat(random.standard_exponential(setting.draws // setting.tries), setting.tries)
    birth = setting.now + wait / setting.habits.beliefs["next_class"]
    ages = np.arange(len(setting.edges), dtype=np.float64)
    risen = cumulative(course, 0.0, ages, setting.coefficients, tilt)
    return birth + draw_starts(risen, ages, uniform, np.zeros(setting.draws), np.full(setting.draws, np.inf))


def _surface(surface: Moved, start: Array, setting: Setting, random: np.random.Generator) -> Array:
    """Draw the part of the operator's requests that moved on one surface, shape (draws, quarters)."""
    beliefs, share = setting.habits.beliefs, np.zeros((setting.draws, len(setting.ends)), dtype=np.float32)
    since = -np.inf
    for begun, said, back in surface.ramps():
        share = np.maximum(share, _ramp(begun, said, start, since, setting, random))
        if back is not None:
            most = _column(expit(back.mid + back.sd * random.standard_normal(setting.draws)))
            share = np.where(setting.ends >= back.at, np.minimum(share, most), share)
            since = back.at
    part = random.beta(beliefs["part_a"], beliefs["part_b"], setting.draws)
    part = np.ones_like(part) if surface.whole else part * (1.0 if surface.ranks else beliefs["other_stage"])
    return np.asarray(_column(part) * share)


def _ramp(
    begun: tuple[float, float], said: Sequence[Said], start: Array, since: float, setting: Setting,
    random: np.random.Generator,
) -> Array:  # fmt: skip
    """Draw a ramp that begins in a span, not before a moment, given what is said of it, shape (draws, quarters)."""
    ramp, tries = setting.habits.ramp, setting.draws * _TRIES
    first = np.minimum(np.tile(start, _TRIES), begun[1])
    if np.isfinite(begun[0]):
        first = np.maximum(starts_of(ramp, begun, said, random.random(tries)), since)
    speed, ceiling = ramp.speeds(random.standard_normal(tries)), ramp.ceilings(*random.random((2, tries)))
    kept = np.arange(setting.draws)
    if said:
        kept = resample(log_likelihood(ramp, said, first, speed, ceiling), random.random(), setting.draws)
    return ramp.path(setting.ends, first[kept], speed[kept], ceiling[kept])


def _later(course: Course, start: Array, setting: Setting, random: np.random.Generator) -> Array:
    """Draw the part that moves once the class ranks, for a course where it does not yet, shape (draws, quarters)."""
    habits, draws = setting.habits, setting.draws
    believed, name = habits.beliefs, course.technique
    at_once = random.beta(
        believed["at_once_a"] + habits.at_once.get(name, 0.0),
        believed["at_once_b"] + habits.not_at_once.get(name, 0.0), draws,
    )  # fmt: skip
    rate = believed[f"later_{name}"] * np.exp(believed["later_sd_log"] * random.standard_normal(draws))
    wait = random.standard_exponential(draws) / rate
    ranks, missed = random.random((2, draws))
    not_yet = (course.start is not None) & (missed < believed["reported"])  # else it may have come unreported
    first = np.where(not_yet, np.maximum(start, setting.now) + wait, start + np.where(ranks < at_once, 0.0, wait))
    ramp = habits.ramp
    share = ramp.path(
        setting.ends, first, ramp.speeds(random.standard_normal(draws)), ramp.ceilings(*random.random((2, draws)))
    )
    part = _column(random.beta(believed["part_a"], believed["part_b"], draws))
    return np.asarray(1.0 - (1.0 - part * share) * (1.0 - _rest(first, setting, random)))


def _rest(first: Array | float, setting: Setting, random: np.random.Generator) -> Array:
    """Draw how much of the surfaces not named has followed the first that ranks, shape (draws, quarters)."""
    believed, draws = setting.habits.beliefs, setting.draws
    rate = believed["follow"] * np.exp(believed["follow_sd_log"] * random.standard_normal(draws))
    most = setting.habits.ramp.ceilings(*random.random((2, draws)))
    after = np.maximum(setting.ends - _column(first), 0.0)
    return np.asarray(_column(most) * -np.expm1(-_column(rate) * after))


def _taken_back(start: Array, setting: Setting, random: np.random.Generator) -> Array:
    """Draw what part of the share is taken back after now, shape (draws, quarters)."""
    when = np.maximum(start, setting.now) + random.standard_exponential(setting.draws) / setting.habits.taken_back
    depth = random.random(setting.draws)
    return np.asarray(_column(depth) * -np.expm1(-np.maximum(setting.ends - _column(when), 0.0)))


def _column(values: Array | float) -> Array:
    """Return values of each draw as a column in single precision, in which paths are kept."""
    return np.reshape(values, (-1, 1)).astype(np.float32)


def _given(stated: Sequence[Said], share: Array, start: Array, setting: Setting, random: np.random.Generator) -> Path:
    """Condition draws on bounds that the operator stated of all its requests."""
    bounds = [each for each in stated if each.bound != "="]
    uniform = random.random()
    if not bounds:
        return Path(share, start)
    at, mid, sd, side = moments(bounds)
    there = np.stack([_at(share, setting.ends, when) for when in at], axis=-1)
    log_weight = share_likelihood(there, mid, sd, side)
    kept = resample(log_weight, uniform, len(share))
    return Path(share[kept], start[kept], effective(log_weight))


def _at(share: Array, ends: Array, when: float) -> Array:
    """Return shares at one moment, straight between quarters, shape (draws,)."""
    place = int(np.clip(np.searchsorted(ends, when), 1, len(ends) - 1))
    part = np.clip((when - ends[place - 1]) / (ends[place] - ends[place - 1]), 0.0, 1.0)
    return np.asarray(share[:, place - 1] + part * (share[:, place] - share[:, place - 1]))


def draw_furthest(course: Course, setting: Setting) -> Array:
    """Draw the share of an operator's furthest surface at any stage, as it is reported, shape (draws, quarters).

    Parameters
    ----------
    course, setting
        The course, and what all share.

    Returns
    -------
    ndarray, shape (draws, quarters)
        Share [share].
    """
    random = stream(setting.seed, f"rollouts.furthest.{course.name}")
    start = _start(course, setting, np.zeros(setting.draws), 1.0, random)
    begun = course.start or (np.inf, np.inf)
    if course.start is None or not course.furthest:
        ramp = setting.habits.ramp
        own = ramp.speeds(random.standard_normal(setting.draws)), ramp.ceilings(*random.random((2, setting.draws)))
        share = ramp.path(setting.ends, start, *own)
    else:
        share = _surface(Moved(WHOLE, begun, True, course.furthest), start, setting, random)
    return share * (1.0 - _taken_back(start, setting, random))
