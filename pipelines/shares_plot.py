"""The picture of a share forecast: history and fan of every category, one panel a series."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

SHOWN: Final = 12  # series at most; the rest is said in the title
BANDS: Final = ((0.025, 0.975, 0.15), (0.1, 0.9, 0.3))


def save_plot(history: pd.DataFrame, forecast: pd.DataFrame, file: Path) -> None:
    """Write the picture of up to twelve series; the kind is taken from the file name."""
    names = sorted(history["series"].astype(str).unique())
    shown = names[:SHOWN]
    rows = (len(shown) + 2) // 3
    figure = Figure(figsize=(5 * min(3, len(shown)), 3.2 * rows), layout="constrained")
    axes = figure.subplots(rows, min(3, len(shown)), squeeze=False).ravel()
    for axis, name in zip(axes, shown, strict=False):
        past = history[history["series"].astype(str) == name]
        _fan(axis, name, past, forecast[forecast["series"].astype(str) == name])
    for axis in axes[len(shown) :]:
        axis.set_visible(False)
    if len(names) > SHOWN:
        figure.suptitle(f"{SHOWN} of {len(names)} series")
    figure.savefig(file)


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
        for low, high, alpha in BANDS:
            edge = {q: part[(part["quantile"] - q).abs() < 1e-9].set_index("day").value for q in (low, high)}
            axis.fill_between(edge[low].index, edge[low], edge[high], color=colour, alpha=alpha, linewidth=0)
    axis.set(title=name, ylim=(0, 1), ylabel="share")
    axis.legend(fontsize=6)
