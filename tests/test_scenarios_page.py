"""The page of scenarios is what its results say, and tells of every scenario that ships."""

import importlib.util
from pathlib import Path

import pandas as pd
import pytest

from shiftcast.pipelines.sources.scenario_files import shipped_scenarios

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("scenarios_benchmark", ROOT / "benchmarks" / "scenarios.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_shows_the_results(benchmark):
    shown = benchmark.PAGE.read_text(encoding="utf-8").split(benchmark.BEGIN)[1].split(benchmark.END)[0]
    assert shown.strip() == benchmark.page_table(pd.read_csv(benchmark.RESULTS))


def test_the_results_are_of_the_scenarios_that_ship(benchmark):
    results = pd.read_csv(benchmark.RESULTS)
    assert set(results["scenario"]) == set(shipped_scenarios())
    assert set(results["measure"]) == set(benchmark.SHOWN)
    assert set(results["quarter"]) == {benchmark.QUARTER}
