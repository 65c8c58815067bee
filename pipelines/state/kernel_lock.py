"""Lock a file so that the kernel frees it when its process dies, or say that the file system cannot."""

from __future__ import annotations

import contextlib
import errno
import warnings
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile

from filelock import FileLock, Timeout

from shiftcast.pipelines.state.root import StoreError


@contextlib.contextmanager
def kernel_lock(file: Path, *, wait: float = -1) -> Iterator[None]:
    """Hold the lock of a file.

    Parameters
    ----------
    file
        File of the lock, made where it is not there.
    wait
        Longest wait for it [s]; for ever if negative.

    Yields
    ------
    None
        While it is held.

    Raises
    ------
    filelock.Timeout
        If another process holds it for that long.
    StoreError
        If the file system keeps no locks: a file in its place would outlive a process that is killed.
    """
    lock = FileLock(file, timeout=wait)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="flock not supported", category=UserWarning)
        try:
            _acquire(lock)
        except UserWarning:
            raise _keeps_none(file.parent) from None
    try:
        yield
    finally:
        lock.release()


def _acquire(lock: FileLock) -> None:
    """Take a lock; where it is not free, see first whether one can be had that nobody else knows.

    A file system may answer for ever as if a lock were held that it does not keep.
    """
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if not lock.timeout:  # who does not wait need not know why
            raise
    else:
        return
    if not _can_lock(Path(lock.lock_file).parent):
        raise _keeps_none(Path(lock.lock_file).parent)
    lock.acquire()


def _can_lock(folder: Path) -> bool:
    """Return whether a file without a name is locked there; one with a name would be taken for a writer's lock."""
    try:
        import fcntl  # noqa: PLC0415  (Windows has none)

        with TemporaryFile(dir=folder) as nameless:
            try:
                fcntl.flock(nameless, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                return error.errno not in {errno.EACCES, errno.EAGAIN}  # answered as if another held it
    except (ImportError, OSError):  # who may make no file here may still wait
        pass
    return True


def _keeps_none(folder: Path) -> StoreError:
    return StoreError(
        f"{folder}: this file system keeps no locks (flock), so that two runs could not be told apart; "
        "keep state on one that does, such as a local disk"
    )
