"""Loads that keep identities: the page shows what the script wrote, and both ways come to one total."""

import runpy
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(FOLDER / "items.py"))


def test_the_page_shows_the_results(script):
    page = script["PAGE"].read_text(encoding="utf-8")
    assert page.split(script["BEGIN"])[1].split(script["END"])[0].strip() == script["table"]()


@pytest.mark.slow
def test_both_ways_come_to_one_total_and_a_day_replaces_what_it_should(script, tmp_path):
    rows = script["same"](tmp_path, 20_000, 1)
    assert {each["rows"] for each in rows} == {20_000}
    script["daily"].__globals__["ONE"] = 3_000  # rows of a day
    rows = script["daily"](tmp_path, 30_000)
    assert [each["rows"] for each in rows] == [3_000, 2_900, 3_000]
