"""A hazard is starts over operator-quarters at risk, and starts are drawn from its conditional distribution."""

import numpy as np
import pytest
from scipy.special import expit

from shiftcast.forecast.rollouts.courses import Course
from shiftcast.forecast.rollouts.hazard import (
    FEATURES,
    at_moment,
    at_risk,
    cumulative,
    draw_starts,
    features,
    fit_hazard,
)

FIRST = {("recsys", "llm"): 90.0}
EDGES = np.arange(90.0, 111.0)
MIDDLES = (np.arange(200) + 0.5) / 200  # uniform numbers, one in each of equal slices


def course(start=None, operator="acme", *, before=False, **changes):
    named = {"segment": "rest", "group": "giants", "workload": "recsys", "technique": "llm", **changes}
    return Course(operator, start=start, before=before, **named)


def fitted(courses, now, believed, **changes):
    return fit_hazard(courses, FIRST, now, {**believed, **changes})


def chance(hazard, age):
    return expit(np.column_stack([np.ones(1), features(course(), np.array([age]))]) @ hazard.mode)[0]


def test_the_chance_of_one_kind_is_its_starts_over_its_quarters(believed):
    courses = [course((90.0, 91.0), f"moved {n}") for n in range(3)] + [course(None, f"not {n}") for n in range(7)]
    hazard = fitted(courses, 91.0, believed, ridge=1e-6, supposed_starts=0.0, supposed_quarters=0.0)
    assert (hazard.events, hazard.quarters) == (3, 10)
    assert chance(hazard, 1.0) == pytest.approx(0.3, abs=1e-4)


def test_with_all_coefficients_held_it_is_all_starts_over_all_quarters_and_what_was_supposed(believed):
    courses = [course((92.0, 93.0), "one"), course(None, "two"), course(None, "three", technique="sequence")]
    hazard = fitted(courses, 95.0, believed, ridge=1e9)
    assert (hazard.events, hazard.quarters) == (1, 3 + 5)  # `sequence` was never born
    assert expit(hazard.mode[0]) == pytest.approx((1 + 2) / (8 + 80), abs=1e-5)
    np.testing.assert_allclose(hazard.mode[1:], 0.0, atol=1e-6)


def test_a_hazard_that_saw_nothing_is_what_was_supposed(believed):
    hazard = fitted([], 95.0, believed)
    assert (hazard.events, hazard.quarters) == (0, 0)
    assert expit(hazard.mode[0]) == pytest.approx(2 / 80, abs=1e-6)


def test_its_error_is_that_of_a_count(believed):
    hazard = fitted([course(None, str(n)) for n in range(40)], 100.0, believed, ridge=1e9)
    rate, rows = expit(hazard.mode[0]), 400 + 80
    assert hazard.scale[0, 0] == pytest.approx(1 / np.sqrt(rows * rate * (1 - rate)), rel=1e-3)
    drawn = hazard.draw(4000, np.random.default_rng(1))
    assert drawn.shape == (4000, len(FEATURES) + 1)
    assert drawn[:, 0].mean() == pytest.approx(hazard.mode[0], abs=4 * hazard.scale[0, 0] / np.sqrt(4000))
    assert drawn[:, 0].std() == pytest.approx(hazard.scale[0, 0], rel=0.05)


def test_giants_that_move_raise_the_hazard_of_giants(believed):
    giants = [course((92.0, 93.0), f"g{n}") for n in range(8)]
    hazard = fitted([*giants, *(course(None, f"t{n}", group="tail") for n in range(8))], 98.0, believed)
    assert hazard.mode[1 + FEATURES.index("giants")] > 0.3


def test_a_start_between_two_days_is_spread_evenly(believed):
    rows, starts = at_risk([course((92.5, 94.5))], FIRST, 100.0)
    np.testing.assert_allclose(starts, [0.0, 0.0, 0.25, 0.5 / 0.75, 1.0], atol=1e-12)
    assert rows.shape == (5, len(FEATURES))
    np.testing.assert_allclose(rows[:, 0], np.log1p(np.arange(1.0, 6.0) / 40))
    survived = np.cumprod(1 - starts)
    np.testing.assert_allclose(-np.diff(np.r_[1.0, survived]), [0, 0, 0.25, 0.5, 0.25], atol=1e-12)


