"""A limit as a path: rows of several sources and periods pooled quarter by quarter, carried by their growth.

Reference: Clemen and Winkler (1999), Combining probability distributions from experts in risk analysis, for the moments
of a linear pool.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import logit

from shiftcast.features.arrays import Array
from shiftcast.features.frames import Ceilings, DataFrame
from shiftcast.features.input_error import InputError
from shiftcast.features.units import convert
from shiftcast.forecast.draws import Z90

_SCALES: Final = {"flow": np.log, "growth": np.log1p, "part": logit}
_STEP: Final = 0.25  # years between the points at which growth is added up
_EXACT: Final = 1e-6  # spread of a row that states none


@dataclass(frozen=True)
class Said:
    """What rows of one kind say, on the scale of their kind: log of a flow, log1p of a growth, logit of a part.

    Attributes
    ----------
    middle, below, above
        Median, and standard deviation below and above it, shape (rows,).
    start, end
        First and last moment that each row speaks of [year], shape (rows,).
    """

    middle: Array
    below: Array
    above: Array
    start: Array
    end: Array

    @property
    def variance(self) -> Array:
        """Mean variance of each row, shape (rows,)."""
        return np.asarray((self.below**2 + self.above**2) / 2)


@dataclass(frozen=True)
class Path:
    """A pooled path on the scale of its rows.

    Attributes
    ----------
    middle, below, above
        Median, and standard deviation below and above it, shape (times,).
    weights
        Weight of each row at each time [1], shape (rows, times); they add up to one at each.
    """

    middle: Array
    below: Array
    above: Array
    weights: Array

    def draws(self, z: Array) -> Array:
        """Return a smooth path a draw: the same standard normal at all times.

        Parameters
        ----------
        z
            Standard normals, shape (draws,).

        Returns
        -------
        ndarray, shape (draws, times)
            On the scale of the rows.
        """
        each = z[:, None]
        return np.asarray(self.middle + each * np.where(each < 0, self.below, self.above))


def years(days: pd.DatetimeIndex) -> Array:
    """Return days as years since 2000 [year], shape (days,)."""
    return np.asarray((days - pd.Timestamp("2000-01-01", tz="UTC")).days.to_numpy(dtype=np.float64) / 365.25)


def read_rows(rows: DataFrame[Ceilings], applies: str, unit: str) -> Said:
    """Return what the rows of one kind say.

    Parameters
    ----------
    rows
        Ceilings of one limit and kind.
    applies
        ``flow, growth`` or ``part``. A year's growth is over the year before, so it is of half a year earlier.
    unit
        Unit to read them in.

    Returns
    -------
    Said
        In the order of the rows.

    Raises
    ------
    ValueError
        If low, mid and high of a row do not rise or do not fit its scale, or its unit measures another thing.
    """
    factor = np.array([convert(1.0, each, unit) for each in rows["unit"]])
    with np.errstate(all="ignore"):
        points = _SCALES[applies](rows[["low", "mid", "high"]].to_numpy(dtype=np.float64) * factor[:, None])
    fits = np.isfinite(points).all(axis=1) & (np.diff(points, axis=1) >= 0).all(axis=1)
    if not fits.all():
        row = rows.iloc[int(np.argmin(fits))]
        raise InputError(
            f"ceilings.csv: {row['name']} {applies} of {row['source']!r}: low {row['low']:g}, mid {row['mid']:g}, high "
            f"{row['high']:g} {row['unit']} must rise and fit the scale of a {applies}; correct the row"
        )
    shift = 0.5 if applies == "growth" else 0.0
    ends = pd.DatetimeIndex(rows["period_end"]) + pd.Timedelta(days=1)
    spread = np.maximum(np.diff(points, axis=1) / Z90, _EXACT)
    start = years(pd.DatetimeIndex(rows["period_start"])) - shift
    return Said(points[:, 1], spread[:, 0], spread[:, 1], start, years(ends) - shift)


def nearest_path(said: Said, times: Array) -> Path:
    """Return at each time the pool of the rows whose period holds it, or of those nearest to it where none does.

    Weights are the precisions of the rows. The pool has the moments of a mixture of the rows, mean sum w m and variance
    sum w (s^2 + (m - mean)^2): sources that agree do not narrow it, since they heard the same, and sources that differ
    widen it.

    Parameters
    ----------
    said
        Rows of one kind.
    times
        Moments [year], shape (times,).

    Returns
    -------
    Path

    Examples
    --------
    >>> of = np.array
    >>> said = Said(of([0.0, 1.0]), of([0.1, 0.1]), of([0.1, 0.1]), of([20.0, 20.0]), of([21.0, 21.0]))
    >>> path = nearest_path(said, of([25.0]))
    >>> float(path.middle[0]), round(float(path.above[0]), 3)
    (0.5, 0.51)
    """
    away = np.maximum(np.maximum(said.start[:, None] - times, times - said.end[:, None]), 0.0)
    near = away <= away.min(axis=0) + 1e-9
    still = np.zeros_like(away)
    return _pool(said, still, still, still, near / said.variance[:, None])


@dataclass(frozen=True)
class Growth:
    """Growth of a limit, added up from the first of its points on.

    Attributes
    ----------
    points
        Moments, shape (points,) [year].
    grown, below, above
        Growth since the first point [log], and its standard deviation downward and upward, shape (points,).
    """

    points: Array
    grown: Array
    below: Array
    above: Array

    def since(self, first: float, times: Array, z: Array) -> Array:
        """Return what a level grows by from one moment on.

        Parameters
        ----------
        first, times
            Moments [year]; ``times`` of shape (times,).
        z
            Standard normals, shape (draws,).

        Returns
        -------
        ndarray, shape (draws, times)
            Factor [1].
        """
        middle, below, above = (
            np.interp(times, self.points, each) - np.interp(first, self.points, each)
            for each in (self.grown, self.below, self.above)
        )
        return np.asarray(np.exp(middle + z[:, None] * np.where(z[:, None] < 0, below, above)))


def growth_of(flows: Said, growth: Said | None, times: Array) -> Growth:
    """Return the growth of a limit over all that its rows and the times span.

    The rate at a time is that of the growth rows nearest to it, so the last that is known goes on. Where no growth is
    known it is the slope of the flows over their periods with its standard error, and none if they have one period.

    Parameters
    ----------
    flows, growth
        Rows of the level, and of its growth in a year.
    times
        Moments that will be asked for [year], shape (times,).

    Returns
    -------
    Growth
    """
    if growth is None:
        growth = _slope(flows)
    first, last = min(times.min(), flows.start.min()), max(times.max(), flows.end.max())
    points = np.arange(first, last + _STEP, _STEP)
    rates = nearest_path(growth, points)
    return Growth(points, *(_added_up(each) for each in (rates.middle, rates.below, rates.above)))


def carried_path(flows: Said, growth: Growth, times: Array) -> Path:
    """Return the pooled level: every row speaks for every time, carried there from the middle of its period by growth.

    A row's weight is 1 / (s^2 + g^2), s its spread and g the growth it was carried by beyond that of the row nearest
    to the time, so that rows about the time count most and pass over to each other smoothly. The pool is that of
    :func:`nearest_path`; the spread of growth since the row's period adds to its own, so that the path widens as it
    leaves them.

    Parameters
    ----------
    flows, growth
        Rows of the level, and its growth.
    times
        Moments [year], shape (times,).

    Returns
    -------
    Path
    """
    middle = (flows.start + flows.end) / 2
    moved, below, above = (
        np.interp(times, growth.points, each)[None, :] - np.interp(middle, growth.points, each)[:, None]
        for each in (growth.grown, growth.below, growth.above)
    )
    further = np.abs(moved) - np.abs(moved).min(axis=0)
    return _pool(flows, moved, below, above, 1 / (flows.variance[:, None] + further**2))


def _pool(said: Said, moved: Array, below: Array, above: Array, weights: Array) -> Path:
    """Return the moments of the mixture of rows that were moved, arrays of shape (rows, times)."""
    shares = weights / weights.sum(axis=0)
    at = said.middle[:, None] + moved
    middle = (shares * at).sum(axis=0)
    lower, upper = (
        np.sqrt((shares * (own[:, None] ** 2 + more**2 + (at - middle) ** 2)).sum(axis=0))
        for own, more in ((said.below, below), (said.above, above))
    )
    return Path(middle, lower, upper, shares)


def _added_up(rates: Array) -> Array:
    """Return the integral of yearly rates over the points, from zero."""
    return np.concatenate([[0.0], np.cumsum((rates[1:] + rates[:-1]) / 2 * _STEP)])


def _slope(flows: Said) -> Said:
    """Return the slope of the rows over the middles of their periods [1/year] as one row; zero for one period."""
    middle, sd = (flows.start + flows.end) / 2, np.sqrt(flows.variance)
    rate, error = 0.0, _EXACT
    if np.ptp(middle) > 0:
        offset, weight = middle - np.average(middle, weights=sd**-2), sd**-2
        error = float((weight * offset**2).sum()) ** -0.5
        rate = float((weight * offset * flows.middle).sum()) * error**2
    each = np.ones(1)
    return Said(rate * each, error * each, error * each, 0 * each, 0 * each)
