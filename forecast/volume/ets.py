"""Exponential smoothing averaged over its forms: with and without trend, damping and season, on two working scales.

One pass over time filters every candidate for every series. Errors are linear in the states at the start, so those
come from least squares for each candidate at once, and nothing is searched. Candidates are averaged with Akaike weights
of Laplace errors in the unit of the values, so that scales compare and outliers do not decide.

Reference: Hyndman, Koehler, Ord and Snyder (2008), Forecasting with exponential smoothing, chapters 5 and 12; Burnham
and Anderson (2002), Model selection and multimodel inference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.draws import stream

LEVELS: Final = (0.02, 0.1, 0.25, 0.5, 0.75, 0.95)
TRENDS: Final = (None, (0.0, 0.98), (0.1, 0.9), (0.1, 0.98), (0.3, 0.9))
SEASONALS: Final = (None, 0.0, 0.1, 0.3)
BENDS: Final = (2.0, 0.5)
FEWEST: Final = 4  # periods that can be fitted
_COUNTED: Final = 40  # most periods that count in a weight, so that no candidate takes it all
_KEPT: Final = 16  # candidates kept a series
_CELLS: Final = 10_000_000  # errors held at once
_RIDGE: Final = 1e-3  # on the seasonal states at the start, which sum to the level otherwise
_TINY: Final = 1e-9
_LARGEST: Final = 600.0  # sinh overflows a double beyond 710


@dataclass(frozen=True)
class EtsPool:
    """The best candidates of every series, as they stand after the last period.

    Attributes
    ----------
    parameters
        Smoothing alpha, beta, damping phi and gamma [1], shape (4, series, kept).
    level, trend
        States on the working scale of a candidate, shape (series, kept).
    seasonal
        Seasonal states by phase, shape (season, series, kept); the phase of a period is its number modulo the season.
    errors
        One-step errors on the working scale, centred and widened for the states fitted, shape (series, kept, time).
    unit
        Value at which the working scale turns logarithmic [unit of the series], shape (series, kept).
    weights
        Weight of each candidate [1], shape (series, kept); rows add to one.
    residuals
        Values less their averaged one-step fits [unit of the series], shape (series, time).
    """

    parameters: Array
    level: Array
    trend: Array
    seasonal: Array
    errors: Array
    unit: Array
    weights: Array
    residuals: Array


@dataclass(frozen=True)
class _Candidates:
    """Parameters of each candidate, shape (candidates, 1), and the states it has at the start."""

    alpha: Array
    beta: Array
    damping: Array
    gamma: Array
    trended: Array
    seasonal: Array

    def states(self, season: int) -> Array:
        """Return how many states and parameters each estimates, its spread included, shape (candidates, 1)."""
        return np.asarray(2 + 2 * self.trended + season * self.seasonal)


def fit_ets(values: Array, season: int) -> EtsPool:
    """Fit the pool to every series by itself.

    Parameters
    ----------
    values
        Histories, shape (series, time), all finite.
    season
        Periods in a season; one for none. It is left out where the history holds fewer than two.

    Returns
    -------
    EtsPool

    Raises
    ------
    ValueError
        If there are fewer than four periods, or a value is missing.

    Examples
    --------
    >>> pool = fit_ets(np.array([[5.0, 7.0, 5.0, 7.0, 5.0, 7.0, 5.0, 7.0]]), 2)
    >>> bool(np.abs(pool.residuals).max() < 0.01), pool.weights.sum().round(6).item()
    (True, 1.0)
    """
    number, length = values.shape
    if length < FEWEST:
        raise InputError(f"{length} periods are fewer than {FEWEST}; give longer histories")
    if not np.isfinite(values).all():
        row, column = np.argwhere(~np.isfinite(values))[0]
        raise InputError(f"series {row} has no value in period {column}; fill it or leave the series out")
    season = season if length >= 2 * season else 1
    block = max(1, _CELLS // (length * len(_candidates(season).alpha)) - season)
    parts = [_block(values[low : low + block], season) for low in range(0, number, block)]
    axes = {"parameters": 1, "seasonal": 1}
    names = EtsPool.__dataclass_fields__
    return EtsPool(
        **{name: np.concatenate([getattr(part, name) for part in parts], axes.get(name, 0)) for name in names}
    )


def draw_ets(pool: EtsPool, *, horizon: int, draws: int, seed: int) -> Array:
    """Draw paths of every series: each draw takes a candidate by its weight and errors of past periods.

    A draw takes the same past periods for all series, and candidates of the same rank, so series stay as dependent as
    they were, and one more series changes no other's draws.

    Parameters
    ----------
    pool
        The fitted pool.
    horizon
        Periods ahead.
    draws
        Number of draws.
    seed
        Seed of the named streams.

    Returns
    -------
    ndarray, shape (series, horizon, draws)
        In the unit of each series.

    Examples
    --------
    >>> pool = fit_ets(np.tile([5.0, 7.0], (1, 8)), 2)
    >>> draw_ets(pool, horizon=2, draws=3, seed=0).round(1)[0].tolist()
    [[5.0, 5.0, 5.0], [7.0, 7.0, 7.0]]
    """
    number, _, length = pool.errors.shape
    period = stream(seed, "ets.periods").integers(0, length, (horizon, draws))
    rank = (stream(seed, "ets.candidates").permutation(draws) + 0.5) / draws
    block = max(1, _CELLS // (draws * len(pool.seasonal) + length * _KEPT))
    blocks = [np.arange(low, min(low + block, number)) for low in range(0, number, block)]
    return np.concatenate([_drawn(pool, rows[:, None], rank, period) for rows in blocks])


def _drawn(pool: EtsPool, rows: Any, rank: Array, period: Any) -> Array:
    """Return the paths of some series, shape (rows, horizon, draws)."""
    before = np.cumsum(pool.weights[rows[:, 0]], axis=1)[:, :-1]
    at = (rank[None, :, None] > before[:, None, :]).sum(axis=2)
    alpha, beta, damping, gamma = pool.parameters[:, rows, at]
    level, trend, seasonal, unit = (
        pool.level[rows, at],
        pool.trend[rows, at],
        pool.seasonal[:, rows, at],
        pool.unit[rows, at],
    )
    out = np.empty((len(rows), *period.shape))
    for ahead, drawn in enumerate(period):
        phase, error = (pool.errors.shape[2] + ahead) % len(seasonal), pool.errors[rows, at, drawn]
        slope = damping * trend
        expected = level + slope
        out[:, ahead] = np.sinh(np.clip(expected + seasonal[phase] + error, -_LARGEST, _LARGEST)) * unit
        level, trend = expected + alpha * error, slope + beta * error
        seasonal[phase] += gamma * error
    return out


def _candidates(season: int) -> _Candidates:
    """Return every combination of level, trend and season."""
    seasonals = SEASONALS if season > 1 else SEASONALS[:1]
    rows = [
        (alpha, alpha * (trend or (0, 1))[0], (trend or (0, 1))[1], (1 - alpha) * (gamma or 0), trend is not None,
         gamma is not None)
        for alpha in LEVELS for trend in TRENDS for gamma in seasonals
    ]  # fmt: skip
    return _Candidates(*np.array(rows, dtype=np.float64).T[:, :, None])


def _block(values: Array, season: int) -> EtsPool:
    """Fit some series on each working scale and keep their best candidates."""
    given = _candidates(season)
    usual = np.abs(values).mean(axis=1)
    units = [np.where(usual > 0, bend * usual, 1.0) for bend in BENDS]
    fits = [_filtered(np.arcsinh(values / unit[:, None]), season, given) for unit in units]
    score = np.concatenate(
        [_score(fit[-1], values, unit, given.states(season)) for fit, unit in zip(fits, units, strict=True)]
    )
    weights = _weights(score, values.shape[1], np.tile(given.trended + 2 * given.seasonal, (len(BENDS), 1)))
    kept = np.sort(np.argsort(-weights, axis=0, kind="stable")[:_KEPT], axis=0).T
    rows = np.arange(len(values))[:, None]
    bend, at = np.divmod(kept, len(given.alpha))
    level, trend, seasonal, errors = (np.stack([fit[part] for fit in fits]) for part in range(4))
    unit = np.stack(units)[bend, rows]
    chosen = np.take_along_axis(weights.T, kept, axis=1)
    chosen = chosen / chosen.sum(axis=1, keepdims=True)
    own = errors[bend, :, at, rows]
    fitted = np.sinh(np.arcsinh(values[:, None] / unit[:, :, None]) - own) * unit[:, :, None]
    freedom = np.maximum(values.shape[1] - given.states(season)[:, 0], values.shape[1] / 3)
    widened = (own - own.mean(axis=2, keepdims=True)) * np.sqrt(values.shape[1] / freedom)[at][:, :, None]
    parameters = np.stack([each[at, 0] for each in (given.alpha, given.beta, given.damping, given.gamma)])
    return EtsPool(
        parameters, level[bend, at, rows], trend[bend, at, rows], np.moveaxis(seasonal[bend, :, at, rows], 2, 0),
        widened, unit, chosen, values - np.einsum("sk,skt->st", chosen, fitted),
    )  # fmt: skip


def _filtered(z: Array, season: int, given: _Candidates) -> tuple[Array, Array, Array, Array]:
    """Return level, trend, seasonal states and errors of shape (time, candidates, series), the start by least squares.

    The states at the start are carried as further columns: what one of them adds to every error.
    """
    number, length = z.shape
    starts = 2 + (season if season > 1 else 0)  # level, trend and each phase
    level = np.zeros((len(given.alpha), number + starts))
    trend, seasonal = np.zeros_like(level), np.zeros((season, *level.shape))
    level[:, number], trend[:, number + 1] = 1.0, given.trended[:, 0]
    for phase in range(starts - 2):
        seasonal[phase, :, number + 2 + phase] = given.seasonal[:, 0]
    errors = np.empty((length, *level.shape))
    rows = np.pad(z.T, ((0, 0), (0, starts)))
    for period, row in enumerate(rows):
        phase, slope = period % season, given.damping * trend
        expected = level + slope
        errors[period] = error = row - expected - seasonal[phase]
        level, trend = expected + given.alpha * error, slope + given.beta * error
        seasonal[phase] += given.gamma * error
    start = _starts(errors[:, :, number:], errors[:, :, :number])
    return tuple(
        each[..., :number] + np.einsum("...cj,cjs->...cs", each[..., number:], start, optimize=True)
        for each in (level, trend, seasonal, errors)
    )


def _starts(effects: Array, errors: Array) -> Array:
    """Return the states at the start that leave the least squared errors, shape (candidates, states, series)."""
    by_candidate = effects.transpose(1, 2, 0)
    system = by_candidate @ effects.transpose(1, 0, 2)
    own = np.einsum("cjj->cj", system)
    own += np.where(own > _TINY, _RIDGE * (np.arange(own.shape[1]) > 1) + _TINY, 1.0)  # a view: this adds to the system
    return np.asarray(-np.linalg.solve(system, by_candidate @ errors.transpose(1, 0, 2)), dtype=np.float64)


def _score(errors: Array, values: Array, unit: Array, states: Array) -> Array:
    """Return half the corrected Akaike criterion in the unit of the values, shape (candidates, series)."""
    length = len(errors)
    states = np.minimum(states, length - 2)
    spread = length * np.log(np.abs(errors).mean(axis=0) + _TINY)
    stretch = 0.5 * np.log(values**2 + unit[:, None] ** 2).sum(axis=1)
    return np.asarray(spread + stretch + states * length / np.maximum(length - states - 1, 1))


def _weights(score: Array, length: int, form: Array) -> Array:
    """Return Akaike weights, each form counted once however many candidates it has, shape (candidates, series)."""
    weight = np.exp(-min(1.0, _COUNTED / length) * (score - score.min(axis=0)))
    same = (form == form.T).sum(axis=1, keepdims=True)
    return np.asarray(weight / same / (weight / same).sum(axis=0))
