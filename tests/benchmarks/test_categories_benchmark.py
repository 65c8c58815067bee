"""Pages show what the benchmarks of volumes by category and of random walks of shares measured."""

import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(params=["categories", "share_walks"])
def benchmark(request):
    """Return the names of a script."""
    return runpy.run_path(str(FOLDER / f"{request.param}.py"))


def test_the_page_shows_the_results_file(benchmark):
    page = benchmark["PAGE"].read_text(encoding="utf-8")
    shown = page.split(benchmark["BEGIN"])[1].split(benchmark["END"])[0]
    assert shown.strip() == benchmark["table"](pd.read_csv(benchmark["RESULTS"]))


def test_random_walks_of_shares_are_held():
    results = pd.read_csv(FOLDER / "share_walks.csv")
    one = results[(results["ahead"] == 1) & (results["scale"] == "as measured")]["inside"]
    assert 0.76 < one.mean() < 0.84


def test_crps_by_hand():
    scored = runpy.run_path(str(FOLDER / "categories.py"))["scored"]
    end = pd.Timestamp("2026-01-31")
    future = pd.DataFrame({"series": "s", "category": ["a", "b"], "period_end": end, "value": [7.0, 3.0]})
    draws = pd.DataFrame({"series": "s", "category": np.repeat(["a", "b", "the whole"], 3), "draw": [1, 2, 3] * 3,
                          "period_end": end.tz_localize("UTC"), "value": np.repeat([5.0, 3.0, 8.0], 3)})  # fmt: skip
    rows = scored(draws, future).set_index("category")
    np.testing.assert_allclose(rows.loc[["a", "b", "the whole"], "crps"], [0.2, 0.0, 0.2])
    assert rows["inside"].tolist() == [False, True, False]
