"""Quarters, months, years and days on an axis: where each stands, and how it is called."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

import pandas as pd

from shiftcast.pipelines.drawing.scales import year_of

_QUARTER: Final = re.compile(r"(\d{4})-?Q([1-4])")
_MONTH: Final = re.compile(r"(\d{4})-(\d{2})")
_YEAR: Final = re.compile(r"\d{4}")
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
    ((2027.875, '2027 Q4'), (2027.375, 'May 2027'), (2030.5, '2030'), (2027.1233, '15 Feb 2027'))
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


def quarters_of(ends: Iterable[pd.Timestamp]) -> list[str]:
    """Return the labels of quarters by their last days.

    Parameters
    ----------
    ends
        Last days.

    Returns
    -------
    list of str
    """
    return [f"{end.year}Q{end.quarter}" for end in ends]
