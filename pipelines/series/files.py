"""Read and write files of long series: read whole and by column type, written part by part."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.tables.delimited import opened, plain_csv
from shiftcast.pipelines.tables.formulas import MARKED, unguarded
from shiftcast.pipelines.tables.parquet import parquet_batches
from shiftcast.pipelines.tables.sheets import place_of
from shiftcast.pipelines.tables.unpacked import Unpacking

TEXT: Final = ("series", "group", "category", "period_end")
NO_NUMBER: Final = ("", "nan", "NaN", "null", "NULL")  # of a name only an empty one is none
PARQUET: Final = ".parquet"
_TOLD: Final = {  # what the library says of text to what it means
    "straddling object": "a line of it is longer than 1 MiB",
}  # fmt: skip
_SHOWN: Final = 200


def check_file(file: Path) -> Path:
    """Return the file if it is there.

    Parameters
    ----------
    file
        Path of a CSV or Parquet file, a workbook, or a sheet of one: ``book.xlsx#Sheet``.

    Returns
    -------
    Path
        The same path.

    Raises
    ------
    ValueError
        If it is not.
    """
    if not place_of(file)[0].is_file():
        raise InputError(f"file {str(file)!r} is not there; give a CSV, a Parquet file or a workbook")
    return file


def columns_of(file: Path) -> list[str]:
    """Return the names of the columns of a file.

    Parameters
    ----------
    file
        A table with a header, as :func:`check_file` takes it; text with commas, semicolons or tabs between cells.

    Returns
    -------
    list of str

    Raises
    ------
    ValueError
        If the file is missing or no such table.
    """
    check_file(file)
    try:
        if file.suffix == PARQUET:
            return list(pa.parquet.read_schema(file).names)
        with opened(plain_csv(file, TEXT)) as content, pa.csv.open_csv(content) as rows:
            return list(rows.schema.names)
    except (pa.ArrowInvalid, UnicodeDecodeError) as problem:
        raise _no_table(file, problem, ()) from problem


def _no_table(file: Path, problem: Exception, columns: tuple[str, ...]) -> InputError:
    kind = "Parquet file" if file.suffix == PARQUET else "CSV"
    told = (said for mark, said in _TOLD.items() if mark in str(problem))
    why = next(told, str(problem)[:_SHOWN])
    return InputError(f"file {str(file)!r} is no {kind} ({why}); give {','.join(columns) or 'a table'}")


def read_series(file: Path, columns: tuple[str, ...], *, text: tuple[str, ...] = TEXT) -> pd.DataFrame:
    """Return the named columns that a file has, text kept as codes to save memory.

    Parameters
    ----------
    file
        A table with a header, as :func:`check_file` takes it; text with commas, semicolons or tabs between cells.
    columns
        Names to keep; those the file has not are left out, for the caller to judge.
    text
        Names of the columns whose cells are text, whatever they look like.

    Returns
    -------
    DataFrame
        Its index numbers the rows of the file from 0. A CSV column that holds anything but numbers is text;
        of a name only an empty one is missing.

    Raises
    ------
    ValueError
        If the file is missing, no such table, or has none of the columns.
    """
    check_file(file)
    if columns and not set(columns) & set(there := columns_of(file)):
        raise InputError(f"file {str(file)!r} has the columns {', '.join(there)}; give {','.join(columns)}")
    try:
        table = _parquet(file, columns, text) if file.suffix == PARQUET else unmarked(_csv(file, columns, text))
    except (pa.ArrowInvalid, UnicodeDecodeError) as problem:
        raise _no_table(file, problem, columns) from problem
    return table.unify_dictionaries().to_pandas()


def _parquet(file: Path, columns: tuple[str, ...], text: tuple[str, ...]) -> pa.Table:
    """Return the named columns of a Parquet file, read a piece at a time and counted before they are held."""
    there = set(pa.parquet.read_schema(file).names)
    chosen = [name for name in columns if name in there]
    packed = file.stat().st_size
    unpacked, held = (Unpacking(str(file), lambda: packed, InputError, "write it as CSV") for _ in range(2))
    parts = []
    with file.open("rb") as content:
        for batch in parquet_batches(content, str(file), InputError, unpacked.add):
            part = _coded(batch.select([name for name in chosen if name in batch.column_names]), text)
            held.add(part.nbytes)
            parts.append(part)
    return pa.concat_tables(parts) if parts else pa.parquet.read_table(file, columns=chosen)


def _coded(table: pa.Table, text: tuple[str, ...]) -> pa.Table:
    for place, name in enumerate(table.column_names):
        if name in text and (pa.types.is_string(table[name].type) or pa.types.is_large_string(table[name].type)):
            table = table.set_column(place, name, table[name].cast(pa.string()).dictionary_encode())
    return table


def _csv(file: Path, columns: tuple[str, ...], text: tuple[str, ...]) -> pa.Table:
    """Return a CSV, read as numbers where it holds nothing else, and cell by cell where it does."""
    source = plain_csv(file, text)
    with opened(source) as content, pa.csv.open_csv(content) as rows:
        there = [name for name in rows.schema.names if name in columns]
    coded = pa.dictionary(pa.int32(), pa.string())
    try:
        return _cells(source, {name: coded if name in text else pa.float64() for name in there})
    except pa.ArrowInvalid:
        return typed(_cells(source, dict.fromkeys(there, pa.string())), text)


def _cells(source: Path | bytes, types: dict[str, pa.DataType]) -> pa.Table:
    options = pa.csv.ConvertOptions(
        column_types=types, include_columns=list(types), strings_can_be_null=True, null_values=[""]
    )
    lines = pa.csv.ParseOptions(newlines_in_values=True)  # without it rows after a quote are passed over in silence
    with opened(source) as content:
        return pa.csv.read_csv(content, parse_options=lines, convert_options=options)


def typed(cells: pa.Table, text: tuple[str, ...]) -> pa.Table:
    """Return the cells of a CSV, all of them text, with their types.

    Parameters
    ----------
    cells
        Text; missing where a cell is empty.
    text
        Columns of names and dates: ``null`` and ``nan`` are names there, and only an empty one is none.

    Returns
    -------
    Table
        Text as codes; other columns as numbers, or as text where one of them is none: its row is named later.

    Examples
    --------
    >>> typed(pa.table({"series": ["null"], "value": [" 7.5"], "queued": ["no"]}), ("series",)).to_pylist()
    [{'series': 'null', 'value': 7.5, 'queued': 'no'}]
    """
    columns = {}
    for name in cells.column_names:
        names = name in text
        none = pa.compute.is_in(cells[name], pa.array(("",) if names else NO_NUMBER))
        column = pa.compute.if_else(none, pa.scalar(None, pa.string()), cells[name])
        columns[name] = column.dictionary_encode() if names else _number(column)
    return pa.table(columns)


def _number(column: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return pa.compute.utf8_trim_whitespace(column).cast(pa.float64())
    except pa.ArrowInvalid:
        return column


def unmarked(table: pa.Table) -> pa.Table:
    """Return rows of a CSV whose names are without the marks that keep spreadsheets from running them.

    Parameters
    ----------
    table
        Rows, names as codes.

    Returns
    -------
    Table
        The same columns (:mod:`pipelines.tables.formulas`).
    """
    for place, column in enumerate(table.columns):
        if pa.types.is_dictionary(column.type) and any(_marked(chunk.dictionary) for chunk in column.chunks):
            names = unguarded(column.cast(pa.string())).dictionary_encode()
            table = table.set_column(place, table.column_names[place], names)
    return table


def _marked(names: pa.Array) -> bool:
    return bool(pa.compute.any(pa.compute.match_substring_regex(names, MARKED)).as_py())
