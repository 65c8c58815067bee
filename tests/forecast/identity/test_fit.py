"""A fit apart from its draws: the same bytes however often it is drawn, and nothing of draws or seed in it."""

from __future__ import annotations

import pytest
import xarray as xr

from shiftcast.forecast.identity.fit import with_split
from shiftcast.forecast.identity.world import build_world, draw_world
from shiftcast.forecast.known import Settings

THROUGH = "2028Q4"


def test_a_fit_drawn_twice_gives_the_same_bytes_whatever_was_drawn_between(small_fit, small_world):
    draw_world(small_fit, draws=50, seed=9)
    again = draw_world(small_fit, draws=200, seed=20260826)
    xr.testing.assert_identical(again.cube, small_world.cube)
    for name in again.cube:
        assert again.cube[name].values.tobytes() == small_world.cube[name].values.tobytes(), name


@pytest.mark.parametrize(("draws", "seed"), [pytest.param(200, 20260826, marks=pytest.mark.slow), (40, 3)])
def test_fit_then_draw_is_build_world(known_on, small_fit, draws, seed):
    whole = build_world(known_on(), Settings(draws=draws, seed=seed, through=THROUGH)).cube
    xr.testing.assert_identical(draw_world(small_fit, draws=draws, seed=seed).cube, whole)


def test_another_split_leaves_every_other_term_as_it_was_fitted(small_fit):
    rows = small_fit.known.observations
    other = with_split(small_fit, rows[rows["definition"] != "keynote"].reset_index(drop=True))
    assert other.top_down.split is not small_fit.top_down.split
    assert other.top_down.revenue is small_fit.top_down.revenue
    assert other.bottom_up is small_fit.bottom_up
    assert other.top_down.split.statements < small_fit.top_down.split.statements


def test_a_split_without_a_statement_is_refused(small_fit):
    rows = small_fit.known.observations
    with pytest.raises(ValueError, match="no statement about the hyperscale share"):
        with_split(small_fit, rows[rows["measure"] == "revenue"])


def test_what_is_drawn_from_a_fit_covers_its_quarters(small_fit, small_world):
    assert small_fit.quarters.equals(small_world.top_down.revenue.quarters)
    sampling = small_fit.sampling(30, 1)
    assert (sampling.draws, len(sampling.assumed["power.pue"])) == (30, 30)
