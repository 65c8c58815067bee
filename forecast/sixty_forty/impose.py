"""Impose a share on draws: soft or exact, draw by draw, always positive, with the total kept unless asked otherwise.

In each draw and period the leaves y of two sides move to the nearest x, in Kullback-Leibler divergence weighted by
relative precision, that gives the wanted share: ln x_i = ln y_i + s_i^2 lambda, one lambda a side where the total is
kept, one in all where it may move. Precise leaves move least; with equal s this is scaling each side.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError

_ROUNDS: Final = 60
_SETTLED: Final = 1e-13
_LIMIT: Final = 300.0  # exponent a step may reach


def soft_share(share: Array, wanted: Array | float, tolerance: float) -> Array:
    """Return draws of a share after a soft target on its logit.

    Gaussian conditioning on logit(share) - logit(wanted) ~ N(0, tolerance^2), applied to each draw: the gap shrinks by
    V / (V + tolerance^2), V being the variance over draws of its period.

    Parameters
    ----------
    share
        Free draws, shape (draws, periods), in (0, 1).
    wanted
        Target, a number or of the shape of ``share``.
    tolerance
        Standard deviation of the target [logit]; zero gives the target itself, infinity the free draws.

    Returns
    -------
    ndarray, shape (draws, periods)
        Share [share], in (0, 1).

    Examples
    --------
    >>> free = np.array([[0.4], [0.5]])
    >>> soft_share(free, 0.6, 0.0).ravel().tolist(), soft_share(free, 0.6, np.inf).ravel().tolist()
    ([0.6, 0.6], [0.4, 0.5])
    """
    if tolerance == 0:
        return np.broadcast_to(np.asarray(wanted, dtype=np.float64), share.shape).copy()
    if np.isinf(tolerance):
        return share.copy()
    level = logit(share)
    spread = level.var(axis=0)
    gain = spread / (spread + tolerance**2)
    return np.asarray(expit(level - gain * (level - logit(wanted))))


def impose_share(
    levels: Array, first: NDArray[np.bool_], share: Array, *, relative_sd: Array | None = None, keep_total: bool = True
) -> Array:
    """Return leaf levels whose first side has a given share of both in every draw and period.

    Parameters
    ----------
    levels
        Positive leaves of the two sides, shape (draws, periods, leaves).
    first
        Which leaves are of the first side, shape (leaves,).
    share
        Share of the first side, shape (draws, periods), in (0, 1).
    relative_sd
        Relative standard deviation of each leaf, shape (leaves,); equal if not given.
    keep_total
        Whether the sum of both sides stays in every draw; otherwise it moves as little as the weights allow.

    Returns
    -------
    ndarray, shape (draws, periods, leaves)
        Levels in the unit given, positive.

    Raises
    ------
    ValueError
        If a share is not within (0, 1) or a side has no leaf.

    Examples
    --------
    >>> after = impose_share(np.array([[[5.0, 3.0, 2.0]]]), np.array([True, False, False]), np.array([[0.6]]))
    >>> after.round(9).ravel().tolist()
    [6.0, 2.4, 1.6]
    """
    if first.all() or not first.any():
        raise InputError(f"both sides need a leaf; {int(first.sum())} of {len(first)} leaves are of the first side")
    if not ((share > 0) & (share < 1)).all():
        raise InputError(f"share {float(share[~((share > 0) & (share < 1))][0]):g} is not between 0 and 1")
    variance = np.ones(len(first)) if relative_sd is None else relative_sd**2 / np.mean(relative_sd**2)
    if keep_total:
        total = levels.sum(axis=-1)
        moved = np.empty_like(levels)
        for side, wanted in ((first, share * total), (~first, (1 - share) * total)):
            moved[..., side] = _to_total(levels[..., side], variance[side], wanted)
        return moved
    pull = np.where(first, 1 - share[..., None], -share[..., None])
    return _to_zero(levels, variance, pull)


def _to_total(levels: Array, variance: Array, wanted: Array) -> Array:
    """Return y exp(s^2 lambda) that sums to a total over the last axis."""
    moved = levels * (wanted / levels.sum(axis=-1))[..., None]
    if np.ptp(variance) == 0:
        return np.asarray(moved)
    root = np.log(wanted / levels.sum(axis=-1)) / variance.mean()
    for _ in range(_ROUNDS):
        moved = levels * np.exp(np.clip(variance * root[..., None], -_LIMIT, _LIMIT))
        gap = np.log(wanted) - np.log(moved.sum(axis=-1))
        root = root + gap * moved.sum(axis=-1) / (variance * moved).sum(axis=-1)
        if np.abs(gap).max() < _SETTLED:
            break
    return np.asarray(moved * (wanted / moved.sum(axis=-1))[..., None])


def _to_zero(levels: Array, variance: Array, pull: Array) -> Array:
    """Return y exp(s^2 c lambda) for which the sum of c x is zero over the last axis."""
    upper, lower = pull > 0, pull < 0

    def log_ratio(root: Array) -> tuple[Array, Array, Any]:
        moved = levels * np.exp(np.clip(variance * pull * root[..., None], -_LIMIT, _LIMIT))
        weight = moved * np.abs(pull)
        above, below = (weight * upper).sum(axis=-1), (weight * lower).sum(axis=-1)
        slope = (weight * upper * variance * pull).sum(axis=-1) / above
        slope = slope - (weight * lower * variance * pull).sum(axis=-1) / below
        return np.log(above / below), slope, moved

    root = np.zeros(levels.shape[:-1])
    for _ in range(_ROUNDS):
        gap, slope, _ = log_ratio(root)
        if np.abs(gap).max() < _SETTLED:
            break
        root = root - gap / slope
    return np.asarray(log_ratio(root)[2])