def test_a_start_on_a_day_is_one_in_its_quarter():
    _, starts = at_risk([course((92.5, 92.5))], FIRST, 100.0)
    np.testing.assert_allclose(starts, [0.0, 0.0, 1.0], atol=1e-12)


@pytest.mark.parametrize(
    ("changes", "now"),
    [
        ({"before": True, "start": (-np.inf, 92.0)}, 100.0),
        ({"technique": "sequence"}, 100.0),
        ({}, 90.0),
        ({}, 90.5),
    ],
)
def test_unknown_starts_and_classes_not_yet_born_teach_nothing(changes, now):
    rows, starts = at_risk([course(**changes)], FIRST, now)
    assert rows.shape == (0, len(FEATURES))
    assert starts.shape == (0,)


def test_flags_say_what_kind_a_course_is():
    kind = course(segment="hyperscale", workload="search")
    assert dict(zip(FEATURES, features(kind, np.array([40.0]))[0], strict=True)) == {
        "age": pytest.approx(np.log(2)), "giants": 1, "hyperscale": 1, "search": 1, "ads": 0, "sequence": 0, "llm": 1,
    }  # fmt: skip
    assert features(course(group="tail", workload="ads"), np.array([-3.0]))[0].tolist() == [0, 0, 0, 0, 1, 0, 1]


def constant(rate, draws=200):
    coefficients = np.zeros((draws, len(FEATURES) + 1))
    coefficients[:, 0] = np.log(np.expm1(rate))  # so that -ln(1 - chance) is the rate
    return cumulative(course(), 90.0, EDGES, coefficients, np.zeros(draws))


def test_a_cumulative_hazard_rises_from_the_birth_on():
    coefficients = np.zeros((1, len(FEATURES) + 1))
    risen = cumulative(course(), 93.0, EDGES, coefficients, np.log(3) * np.ones(1))
    np.testing.assert_allclose(risen[0], np.log(4) * np.maximum(EDGES - 93.0, 0.0))
    np.testing.assert_allclose(at_moment(risen, EDGES, np.array([93.5])), 0.5 * np.log(4))
    assert at_moment(risen, EDGES, np.array([50.0])) == 0.0
    assert at_moment(risen, EDGES, np.array([500.0])) == risen[0, -1]


def test_a_start_is_exponential_under_a_constant_hazard_and_never_beyond_the_horizon():
    low = np.full(200, 95.25)
    drawn = draw_starts(constant(0.08), EDGES, MIDDLES, low, np.full(200, np.inf))
    expected = 95.25 - np.log1p(-MIDDLES) / 0.08
    np.testing.assert_allclose(drawn, np.where(expected <= 110.0, expected, np.inf), rtol=1e-12)
    assert np.isinf(drawn).mean() == pytest.approx(np.exp(-0.08 * (110 - 95.25)), abs=0.005)


def test_a_start_between_two_moments_is_the_truncated_exponential():
    low, high = np.full(200, 92.5), np.full(200, 98.25)
    drawn = draw_starts(constant(0.3), EDGES, MIDDLES, low, high)
    expected = 92.5 - np.log1p(-MIDDLES * -np.expm1(-0.3 * 5.75)) / 0.3
    np.testing.assert_allclose(drawn, expected, rtol=1e-12)
    assert ((drawn >= 92.5) & (drawn <= 98.25)).all()


def test_without_any_hazard_between_two_moments_it_is_anywhere():
    drawn = draw_starts(constant(0.0 + 1e-300), EDGES, MIDDLES, np.full(200, 92.0), np.full(200, 94.0))
    np.testing.assert_allclose(drawn, 92.0 + 2 * MIDDLES)
