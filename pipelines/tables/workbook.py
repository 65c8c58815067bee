"""Write a workbook: the table with formats and units, what it says and rests on, and its sources, a sheet each."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.tables.plain import as_table

TABLE, NOTES, SOURCES = "table", "notes", "sources"
MOST_ROWS: Final = 1_048_575  # below the header
MOST_COLUMNS: Final = 16_384
_MOST_TEXT: Final = 32_767  # UTF-16 units of a cell
_MOST_WHOLE: Final = 2**53  # whole numbers that a cell holds exactly
_CREATED: Final = datetime(2000, 1, 1)  # noqa: DTZ001  (a sheet knows no zone; fixed, for the same bytes)
_FIRST: Final = datetime(1900, 3, 1)  # noqa: DTZ001  (from here on all spreadsheets count days alike)
_NAME: Final = 31  # characters of the name of a sheet
_NARROW, _WIDE, _LOOKED = 9, 60, 200  # widths [character], and rows looked at for them
_DAY, _TIME = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"
_PLACES: Final = ((1e3, "#,##0"), (1e1, "#,##0.0"), (1e0, "0.00"), (0.0, "0.0000"))  # by the largest figure
_SMALL, _TINY, _SHARE = 1e-3, "0.00E+00", "0.0%"


@dataclass(frozen=True)
class Beside:
    """What a workbook tells beside its table; it is read when the workbook is closed.

    Attributes
    ----------
    notes
        Heading and text, a row of the sheet ``notes`` each.
    sources
        Rows of the sheet ``sources``, such as assumptions with their evidence; none without any.
    units
        Column of numbers to its unit, which stands in the header: ``power [MW]``.
    more
        Further tables, a sheet each under its name.
    """

    notes: Sequence[tuple[str, str]] = ()
    sources: pd.DataFrame | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, pd.DataFrame] = field(default_factory=dict)


class WorkbookWriter:
    """A workbook that takes the rows of its table part by part.

    Parameters
    ----------
    file
        Where to write.
    schema
        Columns of every part.
    beside
        What stands beside the table.
    """

    def __init__(self, file: str, schema: pa.Schema, beside: Beside) -> None:
        if len(schema) > MOST_COLUMNS:
            raise InputError(f"{len(schema):,} columns are more than the {MOST_COLUMNS:,} of a sheet; write .parquet")
        self._book = xlsxwriter.Workbook(file, {"constant_memory": True, "default_date_format": _DAY})
        self._book.set_properties({"created": _CREATED})
        self._beside, self._rows = beside, 0
        self._sheet = _Sheet(self._book, TABLE, schema, beside.units)

    def write_table(self, table: pa.Table) -> None:
        """Write rows below those that are there.

        Parameters
        ----------
        table
            Rows with the columns of the schema.

        Raises
        ------
        ValueError
            If a sheet takes no more rows, or a text is longer than a cell.
        """
        self._rows += table.num_rows
        if self._rows > MOST_ROWS:
            raise InputError(
                f"over {MOST_ROWS:,} rows do not fit a sheet; write .csv or .parquet, or ask for fewer rows"
            )
        self._sheet.write(table)

    def __enter__(self) -> WorkbookWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._close()

    def _close(self) -> None:
        try:
            self._book.close()
        except FileCreateError as error:  # such as a full disk, which the writer makes an error of its own of
            raise OSError(error.args[0].errno, error.args[0].strerror) from None

    def _finish(self) -> None:
        self._sheet.close()
        for name, frame in self._beside.more.items():
            self._add(re.sub(r"[\[\]:*?/\\']", " ", name)[:_NAME], frame, self._beside.units)
        self._add(NOTES, pd.DataFrame(list(self._beside.notes), columns=["note", "text"]))
        if self._beside.sources is not None and len(self._beside.sources):
            self._add(SOURCES, self._beside.sources)

    def _add(self, name: str, frame: pd.DataFrame, units: Mapping[str, str] = MappingProxyType({})) -> None:
        table = as_table(frame, text=False)
        sheet = _Sheet(self._book, name, table.schema, units)
        sheet.write(table)
        sheet.close()


class _Sheet:
    """One sheet: a frozen header, and rows whose columns have the formats and widths that the first part asks for."""

    def __init__(self, book: Any, name: str, schema: pa.Schema, units: Mapping[str, str]) -> None:
        self._book, self._sheet, self._next = book, book.add_worksheet(name), 1
        self._formats, self._days = list[Any](), list[bool]()
        self._units = [units.get(each.name, "") if _is_number(each.type) else "" for each in schema]
        header = [
            f"{each.name} [{unit}]" if unit else each.name for each, unit in zip(schema, self._units, strict=True)
        ]
        self._widths = [len(each) + 2 for each in header]
        bold = book.add_format({"bold": True, "bottom": 1})
        for column, text in enumerate(header):
            self._sheet.write_string(0, column, text, bold)
        self._sheet.freeze_panes(1, 0)

    def write(self, table: pa.Table) -> None:
        columns = [_cells(column) for column in table.columns]
        if not self._formats:
            kinds = map(_number_format, (column.type for column in table.columns), columns, self._units)
            self._formats = [self._book.add_format({"num_format": kind}) if kind else None for kind in kinds]
            self._widths = [max(width, _width(cells)) for width, cells in zip(self._widths, columns, strict=True)]
            self._days = [_all_days(cells) for cells in columns]
        writers = [self._writer(*each) for each in zip(table.columns, self._days, strict=True)]
        for row in range(table.num_rows):
            for place, (cells, write) in enumerate(zip(columns, writers, strict=True)):
                if cells[row] is not None:
                    write(self._next, place, cells[row], self._formats[place])
            self._next += 1

    def close(self) -> None:
        for place, width in enumerate(self._widths):
            self._sheet.set_column(place, place, min(max(width, _NARROW), _WIDE))

    def _writer(self, column: pa.ChunkedArray, days: bool) -> Callable[[int, int, Any, Any], Any]:
        if pa.types.is_boolean(column.type):
            return self._sheet.write_boolean  # type: ignore[no-any-return]
        if _is_number(column.type):
            return self._number
        if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
            return self._date
        return self._day if days else self._text

    def _number(self, row: int, place: int, cell: float, style: Any) -> None:
        if math.isfinite(cell) and (isinstance(cell, float) or abs(cell) <= _MOST_WHOLE):
            self._sheet.write_number(row, place, cell, style)
        else:
            self._text(row, place, str(cell), None)

    def _date(self, row: int, place: int, cell: datetime, style: Any) -> None:
        if cell < _FIRST:
            self._text(row, place, cell.isoformat(), None)
        else:
            self._sheet.write_datetime(row, place, cell, style)

    def _day(self, row: int, place: int, cell: str, style: Any) -> None:
        """Write a day that is text as a date, other text among them as text."""
        if _is_day(cell):
            self._date(row, place, datetime.fromisoformat(cell), style)
        else:
            self._text(row, place, cell, None)

    def _text(self, row: int, place: int, cell: object, style: Any) -> None:
        """Write text as text, whatever it begins with: never as a formula, a number or a link."""
        text = cell if isinstance(cell, str) else str(cell)
        if len(text) > _MOST_TEXT // 2 and len(text.encode("utf-16-le")) // 2 > _MOST_TEXT:
            raise InputError(
                f"row {row}: a text of {len(text):,} characters is longer than a cell holds; write .csv or .parquet"
            )
        self._sheet.write_string(row, place, text, style)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))


def _cells(column: pa.ChunkedArray) -> list[Any]:
    """Return the cells of a column, times without a zone, which is UTC, and numbers that are none as missing."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", tz=column.type.tz), safe=False)
        return [cell if cell is None else cell.replace(tzinfo=None) for cell in column.to_pylist()]
    if pa.types.is_date(column.type):
        return [cell if cell is None else datetime(cell.year, cell.month, cell.day) for cell in column.to_pylist()]  # noqa: DTZ001  (a sheet knows no zone)
    cells: list[Any] = column.to_pylist()
    return [None if isinstance(cell, float) and math.isnan(cell) else cell for cell in cells]


