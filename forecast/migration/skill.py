"""Skill: what the model is worth against last value, on reference histories as lively as the one at hand."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.forecast.migration.learned import Learned
from shiftcast.forecast.migration.state import PathState

LIVELINESS: Final = ("calm", "usual", "lively")
STEP_EDGES: Final = (0.012, 0.03)  # root mean square step of a pool's cube roots between the classes


def liveliness(state: PathState) -> NDArray[np.str_]:
    """Return the class of each series' pool, shape (N,): how far shares move in one period."""
    return np.asarray(LIVELINESS)[np.digitize(np.sqrt(state.pooled[:, 0]), STEP_EDGES)]


def skill_rows(state: PathState, learned: Learned, horizon: int) -> pd.DataFrame:
    """Return ``series, horizon, ratio, histories``: CRPS over last value's at measured horizons.

    A ratio above one says that last value was better on histories like it; NaN where none was measured.
    """
    kinds = liveliness(state)
    measured = sorted({int(h) for by in learned.skill.values() for h in by} & set(range(1, horizon + 1)))
    count = len(kinds)
    return pd.DataFrame(
        {
            "series": np.tile(np.asarray(state.panel.series, dtype=object), len(measured)),
            "horizon": np.repeat(np.array(measured, dtype=np.int64), count),
            "ratio": [learned.skill.get(kind, {}).get(str(h), np.nan) for h in measured for kind in kinds],
            "histories": np.tile(kinds, len(measured)),
        }
    )
