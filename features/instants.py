"""Read moments as exports write them: with or without a zone, counted from 1970, or from an unnamed start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.features.date_texts import ASK_ORDER, SECONDS, read_texts, what_to_say
from shiftcast.features.input_error import InputError
from shiftcast.features.written_dates import ORDERS

MISSING: Final = frozenset({"", "NULL", "null", "None", "none", "NaN", "nan", "NaT", "N/A", "n/a", "Unknown",
                            "None assigned", "\\N", "<NA>"})  # fmt: skip
FIRST, LAST = pd.Timestamp("1990-01-01", tz="UTC"), pd.Timestamp("2100-01-01", tz="UTC")
_DTYPE: Final = "datetime64[us, UTC]"


@dataclass(frozen=True)
class Clock:
    """How a file's times are to be read.

    Attributes
    ----------
    zone
        Time zone of times that name none, such as Europe/Berlin.
    anchor
        Moment that relative times count from; None where the file has none.
    order
        Order of day and month in dates such as 03/04/2026: ``day-first`` or ``month-first``; refused if empty.
    fiscal_end
        Month in which fiscal years end, 1 to 12, for periods such as FY22 Q3; these are refused if zero.

    Raises
    ------
    ValueError
        If the order is another word, or the month is none.
    """

    zone: str = "UTC"
    anchor: pd.Timestamp | None = None
    order: str = ""
    fiscal_end: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.fiscal_end <= 12:
            raise InputError(f"--fiscal-end {self.fiscal_end} is no month; give 1 to 12")
        if self.order not in {"", *ORDERS}:
            raise InputError(f"--dates {self.order!r} is none of {', '.join(ORDERS)}")


@dataclass(frozen=True)
class Instants:
    """Moments read from cells, with the cells that could not be read.

    Attributes
    ----------
    values
        Moments [UTC], shape (rows,); missing where a cell is empty or at fault.
    faults
        Pairs of a flag a row, shape (rows,), and the reason why the flagged cells are no moment.
    """

    values: pd.Series
    faults: tuple[tuple[NDArray[np.bool_], str], ...]


def read_instants(cells: pd.Series, clock: Clock) -> Instants:
    """Read absolute times: ISO 8601, a few loose forms of it, or numbers counted from 1970 in s, ms, us or ns.

    Months may have names and clocks twelve hours. A date such as 03/04/2026 is refused unless the clock has an order.

    Parameters
    ----------
    cells
        Text, numbers or timestamps, shape (rows,).
    clock
        Zone of times that name none.

    Returns
    -------
    Instants
        Moments in UTC, and the cells that are no moment.

    Examples
    --------
    >>> read_instants(pd.Series(["2026-03-29T02:30:00+02:00", "1767225600"]), Clock()).values.astype(str).tolist()
    ['2026-03-29 00:30:00+00:00', '2026-01-01 00:00:00+00:00']
    """
    if isinstance(cells.dtype, pd.DatetimeTZDtype) or cells.dtype.kind == "M":
        typed = pd.to_datetime(cells)
        aware = typed.dt.tz_convert("UTC") if typed.dt.tz is not None else _localised(typed, clock.zone)
        return _judged(aware.astype(_DTYPE), cells.isna().to_numpy(), typed.notna().to_numpy())
    text, missing = _texts(cells)
    read = read_texts(text, clock.order, all_utc=clock.zone == "UTC")
    values = pd.Series(read.moment, index=cells.index).dt.tz_localize("UTC").astype(_DTYPE)
    naive = np.isnan(read.offset)
    values[naive] = _localised(pd.Series(read.wall[naive], index=cells.index[naive]), clock.zone).astype(_DTYPE)
    found = _judged(values, missing, ~np.isnat(read.wall))
    return found if clock.order else _ask_order(found, text)


def read_relative(cells: pd.Series, unit: str, clock: Clock) -> Instants:
    """Read counts of ``unit`` (s, ms, us, ns) from the clock's anchor.

    Parameters
    ----------
    cells
        Counts as text or numbers, shape (rows,).
    unit
        Unit of the counts: ``s, ms, us`` or ``ns``.
    clock
        Its anchor is the moment that counts start from.

    Returns
    -------
    Instants
        Moments in UTC, and the cells that are no moment.

    Raises
    ------
    ValueError
        If there is no anchor.

    Examples
    --------
    >>> clock = Clock(anchor=pd.Timestamp("2026-01-01", tz="UTC"))
    >>> read_relative(pd.Series(["0", "1500"]), "ms", clock).values.dt.strftime("%S.%f").tolist()
    ['00.000000', '01.500000']
    """
    if clock.anchor is None:
        raise InputError("times are relative to an unnamed start; say when that was with --anchor 2026-01-01")
    text, missing = _texts(cells)
    numbers = pd.to_numeric(text, errors="coerce").astype(np.float64)
    seconds = numbers * SECONDS[unit]
    inside = seconds.abs() < 4e9  # a century; beyond it a time step of pandas would overflow
    shift = pd.to_timedelta((seconds.where(inside) * 1e6).round(), unit="us")
    values = (clock.anchor + shift).astype(_DTYPE)
    return _judged(values, missing, (numbers.notna()).to_numpy())


def _texts(cells: pd.Series) -> tuple[pd.Series, NDArray[np.bool_]]:
    """Return cells as trimmed text, empty where they are missing, and where that is."""
    trimmed = ["" if (text := str(cell).strip()) in MISSING else text for cell in cells]
    texts = pd.Series(trimmed, index=cells.index, dtype=object)
    return texts, (texts == "").to_numpy()


def _ask_order(read: Instants, text: pd.Series) -> Instants:
    """Say of dates that only lack an order that it is asked for."""
    unread, reason = read.faults[0]
    either = np.zeros(len(text), dtype=bool)
    either[unread] = [what_to_say(each) == ASK_ORDER for each in text[unread]]
    return Instants(read.values, ((either, ASK_ORDER), (unread & ~either, reason), *read.faults[1:]))


def _localised(naive: pd.Series, zone: str) -> pd.Series:
    """Give times their zone; one that the clock skips or repeats there becomes missing."""
    if zone == "UTC":
        return naive.dt.tz_localize("UTC")
    return naive.dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT").dt.tz_convert("UTC")


def _judged(values: pd.Series, missing: NDArray[np.bool_], readable: NDArray[np.bool_]) -> Instants:
    outside = ((values < FIRST) | (values >= LAST)).to_numpy()
    lost = ~missing & values.isna().to_numpy()
    faults = (
        (lost & ~readable, "is not a time such as 2026-03-16T12:00:00Z"),
        (lost & readable, "is a time that the clock of its zone skips or repeats; export it in UTC"),
        (outside, "lies outside 1990 to 2099; check the clock or the unit of the time"),
    )
    return Instants(values.where(~outside), faults)
