"""Analogues: what the slopes and newcomers of a pool's own past turned into, measured without looking ahead."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast.migration.transforms import root

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]

HORIZONS: Final = 12  # periods ahead that newcomers are followed for
LOOK: Final = 4  # periods ahead that a slope is followed for
BURN: Final = 3  # periods before the first past origin
USUAL: Final = 1.48  # what a slope of half-life 4 is worth after LOOK periods, in slopes: 0.45 * sum of 0.87^i
DOUBT: Final = 30.0  # past slopes of average size that stand for the usual persistence
CEILING: Final = 2.5


def newcomers(shares: Array, live: Flags) -> tuple[Array, ...]:
    """Return what categories new since period t held h periods later [share], for h = 1 to 12.

    Parameters
    ----------
    shares, live
        Shape (N, T, K): shares, and whether a category had appeared.

    Returns
    -------
    tuple of arrays
        The h-th of shape (N, max(T - h, 0)): by past origin t, the sum at t + h over categories not live at t.

    Examples
    --------
    >>> shares = np.array([[[1.0, 0.0], [0.7, 0.3], [0.4, 0.6]]])
    >>> [part.round(1).tolist() for part in newcomers(shares, np.cumsum(shares, axis=1) > 0)[:2]]
    [[[0.3, 0.0]], [[0.6]]]
    """
    periods = shares.shape[1]
    out = []
    for ahead in range(1, HORIZONS + 1):
        reach = max(periods - ahead, 0)
        out.append(np.asarray(np.where(live[:, :reach], 0.0, shares[:, ahead : ahead + reach]).sum(axis=2)))
    return tuple(out)


def persistence(
    roots: Array, live: Flags, inside: Flags, slopes: Array, newcomer: Array, pool: Whole
) -> Array:
    """Return how far past slopes of each pool carried on [1 = as usual], shape (N,), between 0 and 2.5.

    The regression through zero of the next four periods' change, among the categories then known, on the slope at
    past origins of the pool, with ``DOUBT`` slopes of usual persistence added.

    Parameters
    ----------
    roots, live, slopes
        Shape (N, T, K).
    inside
        Whether a period lies in the series' history, shape (N, T).
    newcomer
        Share four periods later of categories new since, shape (N, T - 4).
    pool
        Pool numbers, shape (N,).

    Examples
    --------
    >>> line = np.linspace(0.1, 0.9, 40).reshape(1, 40, 1)
    >>> whole = np.ones((1, 40, 1), bool)
    >>> float(persistence(line, whole, whole[:, :, 0], np.full((1, 40, 1), 0.8 / 39), np.zeros((1, 36)), np.array([0]))[0])
    2.5
    """
    reach = roots.shape[1] - LOOK
    if reach <= 0:
        return np.ones(len(pool))
    rest = np.maximum(1.0 - newcomer, 0.02)[:, :, None]
    change = roots[:, LOOK:] / root(rest) - roots[:, :-LOOK]
    begun = inside & (np.cumsum(inside, axis=1) > BURN)
    used = live[:, :reach] & begun[:, :reach, None] & live[:, -1:, :]
    cross = _pooled(np.where(used, slopes[:, :reach] * change, 0.0), pool)
    square = _pooled(np.where(used, slopes[:, :reach] ** 2, 0.0), pool)
    count = _pooled(used.astype(np.float64), pool)
    doubt = DOUBT * np.maximum(square / np.maximum(count, 1.0), 1e-7)
    slope = (cross + doubt * USUAL) / (square + doubt)
    return np.asarray(np.clip(slope / USUAL, 0.0, CEILING)[pool])


def _pooled(values: Array, pool: Whole) -> Array:
    """Return sums over periods, categories and series of each pool, shape (pools,)."""
    return np.bincount(pool, values.sum(axis=2).sum(axis=1), int(pool.max()) + 1)
