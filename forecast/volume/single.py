"""Volume: how one positive series goes on, from simple members chosen and calibrated by rolling origin.

At every past origin each member forecasts the log of the series. Their combination is weighted by the inverse of the
squared errors known at the time, shrunk halfway to equal weights; it ships unless a simple member did better. The
spread is a power of the horizon fitted to the same errors, and paths are heavy-tailed and correlated like a random
walk. Nothing later than an origin reaches its forecast.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from forecast.baselines import MEMBERS, SIMPLE, Member
from forecast.draws import Array, student_t
from forecast.volume.calibrate import Spread
from forecast.volume.combine import COMBINATION

_DEGREES: Final = 6.0
_MIN_HISTORY: Final = 12


SPREAD_PRIOR: Final = Spread(0.19, 0.9)  # set on the revenue backtest: 80 % intervals cover 79 % over all horizons
_PRIOR_ORIGINS: Final = 8.0


@dataclass(frozen=True)
class RollingErrors:
    """Log errors of every member at every past origin.

    Attributes
    ----------
    members
        Names.
    origins
        Length of history at each origin, shape (origins,).
    errors
        Actual less forecast [log], shape (members, origins, horizon); NaN where the actual is not known.
    """

    members: tuple[str, ...]
    origins: tuple[int, ...]
    errors: Array

    def known_at(self, length: int) -> RollingErrors:
        """Return the errors whose actuals lie within the first ``length`` values."""
        steps = np.arange(1, self.errors.shape[2] + 1)
        known = (np.array(self.origins)[:, None] + steps[None, :]) <= length
        return RollingErrors(self.members, self.origins, np.where(known[None], self.errors, np.nan))

    def weights(self) -> dict[str, float]:
        """Return the combination's weights: inverse mean squared error, shrunk halfway to equal; they sum to one."""
        inverse = 1.0 / np.maximum(np.nanmean(self.errors**2, axis=(1, 2)), 1e-12)
        mixed = 0.5 * inverse / inverse.sum() + 0.5 / len(inverse)
        return dict(zip(self.members, mixed.tolist(), strict=True))


@dataclass(frozen=True)
class VolumeFit:
    """What ships for one series.

    Attributes
    ----------
    member
        Name of the member that ships, or ``combination``.
    path
        Median path ahead, shape (horizon,), in the unit of the series.
    spread
        Spread of the log error.
    scores
        Mean absolute log error over past origins of each member and the combination; empty for a short history.
    weights
        Weights of the combination; empty for a short history.
    """

    member: str
    path: Array
    spread: Spread
    scores: Mapping[str, float]
    weights: Mapping[str, float]


def rolling_errors(history: Array, horizon: int, members: Mapping[str, Member] = MEMBERS) -> RollingErrors:
    """Forecast from every past origin and compare with what came.

    Parameters
    ----------
    history
        Positive series, shape (time,), of any unit.
    horizon
        Steps ahead.
    """
    log = _log(history)
    origins = tuple(range(_MIN_HISTORY, len(log)))
    errors = np.full((len(members), len(origins), horizon), np.nan)
    for column, origin in enumerate(origins):
        ahead = log[origin : origin + horizon]
        paths = _paths(log[:origin], horizon, members)
        errors[:, column, : len(ahead)] = ahead - paths[:, : len(ahead)]
    return RollingErrors(tuple(members), origins, errors)


def fit_volume(
    history: Array, horizon: int, *, errors: RollingErrors | None = None, spread_prior: Spread = SPREAD_PRIOR
) -> VolumeFit:
    """Choose what ships and its spread for one series.

    A history of thirteen values or fewer has no rolling origin with an error: it takes the damped trend, the prior
    spread, and no scores.

    Parameters
    ----------
    history
        Positive series, shape (time,).
    horizon
        Steps ahead.
    errors
        Rolling errors of the same series, possibly longer: only those known at the end of ``history`` are used.
    spread_prior
        Spread believed before any error is seen.

    Raises
    ------
    ValueError
        If the series has fewer than two values, or a value that is not positive and finite.

    Examples
    --------
    >>> fit_volume(np.exp(np.arange(40) / 10), 4).member
    'drift'
    """
    log = _log(history)
    if len(log) <= _MIN_HISTORY + 1:
        path = MEMBERS["damped_trend"](log, horizon)
        return VolumeFit("damped_trend", np.exp(path), spread_prior, {}, {})
    known = (errors or rolling_errors(history, horizon)).known_at(len(log))
    weights = known.weights()
    candidates = _candidates(known, weights)
    scores = {name: float(np.nanmean(np.abs(each))) for name, each in candidates.items()}
    best = min((*SIMPLE, COMBINATION), key=lambda name: scores[name])
    path = _path(log, horizon, best, weights)
    return VolumeFit(best, np.exp(path), _spread(candidates[best], spread_prior), scores, weights)


