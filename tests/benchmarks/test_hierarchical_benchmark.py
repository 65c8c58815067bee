"""Hierarchies beside peers: the page shows what the scripts wrote, and draws are set beside draws alone."""

import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(params=["hierarchical", "hierarchical_methods"])
def script(request):
    return runpy.run_path(str(FOLDER / f"{request.param}.py"))


def test_the_page_shows_the_results(script):
    page = script["PAGE"].read_text(encoding="utf-8")
    assert page.split(script["BEGIN"])[1].split(script["END"])[0].strip() == script["table"]()


def test_the_ratio_is_of_draws_over_draws_of_the_best_peer_reconciled():
    """By hand from the results file: no published row and no unreconciled peer enters."""
    script = runpy.run_path(str(FOLDER / "hierarchical.py"))
    rows = pd.read_csv(script["RESULTS"])
    last = rows[(rows["kind"] == "draws") & (rows["window"] == 0)].set_index(["set", "forecast"])["wql"]
    line = next(each for each in script["table"]().splitlines() if each.startswith("| shiftcast over the best"))
    told = [float(cell.split(";")[0]) for cell in line.strip("| ").split(" | ")[1:]]
    beside = [name for name in last["labour"].index if name.startswith("AutoETS, ")]
    assert len(beside) == 12
    assert told == pytest.approx(
        [last[name]["shiftcast"] / last[name][beside].min() for name in script["SETS"]], abs=1e-4
    )


def test_the_score_of_a_point_is_its_absolute_error():
    script = runpy.run_path(str(FOLDER / "hierarchical.py"))
    actual = np.array([[4.0, 1.0, 3.0]])  # one period of a total and two leaves
    quantiles = np.repeat(np.array([[[5.0]], [[2.0]], [[3.0]]]), 19, axis=2)
    assert script["score"](actual, quantiles, [1, 2]) == pytest.approx(np.mean([1 / 4, 1 / 4]))
    assert script["of_draws"](np.zeros((3, 1, 10))).shape == (3, 1, 19)
