"""Skill of the share model against last value, measured on reference histories of the same liveliness."""

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
    """Return the class of each series' pool by the root mean square step of its cube roots.

    Parameters
    ----------
    state
        Paths of a panel up to the origin.

    Returns
    -------
    ndarray of str, shape (N,)
        ``calm`` (below 0.012 share^(1/3) a period), ``usual`` (below 0.03) or ``lively``.
    """
    return np.asarray(LIVELINESS)[np.digitize(np.sqrt(state.pooled[:, 0]), STEP_EDGES)]


def skill_rows(state: PathState, learned: Learned, horizon: int) -> pd.DataFrame:
    """Return the skill at the horizons it was measured at, for every series of a panel.

    Parameters
    ----------
    state
        Paths of a panel up to the origin.
    learned
        Learned parameters with their measured skill.
    horizon
        Periods ahead; horizons measured beyond it are left out.

    Returns
    -------
    DataFrame
        ``series, horizon, ratio, histories``: CRPS over last value's [1], above one where last value was better and NaN
        where none was measured, and the class of the histories.
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
