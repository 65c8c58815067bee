"""Draw a volume forecast: history and fan, one panel a series."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from shiftcast.pipelines.publish.fans import SHOWN, save_grid, shade
from shiftcast.pipelines.series.volumes import VolumeAnswer

BACK: Final = 6  # horizons of history that are shown
COLOUR: Final = "tab:blue"


@dataclass(frozen=True)
class Fan:
    """One series to draw.

    Attributes
    ----------
    past
        Volume [unit of the series] by period end, the last periods only.
    lower
        The values of ``past`` that are lower bounds.
    ahead
        Rows of the forecast, with ``day``, the period end without a zone.
    """

    past: pd.Series
    lower: pd.Series
    ahead: pd.DataFrame


def fans(answers: list[VolumeAnswer], most: int = SHOWN) -> dict[str, Fan]:
    """Return the first series of the answers, ready to draw.

    Parameters
    ----------
    answers
        Answers in the order they are shown.
    most
        Most series.

    Returns
    -------
    dict of str to Fan
        Series by name.
    """
    out: dict[str, Fan] = {}
    for answer in answers:
        panel = answer.panel.take(np.arange(min(most - len(out), len(answer.panel.series))))
        if not len(panel.series):
            break
        own = answer.totals
        own = own[own["frequency"] == panel.frequency] if "frequency" in own.columns else own  # no longer periods
        times, named = panel.times(), own["series"].astype(str)
        for at, name in enumerate(panel.series):
            ahead = own[named == name]
            kept = slice(-BACK * ahead.period_end.nunique(), None)
            past = pd.Series(panel.values[at], index=times[at])[kept]
            days = ahead.period_end.dt.tz_convert(None) if ahead.period_end.dt.tz else ahead.period_end
            out[str(name)] = Fan(past, past[panel.lower[at][kept]], ahead.assign(day=days))
    return out


def save_plot(shown: dict[str, Fan], file: Path, *, total: int) -> None:
    """Write the picture of some series.

    Parameters
    ----------
    shown
        Series by name, as :func:`fans` gives them.
    file
        Picture to write; its ending says the kind.
    total
        How many series there are, stated where not all are shown.
    """

    def draw(axis: Axes, name: str) -> None:
        fan = shown[name]
        axis.plot(fan.past.index, fan.past, color=COLOUR)
        axis.plot(fan.lower.index, fan.lower, color="tab:red", marker="^", linestyle="", markersize=3)
        mean = fan.ahead[fan.ahead.statistic == "mean"].set_index("day").value
        axis.plot(mean.index, mean, color=COLOUR, linestyle="--")
        shade(axis, fan.ahead, COLOUR)
        axis.set_ylabel("volume")
        axis.set_ylim(bottom=0)
        axis.tick_params(axis="x", labelrotation=30, labelsize=7)

    save_grid(list(shown), draw, file, total=total)
