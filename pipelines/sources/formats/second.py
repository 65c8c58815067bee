"""Recompute the totals of a file a second way: DuckDB's own readers and SQL over its raw columns, no reader of ours."""

from __future__ import annotations

import io
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory
from typing import BinaryIO, Final, cast

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.chunks import Chunk
from shiftcast.pipelines.sources.formats.header import SAMPLE, find_header
from shiftcast.pipelines.sources.formats.macros import MACROS
from shiftcast.pipelines.sources.formats.mapping import Described
from shiftcast.pipelines.sources.formats.rows import format_of, rows_of
from shiftcast.pipelines.sources.formats.second_table import mapped_query
from shiftcast.pipelines.sources.formats.sql import TABLE, load, quoted_cell
from shiftcast.pipelines.sources.lines import LINE_LIMIT, Records, read_records, text_of
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.setting import Setting, instance_types
from shiftcast.pipelines.sources.sieve import column_key
from shiftcast.pipelines.sources.table import UnreadableFileError, read_table
from shiftcast.pipelines.sources.unpacking import parquet_tables

_SPOKEN: Final = {"\t": "tabs", " ": "spaces", ",": "commas", ";": "semicolons", "|": "pipes"}
_BELOW_HEADER: Final = 2  # the line of the first row, as the readers count
_NAMES: Final = re.compile(r"\{([^}]*)\}")


@dataclass(frozen=True)
class Raw:
    """A file loaded as it is.

    Attributes
    ----------
    form
        What it is written as, with its delimiter.
    columns
        Its columns.
    rows
        Rows in all.
    lines
        Line of each row in its file, those that could not be cut into cells among them.
    """

    form: str
    columns: tuple[str, ...]
    rows: int
    lines: NDArray[np.int64]


