from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.forecast.identity.meeting import condition, meet


def met(seed: int, draws: int = 50):
    random = np.random.default_rng(seed)
    wanted = np.exp(random.normal(5, 0.3, (draws, 2, 3)))
    served = wanted * np.minimum(random.uniform(0.5, 1.5, wanted.shape), 1.0)
    parts, unseen = np.exp(random.normal(4, 0.8, (draws, 2, 3, 4))), random.uniform(0.05, 0.4, draws)
    return served, wanted, parts, unseen, meet(served, wanted, parts, unseen)


@given(st.integers(0, 10**6))
def test_parts_unallocated_and_latent_sum_to_what_is_wanted_in_every_draw(seed):
    served, wanted, _, _, after = met(seed)
    np.testing.assert_allclose(after.parts.sum(axis=-1) + after.unallocated, served, rtol=1e-12)
    np.testing.assert_allclose(served + after.latent, wanted, rtol=1e-12)
    assert (after.latent >= 0).all()


def test_the_unseen_share_is_one_number_a_draw_and_the_mix_of_tasks_is_that_from_below():
    served, _, parts, unseen, after = met(1)
    np.testing.assert_allclose(after.unallocated / served, np.broadcast_to(unseen[:, None, None], served.shape))
    mix = after.parts / after.parts.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(mix, parts / parts.sum(axis=-1, keepdims=True))
    np.testing.assert_allclose(after.correction, (after.parts.sum((2, 3)) / parts.sum((2, 3))))


def test_a_fleet_serves_no_more_than_is_wanted():
    after = meet(np.full((1, 1, 1), 9.0), np.full((1, 1, 1), 6.0), np.ones((1, 1, 1, 1)), np.array([0.5]))
    assert (after.parts.item(), after.unallocated.item(), after.latent.item()) == (3.0, 3.0, 0.0)


@given(st.floats(-2, 2), st.floats(0.2, 2.0), st.floats(0.2, 2.0))
def test_conditioning_is_that_of_a_gaussian(observed, prior_sd, sd):
    random = np.random.default_rng(6)
    x = random.normal(0, prior_sd, (20_000, 1))
    moved = condition(x, x[:, 0], observed, sd, random.standard_normal(20_000))
    gain = prior_sd**2 / (prior_sd**2 + sd**2)
    assert moved.mean() == pytest.approx(gain * observed, abs=0.05)
    assert moved.var() == pytest.approx(prior_sd**2 * (1 - gain), rel=0.1)


def test_an_exact_figure_is_met_in_every_draw():
    random = np.random.default_rng(7)
    logs = random.normal(size=(500, 3))
    moved = condition(logs, logs[:, 1], 1.5, 0.0, random.standard_normal(500))
    assert moved[:, 1] == pytest.approx(np.full(500, 1.5))


def test_a_figure_that_says_nothing_moves_nothing():
    random = np.random.default_rng(8)
    logs = random.normal(size=(500, 3))
    assert condition(logs, logs[:, 0], 5.0, 1e9, np.zeros(500)) == pytest.approx(logs, abs=1e-6)


def test_what_is_independent_of_the_statistic_hardly_moves():
    random = np.random.default_rng(9)
    logs = random.normal(size=(20_000, 2))
    moved = condition(logs, logs[:, 0], 2.0, 0.1, random.standard_normal(20_000))
    assert np.abs((moved - logs)[:, 1]).mean() < 0.05
