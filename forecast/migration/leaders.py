"""Leading series of a pool: those whose past path matches a follower's recent one best, at some lag.

Where a segment follows another (sovereign clouds after hyperscale), the leader's path since the matching date is the
follower's forecast, for as long as the lag.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from shiftcast.features.arrays import Array, Integers
from shiftcast.features.share_grid import SharePanel

LAGS: Final = np.arange(1, 13)  # periods a follower may be behind
WINDOW: Final = 6  # last periods over which paths are matched
LEADERS: Final = 24  # series of a pool that may lead, so that cost stays linear
AHEAD: Final = 12
BETTER: Final = 0.5  # squared distance at a lag, over that without one, below which a series leads
PARTNER: Final = 1.0  # leaders of no change added to the mean, which shrink it


def leader_changes(roots: Array, panel: SharePanel, variance: Array) -> tuple[Array, Array]:
    """Return the change of roots of the leaders after the matching date, and the lag.

    Parameters
    ----------
    roots
        Roots, shape (N, T, K), zero before a series begins.
    panel
        The histories; series of a pool that end on the same day are compared, categories by name.
    variance
        Variance of one step of the pool [share^(2/3)], shape (N,): the distance at which a match counts half.

    Returns
    -------
    tuple of ndarray, shapes (N, 12, K) and (N,)
        Changes [share^(1/3)] are means over leaders weighted by match, with one leader of no change added; the lag
        [period] is the mean one, NaN where no series leads.
    """
    changes, lags = np.zeros((len(roots), AHEAD, roots.shape[2])), np.full(len(roots), np.nan)
    ends = np.array([days[-1] for days in panel.recent])
    begun = (~np.isnan(panel.shares[:, :, 0])).argmax(axis=1)
    for pool in np.unique(panel.pool):
        for end in np.unique(ends[panel.pool == pool]):
            rows = np.flatnonzero((panel.pool == pool) & (ends == end))
            if len(rows) > 1 and roots.shape[1] > WINDOW + 1:
                paths, codes = _aligned(roots, panel, rows)
                found, lag = _matched(paths, begun[rows], float(variance[rows[0]]))
                for place, row in enumerate(rows):
                    columns = codes[place]
                    changes[row, :, : len(columns)] = found[place][:, columns]
                lags[rows] = lag
    return changes, lags


def _aligned(roots: Array, panel: SharePanel, rows: Integers) -> tuple[Array, list[list[int]]]:
    """Return paths with one column a category name, shape (S, T, C), and the columns of each series."""
    names: dict[str, int] = {}
    codes = [[names.setdefault(name, len(names)) for name in panel.categories[row]] for row in rows]
    paths = np.zeros((len(rows), roots.shape[1], len(names)))
    for place, (row, columns) in enumerate(zip(rows, codes, strict=True)):
        paths[place][:, columns] = roots[row][:, : len(columns)]
    return paths, codes


def _matched(paths: Array, begun: Integers, variance: float) -> tuple[Array, Array]:
    """Return changes, shape (S, 12, C), and mean lags, shape (S,), of followers of one pool."""
    count, periods, width = paths.shape
    chosen = np.unique(np.linspace(0, count - 1, min(count, LEADERS)).round().astype(int))
    leaders = paths[chosen]
    distance = np.full((len(LAGS) + 1, count, len(chosen)), np.inf)
    for place, lag in enumerate((0, *LAGS)):
        start = periods - WINDOW - lag
        if start >= 0:
            apart = paths[:, None, periods - WINDOW :] - leaders[None, :, start : periods - lag]
            known = (begun[chosen] <= start)[None, :] & (begun <= periods - WINDOW)[:, None]
            distance[place] = np.where(known, (apart**2).mean(axis=2).sum(axis=2), np.inf)
    best = distance[1:].argmin(axis=0)
    near = np.take_along_axis(distance[1:], best[None], axis=0)[0]
    led = (near < BETTER * distance[0]) & (np.arange(count)[:, None] != chosen[None, :])
    weight = np.where(led, variance / (variance + np.where(led, near, 0.0)), 0.0)
    total = weight.sum(axis=1)
    changes = np.zeros((count, AHEAD, width))
    for place, lag in enumerate(LAGS):
        here = np.where(best == place, weight, 0.0)
        since = periods - 1 - lag + np.minimum(np.arange(1, AHEAD + 1), lag)
        if periods - 1 - lag >= 0 and here.any():
            moved = leaders[:, since] - leaders[:, [periods - 1 - lag]]
            changes += (here[:, :, None, None] * moved[None]).sum(axis=1)
    lag = np.where(total > 0, (weight * LAGS[best]).sum(axis=1) / np.maximum(total, 1e-12), np.nan)
    return changes / (total + PARTNER)[:, None, None], lag
