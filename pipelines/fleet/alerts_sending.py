"""Send what is news in the findings of a check, and keep the ledger of what was told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from shiftcast.pipelines.fleet.alerts import CLEARED, KINDS, SENT, Alert, Told, decide
from shiftcast.pipelines.fleet.alerts_ways import SendError, Way
from shiftcast.pipelines.state.guard import locked
from shiftcast.pipelines.state.lines import append_lines, whole_lines
from shiftcast.pipelines.store.durable import sync

LEDGER: Final = "alerts.jsonl"
LOCK: Final = "alerts.lock"
ALARMED: Final = 3
SCREEN: Final = "screen"  # the way of every check: its alerts are printed, and set the exit code


@dataclass(frozen=True)
class Delivery:
    """What came of the alerts of a check.

    Attributes
    ----------
    new
        Alerts that the screen had not told before, the gravest first.
    standing
        Alerts it told at an earlier check.
    cleared
        Kind and cause of what is gone.
    sent
        Way to how many alerts it took, of those asked for.
    failed
        Why ways failed, a line each.
    """

    new: tuple[Alert, ...]
    standing: tuple[Alert, ...]
    cleared: tuple[tuple[str, str], ...]
    sent: dict[str, int]
    failed: tuple[str, ...]

    def code(self) -> int:
        """Return the exit code: 3 if there is a new alert, otherwise 0.

        Returns
        -------
        int
            Of a command that has printed what it found.

        Raises
        ------
        SendError
            If a way failed, with its reason and the remedy; a command ends with 1.
        """
        if self.failed:
            raise SendError("; ".join(self.failed))
        return ALARMED if self.new else 0


def read_ledger(folder: Path) -> list[Told]:
    """Return what was told of a fleet's alerts, oldest first.

    Parameters
    ----------
    folder
        Folder of the fleet's state.

    Returns
    -------
    list of Told
        Lines that are not whole are passed over.
    """
    return [Told(**line) for line in whole_lines(folder / LEDGER) if is_told(line)]


def is_told(line: Any) -> bool:
    """Return whether a line of the ledger is one that :func:`read_ledger` reads.

    Parameters
    ----------
    line
        What it holds.

    Returns
    -------
    bool
    """
    return isinstance(line, dict) and line.keys() == Told.__dataclass_fields__.keys()


def deliver(
    folder: Path, findings: Sequence[Alert], ways: Sequence[Way] = (), *, at: pd.Timestamp,
    looked: Collection[str] = KINDS,
) -> Delivery:  # fmt: skip
    """Send what is news by every way, and write down what was sent; a way that fails holds no other back.

    A cause is written down after it was sent: a check that is killed in between sends it twice rather than never.

    Parameters
    ----------
    folder
        Folder of the fleet's state, with its ledger.
    findings
        Alerts that a check found, all of one fleet.
    ways
        Ways to send, each of its own name; the screen is one more.
    at
        When, UTC.
    looked
        Kinds that the check looked for; causes of others stay open.

    Returns
    -------
    Delivery
        To print; its exit code is :meth:`Delivery.code`.

    Raises
    ------
    LockedError
        If another check holds the ledger for a minute.
    """
    sent, failed = dict[str, int](), list[str]()
    with locked(folder, LOCK, wait=60):
        ledger = read_ledger(folder)
        for way in ways:
            news = decide(findings, ledger, way=way.name, looked=looked)
            try:
                if news.new:
                    way.send(news.new)
            except SendError as error:
                failed.append(str(error))
            else:
                sent[way.name] = len(news.new)
                _write(folder, way.name, news.new, SENT, at)
            _write(folder, way.name, news.cleared, CLEARED, at)
        told = decide(findings, ledger, way=SCREEN, looked=looked)
        _write(folder, SCREEN, told.new, SENT, at)
        _write(folder, SCREEN, told.cleared, CLEARED, at)
    gone = tuple((line.kind, line.cause) for line in told.cleared)
    return Delivery(told.new, told.standing, gone, sent, tuple(failed))


def _write(folder: Path, way: str, each: Sequence[Alert | Told], state: str, at: pd.Timestamp) -> None:
    if not each:
        return
    fresh = not (folder / LEDGER).exists()
    lines = (Told(f"{at:%Y-%m-%dT%H:%M:%SZ}", way, one.kind, one.cause, one.severity, state) for one in each)
    append_lines(folder / LEDGER, *map(asdict, lines))
    if fresh:
        sync(folder)
