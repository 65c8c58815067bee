"""Count dates in periods: the frequency of each series, and how far each row lies from its series' last value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Dates, Flags, Integers, Names
from shiftcast.features.frequency import DAY, canonical, names_of, spacing, step_of, usual_gaps
from shiftcast.features.input_error import InputError

HOUR: Final = DAY // 24
SPARSE: Final = 50  # periods a history may span for each date it has, beyond which a date is taken for wrong
ROOM: Final = 1000  # periods that any history may span


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
    frequency
        Canonical frequency of each series, shape (series,).
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
    last: Dates
    single: Flags
    shifted: int


def place(rows: pd.DataFrame, frequency: str | None = None) -> Grid:
    """Return checked rows counted in periods.

    Parameters
    ----------
    rows
        Sorted ``row, series, group, period_end, value`` of :func:`features.volumes.check_volume_rows`.
    frequency
        Frequency of all; that of the commonest gap of each series where not given.

    Returns
    -------
    Grid
        Series, frequency and slot of each row.

    Raises
    ------
    ValueError
        On two dates in one period, on a history that spans far more periods than it has dates, where no row
        has a value, or where one date each leaves the frequency open.

    Examples
    --------
    >>> from shiftcast.features.volumes import check_volume_rows
    >>> dates = ["2024-12-31", "2025-03-31", "2025-06-30", "2025-12-31"]
    >>> rows = pd.DataFrame({"series": "web", "period_end": dates, "value": [1.0, 2.0, 3.0, None]})
    >>> grid = place(check_volume_rows(rows)[0])
    >>> grid.frequency.tolist(), grid.slot.tolist()
    (['QE'], [-2, -1, 0, 2])
    """
    code = _codes(rows)
    heads = rows[np.r_[True, code[1:] != code[:-1]]]
    groups = heads.group.to_numpy(dtype=object)
    valued = rows.value.notna().to_numpy()
    if not valued.any():
        raise InputError("no row has a value; give at least one")
    found = _frequencies(code, _micros(rows), groups, frequency)
    last = _last(rows, code, groups, valued)
    slot, shifted = _slots(rows, code, found, last)
    _refuse_sparse(rows, code, slot, found)
    return Grid(code, slot, heads.series.reset_index(drop=True), found, last, np.bincount(code, valued) == 1, shifted)


def _codes(rows: pd.DataFrame) -> Integers:
    names = rows.series.cat.codes.to_numpy()
    return np.cumsum(np.r_[0, names[1:] != names[:-1]]).astype(np.int64)


def _micros(rows: pd.DataFrame) -> Integers:
    return np.asarray(rows.period_end.to_numpy().astype("datetime64[us]").astype(np.int64))


def _frequencies(code: Integers, micros: Integers, groups: Names, frequency: str | None) -> Names:
    """Return the frequency of each series; one with a single date takes its group's, or the file's commonest."""
    dates = np.bincount(code)
    if frequency is not None:
        return np.full(len(dates), canonical(frequency), dtype=object)
    found = names_of(usual_gaps(code, micros), dates)
    table = pd.DataFrame({"group": groups, "found": found})[found != ""]
    if table.empty:
        raise InputError("every series has one date, which leaves the frequency open; name it (--frequency)")
    own = table.groupby("group").found.agg(lambda each: each.mode().iloc[0])
    near = pd.Series(groups).map(own).fillna(table.found.mode().iloc[0]).to_numpy(dtype=object)
    return np.where(found == "", near, found)


def _last(rows: pd.DataFrame, code: Integers, groups: Names, valued: Flags) -> Dates:
    """Return the period end of each series' last value, or of the latest of its group, or of all."""
    ends = rows.period_end.where(valued)
    own = ends.groupby(code).max()
    near = own.groupby(groups).transform("max")
    return np.asarray(own.fillna(near).fillna(ends.max()).to_numpy().astype("datetime64[us]"))


def _slots(rows: pd.DataFrame, code: Integers, found: Names, last: Dates) -> tuple[Integers, int]:
    """Return the periods of each row after its series' last value, and how many gaps were an hour off."""
    micros, end = _micros(rows), last.astype(np.int64)
    step = np.array([spacing(name) for name in found])[code]
    daily = np.array([step_of(name)[1] >= DAY for name in found])[code]
    own = np.r_[False, code[1:] == code[:-1]]
    gap = np.where(own, np.diff(micros, prepend=micros[0]), 0)
    turns = np.rint(gap / step).astype(np.int64)
    _refuse_crowded(rows, own & (turns == 0), found[code])
    shifted = own & daily & (np.abs(np.abs(gap - turns * step) - HOUR) < 1)
    passed = np.cumsum(turns)
    at_end = np.zeros(len(found), dtype=np.int64)
    final = micros == end[code]
    at_end[code[final]] = passed[final]
    counted = np.bincount(code, final) > 0
    from_end = np.rint((micros - end[code]) / step).astype(np.int64)  # no date of its own to count from
    return np.where(counted[code], passed - at_end[code], from_end), int(shifted.sum())


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
