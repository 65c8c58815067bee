"""Axes hold what is drawn, at round ticks, and labels keep apart without leaving the panel."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.pipelines.drawing.scales import WHOLE, apart, scale_of

PLACES = st.lists(st.floats(0, 200), min_size=1, max_size=12)
VALUES = st.lists(st.floats(1e-3, 1e12), min_size=1, max_size=20)


@given(PLACES)
def test_labels_never_cover_each_other_and_keep_their_order(wanted):
    placed = apart(wanted, gap=13, low=0, high=200)
    in_order = np.array(placed)[np.argsort(wanted, kind="stable")]
    assert (np.diff(in_order) >= 13 - 1e-6).all()
    assert max(placed) - min(placed) <= max(200, 13 * (len(wanted) - 1)) + 1e-6
    if 13 * (len(wanted) - 1) <= 200:
        assert min(placed) >= -1e-6
        assert max(placed) <= 200 + 1e-6


def test_labels_that_are_apart_stay_where_they_are():
    assert apart([10.0, 60.0, 30.0], gap=13, low=0, high=100) == [10.0, 60.0, 30.0]


@given(VALUES, st.sampled_from([None, True, False]))
def test_an_axis_holds_its_values_and_ends_at_ticks(values, log):
    scale = scale_of(values, log=log)
    assert scale.high >= max(values)
    assert scale.low <= min(values) or (scale.log and scale.low >= max(values) / 1e5)
    assert scale.ticks == tuple(sorted(set(scale.ticks)))
    assert scale.value(scale.place(max(values))) == pytest.approx(max(values))


def test_values_over_decades_are_on_a_logarithmic_axis_and_shares_never():
    assert scale_of([1e3, 1e6]).log
    assert not scale_of([1e5, 1e6]).log
    assert not scale_of([0.0, 1e6]).log
    assert scale_of([0.001, 0.9], share=True) == WHOLE


def test_negative_values_have_zero_within():
    scale = scale_of([-3.0, 5.0])
    assert scale.low <= -3
    assert scale.high >= 5
    assert 0.0 in scale.ticks
