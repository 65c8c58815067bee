"""One run from end to end against forecasts kept in the repository; ``regenerate.py`` writes them anew."""

import importlib.util
from pathlib import Path

import pandas as pd
import pytest


@pytest.fixture(scope="module")
def golden():
    spec = importlib.util.spec_from_file_location("regenerate", Path(__file__).with_name("regenerate.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_forecasts_stay_where_they_were(golden):
    kept = pd.read_csv(golden.GOLDEN)
    assert len(kept) > 300
    pd.testing.assert_frame_equal(golden.forecasts(), kept, check_dtype=False, rtol=1e-4, atol=1e-9)


def test_backtest_scores_stay_where_they_were(golden):
    pd.testing.assert_frame_equal(golden.scores(), pd.read_csv(golden.SCORES), check_dtype=False, rtol=1e-4)
