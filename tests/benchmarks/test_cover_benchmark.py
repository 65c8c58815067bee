"""What intervals hold by kind of panel: the page shows what the script wrote, and outcomes are counted as it says."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shiftcast.forecast.volume import own_priors
from shiftcast.pipelines.sources.beliefs import shipped_beliefs

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import cover

sys.path.pop(0)


def test_the_page_shows_the_results():
    page = cover.PAGE.read_text(encoding="utf-8")
    shown = page.split(cover.BEGIN)[1].split(cover.END)[0].strip()
    assert shown == cover.page_table(pd.read_csv(cover.RESULTS))


def test_every_kind_is_in_the_results():
    assert set(cover.KINDS) <= set(pd.read_csv(cover.RESULTS).kind)


def test_an_outcome_inside_counts_one_and_one_that_is_singled_out_its_part():
    even = np.linspace(0, 1, len(cover.LEVELS) + 2)[1:-1][None, None]
    assert cover.held(even, np.array([[0.5]]), 0.8).tolist() == [[1.0]]
    assert cover.held(even, np.array([[0.95]]), 0.8).tolist() == [[0.0]]
    half = np.where(cover.LEVELS <= 0.5, 0.0, 1.0 + cover.LEVELS)[None, None]
    assert cover.held(half, np.array([[0.0]]), 0.8)[0, 0] == pytest.approx(0.4 / 0.5, abs=0.01)


def test_a_certain_and_right_forecast_scores_nothing():
    assert cover.crps(np.full((1, 1, len(cover.LEVELS)), 3.0), np.array([[3.0]])).tolist() == [[0.0]]


@pytest.mark.parametrize("name", ["growing 5 %, 36 months", "13 to 21 months", "8 flat beside 100 dead"])
def test_intervals_hold_on_small_panels(name):
    priors = replace(own_priors(shipped_beliefs()), members=("last_value", "smoothing", "shared_growth"))
    kind = cover.KINDS[name]
    rows = pd.DataFrame([cover.scored(*kind.panel(f"test of {name}", number), priors) for number in range(4)])
    assert 0.74 < rows.holds_80.mean() < 0.87
