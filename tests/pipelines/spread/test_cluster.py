"""A real cluster of two workers that share nothing with the driver but a folder, as they would an object store."""

from __future__ import annotations

import shutil
import warnings
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from shiftcast.pipelines.cli import app
from shiftcast.pipelines.engine.spark import session
from shiftcast.pipelines.ingest.load import IngestRequest, ingest
from shiftcast.pipelines.series import volumes as one_machine
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.spread import volumes as spread_volumes
from shiftcast.pipelines.store import Store

MISSING = [name for name, there in (("pyspark", find_spec("pyspark")), ("Java", shutil.which("java"))) if not there]
pytestmark = [
    pytest.mark.slow,  # four Javas start
    pytest.mark.skipif(bool(MISSING), reason=f"the Spark engine needs {' and '.join(MISSING)}, not installed here"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # pyspark's own
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
RUNNER = CliRunner()
DAY = pd.Timestamp("2026-04-01", tz="UTC")
ORDER = ["series", "statistic", "quantile", "period_end"]


@pytest.fixture(scope="module", autouse=True)
def spark(cluster, private, forced):
    with warnings.catch_warnings(), forced(**{"spark.local.dir": str(private / "scratch")}):
        warnings.simplefilter("ignore")
        running = session(cluster)
        yield running
        running.stop()


@pytest.fixture
def on_spark(cluster):
    """Return a function that runs a command on the cluster."""
    return lambda *words: RUNNER.invoke(app, [*map(str, words), "--engine", "spark", "--master", cluster])


def sorted_rows(frame, *more):
    order = [*ORDER, *more]
    return frame.astype(dict.fromkeys(("series", "statistic", *more), str)).sort_values(order, ignore_index=True)


def test_the_workers_do_not_see_the_folders_of_the_driver(spark, private, history, on_spark, hides):
    (private / "own").mkdir()
    history.to_csv(private / "own" / "volumes.csv", index=False)
    here = str(private)
    seen = spark.sparkContext.parallelize(range(4), 4).map(lambda _: [path.name for path in Path(here).iterdir()])
    assert set(map(tuple, seen.collect())) == {()}, hides
    result = on_spark("volume", private / "own" / "volumes.csv", "--horizon", 2, "--output", private / "out")
    said = str(result.exception)
    assert result.exit_code == 1
    assert "a worker cannot see it; put it where all workers can read, such as an object store" in said
    assert said.count("\n") == 0
    assert len(said) < 500


def test_volumes_of_a_pattern_of_uris_are_written_by_the_workers_as_one_machine_forecasts_them(
    store, history, on_spark, tmp_path, alone, monkeypatch
):
    for module in (one_machine, spread_volumes):
        monkeypatch.setattr(module, "CHUNK", 3)  # so that both workers have something to do
    folder = store / "volumes"
    folder.mkdir()
    history.head(150).to_csv(folder / "first.csv", index=False)
    history.tail(-150).to_csv(folder / "second.csv", index=False)
    out, weights = f"{store.as_uri()}/out", f"{store.as_uri()}/weights.csv"
    result = on_spark("volume", f"{folder.as_uri()}/*.csv", "--horizon", 2, "--output", out, "--weights", weights)
    assert result.exit_code == 0, result.exception
    history.to_csv(tmp_path / "whole.csv", index=False)
    alone(tmp_path / "whole.csv", 2, tmp_path / "here.parquet")
    both = [sorted_rows(pd.read_parquet(out)) for out in (store / "out", tmp_path / "here.parquet")]
    pd.testing.assert_frame_equal(*both, check_exact=True)
    assert len(list((store / "out").glob("part-*.parquet"))) > 1
    parts = (store / "weights.csv").glob("part-*.csv")
    assert set(pd.concat(map(pd.read_csv, parts))["group"]) == {"web", "batch", "edge"}


def test_shares_of_parquet_go_to_a_folder_of_csv(store, mixes, on_spark, tmp_path):
    mixes.to_parquet(store / "mixes.parquet")
    mixes.to_parquet(tmp_path / "mixes.parquet")
    words = ("--horizon", 2, "--draws", 40, "--output")
    result = on_spark("shares", f"{store.as_uri()}/mixes.parquet", *words, f"{store.as_uri()}/shares.csv")
    assert result.exit_code == 0, result.exception
    here = RUNNER.invoke(app, ["shares", str(tmp_path / "mixes.parquet"), *map(str, words), str(tmp_path / "out.csv")])
    assert here.exit_code == 0
    there = pd.concat(map(pd.read_csv, sorted((store / "shares.csv").glob("part-*.csv"))))
    both = [sorted_rows(frame, "category") for frame in (there, pd.read_csv(tmp_path / "out.csv"))]
    pd.testing.assert_frame_equal(*both, check_exact=True)


def test_a_refusal_of_a_worker_names_the_file_by_its_uri(store, history, on_spark):
    bad = history.head(30).astype({"value": str})
    bad.loc[4, "value"] = "1,5"
    bad.to_csv(store / "bad.csv", index=False)
    result = on_spark("volume", f"{store.as_uri()}/bad.csv", "--horizon", 2, "--output", f"{store.as_uri()}/none")
    said = str(result.exception)
    assert said.startswith(f"file://{store}/bad.csv: series {bad.series[4]!r}, row 5: value is '1,5'; give a finite")
    assert not (store / "none").exists()


def test_rows_that_workers_write_to_disks_of_their_own_are_missed(private, store, mixes, on_spark, hides):
    mixes.to_parquet(store / "again.parquet")
    result = on_spark(
        "shares", f"{store.as_uri()}/again.parquet", "--horizon", 1, "--draws", 20, "--output", private / "out"
    )
    assert result.exit_code != 0, hides
    assert "name a place that they all share, such as an object store" in str(result.exception)


def test_exports_are_read_by_the_workers_and_stored_as_one_machine_stores_them(store, private, cluster, tmp_path):
    folder = store / "jobs"
    folder.mkdir()
    head = "job_id,start_time,end_time,gpus\n"
    days = [f"2026-03-0{1 + n % 5}" for n in range(40)]
    rows = [f"{n},{day}T0{n % 9}:00:00Z,{day}T1{n % 9}:30:00Z,{1 + n % 4}\n" for n, day in enumerate(days)]
    (folder / "a.csv").write_text(head + "".join(rows[:25]) + "bad,2026-03-01T00:00:00Z,2026-02-01T00:00:00Z,1\n")
    (folder / "b.csv").write_text(head + "".join(rows[20:]))  # five jobs are in both
    (folder / "c.csv").write_bytes((folder / "b.csv").read_bytes())
    exports, work = f"{folder.as_uri()}/*.csv", f"{store.as_uri()}/work"
    on = {"engine": "spark", "master": cluster, "work": work}
    there = ingest(IngestRequest("jobs", (exports,), Setting(), DAY, private / "mlruns", **on))
    here = ingest(IngestRequest("jobs", (str(folder / "*.csv"),), Setting(), DAY, tmp_path))
    assert there.report == here.report
    assert there.report["stored"] == 40
    pd.testing.assert_frame_equal(there.quarantine, here.quarantine)
    order = ["measure", "period_start", "source"]
    stored = [Store(root).as_of(DAY).sort_values(order, ignore_index=True) for root in (private / "mlruns", tmp_path)]
    pd.testing.assert_frame_equal(*stored, rtol=1e-14)
    assert not list((store / "work").iterdir())


def test_a_load_without_a_shared_folder_is_refused(store, cluster, tmp_path):
    with pytest.raises(ValueError, match=r"workers are not on this machine; name a folder they share \(--work"):
        ingest(IngestRequest("jobs", (store.as_uri(),), Setting(), DAY, tmp_path, engine="spark", master=cluster))
