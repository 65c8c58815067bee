"""Histories on the working scale and the rolling origins that members forecast from.

The last origin is the present; the others serve to weight and calibrate members. A member may use nothing at or beyond
the column of an origin for the path it draws from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array, Flags, Integers
from shiftcast.features.panel import Panel
from shiftcast.forecast.volume.dependence import between
from shiftcast.forecast.volume.scale import BEND, Scale, recent_scale

ORIGINS: Final = 30  # rolling origins with every step known; more change little
LEAST: Final = 5  # values a series needs before an origin counts for it
_CAP: Final = 4.0  # deviations at which an error is clipped where series are compared
_HOLDS: Final = 1.5  # seasons a history must span for the season to be modelled


@dataclass(frozen=True)
class Past:
    """Histories and origins.

    Attributes
    ----------
    panel
        The panel they come from.
    scale
        Working scale (asinh) of each series.
    z
        Histories on the working scale, shape (series, time); gaps filled from before, NaN before a series starts.
    actual
        The same with NaN in gaps as well: the actuals that errors are measured against.
    start
        Column of each series' first value, shape (series,).
    origins
        Number of columns known at each origin, shape (origins,), ascending; the last is the whole history.
    seasons
        Season lengths that the history is long enough for [period], the shortest first.
    horizon
        Periods ahead.
    """

    panel: Panel
    scale: Scale
    z: Array
    actual: Array
    start: Integers
    origins: Integers
    seasons: tuple[int, ...]
    horizon: int

    @property
    def steps(self) -> Integers:
        """Steps ahead, 1 to ``horizon``, shape (horizon,)."""
        return np.arange(1, self.horizon + 1)

    @cached_property
    def flat(self) -> Array:
        """Histories with each first value carried back to the first column, shape (series, time)."""
        first = self.z[np.arange(len(self.z)), np.minimum(self.start, self.z.shape[1] - 1)]
        return np.where(np.isnan(self.z), first[:, None], self.z)

    @cached_property
    def growth(self) -> float:
        """Return the mean change a period of the group over its root mean square, from nought to one [1]."""
        changes = np.diff(self.actual, axis=1)
        square = np.nanmean(changes**2) if np.isfinite(changes).any() else 0.0
        return float(abs(np.nanmean(changes)) / np.sqrt(square)) if square > 0 else 0.0

    @cached_property
    def swing(self) -> float:
        """Return how far apart values a season apart are, over those half a season apart; nought without a season.

        One for noise around a level, the root of two for a random walk, less where the season is felt [1].
        """
        if not self.seasons:
            return 0.0
        season = self.seasons[0]
        whole, half = (
            np.nansum((self.actual[:, season:] - self.actual[:, season - lag : -lag]) ** 2)
            for lag in (season, -(-season // 2))
        )
        return float(np.sqrt(whole / half)) if half > 0 else 0.0

    def known_by(self, origin: int) -> Flags:
        """Return the outcomes of the rolling origins that are known at an origin.

        Parameters
        ----------
        origin
            Number of columns known.

        Returns
        -------
        ndarray, shape (origins, horizon)
            True where the step lies in the columns known.
        """
        return np.asarray(self.origins[:, None] + self.steps <= origin)

    def outcomes(self) -> Array:
        """Return the actuals after each origin; NaN where not known.

        Origins at which a series had fewer than five values are left out for it.

        Returns
        -------
        ndarray, shape (series, origins, horizon)
            On the working scale.
        """
        ahead = np.pad(self.actual, ((0, 0), (0, self.horizon)), constant_values=np.nan)
        actual = ahead[:, self.origins[:, None] + self.steps - 1]
        enough = self.origins - self.start[:, None] >= LEAST
        return np.where(enough[:, :, None], actual, np.nan)

    def telling(self) -> Flags:
        """Return which outcomes say how volumes vary: not those from before a series began to move or after it ceased.

        A stretch that stood still between others that moved is of the series' ways, and tells them.

        Returns
        -------
        ndarray, shape (series, origins, horizon)
            False where nothing changed from a season, or ten periods, before the origin to the outcome, and since
            the first value or until the last one.
        """
        season = self.seasons[0] if self.seasons else 1
        same = np.zeros_like(self.flat, dtype=np.int64)
        for column in range(1, same.shape[1]):
            same[:, column] = np.where(self.flat[:, column] == self.flat[:, column - 1], same[:, column - 1] + 1, 0)
        moved = same == 0
        moved[:, 0] = False
        inner = np.logical_or.accumulate(moved, axis=1) & np.logical_or.accumulate(moved[:, ::-1], axis=1)[:, ::-1]
        at = self.origins[:, None] + self.steps - 1
        ahead, between = (np.pad(each.astype(np.int64), ((0, 0), (0, self.horizon)))[:, at] for each in (same, inner))
        before = np.minimum(self.origins - self.start[:, None], max(season, 2 * LEAST))
        return np.asarray((between > 0) | (ahead < before[:, :, None] + self.steps - 1))

    def windows(self, errors: Array) -> Array:
        """Return how many windows that do not overlap the errors of each series amount to.

        Parameters
        ----------
        errors
            Rolling-origin errors, shape (series, origins, horizon); NaN where not known.

        Returns
        -------
        ndarray, shape (series,)
            Half a horizon apart counts as independent; at least one [1].
        """
        apart = np.diff(self.origins).mean() if len(self.origins) > 1 else 1.0
        seen = np.isfinite(errors).sum(axis=(1, 2)) / self.horizon
        return np.asarray(np.maximum(seen * min(1.0, 2 * float(apart) / self.horizon), 1.0))

    def independent(self, standard: Array, first: int) -> float:
        """Return how many independent windows the standardised errors from an origin on amount to.

        Parameters
        ----------
        standard
            Errors over their deviation, shape (series, origins, horizon); NaN where not known.
        first
            Number of that origin.

        Returns
        -------
        float
            Horizons that fit between it and the last, times the series that move independently of each other [1].
        """
        along = float(self.origins[-1] - self.origins[first]) / self.horizon
        number = len(standard)
        seen = np.isfinite(standard)
        lean = np.where(seen, standard, 0.0).sum(axis=(0, 1)) / np.maximum(seen.sum(axis=(0, 1)), 1)
        standard = standard - lean  # what a forecast misses each time is no shock that series share
        return along * number / (1 + (number - 1) * between(np.clip(standard, -_CAP, _CAP)))


Member = Callable[[Past], Array]
"""A point member: a past in, median paths on the working scale out, shape (series, origins, horizon)."""


def look_back(panel: Panel, horizon: int, *, bend: float = BEND, origins: int = ORIGINS) -> Past:
    """Return the histories of a panel on the working scale, with their rolling origins.

    Parameters
    ----------
    panel
        Series of one frequency, each with a value, shape (series, time).
    horizon
        Periods ahead.
    bend
        Multiple of the recent mean at which the working scale turns logarithmic
        (:func:`forecast.volume.scale.recent_scale`).
    origins
        Number of rolling origins with every step known; fewer where the history is short.

    Returns
    -------
    Past

    Examples
    --------
    >>> from shiftcast.features.panel import panels
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"series": "a", "period_end": pd.date_range("2020", periods=40, freq="ME"), "value": 2.0})
    >>> past = look_back(panels(rows)[0][0], 6, origins=4)
    >>> past.origins.tolist(), past.seasons
    ([26, 28, 30, 32, 34, 36, 38, 40], (12,))
    """
    length = panel.values.shape[1]
    longest = int(length - panel.start.min())
    seasons = tuple(each for each in panel.seasons if longest >= _HOLDS * each)
    season = seasons[0] if seasons else 1
    scale = recent_scale(panel.values, season, bend=bend)
    z = scale.forward(panel.values)
    past = Past(panel, scale, _filled(z, panel.start, season), z, panel.start, np.array([length]), seasons, horizon)
    return replace(past, origins=_origins(length, longest, season, horizon, origins))


def _origins(length: int, longest: int, season: int, horizon: int, whole: int) -> Integers:
    """Return evenly spaced origins, the last at the end, none before two seasons or half of the longest history."""
    first = length - longest + min(max(2 * season, 2 * LEAST), longest // 2)
    step = max(1, min(horizon // 2, (length - first) // (2 * whole)))
    number = whole + -(-horizon // step)
    back = length - step * np.arange(number + 1)
    return np.asarray(back[(back >= max(first, 1)) | (back == length)][::-1], dtype=np.int64)


def _filled(z: Array, start: Integers, season: int) -> Array:
    """Return the histories with gaps filled from a season before, or from the period before: never from later."""
    out = z.copy()
    rows, columns = np.nonzero(np.isnan(z) & (np.arange(z.shape[1]) > start[:, None]))
    for column in np.unique(columns):
        gap = rows[columns == column]
        back = np.where(column - season >= start[gap], season, 1)
        out[gap, column] = out[gap, column - back]
    return out
