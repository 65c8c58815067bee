"""Draw forecasts of series: what was, and the fan of what comes, a panel a series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from shiftcast.pipelines.drawing.fan import Look, fan
from shiftcast.pipelines.drawing.panels import Moments
from shiftcast.pipelines.drawing.picture import Picture
from shiftcast.pipelines.drawing.times import periods

SHOWN: Final = 12  # series at most; the title says how many there are
_LEVELS: Final = {0.025: "low95", 0.1: "low80", 0.9: "high80", 0.975: "high95"}
_FINE: Final = 1e-9


def ahead_rows(forecast: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return the means and intervals of a long forecast as a fan takes them.

    Parameters
    ----------
    forecast
        Rows with ``period_end, statistic, quantile, value``; quantiles 0.025, 0.1, 0.9 and 0.975 among them.
    names
        Columns that tell its series apart.

    Returns
    -------
    DataFrame
        ``names, day, median`` (the mean) and the ends of the 80 % and 95 % intervals.
    """
    days = pd.DatetimeIndex(pd.to_datetime(forecast["period_end"], utc=True)).tz_localize(None)
    rows, keys = forecast.assign(day=days), [*names, "day"]
    rows = rows.assign(**{name: rows[name].astype(str) for name in names})
    made = rows[rows["statistic"] == "mean"].set_index(keys)["value"].rename("median").to_frame()
    for level, name in _LEVELS.items():
        own = rows[(rows["quantile"] - level).abs() < _FINE].set_index(keys)["value"]
        made[name] = own.reindex(made.index)
    return made.reset_index()


def series_picture(
    past: pd.DataFrame, ahead: pd.DataFrame, *, unit: str, total: int, stated: pd.DataFrame | None = None
) -> Picture:
    """Return the picture of series with their past.

    Parameters
    ----------
    past
        ``panel, line, day, median``.
    ahead
        Likewise, with ``low80, high80, low95, high95``.
    unit
        Code of the unit, or words.
    total
        How many series there are, stated where not all are shown.
    stated
        Values to mark: ``panel, line, when, value, says``.

    Returns
    -------
    Picture
        A rule marks where reports end, if all series end together.
    """
    rows = pd.concat([past, ahead], ignore_index=True)
    rows = rows.assign(when=periods(rows["day"])).drop(columns="day")
    shown = rows["panel"].nunique()
    title = f"{shown} of {total} series" if total > shown else "History and forecast"
    ends = set(past.groupby("panel")["day"].max())
    reported = rows["when"][past["day"].argmax()] if len(ends) == 1 else None
    return fan(
        rows,
        title=title,
        unit=unit,
        moments=Moments(reported=reported),
        stated=stated,
        look=Look(line="mean", told=False),
    )
