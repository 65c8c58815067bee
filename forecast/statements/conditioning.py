"""Condition a Gaussian vector on inexactly worded statements through their exact likelihoods.

Each statement is about one figure g(u) of the vector u. Draws are conditioned on all by tempering: the likelihoods are
raised to a power that grows from nought to one in steps that leave half of the draws effective; after each step draws
are copied by their weights and moved by elliptical slice sampling, which leaves the tempered posterior as it is. What
has to be one number, such as a smoothed mean, comes from expectation propagation.

Reference: Del Moral, Doucet and Jasra (2006), Sequential Monte Carlo samplers; Murray, Adams and MacKay (2010),
Elliptical slice sampling; Minka (2001), Expectation propagation for approximate Bayesian inference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.linalg import cho_solve
from scipy.optimize import brentq
from scipy.special import softmax

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.statements.wording import log_likelihood

_LEAST: Final = 0.5  # share of the draws that a step of the power leaves effective
_MOVES: Final = 6  # slices after each step
_JITTER: Final = 1e-12  # of the largest variance, for a covariance that is singular
_SHRINKS: Final = 60
_ROUNDS: Final = 400
_DAMPING: Final = 0.7
_SETTLED: Final = 1e-9
_NUDGE: Final = 1e-5
_FLAT: Final = 1e-9  # least precision, of a figure's own, that the others leave it
_REACH: Final = np.linspace(-9.0, 9.0, 481)  # standard deviations


@dataclass(frozen=True)
class Statement:
    """One statement about a figure of a vector.

    Attributes
    ----------
    name
        For messages.
    of
        The figure it speaks of, from vectors of shape (..., n) to shape (...).
    wording
        One of :data:`forecast.statements.wording.WORDINGS`.
    figure, sd
        The figure stated and its standard error, in the unit of ``of``.
    skew
        Skewness of "just over" and "just under" [1].
    """

    name: str
    of: Callable[[Array], Array]
    wording: str
    figure: float
    sd: float
    skew: float

    def log_likelihood(self, figures: Array) -> Array:
        """Return the log-likelihood of figures of the vector, of their shape.

        Parameters
        ----------
        figures
            Values of the figure, any shape, in the unit of the statement.

        Returns
        -------
        ndarray, shape of ``figures``
            Log-likelihood [nat].
        """
        return log_likelihood(figures, self.wording, self.figure, sd=self.sd, skew=self.skew)


@dataclass(frozen=True)
class Conditioned:
    """Draws conditioned on the statements.

    Attributes
    ----------
    draws
        Shape (draws, n).
    ess
        Share of the draws before that would be effective if they were weighed by the statements in one step: near one
        where these say little new, near nought where they contradict what was believed.
    """

    draws: Array
    ess: float


def condition(
    draws: Array, mean: Array, covariance: Array, statements: Sequence[Statement], random: np.random.Generator
) -> Conditioned:
    """Condition draws of a Gaussian vector on statements.

    Only components that a statement depends on are tempered. The rest follows by regression, and what regression leaves
    of it stays with its own draw: it is independent of the statements.

    Parameters
    ----------
    draws
        Of the vector, shape (draws, n).
    mean, covariance
        Of the vector, shapes (n,) and (n, n).
    statements
        Taken together, so their order does not matter but for the last bits.
    random
        Stream of the tempering.

    Returns
    -------
    Conditioned
        Conditioned draws, shape (draws, n), and the share of them that stayed effective.

    Examples
    --------
    >>> above = [Statement("at least nought", lambda u: u[..., 0], "at least", 0.0, 0.01, 4.0)]
    >>> u = np.random.default_rng(0).standard_normal((4000, 1))
    >>> after = condition(u, np.zeros(1), np.eye(1), above, np.random.default_rng(1))
    >>> bool(after.draws.min() > -0.05), bool(abs(after.draws.mean() - np.sqrt(2 / np.pi)) < 0.05), round(after.ess, 1)
    (True, True, 0.5)
    """
    spoken = np.abs(_slopes(mean, statements)).max(axis=0) > 0
    own = covariance[np.ix_(spoken, spoken)]
    scale = np.linalg.cholesky(own + _JITTER * own.diagonal().max() * np.eye(len(own)))
    follow = cho_solve((scale, True), covariance[spoken]).T

    def judge(part: Array) -> Array:
        vectors = np.zeros((len(part), len(mean)))
        vectors[:, spoken] = part
        return np.asarray(sum((each.log_likelihood(each.of(vectors)) for each in statements), np.zeros(len(part))))

    part = before = draws[:, spoken]
    log_likelihood = judge(part)
    ess, power = effective(log_likelihood), 0.0
    while power < 1.0:
        step = _step(log_likelihood, 1.0 - power)
        chosen = _copies(softmax(step * log_likelihood), random.random())
        part, log_likelihood, power = part[chosen], log_likelihood[chosen], power + step
        for _ in range(_MOVES):
            part, log_likelihood = _slice(part, log_likelihood, judge, power, mean[spoken], scale, random)
    return Conditioned(draws + (part - before) @ follow.T, ess)


def effective(logs: Array) -> float:
    """Return the share of draws that stays effective under log weights, in (0, 1].

    Parameters
    ----------
    logs
        Log weights, shape (draws,).

    Returns
    -------
    float
        Effective sample size over the number of draws [share]: 1 / (n sum w^2), w = softmax(logs).

    Examples
    --------
    >>> effective(np.zeros(4)), effective(np.log([1.0, 1e-300]))
    (1.0, 0.5)
    """
    weights = softmax(logs)
    return float(1 / (weights @ weights) / len(weights))


def expected(mean: Array, covariance: Array, statements: Sequence[Statement]) -> Array:
    """Return the mean of a Gaussian vector given statements, by expectation propagation, shape (n,).

    Exact for normal wordings of linear figures; figures that bend are taken along their slopes at the answer.

    Parameters
    ----------
    mean
        Of the vector, shape (n,).
    covariance
        Of the vector, shape (n, n).
    statements
        Taken together; their order does not matter but for the last bits.

    Returns
    -------
    ndarray, shape (n,)
        Mean given the statements.

    Raises
    ------
    ValueError
        If it does not settle, naming the statements: they contradict each other or what the vector can be.

    References
    ----------
    Minka, "Expectation propagation for approximate Bayesian inference" (2001).

    Examples
    --------
    >>> half = Statement("about a half", lambda u: u[..., 0], "about", 0.5, 1.0, 4.0)
    >>> expected(np.zeros(1), np.eye(1), [half]).round(6).tolist()
    [0.25]
    """
    precision, shift = np.zeros(len(statements)), np.zeros(len(statements))
    centre = mean
    for _ in range(_ROUNDS):
        slopes = _slopes(centre, statements)
        before = np.array([float(each.of(centre)) for each in statements]) + slopes @ (mean - centre)
        spread = slopes @ covariance @ slopes.T
        system = np.eye(len(precision)) + precision[:, None] * spread
        push = np.linalg.solve(system, shift - precision * before)
        fresh = mean + covariance @ slopes.T @ push
        settled = bool(np.abs(fresh - centre).max() <= _SETTLED)
        centre = fresh
        variance = np.diag(np.linalg.solve(system.T, spread).T).copy()
        matched = _matched(statements, before + spread @ push, variance, precision, shift)
        change = max(np.abs((new - old) * variance).max() for new, old in zip(matched, (precision, shift), strict=True))
        if settled and change <= 1e3 * _SETTLED:
            return centre
        precision, shift = (
            old + _DAMPING * (new - old) for new, old in zip(matched, (precision, shift), strict=True)
        )  # fmt: skip
    names = ", ".join(each.name for each in statements)
    raise InputError(f"no mean settled in {_ROUNDS} rounds for the statements {names}; widen or drop one of them")


def _matched(
    statements: Sequence[Statement], centre: Array, variance: Array, precision: Array, shift: Array
) -> tuple[Array, Array]:
    """Return precision and shift of the normal likelihoods whose posteriors have each statement's own moments."""
    cavity = 1.0 / np.maximum(1.0 / variance - precision, _FLAT / variance)
    middle = cavity * (centre / variance - shift)
    moments = [_moments(each, *pair) for each, pair in zip(statements, zip(middle, cavity, strict=True), strict=True)]
    average, spread = np.array(moments).T
    fresh = np.maximum(1.0 / spread - 1.0 / cavity, 0.0)
    return fresh, average * (1.0 / cavity + fresh) - middle / cavity


