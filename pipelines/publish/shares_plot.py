"""Draw a share forecast: history and fan of every category, one panel a series."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes

from shiftcast.pipelines.publish.fans import SHOWN, save_grid, shade


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
    names = sorted(history["series"].astype(str).unique())

    def draw(axis: Axes, name: str) -> None:
        past = history[history["series"].astype(str) == name]
        _fan(axis, name, past, forecast[forecast["series"].astype(str) == name])

    save_grid(names[:SHOWN], draw, file, total=len(names))


def _fan(axis: Axes, name: str, past: pd.DataFrame, ahead: pd.DataFrame) -> None:
    """Draw one series: lines for history and mean, bands for the central 80 % and 95 %."""
    dates = pd.DatetimeIndex(pd.to_datetime(past["period_end"], utc=True)).tz_localize(None)
    wide = past.assign(day=dates).pivot_table(index="day", columns="category", values="value", fill_value=0.0)
    wide = wide.div(wide.sum(axis=1), axis=0)
    colours = mpl.colormaps["tab20"].colors  # type: ignore[attr-defined]
    for place, category in enumerate(sorted(ahead["category"].astype(str).unique())):
        colour, part = colours[place % 20], ahead[ahead["category"].astype(str) == category]
        part = part.assign(day=part.period_end.dt.tz_localize(None))
        if category in wide:
            axis.plot(wide.index, wide[category], color=colour, label=category)
        mean = part[part.statistic == "mean"].set_index("day").value
        axis.plot(mean.index, mean, color=colour, linestyle="--", label=None if category in wide else category)
        shade(axis, part, colour)
    axis.set(ylim=(0, 1), ylabel="share")
    axis.legend(fontsize=6)
