"""Withdraw appended figures that are no longer said, and write many batches as one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import ibis
import pandas as pd

from shiftcast.pipelines.engine.connection import duckdb_connection
from shiftcast.pipelines.engine.stream import collect
from shiftcast.pipelines.store import log, reading
from shiftcast.pipelines.store.durable import sha256
from shiftcast.pipelines.store.files import (
    CHANGES_FILE,
    QUARANTINE_FILE,
    USAGE_FILE,
    WITHDRAWN_FILE,
    checked,
    read_quarantine,
    write_quarantine,
    write_usage,
)
from shiftcast.pipelines.store.items import merge_items


def withdraw_missing(
    folder: Path, entries: list[log.Entry], sources: tuple[str, ...], day: pd.Timestamp, fresh: Path
) -> int:
    """Write the withdrawal of what sources said before and a new batch does not.

    Parameters
    ----------
    folder
        Folder of the store.
    entries
        All entries of its log.
    sources
        Sources of the new batch.
    day
        Day from which they are withdrawn, midnight UTC.
    fresh
        Folder of the batch, with its usage.

    Returns
    -------
    int
        Number of figures withdrawn.
    """
    backend = duckdb_connection()
    stored = reading.stored(folder, log.visible(entries), backend)
    before = reading.latest(stored.filter(stored.source.isin(sources)), day)
    batch = backend.read_parquet(str(fresh / USAGE_FILE))
    return write_usage(fresh / WITHDRAWN_FILE, reading.withdrawn(before, batch, day), None)[0]


def withdraw_former(
    folder: Path, entries: list[log.Entry], names: set[str], day: pd.Timestamp, fresh: Path
) -> tuple[list[str], dict[str, int]]:
    """Write the withdrawal of figures appended under the names of files that are now loaded as items.

    Parameters
    ----------
    folder
        Folder of the store.
    entries
        All entries of its log.
    names
        Names of files and sources of the load.
    day
        Day from which they are withdrawn, midnight UTC.
    fresh
        Folder of the batch.

    Returns
    -------
    tuple
        Sources withdrawn, and the rows by name of the file written, if any.
    """
    appended = [each for each in log.visible(entries) if USAGE_FILE in each.files]
    sources = sorted({source for each in appended for source in each.sources} & names)
    if not sources:
        return [], {}
    stored = reading.stored(folder, appended, duckdb_connection())
    before = reading.latest(stored.filter(stored.source.isin(sources)), day)
    return sources, {WITHDRAWN_FILE: write_usage(fresh / WITHDRAWN_FILE, reading.withdrawn(before, None, day), None)[0]}


def former_beside(folder: Path, entries: list[log.Entry], parts: Path, gone: list[str]) -> list[str]:
    """Return the sources whose appended figures stand in a period and measure of a load, and are not withdrawn by it.

    A former version stored the rows of files so: if the load has the same work in it, it counts twice.

    Parameters
    ----------
    folder
        Folder of the store.
    entries
        All entries of its log.
    parts
        Parquet file of the load's parts.
    gone
        Sources that it withdraws.

    Returns
    -------
    list of str
        Names, sorted.
    """
    appended = [each for each in log.visible(entries) if USAGE_FILE in each.files and each.files[USAGE_FILE][1]]
    if not appended:
        return []
    backend = duckdb_connection()
    stored = reading.stored(folder, appended, backend)
    load = backend.read_parquet(str(parts))
    spans = load.group_by("measure").agg(low=load.start.min(), high=ibis.coalesce(load.end, load.start).max())
    beside = stored.join(spans, "measure").filter(lambda rows: rows.period_start.between(rows.low, rows.high))
    return sorted(set(collect(beside[["source"]].distinct())["source"]) - set(gone))


def write_compacted(folder: Path, parts: list[log.Entry], fresh: Path) -> tuple[dict[str, int], log.Entry]:
    """Write the rows of batches, superseded ones too, into a new one.

    Parameters
    ----------
    folder
        Folder of the store.
    parts
        Entries whose batches are merged.
    fresh
        Folder of the new batch.

    Returns
    -------
    tuple
        Rows by name of file, and the draft of its entry.
    """
    counts = {USAGE_FILE: reading.merge(folder, parts, fresh / USAGE_FILE)}
    quarantine = read_quarantine(checked(folder, parts, QUARANTINE_FILE))
    counts[QUARANTINE_FILE] = write_quarantine(fresh / QUARANTINE_FILE, quarantine)
    if any(CHANGES_FILE in each.files for each in parts):
        counts[CHANGES_FILE] = reading.merge_changes(folder, parts, fresh / CHANGES_FILE)
        counts |= merge_items(folder, parts, fresh)
    sources = tuple(sorted({source for each in parts for source in each.sources}))
    digest = sha256(fresh / (CHANGES_FILE if CHANGES_FILE in counts else USAGE_FILE))
    draft = log.draft(log.COMPACT, min(each.known_at for each in parts), digest, sources)
    return counts, replace(draft, replaces=tuple(each.number for each in parts))
