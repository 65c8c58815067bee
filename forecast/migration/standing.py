"""Standing: series whose shares have not moved at all wait, in each draw, for a period in which they move."""

from __future__ import annotations

from typing import Final

import numpy as np

from shiftcast.features.arrays import Array, Flags, Integers

SAME: Final = 1e-9  # change of a share that is rounding


def moving_chance(shares: Array, live: Flags, pool: Integers) -> Array:
    """Return the chance that a standing series moves in the next period; one where it moved in the last.

    Over periods of the pool after one without movement: (moved + 1/2) / (periods + 1), the estimate of Krichevsky and
    Trofimov. Histories of a single category count as moving: only a newcomer can move them.

    Parameters
    ----------
    shares
        Shares [1], shape (N, T, K), NaN outside a history.
    live
        Whether a category had appeared by a period, shape (N, T, K).
    pool
        Pool numbers, shape (N,).

    Returns
    -------
    ndarray, shape (N,)
        Chance [1/period].

    References
    ----------
    Krichevsky and Trofimov (1981), The performance of universal encoding, IEEE Transactions on Information Theory
    27(2).

    Examples
    --------
    >>> shares = np.array([[[0.5, 0.5]] * 8 + [[0.25, 0.75]] * 3])
    >>> moving_chance(shares, shares > 0, np.array([0])).round(3).tolist()
    [0.167]
    """
    if shares.shape[1] < 2:
        return np.ones(len(shares))
    still = np.max(np.abs(np.diff(np.nan_to_num(shares, nan=-1.0), axis=1)), axis=2) < SAME
    stood = still & (live.sum(axis=2) > 1)[:, 1:]
    wide = int(pool.max()) + 1
    periods = np.bincount(pool, stood[:, :-1].sum(axis=1), wide)
    moved = np.bincount(pool, (stood[:, :-1] & ~still[:, 1:]).sum(axis=1), wide)
    return np.asarray(np.where(stood[:, -1], ((moved + 0.5) / (periods + 1.0))[pool], 1.0))


def waited(paths: Array, last: Array, chance: float, random: np.random.Generator) -> Array:
    """Return paths that begin, in each draw, only after a geometric wait, and stand at the last value before.

    Parameters
    ----------
    paths
        Draws of shares from the first period ahead [1], shape (draws, H, K).
    last
        Shares at the origin [1], shape (K,).
    chance
        Chance to move in a period [1/period].
    random
        Random generator; it is advanced.

    Returns
    -------
    ndarray, shape (draws, H, K)
        Shares [1].

    Examples
    --------
    >>> waited(np.ones((1, 2, 1)), np.array([0.5]), 1e-9, np.random.default_rng(0)).ravel().tolist()
    [0.5, 0.5]
    """
    begin = np.arange(paths.shape[1])[None, :] - random.geometric(chance, (len(paths), 1)) + 1
    shifted = np.take_along_axis(paths, np.maximum(begin, 0)[:, :, None], axis=1)
    return np.asarray(np.where((begin < 0)[:, :, None], last, shifted))
