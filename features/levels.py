"""Sum histories to longer periods that theirs fill, and say which periods ahead make up which longer one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array, Dates, Integers
from shiftcast.features.frequency import DAY, spacing
from shiftcast.features.input_error import InputError
from shiftcast.features.panel import Panel

LEVELS: Final = {"D": "D", "W": "W", "ME": "M", "QE": "Q", "YE": "Y"}  # names of periods, and what pandas calls them
_ABOVE: Final = {"B": ("W", "ME", "QE", "YE"), "D": ("W", "ME", "QE", "YE"), "ME": ("QE", "YE"), "QE": ("YE",)}


@dataclass(frozen=True)
class Ahead:
    """Longer periods ahead of one series, all of which its own periods ahead complete.

    Attributes
    ----------
    ends
        Last day of each longer period, datetime64[us], shape (longer,).
    member
        Number of the longer period that each period ahead lies in, shape (horizon,); -1 for none of them.
    known
        Volume of each that lies in the past already [unit of the series], shape (longer,).
    """

    ends: Dates
    member: Integers
    known: Array


def check_level(frequency: str, level: str) -> None:
    """Raise unless periods of a frequency fill those of a level.

    Parameters
    ----------
    frequency
        Canonical frequency of the series.
    level
        ``D, W, ME, QE`` or ``YE``, anchored or not, such as ``W-WED`` and ``QE-JAN``.

    Raises
    ------
    ValueError
        Naming both, and what would do.

    Examples
    --------
    >>> check_level("D", "W-WED")
    >>> check_level("W", "ME")
    Traceback (most recent call last):
    shiftcast.InputError: --also 'ME': periods of W do not fill it; give the series by D, or leave it out
    """
    name = level.partition("-")[0]
    if name not in LEVELS:
        raise InputError(f"--also {level!r} is none of {', '.join(LEVELS)}")
    within = spacing(frequency) < DAY and DAY % spacing(frequency) == 0
    if not within and name not in _ABOVE.get(frequency, ()):
        finer = "ME" if name in {"QE", "YE"} and frequency != "ME" else "D"
        raise InputError(f"--also {level!r}: periods of {frequency} do not fill it; give the series by {finer}, "
                         "or leave it out")  # fmt: skip


def level_ends(ends: Dates, frequency: str, level: str) -> Dates:
    """Return the last day of the longer period that each period lies in.

    Parameters
    ----------
    ends
        Period ends [UTC], any shape. One shorter than a day belongs to the day in which it ends, at its midnight.
    frequency
        Canonical frequency of the periods.
    level
        As :func:`check_level` takes it.

    Returns
    -------
    ndarray of datetime64[us], of the shape of ``ends``

    Examples
    --------
    >>> days = np.array(["2024-02-28", "2024-03-01"], dtype="datetime64[us]")
    >>> level_ends(days, "D", "W").astype("datetime64[D]").astype(str).tolist()
    ['2024-03-03', '2024-03-03']
    """
    within = np.timedelta64(int(spacing(frequency) < DAY), "us")
    days, code = np.unique((ends - within).astype("datetime64[D]"), return_inverse=True)
    name, dash, anchor = level.partition("-")
    try:
        periods = pd.DatetimeIndex(days.astype("datetime64[us]")).to_period(LEVELS[name] + dash + anchor)
    except ValueError as problem:
        raise InputError(f"--also {level!r} has no such anchor; give one such as W-WED or QE-JAN") from problem
    last = periods.end_time.to_numpy().astype("datetime64[D]").astype("datetime64[us]")
    return np.asarray(last[code].reshape(ends.shape))


def at_level(panel: Panel, level: str, horizon: int) -> tuple[pd.DataFrame, tuple[Ahead, ...]]:
    """Return the histories of a panel by longer periods, and the longer periods ahead.

    A longer period counts where the series has all of it: gaps leave it unknown, except where days are working days,
    whose gaps are holidays and count as nothing.

    Parameters
    ----------
    panel
        Histories by a frequency that fills the level.
    level
        As :func:`check_level` takes it.
    horizon
        Periods ahead, of the panel's frequency.

    Returns
    -------
    tuple
        Rows ``series, group, period_end, value``; and what lies ahead of each series, in the order of the panel.

    Raises
    ------
    ValueError
        As :func:`check_level`.

    Examples
    --------
    >>> from shiftcast.features.panel import panels
    >>> dates = pd.date_range("2024-01-01", "2024-01-16")
    >>> (panel,), _ = panels(pd.DataFrame({"series": "web", "period_end": dates, "value": 1.0}))
    >>> rows, (ahead,) = at_level(panel, "W", 6)
    >>> rows.value.tolist(), ahead.ends.astype("datetime64[D]").astype(str).tolist(), ahead.member.tolist()
    ([7.0, 7.0], ['2024-01-21'], [0, 0, 0, 0, 0, -1])
    >>> ahead.known.tolist()
    [2.0]
    """
    check_level(panel.frequency, level)
    length = panel.values.shape[1]
    keys = level_ends(panel.moved(np.arange(-length, horizon + 2)), panel.frequency, level)
    values = np.where(np.isnan(panel.values), 0.0, panel.values) if panel.frequency == "B" else panel.values
    frames, ahead = [], []
    for at, start in enumerate(panel.start):
        past, future, after = keys[at, : length + 1], keys[at, length + 1 : -1], keys[at, -1]
        turns = np.flatnonzero(past[1:] != past[:-1])  # columns that begin a longer period
        turns = turns[turns >= start]
        open_at = int(turns[-1]) if len(turns) and past[-1] == future[0] else length
        heads = turns[turns < open_at]
        sums = np.add.reduceat(values[at, :open_at], heads) if len(heads) else np.array([])
        frames.append(pd.DataFrame({"series": panel.series[at], "group": panel.group[at],
                                    "period_end": past[1:][heads], "value": sums}))  # fmt: skip
        begun = past[-1] == future[0] and open_at == length  # began before the series did
        ahead.append(_ahead(future, after, values[at, open_at:], begun=bool(begun)))
    return pd.concat(frames, ignore_index=True), tuple(ahead)


def _ahead(future: Dates, after: np.datetime64, passed: Array, *, begun: bool) -> Ahead:
    """Return the longer periods that the periods ahead complete."""
    ends, member = np.unique(future, return_inverse=True)
    kept = (ends != after) & ~(begun & (ends == future[0]))
    number = np.where(kept, np.cumsum(kept) - 1, -1)
    known = np.zeros(int(kept.sum()))
    if len(passed) and kept[0]:
        known[0] = np.nanmean(passed) * len(passed)  # a gap in it is taken for the mean of what is known
    return Ahead(ends[kept], number[member], known)
