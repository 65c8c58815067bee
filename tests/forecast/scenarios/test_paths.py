import numpy as np
import pytest

from shiftcast.forecast.scenarios.levers import Generation
from shiftcast.forecast.scenarios.paths import late_mix, moved_to, part_moved, reached, since

QUARTERS = ["2027Q1", "2027Q2", "2027Q3", "2027Q4"]
AHEAD = np.array([False, True, True, True, True])
NAMES = ["old", "mid", "new"]
MIX = np.array([[[1, 0, 0], [0.5, 0.5, 0], [0.2, 0.6, 0.2], [0, 0.4, 0.6], [0, 0.1, 0.9]]], dtype=float)


@pytest.mark.parametrize(
    ("start", "ramp", "come"),
    [
        (None, 0, [1, 1, 1, 1]),
        ("2027Q3", 0, [0, 0, 1, 1]),
        ("2027Q2", 2, [0, 0.5, 1, 1]),
        (None, 4, [0.25, 0.5, 0.75, 1]),
        ("2026Q1", 1, [1, 1, 1, 1]),
    ],
)
def test_a_lever_comes_from_its_quarter_in_equal_steps(start, ramp, come):
    assert reached(QUARTERS, start, ramp).tolist() == come


def test_a_lever_that_begins_after_the_horizon_is_refused():
    with pytest.raises(ValueError, match="from '2028Q1' is after 2027Q4, the last quarter drawn"):
        since(QUARTERS, "2028Q1")


@pytest.mark.parametrize(
    ("late", "state"), [(0, [0, 1, 2, 3, 4]), (1, [0, 0, 1, 2, 3]), (9, [0, 0, 0, 0, 0]), (-2, [0, 2, 4, 4, 4])]
)
def test_a_late_course_rests_and_an_early_one_hurries(late, state):
    assert moved_to(5, 1, since(QUARTERS, None), late).tolist() == state


def test_other_shares_give_in_proportion_and_all_sum_as_before():
    shares = np.array([[0.6, 0.2, 0.2], [0.0, 0.0, 1.0], [0.5, 0.5, 0.0]])
    mine = np.array([False, False, True])
    moved = part_moved(shares, mine, np.array([[0, 0, 0.6], [0, 0, 0.5], [0, 0, 0.4]]))
    np.testing.assert_allclose(moved, [[0.3, 0.1, 0.6], [0, 0, 1], [0.3, 0.3, 0.4]])
    np.testing.assert_array_equal(part_moved(shares, mine, shares), shares)


def late(count, replaced, **fields):
    return late_mix(MIX, NAMES, AHEAD, QUARTERS, Generation(generation="new", late=count, replaced=replaced, **fields))


def test_what_is_not_made_good_is_missing_and_older_ones_ship_as_they_would_have():
    found = late(2, 0.0)
    missing = np.array([0, 0.2, 0.6, 0.7])  # new: 0, 0.2, 0.6, 0.9 of the base; 0, 0, 0, 0.2 two quarters late
    np.testing.assert_allclose(found.waits[0], 1 - missing)
    slots = found.mix[0, 1:] * found.waits[0][:, None]
    np.testing.assert_allclose(slots[:, :2], MIX[0, 1:, :2], atol=1e-12)
    np.testing.assert_allclose(slots[:, 2], [0, 0, 0, 0.2], atol=1e-12)
    assert (found.lost == 1).all()


def test_all_of_it_made_good_ships_as_many_of_the_generation_before():
    found = late(2, 1.0)
    assert (found.waits == 1).all()
    np.testing.assert_allclose(found.mix[0, -1], [0, 0.8, 0.2], atol=1e-12)
    np.testing.assert_allclose(found.mix.sum(axis=-1), 1)


def test_lost_is_lost_and_nothing_late_changes_no_bit():
    assert (late(2, 0.5, meanwhile="lost").waits == 1).all()
    np.testing.assert_array_equal(late(2, 0.5, meanwhile="lost").lost, late(2, 0.5).waits)
    np.testing.assert_array_equal(late(0, 0.0).mix, MIX)
    assert (late(0, 0.0).waits == 1).all()


def test_those_after_a_late_generation_come_no_earlier_than_it():
    lever = Generation(generation="mid", late=2, replaced=1.0)
    found = late_mix(MIX, NAMES, AHEAD, QUARTERS, lever).mix[0]
    np.testing.assert_allclose(found[1:], [[1, 0, 0], [1, 0, 0], [0.5, 0, 0.5], [0.2, 0, 0.8]], atol=1e-12)


def test_an_early_generation_takes_from_older_ones():
    found = late(-1, 0.0)
    np.testing.assert_allclose(found.mix[0, 1:, 2], [0.2, 0.6, 0.9, 0.9], atol=1e-12)
    assert (found.waits == 1).all()


def test_the_oldest_and_unknown_generations_cannot_be_late():
    for name in ("old", "newest"):
        with pytest.raises(ValueError, match=f"generation '{name}' cannot be late; choose one of mid, new"):
            late_mix(MIX, NAMES, AHEAD, QUARTERS, Generation(generation=name, late=1, replaced=0.0))
