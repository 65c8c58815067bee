"""Given-data indices against functions whose indices are known in closed form, and their properties."""

from math import exp, pi, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from shiftcast.forecast.effects.indices import adjusted, first_order, interval, left_out
from shiftcast.forecast.effects.polynomials import rank_polynomials
from shiftcast.forecast.effects.shapley import joint_effects, shapley_values
from shiftcast.forecast.effects.worth import Stakes, worth_of_knowing, worth_of_measuring


def ishigami(draws, seed):
    random = np.random.default_rng(seed)
    x = random.uniform(-pi, pi, (draws, 3))
    return x, np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0]), random


def ishigami_parts():
    """Return the parts of the variance that are of the first, of the second, and of the first with the third."""
    first = 0.5 * (1 + 0.1 * pi**4 / 5) ** 2
    both = 0.1**2 * pi**8 * (1 / 18 - 1 / 50)
    second = 49 / 8
    return np.array([first, second, both]) / (first + second + both)


def test_indices_of_ishigami_are_those_in_closed_form():
    x, y, random = ishigami(2000, 1)
    one, two, both = ishigami_parts()
    found = first_order(x, y, random)
    np.testing.assert_allclose(found.share, [one, two, 0.0], atol=0.04)
    assert found.share[2] < found.floor < 0.02
    joint = joint_effects(x, y)
    np.testing.assert_allclose(joint.total, [one + both, two, both], atol=0.04)
    np.testing.assert_allclose(joint.shapley, [one + both / 2, two, both / 2], atol=0.04)
    assert joint.explained == pytest.approx(1.0, abs=0.03)


def test_shapley_effects_of_inputs_that_hang_together_share_the_overlap_by_halves():
    random = np.random.default_rng(2)
    rho, draws = 0.6, 4000
    x = random.standard_normal((draws, 2)) @ np.linalg.cholesky([[1, rho], [rho, 1]]).T
    y = x[:, 0] + x[:, 1]
    whole = 2 + 2 * rho
    alone = (1 + rho) ** 2 / whole
    found = first_order(x, y, random)
    np.testing.assert_allclose(found.share, alone, atol=0.03)
    joint = joint_effects(x, y)
    np.testing.assert_allclose(joint.shapley, 0.5, atol=0.03)
    np.testing.assert_allclose(joint.total, (1 - rho**2) / whole, atol=0.03)


@given(st.integers(0, 10_000))
def test_shares_do_not_hang_on_units_or_on_the_order_of_draws(seed):
    random = np.random.default_rng(seed)
    x, noise = random.standard_normal((200, 3)), random.standard_normal(200)
    y, turned = x[:, 0] ** 2 + x[:, 1] + noise, random.permutation(200)
    plain = first_order(x, y, np.random.default_rng(1))
    scaled = first_order(np.exp(x) * 1e6, 3 * y - 7, np.random.default_rng(1))
    mixed = first_order(x[turned], y[turned], np.random.default_rng(1))
    np.testing.assert_allclose(plain.share, scaled.share, atol=1e-9)
    np.testing.assert_allclose(plain.share, mixed.share, atol=1e-9)
    assert ((plain.share >= 0) & (plain.share <= 1)).all()


def test_unrelated_inputs_pass_the_floor_once_in_twenty():
    passed = 0
    for seed in range(60):
        random = np.random.default_rng(seed)
        found = first_order(random.standard_normal((200, 20)), random.standard_normal(200), random)
        passed += bool((found.share > found.floor).any())
    assert passed <= 9  # of 60: the chance of ten or more at one in twenty is under one in a thousand


def test_the_interval_covers_the_index_eight_times_in_ten():
    inside, true = 0, 0.5
    for seed in range(100):
        random = np.random.default_rng(seed)
        x = random.standard_normal((400, 1))
        y = x[:, 0] + random.standard_normal(400)
        found = first_order(x, y, random)
        low, high = interval(x[:, 0], y, float(found.share[0]), int(found.degree[0]), random)
        inside += low <= true <= high
    assert 68 <= inside <= 92


