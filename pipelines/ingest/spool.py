"""Spool a load: parts of rows on disk, the checks that need all of them, and the parts that stand.

Rows are written as they come, in bounded memory; DuckDB then finds what one chunk cannot see: the load's last moment,
items that are told of twice, gaps, clocks that jump, counters that restart, and what is unlabelled, by size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from shiftcast.pipelines.engine.connection import one
from shiftcast.pipelines.ingest import load_checks as checks
from shiftcast.pipelines.ingest.same import (
    alike_elsewhere,
    drop_views,
    refuse_other_lengths,
    view_filled,
    write_standing,
)
from shiftcast.pipelines.sources.normal import PART_SCHEMA, Batch
from shiftcast.pipelines.sources.table import UnreadableFileError
from shiftcast.pipelines.store.items import quoted, scratch_database

QUARANTINE_LIMIT: Final = 1_000_000
QUARANTINE_SCHEMA: Final = pa.schema([("source", pa.string()), ("line", pa.int64()), ("column", pa.string()),
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
    unresolved
        Batches by name, for names that no table knows.
    fitted
        Rows that each labelling rule fits, shape (rules,).
    """

    rows: int = 0
    quarantined: int = 0
    unresolved: dict[str, int] = field(default_factory=dict)
    fitted: NDArray[np.int64] | int = 0

    def add(self, batch: Batch) -> None:
        """Count the rows of a batch.

        Parameters
        ----------
        batch
            Normalised rows of one chunk, and those quarantined.
        """
        self.rows += batch.rows
        self.quarantined += len(batch.quarantined)
        self.fitted = self.fitted + batch.fitted
        for name in batch.unresolved:
            self.unresolved[name] = self.unresolved.get(name, 0) + 1


@dataclass(frozen=True)
class Closed:
    """A finished spool.

    Attributes
    ----------
    parts
        Parquet file of the parts that stand, or None where there are none: one view an item.
    quarantine
        Rows quarantined while reading and by the checks: ``source, line, column, value, reason``.
    findings
        Findings of the checks, by name.
    """

    parts: Path | None
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
        self._files = {"parts": PART_SCHEMA, "quarantined": QUARANTINE_SCHEMA}
        self._writers = {
            name: pq.ParquetWriter(folder / f"raw_{name}.parquet", plain(schema), compression="zstd")
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
        self.counts.add(batch)
        if self.counts.quarantined > QUARANTINE_LIMIT and self.counts.quarantined * 2 > self.counts.rows:
            first = batch.quarantined.iloc[0]
            raise UnreadableFileError(
                f"{first['source']}: line {first['line']}: {first['column']} {first['reason']}; with it "
                f"{self.counts.quarantined} of {self.counts.rows} rows would be set aside: check the source and columns"
            )
        quarantined = pa.Table.from_pandas(
            batch.quarantined.astype({"line": "int64"}), schema=QUARANTINE_SCHEMA, preserve_index=False
        )
        for name, table in (("parts", batch.parts), ("quarantined", quarantined)):
            if table.num_rows:
                self._writers[name].write_table(table.cast(plain(self._files[name])))

    def close(self, until: pd.Timestamp | None, same_bytes: Sequence[str] = ()) -> Closed:
        """Finish the files, run the checks over all rows, and write what the engine reads.

        Parameters
        ----------
        until
            Moment up to which what has no end is taken to run; the last moment the load shows if None.
        same_bytes
            Files whose bytes another file of the load has; their rows count once.

        Returns
        -------
        Closed
            Files, quarantined rows and findings.
        """
        for writer in self._writers.values():
            writer.close()
        views = {name: f"SELECT * FROM read_parquet({quoted([self.folder / f'raw_{name}.parquet'])})"
                 for name in self._files}  # fmt: skip
        return _finished(self.folder, views, self.counts, until, same_bytes)


@dataclass(frozen=True)
class Collected:
    """Parts that workers left, copied into a folder: a spool that is filled already.

    Attributes
    ----------
    folder
        Folder with a folder of Parquet files for ``parts`` and ``quarantined``; identities are signed in them.
    counts
        Rows that went into them.
    """

    folder: Path
    counts: Counts

    def close(self, until: pd.Timestamp | None, same_bytes: Sequence[str] = ()) -> Closed:
        """Run the checks over all rows, and write what the engine reads.

        Parameters
        ----------
        until, same_bytes
            As :meth:`Spool.close` takes them.

        Returns
        -------
        Closed
            Files, quarantined rows and findings.

        Raises
        ------
        UnreadableFileError
            If most of the load is being set aside: then the source is the wrong one, not its rows.
        """
        if self.counts.quarantined > QUARANTINE_LIMIT and self.counts.quarantined * 2 > self.counts.rows:
            raise UnreadableFileError(
                f"{self.counts.quarantined} of {self.counts.rows} rows would be set aside: check the source and columns"
            )
        unsigned = [each.name for each in PART_SCHEMA if each.type == pa.uint64()]
        bits = ", ".join(f"({name}::HUGEINT & 18446744073709551615)::UBIGINT AS {name}" for name in unsigned)
        files = {name: quoted(sorted((self.folder / name).glob("*.parquet"))) for name in ("parts", "quarantined")}
        views = {"parts": f"SELECT * REPLACE ({bits}) FROM read_parquet({files['parts']})",
                 "quarantined": f"SELECT * FROM read_parquet({files['quarantined']})"}  # fmt: skip
        return _finished(self.folder, views, self.counts, until, same_bytes)


def plain(schema: pa.Schema) -> pa.Schema:
    """Return a schema with dictionaries as text: batches differ in theirs.

    Parameters
    ----------
    schema
        Columns of any types.

    Returns
    -------
    Schema
        The same columns.
    """
    kinds = [(each.name, pa.string() if pa.types.is_dictionary(each.type) else each.type) for each in schema]
    return pa.schema(kinds)


def _finished(
    folder: Path, views: Mapping[str, str], counts: Counts, until: pd.Timestamp | None, same_bytes: Sequence[str]
) -> Closed:
    with scratch_database(folder) as database:
        for name, query in views.items():
            database.execute(f"CREATE VIEW {name} AS {query}")
        return _closed(database, folder, counts, until, same_bytes)


def _closed(
    database: duckdb.DuckDBPyConnection, folder: Path, counts: Counts, until: pd.Timestamp | None, same: Sequence[str]
) -> Closed:
    """Run the checks, write the parts without the rows they drop, and gather what was found."""
    last = until or checks.last_moment(database)
    view_filled(database, checks.stamp(last))
    refuse_other_lengths(database)
    drop_views(database, same)
    checks.drop_late(database, last)
    repeated = one(database, "SELECT count(*) FROM dropped WHERE reason = ''")
    findings = {"repeated": repeated, "alike": alike_elsewhere(database), **checks.findings(database, last),
                "unresolved": dict(sorted(counts.unresolved.items()))}  # fmt: skip
    path = folder / "parts.parquet"
    write_standing(database, path)
    faults = database.execute(
        "SELECT file AS source, line, \"column\", value, reason FROM dropped WHERE reason <> '' ORDER BY file, line"
    ).df()
    counts.quarantined += len(faults)
    read = database.execute("SELECT * FROM quarantined").df()
    quarantine = pd.concat([read, faults], ignore_index=True) if len(faults) else read
    return Closed(path if pq.read_metadata(path).num_rows else None, quarantine, findings)
