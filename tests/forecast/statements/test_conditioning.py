"""Statements heard by a Gaussian vector, against closed forms and brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import norm

from shiftcast.forecast.draws import stream
from shiftcast.forecast.statements.conditioning import Statement, condition, effective, expected


def first(wording, figure, sd):
    return Statement(f"{wording} {figure}", lambda u: u[..., 0], wording, figure, sd, 4.0)


def probit_mean(figure, sd):
    """Return the mean of a standard normal given "at least figure", in closed form."""
    spread = np.sqrt(1 + sd**2)
    z = -figure / spread
    return norm.pdf(z) / norm.cdf(z) / spread


@pytest.mark.parametrize(("figure", "sd"), [(0.0, 0.01), (1.5, 0.01), (-1.0, 0.3), (1.5, 0.3)])
def test_a_bound_has_the_mean_of_its_closed_form(figure, sd):
    said = [first("at least", figure, sd)]
    u = stream(1, "u").standard_normal((4000, 1))
    heard = condition(u, np.zeros(1), np.eye(1), said, stream(2, "u"))
    assert expected(np.zeros(1), np.eye(1), said)[0] == pytest.approx(probit_mean(figure, sd), abs=1e-3)
    assert heard.draws.mean() == pytest.approx(probit_mean(figure, sd), abs=0.05)
    assert heard.draws.min() > figure - 6 * sd


@settings(max_examples=10)
@given(figure=st.floats(-2, 2), sd=st.floats(0.05, 3))
def test_a_normal_statement_is_gaussian_conditioning(figure, sd):
    covariance = np.array([[1.0, 0.6], [0.6, 2.0]])
    gain = covariance[:, 0] / (1 + sd**2)
    assert expected(np.zeros(2), covariance, [first("about", figure, sd)]) == pytest.approx(gain * figure, abs=1e-3)
    u = stream(3, "u").multivariate_normal(np.zeros(2), covariance, 2000)
    heard = condition(u, np.zeros(2), covariance, [first("about", figure, sd)], stream(4, "u")).draws
    left = covariance - np.outer(gain, covariance[0])
    assert heard.mean(axis=0) == pytest.approx(gain * figure, abs=0.16)
    assert np.cov(heard.T) == pytest.approx(left, abs=0.3)


def test_what_bends_and_what_is_one_sided_agree_with_brute_force():
    covariance = 0.2 + 0.02 * np.minimum.outer(np.arange(1, 7), np.arange(1, 7))
    said = [
        Statement("window", lambda u: expit(u).mean(axis=-1), "about", 0.6, 0.02, 4.0),
        Statement("bound", lambda u: expit(u[..., 3]), "just over", 0.5, 0.02, 4.0),
    ]
    u = stream(5, "u").multivariate_normal(np.zeros(6), covariance, 400_000)
    weights = np.exp(sum(each.log_likelihood(each.of(u)) for each in said))
    truth = weights @ u / weights.sum()
    heard = condition(u[:3000], np.zeros(6), covariance, said, stream(6, "u"))
    assert heard.draws.mean(axis=0) == pytest.approx(truth, abs=0.02)
    assert expected(np.zeros(6), covariance, said) == pytest.approx(truth, abs=0.02)
    assert heard.draws.std(axis=0) == pytest.approx(np.sqrt(weights @ (u - truth) ** 2 / weights.sum()), rel=0.1)


def test_a_statement_that_says_nothing_new_leaves_every_draw_effective():
    u = stream(7, "u").standard_normal((500, 1))
    assert condition(u, np.zeros(1), np.eye(1), [first("at least", -30.0, 1.0)], stream(8, "u")).ess == pytest.approx(
        1.0
    )
    assert condition(u, np.zeros(1), np.eye(1), [first("about", 4.0, 0.1)], stream(8, "u")).ess < 0.01


def test_the_same_stream_gives_the_same_bytes():
    u = stream(9, "u").standard_normal((300, 2))
    once, again = (
        condition(u, np.zeros(2), np.eye(2), [first("at least", 1.0, 0.1)], stream(1, "x")) for _ in range(2)
    )
    assert once.draws.tobytes() == again.draws.tobytes()


def test_equal_weights_are_all_effective():
    assert effective(np.full(7, -1e6)) == pytest.approx(1.0)


def test_what_never_settles_names_the_statements():
    swinging = Statement("a swing", lambda u: np.sin(1e4 * u[..., 0]), "about", 5.0, 1e-4, 4.0)
    with pytest.raises(ValueError, match=r"no mean settled .* statements a swing; widen or drop one"):
        expected(np.zeros(1), np.eye(1), [swinging])
