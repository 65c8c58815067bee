"""Bring the dates of series to one clock: days stay the days they are called, moments of any zone become UTC."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array, Dates, Flags, Integers
from shiftcast.features.date_texts import Written, read_texts, read_typed, what_to_say
from shiftcast.features.input_error import InputError
from shiftcast.features.instants import Clock
from shiftcast.features.refusal import refuse

REMEDY: Final = "write dates as 2027-12-31 or 2027-12-31T13:00+02:00"
FIRST, LAST = np.datetime64("1700-01-01"), np.datetime64("2300-01-01")
_EVENING: Final = np.timedelta64(23 * 60 + 59, "m")  # from here on a time stands for the end of its day


def utc_stamps(column: pd.Series, series: pd.Series, clock: Clock | None = None) -> tuple[Dates, dict[str, int]]:
    """Return dates as UTC without a zone, NaT where none can be read, and how many rows were treated how.

    A series whose times are all midnight (or the last minute of a day), as written or on the clock of the zone
    given, is one of days or longer: those stay the local days they are, as if written without a zone.

    Parameters
    ----------
    column
        Dates as text, names of periods (the last day stands for each), numbers, dates, or times; each with a zone,
        or none. See :func:`features.date_texts.read_texts`.
    series
        The series of each row, shape (rows,): of two equal local hours, the first of a series is summer time.
    clock
        Zone of the dates without one, order of day and month, and end of fiscal years.

    Returns
    -------
    tuple
        datetime64[us], shape (rows,); and counts by name: ``zoned`` rows were written in a zone other than UTC,
        ``local`` were and are days of it, ``mixed`` in more than one zone (all rows then), ``clock_change`` local
        hours that came twice.

    Raises
    ------
    ValueError
        On an unknown zone, or a local hour that clocks skipped.

    Examples
    --------
    >>> dates = pd.Series(["2024-03-31T01:00+01:00", "2024-03-31T03:00+02:00"])
    >>> stamps, counts = utc_stamps(dates, pd.Series(["s", "s"]))
    >>> stamps.astype("datetime64[h]").tolist(), counts["mixed"]
    ([datetime.datetime(2024, 3, 31, 0, 0), datetime.datetime(2024, 3, 31, 1, 0)], 2)
    >>> ends = pd.Series(["2024-02-29T00:00+01:00", "2024-03-31T00:00+01:00", "2024-04-30T00:00+02:00"])
    >>> utc_stamps(ends, pd.Series(["s"] * 3))[0].astype("datetime64[D]").astype(str).tolist()
    ['2024-02-29', '2024-03-31', '2024-04-30']
    """
    clock = Clock() if clock is None else clock
    read = _read(column, clock)
    counts = dict.fromkeys(("zoned", "local", "mixed", "clock_change"), 0)
    naive = np.isnan(read.offset)
    if (naive.all() or not np.nan_to_num(read.offset).any()) and clock.zone == "UTC":
        return read.wall, counts
    code = pd.factorize(series)[0].astype(np.int64)
    days = _days_only(read.wall, read.offset, code)
    wall, moment, apart = read.wall, read.moment, np.zeros(len(code), dtype=bool)
    if clock.zone != "UTC":
        there = _on_clock(moment, clock.zone)
        apart = _days_only(np.where(naive, wall, there), np.where(naive, np.nan, 0.0), code) & ~days
        wall, days = np.where(apart & ~naive, there, wall), days | apart
        local = naive & ~days & ~np.isnat(moment)
        moment[local], counts["clock_change"] = _localised(wall[local], series[local], clock.zone)
    elsewhere = np.where(naive, clock.zone != "UTC", np.nan_to_num(read.offset) != 0)
    counts["local"] = int((days & (elsewhere | apart)).sum())
    counts["zoned"] = int((~days & ~naive & elsewhere).sum())
    kinds = len(np.unique(read.offset[~days & ~naive])) + bool((naive & ~days).any())
    counts["mixed"] = int((~days & ~np.isnat(moment)).sum()) if kinds > 1 else 0
    return np.where(days, wall, moment), counts


def refuse_dates(rows: pd.DataFrame, written: pd.Series) -> None:
    """Raise on the first date that could not be read.

    Parameters
    ----------
    rows
        Columns ``series, row`` and ``period_end``, missing where it could not be read.
    written
        The dates as the caller wrote them, shape (rows,).

    Raises
    ------
    ValueError
        Naming series, row, date and what it lacks.
    """
    bad = rows.period_end.isna()
    if bad.any():
        refuse(rows, bad, written, "period_end", remedy(written.iloc[int(bad.to_numpy().argmax())]))


def remedy(cell: object) -> str:
    """Return how to mend a date that could not be read.

    Parameters
    ----------
    cell
        The date as the caller wrote it.

    Returns
    -------
    str
        What it lacks and the option that tells, or how dates are written.

    Examples
    --------
    >>> remedy("FY22 Q3")
    'is of a fiscal year; say in which month that ends with --fiscal-end, such as --fiscal-end 1'
    """
    return what_to_say(str(cell).strip()) or REMEDY


def _read(column: pd.Series, clock: Clock) -> Written:
    """Return the times of all rows, each distinct one read once."""
    code, distinct = pd.factorize(column)
    cells = pd.Series(distinct, dtype=distinct.dtype)
    if isinstance(cells.dtype, pd.CategoricalDtype):
        cells = cells.astype(cells.cat.categories.dtype)
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        read = read_typed(cells)
    else:
        text = pd.Series([str(cell).strip() for cell in cells], dtype=object)
        if cells.dtype.kind == "f":
            text = text.str.removesuffix(".0")
        read = read_texts(text, clock.order, fiscal_end=clock.fiscal_end)
    wall = np.append(read.wall, np.datetime64("NaT", "us"))[code]
    wall[(wall < FIRST) | (wall >= LAST)] = np.datetime64("NaT", "us")
    return Written(wall, np.append(read.offset, np.nan)[code])


def _days_only(wall: Dates, offset: Array, code: Integers) -> Flags:
    """Return whether all times of a row's series begin or end a day, and none stands for two moments."""
    time = wall - wall.astype("datetime64[D]")
    inside = (time > np.timedelta64(0, "us")) & (time < _EVENING)
    seen = pd.DataFrame({"code": code, "wall": wall, "offset": offset}).drop_duplicates()
    inside[seen.index[seen.duplicated(["code", "wall"])]] = True
    return np.asarray(np.bincount(code, inside)[code] == 0)