@contextmanager
def raw_database(setting: Setting) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in memory with the macros that the queries of ``second_totals.csv`` use.

    Parameters
    ----------
    setting
        Zone of times that name none, and instance types.

    Yields
    ------
    DuckDBPyConnection
        Connection without any table but ``instances``.
    """
    with duckdb.connect(config={"memory_limit": "1GB"}) as database:
        database.execute(f"SET TimeZone = '{setting.clock.zone}'")
        known = instance_types(setting.instances)
        rows = [(name, found, count) for name, (found, count) in known.items()]
        types = pd.DataFrame(rows, columns=["instance", "accelerator", "count"])
        database.register("types", types)
        database.execute("CREATE TABLE instances AS SELECT * FROM types")
        database.execute(MACROS)
        yield database


def load_raw(database: duckdb.DuckDBPyConnection, opened: Opened, setting: Setting) -> Raw:
    """Load a file into the table ``file``, every column as text; files of one archive stand in it together.

    Text and Parquet go through DuckDB's own readers.

    Parameters
    ----------
    database
        Connection of :func:`raw_database`.
    opened
        File to load.
    setting
        What the file does not tell.

    Returns
    -------
    Raw
        What it is.

    Raises
    ------
    UnreadableFileError
        If it cannot be read.
    """
    kind, whole = format_of(opened)
    before = _count(database)
    if kind == "delimited text":
        kind, lines = _load_text(database, whole, setting)
    elif kind == "parquet":
        deque(parquet_tables(whole.name, whole.stream), maxlen=0)  # which bounds what it unpacks to, as DuckDB does not
        whole.stream.seek(0)
        with _copied(whole.stream) as path:
            _append(database, f"read_parquet('{path}')")
        lines = np.arange(_BELOW_HEADER, _BELOW_HEADER + _count(database) - before, dtype=np.int64)
    else:
        lines = _load_chunks(database, rows_of(whole, setting))
    columns = database.execute("SELECT name FROM pragma_table_info(?)", [TABLE]).fetchall()
    return Raw(kind, tuple(name for (name,) in columns), _count(database) - before, lines)


def leave_out(database: duckdb.DuckDBPyConnection, loaded: Mapping[str, Raw], aside: pd.DataFrame) -> None:
    """Take the rows that were set aside out of the table ``file``, where their lines tell which they are.

    Parameters
    ----------
    database
        Connection that :func:`load_raw` has filled.
    loaded
        What it loaded by name of the file, in that order.
    aside
        Rows set aside: their ``source``, ``line`` and ``column``.
    """
    if not loaded:
        return
    first, gone = 0, []
    for name, raw in loaded.items():
        own = aside[aside["source"] == name]
        uncut = own.loc[own["column"] == "line", "line"].astype(np.int64)  # which DuckDB leaves out itself
        lines = raw.lines if len(raw.lines) == raw.rows else raw.lines[~np.isin(raw.lines, uncut)]
        if len(lines) == raw.rows:
            gone.append(first + np.flatnonzero(np.isin(lines, own["line"].astype(np.int64))))
        first += raw.rows
    numbers = pd.DataFrame({"number": np.concatenate([np.empty(0, dtype=np.int64), *gone])})
    database.register("aside", numbers)
    database.execute("DELETE FROM file WHERE rowid IN (SELECT number FROM aside)")
    database.unregister("aside")


def load_lines(database: duckdb.DuckDBPyConnection, opened: Opened) -> None:
    """Load a text into the table ``lines``, a line a row, for records that are no table.

    Parameters
    ----------
    database
        Connection of :func:`raw_database`.
    opened
        File to load.
    """
    with _copied(opened.stream) as path:
        form = "header = false, columns = {'text': 'VARCHAR'}, delim = '\x01', quote = '', escape = ''"
        database.execute("CREATE TABLE IF NOT EXISTS lines (text VARCHAR)")
        database.execute(f"INSERT INTO lines SELECT text FROM read_csv('{path}', auto_detect = false, {form})")


def _load_chunks(database: duckdb.DuckDBPyConnection, chunks: Iterable[Chunk]) -> NDArray[np.int64]:
    lines: list[NDArray[np.int64]] = []

    def noted() -> Iterator[Chunk]:
        for chunk in chunks:
            lines.append(chunk.lines)
            yield chunk

    load(database, noted(), [])
    return np.concatenate([np.empty(0, dtype=np.int64), *lines])


def _load_text(database: duckdb.DuckDBPyConnection, opened: Opened, setting: Setting) -> tuple[str, NDArray[np.int64]]:
    with TemporaryDirectory(prefix="shiftcast-check-") as folder:
        path = Path(folder) / "text"
        with path.open("w", encoding="utf-8", errors="replace", newline="\n") as copy:
            copyfileobj(text_of(opened.stream), copy)
        with path.open("rb") as stream:
            head = io.BytesIO(stream.read(LINE_LIMIT))
        first = next(read_records(head, size=SAMPLE), Records())
        if not first.texts:
            raise UnreadableFileError(f"{opened.name}: is empty; export it again")
        place, delimiter = find_header(first.texts, setting.delimiter, quoted=True)
        if len(delimiter) == 1 and delimiter != " ":
            quote = "" if delimiter == "|" else '"'  # names of jobs hold quotes, which end nothing
            form = f"delim = '{delimiter}', quote = '{quote}', escape = '{quote}', skip = {first.lines[place] - 1}"
            _append(database, f"read_csv('{path}', header = true, all_varchar = true, ignore_errors = true, {form})")
            with path.open("rb") as stream:
                filled = (number for number, line in enumerate(stream, 1) if line.strip())
                lines = np.fromiter((number for number in filled if number > first.lines[place]), dtype=np.int64)
        else:
            with path.open("rb") as stream:
                lines = _load_chunks(database, rows_of(Opened(opened.name, cast("BinaryIO", stream)), setting))
    return f"text divided by {_SPOKEN.get(delimiter, delimiter)}", lines


@contextmanager
def _copied(stream: BinaryIO) -> Iterator[Path]:
    with TemporaryDirectory(prefix="shiftcast-check-") as folder:
        path = Path(folder) / "copy"
        with path.open("wb") as copy:
            copyfileobj(stream, copy)
        yield path


def _append(database: duckdb.DuckDBPyConnection, reader: str) -> None:
    rows = f"SELECT COLUMNS(*)::VARCHAR FROM {reader}"
    there = database.execute("SELECT count(*) FROM pragma_table_info(?)", [TABLE]) if _count(database) else None
    database.execute(f"INSERT INTO file BY NAME {rows}" if there else f"CREATE OR REPLACE TABLE file AS {rows}")


def _count(database: duckdb.DuckDBPyConnection) -> int:
    tables = {name for (name,) in database.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    return int(database.execute("SELECT count(*) FROM file").fetchall()[0][0]) if TABLE in tables else 0


def second_totals(
    database: duckdb.DuckDBPyConnection,
    source: str,
    last: str,
    columns: Sequence[str],
    described: Described | None,
    setting: Setting,
) -> dict[str, float]:
    """Return the totals of the table ``file`` by SQL over its raw columns.

    Parameters
    ----------
    database
        Connection that :func:`load_raw` has filled.
    source
        Source that reads the file.
    last
        Moment up to which what has no end ran, as text; empty for none.
    columns
        Its columns.
    described
        Mapping of a table.
    setting
        Anchor of relative times.

    Returns
    -------
    dict of str to float
        Total by measure; measures without a second way are left out.
    """
    database.execute(f"CREATE OR REPLACE MACRO last_moment() AS try_cast('{last}' AS TIMESTAMPTZ)")
    if described is not None:
        queries = [
            (roles.constants.get("measure", ""), mapped_query(roles, described, setting)) for roles in described.sets
        ]
    else:
        rows = read_table(RECORDS / "second_totals.csv").to_dict("records")
        queries = [(row["measure"], fill(row["query"], columns)) for row in rows if row["reads"] == source]
    found: dict[str, float] = {}
    for measure, query in queries:
        value = database.execute(query).fetchall()[0][0] if query and measure else None
        if value is not None:
            found[measure] = found.get(measure, 0.0) + float(value)
    return found


def fill(query: str, columns: Sequence[str]) -> str:
    r"""Return a query with each ``{name|name}`` as the first of these columns that is not empty.

    Parameters
    ----------
    query
        SQL of ``second_totals.csv``.
    columns
        Columns of the file.

    Returns
    -------
    str
        SQL over the columns.

    Examples
    --------
    >>> fill("SELECT sum({gpus|num_gpus}) FROM file", ["Num GPUs"])
    'SELECT sum(coalesce(nullif(trim("Num GPUs"), \'\'), NULL)) FROM file'
    """
    known = {column_key(each): each for each in columns}

    def cell(found: re.Match[str]) -> str:
        names = [known[column_key(name)] for name in found[1].split("|") if column_key(name) in known]
        return f"coalesce({''.join(f'{quoted_cell(name)}, ' for name in names)}NULL)"

    return _NAMES.sub(cell, query)
