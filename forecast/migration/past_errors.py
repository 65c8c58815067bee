"""Errors of the last steps of a pool beside the scale that the learned numbers give them.

The scale was learned on histories whose steps are many small and a few large. Of a random walk, whose steps are alike,
intervals learned so hold too few: the 80 % quantile of steps is nearer to their root mean square. So that quantile is
measured on the pool's own steps, and the scale moved to it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.special import stdtrit

from shiftcast.features.arrays import Array
from shiftcast.features.share_grid import AHEAD
from shiftcast.forecast.migration.learned import Learned
from shiftcast.forecast.migration.noise import LIFE, SCALE_TERMS, error_scale, scale_terms
from shiftcast.forecast.migration.state import PathState, slopes_by_period

INSIDE: Final = 0.8  # of the steps, that are to be within the central interval of that name
DOUBT: Final = 5.0  # steps that the learned scale counts for
VISIBLE: Final = 0.01  # share above which a step counts, as for coverage
STILL: Final = 1e-9  # step of a root that is rounding: standing is not an error


def step_factor(state: PathState, learned: Learned, horizons: Array) -> Array:
    """Return the factor on the error scale at which the interval would have held its share of the pool's last steps.

    Errors of one step are those of the learned trends, over the learned scale. The log of their quantile over that of
    Student's t is shrunk to none by ``DOUBT`` steps; it fades with the square of log h / log 12, as the sum of many
    steps no longer tells whether they were alike.

    Parameters
    ----------
    state
        Paths of a panel up to the origin.
    learned
        Numbers learned on reference histories.
    horizons
        Periods ahead, shape (H,).

    Returns
    -------
    ndarray, shape (N, H)
        Factor [1]; one where nothing has moved.
    """
    ratio, weight = _errors(state, learned)
    wanted = float(stdtrit(learned.degrees, 0.5 + INSIDE / 2))
    log = np.zeros(len(ratio))
    for pool in np.unique(state.panel.pool):
        rows = state.panel.pool == pool
        own, counted = ratio[rows], weight[rows]
        used = counted > 0
        if used.any():
            number = counted[used].sum() ** 2 / (counted[used] ** 2).sum()
            found = max(_quantile(own[used], counted[used]) / wanted, STILL)
            log[rows] = np.log(found) * number / (number + DOUBT)
    fade = np.clip(1.0 - (np.log(horizons) / np.log(AHEAD)) ** 2, 0.0, 1.0)
    return np.asarray(np.exp(log[:, None] * fade))


def _errors(state: PathState, learned: Learned) -> tuple[Array, Array]:
    """Return the size of each step's error over its learned scale, and its weight, both of shape (N, T - 1, K)."""
    roots, inside = state.roots, ~np.isnan(state.panel.shares)
    steps, before = np.diff(roots, axis=1), roots[:, :-1]
    whole = state.live[:, 1:] & inside[:, :-1]
    trends = sum(
        learned.weights.get(name, 0.0) * slopes_by_period(steps, whole, life)[:, :-1]
        for name, life in (("newest_step", 1), ("local_trend", 4))
    )
    counts = whole & state.live[:, :-1] & (np.maximum(before, roots[:, 1:]) ** 3 > VISIBLE) & (np.abs(steps) > STILL)
    weight = 0.5 ** (np.arange(steps.shape[1])[::-1] / LIFE)[None, :, None] * counts
    return np.abs(steps - learned.decay * trends) / _scale_before(state, learned, before), weight


def _scale_before(state: PathState, learned: Learned, before: Array) -> Array:
    """Return the learned scale of one step from each past root, with the variances of now."""
    wide = np.ones((1, before.shape[1], 1))
    terms = scale_terms(state.own, state.kin, state.pooled, state.last, state.drift, np.ones(1)) * wide
    names = list(SCALE_TERMS)
    terms[names.index("level")], terms[names.index("level_squared")] = before, before**2
    return np.asarray(error_scale(terms, learned.scale) * np.exp(learned.spread[0]))


def _quantile(values: Array, weights: Array) -> float:
    """Return the weighted quantile at ``INSIDE``."""
    order = np.argsort(values, kind="stable")
    ranks = (np.cumsum(weights[order]) - 0.5 * weights[order]) / weights.sum()
    return float(np.interp(INSIDE, ranks, values[order]))
