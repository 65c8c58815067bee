from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.forecast.hardware.fleet import (
    Fleet,
    arrival,
    generation_mix,
    weibull_survival,
)


def shipments(seed: int, draws: int = 5, periods: int = 12) -> np.ndarray:
    return np.random.default_rng(seed).lognormal(10, 1, size=(draws, periods, 2, 3))


@given(st.integers(0, 10**6), st.floats(2.0, 60.0), st.floats(0.2, 6.0))
def test_what_was_shipped_is_live_in_transit_or_retired_in_every_draw_and_period(seed, life, lag):
    shipped, ages = shipments(seed), np.arange(12) + 0.5
    fleet = Fleet(shipped, weibull_survival(ages, np.full(5, life), 3.0), arrival(ages, np.linspace(lag, 2 * lag, 5)))
    total = fleet.live + fleet.in_transit + fleet.retired
    np.testing.assert_allclose(total, np.cumsum(shipped, axis=1), rtol=1e-9)
    assert min(fleet.live.min(), fleet.in_transit.min(), fleet.retired.min()) >= 0


def test_the_small_world_conserves_its_accelerators(small_world):
    fleet = small_world.top_down.fleet
    total = fleet.live + fleet.in_transit + fleet.retired
    np.testing.assert_allclose(total, np.cumsum(fleet.shipped, axis=1), rtol=1e-9)


def test_one_cohort_by_hand():
    shipped = np.array([[100.0, 0.0, 0.0]])
    fleet = Fleet(shipped, np.array([[1.0, 0.8, 0.5]]), np.array([[0.5, 1.0, 1.0]]))
    assert fleet.live.tolist() == [[50.0, 80.0, 50.0]]
    assert fleet.in_transit.tolist() == [[50.0, 0.0, 0.0]]
    assert fleet.retired == pytest.approx(np.array([[0.0, 20.0, 50.0]]))


def test_an_infinite_life_retires_nothing_and_no_lag_leaves_nothing_in_transit():
    ages = np.arange(12) + 0.5
    fleet = Fleet(shipments(1), weibull_survival(ages, np.full(5, 1e9), 3.0), arrival(ages, np.full(5, 1e-9)))
    assert fleet.live == pytest.approx(np.cumsum(fleet.shipped, axis=1), rel=1e-12)
    assert np.abs(fleet.retired).max() < 1e-9
    assert np.abs(fleet.in_transit).max() < 1e-9


@pytest.mark.parametrize("shape", [1.0, 2.0, 3.0])
def test_the_mean_life_of_a_weibull_cohort_is_the_mean_life_given(shape):
    ages = np.linspace(0, 600, 60_001)
    survival = weibull_survival(ages, np.array([20.0, 24.0]), shape)
    assert np.trapezoid(survival, ages, axis=1) == pytest.approx([20.0, 24.0], rel=1e-4)


def test_by_judgement_nine_in_ten_outlive_half_the_mean_life_and_half_the_whole_of_it():
    survival = weibull_survival(np.array([10.0, 20.0]), np.array([20.0]), 3.0)
    assert survival[0] == pytest.approx([0.915, 0.491], abs=1e-3)


def test_a_weibull_of_shape_one_is_exponential():
    ages = np.array([0.0, 5.0, 20.0])
    assert weibull_survival(ages, np.array([10.0]), 1.0)[0] == pytest.approx(np.exp(-ages / 10.0))


def test_survival_falls_with_age_and_arrival_rises():
    ages = np.arange(12) + 0.5
    assert (np.diff(weibull_survival(ages, np.array([24.0]), 3.0)) < 0).all()
    arrived = arrival(ages, np.array([1.0, 2.0]))
    assert (np.diff(arrived) > 0).all()
    assert arrived[:, 0] == pytest.approx(1 - np.exp([-0.5, -0.25]))


@given(
    st.lists(st.floats(-5, 45), min_size=1, max_size=5),
    st.floats(0.1, 5.0),
)
def test_generation_shares_sum_to_one_and_none_is_negative(middles, width):
    mix = generation_mix(np.arange(40.0), np.array([middles]), np.array([width]))
    assert mix.shape == (1, 40, len(middles) + 1)
    assert mix.sum(axis=-1) == pytest.approx(np.ones((1, 40)), rel=1e-12)
    assert mix.min() >= -1e-15


def test_at_the_middle_of_its_ramp_half_of_revenue_is_of_a_generation_or_newer():
    mix = generation_mix(np.array([4.0]), np.array([[4.0, 9.0]]), np.array([0.8]))
    assert mix[0, 0, 1:].sum() == pytest.approx(0.5)


def test_a_generation_announced_out_of_order_never_takes_a_negative_share():
    mix = generation_mix(np.arange(20.0), np.array([[9.0, 4.0]]), np.array([0.8]))
    assert mix[..., 1] == pytest.approx(np.zeros((1, 20)))


def test_one_generation_takes_everything():
    assert generation_mix(np.arange(3.0), np.empty((2, 0)), np.ones(2)).tolist() == [[[1.0]] * 3] * 2
