"""Keep the ledger of runs: one line a step begun, done or failed, keyed by data, code, settings and as-of day.

A run that finds its own key with a step done takes that step's result instead of computing it again. Lines are only
appended; one that was cut short by a kill is passed over.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from shiftcast.pipelines.state.lines import append_lines, whole_lines
from shiftcast.pipelines.state.secrets import without_secrets

LEDGER: Final = "ledger.jsonl"
STEPS: Final = ("ingest", "fit", "backtest", "compare", "register", "publish")
_KINDS: Final = {"at": str, "token": int, "key": str, "origin": str, "step": str, "state": str, "detail": str}
BEGUN, DONE, FAILED = "begun", "done", "failed"


@dataclass(frozen=True)
class LedgerEntry:
    """One line of the ledger.

    Attributes
    ----------
    at
        When, UTC, ISO 8601 to the second.
    token
        Number of the run (:class:`pipelines.state.guard.Fence`).
    key
        SHA-256 of data, code and settings.
    origin
        Day the forecast is made at.
    step
        One of :data:`STEPS`.
    state
        ``begun``, ``done`` or ``failed``.
    detail
        What the step left, such as a digest or a version, or why it failed.
    """

    at: str
    token: int
    key: str
    origin: str
    step: str
    state: str
    detail: str = ""


@dataclass(frozen=True)
class Ledger:
    """The ledger as one run writes it.

    Attributes
    ----------
    root
        Folder of all state.
    token
        Number of the run.
    key
        SHA-256 of data, code and settings.
    origin
        Day the forecast is made at.
    """

    root: Path
    token: int
    key: str
    origin: str

    def write(self, step: str, state: str, detail: str = "") -> None:
        """Append a line, and wait until it is on the disk.

        Parameters
        ----------
        step
            One of :data:`STEPS`.
        state
            ``begun``, ``done`` or ``failed``.
        detail
            Result of the step, or why it failed; passwords in addresses are left out.
        """
        at = f"{datetime.now(tz=UTC):%Y-%m-%dT%H:%M:%SZ}"
        entry = LedgerEntry(at, self.token, self.key, self.origin, step, state, without_secrets(detail))
        append_lines(self.root / LEDGER, asdict(entry))

    @contextlib.contextmanager
    def step(self, step: str) -> Iterator[None]:
        """Write that a step begins, and that it failed if the body raises; that it is done is for :meth:`write`.

        Parameters
        ----------
        step
            One of :data:`STEPS`.

        Yields
        ------
        None
            Nothing; the body of the ``with`` is the step.
        """
        self.write(step, BEGUN)
        try:
            yield
        except Exception as error:
            with contextlib.suppress(OSError):  # such as a full disk, which is what the error says
                self.write(step, FAILED, f"{type(error).__name__}: {error}")
            raise

    def left(self, step: str) -> str | None:
        """Return the result that a step last left under this key.

        Parameters
        ----------
        step
            One of :data:`STEPS`.

        Returns
        -------
        str or None
            The line's ``detail``; ``None`` where the step was never done.
        """
        mine = [entry for entry in entries(self.root) if (entry.key, entry.step, entry.state) == (self.key, step, DONE)]
        return mine[-1].detail if mine else None


def entries(root: Path) -> Iterator[LedgerEntry]:
    """Yield the lines of a store's ledger, oldest first; lines that are not whole are passed over.

    Parameters
    ----------
    root
        Folder of all state.

    Yields
    ------
    LedgerEntry
        The next whole line.
    """
    for line in whole_lines(root / LEDGER):
        try:
            entry = LedgerEntry(**line)
        except TypeError:
            continue
        if all(isinstance(getattr(entry, each), kind) for each, kind in _KINDS.items()):
            yield entry


def unfinished(root: Path) -> list[LedgerEntry]:
    """Return the last line of each run since the last that published, unless it ended in a failed step.

    Parameters
    ----------
    root
        Folder of all state.

    Returns
    -------
    list of LedgerEntry
        One line a run.
    """
    last: dict[int, LedgerEntry] = {}
    for entry in entries(root):
        last[entry.token] = entry
        if (entry.step, entry.state) == (STEPS[-1], DONE):
            last.clear()
    return [entry for entry in last.values() if entry.state != FAILED]
