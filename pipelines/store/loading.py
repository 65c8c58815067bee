"""Load items: the batch of a load with what it changes of each figure, reckoned beside what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import duckdb

from shiftcast.features.frames import DataFrame, Quarantine
from shiftcast.features.input_error import InputError
from shiftcast.pipelines.engine.items import Group, changes_of
from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.store import log
from shiftcast.pipelines.store.arrivals import Arrival, merge
from shiftcast.pipelines.store.counters import NEAR, has_counters, write_counters
from shiftcast.pipelines.store.durable import disk_full_told, sync
from shiftcast.pipelines.store.files import CHANGES_FILE, QUARANTINE_FILE, checked, write_changes, write_quarantine
from shiftcast.pipelines.store.items import item_files, months_of, quoted, scratch_database
from shiftcast.pipelines.store.log import Entry, visible
from shiftcast.pipelines.store.rewriting import withdraw_former
from shiftcast.pipelines.store.staging import staged
from shiftcast.pipelines.store.store import Appended, Store

_TRIES: Final = 5  # of a load that others overtake
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
    """

    grain: str = "hour"
    engine: str = "duckdb"
    master: str | None = None
    evidence: str = "measured"


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
    files: Sequence[str] = (),
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

    Returns
    -------
    Appended
        The commit, whether it is new, and what it replaced.

    Raises
    ------
    ValueError
        As :meth:`pipelines.store.Store.append`, or if the items are stored under another cluster.
    StoreError
        As :meth:`pipelines.store.Store.append`, or if other processes load again and again meanwhile.
    """
    for _ in range(_TRIES):
        seen = log.read_log(store.folder) if log.check_format(store.folder) else []
        before = log.load_of(seen, source_digest)
        if before is not None:
            return Appended(before, new=False)
        with disk_full_told(store.folder), staged(store.folder) as fresh:
            written = write_load(store.folder, seen, load, reckoning, fresh)
            counts = {**written.counts, QUARANTINE_FILE: write_quarantine(fresh / QUARANTINE_FILE, quarantine)}
            with store.writing() as entries:
                if len(entries) > len(seen):
                    continue
                names = {*files, *written.sources}
                former, withdrawn = withdraw_former(store.folder, entries, names, load.day, fresh)
                draft = log.draft(log.LOAD, f"{load.day:%Y-%m-%d}", source_digest, written.sources)
                done = store.commit(fresh, draft, {**counts, **withdrawn}, entries)
                return Appended(done, new=True, told={**written.told, "former": former})
    raise StoreError(f"{store.folder}: another process loaded meanwhile, {_TRIES} times; load again")


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
            database.execute(f"CREATE VIEW fresh AS SELECT * FROM read_parquet({quoted([load.parts])})")
            _refuse_other_grain(database, folder, visible(entries), reckoning.grain)
            groups, counts, told = _parts(folder, entries, load, database, fresh, scratch)
        changes = changes_of(groups, reckoning.grain, engine=reckoning.engine, master=reckoning.master,
                             evidence=reckoning.evidence)  # fmt: skip
        counts[CHANGES_FILE], sources = write_changes(fresh / CHANGES_FILE, changes)
    for written in counts:
        sync(fresh / written)
    return Written(counts, sources, told)


def _parts(
    folder: Path, entries: list[Entry], load: Arrival, database: duckdb.DuckDBPyConnection, fresh: Path, scratch: Path
) -> tuple[list[Group], dict[str, int], dict[str, Any]]:
    """Write the items, and return the groups of parts that changes come from, rows by file, and what to tell."""
    counted = has_counters(database)
    months = None if load.restates else _months(database, counted=counted)
    stored = item_files(folder, visible(entries), months)
    merged = merge(database, load, visible(entries), stored, fresh, scratch)
    groups = [Group([fresh / name for name in merged.items], load.day)] if merged.items else []
    groups += [Group([path]) for path in merged.changed]
    if counted:
        path = scratch / "counters.parquet"
        write_counters(database, f"TIMESTAMPTZ '{load.day.isoformat()}'", path, stored=bool(stored))
        groups.append(Group([path]))
    return groups, merged.items, merged.told


def _refuse_other_grain(
    database: duckdb.DuckDBPyConnection, folder: Path, entries: list[Entry], grain: str
) -> None:  # fmt: skip
    """Raise if a source of the load is stored by other periods: what replaces a view takes it back from its periods."""
    sources = {str(source) for (source,) in database.execute("SELECT DISTINCT source FROM fresh").fetchall()}
    last = next((each for each in reversed(entries) if CHANGES_FILE in each.files and sources & {*each.sources}), None)
    if last is None:
        return
    path = quoted(checked(folder, [last], CHANGES_FILE))
    found = database.execute(
        f"SELECT source, grain FROM read_parquet({path}) WHERE list_contains(?, source) AND grain <> ? LIMIT 1",
        [sorted(sources), grain],
    ).fetchone()
    if found is not None:
        raise InputError(
            f"{found[0]!r} is stored by {found[1]}, and this load is by {grain}: say --grain {found[1]}; to have it by "
            f"{grain}, load everything anew into another folder of state"
        )


def _months(database: duckdb.DuckDBPyConnection, *, counted: bool) -> set[str]:
    """Return the months that items of the load, and neighbours of its counters, were born in."""
    near = months_of(database, _SHIFTED) if counted else []
    return {*months_of(database, "fresh"), *near}
