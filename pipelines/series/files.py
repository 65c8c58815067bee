"""Read and write files of long series: read whole and by column type, written part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet
import typer

from shiftcast.features.input_error import InputError

TEXT: Final = ("series", "group", "category", "period_end")
NO_NUMBER: Final = ("", "nan", "NaN", "null", "NULL")  # of a name only an empty one is none
PARQUET: Final = ".parquet"


def check_file(file: Path) -> Path:
    """Return the file if it is there.

    Parameters
    ----------
    file
        Path of a CSV or Parquet file.

    Returns
    -------
    Path
        The same path.

    Raises
    ------
    ValueError
        If it is not.
    """
    if not file.is_file():
        raise InputError(f"file {str(file)!r} is not there; give a CSV or Parquet file")
    return file


def columns_of(file: Path) -> list[str]:
    """Return the names of the columns of a CSV or Parquet file.

    Parameters
    ----------
    file
        A table with a header; ``.parquet``, or else CSV.

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
        with pa.csv.open_csv(file) as opened:
            return list(opened.schema.names)
    except (pa.ArrowInvalid, UnicodeDecodeError) as problem:
        raise _no_table(file, problem, ()) from problem


def _no_table(file: Path, problem: Exception, columns: tuple[str, ...]) -> InputError:
    kind = "Parquet file" if file.suffix == PARQUET else "CSV"
    return InputError(f"file {str(file)!r} is no {kind} ({problem}); give {','.join(columns) or 'a table'}")


def read_series(file: Path, columns: tuple[str, ...], *, text: tuple[str, ...] = TEXT) -> pd.DataFrame:
    """Return the named columns of a CSV or Parquet file that it has, text kept as codes to save memory.

    Parameters
    ----------
    file
        A table with a header; ``.parquet``, or else CSV.
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
        If the file is missing or no such table.
    """
    check_file(file)
    try:
        table = (_parquet if file.suffix == PARQUET else _csv)(file, columns, text)
    except (pa.ArrowInvalid, UnicodeDecodeError) as problem:
        raise _no_table(file, problem, columns) from problem
    return table.unify_dictionaries().to_pandas()


def _parquet(file: Path, columns: tuple[str, ...], text: tuple[str, ...]) -> pa.Table:
    there = set(pa.parquet.read_schema(file).names)
    return pa.parquet.read_table(file, columns=[name for name in columns if name in there], read_dictionary=list(text))


def _csv(file: Path, columns: tuple[str, ...], text: tuple[str, ...]) -> pa.Table:
    """Return a CSV, read as numbers where it holds nothing else, and cell by cell where it does."""
    with pa.csv.open_csv(file) as opened:
        there = [name for name in opened.schema.names if name in columns]
    coded = pa.dictionary(pa.int32(), pa.string())
    types = {name: coded if name in text else pa.float64() for name in there}
    options = {"include_columns": there, "strings_can_be_null": True, "null_values": [""]}
    try:
        return pa.csv.read_csv(file, convert_options=pa.csv.ConvertOptions(column_types=types, **options))
    except pa.ArrowInvalid:
        types = dict.fromkeys(there, pa.string())
        table = pa.csv.read_csv(file, convert_options=pa.csv.ConvertOptions(column_types=types, **options))
        return typed(table, text)


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


@contextmanager
def series_writer(file: Path | None) -> Iterator[Callable[[pd.DataFrame], None]]:
    """Give a function that writes frames of one shape one below the other, as CSV or Parquet.

    The file appears under its name only when all of it is written; without one, frames go to standard output.
    Times are written as 2027-12-31 in a CSV where all of a frame are days, as 2027-12-31T13:00:00 otherwise.

    Parameters
    ----------
    file
        ``.parquet``, or else CSV; standard output if ``None``.

    Yields
    ------
    callable
        Takes a frame; every frame has the columns of the first.

    Raises
    ------
    OSError
        If the folder cannot be written to.
    ValueError
        If the file's folder is not there.
    """
    if file is None:
        yield _screen()
        return
    if not file.parent.is_dir():
        raise InputError(f"folder {str(file.parent)!r} is not there; make it, or write somewhere else")
    part = file.with_name(f".{file.stem}.part{file.suffix}")
    kind = pa.parquet.ParquetWriter if file.suffix == PARQUET else pa.csv.CSVWriter
    try:
        with ExitStack() as stack:
            opened: list[pa.csv.CSVWriter | pa.parquet.ParquetWriter] = []

            def write(frame: pd.DataFrame) -> None:
                table = as_table(frame, parquet=file.suffix == PARQUET)
                if not opened:
                    opened.append(stack.enter_context(kind(str(part), table.schema)))
                opened[0].write_table(table)

            yield write
        if opened:
            part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def _screen() -> Callable[[pd.DataFrame], None]:
    """Return what writes frames to standard output, the header once."""
    headers = iter([True])

    def write(frame: pd.DataFrame) -> None:
        text = as_table(frame, parquet=False).to_pandas().to_csv(index=False, header=next(headers, False))
        typer.echo(text, nl=False)

    return write


def as_table(frame: pd.DataFrame, *, parquet: bool) -> pa.Table:
    """Return a frame as a table without dictionary coding; times as UTC, or as text in a CSV.

    Parameters
    ----------
    frame
        Any DataFrame; its index is left out.
    parquet
        Whether it is for Parquet and not for a CSV.

    Returns
    -------
    Table
        The same columns.
    """
    zoned = [name for name, kind in frame.dtypes.items() if isinstance(kind, pd.DatetimeTZDtype)]
    plain = frame.assign(**{name: frame[name].dt.tz_convert(None) for name in zoned})
    table = pa.Table.from_pandas(plain, preserve_index=False).replace_schema_metadata()
    return pa.table({name: _plain(table[name], parquet=parquet) for name in table.column_names})


def _plain(column: pa.ChunkedArray, *, parquet: bool) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        return column.cast(pa.string())
    if not pa.types.is_timestamp(column.type):
        return column
    if parquet:
        return column.cast(pa.timestamp("us", tz="UTC"))
    whole = column.cast(pa.timestamp("s"), safe=False)
    daily = pa.compute.all(pa.compute.equal(pa.compute.floor_temporal(whole, unit="day"), whole)).as_py()
    return pa.compute.strftime(whole, format="%Y-%m-%d" if daily else "%Y-%m-%dT%H:%M:%S")
