"""Take dated snapshots: the usage known on a day, copied once under a digest and never changed."""

from __future__ import annotations

import errno
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pandas as pd

from shiftcast.features.frames import DataFrame, Usage, conform
from shiftcast.features.input_error import InputError
from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.store.durable import disk_full_told, move_durably, sha256, sync, write_durably
from shiftcast.pipelines.store.files import USAGE_FILE, fault, write_usage
from shiftcast.pipelines.store.log import entry_file, last_digest
from shiftcast.pipelines.store.reading import usage_as_of, utc_day
from shiftcast.pipelines.store.sealed import seal_holds, sealed
from shiftcast.pipelines.store.settled import settled
from shiftcast.pipelines.store.staging import staged
from shiftcast.pipelines.store.store import Store

MANIFEST: Final = "manifest.json"
_NAME: Final = re.compile(r"\d{4}-\d\d-\d\d-\d{8}")


def take_snapshot(store: Store, day: datetime) -> str:
    """Copy the usage known on a day; the same day of an unchanged store is copied once.

    Parameters
    ----------
    store
        Store of usage.
    day
        Last day of knowledge, inclusive, with a zone.

    Returns
    -------
    str
        Name of the snapshot: the day, and the number of the last commit.

    Raises
    ------
    StoreError
        As :meth:`Store.as_of` does, or if the disk is full.
    ValueError
        If the day has no zone.
    """
    return settled(store, lambda: _taken(store, day))


def _taken(store: Store, day: datetime) -> str:
    entries = store.entries()
    as_of = f"{utc_day(day):%Y-%m-%d}"
    name = f"{as_of}-{len(entries):08d}"
    place = store.folder / "snapshots" / name
    if place.exists():
        return name
    place.parent.mkdir(exist_ok=True)
    with disk_full_told(store.folder), staged(store.folder) as fresh:
        rows, _ = write_usage(fresh / USAGE_FILE, usage_as_of(store.folder, entries, day), None)
        manifest = {
            "as_of": as_of, "log": last_digest(store.folder, entries), "rows": rows,
            "sha256": sha256(fresh / USAGE_FILE), "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }  # fmt: skip
        write_durably(fresh / MANIFEST, sealed(manifest))
        sync(fresh)
        try:
            move_durably(fresh, place)
        except OSError as error:
            if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:  # else another process has taken it meanwhile
                raise
    return name


def snapshots(store: Store) -> list[str]:
    """Return the names of all snapshots, the oldest day first.

    Parameters
    ----------
    store
        Store of usage.

    Returns
    -------
    list of str
        Names such as ``2026-11-22-00000007``.
    """
    return sorted(path.name for path in (store.folder / "snapshots").glob("*") if _NAME.fullmatch(path.name))


def read_snapshot(store: Store, name: str) -> DataFrame[Usage]:
    """Return the usage of a snapshot.

    Parameters
    ----------
    store
        Store of usage.
    name
        Name of the snapshot, as :func:`snapshots` gives it.

    Returns
    -------
    DataFrame
        Frame ``Usage``, one row a figure.

    Raises
    ------
    ValueError
        If there is none of the name.
    StoreError
        If a file is missing or altered.
    """
    if name not in snapshots(store):
        raise InputError(f"there is no snapshot {name!r}; there are {', '.join(snapshots(store)) or 'none'}")
    what = snapshot_fault(store.folder, name)
    if what:
        raise StoreError(f"{store.folder / 'snapshots' / name}: {what}; restore it from a copy")
    return conform(pd.read_parquet(store.folder / "snapshots" / name / USAGE_FILE), Usage)


def snapshot_fault(folder: Path, name: str) -> str:
    """Return the fault of a snapshot, if it has one.

    Parameters
    ----------
    folder
        Folder of the store.
    name
        Name of the snapshot.

    Returns
    -------
    str
        The fault in words; empty for none.
    """
    place = folder / "snapshots" / name
    try:
        content = (place / MANIFEST).read_bytes()
        manifest = json.loads(content)
        whole = seal_holds(content, manifest) and {type(manifest[each]) for each in ("as_of", "log", "sha256")} == {str}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return f"{MANIFEST} is missing or not a manifest"
    if not whole or manifest["as_of"] != name.rpartition("-")[0]:
        return f"{MANIFEST} was altered, or is of another snapshot"
    what = fault(place / USAGE_FILE, manifest["sha256"])
    return f"{USAGE_FILE} {what}" if what else ""


def log_fault(folder: Path, name: str) -> str:
    """Return whether the log has no more the commit that a snapshot was taken at; the snapshot itself stays good.

    Parameters
    ----------
    folder
        Folder of the store.
    name
        Name of a snapshot without a fault.

    Returns
    -------
    str
        The fault in words; empty for none.
    """
    commit = entry_file(folder, int(name.rpartition("-")[2]))
    log = json.loads((folder / "snapshots" / name / MANIFEST).read_bytes())["log"]
    what = fault(commit, log) if log else ""
    return f"was taken at {commit}, which {what}; restore the end of the log from a copy" if what else ""
