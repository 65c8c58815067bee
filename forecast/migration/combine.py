"""Combination of members: their weighted sum is the centre of every share's path."""

from __future__ import annotations

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.forecast.migration.learned import Learned
from shiftcast.forecast.migration.members import MEMBERS
from shiftcast.forecast.migration.state import PathState


def centre(state: PathState, learned: Learned, horizons: Array) -> Array:
    """Return the central root of every category, before closure to the simplex.

    Last root + sum over members of weight times change, zero or more. Categories that have not appeared yet are at
    zero: they come in by :mod:`forecast.migration.emergence`.

    Parameters
    ----------
    state
        Paths of a panel up to the origin.
    learned
        Weights of members by name, and the damping.
    horizons
        Periods ahead, shape (H,).

    Returns
    -------
    ndarray, shape (N, H, K)
        Cube roots of shares [share^(1/3)].
    """
    total = np.repeat(state.last[:, None, :], len(horizons), axis=1)
    for name, weight in learned.weights.items():
        if weight:
            total = total + weight * MEMBERS[name](state, horizons, learned.decay)
    return np.asarray(np.where(state.present[:, None, :], np.maximum(total, 0.0), 0.0))
