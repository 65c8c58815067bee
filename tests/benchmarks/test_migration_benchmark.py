"""The tables of the pages about rollouts are those of the results files, and each check is what it says."""

import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
PARTS = {"all", "1", "2", "4", "8", "begun", "not begun"}


@pytest.fixture(scope="module")
def benchmark():
    return runpy.run_path(str(FOLDER / "migration.py"))


@pytest.fixture(scope="module")
def scores(benchmark):
    return pd.read_csv(benchmark["SCORES"])


@pytest.fixture(scope="module")
def checks(benchmark):
    return pd.read_csv(benchmark["CHECKS"])


def test_the_pages_show_what_was_measured(benchmark, scores, checks):
    pages = benchmark["pages"](scores, checks)
    assert [page.name for page in pages] == ["rollouts.md", "README.md"]
    for page, text in pages.items():
        assert page.read_text(encoding="utf-8") == text


def test_every_method_is_scored_on_the_same_cases(scores):
    assert set(scores["part"]) == PARTS
    for _, own in scores.groupby("part"):
        assert own["method"].is_unique
        assert set(own["cases"]) == {own["cases"].iloc[0]}
        assert own.set_index("method")["ratio"]["last value"] == 1.0
    cases = scores[scores["method"] == "ledger"].set_index("part")["cases"]
    assert cases[["1", "2", "4", "8"]].sum() == cases[["begun", "not begun"]].sum() == cases["all"]


def test_a_bar_that_is_missed_says_so(benchmark):
    missed, told = benchmark["check"]("one", 0.9, "at most 0.80", False), benchmark["check"]("two", 0.123456, "", True)
    rows = pd.DataFrame([missed, told])
    assert benchmark["checks_table"](rows).splitlines()[-2:] == [
        "| one | 0.9 | at most 0.80 | **no** |", "| two | 0.123 |  |  |",
    ]  # fmt: skip


def test_bars_of_operators_left_out_are_those_of_the_scores(scores, checks):
    whole = scores[scores["part"] == "all"].set_index("method").loc["ledger"]
    figures = checks.set_index("check")["figure"]
    assert figures["operators left out, CRPS over last value"] == whole["ratio"]
    assert figures["operators left out, 80 % covers"] == whole["covers"]
    assert (checks["met"] == checks["met"].astype(bool)).all()


@pytest.mark.parametrize(
    ("bound", "share", "held"),
    [("=", 0.5, True), ("=", 0.9, False), ("=", 0.1, False), (">=", 0.1, True), (">=", 0.9, False), ("<=", 0.9, True)],
)
def test_a_statement_lies_inside_a_state_by_its_bound(benchmark, bound, share, held):
    state = np.linspace(0.3, 0.7, 401)
    assert benchmark["_inside"](state, share, 0.0, bound) is held


def test_a_statement_is_as_wide_as_its_error(benchmark):
    state = np.full(400, 0.5)
    assert not benchmark["_inside"](state, 0.6, 0.01)
    assert benchmark["_inside"](state, 0.6, 0.2)


def test_hazards_are_learned_on_one_part_and_told_to_another(benchmark):
    rows, outcome, weight = (
        np.array([[0.0], [0.0], [1.0], [1.0]]),
        np.array([1.0, 0.0] * 2),
        np.array([1.0, 3.0, 3.0, 1.0]),
    )
    assert benchmark["_constant"](rows, outcome, weight)(rows).tolist() == [0.5] * 4
    many = [np.repeat(each, 30, axis=0) for each in (rows, outcome, weight)]
    for learn in ("_logistic", "_boosted"):
        low, high = benchmark[learn](*many)(rows[[0, 2]])
        assert low == pytest.approx(0.25, abs=0.06)
        assert high == pytest.approx(0.75, abs=0.06)
