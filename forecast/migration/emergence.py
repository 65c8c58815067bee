"""Emergence: the share that the next generation, declared or unnamed, takes from the existing categories.

The pool's own past comes first: the share that categories not yet seen at a past origin held h periods later. Quantiles
learned on reference histories stand in where the past is short.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.forecast.migration.analogues import BURN, HORIZONS
from shiftcast.forecast.migration.learned import Learned
from shiftcast.forecast.migration.state import PathState

LEVELS: Final[Array] = np.array([0.0, *np.linspace(0.01, 0.99, 50).round(4), 1.0])  # levels of the quantiles stored

MOST: Final = 0.98  # largest share of newcomers, so that existing categories keep one


def past_newcomers(state: PathState, pool: int, ahead: int) -> tuple[Array, float]:
    """Return shares of newcomers ``ahead`` periods after past origins of a pool, and the number of origins.

    Origins in the first ``BURN`` periods of a history are left out, since every category is new at its start.

    Parameters
    ----------
    state
        Paths of a panel up to the origin.
    pool
        Number of the pool.
    ahead
        Periods after the past origin, 1 to 12.

    Returns
    -------
    tuple of ndarray, shape (cases,), and float
        Shares [1] of the series and origins, and the number of distinct origins.
    """
    rows = np.flatnonzero(state.panel.pool == pool)
    inside = ~np.isnan(state.panel.shares[rows][:, :, 0])
    reach = max(inside.shape[1] - ahead, 0)
    used = (np.cumsum(inside, axis=1) > BURN)[:, :reach]
    return state.newcomer[ahead - 1][rows][used], float(np.count_nonzero(used.any(axis=0)))


def newcomer_quantiles(state: PathState, learned: Learned) -> dict[int, Array]:
    """Return quantiles of the newcomers' share by pool.

    Past origins of the pool and the learned quantiles are mixed, weighted by the number of origins against
    ``newcomer_doubt``. Non-decreasing over levels and over periods ahead, since what has emerged stays.

    Parameters
    ----------
    state
        Paths of a panel up to the origin.
    learned
        Learned quantiles and the number of origins they count for.

    Returns
    -------
    dict of int to ndarray, each of shape (12, levels)
        Pool to quantiles at ``LEVELS`` [share].
    """
    prior = np.asarray(learned.newcomer)
    out = {}
    for pool in np.unique(state.panel.pool):
        table = np.zeros((HORIZONS, len(LEVELS)))
        for ahead in range(1, HORIZONS + 1):
            shares, origins = past_newcomers(state, int(pool), ahead)
            table[ahead - 1] = _mixed(shares, origins, prior[ahead - 1], learned.newcomer_doubt)
        out[int(pool)] = np.maximum.accumulate(table, axis=0)
    return out


def _mixed(shares: Array, origins: float, prior: Array, doubt: float) -> Array:
    """Return quantiles at ``LEVELS`` of the mixture of past shares and the learned quantiles."""
    if not shares.size:
        return prior
    values = np.r_[shares, prior]
    weight = np.r_[np.full(shares.size, origins / shares.size), np.full(prior.size, doubt / prior.size)]
    order = np.argsort(values, kind="stable")
    middle = np.cumsum(weight[order]) - 0.5 * weight[order]
    return np.asarray(np.interp(LEVELS, middle / weight.sum(), values[order]))


def newcomer_paths(quantiles: Array, ranks: Array, horizon: int) -> Array:
    """Return the newcomers' share along the path of each draw.

    One rank a draw holds over all periods ahead: an early newcomer is also a large one. Past 12 periods the last stays.

    Parameters
    ----------
    quantiles
        Quantiles at ``LEVELS`` by period ahead [share], shape (12, levels).
    ranks
        Rank of each draw [1], in [0, 1], shape (draws,).
    horizon
        Periods ahead.

    Returns
    -------
    ndarray, shape (draws, horizon)
        Shares [1], at most 0.98.

    Examples
    --------
    >>> newcomer_paths(np.outer(np.arange(1.0, 13.0), LEVELS) / 12, np.array([0.5]), 2).round(3).tolist()
    [[0.042, 0.083]]
    """
    known = min(horizon, HORIZONS)
    paths = np.stack([np.interp(ranks, LEVELS, quantiles[h]) for h in range(known)], axis=1)
    rest = np.repeat(paths[:, -1:], horizon - known, axis=1)
    return np.asarray(np.clip(np.concatenate([paths, rest], axis=1), 0.0, MOST))
