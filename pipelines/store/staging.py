"""Stage a batch before it is committed, and sweep what dead writers left behind."""

from __future__ import annotations

import contextlib
import re
import shutil
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from filelock import Timeout

from shiftcast.pipelines.state.guard import locked
from shiftcast.pipelines.state.kernel_lock import kernel_lock
from shiftcast.pipelines.state.root import StoreError, check_place
from shiftcast.pipelines.store.durable import remove, sync
from shiftcast.pipelines.store.formats import is_of_former
from shiftcast.pipelines.store.log import Entry, visible

_BATCH: Final = re.compile(r"\d{8}-")
_COMMITTED: Final = "committed"  # a file in a batch whose entry was written: without one, the log has lost it


@contextlib.contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """Hold a new folder below ``staging``, whose lock says that its writer lives; it is gone afterwards.

    Parameters
    ----------
    folder
        Folder of the store.

    Yields
    ------
    Path
        The new, empty folder.
    """
    check_place(folder)
    staging = folder / "staging"
    staging.mkdir(parents=True, exist_ok=True)
    token = uuid.uuid4().hex
    lock = staging / f"{token}.lock"
    with kernel_lock(lock):  # before the folder is there, so that nobody takes it for a dead one's
        fresh = staging / token
        fresh.mkdir()
        try:
            yield fresh
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
            lock.unlink(missing_ok=True)


def sweep(folder: Path, entries: list[Entry]) -> None:
    """Remove what dead writers staged or reported, and batches that no visible entry names; call it under the lock.

    A batch whose writer died between its entry and its mark is marked.

    Parameters
    ----------
    folder
        Folder of the store, whose lock the caller holds.
    entries
        All entries of its log.

    Raises
    ------
    StoreError
        As :func:`refuse_lost`; nothing is removed then.
    """
    there = batches(folder)
    refuse_lost(folder, there, entries)
    keep = {entry.folder for entry in visible(entries)}
    for batch, marked in there.items():
        if f"batches/{batch.name}" not in keep:
            remove(batch)
        elif not marked and not is_of_former(folder, int(batch.name[:8])):
            mark_committed(batch)
    dead = report_of(folder, len(entries) + 1)  # of a load that ended before its commit
    if dead.exists():
        remove(dead)
    _sweep_staging(folder / "staging")


def batches(folder: Path) -> dict[Path, bool]:
    """Return the batches that are there, named by the log or not; what a file browser leaves beside them is none.

    Parameters
    ----------
    folder
        Folder of the store.

    Returns
    -------
    dict
        In the order of their commits, each to whether it is marked as committed.
    """
    there = sorted(each for each in (folder / "batches").glob("*") if _BATCH.match(each.name))
    return {each: (each / _COMMITTED).exists() for each in there}


def refuse_lost(folder: Path, there: Mapping[Path, bool], entries: list[Entry]) -> None:
    """Raise if the log should name a batch and does not: then it has lost its end.

    A load that is killed before its commit leaves a batch too, of the next number; one that was committed is marked.

    Parameters
    ----------
    folder
        Folder of the store.
    there
        As :func:`batches` gave it before the log was read, so that one which is committed meanwhile is not marked.
    entries
        All entries of its log.

    Raises
    ------
    StoreError
        Naming the batch, and the remedy.
    """
    past, following = {entry.folder for entry in entries}, f"{len(entries) + 1:08d}-"
    for batch, marked in there.items():
        unnamed = f"batches/{batch.name}" not in past
        committed = marked or not batch.name.startswith(following)
        if unnamed and committed and batch.exists():  # that of a killed load is swept by the next
            raise StoreError(
                f"{batch}: is in no log entry, and is not what a killed load leaves; restore the end of "
                f"{folder / 'log'} from a copy, nothing was changed"
            )


def mark_committed(batch: Path) -> None:
    """Mark a batch whose entry has been written, so that a log which loses its end is known to.

    Parameters
    ----------
    batch
        Folder of the batch.
    """
    with contextlib.suppress(OSError):  # it counts, marked or not
        (batch / _COMMITTED).touch()
        sync(batch)


def mark_left(folder: Path, entry: Entry) -> None:
    """Mark the batch of an entry where its writer died before it did; a load that changes nothing asks for it.

    Parameters
    ----------
    folder
        Folder of the store.
    entry
        A commit that has been written; its batch may be gone.
    """
    batch = folder / entry.folder
    if batch.is_dir() and not (batch / _COMMITTED).exists() and not is_of_former(folder, entry.number):
        with contextlib.suppress(OSError, StoreError), locked(folder, "store.lock", wait=0):  # it counts, marked or not
            mark_committed(batch)


def report_of(folder: Path, commit: int) -> Path:
    """Return where the report of a load is kept.

    Parameters
    ----------
    folder
        Folder of the store.
    commit
        Number of its commit.

    Returns
    -------
    Path
        A file beside the store.
    """
    return folder.parent / "ingest" / f"{commit:08d}.json"


def left_staged(folder: Path) -> list[Path]:
    """Return what writers that died were staging.

    Parameters
    ----------
    folder
        Folder of the store.

    Returns
    -------
    list of Path
        Folders and locks; the next write sweeps them as well.
    """
    staging, found = folder / "staging", list[Path]()
    for lock in staging.glob("*.lock"):
        with contextlib.suppress(Timeout, OSError), kernel_lock(lock, wait=0):
            found += [each for each in (lock.with_suffix(""), lock) if each.exists()]
    return sorted({*found, *(each for each in staging.glob("*/") if not _lock_of(each).is_file())})


def _lock_of(staged: Path) -> Path:
    return staged.with_name(f"{staged.name}.lock")


def _sweep_staging(staging: Path) -> None:
    for lock in staging.glob("*.lock"):
        if lock.is_file():
            with contextlib.suppress(Timeout), kernel_lock(lock, wait=0):
                _try_to_remove(lock.with_suffix(""))
                lock.unlink(missing_ok=True)
    for left in staging.glob("*/"):
        if not _lock_of(left).is_file():  # a writer has its lock first, and gives it up last
            _try_to_remove(left)


def _try_to_remove(staged: Path) -> None:
    with contextlib.suppress(OSError):
        remove(staged)
