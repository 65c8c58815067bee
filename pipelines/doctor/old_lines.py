"""Find lines of ledgers that nothing reads any more: of runs that ended, and of alerts that were told again since."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from shiftcast.pipelines.doctor.fault import Fault
from shiftcast.pipelines.fleet.alerts_sending import LEDGER as ALERTS
from shiftcast.pipelines.fleet.alerts_sending import LOCK, is_told
from shiftcast.pipelines.fleet.place import fleet_names, fleet_root
from shiftcast.pipelines.state.guard import locked
from shiftcast.pipelines.state.ledger import LEDGER, unfinished
from shiftcast.pipelines.state.lines import Line, keep_lines, lines_that_go, whole_lines

Goes = Callable[[Line], bool]
_WAIT: Final = 60  # seconds, as a check of alerts waits


def old_lines(root: Path, is_old: Callable[[float], bool]) -> Iterator[Fault]:
    """Yield what goes of the ledger of runs and of each fleet's ledger of alerts.

    Parameters
    ----------
    root
        Folder of the store.
    is_old
        Whether a moment [seconds since 1970] lies further back than what is kept.

    Yields
    ------
    Fault
        One a file.
    """
    yield from _of(root / LEDGER, partial(_of_runs_that_ended, root, is_old))
    for folder in (fleet_root(root, name) for name in fleet_names(root)):
        yield from _of(folder / ALERTS, partial(_told_again, folder / ALERTS, is_old), folder)


def _of(path: Path, judge: Callable[[], Goes], locks: Path | None = None) -> Iterator[Fault]:
    count, size = lines_that_go(path, judge())
    if count:
        yield Fault("ledger", f"{path}: {count} old lines", "are removed", partial(_drop, path, judge, locks), size)


def _drop(path: Path, judge: Callable[[], Goes], locks: Path | None) -> None:
    """Drop lines, judged anew under the lock of what appends to them: runs are kept out already."""
    with locked(locks, LOCK, wait=_WAIT) if locks is not None else contextlib.nullcontext():
        keep_lines(path, judge())


def _of_runs_that_ended(root: Path, is_old: Callable[[float], bool]) -> Goes:
    under_way = [each.token for each in unfinished(root)]  # a damaged line may hold anything for one
    return lambda line: _is_old(line, is_old) and line.get("token") not in under_way


def _told_again(path: Path, is_old: Callable[[float], bool]) -> Goes:
    """Return what tells that an alert is old and that a later line says more of its cause: no check looks at it."""
    last = {_cause(line): line for line in whole_lines(path) if is_told(line)}
    return lambda line: is_told(line) and _is_old(line, is_old) and last[_cause(line)] != line


def _cause(line: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(line.get(name) for name in ("way", "kind", "cause"))


def _is_old(line: Line, is_old: Callable[[float], bool]) -> bool:
    try:
        return is_old(datetime.fromisoformat(str(line["at"])).timestamp())
    except (KeyError, ValueError, OverflowError):
        return False