def _moments(statement: Statement, middle: float, variance: float) -> tuple[float, float]:
    """Return mean and variance of a normal figure times a statement's likelihood, by the trapezoid rule."""
    sd = np.sqrt(variance)
    points = np.union1d(middle + sd * _REACH, statement.figure + statement.sd * _REACH)
    logs = statement.log_likelihood(points) - 0.5 * ((points - middle) / sd) ** 2
    weights = np.exp(logs - logs.max()) * np.gradient(points)
    weights /= weights.sum()
    average = float(weights @ points)
    return average, float(weights @ (points - average) ** 2)


def _slice(
    draws: Array, log_likelihood: Array, judge: Callable[[Array], Array], power: float, mean: Array, scale: Array,
    random: np.random.Generator,
) -> tuple[Array, Array]:  # fmt: skip
    """Move every draw once by elliptical slice sampling."""
    across = random.standard_normal(draws.shape) @ scale.T
    level = power * log_likelihood - random.standard_exponential(len(draws))
    angle = random.uniform(0.0, 2 * np.pi, len(draws))
    low, high = angle - 2 * np.pi, angle.copy()
    moved, reached = draws.copy(), log_likelihood.copy()
    open_ = np.arange(len(draws))
    for _ in range(_SHRINKS):
        turn = angle[open_, None]
        trial = mean + (draws[open_] - mean) * np.cos(turn) + across[open_] * np.sin(turn)
        value = judge(trial)
        taken = power * value > level[open_]
        moved[open_[taken]], reached[open_[taken]] = trial[taken], value[taken]
        open_ = open_[~taken]
        if not len(open_):
            break
        low[open_] = np.where(angle[open_] < 0, angle[open_], low[open_])
        high[open_] = np.where(angle[open_] >= 0, angle[open_], high[open_])
        angle[open_] = random.uniform(low[open_], high[open_])
    return moved, reached


def _step(log_likelihood: Array, left: float) -> float:
    """Return how far the power may grow, at most what is left."""
    if effective(left * log_likelihood) >= _LEAST:
        return left
    return float(brentq(lambda step: effective(step * log_likelihood) - _LEAST, 0.0, left, xtol=1e-12 * left))


def _copies(weights: Array, start: float) -> Any:
    """Return which draw stands in each place: systematic resampling in which a draw that is kept keeps its place."""
    places = len(weights)
    edges = np.floor(np.concatenate([[0.0], np.cumsum(weights)[:-1], [1.0]]) * places + start).astype(int)
    counts = np.diff(edges)
    chosen = np.arange(places)
    chosen[counts == 0] = np.repeat(chosen, np.maximum(counts - 1, 0))
    return chosen


def _slopes(vector: Array, statements: Sequence[Statement]) -> Array:
    nudge = _NUDGE * np.eye(len(vector))
    return np.array([(each.of(vector + nudge) - each.of(vector - nudge)) / (2 * _NUDGE) for each in statements])
