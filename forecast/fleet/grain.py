"""Choice of the periods that a fleet is forecast in, and how those periods make up calendar months."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_end
from shiftcast.features.input_error import InputError
from shiftcast.forecast.fleet.history import Counted, History, month_of

MONTHS, WEEKS, FEW_WEEKS = 24, 26, 8  # whole periods from which they are forecast in
FAR: Final = pd.Timedelta(days=91)  # ahead, from which a few weeks are as good as their days, and much quicker
FREQUENCY: Final = {"hour": "h", "day": "D", "week": "W", "month": "ME"}
_STEP: Final = {
    "hour": pd.DateOffset(hours=1),
    "day": pd.DateOffset(days=1),
    "week": pd.DateOffset(weeks=1),
    "month": pd.DateOffset(months=1),
}
_DAY: Final = pd.Timedelta(days=1)
_YEARS: Final = 10  # ahead at most: work grows with them, and what a fleet wants then nothing tells


def choose_grain(history: History, last: pd.Timestamp) -> tuple[str, str]:
    """Return the length of the periods to forecast in, and why.

    Parameters
    ----------
    history
        Usage of the fleet.
    last
        First day of the last month ahead.

    Returns
    -------
    tuple of str
        ``month`` where 24 whole ones are known; else ``week`` where there are 26, or eight and the last month is more
        than 13 weeks ahead; else ``day``. What is stored in longer periods is forecast in those.

    Raises
    ------
    ValueError
        If not one period is whole.
    """
    counts = {name: len(table.starts) for name, table in history.tables.items()}
    weeks = FEW_WEEKS if last - history.until > FAR else WEEKS
    for name, least in (("month", MONTHS), ("week", weeks), ("day", 1)):
        if counts.get(name, 0) >= least:
            return name, f"forecast by the {name}, as {counts[name]} whole {name}s are known"
    stored = [each for each in ("week", "month") if counts.get(each)]
    if not stored:
        raise InputError(
            f"usage from {history.since:%Y-%m-%d %H:%M} to {history.until:%Y-%m-%d %H:%M} holds no whole period; "
            "ingest at least a day of it"
        )
    return stored[0], f"forecast by the {stored[0]}, as stored, though {counts[stored[0]]} of them tell little"


def months_through(first: pd.Timestamp, through: pd.Timestamp | str) -> pd.DatetimeIndex:
    """Return the months from one to that of a later day.

    Parameters
    ----------
    first
        First day of the first month, midnight UTC.
    through
        Last day, or a quarter such as ``2027Q4`` or a month such as ``2027-12``.

    Returns
    -------
    DatetimeIndex, shape (months,)
        First day of each, midnight UTC.

    Raises
    ------
    ValueError
        If it is no day, quarter or month, before the first month, or more than ten years after it.
    """
    last = last_moment(through)
    if last >= first + pd.DateOffset(years=_YEARS):
        raise InputError(f"through {through}: a fleet is forecast {_YEARS} years ahead at most, from {first:%Y-%m}")
    if last < first:
        raise InputError(f"through {through}: the first month ahead is {first:%Y-%m}; give that or a later one")
    return pd.date_range(first, month_of(last), freq="MS").as_unit("us")


def last_moment(through: pd.Timestamp | str) -> pd.Timestamp:
    """Return the day, or the moment, that a forecast is asked through.

    Parameters
    ----------
    through
        As :func:`months_through` takes it.

    Returns
    -------
    Timestamp
        UTC.

    Raises
    ------
    ValueError
        If it is no day, quarter or month.

    Examples
    --------
    >>> [last_moment(each).year for each in ("2035Q4", "2035-12", "20351231", "31.12.35")]
    [2035, 2035, 2035, 2035]
    """
    try:
        if isinstance(through, str) and "Q" in through.upper():
            return quarter_end(through)
        moment = pd.Timestamp(through)
    except InputError:
        raise
    except ValueError:
        moment = pd.NaT
    if moment is pd.NaT:
        raise InputError(f"through {through!r} is no day; give one such as 2027-12-31, 2027-12 or 2027Q4")
    return moment.tz_localize("UTC") if moment.tzinfo is None else moment.tz_convert("UTC")


def periods_ahead(table: Counted, grain: str, months: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Return the starts of the periods after the known ones up to the end of the last month.

    Parameters
    ----------
    table, grain
        Whole periods that are known, and their length.
    months
        First days of the months ahead.

    Returns
    -------
    DatetimeIndex, shape (periods,)
        Midnight UTC; the last one may reach beyond the last month.
    """
    first = table.starts[-1] + _STEP[grain]
    return pd.date_range(first, months[-1] + pd.DateOffset(months=1) - _DAY, freq=_STEP[grain]).as_unit("us")


def last_days(starts: pd.DatetimeIndex, grain: str) -> pd.DatetimeIndex:
    """Return the last day of each period, and of hours the moment they are over.

    Parameters
    ----------
    starts, grain
        First days, and the length of the periods.

    Returns
    -------
    DatetimeIndex, shape (periods,)
        Midnight UTC.

    Examples
    --------
    >>> last_days(pd.DatetimeIndex(["2027-02-01"], tz="UTC"), "month")[0].day
    28
    """
    return starts + _STEP[grain] - (pd.Timedelta(0) if grain == "hour" else _DAY)


def month_weights(starts: pd.DatetimeIndex, grain: str, months: pd.DatetimeIndex, until: pd.Timestamp) -> Array:
    """Return which part of each period ahead belongs to each month and is not yet known.

    Parameters
    ----------
    starts, grain
        Periods ahead.
    months
        First days of the months ahead.
    until
        Moment up to which usage is known.

    Returns
    -------
    ndarray, shape (periods, months)
        Shares of the time of a period [1]; a row adds up to one where the period lies wholly ahead within the months.

    Examples
    --------
    >>> week = pd.DatetimeIndex(["2026-09-28"], tz="UTC")
    >>> months = pd.date_range("2026-09-01", periods=2, freq="MS", tz="UTC")
    >>> month_weights(week, "week", months, week[0]).round(3).tolist()
    [[0.429, 0.571]]
    """
    hour = pd.Timedelta(hours=1)
    begin, end = (np.asarray((each - months[0]) / hour) for each in (starts, starts + _STEP[grain]))
    opens, closes = (np.asarray((each - months[0]) / hour) for each in (months, months + pd.DateOffset(months=1)))
    opens = np.maximum(opens, (until - months[0]) / hour)
    shared = np.minimum.outer(end, closes) - np.maximum.outer(begin, opens)
    return np.asarray(np.maximum(shared, 0.0) / (end - begin)[:, None])
