"""One row of a table that a command wrote: its cells, and in a workbook the notes and sources beside it."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.tables.formulas import unguarded
from shiftcast.pipelines.tables.places import JSON, PARQUET, kind_of
from shiftcast.pipelines.tables.sheets import cell_text, is_workbook, place_of, sheet_rows
from shiftcast.pipelines.tables.workbook import NOTES, SOURCES, TABLE

_PLACE: Final = re.compile(r"(?P<file>.+?\.\w+(?:#[^:]+)?):(?:row=)?(?P<row>\d+)(?::(?P<column>.+))?")


@dataclass(frozen=True)
class Written:
    """One row of a table.

    Attributes
    ----------
    file, number, column
        Place; row 1 is the header. The column may be left open.
    cells
        Column to its cell as text; without those that are empty.
    notes
        Heading to text, of the sheet beside the table; none of other kinds of files.
    sources
        Rows of the sheet of sources, column to cell each.
    """

    file: Path
    number: int
    column: str
    cells: Mapping[str, str]
    notes: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[Mapping[str, str], ...] = ()

    @property
    def place(self) -> str:
        """The place as it is asked for."""
        return f"{self.file}:{self.number}"


def is_place(text: str) -> bool:
    """Return whether a text names a row of a file rather than a measure.

    Parameters
    ----------
    text
        Such as ``forecasts.csv:812``, ``forecasts.csv:row=812`` or ``plan.xlsx:3:accelerators_to_add``.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_place("forecasts.csv:row=812"), is_place("plan.xlsx#table:3:live"), is_place("power")
    (True, True, False)
    """
    return _PLACE.fullmatch(text) is not None


def read_written(text: str) -> Written:
    """Return the row that a place names.

    Parameters
    ----------
    text
        As :func:`is_place` takes it; rows are counted as a spreadsheet does, the header first.

    Returns
    -------
    Written

    Raises
    ------
    ValueError
        If the file, the row or the column is not there, naming what is.
    """
    found = _PLACE.fullmatch(text)
    if found is None:
        raise InputError(f"{text!r} names no row of a file; give it as forecasts.csv:812")
    file, number, column = Path(found["file"]), int(found["row"]), found["column"] or ""
    if not place_of(file)[0].is_file():
        raise InputError(f"file {str(file)!r} is not there; give a table that a command wrote")
    if number < 2:
        raise InputError(f"{file}: row {number} is the header; the first row of figures is 2")
    cells = {name: cell for name, cell in _row(file, number).items() if cell != ""}
    if column and column not in cells:
        raise InputError(f"{file}: row {number} has no column {column!r}; it has {', '.join(cells)}")
    notes, sources = _beside(file) if is_workbook(file) else ({}, ())
    return Written(file, number, column, cells, notes, sources)


def _row(file: Path, number: int) -> dict[str, str]:
    if is_workbook(file):
        named = file if place_of(file)[1] else file.with_name(f"{file.name}#{TABLE}")
        header, *rows = sheet_rows(named)[1]
        return dict(zip(header, _nth(rows, number, file), strict=True))
    if kind_of(file) == PARQUET:
        return _parquet_row(file, number)
    if kind_of(file) == JSON:
        rows = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise InputError(f"{file}: is no list of rows; give a table that a command wrote with --output")
        return {str(name): _text(cell) for name, cell in _nth(rows, number, file).items()}
    with file.open(encoding="utf-8", newline="") as text:
        lines = csv.reader(text)
        header = next(lines, [])
        found = next(islice(lines, number - 2, None), None)
        if found is None or len(found) != len(header):
            raise InputError(f"{file}: there is no row {number} of {len(header)} cells; give one that the table has")
    plain = unguarded(pa.chunked_array([pa.array(found, type=pa.string())])).to_pylist()
    return dict(zip(header, plain, strict=True))


def _parquet_row(file: Path, number: int) -> dict[str, str]:
    left = number - 2
    for batch in pa.parquet.ParquetFile(file).iter_batches():
        if left < batch.num_rows:
            return {name: _text(cell) for name, cell in batch.slice(left, 1).to_pylist()[0].items()}
        left -= batch.num_rows
    raise _none(number, file, number - 2 - left)


def _nth(rows: list[Any], number: int, file: Path) -> Any:
    if number - 2 >= len(rows):
        raise _none(number, file, len(rows))
    return rows[number - 2]


def _none(number: int, file: Path, many: int) -> InputError:
    return InputError(f"{file}: there is no row {number}; its rows of figures are 2 to {many + 1}")


def _beside(file: Path) -> tuple[dict[str, str], tuple[Mapping[str, str], ...]]:
    book = place_of(file)[0]
    found = []
    for sheet in (NOTES, SOURCES):
        try:
            header, *rows = sheet_rows(book.with_name(f"{book.name}#{sheet}"))[1]
        except (InputError, ValueError):  # a workbook of another origin, or one without
            header, rows = [], []
        found.append((header, rows))
    notes, sources = found
    told: dict[str, str] = {}
    for row in notes[1]:
        told[row[0]] = "; ".join(filter(None, (told.get(row[0]), row[1])))
    return told, tuple(dict(zip(sources[0], row, strict=True)) for row in sources[1])


def _text(cell: Any) -> str:
    """Return a cell as a CSV would have it, numbers in full."""
    return "" if cell is None else repr(cell) if isinstance(cell, float) else cell_text(cell)
