"""The same plan on Spark; skipped, saying so, where Java or pyspark is missing."""

from __future__ import annotations

import shutil
import warnings
from importlib.util import find_spec

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shiftcast.features.frames import DIMENSIONS
from shiftcast.pipelines.engine import aggregate, collect, fan_out, inputs
from shiftcast.pipelines.engine.arrow import to_arrow
from shiftcast.pipelines.engine.items import Group, changes_of
from shiftcast.pipelines.engine.spark import session

MISSING = [name for name, there in (("pyspark", find_spec("pyspark")), ("Java", shutil.which("java"))) if not there]
pytestmark = [
    pytest.mark.slow,  # Java starts
    pytest.mark.skipif(bool(MISSING), reason=f"the Spark engine needs {' and '.join(MISSING)}, not installed here"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # pyspark's own
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
ORDER = [*DIMENSIONS, "measure", "source", "period_start"]


@pytest.fixture(scope="module", autouse=True)
def spark():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        running = session("local[2]")
    running.sparkContext.setLogLevel("ERROR")
    running.conf.set("spark.sql.shuffle.partitions", "1")  # a handful of rows
    yield running
    running.stop()


def cells(engine, grain, **rows):
    found = collect(aggregate(grain=grain, engine=engine, **rows)).sort_values(ORDER, ignore_index=True)
    return found.astype({"period_start": "datetime64[us, UTC]"})


def test_both_engines_give_equal_usage_of_rows_of_every_kind(mixed, tmp_path):
    for name, rows in zip(("spans", "points"), mixed, strict=True):
        pq.write_table(to_arrow(rows), tmp_path / f"{name}.parquet")
    rows = {name: tmp_path / f"{name}.parquet" for name in ("spans", "points")}
    here, there = (cells(engine, "hour", **rows) for engine in ("duckdb", "spark"))
    assert here["how"].value_counts().to_dict()["mean"] == 1
    pd.testing.assert_frame_equal(there, here, rtol=1e-14)


def test_both_engines_give_equal_changes_of_items(mixed, tmp_path):
    spans, points = mixed
    held = spans.assign(how="span", series="")
    read = points.rename(columns={"at": "start", "value": "amount"}).assign(end=pd.NaT)
    parts = pd.concat([held, read], ignore_index=True).drop(columns="line", errors="ignore")
    parts["end"] = pd.to_datetime(parts["end"], utc=True)
    day = pd.Timestamp("2026-04-01", tz="UTC")
    pq.write_table(to_arrow(parts), tmp_path / "new.parquet")
    back = parts[parts["how"] != "counter"].head(3).assign(known_at=day + pd.Timedelta(days=1), weight=-1)
    pq.write_table(to_arrow(back), tmp_path / "back.parquet")
    groups = [Group([tmp_path / "new.parquet"], day), Group([tmp_path / "back.parquet"])]
    both = []
    for engine in ("duckdb", "spark"):
        with changes_of(groups, "hour", engine=engine) as changes:
            both.append(collect(changes).sort_values([*ORDER, "known_at"], ignore_index=True))
    here, there = both
    moments = dict.fromkeys(("period_start", "known_at", "moment"), "datetime64[us, UTC]")
    pd.testing.assert_frame_equal(there.astype(moments), here.astype(moments), rtol=1e-14)
    assert here["rows"].min() < 0


def test_both_engines_cut_quarters_alike_and_take_streams_and_nanoseconds(mixed, tmp_path):
    spans, _ = mixed
    table = to_arrow(spans)
    for name in ("start", "end"):
        at = table.schema.get_field_index(name)
        table = table.set_column(at, name, table[name].cast(pa.timestamp("ns", "UTC")))
    pq.write_table(table, tmp_path / "spans.parquet")
    there = cells("spark", "quarter", spans=tmp_path / "spans.parquet")
    pd.testing.assert_frame_equal(there, cells("duckdb", "quarter", spans=spans), rtol=1e-14)


def test_fits_on_spark_are_those_of_the_loop():
    rows = pd.DataFrame({"series": ["b", "a", "a"], "value": [1.0, 2.0, 4.0]})

    def fit(mine: pd.DataFrame) -> pd.DataFrame:
        end = pd.Timestamp("2026-03-31", tz="UTC").as_unit("us")
        return pd.DataFrame({"end": [end], "mean": [mine["value"].mean()], "rows": [len(mine)]})

    pd.testing.assert_frame_equal(fan_out(rows, "series", fit, "spark"), fan_out(rows, "series", fit))


def test_tables_of_the_session_stay_in_it(mixed, tmp_path, monkeypatch):
    for name, rows in zip(("spans", "points"), mixed, strict=True):
        pq.write_table(to_arrow(rows), tmp_path / f"{name}.parquet")
    paths = {name: tmp_path / f"{name}.parquet" for name in ("spans", "points")}
    monkeypatch.setattr(inputs, "stream", None)  # nothing comes through this process
    tables = {name: ibis.pyspark.connect(session()).read_parquet(str(path)) for name, path in paths.items()}
    there = cells("spark", "hour", **tables)
    pd.testing.assert_frame_equal(there, cells("duckdb", "hour", **paths), rtol=1e-14)


def test_fits_of_a_table_are_a_table_of_its_session(tmp_path):
    rows = pd.DataFrame({"series": ["b", "a", "a"], "value": [1.0, 2.0, 4.0]})
    rows.to_parquet(tmp_path / "rows.parquet")
    table = ibis.pyspark.connect(session()).read_parquet(str(tmp_path / "rows.parquet"))

    def fit(mine: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"mean": [mine["value"].mean()]})

    there = fan_out(table, "series", fit, "spark")
    assert there.get_backend() is table.get_backend()
    pd.testing.assert_frame_equal(collect(there.order_by("series")), fan_out(rows, "series", fit), check_dtype=False)


def test_a_session_in_another_zone_is_refused(spark):
    spark.conf.set("spark.sql.session.timeZone", "Asia/Kolkata")
    try:
        with pytest.raises(ValueError, match=r"session is in Asia/Kolkata; set spark\.sql\.session\.timeZone to UTC"):
            session()
    finally:
        spark.conf.set("spark.sql.session.timeZone", "UTC")


@pytest.mark.parametrize("master", ["local[2]; rm", "http://host", "", "spark://host:7077 --jars x", "sc://host;rm"])
def test_a_master_of_no_known_form_is_refused(master):
    with pytest.raises(ValueError, match="is not of a form such as"):
        session(master)
