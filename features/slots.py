"""Count dates in periods: frequency and calendar of each series, and how far each row lies from its last value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Dates, Flags, Integers, Names
from shiftcast.features.frequency import DAY, UNEVEN, canonical, names_of, spacing, usual_gaps
from shiftcast.features.input_error import InputError
from shiftcast.features.partial import rhythm_of
from shiftcast.features.period_calendars import counted_days

HOUR: Final = DAY // 24
SPARSE: Final = 50  # periods a history may span for each date it has, beyond which a date is taken for wrong
ROOM: Final = 1000  # periods that any history may span


@dataclass(frozen=True)
class Rhythms:
    """How often each series comes, and on which days.

    Attributes
    ----------
    frequency
        Canonical frequency of each series, shape (series,).
    calendar
        Name of its calendar (:mod:`features.period_calendars`), shape (series,).
    stray
        Whether its last date alone lies off the calendar of all others, inside the next period, shape (series,).
    """

    frequency: Names
    calendar: Names
    stray: Flags


@dataclass(frozen=True)
class Grid:
    """Rows counted in periods of their series.

    Attributes
    ----------
    code
        Number of each row's series, shape (rows,).
    slot
        Periods after the last value of the series, shape (rows,): zero there, negative before, positive ahead.
    series
        Name of each series, shape (series,).
    frequency, calendar
        Canonical frequency and calendar of each series, shape (series,).
    last
        Period end of the last value [UTC], shape (series,); that of the latest in its group for a series
        without any.
    single
        Whether a series has one value only, shape (series,).
    shifted
        How many gaps were an hour off a whole number of days, as clocks changed.
    """

    code: Integers
    slot: Integers
    series: pd.Series
    frequency: Names
    calendar: Names
    last: Dates
    single: Flags
    shifted: int


def rhythms(rows: pd.DataFrame, frequency: str | None = None) -> Rhythms:
    """Return frequency and calendar of each series of checked rows.

    Parameters
    ----------
    rows
        Sorted ``row, series, group, period_end`` and further columns.
    frequency
        Frequency of all; that of the commonest gap of each series where not given.

    Returns
    -------
    Rhythms
        A series with one date takes the commonest of its group, else of the file.

    Raises
    ------
    ValueError
        Where one date each leaves the frequency open, or dates do not follow the frequency given.

    Examples
    --------
    >>> from shiftcast.features.volumes import check_volume_rows
    >>> dates = ["2024-01-15", "2024-01-31", "2024-02-15", "2024-02-29"]
    >>> found = rhythms(check_volume_rows(pd.DataFrame({"series": "web", "period_end": dates, "value": 1.0}))[0])
    >>> found.frequency.tolist(), found.calendar.tolist()
    (['SME'], ['half-15-31'])
    """
    code = series_codes(rows)
    groups = rows[np.r_[True, code[1:] != code[:-1]]].group.to_numpy(dtype=object)
    micros, dates = _micros(rows), np.bincount(code)
    named = names_of(usual_gaps(code, micros), dates)
    if frequency is not None:
        named = np.full(len(dates), canonical(frequency), dtype=object)
    days = np.split(micros.astype("datetime64[us]").astype("datetime64[D]"), np.cumsum(dates)[:-1])
    known: dict[tuple[str, bytes], tuple[str, str, bool]] = {}
    found = []
    for at, (name, own) in enumerate(zip(named, days, strict=True)):
        key = (str(name), own.tobytes())
        if key not in known:
            known[key] = rhythm_of(str(name), own, given=frequency is not None)
        found.append(known[key])
        if name in UNEVEN and len(own) > 1 and not known[key][1]:
            row = rows.iloc[int(np.cumsum(dates)[at]) - 1]
            raise InputError(
                f"series {row.series!r}, row {row.row}: its dates do not follow --frequency {name}; leave it out, or "
                "correct the dates that lie off it"
            )
    table = pd.DataFrame(found, columns=["frequency", "calendar", "stray"])
    return _borrowed(table.assign(group=groups, single=dates < 2), frequency)


def _borrowed(table: pd.DataFrame, frequency: str | None) -> Rhythms:
    """Return what each series follows; one with a single date what its group does most, else the file."""
    lone = table.single.to_numpy()
    if lone.all() and frequency is None:
        raise InputError("every series has one date, which leaves the frequency open; name it (--frequency)")
    uneven = frequency is not None and canonical(frequency) in UNEVEN
    if lone.all() and uneven and frequency != "B":
        raise InputError(f"every series has one date, which leaves open where periods of {frequency} end; give more")
    if lone.any() and (frequency is None or uneven):
        pairs = table[~lone].assign(pair=lambda each: list(zip(each.frequency, each.calendar, strict=True)))
        most = pairs.pair.mode().iloc[0] if len(pairs) else ("B", "Mon-Fri")
        own = pairs.groupby("group").pair.agg(lambda each: each.mode().iloc[0])
        table.loc[lone, ["frequency", "calendar"]] = [own.get(group, most) for group in table.group[lone]]
    named = table.frequency.to_numpy(dtype=object), table.calendar.to_numpy(dtype=object)
    return Rhythms(*named, table.stray.to_numpy(dtype=bool))


def place(rows: pd.DataFrame, found: Rhythms) -> Grid:
    """Return checked rows counted in periods.

    Parameters
    ----------
    rows
        Sorted ``row, series, group, period_end, value`` of :func:`features.volumes.check_volume_rows`.
    found
        Frequency and calendar of each series.

    Returns
    -------
    Grid
        Series, frequency and slot of each row.

    Raises
    ------
    ValueError
        On two dates in one period, on a history that spans far more periods than it has dates, or where no row
        has a value.

    Examples
    --------
    >>> from shiftcast.features.volumes import check_volume_rows
    >>> dates = ["2024-12-31", "2025-03-31", "2025-06-30", "2025-12-31"]
    >>> rows = pd.DataFrame({"series": "web", "period_end": dates, "value": [1.0, 2.0, 3.0, None]})
    >>> rows, _ = check_volume_rows(rows)
    >>> grid = place(rows, rhythms(rows))
    >>> grid.frequency.tolist(), grid.slot.tolist()
    (['QE'], [-2, -1, 0, 2])
    """
    code = series_codes(rows)
    heads = rows[np.r_[True, code[1:] != code[:-1]]]
    valued = rows.value.notna().to_numpy()
    if not valued.any():
        raise InputError("no row has a value; give at least one")
    last = _last(rows, code, heads.group.to_numpy(dtype=object), valued)
    slot, shifted = _slots(rows, code, found, last)
    _refuse_sparse(rows, code, slot, found.frequency)
    names, single = heads.series.reset_index(drop=True), np.bincount(code, valued) == 1
    return Grid(code, slot, names, found.frequency, found.calendar, last, single, shifted)


def series_codes(rows: pd.DataFrame) -> Integers:
    """Return the number of each row's series, from zero on, in the order of sorted rows.

    Parameters
    ----------
    rows
        Sorted rows with ``series``.

    Returns
    -------
    ndarray, shape (rows,)
        Numbers of series.
    """
    names = rows.series.cat.codes.to_numpy()
    return np.cumsum(np.r_[0, names[1:] != names[:-1]]).astype(np.int64)


def _micros(rows: pd.DataFrame) -> Integers:
    return np.asarray(rows.period_end.to_numpy().astype("datetime64[us]").astype(np.int64))


def _last(rows: pd.DataFrame, code: Integers, groups: Names, valued: Flags) -> Dates:
    """Return the period end of each series' last value, or of the latest of its group, or of all."""
    ends = rows.period_end.where(valued)
    own = ends.groupby(code).max()
    near = own.groupby(groups).transform("max")
    return np.asarray(own.fillna(near).fillna(ends.max()).to_numpy().astype("datetime64[us]"))


