"""Censored demand: served volume that is a lower bound is replaced by expected latent demand (Tobit)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from shiftcast.features.arrays import Array

_LEVEL: Final = 0.3  # smoothing parameter of the level
_FADE: Final = 0.98  # decay of squared errors a period
_LEAST: Final = 1e-6


def latent_demand(z: Array, lower: NDArray[np.bool_], season: int) -> Array:
    """Return histories in which every lower bound is replaced by the demand expected above it.

    A Tobit filter runs over time: demand is expected at its level and season; a bound ``c`` says only that it was
    above, so it becomes ``E[z | z >= c] = m + s * phi(a) / (1 - Phi(a))`` with ``a = (c - m) / s`` (Tobin 1958;
    Amemiya 1984). Nothing later than a period is used for it.

    Parameters
    ----------
    z
        Histories on the working scale, shape (series, time), NaN where unknown.
    lower
        Whether each value is a lower bound, the same shape.
    season
        Period of the season, 1 without one.

    Returns
    -------
    ndarray, shape (series, time)
        Latent demand on the working scale; never below what was served.

    Examples
    --------
    >>> z = np.array([[1.0, 1.2, 0.8, 1.1, 1.0]])
    >>> out = latent_demand(z, np.array([[False, False, False, False, True]]), 1)
    >>> out[0, :4].tolist(), bool(1.0 < out[0, 4] < 1.5)
    ([1.0, 1.2, 0.8, 1.1], True)
    """
    out, level, square, count = z.copy(), np.full(len(z), np.nan), np.zeros(len(z)), np.zeros(len(z))
    seasonal = np.zeros((season, len(z)))
    for now in range(z.shape[1]):
        seen, phase = ~np.isnan(z[:, now]), now % season
        expected = level + seasonal[phase]
        deviation = np.sqrt(square / np.maximum(count, 1)) + _LEAST
        bound = seen & lower[:, now]
        known = bound & np.isfinite(expected)
        out[:, now] = np.where(known, _above(z[:, now], expected, deviation), z[:, now])
        error = np.where(seen & np.isfinite(expected), out[:, now] - expected, 0.0)
        exact = seen & ~bound & np.isfinite(expected)
        square, count = _FADE * square + np.where(exact, error**2, 0.0), _FADE * count + exact
        level = np.where(np.isnan(level) & seen, out[:, now], level + _LEVEL * error)
        if season > 1:
            seasonal[phase] += _LEVEL * (1 - _LEVEL) * error
    return out


def _above(bound: Array, mean: Array, deviation: Array) -> Array:
    """Return the mean of a normal above a bound, elementwise."""
    a = (bound - mean) / deviation
    mills = np.exp(-0.5 * a**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(-a))
    return np.maximum(np.where(np.isfinite(mean), mean + deviation * mills, bound), bound)
