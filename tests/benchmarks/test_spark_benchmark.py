"""The page of sizes shows what was measured."""

import runpy
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(ROOT / "benchmarks" / "spark.py"))


def test_the_page_shows_the_results(script):
    page = script["PAGE"].read_text(encoding="utf-8")
    assert f"{script['BEGIN']}\n{script['table']()}\n{script['END']}" in page


def test_every_series_of_a_size_is_forecast_and_memory_hardly_grows(script):
    found = pd.read_csv(script["RESULTS"])
    assert (found.rows_written == found.series * script["HORIZON"] * 22).all()  # a mean and 21 quantiles
    on_spark = found[found.engine != "here"].sort_values("series")
    memory = on_spark.driver_gib + on_spark.python_gib
    assert on_spark.series.iloc[-1] >= 10 * on_spark.series.iloc[0]
    assert memory.iloc[-1] < 2 * memory.iloc[0]


def test_histories_are_short_and_whole(script, tmp_path):
    rows = script["generate"](tmp_path / "in", 300)
    table = pd.read_parquet(tmp_path / "in")
    assert len(table) == rows
    assert table.groupby("series").size().between(*script["POINTS"]).all()
    assert table.groupby("series")["period_end"].max().unique().tolist() == [table["period_end"].max()]
