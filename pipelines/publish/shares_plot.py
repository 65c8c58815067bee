"""Draw a share forecast: history and fan of every category, one panel a series."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from shiftcast.pipelines.drawing.picture import Picture
from shiftcast.pipelines.drawing.series import SHOWN, ahead_rows, series_picture


def save_plot(history: pd.DataFrame, forecast: pd.DataFrame, file: Path) -> None:
    """Write the picture of up to twelve series.

    Parameters
    ----------
    history
        Rows with ``series, period_end, category, value``; each period is scaled to add up to one.
    forecast
        Rows with ``series, period_end, category, statistic, quantile, value`` [share].
    file
        Picture to write; its ending says the kind.
    """
    shares_picture(history, forecast).save(file)


def shares_picture(history: pd.DataFrame, forecast: pd.DataFrame) -> Picture:
    """Return the picture of up to twelve series.

    Parameters
    ----------
    history, forecast
        As :func:`save_plot` takes them.

    Returns
    -------
    Picture
    """
    names = sorted(history["series"].astype(str).unique())
    days = pd.DatetimeIndex(pd.to_datetime(history["period_end"], utc=True)).tz_localize(None)
    past = pd.DataFrame({"panel": history["series"].astype(str), "line": history["category"].astype(str),
                         "day": days, "median": history["value"].astype(float)})  # fmt: skip
    past["median"] /= past.groupby(["panel", "day"])["median"].transform("sum")
    ahead = ahead_rows(forecast, ["series", "category"]).rename(columns={"series": "panel", "category": "line"})
    shown = names[:SHOWN]
    return series_picture(
        past[past["panel"].isin(shown)].reset_index(drop=True), ahead[ahead["panel"].isin(shown)], unit="share",
        total=len(names),
    )  # fmt: skip