def _on_clock(moment: Dates, zone: str) -> Dates:
    """Return the time that the clock of a zone shows at each moment."""
    return np.asarray(_zoned(pd.DatetimeIndex(moment).tz_localize("UTC"), zone).tz_localize(None).as_unit("us"))


def _zoned(index: pd.DatetimeIndex, zone: str) -> pd.DatetimeIndex:
    try:
        return index.tz_convert(zone)
    except (KeyError, ValueError) as problem:
        raise InputError(f"zone {zone!r} is unknown; give one such as Europe/Berlin") from problem


def _localised(local: Dates, series: pd.Series, zone: str) -> tuple[Dates, int]:
    """Return local times as UTC, and how many came from an hour that the clocks showed twice."""
    again = pd.DataFrame({"series": series.array, "local": local}).duplicated().to_numpy()
    index = pd.DatetimeIndex(local).tz_localize(zone, ambiguous=~again, nonexistent="NaT")
    if index.isna().any():
        at = int(index.isna().argmax())
        raise InputError(
            f"series {series.iloc[at]!r}: {pd.Timestamp(local[at])} was skipped by the clocks of {zone}; "
            "write the date with its offset, such as 2027-03-28T03:00+02:00"
        )
    return index.tz_convert(None).as_unit("us").to_numpy(), int(again.sum())
