"""Examine a store and its publication for what runs that died left there, and clean it up."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlparse
from urllib.request import url2pathname

from shiftcast.pipelines.doctor.fault import Fault
from shiftcast.pipelines.doctor.registry import registry_findings
from shiftcast.pipelines.fleet.place import fleet_names, fleet_root
from shiftcast.pipelines.job.overrides import FILE as OVERRIDES
from shiftcast.pipelines.job.workplace import WORKING
from shiftcast.pipelines.process import alive
from shiftcast.pipelines.publish.publication import half_published, remove_half
from shiftcast.pipelines.publish.standing import (
    PUBLISHED,
    differs,
    move_note,
    noted_out,
    own_place,
    publish_champion,
    published_to,
)
from shiftcast.pipelines.registry.going_back import end
from shiftcast.pipelines.registry.mlflow_store import Store as Registry
from shiftcast.pipelines.registry.mlflow_store import champion_version, open_store
from shiftcast.pipelines.registry.schema import DATABASE, migrate, moved_from, relocate, schema_fault
from shiftcast.pipelines.state.guard import FENCE, LOCK, LockedError, check_session, clear_holder, locked, read_fence
from shiftcast.pipelines.state.ledger import FAILED, LEDGER, Ledger, unfinished
from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.state.scratch import left_scratch
from shiftcast.pipelines.state.secrets import said_of, without_secrets
from shiftcast.pipelines.state.shared_lock import LOCK_DATABASE, TRACKING, lock_address
from shiftcast.pipelines.store import Store
from shiftcast.pipelines.store.durable import remove
from shiftcast.pipelines.store.staging import left_staged
from shiftcast.pipelines.store.verify import verify

_TEMPORARY: Final = ("mlflow.making.*", f"{DATABASE}.*.new", "*.json.new", "*.jsonl.new", f"{OVERRIDES}.new", WORKING)
_MARKS: Final = (DATABASE, FENCE, LOCK, LEDGER, OVERRIDES, "mlflow.making.*", "store/FORMAT", "store/log", "fleets/*")
_UNLOCKED: Final = (f"{OVERRIDES}.new", "schedule.json.new")  # written without the lock of runs, in no time
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
    _check_store(root)
    try:
        with locked(root, wait=0):
            return [*_left_behind(root, out), *_usage(root), *_database(root)]
    except OSError as error:  # a read-only file system, or another user's store: what can be read is examined
        if error.errno not in {errno.EACCES, errno.EPERM, errno.EROFS}:
            raise
        shut = Fault("shut", f"{root} may not be written to ({error.strerror})", "run it as the user whose store it is")
        return [shut, *_database(root)]
    except LockedError as error:
        running = Fault("running", f"a run is under way: {error.holder}", "wait for it, then look again")
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
        Faults as :func:`examine` gives them, those with a ``clean`` now put right; one that could not be has none, and
        says why.

    Raises
    ------
    StoreError
        If there is no store, or a run holds the lock for ``wait`` seconds.
    """
    _check_store(root)
    with locked(root, wait=wait) as session:
        found, done = [*_left_behind(root, out), *_usage(root), *_database(root)], []
        for each in found:
            check_session(root, session)
            done.append(_put_right(each))
    return done


def _put_right(fault: Fault) -> Fault:
    """Return a fault once what can be is put right; one that cannot be is no reason to leave the others."""
    if fault.clean is None:
        return fault
    try:
        fault.clean()
    except (ValueError, OSError) as error:
        return replace(fault, remedy=f"could not be put right: {said_of(error)}", clean=None)
    return fault


def move_in(root: Path, *, wait: float, progress: Callable[[str], object] = bool) -> int:
    """Give a store that was moved its new addresses, under the lock.

    Parameters
    ----------
    root
        Folder of the store, where it is now.
    wait
        Longest wait for the lock [s].
    progress
        Called with a line on what is not noted any more.

    Returns
    -------
    int
        Number of addresses changed.

    Raises
    ------
    LockedError
        If a run holds the lock for that long.
    """
    _check_store(root)
    with locked(root, wait=wait):
        fault = _unreadable(root)
        if fault is not None:
            raise StoreError(fault.what)
        former = moved_from(root)
        if former is not None:
            there = Path(url2pathname(urlparse(former).path)).parent
            dropped = move_note(root, there)
            if dropped is not None:
                progress(f"{there} still publishes to {dropped}; `shiftcast run --out FOLDER` names another here")
        return relocate(root)


def bring_up(root: Path, *, wait: float) -> Path | None:
    """Bring the database of a store to the schema of the MLflow in use, under the lock.

    Parameters
    ----------
    root
        Folder of the store.
    wait
        Longest wait for the lock [s].

    Returns
    -------
    Path or None
        Copy of what it was; ``None`` where there is nothing to migrate.

    Raises
    ------
    StoreError
        If there is no database, it cannot be migrated, or a run holds the lock for that long.
    """
    if not (root / DATABASE).is_file():
        raise StoreError(f"{root}: has no database of its own to migrate; that of a tracking server is its keeper's")
    with locked(root, wait=wait):
        return migrate(root)


