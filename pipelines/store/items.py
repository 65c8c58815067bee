"""Keep the parts of every item by the month it was born in, and find earlier views of the items of a load.

A view is what one row of an export says of an item: a job, request, charge or reading. Its parts, the first marked
``lead``, lie in a file ``items-2026-03.parquet`` of the commit that brought it. An item is told by source, identity and
attempt; a later load reads only the files of the months its own items were born in.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from shutil import copyfile
from typing import Final

import duckdb
import pyarrow.parquet as pq

from shiftcast.features.frames import DIMENSIONS
from shiftcast.pipelines.engine.connection import one, silence
from shiftcast.pipelines.store.files import checked
from shiftcast.pipelines.store.log import Entry

MEMORY: Final = "600MB"
ITEM: Final = "source, id, attempt"
_SAID: Final = f'({", ".join(DIMENSIONS)}, measure, unit, status, how, start, "end", amount, series)'
CONTENT: Final = f"sum(hash({_SAID})::HUGEINT)"  # of all parts of a view, in any order
_PREFIX: Final = "items-"
_MONTH: Final = "coalesce(strftime(born, '%Y-%m'), 'none')"
_BEGIN: Final = "date_trunc('month', born)"
_ENTRY: Final = r"batches/(\d{8})-"


def lengths_of(parts: str, place: str) -> str:
    """Return the query of the lengths of charges, by what an export tells in whole and where they are from.

    Parameters
    ----------
    parts
        Table of parts.
    place
        Column that tells where parts are from.

    Returns
    -------
    str
        ``source, scope, place, lengths``, the last a list of whole hours.
    """
    hours = '(epoch_us("end") - epoch_us(start)) // 3600000000'
    return (
        f"SELECT source, scope, {place} AS place, list(DISTINCT {hours}) AS lengths FROM {parts} WHERE scope <> 0 AND "
        "how = 'span' AND amount > 0 GROUP BY ALL"
    )


def scratch_database(folder: Path) -> duckdb.DuckDBPyConnection:
    """Return a connection in bounded memory that spills to a folder.

    Parameters
    ----------
    folder
        Folder for what does not fit.

    Returns
    -------
    DuckDBPyConnection
        An empty database; close it.
    """
    database = duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": str(folder), "threads": 2})
    database.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = false")
    silence(database.execute)
    return database


def quoted(paths: Iterable[Path]) -> str:
    """Return paths as an SQL list.

    Parameters
    ----------
    paths
        Files.

    Returns
    -------
    str
        Such as ``['a.parquet', 'b.parquet']``.
    """
    return "[" + ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths) + "]"


def months_of(database: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """Return the months that the items of a table were born in.

    Parameters
    ----------
    database
        Connection that holds the table.
    table
        Name of a table of parts.

    Returns
    -------
    list of str
        Such as ``2026-03``, sorted; ``none`` for items without a moment.
    """
    month = "strftime({}(born), '%Y-%m')"
    ends = f"SELECT {month.format('min')}, {month.format('max')}, count(born) = count(*) FROM {table}"
    first, last, whole = database.execute(ends).fetchall()[0]
    if first == last and whole:
        return [] if first is None else [str(first)]
    found = database.execute(
        f"SELECT {_MONTH} FROM (SELECT DISTINCT {_BEGIN} AS born FROM {table}) ORDER BY ALL"
    ).fetchall()
    return [str(month) for (month,) in found]


def item_files(folder: Path, entries: list[Entry], months: Iterable[str] | None) -> list[Path]:
    """Return the files of items born in some months, each compared with its digest.

    Parameters
    ----------
    folder
        Folder of the store.
    entries
        Visible entries of its log.
    months
        Months wanted; all if ``None``.

    Returns
    -------
    list of Path
        Files in the order of the entries.

    Raises
    ------
    StoreError
        If a file is missing or altered.
    """
    wanted = None if months is None else {f"{_PREFIX}{month}.parquet" for month in months}
    names = {name for each in entries for name in each.files if name.startswith(_PREFIX)}
    return checked(folder, entries, *sorted(names if wanted is None else names & wanted))


def months_in(entry: Entry) -> list[str]:
    """Return the months that the items of a commit were born in, by the names of its files.

    Parameters
    ----------
    entry
        Entry of a log, replaced by a compaction or not.

    Returns
    -------
    list of str
        Such as ``2026-03``.
    """
    return [name.removeprefix(_PREFIX).removesuffix(".parquet") for name in entry.files if name.startswith(_PREFIX)]


def view_stored(database: duckdb.DuckDBPyConnection, entries: list[Entry], paths: list[Path]) -> None:
    """Make the views of stored parts: ``stored`` as they lie there, ``held`` with the commit and day that each is of.

    Parameters
    ----------
    database
        Connection to make it on.
    entries
        Visible entries of the log; the rows of a compaction say themselves of what commit and day they are.
    paths
        Files of items, one at least.
    """
    days = ", ".join(f"({each.number}, TIMESTAMPTZ '{each.day.isoformat()}')" for each in entries)
    columns = database.execute(f"DESCRIBE SELECT * FROM read_parquet({quoted(paths)}, union_by_name=true)").fetchall()
    own = {"entry", "known_at"} <= {name for name, *_ in columns}
    said = {name: f"coalesce(p.{name}, c.{name})" if own else f"c.{name}" for name in ("entry", "known_at")}
    database.execute(
        f"CREATE VIEW stored AS SELECT * FROM read_parquet({quoted(paths)}, union_by_name=true);"
        f"CREATE TABLE commits AS SELECT * FROM (VALUES {days}) AS c(entry, known_at);"
        f"CREATE VIEW held AS SELECT p.* EXCLUDE (filename{', entry, known_at' if own else ''}), "
        f"{said['known_at']} AS known_at, {said['entry']} AS entry FROM read_parquet({quoted(paths)}, filename=true, "
        f"union_by_name=true, hive_partitioning=false) p JOIN commits c ON c.entry = "
        f"regexp_extract(p.filename, '{_ENTRY}', 1)::BIGINT"
    )


def write_months(
    database: duckdb.DuckDBPyConnection, query: str, folder: Path, whole: Path | None = None
) -> dict[str, int]:
    """Write parts by the month their items were born in.

    Parameters
    ----------
    database
        Connection that holds what the query reads.
    query
        Query of parts.
    folder
        Folder of a new batch.
    whole
        File that holds all the query gives, and is copied where all are of one month.

    Returns
    -------
    dict
        Rows by name of file.
    """
    counts = {}
    months = months_of(database, f"({query})")
    if whole is not None and len(months) == 1:
        copyfile(whole, folder / f"{_PREFIX}{months[0]}.parquet")
        return {f"{_PREFIX}{months[0]}.parquet": pq.read_metadata(whole).num_rows}
    for month in months:
        name = f"{_PREFIX}{month}.parquet"
        of_month = "" if len(months) == 1 else f" WHERE {_MONTH} = '{month}'"
        path = quoted([folder / name])[1:-1]
        done = database.execute(
            f"COPY (SELECT * FROM ({query}){of_month}) TO {path} (FORMAT parquet, COMPRESSION zstd)"
        ).fetchone()
        counts[name] = 0 if done is None else int(done[0])
    return counts


def merge_items(folder: Path, entries: list[Entry], fresh: Path) -> dict[str, int]:
    """Write the items of entries, superseded views too, to one file a month they were born in.

    Parameters
    ----------
    folder
        Folder of the store.
    entries
        Entries whose items are merged.
    fresh
        Folder of the new batch.

    Returns
    -------
    dict
        Rows by name of file.
    """
    counts = {}
    for name in sorted({name for each in entries for name in each.files if name.startswith(_PREFIX)}):
        with scratch_database(fresh) as database:
            view_stored(database, entries, checked(folder, entries, name))
            database.execute(f"COPY held TO {quoted([fresh / name])[1:-1]} (FORMAT parquet, COMPRESSION zstd)")
            counts[name] = int(one(database, "SELECT count(*) FROM held"))
    return counts
