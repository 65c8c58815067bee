"""Software gain on installed hardware: a dated series of its own, apart from the gains of generations.

A generation ratio within one round of a benchmark contains no software gain; one across rounds does. To count it once,
a record is first brought from its own day to the day of the question by this series; then generations are compared.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.frames import DataFrame, Throughput
from shiftcast.forecast.hardware.levels import TIERS

_SAME: Final = ["accelerator", "model", "scenario", "unit"]


def software_series(throughput: DataFrame[Throughput]) -> pd.DataFrame:
    """Return the gain of the same accelerator on the same model and tier from round to round.

    Parameters
    ----------
    throughput
        Throughput rows known at the origin.

    Returns
    -------
    DataFrame
        ``accelerator, model, scenario, unit, measured_at, value, gain, yearly``: the best record of the day, its ratio
        to the first day's [1], and that as growth a year [1/year]. Benchmark rounds only, measured on two days or more.
    """
    rows = throughput[throughput["scenario"].isin(TIERS)]
    best = rows.groupby([*_SAME, "measured_at"], as_index=False)["value"].max()
    best = best[best.groupby(_SAME)["value"].transform("size") > 1].sort_values([*_SAME, "measured_at"])
    first = best.groupby(_SAME)[["measured_at", "value"]].transform("first")
    gain = best["value"] / first["value"]
    years = (best["measured_at"] - first["measured_at"]).dt.days / 365.25
    yearly = np.exp(np.log(gain) / years.where(years > 0)) - 1
    return best.assign(gain=gain, yearly=yearly).reset_index(drop=True)
