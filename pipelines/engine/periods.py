"""Number periods by whole microseconds, so that DuckDB and Spark count them alike.

An instant is an integer of microseconds since 1970 UTC; a period is its number, counted from 1970. Hours, days and
weeks are divisions; months come from the calendar.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from shiftcast.features.frames import GRAINS
from shiftcast.features.input_error import InputError

MICROSECONDS_HOUR: Final = 3_600_000_000
_DAY: Final = 24 * MICROSECONDS_HOUR
_WIDTHS: Final = {"minute": MICROSECONDS_HOUR // 60, "hour": MICROSECONDS_HOUR, "day": _DAY, "week": 7 * _DAY}
_FIRST_MONDAY: Final = 4 * _DAY  # 1970 began on a Thursday
_MONTHS: Final = {"month": 1, "quarter": 3}
_UTC: Final = dt.Timestamp(timezone="UTC")


@dataclass(frozen=True)
class Dialect:
    """The SQL functions in which the engines differ.

    Attributes
    ----------
    to_microseconds
        From an instant to microseconds since 1970 UTC.
    to_instant
        From microseconds to an instant with a zone.
    to_wall_time
        From microseconds to a date and time of day in UTC, without a zone.
    """

    to_microseconds: str
    to_instant: str
    to_wall_time: str

    def microseconds(self, instant: ir.Value) -> ir.IntegerValue:
        """Return microseconds since 1970 UTC of an instant.

        Parameters
        ----------
        instant
            Column of instants.

        Returns
        -------
        IntegerValue
            Column of 64-bit integers [us].
        """
        return _builtin(self.to_microseconds, instant, dt.int64)

    def instant(self, microseconds: ir.Value) -> ir.TimestampValue:
        """Return the instant of microseconds since 1970 UTC.

        Parameters
        ----------
        microseconds
            Column of integers [us].

        Returns
        -------
        TimestampValue
            Column of instants in UTC.
        """
        return _builtin(self.to_instant, microseconds, _UTC)

    def wall_time(self, microseconds: ir.Value) -> ir.TimestampValue:
        """Return the date and time of day in UTC, whatever zone the session is in.

        Parameters
        ----------
        microseconds
            Column of integers since 1970 UTC [us].

        Returns
        -------
        TimestampValue
            Column of timestamps without a zone.
        """
        return _builtin(self.to_wall_time, microseconds, dt.timestamp)


DIALECTS: Final = {
    "duckdb": Dialect("epoch_us", "make_timestamptz", "make_timestamp"),
    "pyspark": Dialect("unix_micros", "timestamp_micros", "timestamp_micros"),
}


def _builtin(name: str, value: ir.Value, returns: dt.DataType) -> ir.Value:
    @ibis.udf.scalar.builtin(name=name, signature=((value.type(),), returns))
    def call(argument):  # type: ignore[no-untyped-def]
        ...

    return call(value)


@dataclass(frozen=True)
class Periods:
    """Periods of one grain on one engine.

    Attributes
    ----------
    grain
        One of ``features.frames.GRAINS``.
    dialect
        The engine's functions.
    """

    grain: str
    dialect: Dialect

    def __post_init__(self) -> None:
        """Refuse a grain that is none."""
        if self.grain not in GRAINS:
            raise InputError(f"grain {self.grain!r} is not one of {', '.join(GRAINS)}")

    def number(self, microseconds: ir.IntegerValue) -> ir.IntegerValue:
        """Return the number of the period that holds a moment.

        Parameters
        ----------
        microseconds
            Moments since 1970 UTC [us].

        Returns
        -------
        IntegerValue
            Periods since the first of 1970, of weeks since the first Monday, of months and quarters since year 0.
        """
        if self.grain in _WIDTHS:
            return (microseconds - self._offset) // _WIDTHS[self.grain]
        moment = self.dialect.wall_time(microseconds)
        return (moment.year() * 12 + moment.month() - 1) // _MONTHS[self.grain]

    def begin(self, number: ir.IntegerValue) -> ir.IntegerValue:
        """Return the first moment of a period; of the next one it is the end of this.

        Parameters
        ----------
        number
            Number of the period, as :meth:`number` gives it.

        Returns
        -------
        IntegerValue
            Moment since 1970 UTC [us].
        """
        if self.grain in _WIDTHS:
            return number * _WIDTHS[self.grain] + self._offset
        months = number * _MONTHS[self.grain]
        first = ibis.date(months // 12, months % 12 + 1, 1)
        return self.dialect.microseconds(first.cast("timestamp"))

    @property
    def _offset(self) -> int:
        return _FIRST_MONDAY if self.grain == "week" else 0