def _slots(rows: pd.DataFrame, code: Integers, found: Rhythms, last: Dates) -> tuple[Integers, int]:
    """Return the periods of each row after its series' last value, and how many gaps were an hour off."""
    micros, end = _micros(rows), last.astype(np.int64)
    spacings = np.array([spacing(name) for name in found.frequency])
    step, daily = spacings[code], (spacings >= DAY)[code]
    own = np.r_[False, code[1:] == code[:-1]]
    gap = np.where(own, np.diff(micros, prepend=micros[0]), 0)
    turns = np.rint(gap / step).astype(np.int64)
    _refuse_crowded(rows, own & (turns == 0), found.frequency[code])
    shifted = own & daily & (np.abs(np.abs(gap - turns * step) - HOUR) < 1)
    passed = np.cumsum(turns)
    at_end = np.zeros(len(end), dtype=np.int64)
    final = micros == end[code]
    at_end[code[final]] = passed[final]
    counted = np.bincount(code, final, minlength=len(end)) > 0
    from_end = np.rint((micros - end[code]) / step).astype(np.int64)  # no date of its own to count from
    slot = np.where(counted[code], passed - at_end[code], from_end)
    return _on_calendars(slot, micros, code, found, last), int(shifted.sum())


def _on_calendars(slot: Integers, micros: Integers, code: Integers, found: Rhythms, last: Dates) -> Integers:
    """Return slots with those of series on a listed calendar counted on it."""
    days, ends = micros.astype("datetime64[us]").astype("datetime64[D]"), last.astype("datetime64[D]")
    out = slot.copy()
    for name in pd.unique(found.calendar):
        mine = (found.calendar == name)[code]
        number, end = (counted_days(each, str(name)) for each in (days[mine], ends[code[mine]]))
        if number is not None and end is not None:
            out[mine] = number - end
    return out


def _refuse_crowded(rows: pd.DataFrame, crowded: Flags, found: Names) -> None:
    if crowded.any():
        at = int(crowded.argmax())
        first, second = rows.iloc[at - 1], rows.iloc[at]
        raise InputError(
            f"series {second.series!r}, row {second.row}: {first.period_end} and {second.period_end} fall into one "
            f"period of {found[at]}; give one frequency in a series, or name a finer one (--frequency)"
        )


def _refuse_sparse(rows: pd.DataFrame, code: Integers, slot: Integers, found: Names) -> None:
    dates = np.bincount(code)
    wide = np.abs(slot) > np.maximum(SPARSE * dates, ROOM)[code]
    if wide.any():
        at = int(wide.argmax())
        row, name = rows.iloc[at], found[code[at]]
        raise InputError(
            f"series {row.series!r}, row {row.row}: {row.period_end} lies {abs(slot[at])} periods of {name} from its "
            f"last value, with {dates[code[at]]} dates in all; correct the date, or name the frequency (--frequency)"
        )
