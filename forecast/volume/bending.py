"""Choice of the bend of the working scale (asinh): logarithmic early or late, by rolling-origin loss on the panel.

Series whose noise grows with their level are alike on a log scale. Those that come near zero are not: there a log turns
a small count into a large error. The likelihood of a transform (Box and Cox 1964) scores one step ahead only and chose
the wrong one on monthly downloads, so the quantile loss in the unit of the volumes decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.panel import Panel
from shiftcast.forecast.scores import quantile_loss
from shiftcast.forecast.volume.calibrate import Pooling, Spread, calibrate
from shiftcast.forecast.volume.combine import combine
from shiftcast.forecast.volume.members import QUICK, SIMPLE, run_members
from shiftcast.forecast.volume.past import look_back
from shiftcast.forecast.volume.scale import BEND, LOGARITHMIC

_ASKED: Final = 400  # series, spread evenly over the panel; more seldom change the choice
_GAIN: Final = 0.02  # least relative gain in loss of a log: on a tie the scale that bends late is safer
_LEVELS: Final = np.arange(1, 10) / 10
_HELD: Final = 0.8  # what the outermost two of those levels hold
_FEWEST: Final = 8  # independent windows from which coverage counts
_MISS: Final = 0.04  # by which the coverage of a log has to be nearer where it gains nothing
_WORTH: Final = 1.5  # relative loss that as much coverage is worth: intervals that do not hold mislead
_TINY: Final = 1e-9


def choose_bend(panel: Panel, horizon: int, prior: Spread, pooling: Pooling) -> float:
    """Return the multiple of the recent mean at which the working scale of a panel turns logarithmic.

    Members that cost little forecast the rolling origins on both scales, calibrated on the first half of them; on the
    second the mean quantile loss in the unit of each series and what the central 80 % hold decide.

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
    late, early = (_trial(panel, horizon, bend, prior, pooling) for bend in (BEND, LOGARITHMIC))
    both = np.isfinite(late.loss) & np.isfinite(early.loss) & (late.loss > _TINY)
    if not both.any():
        return BEND
    ratio = float(np.mean(early.loss[both] / late.loss[both]))
    nearer = abs(late.held - _HELD) - abs(early.held - _HELD)
    honest = late.windows >= _FEWEST and nearer > _MISS and ratio < 1.0 + _WORTH * nearer
    return LOGARITHMIC if ratio < 1.0 - _GAIN or honest else BEND


@dataclass(frozen=True)
class _Trial:
    """Mean quantile loss by series in its unit, NaN where none is known, what 80 % held, and over how many windows."""

    loss: Array
    held: float
    windows: float


def _trial(panel: Panel, horizon: int, bend: float, prior: Spread, pooling: Pooling) -> _Trial:
    """Return how a scale did on past origins.

    Calibrated on what was known half-way through the rolling origins and scored on those after it, so that a scale on
    which errors grow with the level is found out; on all of them where half is too little.
    """
    past = look_back(panel, horizon, bend=bend)
    mixed = combine(past, run_members(past, QUICK)[0], SIMPLE)
    half = len(past.origins) // 2
    known = past.known_by(int(past.origins[half]))
    later = mixed.errors.copy()
    later[:, :half] = np.nan
    if not (known.any() and np.isfinite(mixed.errors[:, known]).any() and np.isfinite(later).any()):
        known, later = np.ones_like(known), mixed.errors
    calibration = calibrate(
        np.where(known, mixed.errors, np.nan), mixed.unit, prior=prior, pooling=pooling, telling=past.telling()
    )
    outcome = np.where(np.isfinite(later), past.outcomes(), np.nan)
    middle, actual = outcome - later, past.scale.inverse(outcome)
    total, inside = np.zeros_like(actual), np.ones(actual.shape, dtype=bool)
    for level, quantile in zip(_LEVELS, calibration.quantiles(_LEVELS).T, strict=True):
        ahead = past.scale.inverse(middle + (calibration.deviation * quantile[:, None])[:, None, :])
        total += quantile_loss(actual - ahead, level)
        if level in (_LEVELS[0], _LEVELS[-1]):
            inside &= (actual >= ahead) if level < 0.5 else (actual <= ahead)
    count = np.isfinite(total).sum(axis=(1, 2))
    held = float(inside[np.isfinite(total)].mean()) if count.any() else np.nan
    loss = np.asarray(np.nansum(total, axis=(1, 2)) / np.where(count > 0, count, np.nan))
    return _Trial(loss, held, past.independent(later / np.maximum(calibration.deviation, _TINY)[:, None, :], half))
