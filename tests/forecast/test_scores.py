from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from shiftcast.forecast.scores import (
    METRICS,
    covered,
    crps,
    interval_score,
    pinball,
    pit,
    quantile_loss,
    weighted_interval_score,
)


def sample(seed: int, draws: int = 60, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(draws, *shape))


@pytest.mark.parametrize("actual", [-2.0, 0.0, 0.7, 3.0])
def test_crps_of_a_gaussian_is_the_closed_form(actual):
    draws = norm.ppf((np.arange(20_000) + 0.5) / 20_000)[:, None] * 2.0 + 1.0
    z = (actual - 1.0) / 2.0
    closed = 2.0 * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi))
    assert crps(draws, np.array([actual]))[0] == pytest.approx(closed, abs=1e-3)


@given(st.integers(0, 10**6), st.integers(2, 12), st.floats(-3, 3))
def test_crps_is_the_mean_error_less_half_the_mean_of_all_pairs(seed, count, actual):
    draws = sample(seed, count)
    pairs = np.abs(draws[:, None] - draws[None, :])[~np.eye(count, dtype=bool)].mean()
    assert float(crps(draws, np.array(actual))) == pytest.approx(np.abs(draws - actual).mean() - pairs / 2, abs=1e-12)


def test_crps_of_a_certain_forecast_is_its_absolute_error():
    assert crps(np.full((5, 2), 3.0), np.array([1.0, 3.0])).tolist() == [2.0, 0.0]


def test_crps_is_least_for_the_distribution_the_actual_came_from():
    actual = np.random.default_rng(1).normal(size=4000)
    spread = {scale: crps(scale * sample(2, 400, 4000), actual).mean() for scale in (0.5, 1.0, 2.0)}
    assert min(spread, key=spread.get) == 1.0


@pytest.mark.parametrize(
    ("actual", "expected"), [(50.0, 80.0), (90.0, 80.0), (95.0, 80.0 + 10 * 5), (0.0, 80.0 + 10 * 10)]
)
def test_interval_score_by_hand(actual, expected):
    assert interval_score(np.arange(101.0)[:, None], np.array([actual]), 0.8)[0] == pytest.approx(expected)


def test_weighted_interval_score_by_hand():
    draws = np.arange(101.0)[:, None]
    expected = (0.5 * 40 + 0.25 * (50 + 4 * 15) + 0.1 * 80 + 0.025 * 95) / 3.5
    assert weighted_interval_score(draws, np.array([90.0]))[0] == pytest.approx(expected)


def test_an_interval_covers_its_ends():
    draws = np.arange(101.0)[:, None]
    assert [float(covered(draws, np.array([at]), 0.8)[0]) for at in (9.9, 10.0, 90.0, 90.1)] == [0.0, 1.0, 1.0, 0.0]


def test_an_end_that_is_met_to_the_last_bit_is_covered():
    draws = np.arange(101.0)[:, None]
    assert [float(covered(draws, np.array([at]), 0.5)[0]) for at in (24.9, 25.0, 75.0, 75.1)] == [0.0, 1.0, 1.0, 0.0]


@pytest.mark.parametrize(("actual", "expected"), [(45.0, 0.25 * 20), (25.0, 0.0), (15.0, 0.75 * 10)])
def test_pinball_loss_by_hand(actual, expected):
    assert pinball(np.arange(101.0)[:, None], np.array([actual]), 0.25).tolist() == [expected]


def test_an_error_of_a_quantile_is_weighed_by_its_side():
    assert quantile_loss(np.array([4.0, 0.0, -4.0]), 0.75).tolist() == [3.0, 0.0, 1.0]


def test_pit_counts_ties_half():
    assert pit(np.array([[1.0], [2.0], [2.0], [3.0]]), np.array([2.0])).tolist() == [0.5]


def test_pit_of_the_right_distribution_is_uniform():
    actual = np.random.default_rng(3).normal(size=4000)
    values = pit(sample(4, 999, 4000), actual)
    assert np.histogram(values, bins=5, range=(0, 1))[0] / 4000 == pytest.approx(np.full(5, 0.2), abs=0.03)


@pytest.mark.parametrize("name", METRICS)
def test_every_score_has_the_shape_of_the_actuals_and_ignores_draw_order(name):
    draws, actual = sample(5, 50, 3, 2), sample(6, 3, 2)
    score = METRICS[name](draws, actual)
    assert score.shape == (3, 2)
    assert score == pytest.approx(METRICS[name](draws[::-1], actual), abs=1e-12)


@pytest.mark.parametrize("name", ["crps", "wis", "absolute_error"])
def test_errors_scale_with_the_unit_and_ignore_a_shift(name):
    draws, actual = sample(7, 50, 3), sample(8, 3)
    score = METRICS[name](draws, actual)
    assert METRICS[name](10 * draws + 4, 10 * actual + 4) == pytest.approx(10 * score)


@pytest.mark.parametrize("level", [50, 80, 95])
def test_nominal_coverage_is_met_by_the_right_distribution(level):
    actual = np.random.default_rng(9).normal(size=4000)
    assert METRICS[f"coverage{level}"](sample(10, 999, 4000), actual).mean() == pytest.approx(level / 100, abs=0.02)
