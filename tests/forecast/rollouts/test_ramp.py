"""Ramps lie where they were said to, and learn their speed from those that were."""

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import beta, kstest

from shiftcast.forecast.rollouts.courses import Course, Moved, Said
from shiftcast.forecast.rollouts.ramp import (
    fit_ramp,
    log_likelihood,
    prior_ramp,
    resample,
    share_likelihood,
    starts_of,
)

DRAWS = 8000


def said(at, share, event="partial", bound="="):
    return Said(at, share, float(logit(min(share, 0.985))), 0.3, bound, event)


def surface(*statements, start):
    return Course("acme", "rest", "giants", "recsys", "llm", start, moved=(Moved("home", start, True, statements),))


@pytest.fixture
def ramp(believed):
    return prior_ramp(believed)


def tried(ramp, begun, statements, draws=DRAWS):
    """Return starts, speeds and ceilings before any statement conditions them."""
    random = np.random.default_rng(5)
    start = starts_of(ramp, begun, statements, random.random(draws))
    return start, ramp.speeds(random.standard_normal(draws)), ramp.ceilings(*random.random((2, draws)))


def test_a_ramp_is_a_logistic_from_the_share_of_a_test_to_its_ceiling(ramp):
    at = np.array([9.0, 10.0, 12.0, 1000.0])
    (share,) = ramp.path(at, np.array([10.0]), np.array([0.9]), np.array([0.5]))
    np.testing.assert_allclose(share, [0.0, 0.5 * 0.01, 0.5 * expit(logit(0.01) + 1.8), 0.5])


def test_ramps_rise_within_their_ceilings(ramp):
    start, speed, ceiling = tried(ramp, (3.0, 5.0), ())
    share = ramp.path(np.arange(0.0, 60.0), start, speed, ceiling)
    assert (np.diff(share, axis=1) >= 0).all()
    assert share.min() == 0.0
    assert (share <= ceiling[:, None]).all()
    assert ceiling.max() <= 1.0


def test_speeds_and_ceilings_are_as_believed(ramp):
    _, speed, ceiling = tried(ramp, (0.0, 1.0), ())
    assert np.median(speed) == pytest.approx(0.9, rel=0.03)
    assert np.log(speed).std() == pytest.approx(0.7, rel=0.03)

    def mixed(x):
        return 0.75 * beta.cdf(x, 30, 1) + 0.25 * beta.cdf(x, 1.2, 1.2)

    assert kstest(ceiling, mixed).pvalue > 0.01


@pytest.mark.parametrize(("event", "earliest"), [("test", 10.0), ("partial", 7.0)])
def test_a_test_begins_a_ramp_and_a_rollout_was_reached_by_one(ramp, event, earliest):
    starts = starts_of(ramp, (10.0, 12.0), (said(12.0, 0.1, event),), np.array([0.0, 0.5, 1.0]))
    np.testing.assert_allclose(starts, [earliest, (earliest + 12.0) / 2, 12.0])


def test_a_surface_lies_where_it_was_said_to(ramp):
    statements = (said(12.0, 0.15), said(16.0, 1.0, "full"))
    own = tried(ramp, (8.0, 12.0), statements, draws=40_000)
    kept = resample(log_likelihood(ramp, statements, *own), 0.5, 2000)
    share = ramp.path(np.array([12.0, 16.0]), *(each[kept] for each in own))
    assert np.median(share[:, 0]) == pytest.approx(0.15, abs=0.02)
    assert np.median(share[:, 1]) == pytest.approx(0.985, abs=0.01)
    assert logit(share[:, 0]).std() == pytest.approx(0.3, abs=0.08)


def test_a_surface_of_which_nothing_was_said_is_as_believed(ramp):
    own = tried(ramp, (8.0, 12.0), (), draws=100)
    np.testing.assert_array_equal(log_likelihood(ramp, (), *own), np.zeros(100))
    np.testing.assert_array_equal(resample(np.zeros(100), 0.5, 100), np.arange(100))


def test_a_statement_weighs_shares_as_it_was_bound():
    shares = expit(np.array([[-1.0], [0.0], [1.0]]))
    zero, sd = np.zeros(1), np.ones(1)
    np.testing.assert_allclose(share_likelihood(shares, zero, sd, np.zeros(1)), [-0.5, 0.0, -0.5])
    least, most = (share_likelihood(shares, zero, sd, np.full(1, side)) for side in (1.0, -1.0))
    np.testing.assert_allclose(np.exp(least), [0.158655, 0.5, 0.841345], atol=1e-6)
    np.testing.assert_allclose(least, most[::-1])


def test_draws_are_kept_in_order_as_often_as_they_weigh():
    kept = resample(np.log([0.5, 1e-300, 0.25, 0.25]), 0.3, 8)
    assert kept.tolist() == [0, 0, 0, 0, 2, 2, 3, 3]
    assert resample(np.zeros(3), 1 - 1e-16, 3).max() == 2


def test_ramps_without_a_word_are_as_believed(ramp, believed):
    unsaid = Said(12.0, np.nan, 0.8, 1.5, "=", "deployed")
    before = surface(said(12.0, 0.5), start=(-np.inf, 12.0))
    assert fit_ramp([], believed) == ramp
    assert fit_ramp([surface(unsaid, start=(8.0, 12.0)), before], believed) == ramp


@pytest.mark.parametrize(("true", "low", "high"), [(0.3, 0.2, 0.6), (0.9, 0.7, 1.2), (3.0, 1.8, 4.0)])
def test_speeds_are_learned_from_what_was_said(believed, true, low, high):
    started = [
        surface(
            said(10.0, 0.01, "test"), *(said(10.0 + k, float(expit(logit(0.01) + true * k))) for k in (2, 4, 6, 9)),
            start=(9.9, 10.0),
        )
        for _ in range(6)
    ]  # fmt: skip
    learned = fit_ramp(started, believed)
    assert low < learned.speed < high
    assert (learned.near, learned.wide, learned.lead) == ((30.0, 1.0), (1.2, 1.2), 3.0)


def test_ramps_that_end_early_lower_the_part_that_ends_near_all(believed, ramp):
    levels = (said(10.0, 0.01, "test"), said(14.0, 0.15), said(20.0, 0.3), said(30.0, 0.3))
    stuck = [surface(*levels, start=(9.9, 10.0)) for _ in range(8)]
    assert fit_ramp(stuck, believed).whole < ramp.whole - 0.1
