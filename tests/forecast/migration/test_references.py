"""References recover the curves they are named after and stay on the simplex."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import expit

from shiftcast.forecast.migration.curves import fisher_pry, takeover_time
from shiftcast.forecast.migration.references import REFERENCES, generation_order

# Fisher and Pry (1971): take-over times from 10 to 90 percent [year] and rates [1/year].
TAKEOVERS = [
    (58.0, 0.07576636473573171),
    (42.0, 0.10462974177791522),
    (17.5, 0.25111138026699653),
    (8.75, 0.5022227605339931),
]


@pytest.mark.parametrize(("years", "rate"), TAKEOVERS)
def test_takeover_time_of_a_rate(years, rate):
    assert takeover_time(rate) == pytest.approx(years)


def test_without_a_rise_there_is_no_takeover():
    assert takeover_time(0.0) == takeover_time(-0.1) == float("inf")


def test_fisher_pry_continues_a_logistic_under_a_ceiling():
    time = np.arange(20.0)
    path = 0.6 * expit(0.4 * (time - 10.0))
    assert fisher_pry(path[:15], 5, ceiling=0.6) == pytest.approx(path[15:], abs=1e-6)


@pytest.mark.parametrize("name", ["fisher_pry", "multinomial_logit"])
def test_two_way_logistic_is_continued(name):
    new = expit(0.3 * (np.arange(24.0) - 12.0))
    ahead = REFERENCES[name](np.stack([1 - new, new], axis=1)[:18], 6)
    assert ahead[:, 1] == pytest.approx(new[18:], abs=0.01)


@pytest.mark.parametrize("name", REFERENCES)
@settings(max_examples=8, deadline=None)
@given(arrays(float, (9, 3), elements=st.floats(0.0, 1.0)))
def test_every_reference_stays_on_the_simplex(name, parts):
    parts[:, 0] += 0.05
    shares = parts / parts.sum(axis=1, keepdims=True)
    ahead = REFERENCES[name](shares[:, generation_order(shares)], 4)
    assert ahead.shape == (4, 3)
    assert np.isfinite(ahead).all()
    assert ahead.min() >= 0.0
    assert ahead.sum(axis=1) == pytest.approx(np.ones(4))


@pytest.mark.parametrize("name", REFERENCES)
def test_a_single_technique_keeps_everything(name):
    assert REFERENCES[name](np.ones((6, 1)), 3).ravel() == pytest.approx([1.0, 1.0, 1.0])


def test_generations_are_ordered_by_their_mean_date():
    shares = np.array([[0.1, 0.9, 0.0], [0.6, 0.3, 0.1], [0.3, 0.0, 0.7]])
    assert generation_order(shares).tolist() == [1, 0, 2]
