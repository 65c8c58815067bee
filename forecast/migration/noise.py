"""Error model of shares: variances shrunk to neighbours, the scale of forecast errors, correlated unit paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array, Flags, Integers

LIFE: Final = 8  # half-life of squared steps [period]
PRIOR: Final = 1.6e-3  # prior variance of a step [share^(2/3)]
PRIOR_DOUBT: Final = 0.25  # steps that the prior counts for
DOUBT: Final = 1.0  # steps that the variance of the next wider circle counts for
FLOOR: Final = 1e-6  # added to variances, so that the log of zero is finite
SCALE_TERMS: Final = (
    "one",
    "reach",
    "reach_squared",
    "own",
    "kin",
    "pooled",
    "level",
    "level_squared",
    "drift",
    "drift_reach",
)
SPAN: Final = 4  # periods over which steps that go on in one direction show
FIXING: Final = 6  # fixed-point iterations of the widening for closure
WIDEST: Final = 4.0


def pooled_variances(steps: Array, whole: Flags, pool: Integers, counting: Array) -> tuple[Array, Array, Array]:
    """Return the variance of one step of each category, its series and its pool.

    Weighted means of squared steps, with a half-life of eight periods. The pool's is shrunk to a prior, the series' to
    the pool's and the category's to the series', each as if by ``DOUBT`` steps (``PRIOR_DOUBT`` for the prior); the
    counting variance left in the last root is added to the category's.

    Parameters
    ----------
    steps
        Steps of the root [share^(1/3)], shape (N, T - 1, K).
    whole
        Whether a step has both ends, the same shape.
    pool
        Pool number of each series, shape (N,).
    counting
        Counting variance of the last root [share^(2/3)], shape (N, K).

    Returns
    -------
    tuple of three ndarray, each of shape (N, K)
        Variances of category, series and pool [share^(2/3)].

    Examples
    --------
    >>> steps = np.full((1, 50, 1), 0.1)
    >>> own, kin, pooled = pooled_variances(steps, np.ones((1, 50, 1), bool), np.array([0]), np.zeros((1, 1)))
    >>> own.round(3).tolist()
    [[0.01]]
    """
    weight = 0.5 ** (np.arange(steps.shape[1])[::-1] / LIFE)[None, :, None] * whole
    weights, squares = weight.sum(axis=1), (weight * steps**2).sum(axis=1)
    wide = int(pool.max()) + 1
    pools = np.bincount(pool, squares.sum(axis=1), wide) + PRIOR_DOUBT * PRIOR
    pooled = (pools / (np.bincount(pool, weights.sum(axis=1), wide) + PRIOR_DOUBT))[pool]
    kin = (squares.sum(axis=1) + DOUBT * pooled) / (weights.sum(axis=1) + DOUBT)
    own = (squares + DOUBT * kin[:, None]) / (weights + DOUBT)
    spread = np.ones_like(own)
    return own + counting, kin[:, None] * spread, pooled[:, None] * spread


def drift(roots: Array, live: Flags, pool: Integers) -> Array:
    """Return by how much steps of each pool go on in one direction: half the log of a variance ratio.

    The variance of changes over four periods over four times that of one; zero for a random walk.

    Parameters
    ----------
    roots
        Cube roots of the shares [share^(1/3)], shape (N, T, K).
    live
        Whether a category had appeared by a period, shape (N, T, K).
    pool
        Pool number of each series, shape (N,).

    Returns
    -------
    ndarray, shape (N,)
        Log ratio [1].

    References
    ----------
    Lo and MacKinlay (1988), Stock market prices do not follow random walks, Review of Financial Studies 1(1).

    Examples
    --------
    >>> trend = 0.1 * np.arange(30.0)[None, :, None]
    >>> drift(trend, np.ones((1, 30, 1), bool), np.array([0])).round(2).tolist()
    [0.69]
    """
    if roots.shape[1] <= SPAN:
        return np.zeros(len(roots))
    variances = []
    for span in (1, SPAN):
        change = roots[:, span:] - roots[:, :-span]
        weight = 0.5 ** (np.arange(change.shape[1])[::-1] / LIFE)[None, :, None] * live[:, :-span]
        wide = int(pool.max()) + 1
        squares = np.bincount(pool, (weight * change**2).sum(axis=(1, 2)), wide) + PRIOR_DOUBT * PRIOR * span
        variances.append(squares / (span * (np.bincount(pool, weight.sum(axis=(1, 2)), wide) + PRIOR_DOUBT)))
    return np.asarray(0.5 * np.log(variances[1] / variances[0])[pool])


def scale_terms(own: Array, kin: Array, pooled: Array, last: Array, drifting: Array, horizons: Array) -> Array:
    """Return the terms of which the log scale of an error is a weighted sum, in the order of ``SCALE_TERMS``.

    Parameters
    ----------
    own, kin, pooled
        Variance of one step of category, series and pool [share^(2/3)], shape (N, K).
    last
        Root at the origin [share^(1/3)], shape (N, K).
    drifting
        How far steps of the pool go on in one direction [1], shape (N,).
    horizons
        Periods ahead, shape (H,).

    Returns
    -------
    ndarray, shape (len(SCALE_TERMS), N, H, K)

    Examples
    --------
    >>> one = np.full((1, 1), 0.5)
    >>> scale_terms(one, one, one, one, np.array([0.2]), np.array([1.0]))[:, 0, 0, 0].round(2).tolist()
    [1.0, 0.0, 0.0, -0.35, -0.35, -0.35, 0.5, 0.25, 0.2, 0.0]
    """
    log = np.log(horizons)[None, :, None]
    flat = np.zeros((len(last), len(horizons), last.shape[1]))
    logs = [0.5 * np.log(part + FLOOR)[:, None, :] for part in (own, kin, pooled)]
    level = last[:, None, :]
    ongoing = drifting[:, None, None]
    parts = [1.0, log, log**2, *logs, level, level**2, ongoing, ongoing * log]
    return np.stack([np.asarray(part, dtype=np.float64) + flat for part in parts])


def error_scale(terms: Array, weights: Mapping[str, float]) -> Array:
    """Return the scale of errors of the root: exp of the weighted terms, their sum clipped to [-12, 1].

    Parameters
    ----------
    terms
        Terms of the log scale, shape (len(SCALE_TERMS), N, H, K).
    weights
        Weight of each term by name; none is zero.

    Returns
    -------
    ndarray, shape (N, H, K)
        Scale [share^(1/3)].
    """
    total = np.zeros(terms.shape[1:])
    for part, name in zip(terms, SCALE_TERMS, strict=True):
        total += weights.get(name, 0.0) * part
    return np.exp(np.clip(total, -12.0, 1.0))


def made_up(scale: Array, roots: Array) -> Array:
    """Return scales widened so that errors keep their spread after closure to the simplex.

    Closing shares x with independent errors of variance v leaves the variance v (1 - 2x) + x^2 sum(v) (first order; the
    delta method). The scales are multiplied until that is the variance intended, and by ``WIDEST`` at the most.

    Parameters
    ----------
    scale
        Scale of the root's error [share^(1/3)], shape (..., K).
    roots
        Central roots [share^(1/3)], shape (..., K).

    Returns
    -------
    ndarray, shape (..., K)
        Scale before closure [share^(1/3)].

    Examples
    --------
    >>> made_up(np.array([0.01, 0.01]), np.cbrt(np.array([0.5, 0.5]))).round(4).tolist()
    [0.0141, 0.0141]
    """
    shares = roots**3
    shares = shares / np.maximum(shares.sum(axis=-1, keepdims=True), 1e-12)
    target = (3.0 * np.maximum(roots, 0.05) ** 2 * scale) ** 2
    variance = target.copy()
    for _ in range(FIXING):
        remaining = variance * (1.0 - 2.0 * shares) + shares**2 * variance.sum(axis=-1, keepdims=True)
        ratio = target / np.maximum(remaining, 1e-18)
        variance = np.clip(variance * np.clip(ratio, 0.25, 4.0), target, target * WIDEST**2)
    return np.asarray(scale * np.sqrt(variance / np.maximum(target, 1e-18)))


def unit_paths(random: np.random.Generator, draws: int, horizon: int, width: int) -> Array:
    """Draw normal paths of unit variance at every period, correlated over periods as a random walk.

    Correlation of periods s < t: sqrt(s / t).

    Parameters
    ----------
    random
        Random generator; it is advanced.
    draws
        Number of draws.
    horizon
        Periods ahead.
    width
        Number of independent paths a draw.

    Returns
    -------
    ndarray, shape (draws, horizon, width)

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
