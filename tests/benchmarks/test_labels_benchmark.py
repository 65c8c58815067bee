"""Guessed labels: the counts by hand, and the table that the page shows."""

import runpy
from pathlib import Path

import pandas as pd
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def benchmark():
    """Return the names of the script."""
    return runpy.run_path(str(FOLDER / "labels.py"))


def test_the_page_shows_what_was_measured(benchmark):
    shown = benchmark["PAGE"].read_text(encoding="utf-8").split(benchmark["BEGIN"])[1].split(benchmark["END"])[0]
    assert shown.strip() == benchmark["table"](pd.read_csv(benchmark["RESULTS"]))


def test_the_hints_score_what_the_file_says(benchmark):
    stored = pd.read_csv(benchmark["RESULTS"]).query("label == 'after'").reset_index(drop=True)
    fresh = benchmark["measured"]("after", benchmark["by_hints"]).reset_index(drop=True)
    pd.testing.assert_frame_equal(fresh[stored.columns], stored, check_dtype=False)


def test_a_guess_where_a_person_cannot_tell_is_wrong(benchmark):
    names = pd.DataFrame({"workload": ["ads", "", "search"], "phase": [""] * 3, "technique": [""] * 3})
    counted = benchmark["scores"](names, [{"workload": "ads"}, {"workload": "ads"}, {}]).iloc[0]
    assert counted[["proposed", "told", "right"]].tolist() == [2, 2, 1]
