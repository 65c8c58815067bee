from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.forecast.hardware.conversion import (
    busy_hour_blocks,
    busy_hours,
    harmonic_throughput,
    hours_per_request,
    request_share_at_parity,
    work_shares,
)

ONE = np.array(1.0)


def test_a_billion_requests_of_400_tokens_take_22336_gpu_hours_a_day():
    hours = busy_hours(np.array(1e9), ONE, np.array(400.0), ONE, np.array(8291.0))
    assert round(float(hours / 0.6)) == 22_336


@pytest.mark.parametrize(("ratio", "percent"), [(1.0, 50.0), (10.0, 9.1), (100.0, 0.99), (300.0, 0.33)])
def test_parity_of_hours_comes_at_the_published_share_of_requests(ratio, percent):
    assert 100 * request_share_at_parity(ratio) == pytest.approx(percent, abs=0.01)


@given(st.floats(1e-3, 1e4))
def test_at_the_parity_share_both_techniques_take_the_same_hours(ratio):
    share = np.array(request_share_at_parity(ratio))
    newer = busy_hours(ONE, share, np.array(ratio), ONE, ONE)
    older = busy_hours(ONE, 1 - share, ONE, ONE, ONE)
    assert float(newer) == pytest.approx(float(older), rel=1e-9)


def test_hours_are_proportional_to_each_term_and_inverse_to_throughput():
    terms = [np.array(value) for value in (1e9, 0.4, 30.0, 0.7, 900.0)]
    base = float(busy_hours(*terms))
    for position in range(5):
        doubled = [term * 2 if place == position else term for place, term in enumerate(terms)]
        assert float(busy_hours(*doubled)) == pytest.approx(base * (2 if position < 4 else 0.5))


@pytest.mark.parametrize("bad", [0.0, -5.0])
def test_a_throughput_that_is_not_positive_is_named_with_the_file_to_correct(bad):
    with pytest.raises(ValueError, match=rf"throughput {bad:g} is not positive; correct or remove .*throughput\.csv"):
        busy_hours(ONE, ONE, ONE, ONE, np.array([3.0, bad]))


@given(st.lists(st.floats(0.01, 1e4), min_size=1, max_size=6), st.integers(0, 10**6))
def test_the_mixed_throughput_is_total_work_over_total_hours(theta, seed):
    theta = np.array(theta)
    hours = np.random.default_rng(seed).dirichlet(np.ones(len(theta)))
    shares = work_shares(hours, theta)
    assert shares.sum() == pytest.approx(1.0)
    assert float(harmonic_throughput(shares, theta)) == pytest.approx((hours * theta).sum() / hours.sum())


def test_one_generation_makes_the_harmonic_mean_the_plain_throughput():
    assert harmonic_throughput(np.ones((4, 1)), np.array([7.0])).tolist() == [7.0] * 4


def test_equal_throughputs_mix_to_themselves():
    assert float(harmonic_throughput(np.array([0.2, 0.8]), np.array([5.0, 5.0]))) == pytest.approx(5.0)


def test_work_leans_to_the_faster_generation():
    assert work_shares(np.array([0.5, 0.5]), np.array([1.0, 9.0])).tolist() == [0.1, 0.9]


def test_shares_of_work_sum_to_one_in_every_row():
    found = work_shares(np.array([[0.5, 0.5], [0.2, 0.8]]), np.array([1.0, 4.0]))
    np.testing.assert_allclose(found, [[1 / 5, 4 / 5], [1 / 17, 16 / 17]])


@pytest.mark.parametrize(("cells", "draws"), [(1, 1), (15, 1), (29, 1), (30, 2), (1000, 7)])
def test_a_block_is_as_large_as_its_cells_allow_and_never_less_than_a_draw(cells, draws):
    parts = np.ones((7, 15)), np.ones((7, 1)), np.ones((7, 1))
    sizes = [len(hours) for _, hours in busy_hour_blocks(*parts, cells=cells)]
    assert (sizes[0], sum(sizes)) == (draws, 7)


def test_a_small_cube_is_one_block_unless_asked_otherwise():
    assert len(list(busy_hour_blocks(np.ones((400, 50)), np.ones((400, 1)), np.ones((400, 1))))) == 1


def test_blocks_hold_the_same_hours_as_the_whole_whatever_their_size():
    random = np.random.default_rng(4)
    requests, share = random.random((7, 5, 3, 1)), random.random((7, 1, 3, 2))
    each = hours_per_request(random.random((7, 1, 3, 2)), ONE, 1 + random.random((1, 1, 3, 2)))
    whole = requests * share * each
    for cells in (1, 30, 60, 65, 10**6):
        found = np.full_like(whole, np.nan)
        for draws, hours in busy_hour_blocks(requests, share, each, cells=cells):
            found[draws] = hours
        np.testing.assert_allclose(found, whole, rtol=1e-12)


@given(st.integers(1, 9), st.integers(1, 4), st.integers(1, 40), st.integers(0, 2), st.integers(0, 10**6))
def test_blocks_broadcast_as_the_identity_does(draws, leaves, cells, single, seed):
    random = np.random.default_rng(seed)
    shapes = [(1 if place == single else draws, leaves) for place in range(3)]
    parts = [random.random(shape) for shape in shapes]
    found = np.concatenate([hours.copy() for _, hours in busy_hour_blocks(*parts, cells=cells)])
    np.testing.assert_allclose(found, parts[0] * parts[1] * parts[2], rtol=1e-12)


def test_blocks_need_an_axis_of_draws():
    with pytest.raises(ValueError, match="have no axis; give arrays whose first axis is the draws"):
        next(busy_hour_blocks(ONE, ONE, ONE))
