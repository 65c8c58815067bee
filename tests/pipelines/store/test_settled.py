"""Readers find a whole store whatever moment a compaction takes the files from under them."""

import contextlib
import errno

import pandas as pd
import pytest
from typer.testing import CliRunner

from shiftcast.pipelines.cli import app
from shiftcast.pipelines.ingest.load import IngestRequest, ingest
from shiftcast.pipelines.publish.sql import open_sql
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.store import Store, files, loading
from shiftcast.pipelines.store import verify as verifying
from shiftcast.pipelines.store.settled import settled
from shiftcast.pipelines.store.snapshots import take_snapshot
from shiftcast.pipelines.store.verify import verify

LAST = pd.Timestamp("2026-03-09", tz="UTC")


@pytest.fixture
def filled(store, usage, digest):
    """Return a store of three batches."""
    for number in range(3):
        store.append(usage([float(number)], source=f"{number}.csv"), None, digest(str(number)), LAST)
    return store


def exported(store):
    """Return the sum of what the command writes."""
    into = store.root.parent / "usage.csv"
    with contextlib.chdir(store.root.parent):
        done = CliRunner().invoke(app, ["store", "export", str(into), "--as-of=2026-03-09"], catch_exceptions=False)
    assert done.exit_code == 0
    return pd.read_csv(into)["value"].sum()


def load(root, number):
    """Load a job of so many times 40 hours."""
    file = root.parent / f"{number}.csv"
    file.write_text(
        "job_id,state,submit_time,start_time,end_time,gpus\n"
        f"{number},COMPLETED,2026-03-01T00:00:00Z,2026-03-01T00:00:00Z,2026-03-01T10:00:00Z,{4 * number}\n",
        encoding="utf-8",
    )
    ingest(IngestRequest("jobs", (str(file),), Setting(cluster=f"c{number}"), LAST, root))


def selected(store):
    statement = "select sum(value) from usage"
    found = open_sql(store.root, as_of=LAST, statement=statement).execute(statement).fetchone()
    return found[0]


@pytest.mark.parametrize("moment", [0, 2, 5])
@pytest.mark.parametrize(
    ("read", "expected"),
    [(verify, []), (lambda store: take_snapshot(store, LAST), "2026-03-09-00000004"),
     (lambda store: store.as_of(LAST)["value"].sum(), 3.0), (exported, 3.0), (selected, 3.0),
     (lambda store: len(store.quarantine()), 0)],
    ids=["verify", "snapshot", "as of", "export", "sql", "quarantine"],
)  # fmt: skip
def test_a_compaction_while_files_are_checked_is_no_damage(filled, monkeypatch, moment, read, expected):
    real, checks = files.fault, []

    def checked(path, digest):
        said = real(path, digest)
        checks.append(path)
        if len(checks) == moment + 1:
            Store(filled.root).compact()
        return said

    for module in (files, verifying):
        monkeypatch.setattr(module, "fault", checked)
    found = read(filled)
    assert found == expected or (len(checks) <= moment and found == "2026-03-09-00000003")


@pytest.mark.parametrize("moment", [1, 2])
def test_a_load_whose_stored_items_a_compaction_takes_away_reckons_again(tmp_path, monkeypatch, moment):
    store, real, calls = Store(tmp_path / "mlruns"), loading.item_files, []
    for seed in (1, 2):
        load(store.root, seed)

    def found(folder, entries, months):
        calls.append(1)
        if len(calls) == moment == 1:
            Store(store.root).compact()
        paths = real(folder, entries, months)
        if len(calls) == 1 and moment == 2:
            Store(store.root).compact()
        return paths

    monkeypatch.setattr(loading, "item_files", found)
    load(store.root, 3)
    assert len(calls) == 2
    rows = store.as_of(LAST, measure="gpu_hours")
    assert rows.groupby("source", observed=True)["value"].sum().tolist() == [40.0, 80.0, 120.0]
    assert verify(store) == []


def test_a_load_beside_items_that_are_gone_ends_at_once(tmp_path, monkeypatch):
    store = Store(tmp_path / "mlruns")
    load(store.root, 1)
    next(store.folder.glob("batches/*/items-2026-03.parquet")).unlink()
    real, calls = loading.write_load, []
    monkeypatch.setattr(loading, "write_load", lambda *given: (calls.append(1), real(*given)))
    with pytest.raises(StoreError, match=r"items-2026-03\.parquet: is missing"):
        load(store.root, 2)
    assert len(calls) == 1


def test_what_fails_while_nobody_writes_is_said_at_once(filled):
    calls = []

    def broken():
        calls.append(1)
        raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(OSError, match="Input/output error"):
        settled(filled, broken)
    assert len(calls) == 1


def test_a_reader_that_is_overtaken_over_and_over_ends(filled, usage, digest):
    calls = []

    def overtaken():
        calls.append(1)
        filled.append(usage([1.0], source="x.csv"), None, digest(f"new {len(calls)}"), LAST)
        raise StoreError("gone")

    with pytest.raises(StoreError, match="gone"):
        settled(filled, overtaken)
    assert len(calls) == 3
