"""Rows that pictures over time are drawn of, past quarters beside those ahead, out of the draws of a forecast."""

from __future__ import annotations

from typing import Final

import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_label
from shiftcast.forecast.draws import quantile_table
from shiftcast.forecast.views.part import Part, draws_of, hyperscale_share, periods
from shiftcast.forecast.views.technique_share import technique_share
from shiftcast.forecast.views.techniques import choose_techniques

DRAWN: Final = {"low95": 0.025, "low80": 0.1, "median": 0.5, "high80": 0.9, "high95": 0.975}


def level_rows(cube: xr.Dataset, measure: str, part: Part, **same: str) -> pd.DataFrame:
    """Return a measure of one part by quarter.

    Parameters
    ----------
    cube, measure, part
        As :func:`forecast.views.part.draws_of` takes them.
    **same
        Columns to add, such as ``line`` or ``panel``.

    Returns
    -------
    DataFrame
        ``when, median, low80, high80, low95, high95``, and the columns added.
    """
    return drawn_rows(periods(cube), draws_of(cube, measure, part), **same)


def split_rows(cube: xr.Dataset, base: str, definition: str, **same: str) -> pd.DataFrame:
    """Return the hyperscale share by quarter.

    Parameters
    ----------
    cube, base, definition
        As :func:`forecast.views.part.hyperscale_share` takes them.
    **same
        Columns to add.

    Returns
    -------
    DataFrame
        As :func:`level_rows`.
    """
    return drawn_rows(periods(cube), hyperscale_share(cube, base=base, definition=definition), **same)


def technique_names(cube: xr.Dataset, workload: str) -> list[str]:
    """Return the techniques of a workload, oldest first.

    Parameters
    ----------
    cube, workload
        Draw cube and a workload of it.

    Returns
    -------
    list of str
    """
    newest = str(next(name for name in cube["technique"].values[::-1] if str(name).startswith(f"{workload}/")))
    chosen = choose_techniques(cube, newest.partition("/")[2], of=workload)
    return [*chosen.others, *chosen.names]


def technique_rows(cube: xr.Dataset, workload: str, base: str, segment: str) -> pd.DataFrame:
    """Return the mean share of each technique of a workload by quarter; they add up to one.

    Parameters
    ----------
    cube, workload, base, segment
        As :func:`forecast.views.technique_share.technique_share` takes them.

    Returns
    -------
    DataFrame
        ``when, part, share``: quarter, technique and share; techniques that run on CPUs take no GPU-hours.
    """
    rows = []
    tasks = {str(name) for name in cube["task"].values}
    on_cpus = [name for name in technique_names(cube, workload) if f"{workload}/{name}" not in tasks]
    for technique in technique_names(cube, workload):
        if base == "gpu_hours" and technique in on_cpus:
            continue
        found = technique_share(cube, technique, of=workload, base=base, segment=segment)
        means = found.share.mean(axis=0)
        rows += [
            {"when": quarter_label(end), "part": technique, "share": float(mean)}
            for end, mean in zip(found.ends, means, strict=True)
        ]
    return pd.DataFrame(rows)


def work_rows(cube: xr.Dataset, segment: str) -> pd.DataFrame:
    """Return the mean part of busy hours that each workload takes, by quarter; they add up to one.

    Parameters
    ----------
    cube, segment
        Draw cube, and whose hours.

    Returns
    -------
    DataFrame
        ``when, part, share``: quarter, workload and share.
    """
    names = list(dict.fromkeys(str(task).partition("/")[0] for task in cube["task"].values))
    hours = {name: draws_of(cube, "gpu_hours", Part(segment, workload=name)).mean(axis=0) for name in names}
    whole = sum(hours.values())
    return pd.DataFrame(
        [{"when": quarter_label(end), "part": name, "share": float(each[at] / whole[at])}
         for name, each in hours.items() for at, end in enumerate(periods(cube))]
    )  # fmt: skip


def meeting_rows(cube: xr.Dataset, **same: str) -> pd.DataFrame:
    """Return busy hours of all leaves as each of the two views had them before they met.

    Parameters
    ----------
    cube
        Draw cube.
    **same
        Columns to add.

    Returns
    -------
    DataFrame
        As :func:`level_rows`, a line a view.
    """
    views = {"from reported sales": "gpu_hours_top_down", "from requests and tokens": "gpu_hours_bottom_up"}
    found = [
        drawn_rows(periods(cube), cube[name].values.sum(axis=-1), line=line, **same) for line, name in views.items()
    ]
    return pd.concat(found, ignore_index=True)


def drawn_rows(ends: pd.DatetimeIndex, values: Array, **same: str) -> pd.DataFrame:
    """Return draws by quarter as rows that a fan is drawn of.

    Parameters
    ----------
    ends
        Quarter ends.
    values
        Draws, shape (draws, quarters).
    **same
        Columns to add.

    Returns
    -------
    DataFrame
        As :func:`level_rows`.
    """
    marks = quantile_table(values, tuple(DRAWN.values()))[1:]
    table = pd.DataFrame(marks.T, columns=list(DRAWN))
    return table.assign(when=[quarter_label(end) for end in ends], **same)
