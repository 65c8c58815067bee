"""Forecast of series that show no variation: zero or one value throughout, or always at capacity.

What their own history leaves open comes from the series of their group that move, else from beliefs, and is said.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from shiftcast.features.arrays import Array
from shiftcast.forecast.volume.calibrate import LEVELS, Pooling


@dataclass(frozen=True)
class Ahead:
    """Predictive distributions of some series.

    Attributes
    ----------
    unit
        Units of their working scales [unit of each series], shape (series,).
    path, deviation
        Median paths and deviations on the working scale, shape (series, horizon).
    shape
        Standardised quantiles at :data:`forecast.volume.calibrate.LEVELS`, shape (series, levels).
    """

    unit: Array
    path: Array
    deviation: Array
    shape: Array


def noughts(number: int, horizon: int) -> Ahead:
    """Return the forecast of series that were zero throughout: zero, the one volume that is the same in every unit.

    Parameters
    ----------
    number
        How many there are.
    horizon
        Periods ahead.

    Returns
    -------
    Ahead
    """
    nothing = np.zeros((number, horizon))
    return Ahead(np.ones(number), nothing, nothing, np.zeros((number, len(LEVELS))))


def still(level: Array, count: Array, bend: float, typical: Array, shape: Array, pooling: Pooling) -> Ahead:
    """Return the forecast of series that never changed: their value, less sure the fewer they are.

    The deviation is what calibration makes of errors that were all zero beside those of the group.

    Parameters
    ----------
    level, count
        Their value [unit of each series] and how often it was seen, shape (series,).
    bend
        Multiple of the recent mean at which the working scale turns logarithmic [1].
    typical
        Deviation of series that move, on the working scale, shape (horizon,).
    shape
        Standardised quantiles of the group, shape (levels,).
    pooling
        Origins that the group counts for.

    Returns
    -------
    Ahead

    Examples
    --------
    >>> pooling = Pooling(30.0, 20.0, 4.0, 40.0, 6.0, 0.3, 10.0)
    >>> found = still(np.array([5.0]), np.array([37]), 0.05, np.array([0.2]), np.zeros(len(LEVELS)), pooling)
    >>> found.deviation.round(3).tolist()
    [[0.038]]
    """
    origins = count - 1.0
    alike, each = pooling.deviation_origins, pooling.series_origins
    kept = np.sqrt(alike / (origins + alike) * each / (origins + each))
    path = np.full((len(level), len(typical)), np.arcsinh(1 / bend))
    return Ahead(bend * level, path, kept[:, None] * typical, np.tile(shape, (len(level), 1)))


def full(bound: Array, bend: float, sigma: float, supposed: Array) -> Ahead:
    """Return the forecast of series whose every value is a lower bound: demand above it is not bounded by the data.

    The log of demand is half-normal above the bound.

    Parameters
    ----------
    bound
        Their last bound [unit of each series], shape (series,).
    bend
        Multiple of the bound at which the working scale turns logarithmic [1]; small, for a log scale.
    sigma
        Deviation of the log of demand above the bound, a belief [log].
    supposed
        Deviation by step of a series never seen, which adds to it [log], shape (horizon,).

    Returns
    -------
    Ahead
        No quantile is below the bound.
    """
    path = np.full((len(bound), len(supposed)), np.arcsinh(1 / bend))
    wide = np.broadcast_to(np.sqrt(sigma**2 + supposed**2), path.shape)
    return Ahead(bend * bound, path, wide, np.tile(ndtri(0.5 + 0.5 * LEVELS), (len(bound), 1)))
