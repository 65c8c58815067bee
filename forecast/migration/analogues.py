"""Analogues: persistence of slopes and shares of newcomers at past origins of a pool, without look-ahead."""

from __future__ import annotations

from typing import Final

import numpy as np

from shiftcast.features.arrays import Array, Flags, Integers
from shiftcast.forecast.migration.transforms import root

HORIZONS: Final = 12  # periods ahead that newcomers are followed for
LOOK: Final = 4  # periods ahead that a slope is followed for
BURN: Final = 3  # periods before the first past origin: slopes of fewer are noise
REACH: Final = 2.86  # damped reach of LOOK periods: 0.87 + 0.87^2 + ...
# prior coefficients of the newest step and the slope, by damped period
USUAL: Final = (0.3, 0.45)
DOUBT: Final = 60.0  # rows of the regression that the prior counts for
FLOOR, CEILING = -0.5, 1.5
TINY: Final = 1e-6


def newcomers(shares: Array, live: Flags) -> tuple[Array, ...]:
    """Return the share held h periods after a period t by categories that had not appeared by t, for h = 1 to 12.

    Parameters
    ----------
    shares
        Shares [1], shape (N, T, K).
    live
        Whether a category had appeared by a period, shape (N, T, K).

    Returns
    -------
    tuple of ndarray
        The h-th of shape (N, max(T - h, 0)) [share]: by past origin t, the sum at t + h over categories not live at t.

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
    roots: Array, live: Flags, inside: Flags, slopes: tuple[Array, Array], newcomer: Array, pool: Integers
) -> Array:
    """Return the persistence of newest steps and slopes in each pool's past over four periods [1].

    Coefficients b of the regression of the next four periods' change, over their damped reach, on the newest step and
    the slope at past origins of the pool: b = (X'X + P)^-1 (X'y + P b0), with b0 = ``USUAL`` and P = X'X times
    ``DOUBT`` over the number of rows (a g-prior); clipped to [-0.5, 1.5].

    Parameters
    ----------
    roots
        Cube roots of the shares [share^(1/3)], shape (N, T, K).
    live
        Whether a category had appeared by a period, shape (N, T, K).
    inside
        Whether a period lies in the series' history, shape (N, T).
    slopes
        Newest step and slope at every period, each shape (N, T, K).
    newcomer
        Share four periods later of categories new since, shape (N, T - 4).
    pool
        Pool numbers, shape (N,).

    Returns
    -------
    ndarray, shape (N, 2)
        Coefficient of the newest step and of the slope, those of the series' pool.

    References
    ----------
    Zellner (1986), On assessing prior distributions and Bayesian regression analysis with g-prior
    distributions.

    Examples
    --------
    >>> still, whole = np.full((1, 40, 1), 0.5), np.ones((1, 40, 1), bool)
    >>> flat = (np.zeros((1, 40, 1)), np.zeros((1, 40, 1)))
    >>> persistence(still, whole, whole[:, :, 0], flat, np.zeros((1, 36)), np.array([0])).round(2).tolist()
    [[0.3, 0.45]]
    """
    usual = np.array(USUAL)
    reach = roots.shape[1] - LOOK
    if reach <= 0:
        return np.tile(usual, (len(pool), 1))
    rest = np.maximum(1.0 - newcomer, 0.02)[:, :, None]
    change = (roots[:, LOOK:] / root(rest) - roots[:, :-LOOK]) / REACH
    begun = inside & (np.cumsum(inside, axis=1) > BURN)
    used = live[:, :reach] & begun[:, :reach, None] & live[:, -1:, :]
    first, second = (np.where(used, part[:, :reach], 0.0) for part in slopes)
    moments = [_pooled(a * b, pool) for a, b in ((first, first), (first, second), (second, second))]
    cross = np.stack([_pooled(part * change, pool) for part in (first, second)], axis=-1)
    square = np.stack([moments[0], moments[1], moments[1], moments[2]], axis=-1).reshape(-1, 2, 2)
    prior = square * (DOUBT / np.maximum(_pooled(used.astype(np.float64), pool), 1.0))[:, None, None] + TINY * np.eye(2)
    found = np.linalg.solve(square + prior, (cross + prior @ usual)[:, :, None])[:, :, 0]
    return np.asarray(np.clip(found, FLOOR, CEILING)[pool])


def _pooled(values: Array, pool: Integers) -> Array:
    """Return sums over periods, categories and series of each pool, shape (pools,)."""
    sums = np.bincount(pool, values.sum(axis=2).sum(axis=1), int(pool.max()) + 1)
    return np.asarray(sums, dtype=np.float64)
