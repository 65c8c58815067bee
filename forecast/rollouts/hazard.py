"""Hazard of the first use: the chance a quarter that an operator starts with a class it has not used, learned on all.

A discrete-time hazard is a logistic regression on operator-quarters at risk (scikit-learn, with a ridge); its error is
the normal approximation at the mode. Quarters in which nobody moved count as those in which somebody did. A few
supposed quarters and events keep it finite before the ledger speaks.

Reference: Singer and Willett (1993), It's about time: using discrete-time survival analysis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import expit

from shiftcast.features.arrays import Array
from shiftcast.forecast.rollouts.courses import Course

Born = Mapping[tuple[str, str], float]
FEATURES: Final = ("age", "giants", "hyperscale", "search", "ads", "sequence", "llm")
_DECADE: Final = 40.0  # quarters by which age is scaled
_TINY: Final = 1e-12


@dataclass(frozen=True)
class Hazard:
    """A fitted hazard.

    Attributes
    ----------
    mode, scale
        Coefficients, constant first, shape (features + 1,), and the lower triangle of their covariance.
    events, quarters
        Starts and operator-quarters at risk that it was learned on.
    """

    mode: Array
    scale: Array
    events: int
    quarters: int

    def draw(self, draws: int, random: np.random.Generator) -> Array:
        """Return draws of the coefficients, shape (draws, features + 1)."""
        return np.asarray(self.mode + random.standard_normal((draws, len(self.mode))) @ self.scale.T)


def features(course: Course, age: Array) -> Array:
    """Return what the hazard of a course rests on.

    Parameters
    ----------
    course
        The course.
    age
        Age of its class at the end of each quarter, shape (ages,) [quarter].

    Returns
    -------
    ndarray, shape (ages, features)
        :data:`FEATURES`: log of one and the age in decades, then flags.
    """
    flags = (
        course.group == "giants", course.segment == "hyperscale", course.workload == "search",
        course.workload == "ads", course.technique == "sequence", course.technique == "llm",
    )  # fmt: skip
    fixed = np.broadcast_to(np.array(flags, dtype=np.float64), (len(age), len(flags)))
    return np.column_stack([np.log1p(np.maximum(age, 0.0) / _DECADE), fixed])


def at_risk(courses: Sequence[Course], first: Born, now: float) -> tuple[Array, Array]:
    """Return operator-quarters at risk, shape (rows, features), and the chance that each held the start, shape (rows,).

    A start that lies between two days is spread evenly between them; one on an unknown day teaches nothing.

    Parameters
    ----------
    courses
        Courses to learn from.
    first
        When each class was first in use (:func:`forecast.rollouts.courses.born`) [quarter].
    now
        End of what was known [quarter].
    """
    rows, starts = [], []
    for course in courses:
        birth = first.get((course.workload, course.technique), np.inf)
        if course.before or not np.isfinite(birth) or birth >= now:
            continue
        edges = np.arange(np.floor(birth), np.floor(now) + 1.0)
        if len(edges) < 2:
            continue
        held = np.zeros(len(edges) - 1)
        if course.start is not None:
            low, high = course.start
            inside = np.clip(edges, low, max(high, low + 1.0 / _DECADE))
            held = np.diff(inside) / max(high - low, 1.0 / _DECADE)
        begun = np.concatenate([[0.0], np.cumsum(held)[:-1]])
        risk = begun < 1.0 - 1.0 / _DECADE
        chance = held / np.maximum(1.0 - begun, 1.0 / _DECADE)
        rows.append(features(course, edges[1:] - birth)[risk])
        starts.append(np.clip(chance, 0.0, 1.0)[risk])
    if not rows:
        return np.empty((0, len(FEATURES))), np.empty(0)
    return np.concatenate(rows), np.concatenate(starts)


def fit_hazard(courses: Sequence[Course], first: Born, now: float, beliefs: Mapping[str, float]) -> Hazard:
    """Fit the hazard of a start.

    Parameters
    ----------
    courses, first, now
        As :func:`at_risk` takes them.
    beliefs
        ``supposed_starts`` in ``supposed_quarters`` before any is seen, and ``ridge``, the precision of a coefficient.

    Returns
    -------
    Hazard
    """
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  (slow to load; only a fit needs it)

    rows, starts = at_risk(courses, first, now)
    blank = np.zeros((1, rows.shape[1]))
    every = np.concatenate([rows, rows, blank, blank])
    outcome = np.concatenate([np.ones(len(rows)), np.zeros(len(rows)), [1.0, 0.0]])
    supposed = beliefs["supposed_starts"], beliefs["supposed_quarters"] - beliefs["supposed_starts"]
    weight = np.concatenate([starts, 1.0 - starts, supposed])
    kept = weight > 0
    model = LogisticRegression(C=1.0 / beliefs["ridge"], tol=1e-8, max_iter=1000)
    model.fit(every[kept], outcome[kept], sample_weight=weight[kept])
    mode = np.concatenate([model.intercept_, model.coef_[0]])
    design = np.column_stack([np.ones(len(every)), every])
    chance = expit(design @ mode)
    penalty = np.diag([0.0] + [beliefs["ridge"]] * rows.shape[1])
    precision = (design * (weight * chance * (1 - chance))[:, None]).T @ design + penalty
    scale = np.linalg.cholesky(np.linalg.inv(precision))
    return Hazard(mode, scale, round(float(starts.sum())), len(rows))


def cumulative(course: Course, birth: float, edges: Array, coefficients: Array, tilt: Array) -> Array:
    """Return the cumulative hazard of a start at each edge, shape (draws, edges); nought until the class is born.

    Parameters
    ----------
    course, birth
        The course and when its class was first in use [quarter].
    edges
        Beginning of the first quarter and ends of all, shape (edges,) [quarter].
    coefficients, tilt
        Draws of the hazard (:meth:`Hazard.draw`), and what is added to its log odds, shape (draws,).
    """
    age = edges[1:] - birth
    logits = coefficients[:, 1:] @ features(course, age).T + (coefficients[:, 0] + tilt)[:, None]
    risen = np.where(age > 0, np.logaddexp(0.0, logits), 0.0)  # -ln(1 - chance)
    return np.concatenate([np.zeros((len(risen), 1)), np.cumsum(risen, axis=1)], axis=1)


def at_moment(risen: Array, edges: Array, moment: Array) -> Array:
    """Return a cumulative hazard at a moment of each draw, straight between edges.

    Parameters
    ----------
    risen, edges
        From :func:`cumulative`, shape (draws, edges), and its edges, shape (edges,) [quarter].
    moment
        Of each draw, shape (draws,) [quarter]; before the first edge it is nought, after the last it rises no more.

    Returns
    -------
    ndarray, shape (draws,)
        Minus the log of the chance not to have started [nat].
    """
    place = np.clip(np.searchsorted(edges, moment, side="right") - 1, 0, len(edges) - 2)
    part = np.clip(moment - edges[place], 0.0, edges[place + 1] - edges[place])
    row = np.arange(len(risen))
    return np.asarray(risen[row, place] + part * (risen[row, place + 1] - risen[row, place]))


def draw_starts(risen: Array, edges: Array, uniform: Array, low: Array, high: Array) -> Array:
    """Draw when a course starts, given that it does between two moments; infinity where that is after the last edge.

    Parameters
    ----------
    risen, edges
        From :func:`cumulative`, shape (draws, edges), and its edges, shape (edges,) [quarter].
    uniform
        Uniform numbers, shape (draws,).
    low, high
        The moments, shape (draws,) [quarter]; ``high`` infinite where it may not start at all.

    Returns
    -------
    ndarray, shape (draws,)
        Moment of the start [quarter].

    Examples
    --------
    >>> half = np.log(2) * np.array([[0.0, 1, 2]])
    >>> draw_starts(half, np.array([0.0, 1, 2]), np.array([0.5]), np.zeros(1), np.full(1, np.inf)).tolist()
    [1.0]
    """
    bounded = np.isfinite(high)
    start = at_moment(risen, edges, low)
    span = np.where(bounded, at_moment(risen, edges, np.where(bounded, high, edges[-1])) - start, np.inf)
    goal = start - np.log1p(uniform * np.expm1(-span))
    place = np.minimum((risen[:, 1:] < goal[:, None]).sum(axis=1), len(edges) - 2)
    row = np.arange(len(risen))
    before, after = risen[row, place], risen[row, place + 1]
    part = (goal - before) / np.maximum(after - before, _TINY)
    drawn = edges[place] + part * (edges[place + 1] - edges[place])
    flat = bounded & (span < _TINY)  # no hazard between the two: anywhere
    drawn = np.where(flat, low + uniform * np.where(bounded, high - low, 0.0), drawn)
    return np.asarray(np.where((goal > risen[:, -1]) & ~flat, np.inf, np.clip(drawn, low, high)))
