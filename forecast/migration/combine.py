"""The combination: weighted members give the centre of every share's path."""

from __future__ import annotations

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.forecast.migration.learned import Learned
from shiftcast.forecast.migration.members import MEMBERS
from shiftcast.forecast.migration.state import PathState


def centre(state: PathState, learned: Learned, horizons: Array) -> Array:
    """Return the central root of every category [share^(1/3)], shape (N, H, K), before closure.

    Categories that have not appeared yet are at zero: they come in by :mod:`forecast.migration.emergence`.
    """
    total = np.repeat(state.last[:, None, :], len(horizons), axis=1)
    for name, weight in learned.weights.items():
        if weight:
            total = total + weight * MEMBERS[name](state, horizons, learned.decay)
    return np.asarray(np.where(state.present[:, None, :], np.maximum(total, 0.0), 0.0))
