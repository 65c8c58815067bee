"""Allow one run at a time on a store: a lock that dies with its process, and a fence that stops what outlives it.

The lock is the kernel's, so a killed run frees it. A child that such a run left behind holds no lock and may still be
computing: every run takes the next number in ``fence.json``, and before it registers, moves an alias or publishes, it
has to find its own number there. Where machines share a PostgreSQL as their tracking store, a run holds a lock of that
database as well, and stops where its session has ended.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from filelock import Timeout

from shiftcast.pipelines.process import this_process
from shiftcast.pipelines.state.kernel_lock import kernel_lock
from shiftcast.pipelines.state.root import StoreError, check_place
from shiftcast.pipelines.state.shared_lock import HeldElsewhereError, SessionLock, lock_address, session_lock
from shiftcast.pipelines.state.whole import read_whole, write_whole

LOCK: Final = "run.lock"
FENCE: Final = "fence.json"
LOCK_SECONDS: Final = 600


class LockedError(StoreError):
    """Another run holds the store's lock.

    Parameters
    ----------
    said
        What to tell.
    holder
        Who holds it.
    """

    def __init__(self, said: str, holder: str = "another run") -> None:
        super().__init__(said)
        self.holder = holder


class OvertakenError(StoreError):
    """A run that a later one took over from; it may change nothing any more."""


@dataclass(frozen=True)
class Fence:
    """The right of one run to change a store, as long as no later run has begun.

    Attributes
    ----------
    root
        Folder of all state.
    token
        Number of the run.
    session
        Lock of the database that keeps other machines out; ``None`` where there is none.
    """

    root: Path
    token: int
    session: SessionLock | None = None

    def check(self) -> None:
        """Raise if a later run has begun, or may have begun on another machine.

        Raises
        ------
        OvertakenError
            Naming both runs, or saying that the session which kept other machines out has ended.
        """
        current = read_fence(self.root).get("token")
        if current != self.token:
            raise OvertakenError(
                f"{self.root}: run {self.token} was overtaken by run {current}; it changed nothing after that, "
                "and there is nothing to do"
            )
        check_session(self.root, self.session)


def check_session(root: Path, session: SessionLock | None) -> None:
    """Raise if the session that keeps other machines out has ended, so that one of them may have begun.

    Parameters
    ----------
    root
        Folder of the store.
    session
        As :func:`locked` gives it.

    Raises
    ------
    OvertakenError
        Saying that nothing was changed after that.
    """
    if session is not None and not session.held():
        raise OvertakenError(
            f"{root}: this run lost its session with the database, which kept runs of other machines out; it changed "
            "nothing after that; run it again"
        )


@contextlib.contextmanager
def locked(root: Path, name: str = LOCK, *, wait: float = LOCK_SECONDS) -> Iterator[SessionLock | None]:
    """Hold a lock of the store; a dead process does not hold it.

    The lock of runs is that of the shared database as well, where there is one.

    Parameters
    ----------
    root
        Folder of the store; it is made.
    name
        File of the lock; runs share the default.
    wait
        Longest wait for it [s].

    Yields
    ------
    SessionLock or None
        The lock of the database, if one is held too; held until the ``with`` ends.

    Raises
    ------
    LockedError
        If another run holds it for that long; the message names it.
    StoreError
        If the shared database cannot be used.
    """
    check_place(root)
    root.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + wait
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(kernel_lock(root / name, wait=wait))
        except Timeout:
            raise _refused(root, _holder(root), wait) from None
        address = lock_address(os.environ) if name == LOCK else None
        try:
            left = max(until - time.monotonic(), 0)
            session = held.enter_context(session_lock(address, wait=left)) if address else None
        except HeldElsewhereError as error:
            raise _refused(root, str(error), wait) from None
        yield session


def _refused(root: Path, holder: str, wait: float) -> LockedError:
    return LockedError(f"{root}: {holder} has held the lock for {wait:g} s; wait for it or stop it", holder)


def _holder(root: Path) -> str:
    last = read_fence(root)
    return f"another run (process {last['process']}, since {last['since']})" if last.get("process") else "another run"


@contextlib.contextmanager
def guarded(root: Path, *, wait: float = LOCK_SECONDS) -> Iterator[Fence]:
    """Hold the store's lock with a fence of its own.

    Parameters
    ----------
    root
        Folder of the store; it is made.
    wait
        Longest wait for the lock [s].

    Yields
    ------
    Fence
        The right to change the store.

    Raises
    ------
    LockedError
        If another run holds the lock for that long.
    """
    with locked(root, wait=wait) as session:
        token = int(read_fence(root).get("token", 0)) + 1
        _write(root, {"token": token, "process": this_process(), "since": f"{datetime.now(tz=UTC):%Y-%m-%dT%H:%M:%SZ}"})
        try:
            yield Fence(root, token, session)
        finally:
            if read_fence(root).get("token") == token:
                _write(root, {"token": token, "process": "", "since": ""})


def clear_holder(root: Path) -> None:
    """Forget which process held the lock last, keeping its number; call it under the lock.

    Parameters
    ----------
    root
        Folder of the store.
    """
    _write(root, {"token": int(read_fence(root).get("token", 0)), "process": "", "since": ""})


def read_fence(root: Path) -> dict[str, Any]:
    """Return the last run's number, process and start.

    Parameters
    ----------
    root
        Folder of the store.

    Returns
    -------
    dict
        ``token, process, since``; empty where no run has begun or the file is damaged.
    """
    content = read_whole(root / FENCE)
    token, process = content.get("token", 0), content.get("process", "")
    return content if isinstance(token, int) and isinstance(process, str) else {}


def _write(root: Path, content: dict[str, Any]) -> None:
    write_whole(root / FENCE, content)
