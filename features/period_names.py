"""Read the names of periods as files write them: 2022Q1, Jan-22, 2022-W05, FY22 Q3; the last day stands for each."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

from shiftcast.features.written_dates import month_of

_YEAR: Final = r"'?(?P<year>\d{4}|\d{2})"
_FULL: Final = r"(?P<year>\d{4})"
_GAP: Final = r"[ \-/.]?"
_FORMS: Final = tuple(re.compile(form, re.IGNORECASE) for form in (
    _FULL,  # 2022
    rf"{_FULL}-?(?P<month>0[1-9]|1[0-2])",  # 2022-01, 202201
    rf"{_FULL}/(?P<month>\d{{1,2}})",  # 2022/1
    r"(?P<name>[a-z]{3,9})\.?(?: |[\-/]| ?')(?P<year>\d{4})",  # Jan 2022
    r"(?P<name>[a-z]{3,9})\.?(?:[\-/]| ?')(?P<year>\d{2})",  # Jan-22
    rf"{_FULL}{_GAP}(?P<name>[a-z]{{3,9}})",  # 2022-Jan
    rf"{_FULL}{_GAP}(?P<unit>[QH])(?P<number>[1-4])",  # 2022Q1, 2022-H2
    rf"(?P<unit>[QH])(?P<number>[1-4])[ \-/.]?{_YEAR}",  # Q1 2022, Q1'22
    rf"(?P<number>[1-4])(?P<unit>[QH])[ \-/.]?{_YEAR}",  # 1Q22
    rf"{_FULL}-?W(?P<week>\d{{2}})(?:-?(?P<weekday>[1-7]))?",  # 2022-W05, 2022-W05-3
))  # fmt: skip
_FISCAL: Final = tuple(re.compile(form, re.IGNORECASE) for form in (
    rf"FY ?{_YEAR}(?:[ \-/.]?(?P<unit>[QH])(?P<number>[1-4]))?",  # FY22, FY22 Q3
    rf"(?P<unit>[QH])(?P<number>[1-4])[ \-/.]?FY ?{_YEAR}",  # Q3 FY22
))  # fmt: skip
_MONTHS: Final = {"Q": 3, "H": 6}


def is_fiscal(text: str) -> bool:
    """Return whether a text names a period of a fiscal year, whose last month only the reader knows.

    Parameters
    ----------
    text
        Period as written.

    Returns
    -------
    bool
        Whether it does.

    Examples
    --------
    >>> is_fiscal("FY22 Q3"), is_fiscal("2022Q3")
    (True, False)
    """
    return any(form.fullmatch(text) for form in _FISCAL)


def last_day(text: str, fiscal_end: int = 0) -> str:
    """Return the last day of the period that a text names.

    Parameters
    ----------
    text
        Name of a year, half, quarter, month or week (to its Sunday); or a day of a week, such as 2022-W05-3.
    fiscal_end
        Month in which fiscal years end, 1 to 12; a fiscal year has the number of the year it ends in. None if zero.

    Returns
    -------
    str
        Day in ISO form; empty where the text names no period, or one of a fiscal year that ends nobody says when.

    Examples
    --------
    >>> [last_day(text) for text in ("2022Q1", "Jan-22", "2022-W05", "Q1'22", "202202", "soon")]
    ['2022-03-31', '2022-01-31', '2022-02-06', '2022-03-31', '2022-02-28', '']
    >>> last_day("FY22 Q3", fiscal_end=1), last_day("FY22 Q3")
    ('2021-10-31', '')
    """
    forms, close = (_FISCAL, fiscal_end) if is_fiscal(text) else (_FORMS, 12)
    found = next((match for form in forms if (match := form.fullmatch(text))), None)
    if found is None or not close:
        return ""
    parts = {name: part for name, part in found.groupdict().items() if part}
    year = int(parts["year"]) + (2000 if len(parts["year"]) == 2 else 0)
    try:
        if "week" in parts:
            return date.fromisocalendar(year, int(parts["week"]), int(parts.get("weekday", 7))).isoformat()
        return _month_end(year, _last_month(parts, close))
    except (ValueError, OverflowError):
        return ""


def _last_month(parts: dict[str, str], close: int) -> int:
    """Return the last month of a period, counted from the January of its year; zero and below lie before."""
    if "name" in parts:
        return month_of(parts["name"]) or 13 * 12
    if "month" in parts:
        return int(parts["month"])
    if "unit" not in parts:
        return close
    passed = _MONTHS[parts["unit"].upper()] * int(parts["number"])
    return close - 12 + passed if passed <= 12 else 13 * 12


def _month_end(year: int, month: int) -> str:
    """Return the last day of a month counted from January of a year; a month past its year is none."""
    if month > 12:
        raise ValueError("no month")
    after = date(year + (month // 12), month % 12 + 1, 1)
    return (after - timedelta(days=1)).isoformat()
