"""Verify the store: every digest, count and key, with every fault by name."""

from __future__ import annotations

from typing import Final

import pyarrow.parquet as pq

from shiftcast.pipelines.engine.stream import collect
from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.store import reading
from shiftcast.pipelines.store.files import USAGE_FILE, WITHDRAWN_FILE, fault
from shiftcast.pipelines.store.formats import cut_short
from shiftcast.pipelines.store.log import Entry, visible
from shiftcast.pipelines.store.settled import settled
from shiftcast.pipelines.store.snapshots import log_fault, snapshot_fault, snapshots
from shiftcast.pipelines.store.store import Store

_KEY: Final = (*reading.SAME, "known_at", reading.ENTRY)


def verify(store: Store) -> list[str]:
    """Return every fault of the store: log, files against their digests, rows against the log, keys, snapshots.

    Parameters
    ----------
    store
        Store of usage.

    Returns
    -------
    list of str
        Faults in words; empty for a sound store. Keys are checked only where no file is at fault.

    Raises
    ------
    StoreError
        If there is no store, or its log cannot be read at all.
    """
    return settled(store, lambda: _faults(store), whole=lambda found: not found)


def _faults(store: Store) -> list[str]:
    entries = visible(store.entries())
    faults = [each for entry in entries for each in _file_faults(store, entry)]
    if not faults:
        faults = _key_faults(store, entries)
    taken = cut_short(store.folder)
    faults += [taken] if taken else []
    for name in snapshots(store):
        what = snapshot_fault(store.folder, name) or log_fault(store.folder, name)
        faults += [f"snapshot {name}: {what}"] if what else []
    return faults


def _file_faults(store: Store, entry: Entry) -> list[str]:
    faults = []
    for name, (digest, rows) in entry.files.items():
        path = store.folder / entry.folder / name
        what = fault(path, digest)
        if not what and pq.read_metadata(path).num_rows != rows:
            what = f"has not the {rows} rows of the log"
        faults += [f"{path}: {what}; restore it from a copy, or begin a new store"] if what else []
    return faults


def _key_faults(store: Store, entries: list[Entry]) -> list[str]:
    filled = [entry for entry in entries if {USAGE_FILE, WITHDRAWN_FILE} & set(entry.files)]
    table = reading.stored(store.folder, filled)
    repeated = table.group_by(list(_KEY)).agg(times=table.count())
    count = len(collect(repeated.filter(repeated.times > 1)))
    return [f"{store.folder}: {count} figures are there twice in one commit"] if count else []


def refuse_damage(store: Store) -> None:
    """Raise if the store has a fault.

    Parameters
    ----------
    store
        Store of usage.

    Raises
    ------
    StoreError
        Naming the first fault and how many there are.
    """
    faults = verify(store)
    if faults:
        raise StoreError(f"{faults[0]} ({len(faults)} faults in all)")
