"""Calibration of predictive distributions: width and shape of the rolling-origin errors, by series and step.

The deviation of a series at a step is its own rolling-origin error shrunk to the panel's. The shape is that of the
standardised errors of the panel, mixed with the series' own, so intervals are as skewed and heavy-tailed as errors
were. This is split conformal prediction on normalised scores in time order, with the finite-sample widening, softened
by pooling.

Reference: Lei, G'Sell, Rinaldo, Tibshirani and Wasserman (2018), Distribution-free predictive inference for regression.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import ndtri, stdtrit

from shiftcast.features.arrays import Array, Flags

LEVELS: Final[Array] = np.concatenate([[0.001, 0.0025, 0.005], np.arange(1, 100) / 100, [0.995, 0.9975, 0.999]])
_OUTLYING: Final = 0.99
_ALIKE: Final = 3  # series from which it can be seen how far they are alike
_USUAL: Final = 0.05  # windows that the group's median scale counts for beside a series' own
_TINY: Final = 1e-9


@dataclass(frozen=True)
class Pooling:
    """Beliefs about how far errors of a series are those of its panel, and what they are like before any is seen.

    Attributes
    ----------
    shape_windows
        Independent windows that the panel's shape counts for beside a series' own.
    deviation_origins, series_origins
        Origins that the panel's deviation counts for at a step, and over all steps.
    supposed_errors, degrees
        Errors that a Student-t shape counts for in the panel's, and its degrees of freedom, above 2.
    widening
        Part of the full finite-sample widening, which is meant for one series alone [1].
    walk_origins
        Origins that the correlation of a random walk over steps counts for (:mod:`forecast.volume.dependence`).
    """

    shape_windows: float
    deviation_origins: float
    series_origins: float
    supposed_errors: float
    degrees: float
    widening: float
    walk_origins: float


@dataclass(frozen=True)
class Spread:
    """Prior standard deviation of the error by step: ``sigma * h ** power``.

    Attributes
    ----------
    sigma
        Standard deviation one step ahead [working scale; close to log].
    power
        Growth with the horizon h [1]; 0.5 is a random walk, 1 an error of the trend.
    """

    sigma: float
    power: float

    def at(self, horizon: int) -> Array:
        """Return the standard deviation for each step ahead.

        Parameters
        ----------
        horizon
            Steps ahead.

        Returns
        -------
        ndarray, shape (horizon,)
            On the working scale.
        """
        return np.asarray(self.sigma * np.arange(1, horizon + 1) ** self.power)


@dataclass(frozen=True)
class Calibration:
    """Predictive distributions around the median paths.

    Attributes
    ----------
    deviation
        Standard deviation by series and step on the working scale, shape (series, horizon).
    shape
        Standardised quantiles at :data:`LEVELS` [1], shape (series, levels).
    """

    deviation: Array
    shape: Array

    def quantiles(self, levels: Array) -> Array:
        """Return standardised quantiles, interpolated between :data:`LEVELS`.

        Parameters
        ----------
        levels
            Levels of the quantiles [1], shape (n,).

        Returns
        -------
        ndarray, shape (series, n)
            In deviations from the median path [1].
        """
        return np.stack([np.interp(levels, LEVELS, row) for row in self.shape])


def calibrate(
    errors: Array,
    unit: Array,
    *,
    prior: Spread,
    pooling: Pooling,
    weight: float = 0.0,
    symmetric: bool = False,
    telling: Flags | None = None,
) -> Calibration:
    """Fit deviations and shapes to rolling-origin errors.

    Parameters
    ----------
    errors
        Actual less forecast on the working scale, shape (series, origins, horizon); NaN where not known.
    unit
        Scale by which the errors of each series are made comparable [working scale], shape (series,).
    prior
        Deviation of one step and its growth assumed beforehand; used alone where no error can be seen.
    pooling
        Beliefs about how far errors of a series are those of its panel.
    weight
        Number of origins that ``prior`` counts for beside the errors.
    symmetric
        Whether the shape is made symmetric about the path.
    telling
        Errors that enter what the panel has in common, shape as ``errors``; all where left out.

    Returns
    -------
    Calibration
        Deviations on the working scale and standardised quantiles.

    Examples
    --------
    >>> errors = np.random.default_rng(0).normal(0, 0.1, (50, 40, 3))
    >>> pooling = Pooling(30.0, 20.0, 4.0, 40.0, 6.0, 0.3, 10.0)
    >>> fitted = calibrate(errors, np.ones(50), prior=Spread(1.0, 0.5), pooling=pooling)
    >>> fitted.deviation.mean().round(2).item(), fitted.quantiles(np.array([0.1, 0.9])).mean(axis=0).round(1).tolist()
    (0.1, [-1.3, 1.3])
    """
    horizon = errors.shape[2]
    scaled = errors / unit[:, None, None]
    pooled = scaled if telling is None else np.where(telling, scaled, np.nan)
    supposed = prior.at(horizon) / np.median(unit)
    deviation = unit[:, None] * _deviation(scaled, pooled, supposed, weight, prior.power, pooling)
    standard = errors / np.maximum(deviation, _TINY)[:, None, :]
    shape = _shapes(standard, standard[np.isfinite(pooled)], pooling)
    return Calibration(deviation, 0.5 * (shape - shape[:, ::-1]) if symmetric else shape)


def steadied(unit: Array, windows: Array) -> Array:
    """Return scales of series drawn to their geometric mean, as far as chance alone would set them apart.

    Parameters
    ----------
    unit
        Root mean squared errors, shape (series,).
    windows
        Independent windows that each was measured over, shape (series,).

    Returns
    -------
    ndarray, shape (series,)
        The same for one series.

    Examples
    --------
    >>> steadied(np.array([1.0, 1.2, 0.9]), np.full(3, 5.0)).round(2).tolist()
    [1.03, 1.03, 1.03]
    """
    if len(unit) < _ALIKE:
        return unit
    known = np.maximum(windows, 0.5)
    square = (known * unit**2 + _USUAL * np.median(unit) ** 2) / (known + _USUAL)  # one error may be next to nothing
    logs = 0.5 * np.log(np.maximum(square, _TINY**2))
    doubt = 0.5 / known
    mean = np.average(logs, weights=1 / doubt)
    between = max(float(np.mean((logs - mean) ** 2 - doubt)), 0.0)
    return np.asarray(np.exp(mean + between / (between + doubt) * (logs - mean)))


def _deviation(scaled: Array, pooled: Array, prior: Array, weight: float, power: float, pooling: Pooling) -> Array:
    """Return deviations of scaled errors, shape (series, horizon); ``pooled`` has NaN where nothing is told."""
    squares, count = np.nansum(scaled**2, axis=1), np.isfinite(scaled).sum(axis=1)
    cells = np.isfinite(pooled).sum(axis=(0, 1))
    if not cells.any():
        return np.broadcast_to(prior, squares.shape).copy()
    limit = np.nanquantile(pooled**2, _OUTLYING)
    capped = np.nansum(np.minimum(pooled**2, limit), axis=(0, 1))
    panel = (capped + weight * prior**2) / np.maximum(cells + weight, _TINY)
    panel = _monotone(np.where(cells + weight > 0, panel, np.nan), power)
    ratio = np.nansum(scaled**2 / np.where(panel > 0, panel, 1.0), axis=(1, 2)) / scaled.shape[2]
    origins = count.mean(axis=1)
    factor = (ratio + pooling.series_origins) / (origins + pooling.series_origins)
    alike = pooling.deviation_origins
    return np.asarray(np.sqrt((squares + alike * panel * factor[:, None]) / (count + alike)))


def _monotone(variance: Array, power: float) -> Array:
    """Return variances smoothed over neighbouring steps, unknown ones grown from the step before by a power."""
    known = np.flatnonzero(np.isfinite(variance))
    full = np.interp(np.arange(len(variance)), known, variance[known])
    full[known[-1] + 1 :] *= (np.arange(known[-1] + 2, len(full) + 1) / (known[-1] + 1)) ** (2 * power)
    return np.asarray(np.convolve(np.pad(full, 1, mode="edge"), np.ones(3) / 3, mode="valid"))


def _shapes(standard: Array, common: Array, pooling: Pooling) -> Array:
    """Return standardised quantiles of each series, shape (series, levels); ``common`` are the errors of the pool."""
    number, origins, horizon = standard.shape
    own = standard.reshape(number, -1)
    pool, pooled = _panel_shape(common, pooling), pooling.shape_windows
    middle = (np.arange(len(pool)) + 0.5) / len(pool)
    windows = np.isfinite(own).sum(axis=1) / horizon
    cells = np.maximum(np.isfinite(own).sum(axis=1), 1)
    values = np.concatenate([np.where(np.isfinite(own), own, 0.0), np.broadcast_to(pool, (number, len(pool)))], axis=1)
    overlap = max(horizon / 2.0, 1.0)  # neighbouring origins see the same shocks
    independent = windows / min(overlap, max(origins / 2.0, 1.0))
    mass = np.concatenate(
        [np.isfinite(own) * (independent / cells)[:, None], np.full((number, len(pool)), pooled / len(middle))], axis=1
    )
    widened = 1.0 + pooling.widening / np.maximum(independent + pooled / 2.0, 3.0)
    levels = np.clip(0.5 + (LEVELS - 0.5) * widened[:, None], LEVELS[0] / 2, 1 - LEVELS[0] / 2)
    return _weighted_quantiles(values, mass, levels)


def _panel_shape(errors: Array, pooling: Pooling) -> Array:
    """Return the panel's standardised quantiles at 199 even levels, few errors filled up by a Student-t."""
    levels = (np.arange(199) + 0.5) / 199
    degrees = pooling.degrees
    scale = np.sqrt((degrees - 2) / degrees)
    supposed = stdtrit(degrees, (np.arange(40) + 0.5) / 40) * scale
    if len(errors) == 0:
        return np.asarray(stdtrit(degrees, levels) * scale, dtype=np.float64)
    values = np.concatenate([errors, supposed])[None]
    mass = np.concatenate([np.ones(len(errors)), np.full(40, pooling.supposed_errors / 40)])[None]
    return np.asarray(_weighted_quantiles(values, mass, levels[None])[0])


def _weighted_quantiles(values: Array, mass: Array, levels: Array) -> Array:
    """Return quantiles of weighted values row by row, midpoints joined by straight lines, tails as a normal's."""
    order = np.argsort(values, axis=1)
    ordered, weight = np.take_along_axis(values, order, axis=1), np.take_along_axis(mass, order, axis=1)
    kept = np.cumsum(weight, axis=1)
    at = (kept - 0.5 * weight) / kept[:, -1:]
    out = np.stack([np.interp(level, p, v) for level, p, v in zip(levels, at, ordered, strict=True)])
    low, high = at[:, :1], at[:, -1:]
    outside = np.where(levels < low, ndtri(levels) / ndtri(np.minimum(low, 0.49)), 1.0)
    outside = np.where(levels > high, ndtri(levels) / ndtri(np.maximum(high, 0.51)), outside)
    return np.asarray(out * np.maximum(outside, 1.0))
