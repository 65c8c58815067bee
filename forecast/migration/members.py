"""The members: each says by how much the root of every share changes, all in one callable shape.

A member takes the state of the paths, the horizons and the damping and returns the change from the last
value, shape (N, H, K). Last value is the member that says zero. The combination adds members up with learned
weights, so a weight says how much of a member's change is believed, and what is left is believed to last
value.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.forecast.migration.state import PathState

Member = Callable[[PathState, Array, float], Array]

YOUTH: Final = 4.0  # periods after which a technique counts as half grown up


def damped(horizons: Array, decay: float) -> Array:
    """Return the damped horizons decay + decay^2 + ... + decay^h [period], the reach of a fading trend.

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
    """Change nothing."""
    return np.zeros((len(state.last), len(horizons), state.last.shape[1]))


def newest_step(state: PathState, horizons: Array, decay: float) -> Array:
    """Let the steps of the last period or two go on, fading."""
    return _along(state.slopes[1], horizons, decay)


def local_trend(state: PathState, horizons: Array, decay: float) -> Array:
    """Let the trend of the last few periods go on, fading (damped Holt in root space)."""
    return _along(state.slopes[4], horizons, decay)


def long_trend(state: PathState, horizons: Array, decay: float) -> Array:
    """Let the trend of the whole history go on, fading."""
    return _along(state.slopes[16], horizons, decay)


def neighbours(state: PathState, horizons: Array, decay: float) -> Array:
    """Move the same technique as the pool's other series move it (partial pooling of slopes)."""
    return _along(state.neighbours, horizons, decay)


def analogues(state: PathState, horizons: Array, decay: float) -> Array:
    """Let newest step and trend go on as far as those of the pool's own past did."""
    newest, slope = state.persistence[:, :1], state.persistence[:, 1:]
    return _along(newest * state.slopes[1] + slope * state.slopes[4], horizons, decay)


def leaders(state: PathState, horizons: Array, decay: float) -> Array:
    """Follow the series of the pool that went the same way before, for as long as they are ahead."""
    at = np.minimum(horizons.astype(int), state.led.shape[1]) - 1
    return state.led[:, at]


def youth(state: PathState, horizons: Array, decay: float) -> Array:
    """Let the trend of a technique that appeared lately go on, that of an old one less."""
    return _along(state.slopes[4] / (1.0 + state.age / YOUTH), horizons, decay)


def ceiling(state: PathState, horizons: Array, decay: float) -> Array:
    """Count the trend by the level reached: with a negative weight, high shares slow down."""
    return _along(state.slopes[4] * state.last, horizons, decay)


def rise(state: PathState, horizons: Array, decay: float) -> Array:
    """Let only rising trends go on: with a negative weight, rises fade sooner than falls."""
    return _along(np.maximum(state.slopes[4], 0.0), horizons, decay)


def reversal(state: PathState, horizons: Array, decay: float) -> Array:
    """Bring a share past its peak back towards it; with a negative weight, further away."""
    return _along((state.peak - state.last) * state.last, horizons, decay)


def level(state: PathState, horizons: Array, decay: float) -> Array:
    """Let shares drift in proportion to their root: with a negative weight, towards evenness."""
    return _along(state.last, horizons, decay)


def spring(state: PathState, horizons: Array, decay: float) -> Array:
    """Let every present share drift by the same amount in root space."""
    return _along(np.ones_like(state.last), horizons, decay)


MEMBERS: Final = MappingProxyType(
    {
        member.__name__: member
        for member in (
            last_value, newest_step, local_trend, long_trend, neighbours, analogues, leaders,
            youth, ceiling, rise, reversal, level, spring,
        )
    }
)  # fmt: skip


def _along(slope: Array, horizons: Array, decay: float) -> Array:
    """Return slope times damped horizon, shape (N, H, K)."""
    return np.asarray(slope[:, None, :] * damped(horizons, decay)[None, :, None])
