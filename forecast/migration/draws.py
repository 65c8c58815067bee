"""Joint draws of share paths: on the simplex, correlated over categories, periods and the pool."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import ndtr

from shiftcast.features.arrays import Array, Flags
from shiftcast.features.share_grid import SharePanel
from shiftcast.forecast.draws import stream
from shiftcast.forecast.migration.emergence import newcomer_paths
from shiftcast.forecast.migration.noise import unit_paths
from shiftcast.forecast.migration.standing import waited
from shiftcast.forecast.migration.transforms import close, unroot


@dataclass(frozen=True)
class FittedPanel:
    """A panel with the centre and the spread of its paths.

    Attributes
    ----------
    panel
        The histories.
    present
        Categories that have appeared, shape (N, K).
    roots, scale
        Centre and scale of the cube root of every share among present categories [share^(1/3)], shape (N, H, K).
    entries
        Change of the root where a young category follows the pool's earlier entries [share^(1/3)], shape (N, H, K).
    followed
        Chance that it does [1]; the centre holds that part of the change already.
    newcomers
        Row of a series with an absent category to quantiles of the newcomers' share [share], each shape (12, levels).
    moving
        Chance that a series moves in the next period, one where it does not stand [1/period], shape (N,).
    degrees
        Degrees of freedom of the Student-t errors.
    common
        Correlation of errors of one category over the series of a group [1].
    """

    panel: SharePanel
    present: Flags
    roots: Array
    scale: Array
    entries: Array
    followed: float
    newcomers: dict[int, Array]
    moving: Array
    degrees: float
    common: float


def series_draws(fitted: FittedPanel, at: int, draws: int, seed: int) -> Array:
    """Draw joint share paths of one series.

    Parameters
    ----------
    fitted
        Panel with centre and scale.
    at
        Row of the series in the panel.
    draws
        Number of draws.
    seed
        Seed; the draws depend on it and the group, and on no other group.

    Attributes
    ----------
    draw is the closure of (centre + scale times Student-t path)^3
        the path is a common normal path of the category in its group plus one of its own, over the root of one
        chi-square variate a draw. A standing series waits first. Newcomers then take their share of it.

    Returns
    -------
    ndarray, shape (draws, H, categories of the series)
        Shares [1] that add up to one in every draw and period.
    """
    panel = fitted.panel
    names = panel.categories[at]
    width, horizon = len(names), fitted.roots.shape[1]
    own = stream(seed, f"series|{panel.group[at]}|{panel.series[at]}")
    wide = (seed, panel.group[at], draws, horizon)
    paths = unit_paths(own, draws, horizon, width)
    paths *= np.sqrt(1.0 - fitted.common)
    for k, name in enumerate(names):
        paths[:, :, k] += np.sqrt(fitted.common) * _common_paths(*wide, name)
    paths /= np.sqrt(own.chisquare(fitted.degrees, (draws, 1, 1)) / fitted.degrees)
    centre, present = fitted.roots[at, :, :width], fitted.present[at, :width]
    paths *= fitted.scale[at, :, :width]
    paths += centre
    change = fitted.entries[at, :, :width]
    if change.any():
        paths += ((own.random(draws) < fitted.followed) - fitted.followed)[:, None, None] * change
    parts = unroot(paths) * present
    shares = close(parts, close(unroot(centre) * present, present / present.sum()))
    if fitted.moving[at] < 1.0:
        shares = waited(shares, panel.shares[at, -1, :width], float(fitted.moving[at]), own)
    return _with_newcomers(shares, fitted, at, own, _common_ranks(*wide[:3]))


def _with_newcomers(shares: Array, fitted: FittedPanel, at: int, own: np.random.Generator, shared: Array) -> Array:
    """Return shares less those of newcomers; in each draw one absent category emerges and takes them."""
    absent = np.flatnonzero(~fitted.present[at, : shares.shape[2]])
    if not absent.size:
        return shares
    ranks = ndtr(np.sqrt(fitted.common) * shared + np.sqrt(1.0 - fitted.common) * own.standard_normal(len(shares)))
    taken = newcomer_paths(fitted.newcomers[at], ranks, shares.shape[1])
    shares = shares * (1.0 - taken)[:, :, None]
    comer = absent[own.integers(absent.size, size=len(shares))]
    shares[np.arange(len(shares))[:, None], np.arange(shares.shape[1])[None, :], comer[:, None]] = taken
    return shares


@lru_cache(maxsize=64)
def _common_paths(seed: int, group: str, draws: int, horizon: int, category: str) -> Array:
    """Return the errors that a category shares over its group, shape (draws, H)."""
    return unit_paths(stream(seed, f"category|{group}|{category}"), draws, horizon, 1)[:, :, 0]


@lru_cache(maxsize=64)
def _common_ranks(seed: int, group: str, draws: int) -> Array:
    """Return the normal score of newcomers that a group shares, shape (draws,)."""
    return stream(seed, f"newcomers|{group}").standard_normal(draws)
