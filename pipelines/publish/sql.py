"""Open stored usage and the champion's tables in SQL, to be read and nothing else: no file, extension or setting."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import duckdb
import pandas as pd
import pyarrow as pa

from shiftcast.features.frames import Usage
from shiftcast.features.input_error import InputError
from shiftcast.pipelines.engine.arrow import arrow_schema
from shiftcast.pipelines.engine.connection import silence
from shiftcast.pipelines.engine.stream import stream
from shiftcast.pipelines.registry.bundle import KNOWN, Bundle
from shiftcast.pipelines.registry.champion import open_bundle
from shiftcast.pipelines.state.root import StoreError, default_root
from shiftcast.pipelines.store import Entry, Store
from shiftcast.pipelines.store.settled import settled_parts
from shiftcast.pipelines.tables.plain import as_table

STORED: Final[Mapping[str, str]] = {
    "usage": "stored usage as known on the day, a row a figure",
    "quarantine": "rows of exports that were set aside, with the reason",
    "loads": "commits of the store: what was loaded, when, how many rows",
}
FORECAST: Final[Mapping[str, str]] = {
    "forecasts": "the champion's forecasts and past: quantiles by measure, workload, technique, segment and leaf",
    "claims": "public claims, and what the forecast makes of them",
    "scores": "backtest scores of the champion and of naive forecasts",
    "record_quarantine": "rows of the public record that were set aside, with the reason",
    "observations": "figures of the public record that the forecast was drawn from",
}
ROWS: Final = "rows the champion was drawn from"
_LOCKS: Final = (
    "temp_directory = ''", "autoinstall_known_extensions = false", "autoload_known_extensions = false",
    "enable_external_access = false", "lock_configuration = true",
)  # fmt: skip
Rows = Callable[[], "pd.DataFrame | pa.Table | pa.RecordBatchReader"]


def open_sql(
    root: Path | str | None = None, *, as_of: pd.Timestamp | None = None, usage_root: Path | None = None,
    statement: str | None = None, more: Mapping[str, Rows] | None = None,
) -> duckdb.DuckDBPyConnection:  # fmt: skip
    """Return a DuckDB in memory with the tables of a store, from which no file, extension or setting can be reached.

    Parameters
    ----------
    root
        Folder of the store with the champion; ``mlruns`` here if not given.
    as_of
        Day that usage was known on, midnight UTC; today if not given.
    usage_root
        Folder of the state whose usage is read, as that of a fleet; ``root`` if not given.
    statement
        Only tables that it names are read; all there are if not given.
    more
        Further tables by name, each as what reads it.

    Returns
    -------
    DuckDBPyConnection
        It holds copies: nothing that is done with it changes the store.

    Raises
    ------
    StoreError
        If the statement names a table of a store that is not there or is damaged.

    Examples
    --------
    >>> open_sql(statement="select 1").execute("select 6 * 7").fetchone()
    (42,)
    """
    tables = sql_tables(Path(root) if root else default_root(), as_of=as_of, usage_root=usage_root) | dict(more or {})
    asked = set(tables) if statement is None else set(re.findall(r"\w+", statement.lower()))
    database = duckdb.connect(config={"python_enable_replacements": False})
    silence(database.execute)
    database.execute("SET TimeZone = 'UTC'")
    for name in tables:
        if name in asked:
            _fill(database, name, tables[name], needed=statement is not None)
    for lock in _LOCKS:
        database.execute(f"SET {lock}")
    return database


def sql_tables(root: Path, *, as_of: pd.Timestamp | None = None, usage_root: Path | None = None) -> dict[str, Rows]:
    """Return the tables by name, each as what reads it; :data:`STORED` and :data:`FORECAST` say what they hold.

    Parameters
    ----------
    root, as_of, usage_root
        As :func:`open_sql` takes them.

    Returns
    -------
    dict
        They raise :class:`StoreError` where there is no store, or no champion.
    """
    store = Store(usage_root or root)
    day = pd.Timestamp(datetime.now(tz=UTC)) if as_of is None else as_of
    stored: dict[str, Rows] = {
        "usage": partial(_usage, store, day), "quarantine": store.quarantine, "loads": partial(_loads, store),
    }  # fmt: skip
    return stored | _published(root)


def read_only(database: duckdb.DuckDBPyConnection, statement: str) -> duckdb.DuckDBPyRelation:
    """Return what one SELECT gives, not computed yet.

    Parameters
    ----------
    database
        As :func:`open_sql` gives it.
    statement
        One SELECT.

    Returns
    -------
    DuckDBPyRelation
        Its rows.

    Raises
    ------
    ValueError
        If it is no SQL, more than one statement, or another than SELECT.
    """
    try:
        found = database.extract_statements(statement)
        if [each.type for each in found] != [duckdb.StatementType.SELECT]:
            kinds = ", ".join(each.type.name for each in found) or "nothing"
            raise InputError(f"give one SELECT; this is {kinds}, and nothing else is read here")
        return database.sql(found[0].query)
    except duckdb.Error as error:
        raise InputError(f"{_first(error)}; `shiftcast sql` without text lists tables and columns") from None


def parts(found: duckdb.DuckDBPyRelation, *, rows_at_once: int = 100_000) -> Iterator[pd.DataFrame]:
    """Yield the rows of a SELECT, part by part; the first may have no rows.

    Parameters
    ----------
    found
        As :func:`read_only` gives it.
    rows_at_once
        Most rows of a part.

    Yields
    ------
    DataFrame
        Exact decimals as doubles, and lists and records as text.

    Raises
    ------
    ValueError
        If it cannot be computed, as where it would read a file.
    """
    try:
        with found.to_arrow_reader(rows_at_once) as batches:
            yield _plain(batches.schema.empty_table())
            for batch in batches:
                yield _plain(pa.Table.from_batches([batch]))
    except duckdb.Error as error:
        raise InputError(_first(error)) from None


@contextmanager
def limited(database: duckdb.DuckDBPyConnection, seconds: float | None) -> Iterator[None]:
    """Stop what a database computes after a time.

    Parameters
    ----------
    database
        As :func:`open_sql` gives it.
    seconds
        Longest time within the block [s]; without end if not given.

    Raises
    ------
    ValueError
        If the time was over.
    """
    if seconds is None:
        yield
        return
    over = threading.Event()

    def stop() -> None:
        over.set()
        database.interrupt()

    timer = threading.Timer(seconds, stop)
    timer.start()
    try:
        yield
    except InputError:
        if over.is_set():
            raise InputError(
                f"not done after {seconds:g} seconds and stopped; select fewer rows, or give more --seconds"
            ) from None
        raise
    finally:
        timer.cancel()


def _fill(database: duckdb.DuckDBPyConnection, name: str, read: Rows, *, needed: bool) -> None:
    try:
        rows = read()
    except StoreError:
        if needed:
            raise
        return
    database.register("arriving", as_table(rows, text=False) if isinstance(rows, pd.DataFrame) else rows)
    database.execute(f'CREATE TABLE "{name}" AS SELECT * FROM arriving')
    database.unregister("arriving")


def _usage(store: Store, day: pd.Timestamp) -> pa.RecordBatchReader:
    schema = arrow_schema(Usage)
    batches = (
        batch
        for rows in settled_parts(store, lambda: stream(store.table(day)))
        for batch in pa.Table.from_batches([rows]).select(schema.names).cast(schema).to_batches()
    )
    return pa.RecordBatchReader.from_batches(schema, batches)


def _loads(store: Store) -> pd.DataFrame:
    names = ("commit", "kind", "recorded_at", "known_at", "rows", "set_aside", "sources", "digest")
    return pd.DataFrame([_load(entry) for entry in store.entries()], columns=list(names))


def _load(entry: Entry) -> tuple[Any, ...]:
    rows = sum(count for name, (_, count) in entry.files.items() if name != "quarantine.parquet")
    aside = entry.files.get("quarantine.parquet", ("", 0))[1]
    return (entry.number, entry.kind, pd.Timestamp(entry.recorded_at), pd.Timestamp(entry.known_at, tz="UTC"), rows,
            aside, ", ".join(entry.sources), entry.digest)  # fmt: skip


def _published(root: Path) -> dict[str, Rows]:
    """Return what reads each table of the champion, which is opened once, when the first is asked for."""
    opened = cache(partial(open_bundle, root=root))
    names = ("forecasts", "scores", "record_quarantine", *KNOWN, "registry", "capacity_assumptions")
    return {name: partial(_of_champion, opened, name) for name in names}


def _of_champion(opened: Callable[[], Bundle], name: str) -> pd.DataFrame:
    bundle = opened()
    if name == "claims":
        return pd.DataFrame(bundle.forecaster.claims())
    kept = "quarantine" if name == "record_quarantine" else name
    if kept not in bundle.tables:
        raise StoreError(f"the champion keeps no table {kept!r}; make one that does with `shiftcast run`")
    return bundle.tables[kept]


def _plain(rows: pa.Table) -> pd.DataFrame:
    """Return rows as a frame that every kind of file takes."""
    for place, field in enumerate(rows.schema):
        if pa.types.is_decimal(field.type):
            rows = rows.set_column(place, field.name, rows.column(place).cast(pa.float64()))
        elif pa.types.is_nested(field.type) or pa.types.is_binary(field.type):
            cells = [None if cell is None else str(cell) for cell in rows.column(place).to_pylist()]
            rows = rows.set_column(place, field.name, pa.array(cells, pa.string()))
    return rows.to_pandas()


def _first(error: duckdb.Error) -> str:
    return " ".join(str(error).split("\n\n")[0].split())
