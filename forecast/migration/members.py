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
from shiftcast.forecast.migration.state import PathState

Member = Callable[[PathState, Array, float], Array]

YOUTH: Final = 4.0  # age at which the trend of a technique counts half [period]


def damped(horizons: Array, decay: float) -> Array:
    """Return the damped horizons decay + decay^2 + ... + decay^h: the reach of a damped trend.

    Parameters
    ----------
    horizons
        Periods ahead h, shape (H,).
    decay
        Damping by period [1], below one.

    Returns
    -------
    ndarray, shape (H,)
        In periods.

    References
    ----------
    Gardner and McKenzie (1985), Forecasting trends in time series, Management Science 31(10).

    Examples
    --------
    >>> damped(np.array([1.0, 2.0]), 0.5).tolist()
    [0.5, 0.75]
    """
    return np.asarray(decay * (1.0 - decay**horizons) / (1.0 - decay))


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
    return _along(state.slopes[1], horizons, decay)


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
    return _along(state.slopes[4], horizons, decay)


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
    return _along(state.slopes[16], horizons, decay)


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
    return _along(state.neighbours, horizons, decay)


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
    return _along(newest * state.slopes[1] + slope * state.slopes[4], horizons, decay)


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


def youth(state: PathState, horizons: Array, decay: float) -> Array:
    """Continue the trend in proportion to youth: fully where a technique appeared lately, less with age.

    Parameters
    ----------
    state, horizons, decay
        Paths of a panel up to the origin; periods ahead, shape (H,); damping by period [1].

    Returns
    -------
    ndarray, shape (N, H, K)
        Change of the root [share^(1/3)].
    """
    return _along(state.slopes[4] / (1.0 + state.age / YOUTH), horizons, decay)


def entries(state: PathState, horizons: Array, decay: float) -> Array:
    """Follow the pool's earlier entries from the same age, the more the younger.

    Parameters
    ----------
    state, horizons, decay
        Paths of a panel up to the origin; periods ahead, shape (H,); damping by period [1].

    Returns
    -------
    ndarray, shape (N, H, K)
        Change of the root [share^(1/3)].
    """
    at = np.minimum(horizons.astype(int), state.entries.shape[1]) - 1
    return state.entries[:, at]


def overtaken(state: PathState, horizons: Array, decay: float) -> Array:
    """Continue rises in proportion to the share that newer categories hold: with a negative weight, rises end by them.

    Parameters
    ----------
    state, horizons, decay
        Paths of a panel up to the origin; periods ahead, shape (H,); damping by period [1].

    Returns
    -------
    ndarray, shape (N, H, K)
        Change of the root [share^(1/3)].
    """
    return _along(np.maximum(state.slopes[4], 0.0) * _newer(state, state.last**3), horizons, decay)


def succession(state: PathState, horizons: Array, decay: float) -> Array:
    """Shrink a share in proportion to what newer categories gain a period.

    Parameters
    ----------
    state, horizons, decay
        Paths of a panel up to the origin; periods ahead, shape (H,); damping by period [1].

    Returns
    -------
    ndarray, shape (N, H, K)
        Change of the root [share^(1/3)].
    """
    gain = 3.0 * state.last**2 * np.maximum(state.slopes[4], 0.0)  # slope of the share itself
    return _along(-state.last * _newer(state, gain), horizons, decay)


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
    return _along(state.slopes[4] * state.last, horizons, decay)


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
    return _along(np.maximum(state.slopes[4], 0.0), horizons, decay)


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
    return _along((state.peak - state.last) * state.last, horizons, decay)


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
    return _along(state.last, horizons, decay)


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
    return _along(np.ones_like(state.last), horizons, decay)


MEMBERS: Final = MappingProxyType(
    {
        member.__name__: member
        for member in (
            last_value, newest_step, local_trend, long_trend, neighbours, analogues, leaders,
            youth, entries, overtaken, succession, ceiling, rise, reversal, level, spring,
        )
    }
)  # fmt: skip


def _newer(state: PathState, values: Array) -> Array:
    """Return the sum of values over the categories that entered later, shape (N, K)."""
    age = np.where(state.present, state.age, np.inf)
    return np.asarray(np.einsum("nj,nkj->nk", np.where(state.present, values, 0.0), age[:, None, :] < age[:, :, None]))


def _along(slope: Array, horizons: Array, decay: float) -> Array:
    """Return slope times damped horizon, shape (N, H, K)."""
    return np.asarray(slope[:, None, :] * damped(horizons, decay)[None, :, None])
