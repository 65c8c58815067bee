"""Crossing dates of drawn shares by hand."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from shiftcast.forecast.views.crossing import Condition, crossing_dates, periods_to, read_condition

PATHS = [[0.2, 0.4, 0.6], [0.5, 0.4, 0.3], [0.1, 0.2, 0.3], [0.1, 0.5, 0.9]]


@pytest.fixture
def draws():
    """Return four draws of one series: llm as listed, deep the rest."""
    llm = np.array(PATHS)
    values = np.stack([1.0 - llm, llm], axis=1)[:, None]
    ends = pd.to_datetime([["2026-12-31", "2027-12-31", "2028-12-31"]][0]).to_numpy()
    coords = {
        "series": ["s"],
        "category": ["deep", "llm"],
        "period": [1, 2, 3],
        "period_end": (("series", "period"), ends[None]),
    }
    return xr.DataArray(values, coords, ("draw", "series", "category", "period"))


def test_first_passage_by_hand(draws):
    found = periods_to(draws, Condition(("llm",), 0.5)).to_numpy().ravel()
    assert np.array_equal(found, [3.0, 1.0, np.nan, 2.0], equal_nan=True)


def test_falling_condition_is_the_mirror(draws):
    rising = periods_to(draws, Condition(("llm",), 0.5))
    falling = periods_to(draws, Condition(("deep",), 0.5, rising=False))
    assert rising.equals(falling)


def test_all_categories_are_at_one_from_the_start(draws):
    assert (periods_to(draws, Condition(("deep", "llm"), 1.0 - 1e-12)) == 1.0).all()


def test_dates_and_the_probability_of_never(draws):
    table = crossing_dates(draws, [Condition(("llm",), 0.5)], levels=(0.25, 0.5, 0.9))
    dates = table[table.statistic == "quantile"].period_end.dt.year.tolist()
    assert dates[:2] == [2026, 2027]
    assert np.isnan(dates[2])
    assert table[table.statistic == "not_by_horizon"].probability.tolist() == [0.25]
    assert table.condition.unique().tolist() == ["llm >= 0.5"]


def test_unknown_category_is_named(draws):
    with pytest.raises(ValueError, match="category 'table' has no draws; ask for one of deep, llm"):
        periods_to(draws, Condition(("table",), 0.5))


@pytest.mark.parametrize("threshold", [0.0, 1.5])
def test_threshold_is_a_share(draws, threshold):
    with pytest.raises(ValueError, match="threshold is"):
        periods_to(draws, Condition(("llm",), threshold))


@pytest.mark.parametrize("text", ["llm>=0.5", "deep + llm >= 0.9", "table <= 0.1"])
def test_a_condition_is_read_as_it_is_written(text):
    assert str(read_condition(text)).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("text", ["llm", "llm>=half", ">=0.5", "llm+>=0.5", "llm>0.5", ""])
def test_a_condition_of_another_form_is_refused(text):
    with pytest.raises(ValueError, match="is not of the form llm"):
        read_condition(text)
