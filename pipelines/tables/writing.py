"""Write tables as the ending of their file says: CSV, Parquet, a workbook or JSON, whole or not at all."""

from __future__ import annotations

import glob
import json
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Protocol, Self

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import typer

from shiftcast.pipelines.process import lives
from shiftcast.pipelines.tables.formulas import guarded
from shiftcast.pipelines.tables.places import JSON, PARQUET, WORKBOOK, check_place, kind_of
from shiftcast.pipelines.tables.plain import as_table
from shiftcast.pipelines.tables.workbook import Beside, WorkbookWriter

_NOTHING: Final = Beside()
_STALE: Final = 3600  # seconds since a part was last written to: its writer may be a process of another host


class _Writer(Protocol):
    def write_table(self, table: pa.Table) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *error: Any) -> None: ...


def write_table(
    frame: pd.DataFrame, file: Path | None, *, notes: Sequence[tuple[str, str]] = (),
    sources: pd.DataFrame | None = None, units: Mapping[str, str] | None = None,
    more: Mapping[str, pd.DataFrame] | None = None,
) -> None:  # fmt: skip
    """Write a table to a file of the kind that its ending names.

    Text that a spreadsheet would run as a formula is text in a workbook, and has an apostrophe in front in a CSV
    (:mod:`pipelines.tables.formulas`); Parquet and JSON have it as it is.

    Parameters
    ----------
    frame
        The table; its index is left out.
    file
        ``.xlsx``, ``.parquet``, ``.json`` (a list of records), or else CSV; standard output as CSV if ``None``.
    notes
        Heading and text, a row each of the sheet ``notes`` of a workbook; other kinds hold the table alone.
    sources
        Rows of its sheet ``sources``, such as assumptions with their evidence.
    units
        Column to its unit, in the header of a workbook: ``power [MW]``.
    more
        Further tables of a workbook, a sheet each under its name; other kinds hold the first alone.

    Raises
    ------
    OSError
        If the folder cannot be written to.
    ValueError
        If the file's folder is not there, no such kind is written, or a workbook has no room for the rows.
    """
    with table_writer(file, Beside(notes, sources, units or {}, more or {})) as write:
        write(frame)


@contextmanager
def table_writer(file: Path | None, beside: Beside = _NOTHING) -> Iterator[Callable[[pd.DataFrame], None]]:
    """Give a function that writes frames of one shape one below the other, for tables too long to hold.

    The file appears under its name only when all of it is written; without one, frames go to standard output.
    Times are written as 2027-12-31 in text where all of a frame are days, as 2027-12-31T13:00:00 otherwise.

    Parameters
    ----------
    file
        As :func:`write_table` takes it.
    beside
        What stands beside the table in a workbook.

    Yields
    ------
    callable
        Takes a frame; every frame has the columns of the first.

    Raises
    ------
    OSError
        If the folder cannot be written to.
    ValueError
        As :func:`write_table` does.
    """
    if file is None:
        yield _screen()
        return
    check_place(file)
    _sweep(file)
    part = file.with_name(f".{file.stem}.{os.getpid()}.part{file.suffix}")  # two at once move each its own
    text = kind_of(file) not in {PARQUET, WORKBOOK}
    try:
        with ExitStack() as stack:
            opened: list[_Writer] = []

            def write(frame: pd.DataFrame) -> None:
                table = as_table(frame, text=text)
                if not opened:
                    opened.append(stack.enter_context(_writer(part, table.schema, beside)))
                opened[0].write_table(table)

            yield write
        if opened:
            part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def _sweep(file: Path) -> None:
    """Remove what writers of a file that were killed left beside it."""
    before, after = f".{file.stem}.", f".part{file.suffix}"
    for left in file.parent.glob(f"{glob.escape(before)}*{glob.escape(after)}"):
        writer = left.name.removeprefix(before).removesuffix(after)
        if writer.isdecimal() and not lives(int(writer)):
            with suppress(OSError):
                if time.time() - left.stat().st_mtime > _STALE:
                    left.unlink()


def _writer(part: Path, schema: pa.Schema, beside: Beside) -> _Writer:
    kind = kind_of(part)
    if kind == PARQUET:
        return pa.parquet.ParquetWriter(str(part), schema)  # type: ignore[no-any-return]
    if kind == WORKBOOK:
        return WorkbookWriter(str(part), schema, beside)
    return _Records(part) if kind == JSON else _Csv(part, schema)


class _Csv:
    """A CSV whose text no spreadsheet runs."""

    def __init__(self, file: Path, schema: pa.Schema) -> None:
        self._file = pa.csv.CSVWriter(str(file), schema)

    def write_table(self, table: pa.Table) -> None:
        self._file.write_table(_guarded(table))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


class _Records:
    """A JSON list of records, a line each."""

    def __init__(self, file: Path) -> None:
        self._file, self._between = file.open("w", encoding="utf-8"), "[\n"

    def write_table(self, table: pa.Table) -> None:
        for record in table.to_pylist():
            cells = {name: None if _endless(cell) else cell for name, cell in record.items()}
            self._file.write(self._between + json.dumps(cells, ensure_ascii=False))
            self._between = ",\n"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.write("\n]\n" if self._between != "[\n" else "[]\n")
        self._file.close()


def _endless(cell: object) -> bool:
    return isinstance(cell, float) and not math.isfinite(cell)


def _guarded(table: pa.Table) -> pa.Table:
    for place, column in enumerate(table.columns):
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            table = table.set_column(place, table.column_names[place], guarded(column))
    return table


def _screen() -> Callable[[pd.DataFrame], None]:
    """Return what writes frames to standard output, the header once."""
    headers = iter([True])

    def write(frame: pd.DataFrame) -> None:
        text = _guarded(as_table(frame, text=True)).to_pandas().to_csv(index=False, header=next(headers, False))
        typer.echo(text, nl=False)

    return write
