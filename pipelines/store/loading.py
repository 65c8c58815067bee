"""Load items: the batch of a load with what it changes of each figure, reckoned beside what is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import duckdb

from shiftcast.features.frames import DataFrame, Quarantine
from shiftcast.features.input_error import InputError
from shiftcast.pipelines.engine.items import Group, changes_of
from shiftcast.pipelines.store import log
from shiftcast.pipelines.store.arrivals import Arrival, merge
from shiftcast.pipelines.store.counters import NEAR, has_counters, write_counters
from shiftcast.pipelines.store.durable import disk_full_told, sync
from shiftcast.pipelines.store.files import CHANGES_FILE, QUARANTINE_FILE, checked, write_changes, write_quarantine
from shiftcast.pipelines.store.formats import check_format
from shiftcast.pipelines.store.items import item_files, months_in, months_of, quoted, scratch_database
from shiftcast.pipelines.store.log import Entry, visible
from shiftcast.pipelines.store.rewriting import former_beside, withdraw_former
from shiftcast.pipelines.store.settled import UNREAD
from shiftcast.pipelines.store.staging import mark_left, staged
from shiftcast.pipelines.store.store import Appended, Store

_TRIES: Final = (False, False, True)  # of a load that others overtake, and whether it holds the lock as it writes
_SHIFTED: Final = f"(SELECT unnest([start - {NEAR}, start + {NEAR}]) AS born FROM fresh WHERE how = 'counter')"


@dataclass(frozen=True)
class Reckoning:
    """How parts become figures.

    Attributes
    ----------
    grain
        Length of the periods figures are stored in.
    engine, master
        As in :func:`pipelines.engine.aggregate`.
    evidence
        Who stands behind the rows: ``measured, independent, vendor`` or ``assumed``.
    work
        URI of a folder that Spark's workers share, where they are not on this machine.
    """

    grain: str = "hour"
    engine: str = "duckdb"
    master: str | None = None
    evidence: str = "measured"
    work: str | None = None


@dataclass(frozen=True)
class Written:
    """The batch of a load.

    Attributes
    ----------
    counts
        Rows by name of file.
    sources
        Sources of the figures it changes.
    told
        What to tell of it, as :class:`pipelines.store.arrivals.Merged` has it.
    """

    counts: dict[str, int]
    sources: tuple[str, ...]
    told: dict[str, Any]


def load_items(
    store: Store, load: Arrival, quarantine: DataFrame[Quarantine], source_digest: str, reckoning: Reckoning, *,
    files: Sequence[str] = (), noted: Callable[[list[Entry], dict[str, Any]], object] = lambda _entries, _told: None,
) -> Appended:  # fmt: skip
    """Commit the items of a load, each counted once whatever loads told of it; all of it is there, or nothing.

    Parameters
    ----------
    store
        Store of usage.
    load
        Parts of the load, one view an item.
    quarantine
        Quarantined rows, frame ``Quarantine``.
    source_digest
        As in :meth:`pipelines.store.Store.append`.
    reckoning
        How parts become figures.
    files
        Names of the files; figures that were appended under one of them are withdrawn.
    noted
        Called just before the commit with the entries it follows and what is told of it, so that no commit lacks
        what is noted of it.

    Returns
    -------
    Appended
        The commit, whether it is new, and what it replaced.

    Raises
    ------
    ValueError
        As :meth:`pipelines.store.Store.append`, or if the items are stored under another cluster.
    StoreError
        As :meth:`pipelines.store.Store.append`.
    """
    for alone in _TRIES:
        with disk_full_told(store.folder), ExitStack() as held:
            seen = held.enter_context(store.writing()) if alone else _seen(store)
            before = log.load_of(seen, source_digest)
            if before is not None:
                mark_left(store.folder, before)
                return Appended(before, new=False)
            fresh = held.enter_context(staged(store.folder))
            written = _written(store, seen, load, reckoning, fresh, alone=alone)
            if written is None:
                continue
            counts = {**written.counts, QUARANTINE_FILE: write_quarantine(fresh / QUARANTINE_FILE, quarantine)}
            entries = seen if alone else held.enter_context(store.writing())
            if len(entries) > len(seen):
                continue
            names = {*files, *written.sources}
            former, withdrawn = withdraw_former(store.folder, entries, names, load.day, fresh)
            draft = log.draft(log.LOAD, f"{load.day:%Y-%m-%d}", source_digest, written.sources, load.content)
            kept = former_beside(store.folder, entries, load.parts, former)
            told = {**written.told, "former": former, "appended": kept}
            noted(entries, told)
            return Appended(store.commit(fresh, draft, {**counts, **withdrawn}, entries), new=True, told=told)
    raise AssertionError("nobody overtakes a load that holds the lock")


def _seen(store: Store) -> list[Entry]:
    return log.read_log(store.folder) if check_format(store.folder) else []


def _written(
    store: Store, seen: list[Entry], load: Arrival, reckoning: Reckoning, fresh: Path, *, alone: bool
) -> Written | None:
    """Return the batch of a load, or ``None`` where a compaction took the files away that it is reckoned beside."""
    try:
        return write_load(store.folder, seen, load, reckoning, fresh)
    except UNREAD:
        if alone or _seen(store) == seen:
            raise
        return None


def write_load(folder: Path, entries: list[Entry], load: Arrival, reckoning: Reckoning, fresh: Path) -> Written:
    """Write items and changes of a load into the folder of a new batch.

    Parameters
    ----------
    folder
        Folder of the store.
    entries
        All entries of its log.
    load
        Parts of the load.
    reckoning
        How they become figures.
    fresh
        Empty folder of the batch.

    Returns
    -------
    Written
        Its files, sources, and what to tell.

    Raises
    ------
    ValueError
        As :func:`pipelines.store.arrivals.merge`, or if the grain or the engine is unknown.
    StoreError
        If a stored file is missing or altered.
    """
    with TemporaryDirectory(prefix="shiftcast-load-") as name:
        scratch = Path(name)
        with scratch_database(scratch) as database:
            _check_grain(folder, visible(entries), load, reckoning.grain, database)
            groups, counts, told = _parts(folder, entries, load, database, fresh, scratch)
        with changes_of(groups, reckoning.grain, engine=reckoning.engine, master=reckoning.master,
                        work=reckoning.work, evidence=reckoning.evidence) as changes:  # fmt: skip
            counts[CHANGES_FILE], sources = write_changes(fresh / CHANGES_FILE, changes)
    for written in counts:
        sync(fresh / written)
    return Written(counts, sources, told)


def _parts(
    folder: Path, entries: list[Entry], load: Arrival, database: duckdb.DuckDBPyConnection, fresh: Path, scratch: Path
) -> tuple[list[Group], dict[str, int], dict[str, Any]]:
    """Write the items, and return the groups of parts that changes come from, rows by file, and what to tell."""
    database.execute(f"CREATE VIEW fresh AS SELECT * FROM read_parquet({quoted([load.parts])})")
    counted = has_counters(database)
    again = [each for each in entries if load.content and each.content == load.content]
    born = {month for each in again for month in months_in(each)}
    months = None if load.restates else _months(database, counted=counted) | born
    stored = item_files(folder, visible(entries), months)
    merged = merge(database, load, visible(entries), stored, [each.number for each in again], fresh, scratch)
    groups = [Group([fresh / name for name in merged.items], load.day)] if merged.items else []
    groups += [Group([path]) for path in merged.changed]
    if counted:
        path = scratch / "counters.parquet"
        write_counters(database, f"TIMESTAMPTZ '{load.day.isoformat()}'", path, stored=bool(stored))
        groups.append(Group([path]))
    return groups, merged.items, merged.told


def _check_grain(
    folder: Path, entries: list[Entry], load: Arrival, grain: str, database: duckdb.DuckDBPyConnection
) -> None:
    """Raise if a source of the load is stored at another grain: what is taken back is of the grain it was added at."""
    parts = quoted([load.parts])
    sources = {
        str(name) for (name,) in database.execute(f"SELECT DISTINCT source FROM read_parquet({parts})").fetchall()
    }
    for each in entries:
        shared = sorted(sources & set(each.sources)) if CHANGES_FILE in each.files else []
        if shared:
            path = quoted(checked(folder, [each], CHANGES_FILE))
            found = database.execute(
                f"SELECT source, grain FROM read_parquet({path}) WHERE list_contains(?, source) LIMIT 1", [shared]
            ).fetchone()
            if found is not None and found[1] != grain:
                raise InputError(
                    f"{found[0]} is stored by {found[1]}, not by {grain}; give --grain {found[1]}, or --feed and a name"
                )
            sources -= set(shared)


def _months(database: duckdb.DuckDBPyConnection, *, counted: bool) -> set[str]:
    """Return the months that items of the load, and neighbours of its counters, were born in."""
    near = months_of(database, _SHIFTED) if counted else []
    return {*months_of(database, "fresh"), *near}
