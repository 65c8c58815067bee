import numpy as np
import pytest

from shiftcast.forecast.views.part import MEASURES, Part, draws_of, forecast_frame, forecast_periods, hyperscale_share
from shiftcast.forecast.views.published import Published
from shiftcast.forecast.views.widening import widen


@pytest.fixture(scope="module")
def wider(small_world):
    return widen(small_world.cube, 1.5)


def test_totals_spread_so_much_further_about_the_same_median(small_world, wider):
    ahead = forecast_periods(small_world.cube)
    for measure in ("gpu_hours", "spending"):
        before, after = (np.log(draws_of(cube, measure, Part())[:, ahead]) for cube in (small_world.cube, wider))
        np.testing.assert_allclose(np.median(after, axis=0), np.median(before, axis=0), atol=1e-3)
        np.testing.assert_allclose(after.std(axis=0), 1.5 * before.std(axis=0), rtol=1e-4)


def test_history_shares_and_ratios_within_a_draw_stay(small_world, wider):
    cube, ahead = small_world.cube, forecast_periods(small_world.cube)
    for name in cube:
        past = [each[name].isel(period=~ahead) if "period" in cube[name].dims else each[name] for each in (wider, cube)]
        np.testing.assert_array_equal(*past)
        assert wider[name].attrs == cube[name].attrs
        assert wider[name].dtype == cube[name].dtype
    for base in ("gpu_hours", "accelerators", "watts"):
        shares = [hyperscale_share(each, base=base, definition="recast_2") for each in (cube, wider)]
        np.testing.assert_allclose(*shares, rtol=1e-4)
    busy = [draws_of(each, "gpu_hours", Part()) / draws_of(each, "accelerators", Part()) for each in (cube, wider)]
    np.testing.assert_allclose(*busy, rtol=1e-4)


def test_what_is_published_of_it_keeps_the_contract_and_is_wider(small_world, wider):
    before, after = (forecast_frame(cube, model="x") for cube in (small_world.cube, wider))
    part = {"segment": "all", "leaf": "all", "workload": "all", "technique": "all"}
    for measure in MEASURES:
        marks = [Published(rows).marks(measure, part, (0.1, 0.9)) for rows in (before, after)]
        spread = [np.log(each[:, 2] / each[:, 1]).mean() for each in marks]
        assert spread[1] > (1.2 if measure != "latent_hours" else 1) * spread[0]


@pytest.mark.parametrize("factor", [0.9, np.nan, np.inf])
def test_intervals_are_never_narrowed(small_world, factor):
    with pytest.raises(ValueError, match="intervals are widened by 1 or more"):
        widen(small_world.cube, factor)


def test_by_one_nothing_moves(small_world):
    same = widen(small_world.cube, 1.0)
    assert all(np.array_equal(same[name], small_world.cube[name]) for name in small_world.cube)
