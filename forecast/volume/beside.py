"""Set the series of a group that show no variation beside those that do."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array, Flags
from shiftcast.features.panel import Panel
from shiftcast.forecast.volume.calibrate import LEVELS, Calibration, calibrate
from shiftcast.forecast.volume.dependence import Dependence, dependence
from shiftcast.forecast.volume.fitted import Priors, VolumesFit
from shiftcast.forecast.volume.kinds import Kinds
from shiftcast.forecast.volume.scale import LOGARITHMIC, Scale
from shiftcast.forecast.volume.settled import Ahead, full, noughts, still

CONSTANT: Final = "constant"
CAPACITY: Final = "capacity"
NOTES: Final = {
    "nought": "zero in every period: forecast as zero, as no history says what a first volume would be",
    "still": "never changed: forecast as it is, with the spread that a short constant history leaves",
    "full": "every value is at capacity or a lower bound: demand above it is unbounded in these data, and the upper "
    "quantiles are a belief",
}


def beside(panel: Panel, kinds: Kinds, fitted: VolumesFit | None, horizon: int, priors: Priors) -> VolumesFit:
    """Return the fit of a group with the series in it that show no variation.

    Parameters
    ----------
    panel
        The series of a group that have some history.
    kinds
        Which of them are of which kind.
    fitted
        Fit of those that move, in the order of the panel; none where none does.
    horizon
        Periods ahead.
    priors
        Beliefs that the fit started from.

    Returns
    -------
    VolumesFit
        Of all series of the panel; those that move are forecast as they were.
    """
    base = fitted if fitted is not None else _supposed(panel, horizon, priors)
    typical, shape = np.median(base.calibration.deviation, axis=0), np.median(base.calibration.shape, axis=0)
    last = _last(panel.values)
    count = np.isfinite(panel.values).sum(axis=1)
    supposed = priors.spread.at(horizon)
    parts = {
        "nought": noughts(int(kinds.nought.sum()), horizon),
        "still": still(last[kinds.still], count[kinds.still], base.scale.bend, typical, shape, priors.pooling),
        "full": full(last[kinds.full], LOGARITHMIC, priors.short.saturated, supposed),
    }
    out = _blank(panel, base, horizon)
    if fitted is not None:
        _put(out, kinds.moving, Ahead(fitted.scale.unit, fitted.path, *_spread(fitted)), fitted.shipped)
        out.latent[kinds.moving, -fitted.latent.shape[1] :] = fitted.latent
    notes = dict(base.notes)
    for name, part in parts.items():
        rows = getattr(kinds, name)
        if rows.any():
            _put(out, rows, part, CAPACITY if name == "full" else CONSTANT)
            notes[NOTES[name]] = tuple(panel.series[rows].astype(str).tolist())
    return replace(out, notes=notes)


def _supposed(panel: Panel, horizon: int, priors: Priors) -> VolumesFit:
    """Return what stands for the fit of a group in which nothing moves: beliefs alone."""
    nothing = np.full((1, 1, horizon), np.nan)
    calibration = calibrate(nothing, np.ones(1), prior=priors.spread, pooling=priors.pooling)
    alone = dependence(nothing, np.ones(1, dtype=bool), priors.pooling.walk_origins)
    return _fit_of(panel.take(np.arange(1)), priors.bend or LOGARITHMIC, calibration, alone)


def _fit_of(panel: Panel, bend: float, calibration: Calibration, common: Dependence) -> VolumesFit:
    number, horizon = calibration.deviation.shape
    empty = pd.DataFrame({"group": [], "member": [], "weight": [], "error": [], "shipped": []})
    return VolumesFit(
        panel, panel.values.copy(), Scale(np.ones(number), bend), np.zeros((number, horizon)), calibration, common,
        np.full(number, CONSTANT, dtype=object), np.ones(number), empty, {}, {},
    )  # fmt: skip


def _blank(panel: Panel, base: VolumesFit, horizon: int) -> VolumesFit:
    """Return a fit of a panel that is filled in place."""
    number = len(panel.series)
    calibration = Calibration(np.zeros((number, horizon)), np.zeros((number, len(LEVELS))))
    made = _fit_of(panel, base.scale.bend, calibration, base.dependence)
    return replace(made, weights=base.weights, effects=base.effects)


def _put(out: VolumesFit, rows: Flags, ahead: Ahead, shipped: object) -> None:
    """Write the forecasts of some rows."""
    out.scale.unit[rows], out.path[rows], out.shipped[rows] = ahead.unit, ahead.path, shipped
    out.calibration.deviation[rows], out.calibration.shape[rows] = ahead.deviation, ahead.shape


def _spread(fit: VolumesFit) -> tuple[Array, Array]:
    return fit.calibration.deviation, fit.calibration.shape


def _last(values: Array) -> Array:
    """Return the last value of each series, shape (series,)."""
    seen = np.isfinite(values)
    at = values.shape[1] - 1 - seen[:, ::-1].argmax(axis=1)
    return np.asarray(values[np.arange(len(values)), at])
