"""Gradient-boosted trees on all series at once: lags, windows, calendar, age, group means and drivers.

The trees learn the median of the gain over each series' level, step by step, from origins known at the time. The
features come from :mod:`features.history`, the same function for past and live origins.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.history import design, level, training
from shiftcast.features.panel import Panel
from shiftcast.forecast.volume.past import Past
from shiftcast.forecast.volume.scale import Scale

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

FITS: Final = 3  # fits over the rolling origins, the last of them live
MOST_ROWS: Final = 40_000  # rows of a fit; origins are thinned evenly to that
MOST_ORIGINS: Final = 80
_FEWEST: Final = 60
_TREES: Final = {
    "n_estimators": 100, "max_depth": 4, "learning_rate": 0.08, "subsample": 0.7, "colsample_bytree": 0.7,
    "min_child_weight": 10, "reg_lambda": 5.0, "tree_method": "hist", "objective": "reg:quantileerror",
    "quantile_alpha": 0.5, "random_state": 0, "n_jobs": 1,
}  # fmt: skip


def boosted(past: Past) -> Array:
    """Return median paths of gradient-boosted trees (Chen and Guestrin 2016, XGBoost), with pinball loss at 0.5.

    Parameters
    ----------
    past
        Histories and origins; trees see nothing after an origin.

    Returns
    -------
    ndarray, shape (series, origins, horizon)
        On the working scale; the level of each series where there are too few rows to learn from.
    """
    out = np.empty((len(past.z), len(past.origins), past.horizon))
    refits = set(np.linspace(len(past.origins) - 1, 0, FITS).round().astype(int).tolist())
    length = past.z.shape[1]
    trees: Pipeline | None = None
    for column, origin in enumerate(past.origins):
        known = past.panel.cut(length - int(origin))
        if column in refits:
            trees = _fit(known, past.scale, past.horizon)
        base = past.scale.forward(level(known)[:, None])
        if trees is None:
            out[:, column] = base
            continue
        gain = trees.predict(design(known, past.horizon)[0]).reshape(-1, past.horizon)
        out[:, column] = base + gain
    return out


def _fit(known: Panel, scale: Scale, horizon: int) -> Pipeline | None:
    """Return trees fitted to the outcomes of origins before the panel's end, or none where that is too little."""
    number, length = known.values.shape
    origins = np.arange(1, length - max(known.seasons[0] if known.seasons else 0, int(known.start.min()) + 2))
    wanted = min(MOST_ORIGINS, max(2, MOST_ROWS // (number * horizon)))
    origins = origins[:: max(1, -(-len(origins) // wanted))]
    if len(origins) == 0:
        return None
    features, ratio = training(known, horizon, origins.tolist())
    levels = np.concatenate([level(known.cut(int(steps))) for steps in origins])[:, None]
    unit = Scale(np.tile(scale.unit, len(origins)))
    gain = (unit.forward(ratio.reshape(-1, horizon) * levels) - unit.forward(levels)).ravel()
    usable = np.isfinite(gain)
    if usable.sum() < _FEWEST:
        return None
    from sklearn.feature_selection import VarianceThreshold  # noqa: PLC0415  (slow to load; only a fit needs it)
    from sklearn.pipeline import Pipeline  # noqa: PLC0415  (slow to load; only a fit needs it)
    from xgboost import XGBRegressor  # noqa: PLC0415  (slow to load; only a fit needs it)

    trees = Pipeline([("varying", VarianceThreshold()), ("trees", XGBRegressor(**_TREES))])
    with warnings.catch_warnings():  # a feature that is nowhere known has no variance, and is left out for that
        warnings.filterwarnings("ignore", "(Degrees of freedom|All-NaN)", RuntimeWarning)
        return trees.fit(features[usable], gain[usable])
