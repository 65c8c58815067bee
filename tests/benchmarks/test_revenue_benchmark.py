"""The table of the README is that of the results file, and guidance is believed as the reference says."""

import runpy
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def benchmark():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(FOLDER), *sys.path])
        return runpy.run_path(str(FOLDER / "revenue.py"))


def test_the_readme_shows_what_was_measured(benchmark):
    page = (FOLDER.parent / "README.md").read_text(encoding="utf-8")
    assert benchmark["written"](page, benchmark["table"](pd.read_csv(benchmark["RESULTS"]))) == page


def test_without_quarters_the_prior_is_believed_and_with_many_the_record(benchmark):
    predictive = benchmark["predictive"]
    mean, sd, degrees = predictive(np.array([]))
    assert (mean, degrees) == (0.03, 6.0)
    assert sd == pytest.approx(0.05 * np.sqrt(1.25 * 6 / 4))
    ratios = np.random.default_rng(1).normal(-0.1, 0.02, 5000)
    mean, sd, degrees = predictive(ratios)
    assert (mean, sd) == (pytest.approx(-0.1, abs=0.002), pytest.approx(0.02, abs=0.002))
    assert degrees == 5006


def test_every_benchmark_of_the_model_has_the_model_s_means(benchmark):
    forecasts = benchmark["FORECASTS"]
    for name in ("last value", "drift"):
        assert forecasts[name]._replace(members=None) == forecasts["model"]
        assert forecasts[f"{name} with guidance"]._replace(members=None) == forecasts["model with guidance"]


def test_guidance_of_the_record_is_read_as_of_the_origin(benchmark, record):
    observations = record.observations[record.observations["known_at"] <= pd.Timestamp("2026-02-25", tz="UTC")]
    end = pd.Timestamp("2026-01-25", tz="UTC")
    reported = pd.Series([62.3e9], index=pd.DatetimeIndex([end]))
    median, drawn = benchmark["guided_quarter"](observations, reported, 4000, "test")
    assert np.median(drawn) == pytest.approx(median, rel=0.02)
    assert 71e9 < median < 78e9  # a whole of 78 was guided, of which data centres are nine tenths, and outlooks are low
    assert benchmark["guided_quarter"](observations.iloc[:0], reported, 10, "test") is None
