from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.forecast.identity.meeting import Agreement, agree, condition, within


def views(seed: int, strong: float = 0.1, weak: float = 0.8, parts: int = 3, draws: int = 800):
    random = np.random.default_rng(seed)
    total = np.exp(random.normal(5, strong, (draws, 2)))
    pieces = np.exp(random.normal(4, weak, (draws, 2, parts)))
    unseen = random.uniform(0.05, 0.4, (draws, 2))
    return total, pieces, unseen


@given(st.integers(0, 10**6), st.floats(0.01, 1.0), st.floats(0.01, 2.0))
def test_parts_and_a_positive_unallocated_sum_to_the_total_in_every_draw(seed, strong, weak):
    after = agree(*views(seed, strong, weak, draws=200))
    np.testing.assert_allclose(after.parts.sum(axis=-1) + after.unallocated, after.total, rtol=1e-12)
    assert (after.unallocated > 0).all()
    assert (after.parts > 0).all()


def test_the_view_without_variance_is_not_moved():
    total, pieces, unseen = views(1)
    fixed, certain = np.full_like(total, 150.0), np.full_like(unseen, 0.2)
    after = agree(fixed, pieces, certain)
    np.testing.assert_allclose(after.total, fixed, rtol=1e-12)
    assert after.total_moved == pytest.approx(np.ones(2))
    np.testing.assert_allclose(after.parts.sum(axis=-1), 0.8 * fixed, rtol=1e-9)


def test_views_without_any_variance_are_only_made_exact():
    after = agree(np.full((5, 1), 10.0), np.full((5, 1, 2), 2.0), np.full((5, 1), 0.5))
    assert after.total == pytest.approx(np.full((5, 1), 10.0))
    assert after.parts == pytest.approx(np.full((5, 1, 2), 2.5))


def test_views_that_agree_in_every_draw_are_left_alone():
    total, _, unseen = views(2)
    pieces = (total * (1 - unseen))[..., None] * np.array([0.25, 0.75])
    after = agree(total, pieces, unseen)
    np.testing.assert_allclose(after.total, total, rtol=1e-9)
    np.testing.assert_allclose(after.parts, pieces, rtol=1e-9)


def test_the_weaker_view_takes_more_of_the_gap():
    total, pieces, unseen = views(3, strong=0.1, weak=1.0, parts=1, draws=4000)
    after = agree(total, pieces, unseen)
    moved = np.abs(np.log([after.total_moved, after.parts_moved]))
    assert (moved[1] > 10 * moved[0]).all()


def test_the_meeting_point_is_that_of_two_gaussian_views_weighted_by_precision():
    random = np.random.default_rng(4)
    first, second = random.normal(5.0, 0.2, (40_000, 1)), random.normal(5.9, 0.4, (40_000, 1))
    after = agree(np.exp(first), np.exp(second)[..., None], np.full((40_000, 1), 1e-9))
    pooled = np.log(after.total)
    weights = np.array([1 / 0.2**2, 1 / 0.4**2])
    assert pooled.mean() == pytest.approx(np.average([5.0, 5.9], weights=weights), abs=0.005)
    assert pooled.std() == pytest.approx(1 / np.sqrt(weights.sum()), rel=0.02)


def test_neither_view_is_changed_in_place():
    total, pieces, unseen = views(5)
    before = [each.copy() for each in (total, pieces, unseen)]
    agree(total, pieces, unseen)
    assert all(np.array_equal(*pair) for pair in zip(before, (total, pieces, unseen), strict=True))


def test_each_term_moves_against_the_gap_by_its_regression_on_it():
    total, pieces, unseen = views(10, parts=2)
    pieces = pieces ** np.array([0.3, 1.0])  # one part far more certain than the other
    gap = np.log(pieces.sum(axis=-1)) - np.log(total) - np.log1p(-unseen)
    after = agree(total, pieces, unseen)
    moved = np.log(after.parts / pieces)
    seen = np.log(after.parts.sum(axis=-1) / after.total)
    for place in range(2):
        terms = [*np.log(pieces[:, place].T), np.log(total[:, place]), np.log1p(-unseen[:, place])]
        certain, vague, whole, share = (np.polyfit(gap[:, place], term, 1)[0] * gap[:, place] for term in terms)
        np.testing.assert_allclose(moved[:, place, 0] - moved[:, place, 1], vague - certain, atol=1e-9)
        np.testing.assert_allclose(np.log(after.total[:, place]), terms[2] - whole, rtol=1e-9)
        np.testing.assert_allclose(seen[:, place], terms[3] - share, atol=1e-9)


def test_something_stays_unallocated_where_the_parts_would_explain_more_than_all():
    total, pieces, _ = views(11)
    after = agree(total, pieces, np.random.default_rng(11).uniform(1e-9, 0.99, total.shape))
    assert (after.unallocated / after.total).min() == pytest.approx(1e-6, rel=1e-6)


def test_what_a_view_moved_is_the_median_ratio_over_draws():
    total, pieces, unseen = views(12)
    after = agree(total, pieces, unseen)
    np.testing.assert_allclose(after.total_moved, np.median(after.total / total, axis=0))
    np.testing.assert_allclose(after.parts_moved, np.median(after.parts.sum(axis=-1) / pieces.sum(axis=-1), axis=0))


def test_a_capacity_scales_only_the_draws_above_it():
    two = np.ones(2)
    met = Agreement(np.array([8.0, 3.0]), np.array([[4.0, 2.0], [1.0, 0.5]]), np.array([2.0, 1.5]), two, two)
    after = within(met, np.array([4.0, 12.0]))
    with pytest.raises(FrozenInstanceError):
        after.total = met.total
    assert after.total.tolist() == [4.0, 3.0]
    assert after.parts.tolist() == [[2.0, 1.0], [1.0, 0.5]]
    assert after.unallocated.tolist() == [1.0, 1.5]


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
