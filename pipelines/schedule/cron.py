"""Read cron expressions of five fields, and write them in the form of each scheduler.

Schedulers differ in reading them: APScheduler counts weekdays from Monday, cron from Sunday, and where day of month and
day of week are both restricted cron means either and others both. So fields are expanded to lists, weekdays are named,
and that last case is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.triggers.cron import CronTrigger

from shiftcast.features.input_error import InputError

WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LENGTHS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)  # most days of each month
_FIELDS: Final = {"minute": (0, 59), "hour": (0, 23), "day of month": (1, 31), "month": (1, 12), "day of week": (0, 7)}
_NAMES: Final = {
    "month": dict(zip(MONTHS, range(1, 13), strict=True)),
    "day of week": {n: i for i, n in enumerate(WEEKDAYS)},
}


@dataclass(frozen=True)
class Cron:
    """The times of a schedule; ``None`` is any.

    Attributes
    ----------
    text
        The expression as given.
    minutes, hours, days, months
        Sorted values.
    weekdays
        Sorted, Sunday being 0.
    """

    text: str
    minutes: tuple[int, ...] | None
    hours: tuple[int, ...] | None
    days: tuple[int, ...] | None
    months: tuple[int, ...] | None
    weekdays: tuple[int, ...] | None


def parse_cron(text: str) -> Cron:
    """Return a cron expression's values.

    Parameters
    ----------
    text
        Minute, hour, day of month, month and day of week, such as ``0 6 * * MON``.

    Returns
    -------
    Cron
        The values of each field.

    Raises
    ------
    ValueError
        Naming the field and the part that is wrong.

    Examples
    --------
    >>> parse_cron("0 6 * * MON").weekdays
    (1,)
    >>> parse_cron("*/20 9-11 * * 1-5").minutes
    (0, 20, 40)
    """
    fields = text.split()
    if len(fields) != len(_FIELDS):
        raise InputError(f"--cron {text!r} has {len(fields)} fields, not the 5 of minute, hour, day, month, weekday")
    minutes, hours, days, months, weekdays = (_values(field, name) for field, name in zip(fields, _FIELDS, strict=True))
    if days is not None and weekdays is not None:
        raise InputError(
            f"--cron {text!r} restricts both day of month and day of week, which schedulers read differently; "
            "restrict one"
        )
    if min(days or (1,)) > max(_LENGTHS[month - 1] for month in months or (1,)):
        raise InputError(f"--cron {text!r}: none of its months has such a day, so it never comes; correct day or month")
    if weekdays is not None:
        weekdays = tuple(sorted({day % 7 for day in weekdays}))
    return Cron(" ".join(fields), minutes, hours, days, months, weekdays)


def zone(name: str) -> tzinfo:
    """Return a time zone by its IANA name.

    Parameters
    ----------
    name
        Such as ``UTC`` or ``Europe/Paris``.

    Returns
    -------
    tzinfo
        The zone.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(f"--timezone {name!r} is not known; give one such as UTC or Europe/Paris") from None


def as_trigger(cron: Cron, timezone: tzinfo) -> CronTrigger:
    """Return the APScheduler trigger.

    Parameters
    ----------
    cron
        Times of the schedule.
    timezone
        Zone that the times are in.

    Returns
    -------
    CronTrigger
        Fires at the same times.
    """
    names = None if cron.weekdays is None else tuple(WEEKDAYS[day] for day in cron.weekdays)
    return CronTrigger(
        minute=_listed(cron.minutes), hour=_listed(cron.hours), day=_listed(cron.days), month=_listed(cron.months),
        day_of_week=_listed(names), timezone=timezone,
    )  # fmt: skip


def as_calendar(cron: Cron, timezone: str) -> str:
    """Return the systemd calendar expression.

    Parameters
    ----------
    cron
        Times of the schedule.
    timezone
        IANA name of the zone that the times are in.

    Returns
    -------
    str
        Value of ``OnCalendar``.

    Examples
    --------
    >>> as_calendar(parse_cron("30 6 * * MON,FRI"), "UTC")
    'Mon,Fri *-*-* 06:30:00 UTC'
    """
    days = "" if cron.weekdays is None else ",".join(WEEKDAYS[day].capitalize() for day in cron.weekdays) + " "
    date = f"*-{_padded(cron.months)}-{_padded(cron.days)}"
    return f"{days}{date} {_padded(cron.hours)}:{_padded(cron.minutes)}:00 {timezone}"


def _values(field: str, name: str) -> tuple[int, ...] | None:
    if field == "*":
        return None
    found: set[int] = set()
    for part in field.split(","):
        found |= set(_part(part, name, field))
    return tuple(sorted(found))


def _part(part: str, name: str, field: str) -> range:
    low, high = _FIELDS[name]
    span, slash, step = part.partition("/")
    first, dash, last = span.partition("-")
    try:
        start, stop = (low, high) if span == "*" else (_number(first, name), _number(last if dash else first, name))
        stop = high if slash and not dash else stop
        every = _whole(step) if slash else 1
    except ValueError:
        start, stop, every = high + 1, low - 1, 0
    if not (low <= start <= stop <= high and every > 0):
        raise InputError(f"--cron: {part!r} in {field!r} is not a {name} from {low} to {high}")
    return range(start, stop + 1, every)


def _number(text: str, name: str) -> int:
    named = _NAMES.get(name, {}).get(text.lower())
    return _whole(text) if named is None else named


def _whole(text: str) -> int:
    """Return a number of plain digits: the other schedulers read no sign, underscore or digit of another script."""
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(text)
    return int(text)


def _listed(values: tuple[int, ...] | tuple[str, ...] | None) -> str:
    return "*" if values is None else ",".join(str(value) for value in values)


def _padded(values: tuple[int, ...] | None) -> str:
    return "*" if values is None else ",".join(f"{value:02d}" for value in values)
