"""Find periods that are not over: by when the figures were taken, by a last date inside a period, by their size."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array, Dates, Flags, Integers, Names
from shiftcast.features.frequency import DAY, spacing
from shiftcast.features.period_calendars import FEWEST, followed, moved
from shiftcast.features.reading import KEEP, SCALE, Reading

WINDOW: Final = 4  # periods whose mean is the level before a value
LOW: Final = 0.55  # of that level and of the season before: from here down a last value may be that of a part
UNSEEN: Final = 0.8  # of the deepest fall to be seen before: as deep a fall as that is the series' own way
_FIRST: Final = ("first-weekday", "half-1-")  # calendars of which a period is called by its first day
_ONE: Final = np.timedelta64(1, "D")


def rhythm_of(frequency: str, days: Dates, *, given: bool = False) -> tuple[str, str, bool]:
    """Return frequency and calendar of a series, and whether its last date alone lies inside the period after the rest.

    Parameters
    ----------
    frequency
        Canonical frequency.
    days
        Days of the series, datetime64[D], sorted, none twice.
    given
        Whether the caller named the frequency.

    Returns
    -------
    tuple
        Canonical frequency, name of the calendar (empty where the dates repeat a day, or follow nothing), and the flag.

    Examples
    --------
    >>> ends = ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30", "2024-05-12"]
    >>> rhythm_of("ME", np.array(ends, dtype="datetime64[D]"))
    ('ME', '', True)
    """
    if not frequency or spacing(frequency) < DAY or len(days) < 2:
        return frequency, "", False
    fit = followed(frequency, days, given=given)
    if fit is not None:
        return *fit, False
    fit = followed(frequency, days[:-1], given=given) if len(days) > FEWEST else None
    if fit is None or spacing(fit[0]) < 6 * DAY:
        return frequency, "", False
    calendar = np.array([fit[1]], dtype=object)
    next_two = moved(days[-2:-1], fit[0], np.array([1, 2]), calendar)[0]
    first = bool(begins(days[-2:-1], fit[0], calendar)[0])
    inside = next_two[0] < days[-1] < next_two[1] if first else days[-1] < next_two[0]
    return (*fit, True) if inside else (frequency, "", False)


def begins(ends: Dates, frequency: str, calendars: Names) -> Flags:
    """Return whether dates are called by the day on which their period begins: the first of a month, or a Monday.

    Parameters
    ----------
    ends
        Dates, shape (n,).
    frequency
        Canonical frequency.
    calendars
        Calendar of each, shape (n,).

    Returns
    -------
    ndarray, shape (n,)
        False for days and shorter periods, which are called by themselves and by their end.
    """
    days = ends.astype("datetime64[D]")
    named = np.array([str(each).startswith(_FIRST) for each in calendars])
    if spacing(frequency) > 28 * DAY:
        return np.asarray((days == days.astype("datetime64[M]")) | named)
    weekly = spacing(frequency) % (7 * DAY) == 0
    return np.asarray(((days.astype(np.int64) + 3) % 7 == 0) & weekly | named)


def bounds(ends: Dates, frequency: str, calendars: Names) -> tuple[Dates, Dates]:
    """Return the moments at which the periods called by some dates begin and are over.

    Parameters
    ----------
    ends
        Dates of periods [UTC], shape (n,).
    frequency
        Canonical frequency of all.
    calendars
        Calendar of each, shape (n,).

    Returns
    -------
    tuple of ndarray of datetime64[us], shape (n,)
        Begin and end: a day is over with its last hour, a longer period with the last hour of the day it is called
        by, or before the next begins where it is called by its first; a shorter one is over at its date.

    Examples
    --------
    >>> ends = np.array(["2024-04-30", "2024-05-01"], dtype="datetime64[us]")
    >>> [each.astype("datetime64[D]").astype(str).tolist() for each in bounds(ends, "ME", np.array(["", ""]))]
    [['2024-04-01', '2024-05-01'], ['2024-05-01', '2024-06-01']]
    """
    before, after = moved(ends, frequency, np.array([-1, 1]), calendars).T
    if spacing(frequency) < DAY:
        return before, ends
    first = begins(ends, frequency, calendars)
    own, earlier, later = (each.astype("datetime64[D]") for each in (ends, before, after))
    alone = first | (spacing(frequency) < 2 * DAY)  # a day, or a period called by its first day
    start, end = np.where(alone, own, earlier + _ONE), np.where(first, later, own + _ONE)
    return start.astype("datetime64[us]"), end.astype("datetime64[us]")


def parts(ends: Dates, frequency: Names, calendars: Names, as_of: pd.Timestamp) -> Array:
    """Return how much of each period was over.

    Parameters
    ----------
    ends
        Dates of periods [UTC], shape (n,).
    frequency, calendars
        Of each, shape (n,).
    as_of
        Moment up to which figures were counted [UTC, no zone].

    Returns
    -------
    ndarray, shape (n,)
        Share of the period [share]: one where it was over, zero where it had not begun.
    """
    out = np.ones(len(ends))
    moment = as_of.to_datetime64()
    near = ends > moment - np.timedelta64(800, "D")
    for name in pd.unique(frequency[near]):
        mine = near & (frequency == name)
        start, end = bounds(ends[mine], str(name), calendars[mine])
        out[mine] = np.clip((moment - start) / (end - start), 0.0, 1.0)
    return out


def strays(last: Dates, before: Dates, frequency: Names, calendars: Names) -> tuple[Dates, Array]:
    """Return the date that the period of each stray last date is called by, and how much of it was over.

    Parameters
    ----------
    last, before
        Last date of each series, inside a period, and the date before it, shape (n,).
    frequency, calendars
        Of each, shape (n,).

    Returns
    -------
    tuple
        Dates, datetime64[us], and shares of the period [share], each of shape (n,).
    """
    called, part = last.astype("datetime64[us]"), np.ones(len(last))
    for name in pd.unique(frequency):
        mine = frequency == name
        label = moved(before[mine], str(name), np.array([1]), calendars[mine])[:, 0]
        start, end = bounds(label, str(name), calendars[mine])
        called[mine] = label
        part[mine] = (last[mine].astype("datetime64[D]") + _ONE - start) / (end - start)
    return called, part


def whole(value: Array, part: Array, reading: Reading) -> tuple[Array, dict[str, Flags]]:
    """Return values with those of periods that are not over held out, scaled or kept, and which were how.

    Parameters
    ----------
    value
        Values, shape (n,); NaN where none.
    part
        Share of the period that was over [share], shape (n,).
    reading
        What becomes of them.

    Returns
    -------
    tuple
        Values, and by treatment whether it applies, shape (n,).

    Examples
    --------
    >>> whole(np.array([8.0, 2.0]), np.array([1.0, 0.5]), Reading(partial="scale"))[0].tolist()
    [8.0, 4.0]
    """
    open_ = (part < 1.0) & ~np.isnan(value)
    scaled = open_ & (part > 0.0) & (reading.partial == SCALE)
    held = open_ & ~scaled & (reading.partial != KEEP)
    out = np.where(held, np.nan, np.where(scaled, value / np.where(part > 0.0, part, 1.0), value))
    return out, {"held_out": held, "scaled": scaled, "kept": open_ & ~held & ~scaled}


def fallen(values: Array, seasons: tuple[int, ...]) -> Flags:
    """Return whether each last value is far below what level, season and past falls explain: perhaps of a part.

    Parameters
    ----------
    values
        Histories, shape (series, time); NaN where unknown.
    seasons
        Season lengths [period].

    Returns
    -------
    ndarray, shape (series,)

    Examples
    --------
    >>> steady, wild = [100.0, 104, 97, 102, 99, 103, 98, 20], [100.0, 104, 97, 102, 99, 21, 98, 20]
    >>> fallen(np.array([steady, wild]), (12,)).tolist()
    [True, False]
    """
    time = values.shape[1]
    if time <= WINDOW + 1:
        return np.zeros(len(values), dtype=bool)
    level = _levels(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = values[:, WINDOW:] / level
        expected = level[:, -1]
        for season in seasons:
            if time > season + WINDOW:
                again = values[:, -1 - season] * expected / level[:, -1 - season]
                expected = np.fmin(expected, np.where(np.isnan(again), expected, again))
        deepest = np.nanmin(np.where(np.isnan(ratio[:, :-1]), np.inf, ratio[:, :-1]), axis=1, initial=np.inf)
        low = (values[:, -1] < LOW * expected) & (ratio[:, -1] < UNSEEN * deepest)
    return np.asarray(low & np.isfinite(deepest) & (expected > 0))


def _levels(values: Array) -> Array:
    """Return the mean of the periods before each from the fifth on, NaN where none is known, (series, time - 4)."""
    known = ~np.isnan(values)
    totals = np.cumsum(np.pad(np.where(known, values, 0.0), ((0, 0), (1, 0))), axis=1)
    counts: Integers = np.cumsum(np.pad(known, ((0, 0), (1, 0))), axis=1)
    total, count = (each[:, WINDOW:-1] - each[:, : -WINDOW - 1] for each in (totals, counts))
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))
