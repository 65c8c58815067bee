"""Lock a file so that the kernel frees it when its process dies, or say that the file system cannot."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock

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
            lock.acquire()
        except UserWarning:
            raise StoreError(
                f"{file.parent}: this file system keeps no locks (flock), so that two runs could not be told apart; "
                "keep state on one that does, such as a local disk"
            ) from None
    try:
        yield
    finally:
        lock.release()
