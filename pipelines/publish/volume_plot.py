"""Draw a volume forecast: history and fan, one panel a series."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.pipelines.drawing.picture import Picture
from shiftcast.pipelines.drawing.series import SHOWN, ahead_rows, series_picture
from shiftcast.pipelines.series.volumes import VolumeAnswer

BACK: Final = 6  # horizons of history that are shown


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
    volumes_picture(shown, total=total).save(file)


def volumes_picture(shown: dict[str, Fan], *, total: int) -> Picture:
    """Return the picture of some series.

    Parameters
    ----------
    shown, total
        As :func:`save_plot` takes them.

    Returns
    -------
    Picture
        Values that are lower bounds are its only markers.
    """
    past = [_past(name, own.past) for name, own in shown.items()]
    ahead = [ahead_rows(own.ahead, ["series"]).rename(columns={"series": "panel"}) for own in shown.values()]
    lower = [
        {"panel": name, "line": "", "when": day, "value": float(value), "says": "a lower bound"}
        for name, own in shown.items() for day, value in own.lower.items()
    ]  # fmt: skip
    stated = pd.DataFrame(lower) if lower else None
    rows = pd.concat(ahead, ignore_index=True).assign(line="")
    return series_picture(pd.concat(past, ignore_index=True), rows, unit="", total=total, stated=stated)


def _past(name: str, values: pd.Series) -> pd.DataFrame:
    days = pd.DatetimeIndex(values.index)
    days = days.tz_convert(None) if days.tz is not None else days
    return pd.DataFrame({"panel": name, "line": "", "day": days, "median": values.to_numpy(dtype=float)})
