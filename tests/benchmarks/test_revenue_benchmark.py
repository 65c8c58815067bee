"""The tables of the README are those of the results file, and a spread prior is refitted without the scored years."""

import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def benchmark():
    return runpy.run_path(str(FOLDER / "revenue.py"))


@pytest.fixture(scope="module")
def results(benchmark):
    return pd.read_csv(benchmark["RESULTS"])


def test_the_readme_shows_what_was_measured(benchmark, results):
    page = (FOLDER.parent / "README.md").read_text(encoding="utf-8")
    assert page.split(benchmark["BEGIN"])[1].split(benchmark["END"])[0].strip() == benchmark["tables"](results)


def test_every_naive_forecast_has_the_model_s_means(benchmark):
    forecasts = benchmark["FORECASTS"]
    for name in ("last value", "drift"):
        for said, like in (("", "model without either"), (" with guidance", "model without ceiling"),
                           (" with both", "model")):  # fmt: skip
            assert forecasts[f"{name}{said}"]._replace(members=None) == forecasts[like]


def test_a_bar_that_is_missed_says_so(benchmark, results):
    worse = results.assign(crps=results["crps"].where(results["forecast"] != "model", 1.0))
    said = {line.split("|")[1].strip(): line.split("|")[-2].strip() for line in benchmark["bars"](worse).splitlines()}
    assert said["CRPS over last value at 1, 4, 8 quarters"] == "missed"
    assert said["CRPS since 2024"] == "missed"
    assert said["build cost"] == "met"


def test_a_spread_prior_is_fitted_to_the_errors_outside_its_years(benchmark):
    steps = np.arange(1, 9)
    made = pd.to_datetime(["2020-05-01", "2022-05-01", "2024-05-01"], utc=True)
    seen = pd.DataFrame({"made": np.repeat(made, 8), "horizon": np.tile(steps, 3),
                         "error": np.concatenate([0.1 * steps, 0.2 * steps**0.5, 0.1 * steps])})  # fmt: skip
    spread = benchmark["priors"](seen)["2022"]
    assert (spread.sigma, spread.power) == (pytest.approx(0.1), pytest.approx(1.0))
