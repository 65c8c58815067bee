"""Emergence: how much the next generation, declared or not yet named, takes from those that exist.

The pool's own past answers first: at each past origin, what did categories not yet seen hold h periods later?
What other histories learned stands in where the past is short.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.share_grid import AHEAD
from shiftcast.forecast.migration.analogues import BURN
from shiftcast.forecast.migration.learned import Learned
from shiftcast.forecast.migration.state import PathState

LEVELS: Final[Array] = np.array([0.0, *np.linspace(0.01, 0.99, 50).round(4), 1.0])  # of the quantiles kept

MOST: Final = 0.98  # of everything that newcomers can take


def past_newcomers(state: PathState, pool: int, ahead: int) -> tuple[Array, float]:
    """Return shares of newcomers ``ahead`` periods after past origins of a pool, and the number of origins.

    Origins in the first ``BURN`` periods of a history are left out: what was already there looks new.
    """
    rows = np.flatnonzero(state.panel.pool == pool)
    inside = ~np.isnan(state.panel.shares[rows][:, :, 0])
    reach = max(inside.shape[1] - ahead, 0)
    used = (np.cumsum(inside, axis=1) > BURN)[:, :reach]
    return state.newcomer[ahead - 1][rows][used], float(np.count_nonzero(used.any(axis=0)))


def newcomer_quantiles(state: PathState, learned: Learned) -> dict[int, Array]:
    """Return quantiles at ``LEVELS`` of the newcomers' share by pool, each shape (12, levels).

    Past origins of the pool and the learned quantiles are mixed by the number of origins against
    ``newcomer_doubt``. Both ways non-decreasing: over levels, and over periods ahead (what came stays).
    """
    prior = np.asarray(learned.newcomer)
    out = {}
    for pool in np.unique(state.panel.pool):
        table = np.zeros((AHEAD, len(LEVELS)))
        for ahead in range(1, AHEAD + 1):
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
    """Return the newcomers' share along the path of each draw [share], shape (draws, horizon).

    One rank a draw holds over all periods ahead: who comes early comes big. Past 12 periods the last stays.

    Examples
    --------
    >>> newcomer_paths(np.outer(np.arange(1.0, 13.0), LEVELS) / 12, np.array([0.5]), 2).round(3).tolist()
    [[0.042, 0.083]]
    """
    known = min(horizon, AHEAD)
    paths = np.stack([np.interp(ranks, LEVELS, quantiles[h]) for h in range(known)], axis=1)
    rest = np.repeat(paths[:, -1:], horizon - known, axis=1)
    return np.asarray(np.clip(np.concatenate([paths, rest], axis=1), 0.0, MOST))
