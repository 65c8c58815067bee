"""Simple members: naive, seasonal naive, seasonal mean, drift and damped trend, which run on every history.

Reference: Hyndman and Athanasopoulos (2021), Forecasting: principles and practice, section 5.2.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.forecast.volume.past import Past

_REPEATS: Final = 4  # seasons averaged; of the second season three
_RECENT: Final = 4  # steps whose slope the damped trend takes
_SHRINK: Final = 0.7
_DAMPING: Final = 0.85


def last_value(past: Past) -> Array:
    """Return the last value at every step (naive).

    Parameters
    ----------
    past
        Histories and origins.

    Returns
    -------
    ndarray, shape (series, origins, horizon)
        On the working scale.
    """
    return np.repeat(_back(past, 1)[:, :, None], past.horizon, axis=2)


def seasonal_naive(past: Past) -> Array:
    """Return the value one season before, of the shortest season; the last value where there is none.

    Parameters
    ----------
    past
        Histories and origins.

    Returns
    -------
    ndarray, shape (series, origins, horizon)
        On the working scale.
    """
    return _seasonal(past, 0, 1)


def seasonal_mean(past: Past) -> Array:
    """Return the mean of the last four values of the same phase of the shortest season.

    Parameters
    ----------
    past
        Histories and origins.

    Returns
    -------
    ndarray, shape (series, origins, horizon)
        On the working scale.
    """
    return _seasonal(past, 0, _REPEATS)


def long_seasonal_naive(past: Past) -> Array:
    """Return the value one season before, of the second season, such as the week of hourly series.

    Parameters
    ----------
    past
        Histories and origins.

    Returns
    -------
    ndarray, shape (series, origins, horizon)
        On the working scale.
    """
    return _seasonal(past, 1, 1)


def long_seasonal_mean(past: Past) -> Array:
    """Return the mean of the last three values of the same phase of the second season.

    Parameters
    ----------
    past
        Histories and origins.

    Returns
    -------
    ndarray, shape (series, origins, horizon)
        On the working scale.
    """
    return _seasonal(past, 1, _REPEATS - 1)


def drift(past: Past) -> Array:
    """Return the last value plus the mean change a period over two seasons (random walk with drift).

    Parameters
    ----------
    past
        Histories and origins.

    Returns
    -------
    ndarray, shape (series, origins, horizon)
        On the working scale.
    """
    span = max(2 * (past.seasons[0] if past.seasons else 1), 8)
    slope = (_back(past, 1) - _back(past, 1 + span)) / np.clip(past.origins - past.start[:, None] - 1, 1, span)
    return np.asarray(last_value(past) + slope[:, :, None] * past.steps)


def damped_trend(past: Past) -> Array:
    """Return the last value plus a shrunken, damped recent slope (Gardner and McKenzie 1985).

    Parameters
    ----------
    past
        Histories and origins.

    Returns
    -------
    ndarray, shape (series, origins, horizon)
        On the working scale.
    """
    slope = _SHRINK * (_back(past, 1) - _back(past, 1 + _RECENT)) / _RECENT
    return np.asarray(last_value(past) + slope[:, :, None] * np.cumsum(_DAMPING**past.steps))


def _back(past: Past, periods: int) -> Array:
    """Return the value so many periods before each origin's next, shape (series, origins); the first before it."""
    return past.flat[:, np.maximum(past.origins - periods, 0)]


def _seasonal(past: Past, which: int, repeats: int) -> Array:
    """Return means over the same phase of as many seasons as a series has before each origin, up to ``repeats``."""
    if len(past.seasons) <= which:
        return last_value(past)
    season = past.seasons[which]
    flat = past.flat
    total, count = np.zeros(1), np.zeros(1)
    for repeat in range(repeats):
        back = season * (1 + repeat + (past.steps - 1) // season)
        at = past.origins[:, None] + past.steps - 1 - back
        there = at >= past.start[:, None, None]
        total = total + np.where(there, flat[:, np.maximum(at, 0)], 0.0)
        count = count + there
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), last_value(past)))
