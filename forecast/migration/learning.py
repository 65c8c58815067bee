"""Learning of member and scale weights by minimum pinball loss over the quantiles of past origins.

The loss is the mean pinball loss of the quantiles of every share, over the absolute error of last value so that no set
outweighs another, plus a ridge penalty that shrinks the weights to those used where nothing was learned: equal weights
of the trends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import stdtrit

from shiftcast.features.arrays import Array
from shiftcast.forecast.migration.learned import Learned
from shiftcast.forecast.migration.learning_newcomers import learn_newcomers
from shiftcast.forecast.migration.members import MEMBERS
from shiftcast.forecast.migration.noise import SCALE_TERMS, scale_terms
from shiftcast.forecast.migration.rolling import Origin
from shiftcast.forecast.scores import quantile_loss

HORIZONS: Final = np.array([1.0, 2.0, 4.0, 8.0, 12.0])
LEVELS: Final = np.linspace(0.05, 0.95, 10)
DECAY: Final = 0.87
DEGREES: Final = 3.0
DOUBT: Final = 1.0  # entries of a pool that the learned shares of newcomers count for
RIDGE_MEMBERS: Final = 1e-2
RIDGE_SCALE: Final = 1e-3
TAUGHT: Final = tuple(name for name in MEMBERS if name != "last_value")
EQUAL: Final = {"local_trend": 0.25, "long_trend": 0.0, "neighbours": 0.25, "analogues": 0.25}
PLAIN_SCALE: Final = {"reach": 0.5, "own": 0.4, "kin": 0.3, "pooled": 0.3}
ROWS: Final = 1500  # most rows of one set at one horizon, which bound the time of learning


@dataclass(frozen=True)
class LearningRows:
    """Learning rows: one is a category of a series at an origin and a horizon; R rows.

    Attributes
    ----------
    truth
        Share among the categories then known [1], shape (R,).
    last
        Cube root of the share at the origin [share^(1/3)], shape (R,).
    changes
        Change of the root by member [share^(1/3)], shape (R, members).
    terms
        Terms of the log error scale, shape (R, terms).
    weight
        Weight of the row [1/share], shape (R,).
    set_name
        Name of the reference set, shape (R,).
    """

    truth: Array
    last: Array
    changes: Array
    terms: Array
    weight: Array
    set_name: NDArray[np.str_]

    def of(self, kept: NDArray[np.bool_]) -> LearningRows:
        """Return some of the rows.

        Parameters
        ----------
        kept
            Whether to keep each row, shape (R,).

        Returns
        -------
        LearningRows
        """
        return LearningRows(*(part[kept] for part in vars(self).values()))


def learning_rows(origins: Sequence[Origin], *, decay: float = DECAY) -> LearningRows:
    """Return the learning rows of origins, at most ``ROWS`` of one set at one horizon.

    Parameters
    ----------
    origins
        Rolling origins; every n-th series and origin is kept where there are too many.
    decay
        Damping of trends by period [1].

    Returns
    -------
    LearningRows
        Weighted so that every set has the same loss under last value.
    """
    parts = [_rows_of(origin, decay) for origin in origins]
    names = np.concatenate([np.full(len(part[0]), o.set_name) for part, o in zip(parts, origins, strict=True)])
    truth, last, changes, terms, ahead, case = (np.concatenate(column) for column in zip(*parts, strict=True))
    case = np.cumsum(np.r_[False, np.diff(case) != 0])
    kept = np.zeros(len(truth), dtype=bool)
    weight = np.zeros(len(truth))
    for name in np.unique(names):
        here = names == name
        scale = np.abs(truth - last**3)[here].sum() / len(np.unique(case[here] * 100 + ahead[here]))
        for h in HORIZONS:
            at = here & (ahead == h)
            stride = max(1, round(at.sum() / ROWS))
            at &= case % stride == 0
            kept |= at
        chosen = here & kept
        weight[chosen] = 1.0 / (max(scale, 1e-6) * max(len(np.unique(case[chosen] * 100 + ahead[chosen])), 1))
    return LearningRows(truth, last, changes, terms, weight, names).of(kept)


def _rows_of(origin: Origin, decay: float) -> tuple[Array, ...]:
    """Return truth, last root, changes, scale terms, horizon and case of one origin's rows."""
    state = origin.state
    future = origin.future[:, HORIZONS.astype(int) - 1]
    rest = 1.0 - np.where(state.present[:, None, :], 0.0, np.nan_to_num(future)).sum(axis=2)
    named = state.panel.named[:, None, :]
    whole = ~np.isnan(np.where(named, future, 0.0)).any(axis=2) & (rest > 0.05)
    kept = whole[:, :, None] & state.present[:, None, :]
    changes = np.stack([MEMBERS[name](state, HORIZONS, decay)[kept] for name in TAUGHT], axis=1)
    terms = scale_terms(state.own, state.kin, state.pooled, state.last, state.drift, HORIZONS)[:, kept].T
    truth = (future / np.maximum(rest, 0.05)[:, :, None])[kept]
    series, ahead, column = np.nonzero(kept)
    return truth, state.last[series, column], changes, terms, HORIZONS[ahead], series.astype(np.float64)


