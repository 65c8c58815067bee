"""Write the Parquet files of a batch in key order, checked against the frame, and compare files with their digests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb
import ibis.expr.types as ir
import pandas as pd
import pyarrow.parquet as pq

from shiftcast.features.frames import Changes, DataFrame, FrameModel, Quarantine, Usage, check, conform, empty
from shiftcast.features.input_error import InputError
from shiftcast.pipelines.engine.arrow import arrow_schema, to_arrow
from shiftcast.pipelines.engine.stream import stream
from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.store.durable import sha256, sync
from shiftcast.pipelines.store.log import Entry

USAGE_FILE, QUARANTINE_FILE, WITHDRAWN_FILE = "usage.parquet", "quarantine.parquet", "withdrawn.parquet"
CHANGES_FILE = "changes.parquet"
_ROWS_AT_ONCE: Final = 250_000


def write_usage(path: Path, usage: ir.Table | pd.DataFrame, known_at: datetime | None) -> tuple[int, tuple[str, ...]]:
    """Write usage in key order, checked part by part.

    Parameters
    ----------
    path
        File to write.
    usage
        Usage frame, or an Ibis table of it; ``known_at`` may be absent where it is given.
    known_at
        First day the world could know the rows, midnight UTC; ``None`` keeps the column of ``usage``.

    Returns
    -------
    tuple
        Number of rows, and their sources, sorted.

    Raises
    ------
    ValueError
        If rows break the frame's contract or a key is there twice.
    StoreError
        If the usage cannot be computed.
    """
    return _write(path, usage, Usage, {} if known_at is None else {"known_at": pd.Timestamp(known_at)})


def write_changes(path: Path, changes: ir.Table) -> tuple[int, tuple[str, ...]]:
    """Write changes of usage in key order, checked part by part.

    Parameters
    ----------
    path
        File to write.
    changes
        Ibis table of the frame ``Changes``.

    Returns
    -------
    tuple
        Number of rows, and their sources, sorted.

    Raises
    ------
    ValueError
        If rows break the frame's contract or a key is there twice.
    StoreError
        If the changes cannot be computed.
    """
    return _write(path, changes, Changes, {})


def _write(
    path: Path, rows: ir.Table | pd.DataFrame, frame: type[FrameModel], given: Mapping[str, pd.Timestamp]
) -> tuple[int, tuple[str, ...]]:
    count, sources, last = 0, set(), None
    with pq.ParquetWriter(path, arrow_schema(frame), compression="zstd") as writer:
        for part in _parts(rows, frame, given):
            check(part, frame)
            first = tuple(part[list(frame.key)].iloc[0])
            if first == last:
                raise InputError(f"{frame.title}: the key {first} is there twice; add its rows up first")
            last = tuple(part[list(frame.key)].iloc[-1])
            writer.write_table(to_arrow(part).cast(arrow_schema(frame)))
            count += len(part)
            sources.update(part["source"].unique())
    sync(path)
    return count, tuple(sorted(sources))


def _parts(
    rows: ir.Table | pd.DataFrame, frame: type[FrameModel], given: Mapping[str, pd.Timestamp]
) -> Iterator[pd.DataFrame]:
    if isinstance(rows, pd.DataFrame):
        whole = conform(rows.assign(**given), frame)
        yield from (whole.iloc[at : at + _ROWS_AT_ONCE] for at in range(0, len(whole), _ROWS_AT_ONCE))
        return
    order = [name for name in frame.key if name in rows.columns]
    try:
        for batch in stream(rows.order_by(order), rows_at_once=_ROWS_AT_ONCE):
            if batch.num_rows:
                yield conform(batch.to_pandas().assign(**given), frame)
    except duckdb.Error as error:
        raise StoreError(
            f"the usage cannot be computed ({str(error).splitlines()[0]}); mend its source and load again"
        ) from None


def write_quarantine(path: Path, rows: DataFrame[Quarantine]) -> int:
    """Write quarantined rows, and return their number.

    Parameters
    ----------
    path
        File to write.
    rows
        Frame ``Quarantine``.

    Returns
    -------
    int
        Number of rows.

    Raises
    ------
    ValueError
        If rows break the frame's contract.
    """
    whole = check(conform(rows, Quarantine), Quarantine)
    pq.write_table(to_arrow(whole).cast(arrow_schema(Quarantine)), path)
    sync(path)
    return len(whole)


def read_quarantine(paths: list[Path]) -> DataFrame[Quarantine]:
    """Return the quarantined rows of files.

    Parameters
    ----------
    paths
        Files of quarantined rows, checked.

    Returns
    -------
    DataFrame
        Frame ``Quarantine``.
    """
    return conform(pd.concat([empty(Quarantine), *map(pd.read_parquet, paths)]), Quarantine)


def checked(folder: Path, entries: list[Entry], *names: str) -> list[Path]:
    """Return the files of entries under the names given, after comparing each with its digest.

    Parameters
    ----------
    folder
        Folder of the store.
    entries
        Entries of its log.
    *names
        File names, such as ``usage.parquet``; an entry may lack some.

    Returns
    -------
    list of Path
        Paths in the order of the entries.

    Raises
    ------
    StoreError
        Naming the file that is missing or differs.
    """
    paths = []
    for entry in entries:
        for name in names:
            if name in entry.files:
                path = folder / entry.folder / name
                what = fault(path, entry.files[name][0])
                if what:
                    raise StoreError(
                        f"{path}: {what}; restore it from a copy, `shiftcast store verify` lists all damage"
                    )
                paths.append(path)
    return paths


def fault(path: Path, digest: str) -> str:
    """Return the fault of a file, if it has one.

    Parameters
    ----------
    path
        File to compare.
    digest
        SHA-256 that it should have.

    Returns
    -------
    str
        The fault in words; empty for none.
    """
    try:
        return "" if sha256(path) == digest else "differs from its digest in the log"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
