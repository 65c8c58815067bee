import json
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from apscheduler.schedulers.background import BackgroundScheduler

from shiftcast.pipelines.schedule.cron import as_trigger, parse_cron
from shiftcast.pipelines.schedule.runner import STATE, last_run, missed, prepare_schedule

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday
WEEKLY = as_trigger(parse_cron("0 6 * * MON"), ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("last", "expected"),
    [(None, False), (timedelta(hours=5), False), (timedelta(hours=7), True), (timedelta(days=40), True)],
)
def test_a_run_is_missed_if_one_was_due_since_the_last(last, expected):
    assert missed(WEEKLY, None if last is None else NOW - last, NOW) is expected


@pytest.mark.parametrize("content", [b"", b"[]", b'{"t": "yesterday"}', b'{"t": 1}'])
def test_a_damaged_state_is_no_last_run(tmp_path, content):
    (tmp_path / STATE).write_bytes(content)
    assert last_run(tmp_path, "t") is None


def scheduled(tmp_path, *, last, trigger, enough):
    """Run a background schedule until ``enough`` runs have ended, and return how many and what was said."""
    if last is not None:
        tmp_path.joinpath(STATE).write_text(json.dumps({"t": last.isoformat(), "other": "kept"}), encoding="utf-8")
    said, done, codes = [], threading.Semaphore(0), []

    def job():
        codes.append(3)
        return 3

    def say(line):
        said.append(line)
        if "ended" in line:
            done.release()

    scheduler = BackgroundScheduler()
    prepare_schedule(scheduler, trigger, job, root=tmp_path, text="t", now=datetime.now(tz=UTC), say=say)
    scheduler.start()
    try:
        for _ in range(enough):
            assert done.acquire(timeout=60)
    finally:
        scheduler.shutdown(wait=True)
    return len(codes), said


def test_a_run_that_was_missed_is_caught_up_with_once_and_kept(tmp_path):
    began = datetime.now(tz=UTC)
    count, said = scheduled(tmp_path, last=began - timedelta(days=30), trigger=WEEKLY, enough=1)
    assert count == 1
    assert said[0] == "a run was missed: running now"
    assert said[1].endswith("retrain ended with code 3")
    assert last_run(tmp_path, "t") >= began
    assert json.loads((tmp_path / STATE).read_text(encoding="utf-8"))["other"] == "kept"
    assert not missed(WEEKLY, last_run(tmp_path, "t"), datetime.now(tz=UTC))


def test_runs_follow_the_trigger(tmp_path):
    from apscheduler.triggers.interval import IntervalTrigger  # noqa: PLC0415  (only this test needs it)

    every = IntervalTrigger(seconds=0.05, timezone=UTC)
    count, said = scheduled(tmp_path / "new", last=None, trigger=every, enough=3)
    assert count >= 3
    assert not any("missed" in line for line in said)


def test_a_run_that_a_signal_ended_is_caught_up_with_next_time(tmp_path):
    scheduler, said = BackgroundScheduler(), []
    last = datetime.now(tz=UTC) - timedelta(days=30)
    tmp_path.joinpath(STATE).write_text(json.dumps({"t": last.isoformat()}), encoding="utf-8")
    ended = threading.Event()

    def say(line):
        said.append(line)
        if "ended" in line:
            ended.set()

    prepare_schedule(
        scheduler, WEEKLY, lambda: -15, root=tmp_path, text="t", now=datetime.now(tz=UTC), say=say
    )  # fmt: skip
    scheduler.start()
    assert ended.wait(60)
    scheduler.shutdown()
    assert said[-1].endswith("ended with code -15")
    assert last_run(tmp_path, "t") == last


def test_the_foreground_schedule_runs_the_command_and_stops_when_told(tmp_path):
    (tmp_path / "mlruns").mkdir()
    last = {"0 6 * * MON UTC --help": "2020-01-01T00:00:00+00:00"}
    (tmp_path / "mlruns" / STATE).write_text(json.dumps(last), encoding="utf-8")
    words = [sys.executable, "-c", "from shiftcast.pipelines.cli import main; main()", "schedule", "--", "--help"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])}
    with subprocess.Popen(  # noqa: S603  (our own words)
        words, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as running:
        said = [running.stderr.readline() for _ in range(3)]
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=60) == 0
    assert said[0] == "shiftcast: retraining at 0 6 * * MON UTC; stop with Ctrl-C\n"
    assert said[1] == "a run was missed: running now\n"
    assert said[2].endswith("retrain ended with code 0\n")


def test_nothing_runs_before_its_time(tmp_path):
    count, said = scheduled(tmp_path, last=datetime.now(tz=UTC), trigger=WEEKLY, enough=0)
    assert (count, said) == (0, [])
