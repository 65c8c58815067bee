"""Imposing a share: what must hold, holds in every draw."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from shiftcast.forecast.sixty_forty.concentration import concentration
from shiftcast.forecast.sixty_forty.impose import impose_share, soft_share
from shiftcast.forecast.sixty_forty.pooling import pool, strain, tilt

FIRST = np.array([True, True, False, False, False])
RANDOM = np.random.default_rng(5)
LEVELS = RANDOM.lognormal(1, 0.8, (300, 4, 5))
SHARE = LEVELS[..., FIRST].sum(axis=-1) / LEVELS.sum(axis=-1)
SD = np.array([0.1, 0.4, 0.2, 0.3, 0.6])


def share_of(levels):
    return levels[..., FIRST].sum(axis=-1) / levels.sum(axis=-1)


@pytest.mark.parametrize("keep_total", [True, False])
@pytest.mark.parametrize("sd", [None, SD])
@given(wanted=st.floats(0.05, 0.95))
def test_the_share_holds_in_every_draw_and_every_draw_is_positive(keep_total, sd, wanted):
    moved = impose_share(LEVELS, FIRST, np.full(SHARE.shape, wanted), relative_sd=sd, keep_total=keep_total)
    np.testing.assert_allclose(share_of(moved), wanted, atol=1e-9)
    assert (moved > 0).all()
    if keep_total:
        np.testing.assert_allclose(moved.sum(axis=-1), LEVELS.sum(axis=-1), rtol=1e-12)


def test_a_total_that_may_move_moves_and_its_leaves_keep_the_optimality_conditions():
    moved = impose_share(LEVELS, FIRST, np.full(SHARE.shape, 0.6), relative_sd=SD, keep_total=False)
    pull = np.where(FIRST, 0.4, -0.6)
    multiplier = np.log(moved / LEVELS) / (SD**2 * pull)
    np.testing.assert_allclose(multiplier, multiplier[..., [0]] * np.ones(5), rtol=1e-6, atol=1e-9)
    assert np.abs(moved.sum(axis=-1) / LEVELS.sum(axis=-1) - 1).max() > 0.01


def test_soft_to_infinity_is_free_and_soft_to_zero_is_fixed():
    np.testing.assert_array_equal(soft_share(SHARE, 0.6, np.inf), SHARE)
    np.testing.assert_allclose(soft_share(SHARE, 0.6, 1e9), SHARE, rtol=1e-12)
    np.testing.assert_allclose(soft_share(SHARE, 0.6, 0.0), 0.6, atol=1e-15)
    np.testing.assert_allclose(soft_share(SHARE, 0.6, 1e-9), 0.6, atol=1e-9)
    halfway = soft_share(SHARE, 0.6, float(logit(SHARE).std(axis=0)[0]))[:, 0]
    np.testing.assert_allclose(logit(halfway), (logit(SHARE[:, 0]) + logit(0.6)) / 2)


def test_imposing_what_is_already_so_changes_nothing():
    np.testing.assert_allclose(impose_share(LEVELS, FIRST, SHARE, relative_sd=SD), LEVELS, rtol=1e-9)
    np.testing.assert_allclose(impose_share(LEVELS, FIRST, SHARE), LEVELS, rtol=1e-12)


def test_imposing_refuses_what_cannot_be():
    with pytest.raises(ValueError, match="share 1 is not between"):
        impose_share(LEVELS, FIRST, np.ones(SHARE.shape))
    with pytest.raises(ValueError, match="both sides need a leaf"):
        impose_share(LEVELS, np.ones(5, dtype=bool), SHARE)


def test_tilting_a_gaussian_costs_half_its_strain_squared():
    values = np.random.default_rng(0).normal(0.5, 0.05, 200_000)
    after = tilt(values, 0.55)
    assert after.weights @ values == pytest.approx(0.55, abs=1e-9)
    assert after.divergence == pytest.approx(0.5, rel=0.02)
    assert after.ess == pytest.approx(np.exp(-1), rel=0.05)
    assert strain(values, 0.55) == pytest.approx(1.0, rel=0.02)
    assert strain(values, 0.55, sd=0.05) == pytest.approx(1 / np.sqrt(2), rel=0.02)


def test_pooling_refuses_a_view_that_few_draws_support():
    values = np.random.default_rng(1).normal(0.5, 0.05, 4000)
    assert pool(values, 0.52).ess > 0.5
    with pytest.raises(ValueError, match="contradicts the forecast"):
        pool(values, 0.62)
    with pytest.raises(ValueError, match=r"leaves 0\.0% of the draws"):
        pool(values, 0.9)


def test_tilting_nothing_costs_nothing():
    assert tilt(np.full(10, 0.6), 0.6).ess == 1.0
    assert np.isinf(tilt(np.full(10, 0.6), 0.5).divergence)
    values = expit(np.random.default_rng(2).normal(size=100))
    assert tilt(values, float(values.mean())).divergence == pytest.approx(0.0, abs=1e-9)
    assert tilt(values, float(values.max() - 1e-14)).ess <= 0.02


def test_concentration_of_equals_is_their_number():
    equal = concentration(pd.Series(dict.fromkeys("abcd", 2.0)), over="users")
    assert equal.effective == pytest.approx(4)
    assert equal.without_half == pytest.approx(0.875)
