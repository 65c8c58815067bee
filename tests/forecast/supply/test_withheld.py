import numpy as np
import pytest

from shiftcast.forecast.hardware.fleet import in_place
from shiftcast.forecast.supply.orders import Supply, supply_orders
from shiftcast.forecast.supply.withheld import PowerCap, Withheld

QUARTERS = 5
FREE = Supply(("chips",), np.full((1, QUARTERS, 1), 1e9), np.ones((1, QUARTERS, 1)), np.full((1, QUARTERS), 1e-3))
WANTED, NO_AGEING = np.full((1, QUARTERS, 1), 10.0), np.ones((1, QUARTERS))


def shipped(waits=1.0, lost=1.0, cap=None, wanted=WANTED):
    parts = (np.broadcast_to(np.asarray(part, dtype=float), (len(wanted), QUARTERS)) for part in (waits, lost))
    ages = np.ones((len(wanted), QUARTERS))
    return supply_orders(wanted, ages, FREE, withheld=Withheld(*parts, cap))[..., 0]


def test_what_waits_is_shipped_when_it_can_be():
    np.testing.assert_allclose(shipped(waits=[0.5, 0.5, 1, 1, 1]), [[5, 7.5, 17.5, 10, 10]], rtol=1e-6)


def test_what_is_lost_is_not_asked_for_again():
    np.testing.assert_allclose(shipped(lost=[0.5, 0.5, 1, 1, 1]), [[5, 5, 10, 10, 10]], rtol=1e-6)


def test_nothing_withheld_changes_no_bit():
    np.testing.assert_array_equal(shipped(), supply_orders(WANTED, NO_AGEING, FREE)[..., 0])


def test_a_cap_is_met_by_what_has_arrived_and_leaves_draws_below_it():
    running = np.array([[0.5, 1.0, 1.0, 1.0, 1.0]] * 2)
    wanted = np.concatenate([WANTED, 0.4 * WANTED])
    standing, each = np.full((2, QUARTERS), 20.0), np.ones((2, QUARTERS))
    cap = PowerCap(np.full(QUARTERS, 45.0), standing, each, running)
    found = shipped(cap=cap, wanted=wanted)
    np.testing.assert_allclose(found[0], [10, 10, 5, 0, 0], atol=1e-3)  # 25 MW of room at 1 MW each
    np.testing.assert_array_equal(found[1], shipped(wanted=wanted)[1])
    live = standing + in_place(found, running)
    assert (live <= 45 + 1e-9).all()


def test_a_cap_from_a_later_quarter_looks_ahead():
    most = np.array([np.inf, np.inf, 12.0, 12.0, 12.0])
    found = shipped(cap=PowerCap(most, np.zeros((1, QUARTERS)), NO_AGEING, NO_AGEING))
    np.testing.assert_allclose(found[0], [10, 2, 0, 0, 0], atol=1e-3)


def test_a_fleet_over_the_cap_already_buys_nothing():
    cap = PowerCap(np.full(QUARTERS, 5.0), np.full((1, QUARTERS), 9.0), NO_AGEING, NO_AGEING)
    assert shipped(cap=cap).sum() == pytest.approx(0.0, abs=1e-9)