def notes() -> list[str]:
    """Return what is to be known of a store and is no fault.

    Returns
    -------
    list of str
        That runs of other machines are not kept out, where nothing does.

    Raises
    ------
    StoreError
        If the database that is to keep them out is none.
    """
    locks, address = lock_address(os.environ), os.environ.get(TRACKING, "")
    if not address or locks is not None:
        return []
    remedy = f"let {LOCK_DATABASE} of every machine name one PostgreSQL, or retrain on one machine"
    return [f"{without_secrets(address)}: runs on other machines are not kept out, only those on this folder; {remedy}"]


def _check_store(root: Path) -> None:
    """Raise where a folder holds nothing of a store: no lock shall be left in somebody's own."""
    if not root.is_dir() or not any(any(root.glob(mark)) for mark in _MARKS):
        raise StoreError(f"{root}: no store here; run `shiftcast run` first or give its folder")


def _left_behind(root: Path, out: Path) -> Iterator[Fault]:
    """Yield what only a run that died can have left; call it under the lock."""
    for pattern in _TEMPORARY:
        for path in sorted(root.glob(pattern)):
            if path.name not in _UNLOCKED or time.time() - path.stat().st_mtime > _SETTLED_SECONDS:
                yield Fault("temporary", f"{path} is of a run that died", "is removed", partial(remove, path))
    for path in left_scratch():
        yield Fault("temporary", f"{path} is of a command that died", "is removed", partial(remove, path))
    places = {each.resolve(): None for each in (out, own_place(root)) if each is not None}
    for where, path in ((each, path) for each in places for path in half_published(each)):
        yield Fault("publication", f"{path} was not published whole", "is removed", partial(remove_half, where, path))
    fence = read_fence(root)
    process = str(fence.get("process", ""))
    if process and alive(process) is not True:
        yield Fault(
            "lock", f"{root / FENCE} names process {process}, which has ended (run {fence.get('token', 0)})",
            "is cleared", partial(clear_holder, root),
        )  # fmt: skip
    for entry in unfinished(root):
        close = Ledger(root, entry.token, entry.key, entry.origin).write
        yield Fault(
            "ledger", f"run {entry.token} as of {entry.origin} ended in step {entry.step!r} ({entry.state})",
            "is closed as failed",
            partial(close, entry.step, FAILED, "its process ended"),
        )  # fmt: skip


def _usage(root: Path) -> Iterator[Fault]:
    """Yield the faults of the stores of usage, the world's and those of fleets."""
    places = [root, *(fleet_root(root, name) for name in fleet_names(root))]
    for store in (each for each in map(Store, places) if each.folder.is_dir()):
        for path in left_staged(store.folder):
            yield Fault("temporary", f"{path} is of a load that died", "is removed", partial(remove, path))
        try:
            for each in verify(store):
                yield Fault("usage", each, "see there; nothing was changed")
        except StoreError as error:
            yield Fault("usage", str(error), "see there; nothing was changed")


def _database(root: Path) -> Iterator[Fault]:
    database = root / DATABASE
    if os.environ.get(TRACKING) is None:
        if not database.exists():
            return
        fault = _unreadable(root)
        if fault is not None:
            yield fault
            return
        moved = moved_from(root)
        if moved is not None:
            yield Fault("moved", f"the store was made at {moved}", "run shiftcast doctor --relocate")
            return
    store = open_store(root, make=False)
    yield from registry_findings(store)
    yield from _publication(store)


def _unreadable(root: Path) -> Fault | None:
    """Return what keeps the MLflow in use from reading the database of a store."""
    fault = schema_fault(root / DATABASE)
    said = f"{root / DATABASE}: {fault}"
    return Fault("database", said, "see there; nothing was changed") if fault else None


def _publication(store: Registry) -> Iterator[Fault]:
    """Yield that the champion's folder holds another forecast, as after a run that died before publishing."""
    out, champion, noted = noted_out(store.root), champion_version(store), store.root / PUBLISHED
    if noted.exists() and published_to(store.root) is None:
        yield Fault("publication", f"{noted} is damaged, and it is not known where the champion is published",
                    "`shiftcast run --out FOLDER` notes it anew")  # fmt: skip
    if out is not None and champion is not None and differs(store, champion, out):
        yield Fault(
            "publication", f"{out} does not hold model version {champion.version}, the champion", "is published there",
            partial(_published, store, out),
        )  # fmt: skip


def _published(store: Registry, out: Path) -> None:
    publish_champion(store, out)
    end(store)
