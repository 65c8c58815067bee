"""Members of the share model: each forecasts the change of every cube root, as one callable of one shape.

A member maps the state of the paths, the horizons and the damping to the change from the last value, shape (N, H, K).
Last value is the member that returns zero. The combination is a weighted sum of members, so a weight is the fraction of
a member's change that is used, and the rest is left to last value.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.forecast.migration.damping import along
from shiftcast.forecast.migration.generations import entries, overtaken, succession, youth
from shiftcast.forecast.migration.state import PathState

Member = Callable[[PathState, Array, float], Array]


def last_value(state: PathState, horizons: Array, decay: float) -> Array:
    """Return no change (naive).

    Parameters
    ----------
    state, horizons, decay
        Paths of a panel up to the origin; periods ahead, shape (H,); damping by period [1].

    Returns
    -------
    ndarray, shape (N, H, K)
        Change of the root [share^(1/3)].
    """
    return np.zeros((len(state.last), len(horizons), state.last.shape[1]))


def newest_step(state: PathState, horizons: Array, decay: float) -> Array:
    """Continue the steps of the last period or two, damped.

    Parameters
    ----------
    state, horizons, decay
        Paths of a panel up to the origin; periods ahead, shape (H,); damping by period [1].

    Returns
    -------
    ndarray, shape (N, H, K)
        Change of the root [share^(1/3)].
    """
    return along(state.slopes[1], horizons, decay)


def local_trend(state: PathState, horizons: Array, decay: float) -> Array:
    """Continue the trend of the last few periods, damped (Holt's linear trend in root space).

    Parameters
    ----------
    state, horizons, decay
        Paths of a panel up to the origin; periods ahead, shape (H,); damping by period [1].

    Returns
    -------
    ndarray, shape (N, H, K)
        Change of the root [share^(1/3)].
    """
    return along(state.slopes[4], horizons, decay)


def long_trend(state: PathState, horizons: Array, decay: float) -> Array:
    """Continue the trend of the whole history, damped.

    Parameters
    ----------
    state, horizons, decay
        Paths of a panel up to the origin; periods ahead, shape (H,); damping by period [1].

    Returns
    -------
    ndarray, shape (N, H, K)
        Change of the root [share^(1/3)].
    """
    return along(state.slopes[16], horizons, decay)


def neighbours(state: PathState, horizons: Array, decay: float) -> Array:
    """Continue the slope of the same technique in the pool's other series (partial pooling of slopes).

    Parameters
    ----------
    state, horizons, decay
        Paths of a panel up to the origin; periods ahead, shape (H,); damping by period [1].

    Returns
    -------
    ndarray, shape (N, H, K)
        Change of the root [share^(1/3)].
    """
    return along(state.neighbours, horizons, decay)


def analogues(state: PathState, horizons: Array, decay: float) -> Array:
    """Continue newest step and trend in proportion to their persistence in the pool's own past.

    Parameters
    ----------
    state, horizons, decay
        Paths of a panel up to the origin; periods ahead, shape (H,); damping by period [1].

    Returns
    -------
    ndarray, shape (N, H, K)
        Change of the root [share^(1/3)].
    """
    newest, slope = state.persistence[:, :1], state.persistence[:, 1:]
    return along(newest * state.slopes[1] + slope * state.slopes[4], horizons, decay)


def leaders(state: PathState, horizons: Array, decay: float) -> Array:
    """Follow the leading series of the pool for as long as they are ahead.

    Parameters
    ----------
    state, horizons, decay
        Paths of a panel up to the origin; periods ahead, shape (H,); damping by period [1].

    Returns
    -------
    ndarray, shape (N, H, K)
        Change of the root [share^(1/3)].
    """
    at = np.minimum(horizons.astype(int), state.led.shape[1]) - 1
    return state.led[:, at]


def ceiling(state: PathState, horizons: Array, decay: float) -> Array:
    """Continue the trend in proportion to the level: with a negative weight, high shares slow down.

    Parameters
    ----------
    state, horizons, decay
        Paths of a panel up to the origin; periods ahead, shape (H,); damping by period [1].

    Returns
    -------
    ndarray, shape (N, H, K)
        Change of the root [share^(1/3)].
    """
    return along(state.slopes[4] * state.last, horizons, decay)


def rise(state: PathState, horizons: Array, decay: float) -> Array:
    """Continue rising trends only: with a negative weight, rises fade sooner than falls.

    Parameters
    ----------
    state, horizons, decay
        Paths of a panel up to the origin; periods ahead, shape (H,); damping by period [1].

    Returns
    -------
    ndarray, shape (N, H, K)
        Change of the root [share^(1/3)].
    """
    return along(np.maximum(state.slopes[4], 0.0), horizons, decay)


def reversal(state: PathState, horizons: Array, decay: float) -> Array:
    """Return a share past its peak towards it; with a negative weight, further away.

    Parameters
    ----------
    state, horizons, decay
        Paths of a panel up to the origin; periods ahead, shape (H,); damping by period [1].

    Returns
    -------
    ndarray, shape (N, H, K)
        Change of the root [share^(1/3)].
    """
    return along((state.peak - state.last) * state.last, horizons, decay)


def level(state: PathState, horizons: Array, decay: float) -> Array:
    """Drift in proportion to the root: with a negative weight, shares tend to evenness.

    Parameters
    ----------
    state, horizons, decay
        Paths of a panel up to the origin; periods ahead, shape (H,); damping by period [1].

    Returns
    -------
    ndarray, shape (N, H, K)
        Change of the root [share^(1/3)].
    """
    return along(state.last, horizons, decay)


def spring(state: PathState, horizons: Array, decay: float) -> Array:
    """Drift every present share by the same amount in root space.

    Parameters
    ----------
    state, horizons, decay
        Paths of a panel up to the origin; periods ahead, shape (H,); damping by period [1].

    Returns
    -------
    ndarray, shape (N, H, K)
        Change of the root [share^(1/3)].
    """
    return along(np.ones_like(state.last), horizons, decay)


MEMBERS: Final = MappingProxyType(
    {
        member.__name__: member
        for member in (
            last_value, newest_step, local_trend, long_trend, neighbours, analogues, leaders,
            youth, entries, overtaken, succession, ceiling, rise, reversal, level, spring,
        )
    }
)  # fmt: skip