def _number_format(kind: pa.DataType, cells: list[Any], unit: str) -> str | None:
    """Return the format of a column by its kind and its largest figure."""
    there = [cell for cell in cells if cell is not None]
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _DAY if all((each.hour, each.minute, each.second) == (0, 0, 0) for each in there) else _TIME
    if pa.types.is_integer(kind):
        return _PLACES[0][1]
    if not pa.types.is_floating(kind):
        return _DAY if _all_days(cells) else None
    largest = max((abs(each) for each in there if math.isfinite(each)), default=0.0)
    if unit == "1" and largest <= 1:
        return _SHARE
    if 0 < largest < _SMALL:
        return _TINY
    return next(places for least, places in _PLACES if largest >= least)


def _all_days(cells: list[Any]) -> bool:
    """Return whether a column is text and all of it days."""
    there = [cell for cell in cells if cell is not None]
    return bool(there) and all(isinstance(cell, str) and _is_day(cell) for cell in there)


def _is_day(text: str) -> bool:
    """Return whether text is a day in ISO form.

    Examples
    --------
    >>> _is_day("2027-03-31"), _is_day("2027-02-30"), _is_day("20270331")
    (True, False, False)
    """
    try:
        return len(text) == len("2027-03-31") and datetime.fromisoformat(text).date().isoformat() == text
    except ValueError:
        return False


def _width(cells: list[Any]) -> int:
    return max((len(cell) if isinstance(cell, str) else _NARROW for cell in cells[:_LOOKED]), default=0) + 2
