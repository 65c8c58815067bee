"""Run a small schedule in the foreground: one job at a time, and one run at the start for all that were missed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any, Final

from apscheduler.schedulers.base import BaseScheduler
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger

STATE: Final = "schedule.json"


def missed(trigger: CronTrigger, last: datetime | None, now: datetime) -> bool:
    """Return whether a run was due after the last one and by now; without a last one nothing was missed.

    Parameters
    ----------
    trigger
        Times of the schedule.
    last
        Begin of the last run, with a zone.
    now
        Present moment, with a zone.

    Returns
    -------
    bool
        Whether one run has to catch up.
    """
    if last is None:
        return False
    due = trigger.get_next_fire_time(None, last + timedelta(microseconds=1))
    return due is not None and due <= now


def last_run(root: Path, text: str) -> datetime | None:
    """Return the begin of a schedule's last run.

    Parameters
    ----------
    root
        Folder of state.
    text
        The schedule, under which it is kept.

    Returns
    -------
    datetime or None
        Moment with a zone; ``None`` where it never ran, or the state is damaged.
    """
    try:
        return datetime.fromisoformat(json.loads((root / STATE).read_bytes())[text])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def prepare_schedule(
    scheduler: BaseScheduler, trigger: CronTrigger, job: Callable[[], int], *, root: Path, text: str, now: datetime,
    say: Callable[[str], None],
) -> None:  # fmt: skip
    """Put a job on a scheduler, the first run at once if any was missed while nothing ran.

    Parameters
    ----------
    scheduler
        An APScheduler scheduler that has not started.
    trigger
        Times of the schedule.
    job
        Runs once, and returns an exit code; below zero where a signal ended it.
    root
        Folder that keeps the begin of the schedule's last run.
    text
        The schedule, under which that is kept.
    now
        Present moment, with a zone.
    say
        Takes a line after each run.
    """

    def fire() -> None:
        begun = datetime.now(tz=UTC)
        code = job()
        if code >= 0:  # one that a signal ended is caught up with at the next start
            _keep(root, text, begun)
        say(f"{begun:%Y-%m-%dT%H:%M:%SZ} retrain ended with code {code}")

    scheduler.add_executor("threadpool", max_workers=1)  # a run that takes longer than the interval delays the next
    first = {}
    if missed(trigger, last_run(root, text), now):
        say("a run was missed: running now")
        first = {"next_run_time": now}
    scheduler.add_job(fire, trigger, coalesce=True, max_instances=1, misfire_grace_time=None, **first)


def run_schedule(
    trigger: CronTrigger, words: Sequence[str], *, root: Path, text: str, say: Callable[[str], None]
) -> None:
    """Run a command of shiftcast on a schedule until the process is told to stop; a run under way is stopped too.

    Parameters
    ----------
    trigger
        Times of the schedule.
    words
        Words of the command.
    root, text, say
        As in :func:`prepare_schedule`.
    """
    scheduler, children = BlockingScheduler(), list[subprocess.Popen[bytes]]()

    def job() -> int:
        command = [sys.executable, "-c", "from shiftcast.pipelines.cli import main; main()", *words]
        children[:] = [subprocess.Popen(command)]  # noqa: S603  (this program; a process gives its memory back)
        return children[0].wait()

    def stop(number: int, frame: FrameType | None) -> None:
        for child in children:
            if child.poll() is None:
                child.terminate()
        if not scheduler.running:
            sys.exit(0)
        scheduler.shutdown(wait=False)

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, stop)
    prepare_schedule(scheduler, trigger, job, root=root, text=text, now=datetime.now(tz=UTC), say=say)
    scheduler.start()


def _keep(root: Path, text: str, when: datetime) -> None:
    root.mkdir(parents=True, exist_ok=True)
    try:
        kept: dict[str, Any] = dict(json.loads((root / STATE).read_bytes()))
    except (OSError, ValueError, TypeError, RecursionError):
        kept = {}
    fresh = root / f"{STATE}.new"
    fresh.write_text(json.dumps({**kept, text: when.isoformat()}), encoding="utf-8")
    fresh.replace(root / STATE)
