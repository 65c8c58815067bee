"""Short and long forecasts are made to agree draw by draw, between what either says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.forecast.hierarchy.temporal import agreed_draws

WEEK = np.array([0] * 7 + [1] * 7)
NONE = np.zeros(2)


def days(seed=0, mean=10.0, draws=300):
    return np.maximum(np.random.default_rng(seed).normal(mean, 1.0, (draws, 14)), 0.0)


def weeks(draws, factor=1.0, spread=1.0):
    total = np.stack([draws[:, week == WEEK].sum(axis=1) for week in (0, 1)], axis=1)
    return factor * (total.mean(axis=0) + spread * (total - total.mean(axis=0)))


def test_what_agrees_already_stays():
    short = days()
    np.testing.assert_allclose(agreed_draws(short, [WEEK], [NONE], [weeks(short)]), short, atol=1e-9)


def test_weeks_move_the_days_to_between_both_and_never_the_spread_below_both():
    short = days()
    agreed = agreed_draws(short, [WEEK], [NONE], [weeks(short, factor=1.2)])
    before, after = (weeks(each).mean(axis=0) for each in (short, agreed))
    assert (after > 1.05 * before).all()
    assert (after < 1.2 * before).all()
    assert (weeks(agreed).std(axis=0) > 0.95 * weeks(short).std(axis=0)).all()


def test_the_surer_of_two_forecasts_counts_for_more():
    short = days()
    sure, unsure = (weeks(agreed_draws(short, [WEEK], [NONE], [weeks(short, 1.2, spread)])).mean()
                    for spread in (0.2, 3.0))  # fmt: skip
    assert sure > unsure


def test_a_week_of_which_a_part_is_past_moves_the_rest_only():
    short = days()
    member = np.r_[np.zeros(3, dtype=int), np.full(11, -1)]
    total = short[:, :3].sum(axis=1, keepdims=True) + 40.0
    agreed = agreed_draws(short, [member], [np.array([40.0])], [total])
    np.testing.assert_allclose(agreed, short, atol=1e-9)
    more = agreed_draws(short, [member], [np.array([40.0])], [total + 6.0])
    assert (more[:, :3].mean(axis=0) > short[:, :3].mean(axis=0)).all()


def test_levels_that_cross_are_both_taken_in():
    short, month = days(), np.r_[np.full(4, 0), np.full(10, 1)]
    total = np.stack([1.2 * short[:, month == part].sum(axis=1) for part in (0, 1)], axis=1)
    one = agreed_draws(short, [WEEK], [NONE], [weeks(short, 1.2)])
    both = agreed_draws(short, [WEEK, month], [NONE, NONE], [weeks(short, 1.2), total])
    assert weeks(both).mean() > weeks(one).mean() > weeks(short).mean()


def test_without_a_long_forecast_nothing_moves():
    short = days()
    assert agreed_draws(short, [WEEK], [NONE], [np.full((300, 2), np.nan)]) is short


@given(st.floats(1e-3, 1e3), st.floats(0.2, 4.0), st.integers(0, 5))
def test_draws_are_never_negative_and_the_unit_does_not_matter(unit, factor, seed):
    short = days(seed, mean=1.0, draws=40)
    agreed = agreed_draws(short, [WEEK], [NONE], [weeks(short, factor)])
    assert (agreed >= 0).all()
    other = agreed_draws(unit * short, [WEEK], [NONE], [unit * weeks(short, factor)])
    assert other == pytest.approx(unit * agreed, rel=1e-6, abs=1e-6 * unit)
