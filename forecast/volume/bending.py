"""Choice of the bend of the working scale (asinh): logarithmic early or late, by rolling-origin loss on the panel.

Series whose noise grows with their level are alike on a log scale. Those that come near zero are not: there a log turns
a small count into a large error. The likelihood of a transform (Box and Cox 1964) scores one step ahead only and chose
the wrong one on monthly downloads, so the quantile loss in the unit of the volumes decides.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.panel import Panel
from shiftcast.forecast.scores import quantile_loss
from shiftcast.forecast.volume.calibrate import Pooling, Spread, calibrate
from shiftcast.forecast.volume.combine import combine
from shiftcast.forecast.volume.members import QUICK, SIMPLE, run_members
from shiftcast.forecast.volume.past import look_back
from shiftcast.forecast.volume.scale import BEND

LOGARITHMIC: Final = 0.05  # multiple of the recent mean; 0.02 to 0.2 score alike where a log is right
_ASKED: Final = 400  # series, spread evenly over the panel; more seldom change the choice
_GAIN: Final = 0.02  # least relative gain in loss of a log: on a tie the scale that bends late is safer
_LEVELS: Final = np.arange(1, 10) / 10
_TINY: Final = 1e-9


def choose_bend(panel: Panel, horizon: int, prior: Spread, pooling: Pooling) -> float:
    """Return the multiple of the recent mean at which the working scale of a panel turns logarithmic.

    Members that cost little forecast the rolling origins on both scales and are calibrated; the mean quantile loss in
    the unit of each series, over that of the other scale, decides.

    Parameters
    ----------
    panel
        Histories up to the origin, shape (series, time).
    horizon
        Periods ahead.
    prior, pooling
        Standard deviation assumed where no error can be seen, and beliefs about how far series are alike.

    Returns
    -------
    float
        Multiple of the recent mean [1]: 0.05 for an early logarithm, 2 for a late one.

    Examples
    --------
    >>> from shiftcast.features.panel import panels
    >>> import pandas as pd
    >>> random = np.random.default_rng(0)
    >>> ends = pd.date_range("2018-01-31", periods=72, freq="ME")
    >>> growing = np.exp(np.arange(72) / 18 + random.normal(0, 0.1, (20, 72)))
    >>> names = np.repeat(np.arange(20).astype(str), 72)
    >>> rows = pd.DataFrame({"series": names, "period_end": np.tile(ends, 20), "value": growing.ravel()})
    >>> choose_bend(panels(rows)[0][0], 6, Spread(0.15, 0.5), Pooling(30.0, 20.0, 4.0, 40.0, 6.0, 0.3, 10.0))
    0.05
    """
    number = len(panel.series)
    panel = panel.take(np.linspace(0, number - 1, min(number, _ASKED)).round().astype(np.intp))
    late, early = (_loss(panel, horizon, bend, prior, pooling) for bend in (BEND, LOGARITHMIC))
    both = np.isfinite(late) & np.isfinite(early) & (late > _TINY)
    if not both.any():
        return BEND
    return LOGARITHMIC if np.mean(early[both] / late[both]) < 1.0 - _GAIN else BEND


def _loss(panel: Panel, horizon: int, bend: float, prior: Spread, pooling: Pooling) -> Array:
    """Return the mean quantile loss of each series in its unit over its rolling origins; NaN where none is known."""
    past = look_back(panel, horizon, bend=bend)
    mixed = combine(past, run_members(past, QUICK)[0], SIMPLE)
    calibration = calibrate(mixed.errors, mixed.unit, prior=prior, pooling=pooling)
    outcome = past.outcomes()
    middle, actual = outcome - mixed.errors, past.scale.inverse(outcome)
    total = np.zeros_like(actual)
    for level, quantile in zip(_LEVELS, calibration.quantiles(_LEVELS).T, strict=True):
        ahead = past.scale.inverse(middle + (calibration.deviation * quantile[:, None])[:, None, :])
        total += quantile_loss(actual - ahead, level)
    count = np.isfinite(total).sum(axis=(1, 2))
    return np.asarray(np.nansum(total, axis=(1, 2)) / np.where(count > 0, count, np.nan))
