"""Rows of one limit become one path: pooled by precision, carried by growth, wider away from what they say."""

import numpy as np
import pandas as pd
import pytest

from shiftcast.forecast.supply.pool import Said, carried_path, growth_of, nearest_path, read_rows

SD = 0.2


def said(middle, start, end, sd=SD):
    each = np.ones(len(middle))
    return Said(np.array(middle), sd * each, sd * each, np.array(start), np.array(end))


def rows(**columns):
    row = {"name": "packaging", "source": "a bank", "period_start": pd.Timestamp("2026-01-01", tz="UTC"),
           "period_end": pd.Timestamp("2026-12-31", tz="UTC"), "low": 50.0, "mid": 100.0, "high": 150.0,
           "unit": "thousand wafer/quarter"}  # fmt: skip
    return pd.DataFrame([row | columns])


def test_a_row_is_read_in_its_unit_on_the_scale_of_its_kind():
    flow = read_rows(rows(), "flow", "wafer/quarter")
    assert np.exp(flow.middle) == pytest.approx([100_000])
    assert (flow.below, flow.above) == (pytest.approx(np.log(2) / 1.2816, rel=1e-4),
                                        pytest.approx(np.log(1.5) / 1.2816, rel=1e-4))  # fmt: skip
    assert flow.end - flow.start == pytest.approx([1.0], abs=0.01)
    growth = read_rows(rows(low=0.1, mid=0.3, high=0.6, unit="1/year"), "growth", "1/year")
    assert np.exp(growth.middle) == pytest.approx([1.3])
    assert growth.start == pytest.approx(flow.start - 0.5)


@pytest.mark.parametrize(
    ("columns", "said"),
    [({"low": 200.0}, "packaging flow of 'a bank': low 200, mid 100"), ({"low": 0.0}, "fit the scale of a flow"),
     ({"unit": "GB"}, "measures another thing")],
)  # fmt: skip
def test_a_row_that_does_not_fit_is_refused(columns, said):
    with pytest.raises(ValueError, match=said):
        read_rows(rows(**columns), "flow", "wafer/quarter")


def test_sources_that_agree_do_not_narrow_and_those_that_differ_widen():
    same = nearest_path(said([1.0, 1.0], [20.0, 20.0], [21.0, 21.0]), np.array([20.5]))
    assert (same.middle, same.above) == (pytest.approx([1.0]), pytest.approx([SD]))
    apart = nearest_path(said([1.0, 2.0], [20.0, 20.0], [21.0, 21.0]), np.array([20.5]))
    assert (apart.middle, apart.above) == (pytest.approx([1.5]), pytest.approx([np.hypot(SD, 0.5)]))


def test_the_more_precise_row_weighs_more():
    two = Said(np.array([1.0, 2.0]), np.array([0.1, 0.2]), np.array([0.1, 0.2]), np.full(2, 20.0), np.full(2, 21.0))
    path = nearest_path(two, np.array([20.5]))
    assert path.weights[:, 0] == pytest.approx([0.8, 0.2])
    assert path.middle == pytest.approx([1.2])


def test_a_level_is_carried_by_growth_and_widens():
    level, growth = said([0.0], [20.0], [21.0], sd=0.1), said([0.3], [20.0], [22.0], sd=0.05)
    times = np.array([20.5, 21.5, 24.5])
    path = carried_path(level, growth_of(level, growth, times), times)
    assert path.middle == pytest.approx([0.0, 0.3, 1.2])  # the last growth known goes on
    assert path.above == pytest.approx(np.hypot(0.1, 0.05 * (times - 20.5)))


def test_a_path_passes_through_what_was_said_and_turns_with_growth():
    level = said([0.0, 1.0], [20.0, 22.0], [20.2, 22.2], sd=0.01)
    growth = said([0.5], [20.0], [23.0], sd=0.01)
    times = np.array([20.1, 21.1, 22.1])
    path = carried_path(level, growth_of(level, growth, times), times)
    assert path.middle == pytest.approx([0.0, 0.5, 1.0], abs=0.01)


def test_without_growth_the_slope_of_the_rows_goes_on_and_one_period_stays_level():
    two = said([0.0, 0.6], [20.0, 22.0], [21.0, 23.0])
    grown = growth_of(two, None, np.array([24.5]))
    assert np.diff(np.interp([22.5, 24.5], grown.points, grown.grown)) == pytest.approx([0.6])
    assert np.diff(np.interp([22.5, 23.5], grown.points, grown.above)) == pytest.approx([SD / np.sqrt(2)])
    one = said([0.7], [20.0], [21.0])
    assert carried_path(one, growth_of(one, None, np.array([25.0])), np.array([25.0])).middle == pytest.approx([0.7])


def test_a_draw_is_one_smooth_path():
    level, growth = said([0.0], [20.0], [21.0]), said([0.3], [20.0], [22.0])
    times = np.linspace(20.5, 24.5, 17)
    draws = carried_path(level, growth_of(level, growth, times), times).draws(np.array([-1.0, 0.0, 1.0]))
    assert (np.diff(draws, axis=0) > 0).all()
    assert np.abs(np.diff(draws, n=2, axis=1)).max() < 0.02
