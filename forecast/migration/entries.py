"""Entries: how categories that entered a pool in sight went on, as a guide for those that entered lately."""

from __future__ import annotations

from typing import Final

import numpy as np

from shiftcast.features.arrays import Array, Flags, Integers
from shiftcast.features.share_grid import AHEAD
from shiftcast.forecast.migration.analogues import BURN

OLDEST: Final = 12  # periods since its entry up to which a category is compared with earlier entries
NEAR: Final = 0.15  # distance of roots at which an earlier entry counts half [share^(1/3)]
STILL: Final = 1.0  # entries without a change that are added to the mean
MOST: Final = 400  # entries of a pool compared with, newest first, so that cost stays linear


def entry_changes(roots: Array, live: Flags, inside: Flags, pool: Integers) -> Array:
    """Return by how much earlier entries of the pool changed from the age and near the level of each young category.

    An entry is a category that appeared after the first ``BURN`` periods of its series. Means over entries that are
    older, weighed by 1 / (1 + (distance of roots at the same age / ``NEAR``)^2), with one entry of no change added.

    Parameters
    ----------
    roots
        Cube roots of the shares [share^(1/3)], shape (N, T, K).
    live
        Whether a category had appeared by a period, shape (N, T, K).
    inside
        Whether a period lies in the series' history, shape (N, T).
    pool
        Pool numbers, shape (N,).

    Returns
    -------
    ndarray, shape (N, 12, K)
        Change 1 to 12 periods ahead [share^(1/3)]; zero for categories that entered more than 12 periods ago, or out
        of sight. Beyond the reach of the earlier entries the change stays.

    Examples
    --------
    >>> old, young = np.r_[np.zeros(4), 0.1, 0.3, 0.5, 0.7], np.r_[np.zeros(7), 0.1]
    >>> roots = np.stack([old, young], axis=1)[None]
    >>> whole = np.ones((1, 8), bool)
    >>> entry_changes(roots, np.cumsum(roots, axis=1) > 0, whole, np.array([0]))[0, :4, 1].round(2).tolist()
    [0.1, 0.2, 0.3, 0.3]
    """
    periods = roots.shape[1]
    out = np.zeros((len(roots), AHEAD, roots.shape[2]))
    entered = periods - live.sum(axis=1)  # first period in which a category lives
    seen = np.take_along_axis(np.cumsum(inside, axis=1), np.minimum(entered, periods - 1)[:, :], axis=1) > BURN
    seen &= live[:, -1] & (entered > 0)
    for number in np.unique(pool[seen.any(axis=1)]):
        series, column = np.nonzero(seen & (pool == number)[:, None])
        starts = entered[series, column]
        order = np.argsort(-starts, kind="stable")[:MOST]
        series, column, starts = series[order], column[order], starts[order]
        at = np.arange(periods)[None, :] + starts[:, None]
        paths = np.where(at < periods, roots[series[:, None], np.minimum(at, periods - 1), column[:, None]], np.nan)
        young = periods - 1 - starts <= OLDEST
        for row, k, age in zip(series[young], column[young], (periods - 1 - starts)[young], strict=True):
            out[row, :, k] = _mean_change(paths, int(age), float(roots[row, -1, k]))
    return out


def _mean_change(paths: Array, age: int, level: float) -> Array:
    """Return the weighted mean change from an age of the entries that went further, shape (12,)."""
    further = paths[:, age + 1 : age + 1 + AHEAD]
    out = np.zeros(AHEAD)
    if not further.size:
        return out
    known = ~np.isnan(further)
    weight = known / (1.0 + ((paths[:, [age]] - level) / NEAR) ** 2)
    total = np.nansum(weight * (further - paths[:, [age]]), axis=0)
    out[: further.shape[1]] = total / (np.nansum(weight, axis=0) + STILL)
    reach = int(np.count_nonzero(known.any(axis=0)))
    out[reach:] = out[reach - 1] if reach else 0.0
    return out
