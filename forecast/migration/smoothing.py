"""Counting noise: a local-level Kalman filter on the roots of shares whose sample sizes are given."""

from __future__ import annotations

import numpy as np

from shiftcast.features.arrays import Array, Flags
from shiftcast.forecast.migration.transforms import root_variance, unroot


def smoothed_roots(roots: Array, sizes: Array, live: Flags) -> tuple[Array, Array]:
    """Return roots with counting noise filtered out, and the variance left at the end.

    Parameters
    ----------
    roots
        Cube roots of observed shares [share^(1/3)], shape (N, T, K).
    sizes
        Sample size of each period, shape (N, T); NaN where not given.
    live
        Whether a category had appeared by a period, shape (N, T, K).

    Attributes
    ----------
    Kalman filter of a random walk observed with noise
        the noise variance is the counting variance of the period, the step variance the excess of the squared steps
        over it. Without sizes the roots are returned unchanged.

    Returns
    -------
    tuple of ndarray, shapes (N, T, K) and (N, K)
        Filtered roots [share^(1/3)] and the variance of the last [share^(2/3)].

    References
    ----------
    Durbin and Koopman (2012), Time Series Analysis by State Space Methods, section 2.2.

    Examples
    --------
    >>> roots = np.array([[[0.5], [0.6]]])
    >>> same, left = smoothed_roots(roots, np.full((1, 2), np.nan), np.ones((1, 2, 1), bool))
    >>> bool((same == roots).all()), left.tolist()
    (True, [[0.0]])
    """
    if not np.isfinite(sizes).any():
        return roots, np.zeros((roots.shape[0], roots.shape[2]))
    noise = root_variance(unroot(roots), sizes[:, :, None])
    step = _step_variance(roots, noise, live)
    level, variance = roots[:, 0].copy(), noise[:, 0].copy()
    out = roots.copy()
    for t in range(1, roots.shape[1]):
        ahead = variance + step
        gain = np.where(live[:, t - 1], ahead / np.maximum(ahead + noise[:, t], 1e-15), 1.0)
        level = level + gain * (roots[:, t] - level)
        variance = np.where(gain < 1.0, ahead * (1.0 - gain), noise[:, t])
        out[:, t] = level
    return out, np.asarray(np.where(live[:, -1], variance, 0.0))


def _step_variance(roots: Array, noise: Array, live: Flags) -> Array:
    """Return the variance of true steps, shape (N, K): squared steps less the noise of both ends."""
    both = live[:, 1:] & live[:, :-1]
    count = np.maximum(both.sum(axis=1), 1)
    squared = np.where(both, np.diff(roots, axis=1) ** 2, 0.0).sum(axis=1) / count
    taken = np.where(both, noise[:, 1:] + noise[:, :-1], 0.0).sum(axis=1) / count
    return np.asarray(np.maximum(squared - taken, 0.05 * squared) + 1e-8)
