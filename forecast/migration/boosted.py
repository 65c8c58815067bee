"""Trial of a boosted member: trees that correct the centre, used only if they win on reference sets left out.

On the reference histories they lose: what trees learn on some sets does not carry over to others. The trial stays, so
that a user's own panel can overturn it; its verdict is printed when training.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import stdtrit
from xgboost import XGBRegressor

from shiftcast.features.arrays import Array
from shiftcast.forecast.migration.learned import Learned
from shiftcast.forecast.migration.learning import DEGREES, LEVELS, TAUGHT, Rows
from shiftcast.forecast.migration.noise import SCALE_TERMS
from shiftcast.forecast.scores import quantile_loss

BELIEVED: Final = (0.5, 1.0)  # shares of the correction that are tried
FAR: Final = 5.0  # scales at which an error is clipped, so that outliers do not steer the trees
TREES: Final = {
    "n_estimators": 150, "max_depth": 3, "learning_rate": 0.05, "subsample": 0.5, "colsample_bytree": 0.6,
    "min_child_weight": 50, "reg_lambda": 20.0, "objective": "reg:pseudohubererror", "random_state": 0,
}  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """Loss on sets left out, relative to last value's.

    Attributes
    ----------
    without
        Loss without the boosted member [1].
    with_it
        Loss with the best share of its correction [1].
    """

    without: float
    with_it: float

    @property
    def wins(self) -> bool:
        """True if the boosted member lowers the loss."""
        return self.with_it < self.without


def trial(rows: Rows, left_out: dict[str, Learned], *, threads: int = 1) -> Trial:
    """Return the trial: for every set, trees learned on the other sets correct the centre of this one.

    Parameters
    ----------
    rows
        Learning rows of all sets.
    left_out
        Set name to the numbers learned without it.
    threads
        Threads that the trees may use.

    Returns
    -------
    Trial
    """
    losses = []
    for name, learned in left_out.items():
        here = rows.set_name == name
        past, judged = rows.of(~here), rows.of(here)
        trees = _corrector(past, learned, threads)
        middle, scale = centre_and_scale(judged, learned)
        correction = scale * trees.predict(_features(judged)).astype(np.float64)
        losses.append([row_loss(judged, middle + part * correction, scale) for part in (0.0, *BELIEVED)])
    mean = np.mean(losses, axis=0)
    return Trial(float(mean[0]), float(mean[1:].min()))


def centre_and_scale(rows: Rows, learned: Learned) -> tuple[Array, Array]:
    """Return the central root and the error scale of rows.

    Parameters
    ----------
    rows
        Learning rows.
    learned
        Weights of members and scale terms.

    Returns
    -------
    tuple of ndarray, each of shape (R,)
        Centre and scale [share^(1/3)].
    """
    weights = np.array([learned.weights[name] for name in TAUGHT])
    terms = np.array([learned.scale[name] for name in SCALE_TERMS])
    return rows.last + rows.changes @ weights, np.exp(np.clip(rows.terms @ terms, -12.0, 1.0))


def row_loss(rows: Rows, middle: Array, scale: Array) -> float:
    """Return the weighted pinball loss of rows over the levels of :mod:`forecast.migration.learning`.

    Parameters
    ----------
    rows
        Learning rows, with the truth and the weights.
    middle
        Central root [share^(1/3)], shape (R,).
    scale
        Scale of its error [share^(1/3)], shape (R,).

    Returns
    -------
    float
        Twice the mean over levels: an estimate of the CRPS, relative to last value's through the weights.
    """
    total = 0.0
    for level in LEVELS:
        miss = rows.truth - np.maximum(middle + scale * stdtrit(DEGREES, level), 0.0) ** 3
        total += float((rows.weight * quantile_loss(miss, level)).sum())
    return 2.0 * total / len(LEVELS)


def _corrector(rows: Rows, learned: Learned, threads: int) -> XGBRegressor:
    """Return trees that predict by how many scales the centre misses."""
    middle, scale = centre_and_scale(rows, learned)
    error = np.clip((np.cbrt(rows.truth) - middle) / scale, -FAR, FAR)
    weight = rows.weight * 3.0 * np.maximum(rows.last, 0.1) ** 2 * scale
    return XGBRegressor(n_jobs=threads, **TREES).fit(_features(rows), error, sample_weight=weight / weight.mean())


def _features(rows: Rows) -> Array:
    """Return the features of the trees: changes by member in steps of the pool, scale terms and the last root."""
    step = np.exp(rows.terms[:, SCALE_TERMS.index("pooled")])[:, None]
    return np.asarray(np.c_[rows.changes / step, rows.terms, rows.last], dtype=np.float64)
