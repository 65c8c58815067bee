from __future__ import annotations

import numpy as np
import pytest

from forecast.baselines import MEMBERS, SIMPLE, autoregressive_growth, damped_trend, drift, last_value, theta

HORIZON = 6


def walk(seed: int, length: int = 30) -> np.ndarray:
    return np.cumsum(np.random.default_rng(seed).normal(0.03, 0.1, size=length))


@pytest.mark.parametrize("name", MEMBERS)
@pytest.mark.parametrize("length", [12, 13, 46])
def test_every_member_returns_one_finite_value_a_step_on_random_walks(name, length):
    for seed in range(3):
        path = MEMBERS[name](walk(seed, length), HORIZON)
        assert path.shape == (HORIZON,)
        assert path.dtype == np.float64
        assert np.isfinite(path).all()
        assert np.abs(path - walk(seed, length)[-1]).max() < 3.0


@pytest.mark.parametrize("name", MEMBERS)
def test_every_member_shifts_with_the_series(name):
    shifted = MEMBERS[name](walk(1) + 5.0, HORIZON)
    assert shifted == pytest.approx(MEMBERS[name](walk(1), HORIZON) + 5.0, abs=2e-3)


@pytest.mark.parametrize("name", MEMBERS)
def test_every_member_keeps_a_constant_series_where_it_is(name):
    assert MEMBERS[name](np.full(20, 2.5), HORIZON) == pytest.approx(np.full(HORIZON, 2.5), abs=1e-6)


@pytest.mark.parametrize("name", MEMBERS)
def test_every_member_leaves_its_history_as_it_was(name):
    history = walk(2)
    MEMBERS[name](history, HORIZON)
    assert np.array_equal(history, walk(2))


@pytest.mark.parametrize("name", MEMBERS)
def test_every_member_forecasts_nearer_steps_the_same_at_a_longer_horizon(name):
    assert MEMBERS[name](walk(3), 10)[:HORIZON] == pytest.approx(MEMBERS[name](walk(3), HORIZON), abs=1e-9)


def test_simple_members_are_members_and_come_in_order_of_complexity():
    assert tuple(MEMBERS)[: len(SIMPLE)] == SIMPLE


def test_last_value_by_hand():
    assert last_value(np.array([4.0, 7.0]), 3).tolist() == [7.0, 7.0, 7.0]


def test_drift_takes_the_mean_of_the_last_eight_changes():
    history = np.concatenate([[100.0], np.arange(9.0) ** 2])
    assert drift(history, 2).tolist() == [64.0 + 8.0, 64.0 + 16.0]


def test_damped_trend_by_hand():
    path = damped_trend(np.array([9.0, 0.0, 1.0, 2.0, 3.0, 8.0]), 3)
    slope = 0.7 * (8.0 - 0.0) / 4
    assert path == pytest.approx(8.0 + slope * np.cumsum([0.85, 0.85**2, 0.85**3]))


def test_damped_trend_stops_rising_at_its_limit():
    path = damped_trend(np.arange(10.0), 200)
    assert path[-1] == pytest.approx(9.0 + 0.7 * 0.85 / 0.15)


def test_autoregressive_growth_returns_to_its_mean_growth():
    random = np.random.default_rng(4)
    changes = np.zeros(400)
    for t in range(1, 400):
        changes[t] = 0.1 + 0.6 * (changes[t - 1] - 0.1) + random.normal(0, 0.05)
    path = autoregressive_growth(np.concatenate([[0.0], np.cumsum(changes)]), 40)
    assert np.diff(path)[-1] == pytest.approx(0.1, abs=0.02)
    assert np.diff(path)[0] - 0.1 == pytest.approx(0.6**2 * (changes[-1] - 0.1), abs=0.02)


def test_autoregressive_growth_without_any_change_of_growth_is_drift():
    history = np.arange(15.0) * 0.2
    assert autoregressive_growth(history, 4).tolist() == drift(history, 4).tolist()


def test_explosive_growth_is_kept_stationary():
    history = np.cumsum(1.3 ** np.arange(20))
    steps = np.diff(np.concatenate([history[-1:], autoregressive_growth(history, 30)]))
    last, mean = 1.3**19, np.diff(history).mean()
    assert steps == pytest.approx(mean + (last - mean) * 0.95 ** np.arange(1, 31))


def test_theta_lies_between_a_flat_line_and_the_whole_trend():
    history = np.arange(30.0) * 0.1
    path = theta(history, 8)
    assert (np.diff(path) > 0).all()
    assert (path - history[-1] <= 0.1 * np.arange(1, 9) + 1e-6).all()
