"""Forecasts by short and long periods: the page shows what the script wrote, and what it measures is no worse."""

import csv
import runpy
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(FOLDER / "temporal.py"))


def test_the_page_shows_the_results(script):
    page = script["PAGE"].read_text(encoding="utf-8")
    assert page.split(script["BEGIN"])[1].split(script["END"])[0].strip() == script["table"]()


def test_every_set_and_level_is_scored_all_ways(script):
    with script["RESULTS"].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["set"] for row in rows} == set(script["SETS"])
    assert {row["way"] for row in rows} == set(script["WAYS"])
    assert all(float(row["crps"]) > 0 for row in rows)
