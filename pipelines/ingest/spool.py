"""Spool a load: normalised rows on disk, the checks that need all of them, and the tables the engine reads.

Rows are written as they come, in bounded memory; DuckDB then finds what one chunk cannot see: the load's last moment,
rows that are there twice, gaps, clocks that jump, counters that restart, and what is unlabelled, by size.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from shiftcast.pipelines.engine.connection import silence
from shiftcast.pipelines.ingest import load_checks as checks
from shiftcast.pipelines.sources.normal import POINT_SCHEMA, SPAN_SCHEMA, Batch
from shiftcast.pipelines.sources.table import UnreadableFileError

MEMORY: Final = "1GB"
QUARANTINE_LIMIT: Final = 1_000_000
_BESIDE: Final = "identity, track, clue"
_QUARANTINE_SCHEMA: Final = pa.schema([("source", pa.string()), ("line", pa.int64()), ("column", pa.string()),
                           ("value", pa.string()), ("reason", pa.string())])  # fmt: skip


@dataclass
class Counts:
    """Rows that went into a spool.

    Attributes
    ----------
    rows
        Rows read.
    quarantined
        Rows quarantined of them.
    spans, points
        Normalised rows of each kind.
    unresolved
        Batches by name, for names that no table knows.
    """

    rows: int = 0
    quarantined: int = 0
    spans: int = 0
    points: int = 0
    unresolved: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Closed:
    """A finished spool.

    Attributes
    ----------
    spans, points
        Parquet files of the frames, or None where there are none.
    quarantine
        Rows quarantined while reading and by the checks: ``source, line, column, value, reason``.
    findings
        Findings of the checks, by name.
    """

    spans: Path | None
    points: Path | None
    quarantine: pd.DataFrame
    findings: dict[str, Any]


class Spool:
    """Parquet files in a folder that are filled batch by batch and closed once.

    Parameters
    ----------
    folder
        An empty folder; whoever made it removes it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.counts = folder, Counts()
        self._files = {"spans": SPAN_SCHEMA, "points": POINT_SCHEMA, "quarantined": _QUARANTINE_SCHEMA}
        self._writers = {
            name: pq.ParquetWriter(folder / f"raw_{name}.parquet", _plain(schema), compression="zstd")
            for name, schema in self._files.items()
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for writer in self._writers.values():
            writer.close()

    def add(self, batch: Batch) -> None:
        """Write a batch.

        Parameters
        ----------
        batch
            Normalised rows of one chunk, and those quarantined.

        Raises
        ------
        UnreadableFileError
            If most of the load is being set aside: then the source is the wrong one, not its rows.
        """
        self.counts.rows += batch.rows
        self.counts.quarantined += len(batch.quarantined)
        self.counts.spans += batch.spans.num_rows
        self.counts.points += batch.points.num_rows
        for name in batch.unresolved:
            self.counts.unresolved[name] = self.counts.unresolved.get(name, 0) + 1
        if self.counts.quarantined > QUARANTINE_LIMIT and self.counts.quarantined * 2 > self.counts.rows:
            first = batch.quarantined.iloc[0]
            raise UnreadableFileError(
                f"{first['source']}: line {first['line']}: {first['column']} {first['reason']}; with it "
                f"{self.counts.quarantined} of {self.counts.rows} rows would be set aside: check the source and columns"
            )
        quarantined = pa.Table.from_pandas(
            batch.quarantined.astype({"line": "int64"}), schema=_QUARANTINE_SCHEMA, preserve_index=False
        )
        for name, table in (("spans", batch.spans), ("points", batch.points), ("quarantined", quarantined)):
            if table.num_rows:
                self._writers[name].write_table(table.cast(_plain(self._files[name])))

    def close(self, until: pd.Timestamp | None) -> Closed:
        """Finish the files, run the checks over all rows, and write what the engine reads.

        Parameters
        ----------
        until
            Moment up to which what has no end is taken to run; the last moment the load shows if None.

        Returns
        -------
        Closed
            Files, quarantined rows and findings.
        """
        for writer in self._writers.values():
            writer.close()
        with duckdb.connect() as database:
            database.execute(f"SET memory_limit='{MEMORY}'; SET threads=2; SET TimeZone='UTC';")
            database.execute(f"SET temp_directory='{_quoted(self.folder)}'; SET preserve_insertion_order=false")
            silence(database.execute)
            for name in self._files:
                path = _quoted(self.folder / f"raw_{name}.parquet")
                database.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{path}')")
            return _closed(database, self.folder, self.counts, until)


def _plain(schema: pa.Schema) -> pa.Schema:
    """Return a schema with dictionaries as text: batches differ in theirs."""
    return pa.schema([(each.name, pa.string() if pa.types.is_dictionary(each.type) else each.type) for each in schema])


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _closed(database: duckdb.DuckDBPyConnection, folder: Path, counts: Counts, until: pd.Timestamp | None) -> Closed:
    """Run the checks, write both files without the rows they drop, and gather what was found."""
    last = until or checks.last_moment(database)
    dropped = checks.drop_rows(database, last)
    findings = {**checks.findings(database, last), "unresolved": dict(sorted(counts.unresolved.items()))}
    ends = f'REPLACE (coalesce("end", {checks.stamp(last)}) AS "end")'
    spans = _write(database, folder, "spans", f"SELECT * EXCLUDE ({_BESIDE}) {ends}")
    points = _write(database, folder, "points", f"SELECT * EXCLUDE ({_BESIDE})")
    read = database.execute("SELECT * FROM quarantined").df()
    counts.quarantined += len(dropped)
    quarantine = pd.concat([read, dropped], ignore_index=True) if len(dropped) else read
    return Closed(spans, points, quarantine, findings)


def _write(database: duckdb.DuckDBPyConnection, folder: Path, name: str, select: str) -> Path | None:
    path = folder / f"{name}.parquet"
    database.execute(
        f"COPY ({select} FROM {name} ANTI JOIN dropped USING (source, line)) TO '{_quoted(path)}' "
        "(FORMAT parquet, COMPRESSION zstd)"
    )
    return path if pq.read_metadata(path).num_rows else None
