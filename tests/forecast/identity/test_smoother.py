from __future__ import annotations

import numpy as np

from shiftcast.forecast.identity.smoother import Data, assimilate


def gaussian(draws: int = 20_000, steps: int = 3):
    """Condition three parameters on four data whose noise is correlated; return the draws and the exact posterior."""
    random = np.random.default_rng(1)
    model = np.array([[1.0, 0.5, -0.3], [0.8, -1.0, 0.4], [0.2, 0.3, 1.0], [1.0, 1.0, 1.0]])
    covariance = 0.3 * np.eye(4) + 0.2
    value = np.array([1.0, -0.5, 2.0, 1.5])
    gain = model.T @ np.linalg.inv(model @ model.T + covariance)
    data = Data(value, covariance, np.zeros(4, dtype=bool))
    prior = random.standard_normal((draws, 3))
    moved, done = assimilate(prior, lambda x: x @ model.T, data, random, steps=steps)
    return moved, done, gain @ value, np.eye(3) - gain @ model


def test_a_linear_model_gets_the_exact_posterior_of_correlated_data():
    moved, _, mean, covariance = gaussian()
    np.testing.assert_allclose(moved.mean(axis=0), mean, atol=0.03)
    np.testing.assert_allclose(np.cov(moved.T), covariance, atol=0.02)


def test_data_count_once_however_many_steps_they_are_spread_over():
    one, several = (gaussian(steps=steps)[0] for steps in (1, 6))
    np.testing.assert_allclose(one.mean(axis=0), several.mean(axis=0), atol=0.04)
    np.testing.assert_allclose(np.cov(one.T), np.cov(several.T), atol=0.03)


def test_pulls_of_a_linear_model_sum_to_the_move_of_the_mean():
    random = np.random.default_rng(2)
    prior = random.standard_normal((500, 1))
    moved, done = assimilate(prior, lambda x: x, Data(np.array([2.0]), np.eye(1), np.zeros(1, bool)), random, steps=4)
    np.testing.assert_allclose(sum(step.pull.sum() for step in done), moved.mean() - prior.mean(), rtol=1e-9)
    np.testing.assert_array_equal(done[0].predicted, prior)


def test_a_lower_bound_lifts_draws_below_it_and_leaves_those_above():
    prior = np.random.default_rng(3).standard_normal((2000, 1))
    bound = Data(np.array([0.0]), np.array([[1e-6]]), np.array([True]))
    moved, _ = assimilate(prior, lambda x: x, bound, np.random.default_rng(4), steps=1)
    above = prior[:, 0] > 0.01
    np.testing.assert_array_equal(moved[above], prior[above])
    np.testing.assert_allclose(moved[prior[:, 0] < -0.01], 0.0, atol=0.01)


def test_a_parameter_that_the_data_do_not_see_moves_by_no_chance_correlation():
    prior = np.random.default_rng(5).standard_normal((100, 40))
    told = Data(np.array([3.0]), np.eye(1), np.zeros(1, bool))
    moved, _ = assimilate(prior, lambda x: x[:, :1], told, np.random.default_rng(6), steps=1)
    chance = np.abs(np.corrcoef(prior.T)[0]) * np.sqrt(len(prior)) < 3
    assert chance.sum() >= 38
    np.testing.assert_array_equal(moved[:, chance], prior[:, chance])
    assert moved[:, 0].mean() > 1.0


def test_the_same_stream_gives_the_same_bytes_and_the_prior_is_left_as_it_is():
    prior = np.random.default_rng(7).standard_normal((50, 2))
    kept = prior.copy()
    told = Data(np.array([1.0, 0.0]), np.eye(2), np.zeros(2, bool))
    one, other = (assimilate(prior, np.sinh, told, np.random.default_rng(8), steps=2)[0] for _ in range(2))
    assert one.tobytes() == other.tobytes()
    np.testing.assert_array_equal(prior, kept)
