"""Inexact wording as likelihoods."""

from functools import partial

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import logit

from shiftcast.forecast.statements import wording as wordings
from shiftcast.forecast.statements.wording import OF_BOUND, WORDINGS, mixed

log_likelihood = partial(wordings.log_likelihood, skew=4.0)
SHARES = np.linspace(0.3, 0.7, 401)


def test_more_than_half_is_the_normal_probability_of_being_above():
    assert log_likelihood(np.array([0.53]), "at least", 0.5, sd=0.03)[0] == pytest.approx(np.log(0.841345), abs=1e-5)
    both = np.exp(log_likelihood(SHARES, "at least", 0.5, sd=0.02)) + np.exp(
        log_likelihood(SHARES, "at most", 0.5, sd=0.02)
    )
    np.testing.assert_allclose(both, 1.0)


@pytest.mark.parametrize("wording", ["about", "just over", "just under"])
def test_point_wordings_are_densities(wording):
    area, _ = quad(lambda x: np.exp(log_likelihood(np.array([x]), wording, 0.5, sd=0.02)[0]), 0.3, 0.7, points=[0.5])
    assert area == pytest.approx(1.0, abs=1e-6)


def test_just_over_half_is_above_and_near_half():
    weight = np.exp(log_likelihood(SHARES, "just over", 0.5, sd=0.012))
    assert (weight[SHARES > 0.5].sum() / weight.sum()) > 0.9
    assert 0.5 < SHARES[weight.argmax()] < 0.515
    np.testing.assert_allclose(weight, np.exp(log_likelihood(1 - SHARES, "just under", 0.5, sd=0.012)))


def test_doubled_is_most_likely_at_twice():
    levels = np.linspace(5, 40, 3501)
    assert levels[log_likelihood(levels, "doubled", 10.0, sd=0.05).argmax()] == pytest.approx(20, abs=0.02)
    assert levels[log_likelihood(levels, "tripled", 10.0, sd=0.05).argmax()] == pytest.approx(30, abs=0.02)
    assert log_likelihood(np.array([20.0]), "more than doubled", 10.0, sd=0.1)[0] == pytest.approx(np.log(0.5))
    assert levels[log_likelihood(levels, "nearly doubled", 10.0, sd=0.05).argmax()] < 20


def test_every_wording_is_finite_and_every_bound_has_one():
    for wording in WORDINGS:
        assert np.isfinite(log_likelihood(np.array([0.45, 0.55, 3.0]), wording, 0.5, sd=0.1)).all()
    assert set(OF_BOUND.values()) <= set(WORDINGS)


def test_an_ambiguous_statement_keeps_each_reading_with_its_weight():
    one, other = (log_likelihood(SHARES, "about", figure, sd=0.02) for figure in (0.45, 0.6))
    np.testing.assert_allclose(mixed([one, other], [1.0, 0.0]), one, atol=1e-6, rtol=1e-6)
    np.testing.assert_allclose(np.exp(mixed([one, other], [0.3, 0.7])), 0.3 * np.exp(one) + 0.7 * np.exp(other))
    with pytest.raises(ValueError, match="do not sum to 1"):
        mixed([one, other], [0.5, 0.6])


def test_bad_wordings_are_refused_by_name():
    with pytest.raises(ValueError, match="wording 'roughly'"):
        log_likelihood(logit(SHARES), "roughly", 0.5, sd=0.1)
    with pytest.raises(ValueError, match="standard error 0 is not above 0"):
        log_likelihood(SHARES, "about", 0.5, sd=0.0)