def learn_weights(rows: LearningRows, *, rounds: int = 80) -> tuple[dict[str, float], dict[str, float]]:
    """Return the weights of members and scale terms of least loss plus ridge penalty, by L-BFGS-B.

    Parameters
    ----------
    rows
        Learning rows.
    rounds
        Most iterations of the optimiser.

    Returns
    -------
    tuple of two dicts
        Weight by member, and by scale term [1].
    """
    wide = np.r_[rows.changes.std(axis=0), np.maximum(rows.terms.std(axis=0), 0.3)]
    wide = np.where(wide > 0, wide, 1.0)
    start = np.array([EQUAL.get(name, 0.0) for name in TAUGHT] + [PLAIN_SCALE.get(name, 0.0) for name in SCALE_TERMS])
    ridge = np.r_[np.full(len(TAUGHT), RIDGE_MEMBERS), np.full(len(SCALE_TERMS), RIDGE_SCALE)]
    changes, terms = rows.changes / wide[: len(TAUGHT)], rows.terms / wide[len(TAUGHT) :]
    begin = start * wide

    def value(weights: Array) -> tuple[float, Array]:
        loss, slope = pinball(weights, rows, changes, terms)
        deviation = weights - begin
        return loss + float((ridge * deviation**2).sum()), slope + 2.0 * ridge * deviation

    found = minimize(value, begin, jac=True, method="L-BFGS-B", options={"maxiter": rounds}).x / wide
    split = len(TAUGHT)
    return (
        dict(zip(TAUGHT, found[:split].tolist(), strict=True)),
        dict(zip(SCALE_TERMS, found[split:].tolist(), strict=True)),
    )


def pinball(weights: Array, rows: LearningRows, changes: Array, terms: Array) -> tuple[float, Array]:
    """Return the weighted mean pinball loss over ``LEVELS`` and its gradient.

    The quantile of a share is max(m + s t_p, 0)^3, with m the last root plus the weighted changes, log s the weighted
    terms and t_p the quantile of Student's t.

    Parameters
    ----------
    weights
        Weights of members, then of scale terms, shape (members + terms,).
    rows
        Learning rows with truth, last root and row weights.
    changes
        Scaled changes by member, shape (R, members).
    terms
        Scaled terms of the log scale, shape (R, terms).

    Returns
    -------
    tuple of float and ndarray
        The loss, and its gradient of the shape of ``weights``.

    References
    ----------
    Koenker and Bassett (1978), Regression quantiles, Econometrica 46(1).
    """
    split = changes.shape[1]
    middle = rows.last + changes @ weights[:split]
    scale = np.exp(np.clip(terms @ weights[split:], -12.0, 1.0))
    loss, to_middle, to_scale = 0.0, np.zeros(len(middle)), np.zeros(len(middle))
    for level in LEVELS:
        shift = scale * stdtrit(DEGREES, level)
        clipped = np.maximum(middle + shift, 0.0)
        cube = clipped**3
        inside = cube < 1.5
        miss = rows.truth - np.where(inside, cube, 1.5)
        loss += float((rows.weight * quantile_loss(miss, level)).sum())
        gradient = np.where(miss < 0, 1.0 - level, -level) * rows.weight * 3.0 * clipped**2 * inside
        to_middle += gradient
        to_scale += gradient * shift
    share = 2.0 / (len(LEVELS) * max(len(np.unique(rows.set_name)), 1))
    return loss * share, share * np.r_[changes.T @ to_middle, terms.T @ to_scale]


def learn(origins: Sequence[Origin], rows: LearningRows) -> Learned:
    """Return the learned parameters of origins, before the spread is calibrated on draws.

    Parameters
    ----------
    origins
        Rolling origins of the reference sets.
    rows
        Learning rows of those origins.

    Returns
    -------
    Learned
    """
    weights, scale = learn_weights(rows)
    return Learned(
        decay=DECAY,
        weights=weights,
        scale=scale,
        degrees=DEGREES,
        spread=(0.0, 0.0),
        common=0.3,
        newcomers=learn_newcomers(origins),
        newcomer_doubt=DOUBT,
    )