def test_an_output_that_never_differs_has_no_indices():
    found = first_order(np.random.default_rng(1).random((50, 2)), np.ones(50), np.random.default_rng(1))
    assert (found.share.tolist(), found.degree.tolist(), found.floor) == ([0.0, 0.0], [0, 0], 0.0)
    assert joint_effects(np.empty((50, 0)), np.arange(50.0)).explained == 0.0


def test_draws_that_take_two_values_have_one_polynomial():
    assert rank_polynomials(np.array([0.0, 1.0, 1.0, 0.0])).shape == (4, 1)
    assert rank_polynomials(np.ones(4)).shape == (4, 0)


def test_what_is_left_out_of_a_draw_is_not_seen_by_it():
    y = np.array([1.0, 2.0, 6.0])
    np.testing.assert_allclose(left_out(y, y, 0), [4.0, 3.5, 1.5])
    random = np.random.default_rng(4)
    x, z = random.standard_normal(60), random.standard_normal(60)
    whole = left_out(x, z, 3)
    for at in (0, 17):
        columns = np.column_stack([np.ones(60), rank_polynomials(x, 3)])
        kept = np.arange(60) != at
        weights = np.linalg.lstsq(columns[kept], z[kept], rcond=None)[0]
        assert whole[at] == pytest.approx(columns[at] @ weights)


def test_the_adjusted_share_is_one_where_nothing_is_left():
    assert float(adjusted(np.array(1.0), 50, np.array(3))) == 1.0


@given(st.lists(st.floats(-5, 5), min_size=8, max_size=8))
def test_shapley_values_add_up_to_what_all_bring(worths):
    sets = [(), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]
    worth = dict(zip(sets, worths, strict=True))
    assert shapley_values(worth, 3).sum() == pytest.approx(worth[0, 1, 2] - worth[()], abs=1e-9)


def test_the_cost_of_a_lognormal_need_is_that_in_closed_form():
    sd, under, over = 0.5, 3.0, 1.0
    need = np.exp(sd * norm.ppf((np.arange(20_000) + 0.5) / 20_000))
    quantile = np.exp(sd * norm.ppf(under / (under + over)))
    by_hand = np.mean(np.where(need > quantile, under * (need - quantile), over * (quantile - need)))
    assert Stakes(under, over).expected_cost(need) == pytest.approx(by_hand, rel=1e-6)
    mean = exp(sd**2 / 2)
    short = mean * norm.cdf(sd - norm.ppf(0.75)) - quantile * 0.25
    closed = under * short + over * (quantile - mean + short)
    assert closed == pytest.approx(by_hand, rel=1e-3)


def test_the_worth_of_a_figure_and_of_its_measurement_are_those_of_lognormals():
    random = np.random.default_rng(3)
    draws, of_figure, of_rest, stakes = 8000, 0.4, 0.3, Stakes(3.0, 1.0)
    z = random.standard_normal(draws)
    need = np.exp(of_figure * z + of_rest * random.standard_normal(draws))

    def cost(sd):
        quantile, mean = exp(sd * norm.ppf(0.75)), exp(sd**2 / 2)
        short = mean * norm.cdf(sd - norm.ppf(0.75)) - quantile * 0.25
        return 3 * short + (quantile - mean + short)

    whole = sqrt(of_figure**2 + of_rest**2)
    assert stakes.expected_cost(need) == pytest.approx(cost(whole), rel=0.05)
    known = cost(whole) - cost(of_rest) * exp(of_figure**2 / 2)  # the need scales with what is known
    found = worth_of_knowing(need, np.exp(z), 3, stakes)
    assert found == pytest.approx(known, rel=0.08)
    exact = worth_of_measuring(need, np.exp(z), 3, stakes, error=1e-9, sample=1, random=random)
    poor = worth_of_measuring(need, np.exp(z), 3, stakes, error=0.5, sample=1, random=random)
    better = worth_of_measuring(need, np.exp(z), 3, stakes, error=0.5, sample=16, random=random)
    assert exact == pytest.approx(found, rel=1e-6)
    assert 0 < poor < better < exact


def test_an_unrelated_figure_is_worth_next_to_nothing():
    random = np.random.default_rng(5)
    need = np.exp(random.standard_normal(2000))
    stakes = Stakes(3.0, 1.0)
    assert worth_of_knowing(need, random.random(2000), 1, stakes) < 0.01 * stakes.expected_cost(need)
