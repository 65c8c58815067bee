"""State of share paths at the origin: slopes, variances, ages and pool means in root space, as members use them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array, Flags
from shiftcast.features.share_grid import SharePanel
from shiftcast.forecast.migration.analogues import newcomers, persistence
from shiftcast.forecast.migration.entries import entry_changes
from shiftcast.forecast.migration.leaders import leader_changes
from shiftcast.forecast.migration.noise import drift, pooled_variances
from shiftcast.forecast.migration.smoothing import smoothed_roots
from shiftcast.forecast.migration.transforms import root

HALF_LIVES: Final = (1, 4, 8, 16)  # periods


@dataclass(frozen=True)
class PathState:
    """State of the paths of one panel; N series, T periods, K categories.

    Attributes
    ----------
    panel
        The histories.
    roots
        Cube roots of the shares with counting noise filtered out [share^(1/3)], shape (N, T, K), zero where there is
        none.
    live
        Whether a category had appeared by a period, shape (N, T, K).
    slopes
        Mean step of the root by half-life [share^(1/3)/period], each shape (N, K).
    neighbours
        Mean slope of the same category in the pool's other series [share^(1/3)/period], half-life 4, shape (N, K).
    age
        Steps since the category appeared [period], shape (N, K).
    peak
        Highest root so far [share^(1/3)], shape (N, K).
    persistence
        Persistence of the newest step and of the slope in the pool's past [1], shape (N, 2).
    own, kin, pooled
        Variance of one step of the category, its series and its pool [share^(2/3)], each shrunk to the next, shape (N,
        K).
    drift
        How far steps of the pool go on in one direction [1], shape (N,).
    newcomer
        Share held h periods later by categories new since a period [1], 12 arrays of shape (N, T - h).
    counting
        Counting variance left in the last root [share^(2/3)], shape (N, K).
    led, lag
        Change of the roots of leaders after the matching date [share^(1/3)], shape (N, 12, K), and the lag of the
        series behind them [period], shape (N,); NaN where no series leads.
    entries
        Change of the roots of earlier entries from the age of a young category [share^(1/3)], shape (N, 12, K).
    """

    panel: SharePanel
    roots: Array
    live: Flags
    slopes: dict[int, Array]
    neighbours: Array
    age: Array
    peak: Array
    persistence: Array
    own: Array
    kin: Array
    pooled: Array
    drift: Array
    newcomer: tuple[Array, ...]
    counting: Array
    led: Array
    lag: Array
    entries: Array

    @property
    def last(self) -> Array:
        """Roots at the origin [share^(1/3)], shape (N, K)."""
        return self.roots[:, -1]

    @property
    def present(self) -> Flags:
        """True for categories that have appeared by the origin, shape (N, K)."""
        return self.live[:, -1]


def path_state(panel: SharePanel) -> PathState:
    """Return the state of the paths of a panel at its last period.

    Parameters
    ----------
    panel
        Histories of shares on one grid.

    Returns
    -------
    PathState

    Examples
    --------
    >>> from shiftcast.features.share_grid import share_panels
    >>> from shiftcast.features.shares import check_share_rows
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"series": "s", "period_end": ["2023", "2024", "2023", "2024"],
    ...                       "category": ["a", "a", "b", "b"], "value": [1.0, 1.0, 0.0, 7.0]})
    >>> path_state(next(share_panels(check_share_rows(frame)))).last.round(3).tolist()
    [[0.5, 0.956]]
    """
    shares = np.nan_to_num(panel.shares)
    inside = ~np.isnan(panel.shares)
    live = (np.maximum.accumulate(shares > 0, axis=1) | (panel.seen[:, None, :] & _late(panel))) & inside
    roots, counting = smoothed_roots(root(shares), panel.sizes, live)
    steps, whole = np.diff(roots, axis=1), live[:, 1:] & inside[:, :-1]
    slopes = {life: _slope(steps, whole, life) for life in HALF_LIVES}
    slopes_then = (slopes_by_period(steps, whole, 1), slopes_by_period(steps, whole, 4))
    newcomer = newcomers(shares, live)
    own, kin, pooled = pooled_variances(steps, whole, panel.pool, np.asarray(counting))
    led, lag = leader_changes(roots, panel, pooled[:, 0])
    return PathState(
        panel=panel,
        roots=roots,
        live=live,
        slopes=slopes,
        neighbours=_neighbours(slopes[4], live[:, -1], panel),
        age=whole.sum(axis=1).astype(np.float64),
        peak=roots.max(axis=1),
        persistence=persistence(roots, live, inside[:, :, 0], slopes_then, newcomer[3], panel.pool),
        own=own,
        kin=kin,
        pooled=pooled,
        drift=drift(roots, live, panel.pool),
        newcomer=newcomer,
        counting=counting,
        led=led,
        lag=lag,
        entries=entry_changes(roots, live, inside[:, :, 0], panel.pool),
    )


def _late(panel: SharePanel) -> Flags:
    """Mark the last period: a category seen only before the window is known at the origin."""
    late = np.zeros((1, panel.shares.shape[1], 1), dtype=bool)
    late[:, -1] = True
    return late


def _slope(steps: Array, whole: Flags, life: int) -> Array:
    """Return the mean step, newest weighing most, pulled to zero by half a step, shape (N, K)."""
    weight = 0.5 ** (np.arange(steps.shape[1])[::-1] / life)[None, :, None] * whole
    return np.asarray((weight * steps).sum(axis=1) / (weight.sum(axis=1) + 0.5))


def slopes_by_period(steps: Array, whole: Flags, life: int) -> Array:
    """Return the slope as of every period: the weighted mean step, shrunk to zero by half a step.

    Parameters
    ----------
    steps
        Steps of the root [share^(1/3)], shape (N, T - 1, K).
    whole
        Whether a step has both ends, the same shape.
    life
        Half-life of the weights [period].

    Returns
    -------
    ndarray, shape (N, T, K)
        Slope [share^(1/3)/period]; zero at the first period.

    Examples
    --------
    >>> slopes_by_period(np.ones((1, 2, 1)), np.ones((1, 2, 1), bool), 4)[0, :, 0].round(3).tolist()
    [0.0, 0.667, 0.786]
    """
    count, periods, width = steps.shape[0], steps.shape[1] + 1, steps.shape[2]
    out, top, bottom = np.zeros((count, periods, width)), np.zeros((count, width)), np.zeros((count, width))
    keep = 0.5 ** (1.0 / life)
    for t in range(1, periods):
        top = top * keep + np.where(whole[:, t - 1], steps[:, t - 1], 0.0)
        bottom = bottom * keep + whole[:, t - 1]
        out[:, t] = top / (bottom + 0.5)
    return out


def _neighbours(slope: Array, present: Flags, panel: SharePanel) -> Array:
    """Return the slope of the same category in the pool's other series, shape (N, K).

    The mean with one series of no slope added: where there is no other series there is nothing to borrow.
    """
    names: dict[tuple[int, str], int] = {}
    code = np.zeros(slope.shape, dtype=np.int64)
    for i, (pool, row) in enumerate(zip(panel.pool, panel.categories, strict=True)):
        for k, name in enumerate(row):
            code[i, k] = names.setdefault((int(pool), name), len(names))
    total = np.bincount(code[present], slope[present], len(names))
    count = np.bincount(code[present], minlength=len(names))
    others = np.maximum(count[code] - 1, 0)
    return np.asarray(np.where(present, (total[code] - slope) / (others + 1.0), 0.0))
