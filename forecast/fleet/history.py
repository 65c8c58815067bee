"""Usage of a fleet as histories by part: hours of whole days, weeks and months, and what the running month has used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array, Flags, Integers
from shiftcast.features.frames import ALL, DIMENSIONS, DataFrame, Usage
from shiftcast.features.input_error import InputError
from shiftcast.features.labels import UNLABELLED
from shiftcast.features.usage import check_grains, period_ends

GRAINS: Final = ("day", "week", "month")
_FILLS: Final = {"minute": "day", "hour": "day", "day": "day", "week": "week", "month": "month"}
_STEP: Final = {"day": pd.DateOffset(days=1), "week": pd.DateOffset(weeks=1), "month": pd.DateOffset(months=1)}
_PERIOD: Final = {"day": "D", "week": "W-SUN", "month": "M"}
_LATE: Final = {"day": pd.Timedelta(hours=1), "week": pd.Timedelta(days=1), "month": pd.Timedelta(days=1)}


@dataclass(frozen=True)
class Counted:
    """What was used in whole periods of one length.

    Attributes
    ----------
    starts
        First day of each period, midnight UTC, shape (periods,); none is left out between the first and the last.
    hours
        Accelerator-hours, zero where nothing ran, shape (periods, parts).
    lower
        Whether a figure is a lower bound of what was wanted, shape (periods, parts).
    """

    starts: pd.DatetimeIndex
    hours: Array
    lower: Flags


@dataclass(frozen=True)
class History:
    """Usage of a fleet by part.

    Attributes
    ----------
    by, measure
        Labels that tell parts apart, and the quantity.
    parts
        One row a part with a column a label, sorted by them.
    tables
        Whole periods by length: ``day``, ``week``, ``month``; only those that the stored periods fill.
    since, until
        First moment of usage, and the moment from which nothing is known.
    running
        Hours of each part in the month that is under way at ``until``, shape (parts,); zero where none is.
    accelerators
        ``accelerator, hours``: all hours by type, the most first.
    cost, requests
        ``month, *by, unit, value`` of whole months and the running one; empty where not stored.
    unlabelled
        Label to the share of hours that does not tell it [1].
    notes
        What was left out, and what the figures do not say.
    """

    by: tuple[str, ...]
    measure: str
    parts: pd.DataFrame
    tables: Mapping[str, Counted]
    since: pd.Timestamp
    until: pd.Timestamp
    running: Array
    accelerators: pd.DataFrame
    cost: pd.DataFrame
    requests: pd.DataFrame
    unlabelled: Mapping[str, float]
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Names of the parts, their labels joined by a slash."""
        return ["/".join(row) for row in self.parts.to_numpy(dtype=str)]

    @property
    def now(self) -> pd.Timestamp:
        """First day of the month that holds ``until``, midnight UTC: the first month that is not wholly known."""
        return month_of(self.until)


def month_of(moment: pd.Timestamp) -> pd.Timestamp:
    """Return the first day of the month of a moment.

    Parameters
    ----------
    moment
        Any moment [UTC].

    Returns
    -------
    Timestamp
        Midnight UTC.

    Examples
    --------
    >>> month_of(pd.Timestamp("2026-10-05T07:00", tz="UTC")).date().isoformat()
    '2026-10-01'
    """
    return moment.normalize().replace(day=1)


def read_history(
    usage: DataFrame[Usage], *, by: tuple[str, ...] = ("workload", "technique"), measure: str = "gpu_hours"
) -> History:
    """Return the usage of a fleet by part, all other labels and all sources added up.

    A first period is whole where usage starts within its first day (of days: their first hour), a last one where usage
    reaches its end. Between them, a period without a row is one in which nothing ran.

    Parameters
    ----------
    usage
        Rows of the fleet's store as of a day; served work in hours or longer periods.
    by
        Labels that tell parts apart.
    measure
        Quantity, in accelerator-hours.

    Returns
    -------
    History
        With at least one whole period or something in the running month.

    Raises
    ------
    ValueError
        If a label is no dimension, no row is of the measure, units differ, the periods are longer than months, or
        weeks and months are mixed.
    """
    unknown = [name for name in by if name not in DIMENSIONS]
    if unknown or not by:
        raise InputError(f"by {unknown or by!r}: give one or more of {', '.join(DIMENSIONS)}")
    rows = _of(usage, measure)
    if rows.empty:
        known = ", ".join(sorted(set(usage["measure"].astype(str)))) or "nothing"
        raise InputError(
            f"usage: no row of measure {measure!r} that adds up; stored is {known}; ingest some, or name one"
        )
    units = sorted(set(rows["unit"].astype(str)))
    if len(units) > 1:
        raise InputError(f"usage: {measure} is in {' and '.join(units)}; select one unit")
    grain = _finest(rows)
    parts, part = _coded(rows, by)
    since, until = rows["period_start"].min(), period_ends(rows).max()
    tables = {}
    for each in GRAINS[GRAINS.index(grain) :]:
        if grain in {each, "day"}:
            tables[each] = _counted(rows, part, len(parts), each, since, until)
    lately = np.bincount(part, rows["value"] * _since(rows, month_of(until)), minlength=len(parts))
    running = np.asarray(lately, dtype=np.float64)
    hours = rows["value"].groupby(rows["accelerator"].astype(str)).sum().sort_values(ascending=False, kind="stable")
    told = {name: _untold(rows, name) for name in by}
    return History(
        by, measure, parts, tables, since, until, running, hours.rename("hours").reset_index(),
        _monthly(_of(usage, "cost"), by), _monthly(_of(usage, "requests"), by), told,
        _notes(tables, since, until, told),
    )  # fmt: skip


