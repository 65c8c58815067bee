"""Quarters, months, years and days on an axis: where each stands, and how it is called."""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import ceil, floor
from typing import Any, Final

import pandas as pd

from shiftcast.pipelines.drawing.scales import year_of

_QUARTER: Final = re.compile(r"(\d{4})-?Q([1-4])")
_MONTH: Final = re.compile(r"(\d{4})-(\d{2})")
_YEAR: Final = re.compile(r"\d{4}")
_YEARS, _SEASONS = 1.6, 0.25  # spans from which years, and months, are named [year]
_LABEL: Final = 36  # room of the name of a period [px]
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def placed(label: Any) -> tuple[float, str]:
    """Return where a period stands, its middle as a year with a fraction, and its name.

    Parameters
    ----------
    label
        A quarter such as ``2027Q4``, a month, a year, or a day.

    Returns
    -------
    tuple of float and str

    Examples
    --------
    >>> placed("2027Q4"), placed("2027-05"), placed(2030), placed("2027-02-15")
    ((2027.875, '2027 Q4'), (2027.375, 'May 2027'), (2030.5, '2030'), (2027.123288, '15 Feb 2027'))
    """
    text = str(label)
    if found := _QUARTER.fullmatch(text):
        return int(found[1]) + (int(found[2]) - 0.5) / 4, f"{found[1]} Q{found[2]}"
    if found := _MONTH.fullmatch(text):
        return round(int(found[1]) + (int(found[2]) - 0.5) / 12, 4), f"{_MONTHS[int(found[2]) - 1]} {found[1]}"
    if _YEAR.fullmatch(text):
        return int(text) + 0.5, text
    day = pd.Timestamp(label)
    return year_of(day), f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def ended(label: Any) -> float:
    """Return where a period ends, as a year with a fraction; a day is its own end.

    Examples
    --------
    >>> ended("2027Q4"), ended("2027-06"), ended(2030)
    (2028.0, 2027.5, 2031.0)
    """
    middle, _ = placed(label)
    text = str(label)
    if _QUARTER.fullmatch(text):
        return middle + 1 / 8
    if _MONTH.fullmatch(text):
        return round(middle + 1 / 24, 4)
    return middle + 0.5 if _YEAR.fullmatch(text) else middle


def is_time(labels: Iterable[Any]) -> bool:
    """Return whether all labels are periods or days.

    Examples
    --------
    >>> is_time(["2027Q4", "2028"]), is_time(["b200"])
    (True, False)
    """
    shapes = (_QUARTER, _MONTH, _YEAR, re.compile(r"\d{4}-\d{2}-\d{2}.*"))
    return all(
        isinstance(label, pd.Timestamp) or any(shape.fullmatch(str(label)) for shape in shapes) for label in labels
    )


def periods(ends: Iterable[Any]) -> list[Any]:
    """Return the years, quarters or months that days end, where all of them do; else the days.

    Parameters
    ----------
    ends
        Last days of periods, or labels, which are left as they are.

    Returns
    -------
    list

    Examples
    --------
    >>> periods([pd.Timestamp("2027-03-31"), pd.Timestamp("2027-06-30")]), periods(["2027Q4"])
    (['2027Q1', '2027Q2'], ['2027Q4'])
    """
    labels = list(ends)
    if not all(isinstance(label, pd.Timestamp) for label in labels):
        return labels
    if all(day.is_year_end for day in labels):
        return [str(day.year) for day in labels]
    if all(day.is_quarter_end for day in labels):
        return [f"{day.year}Q{day.quarter}" for day in labels]
    return [f"{day:%Y-%m}" for day in labels] if all(day.is_month_end for day in labels) else labels


def ticks_of(first: float, last: float, width: int) -> tuple[list[float], list[tuple[float, str]]]:
    """Return where an axis of time has marks, and the names of periods with where each is centred.

    Parameters
    ----------
    first, last
        Its ends, as years with fractions.
    width
        Its length [px].

    Returns
    -------
    tuple of list
        Years where there is more than one, else months, else days.

    Examples
    --------
    >>> ticks_of(2026.25, 2029.0, 300)
    ([2027.0, 2028.0, 2029.0], [(2026.625, '2026'), (2027.5, '2027'), (2028.5, '2028')])
    """
    year = width / (last - first)
    if last - first > _YEARS:
        return _years(first, last, year)
    if last - first > _SEASONS:
        return _months(first, last, year)
    days = pd.date_range(_day_of(first), _day_of(last), freq=f"{_step(year / 365, (1, 2, 7, 14), 28)}D")
    return [year_of(day) for day in days], [(year_of(day), f"{day.day} {_MONTHS[day.month - 1]}") for day in days]


def _years(first: float, last: float, year: float) -> tuple[list[float], list[tuple[float, str]]]:
    step = max(1, ceil(_LABEL / year))
    names = []
    for at in range(floor(first), ceil(last)):
        low, high = max(first, float(at)), min(last, at + 1.0)
        if at % step == 0 and (step > 1 or (high - low) * year > _LABEL):
            names.append((round((low + high) / 2, 4), str(at)))
    return [float(at) for at in range(ceil(first), floor(last) + 1)], names


def _months(first: float, last: float, year: float) -> tuple[list[float], list[tuple[float, str]]]:
    step = _step(year / 12, (1, 2, 3), 6)
    starts = pd.date_range(_day_of(first) - pd.Timedelta(days=31), _day_of(last), freq="MS")
    shown = [day for day in starts if (day.month - 1) % step == 0 and first - 1 / 48 <= year_of(day) <= last - 1 / 24]
    words = [_MONTHS[day.month - 1] + (f" {day.year}" if day.month <= step else "") for day in shown]
    marks = [year_of(day) for day in shown if year_of(day) >= first]
    return marks, [(year_of(day) + 1 / 24, name) for day, name in zip(shown, words, strict=True)]


def _step(wide: float, steps: tuple[int, ...], most: int) -> int:
    """Return the least step whose names have room, of periods of some width [px]."""
    return next((step for step in steps if step * wide > _LABEL), most)


def _day_of(year: float) -> pd.Timestamp:
    return pd.Timestamp(int(year), 1, 1) + pd.Timedelta(days=round((year - int(year)) * 365))
