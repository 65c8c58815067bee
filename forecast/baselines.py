"""Point members for one series on a log scale: one callable shape, simple ones first.

A member takes a history of shape (time,) and a horizon and returns the path ahead, shape (horizon,). The list is a
dict; a new member is one more entry.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from statsmodels.tsa.ar_model import AutoReg
from statsmodels.tsa.forecasting.theta import ThetaModel

from forecast.draws import Array

Member = Callable[[Array, int], Array]

_DAMPING: Final = 0.85  # strong damping is what held up on hundreds of real substitution histories
_SHRINK: Final = 0.7
_STATIONARY: Final = 0.95


def last_value(history: Array, horizon: int) -> Array:
    """Return the last value at every horizon.

    Examples
    --------
    >>> last_value(np.array([1.0, 3.0]), 2).tolist()
    [3.0, 3.0]
    """
    return np.full(horizon, history[-1])


def drift(history: Array, horizon: int) -> Array:
    """Return the last value plus the mean change over the last eight steps, repeated.

    Examples
    --------
    >>> drift(np.array([1.0, 2.0, 3.0]), 2).tolist()
    [4.0, 5.0]
    """
    recent = history[-9:]
    return np.asarray(history[-1] + (recent[-1] - recent[0]) / (len(recent) - 1) * np.arange(1, horizon + 1))


def damped_trend(history: Array, horizon: int) -> Array:
    """Return the last value plus a shrunken, damped recent slope (Gardner and McKenzie 1985).

    Examples
    --------
    >>> damped_trend(np.array([0.0, 1.0, 2.0]), 1).round(3).tolist()
    [2.595]
    """
    recent = history[-5:]
    slope = _SHRINK * (recent[-1] - recent[0]) / (len(recent) - 1)
    return np.asarray(history[-1] + slope * np.cumsum(_DAMPING ** np.arange(1, horizon + 1)))


def autoregressive_growth(history: Array, horizon: int) -> Array:
    """Return an AR(1) in the changes around a constant growth, by least squares (statsmodels), kept stationary.

    Examples
    --------
    >>> autoregressive_growth(np.arange(20.0), 2).round(6).tolist()
    [20.0, 21.0]
    """
    changes = np.diff(history)
    if np.ptp(changes) < 1e-12:
        return drift(history, horizon)
    constant, lag = AutoReg(changes, lags=1, trend="c").fit().params
    lag = float(np.clip(lag, -_STATIONARY, _STATIONARY))
    growth = constant / (1 - lag) if abs(lag) < _STATIONARY else changes.mean()
    steps = lag ** np.arange(1, horizon + 1)
    return np.asarray(history[-1] + np.cumsum(growth + (changes[-1] - growth) * steps))


def theta(history: Array, horizon: int) -> Array:
    """Return the theta method without a season (Assimakopoulos and Nikolopoulos 2000; statsmodels)."""
    if np.ptp(history) == 0:  # statsmodels' smoothing is not identified there and wanders off
        return last_value(history, horizon)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = ThetaModel(history, period=1, deseasonalize=False).fit()
    return np.asarray(fit.forecast(horizon), dtype=np.float64)


MEMBERS: Final[Mapping[str, Member]] = {
    "last_value": last_value,
    "drift": drift,
    "damped_trend": damped_trend,
    "autoregressive_growth": autoregressive_growth,
    "theta": theta,
}
SIMPLE: Final = ("last_value", "drift", "damped_trend")