def _of(usage: DataFrame[Usage], measure: str) -> pd.DataFrame:
    rows = usage[(usage["measure"] == measure) & (usage["how"] == "sum")]
    return rows.reset_index(drop=True)


def _finest(rows: pd.DataFrame) -> str:
    """Return the shortest period that all rows fill; refuse weeks among months."""
    grains = set(rows["grain"].astype(str))
    if "quarter" in grains:
        raise InputError("usage of grain quarter does not fill a month; ingest months or shorter periods")
    finest = max((_FILLS[each] for each in grains), key=GRAINS.index)
    check_grains(rows, finest)
    return finest


def _coded(rows: pd.DataFrame, by: tuple[str, ...]) -> tuple[pd.DataFrame, Integers]:
    """Return the parts, sorted, and the part of each row."""
    labels = rows[list(by)].astype(str)
    groups = labels.groupby(list(by), sort=True)
    return groups.size().index.to_frame(index=False), groups.ngroup().to_numpy()


def _counted(
    rows: pd.DataFrame, part: Integers, parts: int, grain: str, since: pd.Timestamp, until: pd.Timestamp
) -> Counted:
    """Return the whole periods of one length."""
    first, last = _start(since, grain), _start(until, grain)
    starts = pd.date_range(first, last, freq=_STEP[grain]).as_unit("us")
    whole = (starts + _STEP[grain] <= until) & (starts + _LATE[grain] > since)
    at = starts.get_indexer(_starts(rows["period_start"], grain))
    cell = at * parts + part
    size = len(starts) * parts
    hours = np.bincount(cell, rows["value"], minlength=size).reshape(-1, parts)
    lower = np.bincount(cell, rows["bound"] == ">=", minlength=size).reshape(-1, parts) > 0
    return Counted(starts[whole], hours[whole], lower[whole])


def _since(rows: pd.DataFrame, moment: pd.Timestamp) -> Array:
    """Return which part of each row's period lies after a moment, shape (rows,)."""
    starts, ends = rows["period_start"], period_ends(rows)
    after = (ends - starts.clip(lower=moment)) / (ends - starts)
    return np.asarray(after.clip(lower=0.0), dtype=np.float64)


def _start(moment: pd.Timestamp, grain: str) -> pd.Timestamp:
    return _starts(pd.Series([moment]), grain)[0]


def _starts(moments: pd.Series, grain: str) -> pd.DatetimeIndex:
    """Return the first day of the period of each moment, midnight UTC."""
    plain = pd.DatetimeIndex(moments).tz_localize(None)
    return plain.to_period(_PERIOD[grain]).start_time.tz_localize("UTC").as_unit("us")


def _monthly(rows: pd.DataFrame, by: tuple[str, ...]) -> pd.DataFrame:
    """Return sums by month, part and unit; rows of weeks and quarters, which fill no month, are left out."""
    rows = rows[rows["grain"].isin(["minute", "hour", "day", "month"])]
    cells = rows[[*by, "unit", "value"]].assign(month=_starts(rows["period_start"], "month"))
    keys = ["month", *by, "unit"]
    return cells.groupby(keys, sort=True, as_index=False, observed=True)["value"].sum()[[*keys, "value"]]


def _untold(rows: pd.DataFrame, name: str) -> float:
    total = float(rows["value"].sum())
    return float(rows.loc[rows[name].isin([ALL, UNLABELLED]), "value"].sum()) / total if total else 0.0


def _notes(
    tables: Mapping[str, Counted], since: pd.Timestamp, until: pd.Timestamp, told: Mapping[str, float]
) -> tuple[str, ...]:
    notes = []
    month = tables.get("month")
    if month is not None:
        if month_of(since) not in month.starts and month_of(since) != month_of(until):
            notes.append(f"{since:%Y-%m} is left out: usage begins on {since:%Y-%m-%d}")
        if until > month_of(until):
            notes.append(f"{until:%Y-%m} is under way: usage ends {until:%Y-%m-%d %H:%M} UTC")
    notes += [f"{share:.0%} of the hours tell no {name}" for name, share in told.items() if share > 0]
    bounds = max(float(each.lower.any(axis=1).mean()) if len(each.lower) else 0.0 for each in tables.values())
    if bounds:
        notes.append(f"{bounds:.0%} of the periods hold lower bounds: queued or refused work is not in them")
    return tuple(notes)
