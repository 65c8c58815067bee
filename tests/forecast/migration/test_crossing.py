"""Crossing dates by hand."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from shiftcast.forecast.migration.crossing import Crossing, crossing_dates, first_passage, rebased

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
    found = first_passage(draws, Crossing(("llm",), 0.5, "requests")).to_numpy().ravel()
    assert np.array_equal(found, [3.0, 1.0, np.nan, 2.0], equal_nan=True)


def test_falling_condition_is_the_mirror(draws):
    rising = first_passage(draws, Crossing(("llm",), 0.5, "requests"))
    falling = first_passage(draws, Crossing(("deep",), 0.5, "requests", rising=False))
    assert rising.equals(falling)


def test_all_categories_are_at_one_from_the_start(draws):
    assert (first_passage(draws, Crossing(("deep", "llm"), 1.0 - 1e-12, "requests")) == 1.0).all()


def test_dates_and_the_probability_of_never(draws):
    table = crossing_dates(draws, [Crossing(("llm",), 0.5, "requests")], levels=(0.25, 0.5, 0.9))
    dates = table[table.statistic == "quantile"].period_end.dt.year.tolist()
    assert dates[:2] == [2026, 2027]
    assert np.isnan(dates[2])
    assert table[table.statistic == "not_by_horizon"].probability.tolist() == [0.25]
    assert table.condition.unique().tolist() == ["llm >= 0.5"]


def test_half_of_gpu_hours_comes_before_half_of_requests(draws):
    work = rebased(draws, {"deep": 1.0, "llm": 10.0})
    assert float(work.sel(category="llm")[3, 0, 0]) == pytest.approx(0.1 * 10 / (0.9 + 1.0))
    requests = first_passage(draws, Crossing(("llm",), 0.5, "requests"))
    hours = first_passage(work, Crossing(("llm",), 0.5, "gpu_hours"))
    assert bool((hours <= requests.fillna(np.inf)).all())


def test_even_intensities_change_nothing(draws):
    assert rebased(draws, {"deep": 7.0, "llm": 7.0}).to_numpy() == pytest.approx(draws.to_numpy())


def test_unknown_category_is_named(draws):
    with pytest.raises(ValueError, match="category 'table' has no draws; ask for one of deep, llm"):
        first_passage(draws, Crossing(("table",), 0.5, "requests"))


@pytest.mark.parametrize("threshold", [0.0, 1.5])
def test_threshold_is_a_share(draws, threshold):
    with pytest.raises(ValueError, match="threshold is"):
        first_passage(draws, Crossing(("llm",), threshold, "requests"))


def test_missing_intensity_is_named(draws):
    with pytest.raises(ValueError, match="category 'llm': intensity None; give a positive one"):
        rebased(draws, {"deep": 1.0})
