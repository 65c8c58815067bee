"""Bass diffusion and its generations by Norton and Bass: curves, peaks and two classical ways to fit them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import least_squares
from scipy.special import stdtrit

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError

MOST: Final = 700.0  # exponent beyond which the curve is flat
_BENT: Final = 0.05  # of the largest adoption, taken off by the square
_CHANCE: Final = 0.005


@dataclass(frozen=True)
class Bass:
    """Coefficients of Bass diffusion.

    Attributes
    ----------
    p
        Innovation [1/period].
    q
        Imitation [1/period].
    m
        Market [unit of the adoptions].
    """

    p: float
    q: float
    m: float


def bass_fraction(t: Array, p: float, q: float) -> Array:
    """Return the fraction of the market that has adopted by time t [1]; zero before the start.

    F(t) = (1 - e^-(p+q)t) / (1 + q/p e^-(p+q)t)

    Parameters
    ----------
    t
        Time since the launch [period], any shape.
    p, q
        Innovation and imitation [1/period].

    Returns
    -------
    ndarray, shape of ``t``
        Fraction F(t) [1].

    References
    ----------
    Bass (1969), A new product growth model for consumer durables, Management Science 15(5).

    Examples
    --------
    >>> bass_fraction(np.array([-1.0, 0.0, 100.0]), 0.03, 0.4).round(6).tolist()
    [0.0, 0.0, 1.0]
    """
    decay = np.exp(-np.clip((p + q) * np.maximum(t, 0.0), 0.0, MOST))
    return np.asarray((1.0 - decay) / (1.0 + q / p * decay))


def bass_peak(bass: Bass) -> tuple[float, float]:
    """Return the time of peak adoption [period] and its size [unit / period].

    t* = ln(q/p) / (p+q), s* = m (p+q)^2 / 4q; without imitation the peak is at the start.

    Parameters
    ----------
    bass
        Coefficients.

    Returns
    -------
    tuple of float
        t* [period] and s* [unit/period].

    Examples
    --------
    >>> [round(x, 2) for x in bass_peak(Bass(0.0026167, 0.21566, 40001))]
    [20.21, 2209.31]
    """
    if bass.q <= bass.p:
        return 0.0, bass.m * bass.p
    return float(np.log(bass.q / bass.p) / (bass.p + bass.q)), bass.m * (bass.p + bass.q) ** 2 / (4.0 * bass.q)


def fit_bass_regression(adoptions: Array) -> Bass:
    """Return Bass's own fit: adoptions regressed on cumulative adoptions before the period and their square.

    S_t = pm + (q-p) N_{t-1} - q/m N_{t-1}^2 by ordinary least squares. The market is where the parabola comes back to
    zero, so it is found only where adoptions bend: where the square takes off at least a twentieth of the largest
    adoption by the end, and more than chance would (one-sided t-test at 0.5 %).

    Parameters
    ----------
    adoptions
        Adoptions by period [unit of the market / period], shape (periods,).

    Returns
    -------
    Bass
        Coefficients.

    Raises
    ------
    ValueError
        If the regression has no positive market, as with adoptions that only grow; use
        :func:`fit_bass_curve`.

    Examples
    --------
    >>> fit_bass_regression(np.array([1.0, 2.0, 4.0, 8.0, 16.0]))
    Traceback (most recent call last):
    shiftcast.InputError: Bass's regression finds no market in 5 periods: their curvature is not told from none; \
fit the curve instead
    """
    before = np.r_[0.0, np.cumsum(adoptions)[:-1]]
    reached = max(float(before[-1]), np.finfo(np.float64).tiny)
    design = np.vander(before / reached, 3, increasing=True)  # of order one, so that a tolerance means the same
    coefficients = np.asarray(np.linalg.lstsq(design, adoptions, rcond=None)[0], dtype=np.float64)
    a, b, c = coefficients
    inner = b * b - 4.0 * a * c
    if inner < 0 or not _bends(design, adoptions, coefficients):
        raise InputError(
            f"Bass's regression finds no market in {len(adoptions)} periods: their curvature is not told from none; "
            "fit the curve instead"
        )
    market = float((-b - np.sqrt(inner)) / (2.0 * c)) * reached
    return Bass(float(a / market), float(-market * c / reached**2), market)


def _bends(design: Array, adoptions: Array, coefficients: Array) -> bool:
    """Return whether the curvature is below zero by more than rounding and chance."""
    spare = len(adoptions) - 3
    if spare < 1 or coefficients[2] >= -_BENT * adoptions.max():
        return False
    missed = adoptions - design @ coefficients
    sd = np.sqrt(missed @ missed / spare * np.linalg.inv(design.T @ design)[2, 2])
    return bool(coefficients[2] < stdtrit(spare, _CHANCE) * sd)


def fit_bass_curve(adoptions: Array) -> Bass:
    """Return the nonlinear least-squares fit of adoptions to m (F(t) - F(t-1)), t = 1, 2, ...

    It starts from Bass's regression, where that finds a market, and from eight usual curves.

    Parameters
    ----------
    adoptions
        Adoptions by period [unit of the market / period], shape (periods,).

    Returns
    -------
    Bass
        Coefficients, each positive.

    References
    ----------
    Srinivasan and Mason (1986), Nonlinear least squares estimation of new product diffusion models, Marketing
    Science 5(2).
    """
    time = np.arange(len(adoptions) + 1.0)
    total = float(adoptions.sum())

    def miss(logs: Array) -> Array:
        p, q, m = np.exp(logs)
        return np.asarray((m * np.diff(bass_fraction(time, p, q)) - adoptions) / adoptions.max())

    starts = [np.log([p, q, total * grow]) for p in (0.001, 0.02) for q in (0.3, 0.8) for grow in (1.1, 3.0)]
    with suppress(ValueError):
        regressed = fit_bass_regression(adoptions)
        starts += [np.log([regressed.p, regressed.q, regressed.m])] if regressed.p > 0 else []
    tried = [least_squares(miss, start, xtol=1e-12, ftol=1e-12, gtol=1e-12) for start in starts]
    best = min(tried, key=lambda one: float(one.cost))
    return Bass(*(float(x) for x in np.exp(best.x)))


def norton_bass(periods: int, starts: Array, p: float, q: float, markets: Array) -> Array:
    """Return units in use of successive generations, shape (periods, generations).

    y_i(t) = F(t - s_i) (m_i + y_{i-1} before the handover) (1 - F(t - s_{i+1})): each generation takes its
    own market and then the one before. Period t is counted from 1, and a generation that starts at period s
    has F(1) there.

    Parameters
    ----------
    periods
        Number of periods.
    starts
        First period of each generation, counted from 1, shape (generations,).
    p, q
        Innovation and imitation of all generations [1/period].
    markets
        Market m_i that each generation adds [unit], shape (generations,).

    Returns
    -------
    ndarray, shape (periods, generations)
        Units in use [unit].

    References
    ----------
    Norton and Bass (1987), A diffusion theory model of adoption and substitution for successive generations
    of high-technology products, Management Science 33(9).

    Examples
    --------
    >>> norton_bass(3, np.array([1.0]), 0.1, 0.4, np.array([100.0])).round(1).tolist()
    [[11.5], [25.6], [41.0]]
    """
    time = np.arange(1.0, periods + 1.0)
    taken = np.stack([bass_fraction(time - start + 1.0, p, q) for start in starts], axis=1)
    leaving = np.c_[1.0 - taken[:, 1:], np.ones(periods)]
    reached, out = np.zeros(periods), np.zeros((periods, len(starts)))
    for i, market in enumerate(markets):
        reached = taken[:, i] * (market + reached)
        out[:, i] = reached * leaving[:, i]
    return out


def fit_norton_bass(units: Array, starts: Array) -> tuple[float, float, Array]:
    """Return p, q and markets that minimise the summed squared error of units in use.

    Every generation and period weighs the same (ordinary least squares on the pooled errors).

    Parameters
    ----------
    units
        Units in use [unit], shape (periods, generations).
    starts
        First period of each generation, counted from 1, shape (generations,).

    Returns
    -------
    tuple
        p and q [1/period], and markets [unit], shape (generations,).
    """
    periods, generations = units.shape
    size = float(np.abs(units).max())

    def miss(logs: Array) -> Array:
        p, q = np.exp(np.clip(logs[:2], -12.0, 2.0))
        return np.asarray((norton_bass(periods, starts, p, q, np.exp(logs[2:])) - units) / size).ravel()

    grown = np.maximum(np.diff(np.r_[0.0, units.max(axis=0)]), units.max() / 20.0)
    tried = [
        least_squares(miss, np.r_[np.log([p, q]), np.log(grown)], xtol=1e-10, ftol=1e-10)
        for p, q in ((0.01, 0.5), (0.06, 0.5), (0.1, 0.2))
    ]
    best = min(tried, key=lambda one: float(one.cost)).x
    return float(np.exp(best[0])), float(np.exp(best[1])), np.exp(best[2 : 2 + generations])
