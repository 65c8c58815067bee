"""Exponential smoothing (Holt-Winters), additive errors, averaged over a grid of parameters instead of optimised.

One pass over time carries every candidate of the grid for every series. At each origin the candidates are averaged with
weights ``exp(-n/2 log mse)`` of their one-step errors so far (Akaike weights of models with as many parameters), so
each origin's path uses what was known there and nothing is fitted twice.

Reference: Hyndman, Koehler, Ord and Snyder (2008), Forecasting with exponential smoothing; Burnham and Anderson (2002)
for the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import softmax

from shiftcast.features.arrays import Array
from shiftcast.forecast.volume.past import Past

LEVELS: Final = (0.05, 0.2, 0.5, 0.8, 1.0)
TRENDS: Final = ((0.0, 0.9), (0.1, 0.9), (0.2, 0.97))
SEASONALS: Final = (0.0, 0.1, 0.3)
_MEMORY: Final = 0.995  # decay of squared errors a period
_MOST: Final = 60  # most periods that count in a weight, so that no single one takes all the weight
_FIRST_SEASONS: Final = 3
_TINY: Final = 1e-12


@dataclass(frozen=True)
class Grid:
    """Candidates of additive-error exponential smoothing, each of shape (candidates, 1).

    Attributes
    ----------
    level, trend, season
        Smoothing parameters alpha, beta* and gamma* [1].
    damping
        Damping phi of the trend [1].
    seasonal
        One with a seasonal component, zero without.
    """

    level: Array
    trend: Array
    damping: Array
    season: Array
    seasonal: Array


def grid(trends: tuple[tuple[float, float], ...] = TRENDS, *, plain: bool = True, seasonal: bool = True) -> Grid:
    """Return every combination of levels, trends, and seasons: none, a fixed one or moving ones.

    Parameters
    ----------
    trends
        Pairs of trend parameter beta* and damping phi [1].
    plain
        Whether candidates without a season are among them.
    seasonal
        Whether candidates with one are.

    Returns
    -------
    Grid

    Examples
    --------
    >>> grid().level.shape, grid(trends=((0.0, 0.9),), seasonal=False).level.ravel().tolist()
    ((60, 1), [0.05, 0.2, 0.5, 0.8, 1.0])
    """
    seasons = ([(0.0, 0.0)] if plain else []) + ([(gamma, 1.0) for gamma in SEASONALS] if seasonal else [])
    rows = [(a, b, phi, gamma, on) for a in LEVELS for b, phi in trends for gamma, on in seasons]
    columns = np.array(rows, dtype=np.float64).T[:, :, None]
    return Grid(*columns)


def smoothing(past: Past) -> Array:
    """Return exponential smoothing over the whole grid: level, damped trend, season or none.

    Parameters
    ----------
    past
        Histories and origins.

    Returns
    -------
    ndarray, shape (series, origins, horizon)
        On the working scale.
    """
    return _smooth(past, grid(seasonal=bool(past.seasons)))


def smoothed_level(past: Past) -> Array:
    """Return exponential smoothing without a trend.

    Parameters
    ----------
    past
        Histories and origins.

    Returns
    -------
    ndarray, shape (series, origins, horizon)
        On the working scale.
    """
    return _smooth(past, grid(TRENDS[:1], seasonal=bool(past.seasons)))


def smoothed_trend(past: Past) -> Array:
    """Return exponential smoothing without a season.

    Parameters
    ----------
    past
        Histories and origins.

    Returns
    -------
    ndarray, shape (series, origins, horizon)
        On the working scale.
    """
    return _smooth(past, grid(seasonal=False))


def theta(past: Past) -> Array:
    """Return the theta method: half the least-squares slope on a smoothed, deseasonalised level.

    Simple exponential smoothing with drift: level + b / 2 (h - 1 + 1 / alpha) (Hyndman and Billah 2003, Unmasking the
    Theta method).

    Parameters
    ----------
    past
        Histories and origins.

    Returns
    -------
    ndarray, shape (series, origins, horizon)
        On the working scale.
    """
    return _smooth(past, grid(TRENDS[:1], plain=not past.seasons, seasonal=bool(past.seasons)), _half_slopes(past))


def _smooth(past: Past, candidates: Grid, drift: Array | None = None) -> Array:
    """Run the candidates over time and average their paths at each origin, shape (series, origins, horizon)."""
    z, start, period = past.flat, past.start, past.seasons[0] if past.seasons else 1
    number, length = z.shape
    level = np.zeros((len(candidates.level), number))
    trend, squares, count = np.zeros_like(level), np.zeros_like(level), np.zeros(number)
    season = _first_seasons(past, period)[:, None, :] * candidates.seasonal
    out = np.empty((number, len(past.origins), past.horizon))
    origin_at = {int(origin): column for column, origin in enumerate(past.origins)}
    for now in range(length + 1):
        if now in origin_at:
            weights = _weights(squares, count)
            ahead = season[(now + past.steps - 1) % period]
            out[:, origin_at[now]] = _averaged(weights, level, trend, ahead, candidates, past)
            if drift is not None:
                lag = (weights / candidates.level).sum(axis=0)
                out[:, origin_at[now]] += drift[:, origin_at[now], None] * (past.steps - 1 + lag[:, None])
        if now == length:
            break
        phase = season[now % period]
        live, first = now > start, now == start
        slope = candidates.damping * trend
        error = np.where(live, z[:, now] - level - slope - phase, 0.0)
        squares = _MEMORY * squares + error**2
        count = _MEMORY * count + live
        level = np.where(first, z[:, now] - phase, level + slope + candidates.level * error)
        trend = slope + candidates.level * candidates.trend * error
        season[now % period] = phase + candidates.season * (1 - candidates.level) * error
    return out


def _averaged(weights: Array, level: Array, trend: Array, season: Array, candidates: Grid, past: Past) -> Array:
    """Return the weighted paths, shape (series, horizon); ``season`` has shape (horizon, candidates, series)."""
    damped = np.cumsum(candidates.damping**past.steps, axis=1)
    path = (weights * level).sum(axis=0)[:, None] + (weights * trend).T @ damped
    return np.asarray(path + np.einsum("gs,hgs->sh", weights, season))


def _weights(squares: Array, count: Array) -> Array:
    """Return the weights of the candidates from their one-step squared errors, shape (candidates, series)."""
    score = -0.5 * np.minimum(count, _MOST) * np.log(np.maximum(squares / np.maximum(count, 1), _TINY))
    return np.asarray(softmax(score, axis=0))


def _first_seasons(past: Past, period: int) -> Array:
    """Return each phase's mean deviation in the first seasons known at the first origin, shape (period, series)."""
    out = np.zeros((period, len(past.z)))
    if period == 1:
        return out
    whole = np.clip((past.origins[0] - past.start) // period, 0, _FIRST_SEASONS)
    for number in range(1, _FIRST_SEASONS + 1):
        rows = np.flatnonzero(whole == number)
        at = past.start[rows, None] + np.arange(number * period)
        blocks = past.flat[rows[:, None], at].reshape(len(rows), number, period)
        phases = blocks - blocks.mean(axis=2, keepdims=True)
        deviation = phases.mean(axis=1) * _signal(phases)[:, None]
        out[(past.start[rows, None] + np.arange(period)) % period, rows[:, None]] = deviation
    return out


def _signal(phases: Array) -> Array:
    """Return how much of the phases' mean deviations is signal, shape (series,), from (series, seasons, period).

    The variance within phases says how much of the variance between them is noise (James and Stein); one season
    cannot say, and counts half.
    """
    seasons = phases.shape[1]
    if seasons == 1:
        return np.full(len(phases), 0.5)
    between = phases.mean(axis=1).var(axis=1)
    within = phases.var(axis=1, ddof=1).mean(axis=1) / seasons
    return np.asarray(np.clip(1 - within / np.maximum(between, _TINY), 0.0, 1.0))


def _half_slopes(past: Past) -> Array:
    """Return half the least-squares slope of each series up to each origin, shape (series, origins)."""
    since = np.arange(past.z.shape[1]) - past.start[:, None]
    live = since >= 0
    z, t = np.where(live, past.flat, 0.0), np.where(live, since, 0).astype(np.float64)
    sums = [np.cumsum(each, axis=1)[:, past.origins - 1] for each in (live, t, z, t * t, t * z)]
    count, st, sz, stt, stz = sums
    return np.asarray(0.5 * (count * stz - st * sz) / np.maximum(count * stt - st * st, _TINY))
