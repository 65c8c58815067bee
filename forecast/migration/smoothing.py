"""Count noise: a local level filter on the roots where sample sizes are given, and nothing elsewhere."""

from __future__ import annotations

import numpy as np

from shiftcast.features.arrays import Array, Flags
from shiftcast.forecast.migration.transforms import root_variance, unroot


def smoothed_roots(roots: Array, sizes: Array, live: Flags) -> tuple[Array, Array]:
    """Return roots without counting noise, shape (N, T, K), and the variance left at the end, (N, K).

    A Kalman filter of a random walk seen through noise: the noise variance is the counting variance of the
    period, the step variance what the squared steps hold beyond it. Without sizes the roots come back as they
    are.

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
    level, left = roots[:, 0].copy(), noise[:, 0].copy()
    out = roots.copy()
    for t in range(1, roots.shape[1]):
        ahead = left + step
        gain = np.where(live[:, t - 1], ahead / np.maximum(ahead + noise[:, t], 1e-15), 1.0)
        level = level + gain * (roots[:, t] - level)
        left = np.where(gain < 1.0, ahead * (1.0 - gain), noise[:, t])
        out[:, t] = level
    return out, np.asarray(np.where(live[:, -1], left, 0.0))


def _step_variance(roots: Array, noise: Array, live: Flags) -> Array:
    """Return the variance of true steps, shape (N, K): squared steps less the noise of both ends."""
    both = live[:, 1:] & live[:, :-1]
    count = np.maximum(both.sum(axis=1), 1)
    squared = np.where(both, np.diff(roots, axis=1) ** 2, 0.0).sum(axis=1) / count
    taken = np.where(both, noise[:, 1:] + noise[:, :-1], 0.0).sum(axis=1) / count
    return np.asarray(np.maximum(squared - taken, 0.05 * squared) + 1e-8)
