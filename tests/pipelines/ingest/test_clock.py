from datetime import UTC, datetime
from types import SimpleNamespace

import pandas as pd
import pytest
from typer.testing import CliRunner

from shiftcast.pipelines.cli import app
from shiftcast.pipelines.ingest.clock import doubt_clock
from shiftcast.pipelines.store import log

JOBS = (
    "job_id,state,submit_time,start_time,end_time,gpus\n"
    "7,COMPLETED,2026-03-01T00:00:00Z,2026-03-01T00:00:00Z,2026-03-01T05:00:00Z,2\n"
)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Return a folder of state whose one load was recorded as of 2040."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jobs.csv").write_text(JOBS, encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(log, "datetime", SimpleNamespace(now=lambda _: datetime(2040, 5, 1, 12, tzinfo=UTC)))
        assert ingest().exit_code == 0
    return tmp_path / "mlruns"


def ingest(*more):
    return CliRunner().invoke(app, ["ingest", "jobs", "jobs.csv", *more], catch_exceptions=False)


@pytest.mark.parametrize(("today", "doubted"), [("2040-04-29", True), ("2040-04-30", False), ("2040-05-02", False)])
def test_a_clock_that_lies_days_behind_the_last_commit_is_doubted(here, today, doubted):
    said = doubt_clock(here, pd.Timestamp(today, tz="UTC"))
    assert ("the store was last written to on 2040-05-01" in said) is doubted


def test_where_nothing_is_stored_no_clock_is_doubted(tmp_path):
    assert doubt_clock(tmp_path, pd.Timestamp("2026-03-01", tz="UTC")) == ""


def test_a_load_of_a_slow_clock_is_told_of_unless_its_day_is_given(here):
    assert "set the clock right, or give --known-at" in ingest().stderr
    assert "clock" not in ingest("--known-at", "2026-03-05").stderr
