"""The published forecast in short: one row a part and measure, one column a quarter, for a spreadsheet."""

from __future__ import annotations

from typing import Final

import pandas as pd

from shiftcast.features.calendars import quarter_label
from shiftcast.features.frames import ALL, DataFrame, Forecasts
from shiftcast.forecast.views.part import MEASURES

_FIGURES: Final = {0.5: "median", 0.1: "low (10 %)", 0.9: "high (90 %)"}
_NAMES: Final = {
    "gpu_hours": "Busy GPU-hours", "latent_hours": "GPU-hours wanted and not served", "accelerators":
    "Accelerators live", "accelerators_shipped": "Accelerators shipped", "power": "Facility power", "spending":
    "Spending",
}  # fmt: skip
_UNITS: Final = {  # unit of the frame to the one shown, and how many of the first are one of the second
    "accelerator_hour/quarter": ("million hours a quarter", 1e6),
    "accelerator": ("thousand", 1e3),
    "accelerator/quarter": ("thousand a quarter", 1e3),
    "MW_facility": ("MW at the meter", 1.0),
    "USD/quarter": ("million USD a quarter", 1e6),
}


def forecast_in_short(published: DataFrame[Forecasts]) -> pd.DataFrame:
    """Return medians and 80 % intervals of every measure, for the total, segments, leaves and workloads.

    Parameters
    ----------
    published
        A forecasts frame.

    Returns
    -------
    DataFrame
        ``measure, unit, segment, leaf, workload, figure`` and one column a quarter, to four significant digits;
        ``figure`` is the median or one end of the 80 % interval.
    """
    within = published["leaf"].eq(ALL) & published["segment"].eq(ALL) | published["workload"].eq(ALL)
    rows = published[
        within & published["technique"].eq(ALL) & published["measure"].isin(MEASURES)
        & published["quantile"].isin(_FIGURES)
    ]  # fmt: skip
    scale = rows["unit"].map({unit: of for unit, (_, of) in _UNITS.items()})
    told = pd.DataFrame(
        {
            "measure": pd.Categorical(rows["measure"].map(_NAMES), [_NAMES[name] for name in MEASURES]),
            "unit": rows["unit"].map({unit: name for unit, (name, _) in _UNITS.items()}),
            **{name: _all_first(rows[name]) for name in ("segment", "leaf", "workload")},
            "figure": pd.Categorical(rows["quantile"].map(_FIGURES), list(_FIGURES.values())),
            "quarter": rows["period_end"].map({end: quarter_label(end) for end in rows["period_end"].unique()}),
            "value": [float(f"{value:.4g}") for value in rows["value"] / scale],
        }
    )  # fmt: skip
    keys = [name for name in told if name not in {"quarter", "value"}]
    wide = told.pivot_table(index=keys, columns="quarter", values="value", observed=True, sort=True)
    return wide.reset_index().rename_axis(columns=None)


def _all_first(names: pd.Series) -> pd.Categorical:
    return pd.Categorical(names, [ALL, *sorted(set(names) - {ALL})])
