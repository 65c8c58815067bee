from __future__ import annotations

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from shiftcast.features.frames import DIMENSIONS
from shiftcast.pipelines.cli import app
from shiftcast.pipelines.store import Store

EARLY, LATE = "2026-03-05", "2026-03-09"


def say(*words):
    done = CliRunner().invoke(app, ["store", *words], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


@pytest.fixture
def here(tmp_path, monkeypatch, usage, digest):
    """Return a store below the working directory with a load and its correction."""
    monkeypatch.chdir(tmp_path)
    store = Store(tmp_path / "mlruns")
    for day, values in ((EARLY, [1.0, 2.0, 3.0]), (LATE, [5.0])):
        store.append(usage(values), None, digest(day), pd.Timestamp(day, tz="UTC"))
    return store


def test_history_lists_every_commit(here):
    told = say("history")
    assert all(word in told for word in (EARLY, LATE, "jobs.csv", "load"))
    entries = json.loads(say("history", "--json"))
    assert [entry["known_at"] for entry in entries] == [EARLY, LATE]
    assert entries[1]["files"]["usage.parquet"][1] == 1


def test_verify_says_that_a_store_is_whole_or_what_is_not(here):
    assert "whole; 2 commits, 0 snapshots" in say("verify")
    next(here.folder.glob("batches/*2-*/usage.parquet")).unlink()
    with pytest.raises(ValueError, match=r"usage\.parquet: is missing; .* \(1 faults in all\)"):
        say("verify")


def test_compact_says_what_it_did(here):
    assert say("compact") == "commit 3 stands for 2 batches\n"
    assert say("compact") == "there is nothing to compact\n"
    assert "compact" in say("history")


def test_snapshot_prints_where_it_is(here):
    assert say("snapshot", "--as-of", EARLY).strip().endswith("store/snapshots/2026-03-05-00000002")


def test_export_writes_what_the_volume_model_reads(here, tmp_path):
    out = tmp_path / "long.csv"
    assert say("export", str(out), "--grain", "hour", "--as-of", EARLY) == f"{out}: 3 rows of 1 series\n"
    long = pd.read_csv(out)
    assert long.columns.tolist() == ["series", "group", "period_end", "value", "bound", *DIMENSIONS, "measure"]
    assert long["period_end"].iloc[0] == "2026-03-01T01:00Z"
    told = say("export", str(out), "--measure", "gpu_hours")
    assert told.endswith("1 rows are of a day that was not over as the usage ends: give `shiftcast volume` "
                         "--as-of 2026-03-01T03:00\n")  # fmt: skip
    assert pd.read_csv(out)[["period_end", "value"]].to_numpy().tolist() == [["2026-03-01", 10.0]]
    with pytest.raises(ValueError, match=r"no usage of measure 'tokens' was known by then; see `shiftcast"):
        say("export", str(out), "--measure", "tokens")


def test_where_nothing_is_stored_it_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="no usage is stored here; load some with `shiftcast ingest` first"):
        say("history")
    assert list(tmp_path.iterdir()) == []
