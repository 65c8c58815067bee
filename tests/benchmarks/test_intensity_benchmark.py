"""The tables of intensity and sums on the demand page are those of the results files, and hold what they have to."""

import runpy
from pathlib import Path

import pandas as pd
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def benchmark():
    return runpy.run_path(str(FOLDER / "intensity.py"))


@pytest.fixture(scope="module")
def results(benchmark):
    return {name: pd.read_csv(path) for name, path in benchmark["RESULTS"].items()}


def test_the_page_shows_what_was_drawn(benchmark, results):
    page = benchmark["PAGE"].read_text(encoding="utf-8")
    assert page.split(benchmark["BEGIN"])[1].split(benchmark["END"])[0].strip() == benchmark["tables"](results)


def test_every_disclosed_share_of_work_stands_beside_ours(results, record):
    rows = record.observations.query("measure == 'share' and base in ['work', 'cycles', 'watts']")
    assert sorted(results["beside"]["definition"]) == sorted(rows["definition"])


def test_no_lower_bound_that_compares_lies_above_our_interval(results):
    bounds = results["beside"].query("bound == '>=' and comparable.str.startswith('in part')", engine="python")
    assert len(bounds) >= 3
    assert (bounds["disclosed"] < bounds["high"]).all()


def test_pooled_rows_are_those_of_the_record(results, known_on):
    assumed = known_on(pd.Timestamp("2026-11-29", tz="UTC")).assumptions.set_index("name")["mid"]
    rows = results["evidence"].set_index("name")["pooled"].filter(regex=r"^(ratio|mfu)\.")
    assert set(rows.index) == {"ratio.sequence", "ratio.llm", "mfu.deep", "mfu.sequence", "mfu.llm"}
    assert rows.to_dict() == pytest.approx(assumed[rows.index].to_dict(), rel=1e-4)


def test_a_multiple_of_flop_follows_from_cost_and_utilisation(results):
    rows = results["flops"]
    assert (rows["cost"] * rows["mfu"] / rows["mfu_before"]).to_numpy() == pytest.approx(rows["implied"], rel=1e-3)
