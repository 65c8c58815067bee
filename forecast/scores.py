"""Scores of draws against actuals: CRPS, weighted interval score, coverage, PIT, bias, pinball loss; one shape for all.

Draws have shape (draws, ...), actuals shape (...); a score has the shape of the actuals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.forecast.draws import LEVELS

Metric = Callable[[Array, Array], Array]


def crps(draws: Array, actual: Array) -> Array:
    """Return the continuous ranked probability score (CRPS).

    CRPS = E|X - y| - E|X - X'| / 2, with the unbiased mean over pairs of draws (Gneiting and Raftery 2007, Strictly
    proper scoring rules, prediction, and estimation, section 4.2).

    Parameters
    ----------
    draws
        Draws of the forecast, shape (draws, ...), two or more, in any unit.
    actual
        Actuals, shape (...), in the same unit.

    Returns
    -------
    ndarray, shape (...)
        In the unit of the draws; lower is better. It may fall below zero, as the estimator is unbiased.

    Examples
    --------
    >>> crps(np.array([[1.0], [3.0]]), np.array([2.0])).tolist()
    [0.0]
    """
    count = len(draws)
    ordered = np.sort(draws, axis=0)
    weight = (2.0 * np.arange(1, count + 1) - count - 1).reshape((-1,) + (1,) * (draws.ndim - 1))
    pairs = (weight * ordered).sum(axis=0) / (count * (count - 1))
    return np.asarray(np.abs(draws - actual).mean(axis=0) - pairs)


def interval_score(draws: Array, actual: Array, level: float) -> Array:
    """Return the score of the central interval: its width plus a penalty for what falls outside.

    (u - l) + 2 / (1 - level) * (max(l - y, 0) + max(y - u, 0)), with l and u the quantiles at (1 - level) / 2 and (1 +
    level) / 2 of the draws (Gneiting and Raftery 2007, eq. 43).

    Parameters
    ----------
    draws
        Draws of the forecast, shape (draws, ...).
    actual
        Actuals, shape (...), in the unit of the draws.
    level
        Nominal coverage of the interval [1], between 0 and 1.

    Returns
    -------
    ndarray, shape (...)
        In the unit of the draws; lower is better.
    """
    tail = (1 - level) / 2
    low, high = np.quantile(draws, [tail, 1 - tail], axis=0)
    miss = np.maximum(low - actual, 0) + np.maximum(actual - high, 0)
    return np.asarray(high - low + miss / tail)


def weighted_interval_score(draws: Array, actual: Array) -> Array:
    """Return the weighted interval score (WIS) over the central 50, 80 and 95 % intervals and the median.

    (|y - median| / 2 + sum over levels of (1 - level) / 2 times the interval score) / (levels + 1/2) (Bracher et al.
    2021, Evaluating epidemic forecasts in an interval format).

    Parameters
    ----------
    draws
        Draws of the forecast, shape (draws, ...).
    actual
        Actuals, shape (...), in the unit of the draws.

    Returns
    -------
    ndarray, shape (...)
        In the unit of the draws; lower is better.
    """
    total = 0.5 * np.abs(np.median(draws, axis=0) - actual)
    for level in LEVELS:
        total = total + (1 - level) / 2 * interval_score(draws, actual, level)
    return np.asarray(total / (len(LEVELS) + 0.5))


def covered(draws: Array, actual: Array, level: float) -> Array:
    """Return 1 where the central interval holds the actual, else 0.

    Parameters
    ----------
    draws
        Draws of the forecast, shape (draws, ...).
    actual
        Actuals, shape (...), in the unit of the draws.
    level
        Nominal coverage of the interval [1], between 0 and 1.

    Returns
    -------
    ndarray, shape (...)
        Ones and zeros; their mean is the coverage.

    Examples
    --------
    >>> covered(np.arange(101.0)[:, None], np.array([95.0]), 0.8).tolist()
    [0.0]
    """
    tail = (1 - level) / 2
    low, high = np.quantile(draws, [tail, 1 - tail], axis=0)
    return np.asarray((actual >= low) & (actual <= high), dtype=np.float64)


def pit(draws: Array, actual: Array) -> Array:
    """Return the probability integral transform (PIT): the share of draws below the actual, ties counted half.

    Uniform on [0, 1] where the forecast is calibrated (Dawid 1984).

    Parameters
    ----------
    draws
        Draws of the forecast, shape (draws, ...).
    actual
        Actuals, shape (...), in the unit of the draws.

    Returns
    -------
    ndarray, shape (...)
        PIT values [1], in [0, 1].
    """
    return np.asarray((draws < actual).mean(axis=0) + 0.5 * (draws == actual).mean(axis=0))


def pinball(draws: Array, actual: Array, level: float) -> Array:
    """Return the pinball loss of one quantile of the draws (Koenker and Bassett 1978).

    Parameters
    ----------
    draws
        Draws of the forecast, shape (draws, ...).
    actual
        Actuals, shape (...), in the unit of the draws.
    level
        Level of the quantile [1], between 0 and 1.

    Returns
    -------
    ndarray, shape (...)
        In the unit of the draws.

    Examples
    --------
    >>> pinball(np.zeros((3, 2)), np.array([1.0, -1.0]), 0.75).tolist()
    [0.75, 0.25]
    """
    miss = actual - np.quantile(draws, level, axis=0)
    return quantile_loss(miss, level)


def quantile_loss(miss: Array, level: float | Array) -> Array:
    """Return the pinball loss of quantiles from their errors: max(p e, (p - 1) e).

    Parameters
    ----------
    miss
        Error e, actual less quantile, any shape.
    level
        Level p of the quantile [1], broadcast against ``miss``.

    Returns
    -------
    ndarray, the broadcast shape
        In the unit of the errors.

    Examples
    --------
    >>> quantile_loss(np.array([1.0, -1.0]), 0.75).tolist()
    [0.75, 0.25]
    """
    return np.asarray(np.maximum(level * miss, (level - 1.0) * miss))


def bias(draws: Array, actual: Array) -> Array:
    """Return the median of the draws less the actual: positive where the forecast was too high.

    Parameters
    ----------
    draws
        Draws of the forecast, shape (draws, ...).
    actual
        Actuals, shape (...), in the unit of the draws.

    Returns
    -------
    ndarray, shape (...)
        In the unit of the draws.

    Examples
    --------
    >>> bias(np.array([[1.0], [2.0], [6.0]]), np.array([3.0])).tolist()
    [-1.0]
    """
    return np.asarray(np.median(draws, axis=0) - actual)


METRICS: Final[Mapping[str, Metric]] = {
    "crps": crps,
    "wis": weighted_interval_score,
    "coverage50": lambda draws, actual: covered(draws, actual, 0.5),
    "coverage80": lambda draws, actual: covered(draws, actual, 0.8),
    "coverage95": lambda draws, actual: covered(draws, actual, 0.95),
    "pit": pit,
    "bias": bias,
    "absolute_error": lambda draws, actual: np.abs(bias(draws, actual)),
}
