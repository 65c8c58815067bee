"""Spread that a history is too short to show: learned where the group allows it, else believed.

Intervals calibrated on the first half of the rolling origins are tried on the second. The factor by which they had to
be wider or narrower to hold 80 % is what calibration misses: weights chosen on few errors, growth that changes, windows
that overlap. Where a history holds too few windows for that, it is a belief that shrinks with its length.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.forecast.volume.calibrate import Calibration, steadied
from shiftcast.forecast.volume.past import Past

Calibrate = Callable[[Array, Array], Calibration]
_HELD: Final = 0.8  # what the intervals tried are to hold
_LIMIT: Final = 4.0  # factor beyond which a trial says that it was too small
_FEWEST: Final = 20  # errors of a trial from which a factor is read
_BELIEVED: Final = 4.0  # windows that a belief in the growth of spread counts for
_TINY: Final = 1e-9


@dataclass(frozen=True)
class Short:
    """Beliefs about histories that cannot show their own spread; each is without effect where left out.

    Attributes
    ----------
    period
        Deviation of one value around the level of a series that has fewer than five [log].
    saturated
        Deviation of the log of demand above a capacity that it was never seen below [log].
    near, far, fade
        Calibrated intervals are too narrow by ``1 + near / m + far g h (1 - n / fade) / (n + 16)`` at step h, where m
        is the mean number of values in the group, n the series' own up to ``fade``, and g the mean change a period
        over its root mean square [1].
    windows
        Windows of the horizon that this counts for beside those of a trial on the past, for each value of the group's
        mean history: the longer it is, the less is left that a trial could be right about [1].
    """

    period: float = 0.0
    saturated: float = 0.0
    near: float = 0.0
    far: float = 0.0
    fade: float = 1.0
    windows: float = 0.0

    def supposed(self, count: Array, growth: float, horizon: int) -> Array:
        """Return the believed factor of histories of some length.

        Parameters
        ----------
        count
            Values of each series of the group, shape (series,).
        growth
            Mean change a period of the group over its root mean square, from nought to one [1].
        horizon
            Periods ahead.

        Returns
        -------
        ndarray, shape (series, horizon)
            One and more [1].

        Examples
        --------
        >>> Short(near=2.5, far=4.0, fade=100).supposed(np.array([25, 100]), 0.4, 2).round(3).tolist()
        [[1.069, 1.099], [1.04, 1.04]]
        """
        left = np.clip(1 - count / self.fade, 0.0, 1.0) / (count + 16)
        ahead = growth * np.arange(1, horizon + 1)
        return np.asarray(1 + self.near / count.mean() + self.far * left[:, None] * ahead)


def roughness(past: Past, power: float) -> float:
    """Return the power by which spread grows with the horizon: that of how far apart values are by the time between.

    Steps too far ahead for any past error are as much less sure than the last known one. Nought is noise around a
    level, a half a random walk.

    Parameters
    ----------
    past
        Histories and origins.
    power
        Belief, which counts for a few windows beside the histories [1].

    Returns
    -------
    float
        From nought to one [1].
    """
    longest = int(past.z.shape[1] - past.start.min())
    apart = max(2, min(past.horizon, longest // 2))
    changes = [past.actual[:, lag:] - past.actual[:, :-lag] for lag in (1, apart)]
    squares, counts = [], []
    for lag, each in zip((1, apart), changes, strict=True):
        seen = np.isfinite(each)
        mean = np.nansum(each) / max(seen.sum(), 1)
        squares.append(np.nansum((each - mean) ** 2, axis=1) / np.maximum(seen.sum(axis=1), 1))
        counts.append(seen.sum(axis=1) / lag)
    both = (counts[1] > 0) & (squares[0] > _TINY)
    if not both.any():
        return power
    found = 0.5 * np.log(max(float(np.mean(squares[1][both] / squares[0][both])), 1.0)) / np.log(apart)
    windows = float(counts[1][both].sum())
    return float((windows * min(found, 1.0) + _BELIEVED * power) / (windows + _BELIEVED))


def stretched(
    path: Array, calibration: Calibration, past: Past, errors: Array, short: Short, again: Calibrate
) -> tuple[Array, Calibration]:
    """Return medians and distributions as much wider around them as the past and beliefs about short histories say.

    Parameters
    ----------
    path
        What the errors are around, on the working scale, shape (series, horizon).
    calibration
        As fitted to all errors.
    past
        Histories and origins.
    errors
        Actual less forecast on the working scale, shape (series, origins, horizon).
    short
        Beliefs; nothing changes where they count for no window.
    again
        Calibration of some errors with the unit of each series.

    Returns
    -------
    tuple of ndarray and Calibration
        The path moved so that the median of the distributions, which leans as errors did, stays where it was.
    """
    if short.windows <= 0:
        return path, calibration
    count = np.isfinite(past.actual).sum(axis=1)
    supposed = short.supposed(count, past.growth, past.horizon)
    learned, windows = _tried(past, errors, again)
    trust = windows / (windows + short.windows * count.mean())
    factor = np.exp(trust * np.log(learned) + (1 - trust) * np.log(supposed))
    lean = calibration.deviation * calibration.quantiles(np.array([0.5]))
    return path + lean * (1 - factor), Calibration(calibration.deviation * factor, calibration.shape)


def _tried(past: Past, errors: Array, again: Calibrate) -> tuple[Array, float]:
    """Return the factor by step at which intervals from the first half hold in the second, and its windows."""
    half = len(past.origins) // 2
    known = past.known_by(int(past.origins[half]))
    first, later = np.where(known, errors, np.nan), errors.copy()
    later[:, :half] = np.nan
    naive = past.outcomes() - past.flat[:, past.origins - 1][:, :, None]
    naive = np.where(np.isfinite(first), naive, np.nan)
    seen = np.isfinite(naive).any(axis=(1, 2))
    later[~seen] = np.nan
    if np.isfinite(later).sum() < _FEWEST or not seen.any():
        return np.ones(past.horizon), 0.0
    unit = np.sqrt(np.nansum(naive**2, axis=(1, 2)) / np.maximum(np.isfinite(naive).sum(axis=(1, 2)), 1))
    unit = np.where(unit > _TINY, unit, np.median(unit[unit > _TINY]) if (unit > _TINY).any() else 1.0)
    fitted = again(first, steadied(unit, past.windows(first)))
    low, middle, high = fitted.quantiles(np.array([0.5 - _HELD / 2, 0.5, 0.5 + _HELD / 2])).T[:, :, None, None]
    standard = later / np.maximum(fitted.deviation, _TINY)[:, None, :]
    side = np.where(standard > middle, high - middle, low - middle)
    ratio = np.where(past.telling(), (standard - middle) / np.where(np.abs(side) > _TINY, side, np.nan), np.nan)
    return _by_step(ratio, past.horizon), past.independent(standard, half)


def _by_step(ratio: Array, horizon: int) -> Array:
    """Return the quantile of the ratios at near and far steps, joined by a straight line, shape (horizon,)."""
    known = np.flatnonzero(np.isfinite(ratio).any(axis=(0, 1)))
    halves = [part for part in np.array_split(known, 2) if np.isfinite(ratio[:, :, part]).sum() >= _FEWEST]
    if not halves:
        return np.ones(horizon)
    factors = [np.nanquantile(ratio[:, :, part], _HELD) for part in halves]
    return np.clip(np.interp(np.arange(horizon), [part.mean() for part in halves], factors), 1 / _LIMIT, _LIMIT)
