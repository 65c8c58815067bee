"""The small table of a forecast, for a spreadsheet: totals, segments, leaves and workloads, a row each."""

from __future__ import annotations

from typing import Final

import pandas as pd

from shiftcast.features.calendars import quarter_label
from shiftcast.features.frames import ALL, DataFrame, Forecasts

_MEASURES: Final = {  # measure to its plain name, unit and factor
    "accelerators": ("accelerators live", "thousand", 1e-3),
    "accelerators_shipped": ("accelerators shipped", "thousand a quarter", 1e-3),
    "gpu_hours": ("GPU-hours served", "million a quarter", 1e-6),
    "latent_hours": ("GPU-hours wanted and not served", "million a quarter", 1e-6),
    "power": ("facility power", "GW", 1e-3),
    "spending": ("spending", "billion USD a quarter", 1e-9),
}
_LEVELS: Final = {0.1: "low", 0.5: "median", 0.9: "high"}
_KEY: Final = ["measure", "unit", "what", "name"]
_DIGITS: Final = 4


def overview(rows: DataFrame[Forecasts]) -> pd.DataFrame:
    """Return the small table of published forecasts.

    Parameters
    ----------
    rows
        Forecasts frame (:data:`features.frames.Forecasts`).

    Returns
    -------
    DataFrame
        A row a measure and part: ``measure, unit, what`` (total, segment, leaf or workload) and ``name`` in plain
        words, and by quarter ``low, median, high``, the 10th, 50th and 90th percentiles to four digits in ``unit``.
        Parts of one measure need not add up, since quantiles do not.
    """
    split = [rows[name] != ALL for name in ("segment", "leaf", "workload", "technique")]
    segment, leaf, workload, technique = split
    kept = ~technique & ~(workload & segment) & rows["measure"].isin(_MEASURES) & rows["quantile"].isin(_LEVELS)
    part = rows[kept]
    what = pd.Series("total", index=part.index)
    name = pd.Series(ALL, index=part.index)
    for kind, where in (("segment", segment), ("leaf", leaf), ("workload", workload)):
        what = what.mask(where[kept], kind)
        name = name.mask(where[kept], part[kind])
    plain = pd.DataFrame([_MEASURES[measure] for measure in part["measure"]], index=part.index)
    labels = {end: quarter_label(end) for end in part["period_end"].unique()}
    long = pd.DataFrame(
        {
            "measure": plain[0], "unit": plain[1], "what": what, "name": name,
            "quarter": part["period_end"].map(labels), "level": part["quantile"],
            "value": [float(f"{value:.{_DIGITS}g}") for value in part["value"] * plain[2]],
        }
    )  # fmt: skip
    table = long.pivot_table(index=_KEY, columns=["quarter", "level"], values="value", aggfunc="first")
    table.columns = [f"{quarter} {_LEVELS[level]}" for quarter, level in table.columns]
    order = pd.CategoricalIndex(table.index.get_level_values("what"), ["total", "segment", "leaf", "workload"])
    return (
        table.assign(_order=order.codes).sort_values(["measure", "_order", "name"]).drop(columns="_order").reset_index()
    )
