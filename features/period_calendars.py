"""Calendars whose periods are not even: working days, half months, a day or working day of the month, fiscal weeks.

A calendar has a name: ``Mon-Fri`` and ``Sun-Thu`` (working days), ``half-15-31`` (two days of each month, 31 being its
last), ``day-30`` (that day of a month, or its last where it is shorter), ``first-weekday``, ``last-weekday`` (of a
month), ``13-L-JAN-SUN`` (quarters of 13 weeks in a year that ends on the last Sunday of January; ``N``: on the nearest
to its end), ``4-4-5-N-JAN-SAT`` (months of 4, 4 and 5 weeks), ``52-L-DEC-SUN`` (years). A year of 53 weeks has its
extra week in the last period. The empty name is a calendar that repeats its day.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import Final

import numpy as np

from shiftcast.features.arrays import Dates, Flags, Integers, Names
from shiftcast.features.frequency import DAY, shifted, spacing, step_of
from shiftcast.features.written_dates import month_of

FEWEST: Final = 4  # dates from which weeks of a fiscal year, or a last date off its calendar, can be told
MASKS: Final = {"Mon-Fri": "1111100", "Sun-Thu": "1111001"}
FISCAL: Final = {"4-4-5": ("4-4-5", "4-5-4", "5-4-4"), "ME": ("4-4-5", "4-5-4", "5-4-4"), "QE": ("13",), "YE": ("52",)}
MONTHS: Final = ("JAN", "DEC", "SEP", "JUN", "FEB", "MAR", "APR", "MAY", "JUL", "AUG", "OCT", "NOV")  # as is usual
_WEEKDAYS: Final = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_YEARS: Final = np.arange(1900, 2301).astype(str).astype("datetime64[Y]")
_WEEKS: Final = 52


def followed(frequency: str, days: Dates, *, given: bool = False) -> tuple[str, str] | None:
    """Return the frequency and calendar that all dates of a series follow.

    Parameters
    ----------
    frequency
        Canonical frequency, as gaps or the caller tell it.
    days
        Days of a series, datetime64[D], sorted, none twice.
    given
        Whether the caller named the frequency, so that it stays.

    Returns
    -------
    tuple or None
        Canonical frequency and name of the calendar; none where the dates follow no calendar known here.

    Examples
    --------
    >>> days = np.array(["2024-01-30", "2024-02-29", "2024-03-30"], dtype="datetime64[D]")
    >>> followed("ME", days), followed("D", np.arange("2024-01-01", "2024-01-06", dtype="datetime64[D]"))
    (('ME', 'day-30'), ('D', ''))
    """
    step = spacing(frequency) / DAY
    if frequency in {"D", "B"}:
        return _working_days(frequency, days, given=given)
    if frequency == "SME" or (not given and 13 < step < 17 and not _even(days, 14)):
        return _half_months(days)
    if step_of(frequency)[0] and frequency != "4-4-5":
        weeks = ("91D", "") if frequency == "QE" and not given and len(days) >= FEWEST and _even(days, 91) else None
        return _months(frequency, days) or _fiscal(frequency, days, given=given) or weeks
    if frequency == "4-4-5":
        return _fiscal(frequency, days, given=given)
    return (frequency, "") if step < 7 or _even(days, round(step)) else None


def moved(ends: Dates, frequency: str, steps: Integers, calendars: Names) -> Dates:
    """Return period ends moved by whole steps, each on its own calendar.

    Parameters
    ----------
    ends
        Period ends, datetime64, shape (series,).
    frequency
        Canonical frequency of all.
    steps
        Periods on [period], back where negative, shape (steps,).
    calendars
        Calendar of each series, shape (series,).

    Returns
    -------
    ndarray of datetime64[us], shape (series, steps)
        Moved period ends; the time of day stays.

    Examples
    --------
    >>> friday = np.array(["2024-06-28T00:00"], dtype="datetime64[us]")
    >>> moved(friday, "B", np.array([1, 2]), np.array(["Mon-Fri"], dtype=object)).astype("datetime64[D]").tolist()
    [[datetime.date(2024, 7, 1), datetime.date(2024, 7, 2)]]
    """
    ends = ends.astype("datetime64[us]")[:, None]
    out = np.broadcast_to(ends, (len(ends), len(steps))).copy()
    for name in np.unique(calendars.astype(str)):
        mine = calendars == name
        out[mine] = _moved(ends[mine], frequency, steps, str(name))
    return out


def _moved(ends: Dates, frequency: str, steps: Integers, calendar: str) -> Dates:
    table = listed_days(calendar)
    days = ends.astype("datetime64[D]")
    if table is not None:
        at = np.clip(np.searchsorted(table, days) + steps, 0, len(table) - 1)
        return np.asarray(table[at] + (ends - days))
    if not calendar:
        return shifted(ends, frequency, steps)
    months = days.astype("datetime64[M]") + (steps * step_of(frequency)[0]).astype("timedelta64[M]")
    return np.asarray(_in_month(months, calendar) + (ends - days))


def counted_days(days: Dates, calendar: str) -> Integers | None:
    """Return the number of each day's period from an unnamed start; none on calendars that gaps count right.

    Parameters
    ----------
    days
        Days, datetime64[D].
    calendar
        Name of the calendar.

    Returns
    -------
    ndarray or None
        Numbers [period], of the shape of ``days``.
    """
    table = listed_days(calendar)
    return None if table is None else np.searchsorted(table, days).astype(np.int64)


@lru_cache(maxsize=512)
def listed_days(calendar: str) -> Dates | None:
    """Return every period end of a calendar from 1900 to 2300; none of one that steps from month to month.

    Parameters
    ----------
    calendar
        Name of the calendar.

    Returns
    -------
    ndarray of datetime64[D], or None
        Sorted days.

    Examples
    --------
    >>> listed_days("13-L-JAN-SUN")[500:502].astype(str).tolist()
    ['2025-04-27', '2025-07-27']
    """
    if calendar in MASKS:
        days = np.arange(_YEARS[0].astype("datetime64[D]"), _YEARS[-1].astype("datetime64[D]"))
        return np.asarray(days[np.is_busday(days, MASKS[calendar])])
    kind, _, rest = calendar.partition("-")
    if kind == "half":
        months = np.arange(_YEARS[0].astype("datetime64[M]"), _YEARS[-1].astype("datetime64[M]"))
        return np.asarray(np.stack([_in_month(months, f"day-{day}") for day in rest.split("-")], axis=1).ravel())
    return _fiscal_days(calendar) if kind.isdigit() else None


def _fiscal_days(calendar: str) -> Dates:
    """Return the period ends of fiscal years: whole weeks, the last period of a year to its end."""
    *weeks, rule, month, weekday = calendar.split("-")
    close = (_YEARS.astype("datetime64[M]") + month_of(month)).astype("datetime64[D]") - 1
    latest = close + (3 if rule == "N" else 0)
    ends = latest - (latest.astype(np.int64) + 3 - _WEEKDAYS.index(weekday)) % 7  # 1970 began on a Thursday
    lengths = [int(each) for each in weeks]
    passed = 7 * np.cumsum(lengths * (_WEEKS // sum(lengths)))
    days = ends[:-1, None] + passed
    days[:, -1] = ends[1:]
    return np.asarray(days.ravel())


def _in_month(months: Dates, calendar: str) -> Dates:
    """Return the day of each month that a calendar names."""
    first, after = months.astype("datetime64[D]"), (months + 1).astype("datetime64[D]")
    if calendar == "last-weekday":
        return np.asarray(np.busday_offset(after, -1, roll="forward"))
    if calendar == "first-weekday":
        return np.asarray(np.busday_offset(first, 0, roll="forward"))
    return np.asarray(np.minimum(first + (int(calendar.removeprefix("day-")) - 1), after - 1))


def _even(days: Dates, step: int) -> bool:
    return not (np.diff(days).astype(np.int64) % step).any()


def _fits(days: Dates, calendar: str) -> bool:
    table = listed_days(calendar)
    fit: Flags = days == _in_month(days.astype("datetime64[M]"), calendar) if table is None else np.isin(days, table)
    return bool(fit.all())


def _working_days(frequency: str, days: Dates, *, given: bool) -> tuple[str, str] | None:
    """Return days, or working days where a weekend passed and none of its days was ever there."""
    long = len(days) > FEWEST and (days[-1] - days[0]).astype(np.int64) > 7
    for name in MASKS:
        if (frequency == "B" or (long and not given)) and _fits(days, name):
            return "B", name
    return None if frequency == "B" else ("D", "")


def _half_months(days: Dates) -> tuple[str, str] | None:
    """Return half months, where all dates lie on one day of the first half of a month and one of the second."""
    place = (days - days.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64) + 1
    first, later = int(place.min()), days[place > place.min()]
    if min(len(later), len(days) - len(later)) < 2:
        return None
    for second in (31, int(place.max())):
        if first < second and _fits(later, f"day-{second}"):
            return "SME", f"half-{first}-{second}"
    return None


def _months(frequency: str, days: Dates) -> tuple[str, str] | None:
    """Return the day of the month that all dates lie on: the last, one day, or the first or last working day."""
    if (np.diff(days.astype("datetime64[M]")).astype(np.int64) % step_of(frequency)[0]).any():
        return None
    if _fits(days, "day-31"):
        return frequency, ""
    place = (days - days.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64) + 1
    day = int(place.max())
    if _fits(days, f"day-{day}"):
        return frequency, f"day-{day}" if day >= 28 else ""
    for name in ("last-weekday", "first-weekday"):
        if len(days) >= FEWEST and _fits(days, name):
            return frequency, name
    return None


def _fiscal(frequency: str, days: Dates, *, given: bool) -> tuple[str, str] | None:
    """Return the fiscal calendar that all dates lie on, of one weekday; where several do, the most usual."""
    if len(days) < FEWEST or not _even(days, 7):
        return None
    weekday = _WEEKDAYS[(int(days[0].astype(np.int64)) + 3) % 7]
    for weeks, rule, month in product(FISCAL.get(frequency, ()), "LN", MONTHS):
        if _fits(days, name := f"{weeks}-{rule}-{month}-{weekday}"):
            return ("4-4-5" if frequency == "ME" and not given else frequency), name
    return None
