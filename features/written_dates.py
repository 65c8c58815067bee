"""Read dates as people and desks write them: day and month in either order, months by name, clocks of twelve hours."""

from __future__ import annotations

import re
from typing import Final

ORDERS: Final = ("day-first", "month-first")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK: Final = (
    r",?[ T]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}(?:\.\d+)?))?(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?"
)
_NAME: Final = r"(?P<name>[A-Za-z]{3,9})\.?"
_WEEKDAY: Final = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? +)?"
_FIGURES: Final = re.compile(rf"(?P<one>\d{{1,2}})[/.\-](?P<two>\d{{1,2}})[/.\-](?P<year>\d{{4}}|\d{{2}})(?:{_CLOCK})?")
_FORMS: Final = tuple(re.compile(_WEEKDAY + form) for form in (
    rf"(?P<day>\d{{1,2}})[ \-]{_NAME},?[ \-](?P<year>\d{{4}})(?:{_CLOCK})?",  # 3 April 2026, 03-Apr-2026 17:00
    rf"{_NAME} +(?P<day>\d{{1,2}}),? +(?P<year>\d{{4}})(?:{_CLOCK})?",  # April 3, 2026 5:00 PM
    rf"{_NAME} +(?P<day>\d{{1,2}}){_CLOCK} +(?P<year>\d{{4}})",  # Fri Apr  3 17:00:00 2026
    rf"{_NAME}[ \-](?P<year>\d{{4}})",  # April 2026
    rf"(?P<year>\d{{4}})[\-/](?P<month>\d{{1,2}})[\-/](?P<day>\d{{1,2}}){_CLOCK}",  # 2026-04-03 5:00 PM
))  # fmt: skip


def is_either_order(text: str) -> bool:
    """Return whether a date is written in figures with its year last, so that day and month could be either.

    Parameters
    ----------
    text
        Date as written.

    Returns
    -------
    bool
        Whether only the order of the whole file tells which day it is.

    Examples
    --------
    >>> is_either_order("03/04/2026 17:00"), is_either_order("3 April 2026")
    (True, False)
    """
    return _FIGURES.fullmatch(text) is not None


def iso_date(text: str, order: str = "") -> str:
    """Return a written date in ISO form.

    Parameters
    ----------
    text
        Date as written, without a zone.
    order
        ``day-first`` or ``month-first``, for dates in figures; these are read by no other rule.

    Returns
    -------
    str
        Date and time; empty where it is none, or its order is not told. A day may still be none, such as 30 February.

    Examples
    --------
    >>> iso_date("03/04/2026", "day-first"), iso_date("03/04/2026", "month-first"), iso_date("03/04/2026")
    ('2026-04-03T00:00:00', '2026-03-04T00:00:00', '')
    >>> iso_date("April 3, 2026 12:30 AM"), iso_date("Fri Apr  3 17:00:00 2026")
    ('2026-04-03T00:30:00', '2026-04-03T17:00:00')
    """
    figures = _FIGURES.fullmatch(text)
    if figures:
        day, month = ("one", "two") if order == ORDERS[0] else ("two", "one")
        return _iso(figures, figures[day], int(figures[month])) if order else ""
    found = next((match for form in _FORMS if (match := form.fullmatch(text))), None)
    if found is None:
        return ""
    parts = found.groupdict()
    return _iso(found, parts.get("day") or "1", int(parts["month"]) if "month" in parts else month_of(parts["name"]))


def month_of(name: str) -> int:
    """Return a month by its English name or the beginning of it.

    Parameters
    ----------
    name
        At least three letters, such as ``Apr`` or ``April``.

    Returns
    -------
    int
        1 to 12; 0 for none.

    Examples
    --------
    >>> month_of("April"), month_of("Foo")
    (4, 0)
    """
    short = name[:3].lower()
    return _MONTHS.index(short) + 1 if short in _MONTHS else 0


def _iso(found: re.Match[str], day: str, month: int) -> str:
    parts = found.groupdict()
    hour, half = int(parts.get("hour") or 0), (parts.get("half") or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return ""
        hour = hour % 12 + 12 * (half == "p")
    year = int(parts["year"])
    year += 2000 if year < 100 else 0  # a year of two figures is one of this century, as no export is older
    return f"{year:04}-{month:02}-{int(day):02}T{hour:02}:{parts.get('minute') or '00'}:{parts.get('second') or '00'}"
