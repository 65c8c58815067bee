"""The page of scenarios is what its results say, and tells of every scenario that ships."""

import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from shiftcast.pipelines.sources.scenario_files import shipped_scenarios

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def benchmark():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(ROOT / "benchmarks"), *sys.path])
        return SimpleNamespace(**runpy.run_path(str(ROOT / "benchmarks" / "scenarios.py")))


def test_the_page_shows_the_results(benchmark):
    shown = benchmark.PAGE.read_text(encoding="utf-8").split(benchmark.BEGIN)[1].split(benchmark.END)[0]
    assert shown.strip() == benchmark.page_table(pd.read_csv(benchmark.RESULTS))


def test_the_results_are_of_the_scenarios_that_ship(benchmark):
    results = pd.read_csv(benchmark.RESULTS)
    assert set(results["scenario"]) == set(shipped_scenarios())
    assert set(results["measure"]) == set(benchmark.SHOWN)
    assert set(results["quarter"]) == {benchmark.QUARTER}
