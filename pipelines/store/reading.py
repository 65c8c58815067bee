"""Read the files of the store: figures as of a day, from the vintages of those appended and the changes of items."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow.parquet as pq

from shiftcast.features.frames import Changes, Usage, empty
from shiftcast.features.input_error import InputError
from shiftcast.pipelines.engine.arrow import to_arrow
from shiftcast.pipelines.engine.connection import duckdb_connection
from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.store.durable import sync
from shiftcast.pipelines.store.files import CHANGES_FILE, USAGE_FILE, WITHDRAWN_FILE, checked, write_changes
from shiftcast.pipelines.store.log import Entry, visible

ENTRY: Final = "entry"
SAME: Final = tuple(name for name in Usage.key if name != "known_at")
_FIGURE: Final = ", ".join(f'"{name}"' for name in SAME)
_USAGE_FILES: Final = (USAGE_FILE, WITHDRAWN_FILE)
_NUMBER: Final = r"batches/(\d{8})-"
_LATEST: Final = "max_by(total, row(moment, known_at, entry))"


def utc_day(day: datetime) -> pd.Timestamp:
    """Return a day as midnight UTC.

    Parameters
    ----------
    day
        Moment with a zone.

    Returns
    -------
    Timestamp
        Midnight UTC of the day that holds it in UTC.

    Raises
    ------
    ValueError
        If it has no time zone.
    """
    moment = pd.Timestamp(day)
    if moment.tz is None:
        raise InputError(f"day {day} has no time zone; give it in UTC")
    return moment.tz_convert("UTC").normalize()


def usage_as_of(folder: Path, entries: list[Entry], day: datetime) -> ir.Table:
    """Return the usage known on a day by the commits of a log; files of later days are not opened.

    Parameters
    ----------
    folder
        Folder of the store.
    entries
        All entries of its log.
    day
        Last day of knowledge, inclusive, with a zone.

    Returns
    -------
    Table
        Frame ``Usage``, one row a figure, in no order.

    Raises
    ------
    StoreError
        If a file is missing or differs from its digest.
    ValueError
        If the day has no zone.
    """
    last = utc_day(day)
    known = [entry for entry in visible(entries) if entry.day <= last]
    backend = duckdb_connection()
    appended = latest(stored(folder, known, backend), last)
    paths = checked(folder, known, CHANGES_FILE)
    return ibis.union(appended, _loaded(paths, last, backend)) if paths else appended


def _loaded(paths: list[Path], day: pd.Timestamp, backend: Any) -> ir.Table:
    """Return the figures that the changes known on a day add up to; those without a row left are not among them."""
    rows = _rows_of(paths)
    value = f"CASE how WHEN 'mean' THEN fsum(total) / sum(rows) WHEN 'last' THEN {_LATEST} ELSE fsum(total) END"
    newest = "max_by({0}, row(known_at, entry)) AS {0}"
    summed = (
        f"SELECT {_FIGURE}, max(known_at) AS known_at, {value} AS value, sum(rows) AS rows, CASE WHEN sum(short) > 0 "
        f"THEN '>=' ELSE '=' END AS bound, {newest.format('evidence')}, {newest.format('confidence')} FROM {rows} "
        f"WHERE known_at <= TIMESTAMPTZ '{day.isoformat()}' GROUP BY {_FIGURE} HAVING sum(rows) > 0"
    )
    return _table(backend, summed).select(*Usage.columns)


def _table(backend: Any, query: str) -> ir.Table:
    """Return a query as an Ibis table; a view, since Ibis 12 cannot ask DuckDB 2 for the columns of a query."""
    backend.raw_sql(f"CREATE TEMP VIEW summed AS {query}")
    return backend.table("summed")


def _rows_of(paths: list[Path]) -> str:
    """Return the query of changes, each with the number of its commit."""
    number = f"regexp_extract(filename, '{_NUMBER}', 1)::BIGINT AS entry"
    files = [str(path) for path in paths]
    return f"(SELECT * EXCLUDE (filename), {number} FROM read_parquet({files}, filename=true, hive_partitioning=false))"


def merge_changes(folder: Path, entries: list[Entry], path: Path) -> int:
    """Write the changes of entries to one file, those of a figure and day added up, and return their number.

    Parameters
    ----------
    folder
        Folder of the store.
    entries
        Entries whose changes are merged; one has some.
    path
        File to write.

    Returns
    -------
    int
        Number of rows.
    """
    rows = _rows_of(checked(folder, entries, CHANGES_FILE))
    key = ", ".join(f'"{name}"' for name in Changes.key)
    latest_row = "CASE how WHEN 'last' THEN max_by(total, row(moment, entry)) ELSE fsum(total) END"
    merged = (
        f"SELECT {key}, {latest_row} AS total, sum(rows) AS rows, sum(short) AS short, max(moment) AS moment, "
        f"max_by(confidence, entry) AS confidence FROM {rows} GROUP BY {key}"
    )
    return write_changes(path, _table(duckdb_connection(), merged))[0]


def stored(folder: Path, entries: list[Entry], backend: ibis.BaseBackend | None = None) -> ir.Table:
    """Return every usage row of entries, with ``entry``, the number of the commit that brought it.

    Parameters
    ----------
    folder
        Folder of the store.
    entries
        Entries whose files are read.
    backend
        DuckDB connection to read on; a new one if ``None``.

    Returns
    -------
    Table
        Columns of ``Usage``, and ``entry``; superseded and withdrawing rows are among them.

    Raises
    ------
    StoreError
        If a file is missing or differs from its digest.
    """
    paths = checked(folder, entries, *_USAGE_FILES)
    if not paths:
        return ibis.memtable(to_arrow(empty(Usage))).mutate(entry=ibis.literal(0, "int64"))
    backend = backend or duckdb_connection()
    table = backend.read_parquet(
        [str(path) for path in paths], filename=True, union_by_name=True, hive_partitioning=False
    )
    number = table.filename.re_extract(_NUMBER, 1).cast("int64")
    written = table[ENTRY] if ENTRY in table.columns else ibis.null("int64")  # a compaction's rows keep theirs
    return table.mutate(entry=ibis.coalesce(written, number)).select(*Usage.columns, ENTRY)


def latest(table: ir.Table, day: datetime) -> ir.Table:
    """Return the usage known on a day: of each figure the last known, of two known on one day the last committed.

    Figures that were withdrawn are not among them.

    Parameters
    ----------
    table
        Rows with ``entry``, as :func:`stored` gives them.
    day
        Last day of knowledge, midnight UTC.

    Returns
    -------
    Table
        Frame ``Usage``, one row a figure.
    """
    known = table.filter(table.known_at <= ibis.literal(pd.Timestamp(day)))
    order = [known.known_at.desc(), known[ENTRY].desc()]
    ranked = known.mutate(rank=ibis.row_number().over(group_by=list(SAME), order_by=order))
    return ranked.filter((ranked["rank"] == 0) & (ranked["rows"] > 0)).select(*Usage.columns)


def merge(folder: Path, entries: list[Entry], path: Path) -> int:
    """Write every stored row of entries, with its ``entry``, to one file, and return their number.

    Parameters
    ----------
    folder
        Folder of the store.
    entries
        Entries whose rows are merged.
    path
        File to write.

    Returns
    -------
    int
        Number of rows.

    Raises
    ------
    StoreError
        If they are not as many as the log says.
    """
    stored(folder, entries).order_by([*Usage.key, ENTRY]).to_parquet(path, compression="zstd")
    sync(path)
    rows = int(pq.read_metadata(path).num_rows)
    logged = sum(count for each in entries for name, (_, count) in each.files.items() if name in _USAGE_FILES)
    if rows != logged:
        raise StoreError(f"{folder}: {rows} rows were read where the log has {logged}; nothing was changed")
    return rows


def withdrawn(before: ir.Table, fresh: ir.Table | None, known_at: datetime) -> ir.Table:
    """Return the figures of ``before`` that are not in ``fresh``, as rows that withdraw them from ``known_at`` on.

    Parameters
    ----------
    before
        Frame ``Usage``, one row a figure, as known until now.
    fresh
        Frame ``Usage`` of the new batch; ``None`` where it has none, and all are withdrawn.
    known_at
        First day of the withdrawal, midnight UTC.

    Returns
    -------
    Table
        Rows of ``before`` with a value and a count of rows of zero.
    """
    gone = before if fresh is None else before.anti_join(fresh, list(SAME))
    day = ibis.literal(pd.Timestamp(known_at))
    return gone.mutate(known_at=day, value=0.0, rows=0.0)


def selected(table: ir.Table, equal: Mapping[str, str | tuple[str, ...]]) -> ir.Table:
    """Return the rows of usage whose columns equal values.

    Parameters
    ----------
    table
        Frame ``Usage``.
    equal
        Value, or one of several, by column.

    Returns
    -------
    Table
        Some of the rows.

    Raises
    ------
    ValueError
        If a column is none of the frame's.
    """
    for name, value in equal.items():
        if name not in Usage.columns:
            raise InputError(f"usage has no column {name!r}; it has {list(Usage.columns)}")
        table = table.filter(table[name].isin(value if isinstance(value, tuple) else (value,)))
    return table
