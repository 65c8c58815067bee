"""Examine a store and its publication for what runs that died left there, and clean it up."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from shiftcast.pipelines.doctor.fault import Fault
from shiftcast.pipelines.doctor.registry import registry_findings
from shiftcast.pipelines.job.workplace import WORKING
from shiftcast.pipelines.publish.publication import half_published
from shiftcast.pipelines.registry.mlflow_store import open_store
from shiftcast.pipelines.registry.schema import DATABASE, moved_from, relocate, schema_fault
from shiftcast.pipelines.state.guard import FENCE, LockedError, clear_holder, locked, read_fence
from shiftcast.pipelines.state.ledger import FAILED, Ledger, unfinished
from shiftcast.pipelines.state.process import alive
from shiftcast.pipelines.state.root import StoreError

_TEMPORARY: Final = ("mlflow.making.*", "*.new", WORKING)
_UNLOCKED: Final = ("overrides.csv.new", "schedule.json.new")  # written without the lock of runs, in no time
_SETTLED_SECONDS: Final = 60


def examine(root: Path, out: Path) -> list[Fault]:
    """Return the faults of a store and its publication; a run under way is left alone.

    Parameters
    ----------
    root
        Folder of the store.
    out
        Folder that is published to.

    Returns
    -------
    list of Fault
        Faults in the order they were looked for; empty for a sound store.

    Raises
    ------
    StoreError
        If there is no store.
    """
    if not root.is_dir() or not any(root.iterdir()):
        raise StoreError(f"{root}: no store here; run `shiftcast run` first or give its folder")
    try:
        with locked(root, wait=0):
            return [*_left_behind(root, out), *_database(root)]
    except LockedError:
        holder = read_fence(root).get("process") or "unknown"
        running = Fault("running", f"a run is under way (process {holder})", "wait for it, then look again")
        return [running, *_database(root)]


def clean(root: Path, out: Path, *, wait: float) -> list[Fault]:
    """Clean up what can be, under the lock, and return the faults there were.

    Parameters
    ----------
    root
        Folder of the store.
    out
        Folder that is published to.
    wait
        Longest wait for the lock [s].

    Returns
    -------
    list of Fault
        Faults as :func:`examine` gives them, those with a ``clean`` now put right.

    Raises
    ------
    StoreError
        If there is no store, or a run holds the lock for ``wait`` seconds.
    """
    if not root.is_dir() or not any(root.iterdir()):
        raise StoreError(f"{root}: no store here; run `shiftcast run` first or give its folder")
    with locked(root, wait=wait):
        found = [*_left_behind(root, out), *_database(root)]
        for each in found:
            if each.clean is not None:
                each.clean()
    return found


def move_in(root: Path, *, wait: float) -> int:
    """Give a store that was moved its new addresses, under the lock.

    Parameters
    ----------
    root
        Folder of the store, where it is now.
    wait
        Longest wait for the lock [s].

    Returns
    -------
    int
        Number of addresses changed.

    Raises
    ------
    LockedError
        If a run holds the lock for that long.
    """
    with locked(root, wait=wait):
        return relocate(root)


def _left_behind(root: Path, out: Path) -> Iterator[Fault]:
    """Yield what only a run that died can have left; call it under the lock."""
    for pattern in _TEMPORARY:
        for path in sorted(root.glob(pattern)):
            if path.name not in _UNLOCKED or time.time() - path.stat().st_mtime > _SETTLED_SECONDS:
                yield Fault("temporary", f"{path} is of a run that died", "is removed", partial(_remove, path))
    for path in half_published(out):
        yield Fault("publication", f"{path} was not published whole", "is removed", partial(_remove, path))
    fence = read_fence(root)
    process = str(fence.get("process", ""))
    if process and alive(process) is not True:
        yield Fault(
            "lock", f"{root / FENCE} names process {process}, which has ended (run {fence['token']})", "is cleared",
            partial(clear_holder, root),
        )  # fmt: skip
    for entry in unfinished(root):
        close = Ledger(root, entry.token, entry.key, entry.origin).write
        yield Fault(
            "ledger", f"run {entry.token} as of {entry.origin} ended in step {entry.step!r} ({entry.state})",
            "is closed as failed",
            partial(close, entry.step, FAILED, "its process ended"),
        )  # fmt: skip


def _database(root: Path) -> Iterator[Fault]:
    database = root / DATABASE
    if os.environ.get("MLFLOW_TRACKING_URI") is None:
        if not database.exists():
            return
        fault = schema_fault(database)
        if fault:
            yield Fault("database", f"{database}: {fault}", "see there; nothing was changed")
            return
        moved = moved_from(root)
        if moved is not None:
            yield Fault("moved", f"the store was made at {moved}", "run shiftcast doctor --relocate")
            return
    yield from registry_findings(open_store(root, make=False))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
