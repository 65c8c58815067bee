"""Sizes on Spark: the page shows what the script wrote, and the histories are as short as it says."""

import runpy
from pathlib import Path

import pandas as pd
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(FOLDER / "spark.py"))


def test_the_page_shows_the_results(script):
    page = script["PAGE"].read_text(encoding="utf-8")
    assert page.split(script["BEGIN"])[1].split(script["END"])[0].strip() == script["table"]()


def test_histories_are_short_and_in_whole_groups(script, tmp_path):
    rows = script["generate"](tmp_path / "in", 2_500)
    frame = pd.concat(map(pd.read_parquet, (tmp_path / "in").iterdir()))
    assert len(frame) == rows
    assert frame.groupby("series").size().agg(["min", "max"]).tolist() == list(script["POINTS"])
    assert frame.groupby("group")["series"].nunique().tolist() == [1_000, 1_000, 500]
    assert (frame.groupby("series").period_end.max() == pd.Timestamp("2024-12-31")).all()