def last_value_fit(
    history: Array, horizon: int, *, errors: RollingErrors, spread_prior: Spread = SPREAD_PRIOR
) -> VolumeFit:
    """Return the naive benchmark: the last value stays, its spread calibrated in the same way as any other."""
    return member_fit("last_value", history, horizon, errors=errors, spread_prior=spread_prior)


def member_fit(
    member: str, history: Array, horizon: int, *, errors: RollingErrors, spread_prior: Spread = SPREAD_PRIOR
) -> VolumeFit:
    """Return one member alone as a benchmark, its spread calibrated in the same way as that of what ships.

    Parameters
    ----------
    member
        Name in :data:`forecast.baselines.MEMBERS`, such as ``drift``.
    history
        Positive series, shape (time,).
    horizon
        Steps ahead.
    errors
        Rolling errors of the series; only those known at the end of ``history`` are used.
    spread_prior
        Spread believed before any error is seen.

    Raises
    ------
    ValueError
        As :func:`fit_volume` does.
    """
    log = _log(history)
    known = errors.known_at(len(log))
    mine = known.errors[known.members.index(member)]
    return VolumeFit(member, np.exp(MEMBERS[member](log, horizon)), _spread(mine, spread_prior), {}, {})


def draw_volume(fit: VolumeFit, *, draws: int, random: np.random.Generator) -> Array:
    """Draw joint paths of one series, shape (draws, horizon), in its unit.

    Errors at two horizons are correlated as in a random walk, and one Student-t scale is shared by a path.
    """
    horizon = len(fit.path)
    steps = student_t(random, (draws, horizon), _DEGREES)
    walk = np.cumsum(steps, axis=1) / np.sqrt(np.arange(1, horizon + 1))
    return np.asarray(fit.path * np.exp(walk * fit.spread.at(horizon)))


def _log(history: Array) -> Array:
    values = np.asarray(history, dtype=np.float64)
    bad = np.flatnonzero(~np.isfinite(values) | (values <= 0))
    if len(values) < 2 or len(bad):
        detail = f"value {values[bad[0]]:g} at position {bad[0]}" if len(bad) else f"only {len(values)} value(s)"
        raise ValueError(f"a volume series needs two or more positive, finite values; it has {detail}")
    return np.asarray(np.log(values))


def _paths(log: Array, horizon: int, members: Mapping[str, Member]) -> Array:
    """Return every member's path, shape (members, horizon)."""
    return np.array([member(log, horizon) for member in members.values()])


def _path(log: Array, horizon: int, name: str, weights: Mapping[str, float]) -> Array:
    if name != COMBINATION:
        return MEMBERS[name](log, horizon)
    return np.asarray(sum(weight * MEMBERS[member](log, horizon) for member, weight in weights.items()))


def _candidates(known: RollingErrors, weights: Mapping[str, float]) -> dict[str, Array]:
    """Return the errors of each member and of the combination, each of shape (origins, horizon)."""
    mixed = np.einsum("m,moh->oh", [weights[name] for name in known.members], known.errors)
    return {**dict(zip(known.members, known.errors, strict=True)), COMBINATION: mixed}


def _spread(errors: Array, prior: Spread) -> Spread:
    """Fit ``sigma * h ** power`` to root mean squared errors, drawn to the prior by eight origins' worth."""
    count = np.isfinite(errors).sum(axis=0)
    square = np.nansum(errors**2, axis=0)
    steps = np.arange(1, errors.shape[1] + 1)
    pooled = (square + _PRIOR_ORIGINS * prior.at(len(steps)) ** 2) / (count + _PRIOR_ORIGINS)
    if len(steps) == 1:
        return Spread(float(np.sqrt(pooled[0])), prior.power)
    weight = np.sqrt(count + _PRIOR_ORIGINS)
    power, log_sigma = np.polyfit(np.log(steps), 0.5 * np.log(pooled), 1, w=weight)
    return Spread(float(np.exp(log_sigma)), float(np.clip(power, 0.5, 1.2)))
