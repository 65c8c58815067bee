"""Fiscal and calendar quarters: labels, ends, and day-weighted mapping that conserves totals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.features.input_error import InputError

LONGEST_QUARTER: Final = 120  # days; a period of more is a year or a part of one
QUARTER_DAYS: Final = 91.3125  # of the average quarter, for spans that begin on no date; others by `days_in`
NVIDIA_FIRST_DAY = pd.Timestamp("2015-01-26", tz="UTC")  # FY2016 Q1


def quarter_label(day: datetime) -> str:
    """Return the calendar quarter of a day, such as ``2027Q4``.

    Parameters
    ----------
    day
        Any day.

    Returns
    -------
    str
        Year, ``Q`` and the quarter from 1 to 4.

    Examples
    --------
    >>> quarter_label(pd.Timestamp("2027-11-05"))
    '2027Q4'
    """
    return f"{day.year}Q{(day.month - 1) // 3 + 1}"


def quarter_end(label: str) -> pd.Timestamp:
    """Return the last day of a calendar quarter, midnight UTC.

    Parameters
    ----------
    label
        Calendar quarter, such as ``2027Q4``.

    Returns
    -------
    Timestamp
        Last day of the quarter.

    Raises
    ------
    ValueError
        If the label is not of the form ``2027Q4``.

    Examples
    --------
    >>> quarter_end("2027Q4").date().isoformat()
    '2027-12-31'
    """
    year, _, quarter = label.upper().partition("Q")
    if not (year.isdigit() and len(year) == 4 and quarter in {"1", "2", "3", "4"}):
        raise InputError(f"quarter {label!r} is not of the form 2027Q4{_meant(label)}")
    return pd.Timestamp(int(year), 3 * int(quarter), 1, tz="UTC") + pd.offsets.MonthEnd(0)


def _meant(label: str) -> str:
    """Return the quarter that a year or a month ends in, as a hint.

    Examples
    --------
    >>> _meant("2027"), _meant("2027-05"), _meant("soon")
    ('; the year 2027 ends in 2027Q4', '; month 05 of 2027 is in 2027Q2', '')
    """
    year, _, month = label.partition("-")
    if not (year.isdigit() and len(year) == 4):
        return ""
    if not month:
        return f"; the year {year} ends in {year}Q4"
    inside = month.isdigit() and 1 <= int(month) <= 12
    return f"; month {month} of {year} is in {year}Q{(int(month) + 2) // 3}" if inside else ""


def calendar_quarters(first: str, last: str) -> pd.DatetimeIndex:
    """Return the ends of the calendar quarters from ``first`` to ``last``, both included.

    Parameters
    ----------
    first, last
        Calendar quarters, such as ``2027Q4``.

    Returns
    -------
    DatetimeIndex, shape (quarters,)
        Last day of each quarter, midnight UTC; empty where ``last`` comes before ``first``.

    Examples
    --------
    >>> [quarter_label(end) for end in calendar_quarters("2027Q3", "2028Q1")]
    ['2027Q3', '2027Q4', '2028Q1']
    """
    return pd.date_range(quarter_end(first), quarter_end(last), freq="QE").as_unit("us")


def nvidia_quarters(last: datetime) -> pd.DataFrame:
    """Return NVIDIA's fiscal quarters from FY2016Q1 to the one that holds ``last``.

    The year ends on the last Sunday of January: quarters of 13 weeks, the last of 14 in a 53-week year.

    Parameters
    ----------
    last
        Day that the last quarter holds, with a zone.

    Returns
    -------
    DataFrame
        ``label`` (FY2027Q2), ``period_start``, ``period_end`` (inclusive), midnight UTC.

    Examples
    --------
    >>> nvidia_quarters(pd.Timestamp("2026-07-26", tz="UTC")).iloc[-1].period_start.date().isoformat()
    '2026-04-27'
    """
    rows: list[tuple[str, pd.Timestamp, pd.Timestamp]] = []
    start, year = NVIDIA_FIRST_DAY, 2016
    while start <= last or not rows:
        for quarter in (1, 2, 3, 4):
            end = _last_sunday_of_january(year) if quarter == 4 else start + timedelta(weeks=13) - timedelta(days=1)
            rows.append((f"FY{year}Q{quarter}", start, end))
            start = end + timedelta(days=1)
        year += 1
    table = pd.DataFrame(rows, columns=["label", "period_start", "period_end"])
    return table[table.period_start <= last].reset_index(drop=True)


def _last_sunday_of_january(year: int) -> pd.Timestamp:
    day = pd.Timestamp(year, 1, 31, tz="UTC")
    return day - timedelta(days=(day.weekday() + 1) % 7)


def overlap_weights(starts: pd.DatetimeIndex, ends: pd.DatetimeIndex, targets: pd.DatetimeIndex) -> NDArray[np.float64]:
    """Return the share of each period's days that falls in each target quarter.

    Parameters
    ----------
    starts, ends
        First and last days (inclusive) of n periods.
    targets
        Ends of m consecutive calendar quarters.

    Returns
    -------
    ndarray, shape (n, m)
        Rows sum to one where a period lies inside the targets, so totals are conserved.

    Examples
    --------
    >>> day = pd.DatetimeIndex
    >>> overlap_weights(day(["2026-03-22"]), day(["2026-04-10"]), day(["2026-03-31", "2026-06-30"])).tolist()
    [[0.5, 0.5]]
    """
    begins = targets - pd.offsets.QuarterBegin(startingMonth=1)
    first, last = _days(starts)[:, None], _days(ends)[:, None] + 1
    shared = np.minimum(last, _days(targets)[None, :] + 1) - np.maximum(first, _days(begins)[None, :])
    weights: NDArray[np.float64] = np.clip(shared, 0, None) / (last - first)
    return weights


def as_midnight(text: str) -> pd.Timestamp:
    """Return a day given as text as midnight UTC.

    Parameters
    ----------
    text
        Day of the form 2026-03-16.

    Returns
    -------
    Timestamp
        That day, midnight UTC.

    Raises
    ------
    ValueError
        If it is not a date of the form 2026-03-16.

    Examples
    --------
    >>> as_midnight("2026-03-16")
    Timestamp('2026-03-16 00:00:00+0000', tz='UTC')
    """
    try:
        return pd.Timestamp(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC))
    except ValueError:
        raise InputError(f"{text!r} is not a date of the form 2026-03-16") from None


def covered_share(start: datetime, end: datetime, quarters: pd.DatetimeIndex) -> NDArray[np.float64]:
    """Return the share of each quarter that a window covers.

    Parameters
    ----------
    start, end
        First and last day of the window, inclusive, midnight UTC.
    quarters
        Ends of consecutive calendar quarters.

    Returns
    -------
    ndarray, shape (quarters,)
        Days of the quarter inside the window over all its days [share].

    Examples
    --------
    >>> ends = pd.DatetimeIndex(["2026-03-31", "2026-06-30"], tz="UTC")
    >>> day = lambda text: pd.Timestamp(text, tz="UTC")
    >>> covered_share(day("2026-03-31"), day("2026-06-30"), ends).round(3).tolist()
    [0.011, 1.0]
    """
    within = overlap_weights(pd.DatetimeIndex([start]), pd.DatetimeIndex([end]), quarters)[0]
    return np.asarray(within * ((end - start).days + 1) * 24 / hours_in(quarters))


def _days(index: pd.DatetimeIndex) -> NDArray[np.int64]:
    return np.asarray(index.tz_localize(None).to_numpy(), dtype="datetime64[D]").astype(np.int64)


def days_in(ends: pd.DatetimeIndex) -> NDArray[np.float64]:
    """Return the days of the quarter that ends on each day [day].

    Parameters
    ----------
    ends
        Last days of calendar quarters, shape (quarters,).

    Examples
    --------
    >>> days_in(pd.DatetimeIndex(["2027-03-31", "2027-12-31"])).tolist()
    [90.0, 92.0]
    """
    return hours_in(ends) / 24


def hours_in(ends: pd.DatetimeIndex) -> NDArray[np.float64]:
    """Return the hours of each calendar quarter.

    Parameters
    ----------
    ends
        Last days of n quarters.

    Returns
    -------
    ndarray, shape (n,)
        Hours [h], 24 a day.

    Examples
    --------
    >>> hours_in(pd.DatetimeIndex(["2027-12-31"])).tolist()
    [2208.0]
    """
    begins = ends - pd.offsets.QuarterBegin(startingMonth=1)
    return np.asarray((_days(ends) + 1 - _days(begins)) * 24, dtype=np.float64)


def check_consecutive(ends: pd.DatetimeIndex, days: int = 100) -> None:
    """Raise if quarters are out of order or one is missing.

    Parameters
    ----------
    ends
        Period ends in order.
    days
        Longest step from one end to the next that still is one quarter [day].

    Raises
    ------
    ValueError
        Naming the two period ends around the gap.
    """
    for before, after in pairwise(ends):
        if not timedelta(0) < after - before <= timedelta(days=days):
            raise InputError(
                f"quarters are not consecutive: {before:%Y-%m-%d} is followed by {after:%Y-%m-%d}; "
                "add the missing quarter to the record"
            )
