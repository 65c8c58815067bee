"""Damping: how far a trend reaches that fades by the period."""

from __future__ import annotations

import numpy as np

from shiftcast.features.arrays import Array


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


def along(slope: Array, horizons: Array, decay: float) -> Array:
    """Return the change that a damped trend brings.

    Parameters
    ----------
    slope
        Change a period [share^(1/3)/period], shape (N, K).
    horizons
        Periods ahead, shape (H,).
    decay
        Damping by period [1], below one.

    Returns
    -------
    ndarray, shape (N, H, K)
        Change of the root [share^(1/3)].

    Examples
    --------
    >>> along(np.array([[2.0]]), np.array([1.0, 2.0]), 0.5).ravel().tolist()
    [1.0, 1.5]
    """
    return np.asarray(slope[:, None, :] * damped(horizons, decay)[None, :, None])
