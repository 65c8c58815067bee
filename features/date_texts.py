"""Read columns of dates and times as written: the clock's time, and the zone where one is named. All doors use it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array, Dates, Flags
from shiftcast.features.period_names import is_fiscal, last_day
from shiftcast.features.written_dates import is_either_order, iso_date

SECONDS: Final[Mapping[str, float]] = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
ASK_ORDER: Final = "has day and month in either order; say which with --dates day-first or --dates month-first"
ASK_FISCAL: Final = "is of a fiscal year; say in which month that ends with --fiscal-end, such as --fiscal-end 1"
_ZONE: Final = r" ?(?:[zZ]|[+-]\d{2}(?::?\d{2})?|UTC|GMT)$"
_TIMED: Final = r":|\dT\d"
_LOOSE: Final = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%Y%m%d")
_EPOCH: Final = ((1e17, "ns"), (1e14, "us"), (1e11, "ms"), (0.0, "s"))  # smallest count from 1970 of each unit
_COUNTED: Final = 1e8  # smallest number that can only count from 1970, among names of periods such as 202201


@dataclass(frozen=True)
class Written:
    """Times as written.

    Attributes
    ----------
    wall
        Time on the clock that the text was written by, datetime64[us], shape (cells,); NaT where it is none.
    offset
        How far that clock is ahead of UTC [min], shape (cells,); NaN where no zone is named.
    """

    wall: Dates
    offset: Array

    @property
    def moment(self) -> Dates:
        """Return the moments in UTC, those without a zone taken for UTC."""
        ahead = (np.nan_to_num(self.offset) * 6e7).astype("timedelta64[us]")
        return np.asarray(self.wall - ahead)


def read_typed(cells: pd.Series) -> Written:
    """Return a column of timestamps, with or without a zone, as written times.

    Parameters
    ----------
    cells
        Column of a datetime dtype, shape (cells,).

    Returns
    -------
    Written
        Their times and zones.
    """
    if cells.dt.tz is None:
        wall = cells.to_numpy().astype("datetime64[us]")
        return Written(wall, np.full(len(cells), np.nan))
    wall = cells.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    moment = cells.dt.tz_convert(None).to_numpy().astype("datetime64[us]")
    return Written(wall, np.asarray((wall - moment) / np.timedelta64(1, "m"), dtype=float))


def read_texts(text: pd.Series, order: str = "", *, fiscal_end: int | None = None, all_utc: bool = False) -> Written:
    """Return texts as written times: ISO 8601, forms near it, months by name, counts from 1970 in s, ms, us or ns.

    Parameters
    ----------
    text
        Trimmed text, shape (cells,).
    order
        ``day-first`` or ``month-first`` for dates such as 03/04/2026, which are none without.
    fiscal_end
        Where given, names of periods (2022Q1, 202201, Jan-22, 2022-W05, FY22 Q3) stand for their last day, and this
        is the month in which fiscal years end; zero where nobody says. Where not, a month stands for its first.
    all_utc
        Whether times without a zone are in UTC, so that only moments matter and zones need not be looked for.

    Returns
    -------
    Written
        Times and zones.

    Examples
    --------
    >>> read = read_texts(pd.Series(["2026-03-29T02:30+02:00", "20260329", "1767225600"]))
    >>> read.wall.astype("datetime64[m]").astype(str).tolist(), read.offset.tolist()
    (['2026-03-29T02:30', '2026-03-29T00:00', '2026-01-01T00:00'], [120.0, nan, 0.0])
    """
    wall, offset = np.full(len(text), "NaT", dtype="datetime64[us]"), np.full(len(text), np.nan)
    left = np.ones(len(text), dtype=bool)
    if fiscal_end is not None:
        named = np.array([last_day(each, fiscal_end) or "NaT" for each in text], dtype="datetime64[us]")
        wall, left = named, np.isnat(named)
    number = pd.to_numeric(text, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    counted = left & ~np.isnan(number) & (text.str.len() != 8).to_numpy()  # 20260316 is a day
    large = counted if fiscal_end is None else counted & (number >= _COUNTED)
    wall[large], offset[large] = _from_epoch(number[large]), 0.0
    left &= ~counted
    if left.any():
        wall[left], offset[left] = _clock_times(text[left], order, all_utc=all_utc)
    return Written(wall, offset)


def what_to_say(text: str) -> str:
    """Return what a text that is no date lacks to be one; empty where it is none in any order or year.

    Parameters
    ----------
    text
        Text that was read as no date.

    Returns
    -------
    str
        What it is and the option that tells, to follow the text.

    Examples
    --------
    >>> what_to_say("03/04/2026")[:20], what_to_say("soon")
    ('has day and month in', '')
    """
    if is_either_order(re.sub(_ZONE, "", text)):
        return ASK_ORDER
    return ASK_FISCAL if is_fiscal(text) else ""


def _from_epoch(numbers: Array) -> Dates:
    scale = np.ones_like(numbers)
    for least, unit in reversed(_EPOCH):
        scale[np.abs(numbers) >= least] = SECONDS[unit]
    seconds = pd.Series(numbers * scale).where(lambda each: each.abs() < 1e10)
    read = pd.to_datetime((seconds * 1e6).round(), unit="us", errors="coerce")
    return np.asarray(read.to_numpy().astype("datetime64[us]"))


def _clock_times(text: pd.Series, order: str, *, all_utc: bool) -> tuple[Dates, Array]:
    """Return the time on the clock and the zone of texts that are no numbers."""
    read = pd.to_datetime(text, format="ISO8601", errors="coerce", utc=True)
    wall = read.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    left: Flags = np.isnat(wall)
    if all_utc and not left.any():
        return wall, np.zeros(len(text))
    zoned = (text.str.contains(_ZONE, regex=True) & text.str.contains(_TIMED, regex=True)).to_numpy(dtype=bool)
    tails = text[zoned].str[-6:]
    ahead = {tail: _ahead(tail) for tail in tails.unique()}
    offset = np.full(len(text), np.nan)
    offset[zoned] = [ahead[tail] for tail in tails]
    wall[zoned] += (offset[zoned] * 6e7).astype("timedelta64[us]")
    if left.any():
        bare = text.str.replace(_ZONE, "", regex=True).where(zoned, text)
        wall[left] = _written(bare[left], order)
    return wall, offset


def _written(bare: pd.Series, order: str) -> Dates:
    """Return the times that texts without a zone say in other forms than ISO 8601."""
    read = pd.to_datetime(bare, format="ISO8601", errors="coerce", utc=True)
    for form in _LOOSE:
        left = read.isna()
        if left.any():
            read[left] = pd.to_datetime(bare[left], format=form, errors="coerce", utc=True)
    left = read.isna()
    written = {each: iso_date(each, order) for each in bare[left].unique()}
    read[left] = pd.to_datetime(bare[left].map(written), format="ISO8601", errors="coerce", utc=True)
    return np.asarray(read.dt.tz_localize(None).to_numpy().astype("datetime64[us]"))


def _ahead(text: str) -> float:
    """Return how far the zone at the end of a text is ahead of UTC [min]."""
    found = re.search(r"([+-])(\d{2}):?(\d{2})?$", text)
    if found is None:
        return 0.0
    minutes = int(found[2]) * 60 + int(found[3] or 0)
    return float(-minutes if found[1] == "-" else minutes)
