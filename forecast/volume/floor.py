"""Errors of outcomes at nought, where a distribution that reaches below is cut: what they say of its lower part.

An outcome of nought says that what would have been is nought or less, as a bound does. Taken for the error that it is,
it would crowd the errors at one place, and intervals of lumpy series and small counts would hold too little.

Reference: Smith (1985), Diagnostic checks of non-standard time series models, for outcomes with a probability of
their own; here evenly spread, not drawn.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.forecast.volume.calibrate import LEVELS, Calibration
from shiftcast.forecast.volume.past import Past

_APART: Final = (np.sqrt(5) - 1) / 2  # a step that spreads any number of points evenly over the unit interval
_LOWEST: Final = 0.05  # level below which none is put: what far tails hold would widen them with every round
_TINY: Final = 1e-9


def below_nought(past: Past, errors: Array, calibration: Calibration) -> Array:
    """Return errors with those of outcomes at nought spread over what a distribution puts at or below it.

    Parameters
    ----------
    past
        Histories and origins.
    errors
        Actual less forecast on the working scale, shape (series, origins, horizon); NaN where not known.
    calibration
        Distributions around the forecasts.

    Returns
    -------
    ndarray, shape (series, origins, horizon)
        The same where no outcome is nought, or from before a series began to move or after it ceased; else no higher.

    Examples
    --------
    >>> from shiftcast.features.panel import panels
    >>> from shiftcast.forecast.volume.past import look_back
    >>> import pandas as pd
    >>> from scipy.special import ndtri
    >>> days = pd.date_range("2025-01-01", periods=60)
    >>> rows = pd.DataFrame({"series": "a", "period_end": days, "value": [0.0, 2.0, 1.0] * 20})
    >>> past = look_back(panels(rows)[0][0], 1, bend=2.0)
    >>> errors = past.outcomes() - 0.4
    >>> normal = Calibration(np.ones((1, 1)), ndtri(LEVELS)[None])
    >>> change = below_nought(past, errors, normal) - errors
    >>> (change[past.outcomes() == 0] < 0).all().item(), np.unique(change[past.outcomes() > 0]).tolist()
    (True, [0.0])
    """
    noughts = (past.outcomes() == 0) & past.telling() & np.isfinite(errors)
    out = errors.copy()
    for row in np.flatnonzero(noughts.any(axis=(1, 2))):
        cells, shape = noughts[row], calibration.shape[row]
        deviation = np.broadcast_to(np.maximum(calibration.deviation[row], _TINY), cells.shape)[cells]
        chance = np.interp(errors[row][cells] / deviation, shape, LEVELS)
        even = (np.arange(1, len(chance) + 1) * _APART) % 1.0
        spread = deviation * np.interp(np.maximum(even * chance, _LOWEST), LEVELS, shape)
        out[row][cells] = np.minimum(spread, errors[row][cells])
    return out
