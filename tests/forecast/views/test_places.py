"""Quarters as positions in the cube."""

import pytest

from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.part import forecast_periods
from shiftcast.forecast.views.places import place_ahead, place_of


@pytest.fixture
def cube(small_world):
    return small_world.cube


def test_the_last_quarter_ahead_stands_where_none_is_named(cube):
    assert place_ahead(cube, None) == (cube.sizes["period"] - 1, "2028Q4")
    assert place_ahead(cube, "2028Q4") == place_ahead(cube, None)


def test_a_reported_quarter_has_a_place_and_is_not_ahead(cube):
    assert not forecast_periods(cube)[place_of(cube, "2026Q1")]
    with pytest.raises(OutOfSupportError, match="an answer for 2026Q1: the forecast goes from 2026Q3 to 2028Q4"):
        place_ahead(cube, "2026Q1")


@pytest.mark.parametrize("find", [place_of, place_ahead])
def test_a_quarter_past_the_horizon_or_no_quarter_is_refused(cube, find):
    with pytest.raises(OutOfSupportError, match="an answer for 2031Q1: the forecast"):
        find(cube, "2031Q1")
    with pytest.raises(ValueError, match="'soon'"):
        find(cube, "soon")
