import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.forecast.supply.cut import soft_minimum

LEVELS = st.floats(1e-3, 1e6)


def test_at_a_ceiling_two_to_the_minus_width_is_left_and_of_two_ceilings_three():
    at = np.array([100.0])
    assert soft_minimum(at, [at], 0.15) == pytest.approx(100 * 2**-0.15)
    assert soft_minimum(at, [at, at], 0.15) == pytest.approx(100 * 3**-0.15)


def test_without_a_ceiling_nothing_is_cut_and_what_is_not_wanted_stays_nothing():
    wanted = np.array([[0.0, 5.0]])
    np.testing.assert_array_equal(soft_minimum(wanted, [], 0.1), wanted)
    np.testing.assert_array_equal(soft_minimum(wanted, [np.array([np.inf])], 0.1), wanted)
    assert soft_minimum(wanted, [np.array([3.0])], 0.1)[0, 0] == 0


@given(LEVELS, LEVELS, LEVELS, st.floats(0.05, 0.5))
def test_no_more_than_wanted_or_any_ceiling_and_rising_with_what_is_wanted(wanted, one, other, width):
    cut = [
        soft_minimum(np.array([level]), [np.array([one]), np.array([other])], width)[0]
        for level in (wanted, 2 * wanted)
    ]
    assert cut[0] <= min(wanted, one, other) * (1 + 1e-9)
    assert cut[0] <= cut[1] * (1 + 1e-9)
