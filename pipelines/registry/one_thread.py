"""Compute on one thread in a process that may be anybody's, and give it its threads back."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from functools import cache
from typing import Final

from threadpoolctl import ThreadpoolController

_LOCK: Final = threading.Lock()
_INSIDE: Final = list[int]()  # one entry for each that computes now
_HELD: Final = contextlib.ExitStack()


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Let linear algebra of the process run on one thread for as long as anybody is inside.

    The setting is the whole process's: the first to come in takes it, the last to leave gives it back, and those that
    overlap leave it alone.
    """
    with _LOCK:
        if not _INSIDE:
            _HELD.enter_context(_threads().limit(limits=1))
        _INSIDE.append(threading.get_ident())
    try:
        yield
    finally:
        with _LOCK:
            _INSIDE.pop()
            if not _INSIDE:
                _HELD.close()


@cache
def _threads() -> ThreadpoolController:
    """Return the threads of the libraries that compute; to look for them takes too long for every question."""
    return ThreadpoolController()
