"""Noise: variances shrunk to neighbours, the scale of forecast errors, and heavy-tailed correlated paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array, Flags, Integers

LIFE: Final = 8  # half-life of squared steps [period]
PRIOR: Final = 1.6e-3  # variance of a step before any history speaks [share^(2/3)]
PRIOR_DOUBT: Final = 0.25  # steps that stand for it
DOUBT: Final = 1.0  # steps that stand for the next wider circle's variance
FLOOR: Final = 1e-6  # variance below which logs are not taken
SCALE_TERMS: Final = ("one", "reach", "reach_squared", "own", "kin", "pooled", "level", "level_squared")
FIXING: Final = 6  # rounds that make up for what closure takes from the spread
WIDEST: Final = 4.0


def pooled_variances(steps: Array, whole: Flags, pool: Integers, counting: Array) -> tuple[Array, Array, Array]:
    """Return the variance of a step of each category, series and pool [share^(2/3)], each shape (N, K).

    Squared steps, recent ones weighing most; the pool's is shrunk a little to a prior, the series' to the
    pool's and the category's to the series', each by ``DOUBT`` steps; what counting leaves in the last root
    is added.

    Examples
    --------
    >>> steps = np.full((1, 50, 1), 0.1)
    >>> own, kin, pooled = pooled_variances(steps, np.ones((1, 50, 1), bool), np.array([0]), np.zeros((1, 1)))
    >>> own.round(3).tolist()
    [[0.01]]
    """
    weight = 0.5 ** (np.arange(steps.shape[1])[::-1] / LIFE)[None, :, None] * whole
    held, squares = weight.sum(axis=1), (weight * steps**2).sum(axis=1)
    wide = int(pool.max()) + 1
    pools = np.bincount(pool, squares.sum(axis=1), wide) + PRIOR_DOUBT * PRIOR
    pooled = (pools / (np.bincount(pool, held.sum(axis=1), wide) + PRIOR_DOUBT))[pool]
    kin = (squares.sum(axis=1) + DOUBT * pooled) / (held.sum(axis=1) + DOUBT)
    own = (squares + DOUBT * kin[:, None]) / (held + DOUBT)
    spread = np.ones_like(own)
    return own + counting, kin[:, None] * spread, pooled[:, None] * spread


def scale_terms(own: Array, kin: Array, pooled: Array, last: Array, horizons: Array) -> Array:
    """Return what the log scale of an error is a sum of, shape (len(SCALE_TERMS), N, H, K).

    Examples
    --------
    >>> one = np.full((1, 1), 0.5)
    >>> scale_terms(one, one, one, one, np.array([1.0]))[:, 0, 0, 0].round(2).tolist()
    [1.0, 0.0, 0.0, -0.35, -0.35, -0.35, 0.5, 0.25]
    """
    log = np.log(horizons)[None, :, None]
    flat = np.zeros((len(last), len(horizons), last.shape[1]))
    logs = [0.5 * np.log(part + FLOOR)[:, None, :] for part in (own, kin, pooled)]
    held = last[:, None, :]
    parts = [1.0, log, log**2, *logs, held, held**2]
    return np.stack([np.asarray(part, dtype=np.float64) + flat for part in parts])


def error_scale(terms: Array, weights: Mapping[str, float]) -> Array:
    """Return the scale of errors of the root [share^(1/3)], shape (N, H, K), from weighted terms."""
    total = np.zeros(terms.shape[1:])
    for part, name in zip(terms, SCALE_TERMS, strict=True):
        total += weights[name] * part
    return np.exp(np.clip(total, -12.0, 1.0))


def made_up(scale: Array, roots: Array) -> Array:
    """Return scales, shape (..., K), widened so that errors keep their spread after closure to the simplex.

    Closing shares x with independent errors of variance v leaves the variance v (1 - 2x) + x^2 sum(v) (first
    order). The scales are multiplied until that is the variance asked for, and by ``WIDEST`` at the most.

    Examples
    --------
    >>> made_up(np.array([0.01, 0.01]), np.cbrt(np.array([0.5, 0.5]))).round(4).tolist()
    [0.0141, 0.0141]
    """
    shares = roots**3
    shares = shares / np.maximum(shares.sum(axis=-1, keepdims=True), 1e-12)
    asked = (3.0 * np.maximum(roots, 0.05) ** 2 * scale) ** 2
    held = asked.copy()
    for _ in range(FIXING):
        left = held * (1.0 - 2.0 * shares) + shares**2 * held.sum(axis=-1, keepdims=True)
        ratio = asked / np.maximum(left, 1e-18)
        held = np.clip(held * np.clip(ratio, 0.25, 4.0), asked, asked * WIDEST**2)
    return np.asarray(scale * np.sqrt(held / np.maximum(asked, 1e-18)))


def unit_paths(random: np.random.Generator, draws: int, horizon: int, width: int) -> Array:
    """Return normal paths of unit variance, shape (draws, horizon, width), that move like a random walk.

    Examples
    --------
    >>> unit_paths(np.random.default_rng(1), 4000, 9, 1)[:, :, 0].std(axis=0).round(1).tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    """
    walk = random.standard_normal((draws, horizon, width))
    for h in range(1, horizon):
        walk[:, h] += walk[:, h - 1]
    walk /= np.sqrt(np.arange(1, horizon + 1))[None, :, None]
    return walk
