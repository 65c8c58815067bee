"""Read a table by a query of the user's: DuckDB's SELECT over the rows of a file, with access to nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from tempfile import TemporaryDirectory
from typing import Final

import duckdb
import numpy as np
import pandas as pd

from shiftcast.pipelines.sources.chunks import Chunk
from shiftcast.pipelines.sources.table import UnreadableFileError
from shiftcast.pipelines.tables.parquet import ROWS

TABLE: Final = "file"  # the query's name of the rows
_MEMORY: Final = "1GB"
_SHOWN: Final = 300


def query_rows(chunks: Iterable[Chunk], query: str) -> Iterator[Chunk]:
    """Yield the rows that a query makes of a file's rows; a row's line is its place, from 2 as under a header.

    Parameters
    ----------
    chunks
        Rows of the file: the table ``file`` of the query. Cells of text are text, empty ones are NULL.
    query
        One SELECT.

    Yields
    ------
    Chunk
        Up to 50,000 rows, typed as the query says; in front those of the file that could not be cut into cells.

    Raises
    ------
    UnreadableFileError
        If it is not one SELECT, or fails, with DuckDB's words and line.
    """
    with (
        TemporaryDirectory(prefix="shiftcast-sql-") as folder,
        duckdb.connect(
            config={"memory_limit": _MEMORY, "temp_directory": folder, "python_enable_replacements": "false"}
        ) as database,
    ):
        uncut: list[tuple[int, str, str, str]] = []
        name = load(database, chunks, uncut)
        database.execute("SET TimeZone = 'UTC'; SET enable_external_access = false; SET lock_configuration = true")
        first = 2
        for cells in _results(database, query):
            lines = np.arange(first, first + len(cells), dtype=np.int64)
            yield Chunk(cells, lines, name, tuple(uncut))
            first += len(cells)
            uncut.clear()


def load(database: duckdb.DuckDBPyConnection, chunks: Iterable[Chunk], uncut: list[tuple[int, str, str, str]]) -> str:
    """Load rows into the table ``file`` of a database, empty cells of text as NULL.

    Parameters
    ----------
    database
        Connection without such a table.
    chunks
        Rows; a later chunk may have further columns.
    uncut
        Filled with the rows that could not be cut into cells: line, column, value, reason.

    Returns
    -------
    str
        Name of the file.
    """
    name = ""
    for chunk in chunks:
        uncut += chunk.quarantined
        cells = chunk.cells.replace({"": None})
        database.register("chunk", cells)
        if not name:
            columns = ", ".join(f"{_named(each)} {_kind(cells[each])}" for each in cells)
            database.execute(f"CREATE TABLE {TABLE} ({columns})")
        known = {row[0] for row in database.execute("SELECT name FROM pragma_table_info(?)", [TABLE]).fetchall()}
        for each in cells.columns.difference(list(known)):
            database.execute(f"ALTER TABLE {TABLE} ADD COLUMN {_named(each)} {_kind(cells[each])}")
        database.execute("INSERT INTO file BY NAME SELECT * FROM chunk")
        database.unregister("chunk")
        name = chunk.file
    return name


def quoted_cell(name: str, table: str = "") -> str:
    r"""Return a column as SQL, empty cells as NULL.

    Parameters
    ----------
    name
        Name of the column.
    table
        Its table, and a point.

    Returns
    -------
    str
        SQL.

    Examples
    --------
    >>> quoted_cell("gpus")
    'nullif(trim("gpus"), \'\')'
    """
    return f"nullif(trim({table}{_named(name)}), '')"


def _named(column: object) -> str:
    return '"' + str(column).replace('"', '""') + '"'


def _kind(cells: pd.Series) -> str:
    """Return the type of a column as SQL names it."""
    if isinstance(cells.dtype, pd.DatetimeTZDtype):
        return "TIMESTAMPTZ"
    return {"M": "TIMESTAMP", "i": "BIGINT", "u": "UBIGINT", "f": "DOUBLE", "b": "BOOLEAN"}.get(
        cells.dtype.kind, "VARCHAR"
    )


def _results(database: duckdb.DuckDBPyConnection, query: str) -> Iterator[pd.DataFrame]:
    try:
        statements = database.extract_statements(query)
        if [each.type for each in statements] != [duckdb.StatementType.SELECT]:
            raise UnreadableFileError("--map: the query has to be one SELECT from the table file, and nothing else")
        database.execute(f"EXPLAIN {statements[0].query.strip()}")  # its errors name a line
        relation = database.sql(statements[0].query)
        yield pd.DataFrame(columns=relation.columns)  # so that rows which could not be cut are told of in any case
        for batch in relation.to_arrow_reader(ROWS):
            yield batch.to_pandas()
    except duckdb.Error as error:
        raise UnreadableFileError(f"--map: DuckDB says of the query: {_shown(str(error))}") from None


def _shown(error: str) -> str:
    """Return the words of an error and the line it names, in one line."""
    found = re.search(r"LINE \d+: .*", error)
    words = error.splitlines()[0][:_SHOWN]
    return f"{words}; {found[0][:_SHOWN].replace('EXPLAIN ', '')}" if found else words
