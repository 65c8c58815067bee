"""Members about the succession of generations: young categories, and older ones beside newer ones."""

from __future__ import annotations

from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.forecast.migration.damping import along
from shiftcast.forecast.migration.state import PathState

YOUTH: Final = 4.0  # age at which the trend of a technique counts half [period]


def youth(state: PathState, horizons: Array, decay: float) -> Array:
    """Continue the trend in proportion to youth: fully where a technique appeared lately, less with age.

    Parameters
    ----------
    state, horizons, decay
        Paths of a panel up to the origin; periods ahead, shape (H,); damping by period [1].

    Returns
    -------
    ndarray, shape (N, H, K)
        Change of the root [share^(1/3)].
    """
    return along(state.slopes[4] / (1.0 + state.age / YOUTH), horizons, decay)


def entries(state: PathState, horizons: Array, decay: float) -> Array:
    """Follow the pool's earlier entries from the same age, the more the younger.

    Parameters
    ----------
    state, horizons, decay
        Paths of a panel up to the origin; periods ahead, shape (H,); damping by period [1].

    Returns
    -------
    ndarray, shape (N, H, K)
        Change of the root [share^(1/3)].
    """
    at = np.minimum(horizons.astype(int), state.entries.shape[1]) - 1
    return state.entries[:, at]


def overtaken(state: PathState, horizons: Array, decay: float) -> Array:
    """Continue rises in proportion to the share that newer categories hold: with a negative weight, rises end by them.

    Parameters
    ----------
    state, horizons, decay
        Paths of a panel up to the origin; periods ahead, shape (H,); damping by period [1].

    Returns
    -------
    ndarray, shape (N, H, K)
        Change of the root [share^(1/3)].
    """
    return along(np.maximum(state.slopes[4], 0.0) * _newer(state, state.last**3), horizons, decay)


def succession(state: PathState, horizons: Array, decay: float) -> Array:
    """Shrink a share in proportion to what newer categories gain a period.

    Parameters
    ----------
    state, horizons, decay
        Paths of a panel up to the origin; periods ahead, shape (H,); damping by period [1].

    Returns
    -------
    ndarray, shape (N, H, K)
        Change of the root [share^(1/3)].
    """
    gain = 3.0 * state.last**2 * np.maximum(state.slopes[4], 0.0)  # slope of the share itself
    return along(-state.last * _newer(state, gain), horizons, decay)


def _newer(state: PathState, values: Array) -> Array:
    """Return the sum of values over the categories that entered later, shape (N, K)."""
    age = np.where(state.present, state.age, np.inf)
    return np.asarray(np.einsum("nj,nkj->nk", np.where(state.present, values, 0.0), age[:, None, :] < age[:, :, None]))
