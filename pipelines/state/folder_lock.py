"""Let one process at a time change what lies in a folder, by a lock on the folder itself, which leaves no file."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from shiftcast.features.input_error import InputError

SECONDS: Final = 120.0
_AGAIN: Final = 0.05


@contextlib.contextmanager
def alone_in(folder: Path, *, wait: float = SECONDS) -> Iterator[None]:
    """Hold the lock of a folder; where the system cannot lock one, go on without.

    Parameters
    ----------
    folder
        The folder, made where it is not there.
    wait
        Longest wait for another process [s].

    Yields
    ------
    None
        While it is held.

    Raises
    ------
    ValueError
        If another process holds it for that long.
    """
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
    if sys.platform == "win32":  # there is no such lock
        yield
        return
    try:
        held = os.open(folder, os.O_RDONLY)
    except PermissionError:  # one that may be written to and not listed
        yield
        return
    try:
        until = time.monotonic() + wait
        while not _is_ours(held):
            if time.monotonic() >= until:
                raise InputError(
                    f"{folder}: another process has been publishing here for {wait:g} s; wait until it ends"
                )
            time.sleep(_AGAIN)
        yield
    finally:
        os.close(held)


def _is_ours(held: int) -> bool:
    """Return whether nobody else holds the lock of an open folder; of one that cannot be locked nobody does."""
    import fcntl  # noqa: PLC0415  (Windows has none)

    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # such as a folder on a network
        return True
    return True
