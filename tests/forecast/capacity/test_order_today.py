"""Orders of today, ways and regrets, worked by hand on four draws."""

import numpy as np
import pandas as pd
import pytest

from shiftcast.forecast.capacity.choices import Choice, Leads
from shiftcast.forecast.capacity.regret import SCENARIOS, Stakes, Way, outcome, ways_table
from shiftcast.forecast.capacity.today import Ahead, first_that_holds, from_today, short_if_ordered_today, today_table
from shiftcast.forecast.economics.basis import Machine
from shiftcast.forecast.economics.power import Power

ENDS = pd.DatetimeIndex(["2027-03-31", "2027-06-30"], tz="UTC")
DAY = pd.Timestamp("2026-12-31", tz="UTC")


def machine(name, domain):
    return Machine(name, name, DAY, Power(np.array(1e3), "it"), "measured", domain, 1e4, 0.0, float("nan"))


def choice(lead, each=0.5, name="fast"):
    """A generation that does the work of ``1 / each`` and costs 2 dollars an hour to own."""
    return Choice(machine(name, 2), False, np.full(4, each), 1.0, np.array(lead), 0.0, np.full(4, 2.0))


@pytest.fixture
def ahead():
    """Four draws of a need of 10 to 40 accelerators by the second quarter; half as many by the first."""
    need = np.array([10.0, 20.0, 30.0, 40.0])
    return Ahead(ENDS, np.array([1.0, 2.0]), np.stack([need / 2, need], axis=-1), np.full((4, 2), 0.75))


def test_an_order_of_today_leaves_what_it_lacks(ahead):
    short = short_if_ordered_today(ahead, choice([0.5, 1.5, 1.5, 9.0]), 16.0)
    assert short.tolist() == [[0.0, 0.0], [5.0, 0.0], [7.5, 0.0], [10.0, 20.0]]
    table = today_table(ahead, choice([0.5, 1.5, 1.5, 9.0]), 16.0, np.full(4, 3.0), 0.25)
    assert table["live_odds"].tolist() == [0.25, 0.75]
    assert table["p_short"].tolist() == [0.75, 0.25]
    assert table["expected_short"].tolist() == [5.625, 5.0]
    assert table["rent_accelerators"].tolist() == [9.0, 5.0]  # three quarters of 7.5 to 10, and of 0 to 20, rounded up
    hours = np.array([90, 91]) * 24
    assert table["rent_usd_mean"].tolist() == pytest.approx((np.array([5.625, 5.0]) / 0.5 * 3 * hours).tolist())


def test_the_first_quarter_that_an_order_of_today_holds(ahead):
    """At a risk of a quarter three of four draws have to be live with enough: 15 of the fast ones, 16 in pairs."""
    assert first_that_holds(ahead, choice([0.5, 1.5, 1.5, 9.0]), 0.25) == ("2027Q2", 16.0)
    assert first_that_holds(ahead, choice([0.5, 0.5, 0.5, 9.0]), 0.25) == ("2027Q1", 8.0)
    assert first_that_holds(ahead, choice([0.5, 1.5, 9.0, 9.0]), 0.25) is None
    late = choice([0.5, 1.5, 9.0, 9.0])
    row = from_today(today_table(ahead, late, 16.0, None, 0.25), ahead, late, 1, 0.25)
    assert (row["p_short_if_ordered_now"], row["first_quarter_held"]) == (0.5, None)
    assert np.isnan(row["racks_for_it"])


def test_nothing_ships_before_a_generation_does():
    leads = Leads(np.ones(2), np.array([0.5, 3.0]), np.array([1.0, 1.0]))
    assert leads.after_order(2.0).tolist() == [3.0, 4.0]


def test_racks_cover_the_quantile_in_accelerators_of_the_generation(ahead):
    assert choice([1.0] * 4).racks_for(ahead.need[:, 1], 0.5) == 14.0  # half of 25, in pairs
    assert choice([1.0] * 4, each=1.0).racks_for(ahead.need[:, 1], 0.5) == 26.0


def test_the_cost_of_a_way_by_hand(ahead):
    """The second draw: 10 and 20 are needed; 8 fast ones do the work of 16 and are live in the second quarter."""
    way = Way("buy", choice([1.5] * 4), 8.0, rents=False)
    stakes = Stakes(1, np.full(4, 3.0), np.full(4, 50.0))
    done = outcome(ahead, way, stakes)
    first, second = 90 * 24, 91 * 24
    assert done.cost[1] == pytest.approx(first * 10 * 50 + second * (8 * 2 + 4 * 50))
    assert done.short.tolist() == [0.0, 4.0, 14.0, 24.0]
    rented = outcome(ahead, Way("rent too", choice([1.5] * 4), 8.0, rents=True), stakes)
    assert rented.cost[1] == pytest.approx(first * 10 * (0.75 * 3 + 0.25 * 50) + second * (8 * 2 + 4 * (2.25 + 12.5)))
    assert rented.short[1] == 1.0


def test_the_need_stays_from_the_quarter_planned_for_on(ahead):
    stakes = Stakes(0, None, np.full(4, 1.0))
    assert outcome(ahead, Way("none", None, 0.0, rents=True), stakes).cost[3] == pytest.approx(20 * (90 + 91) * 24)


def test_the_way_of_the_least_largest_regret_stands_first(ahead):
    lead = np.array([0.5, 1.5, 0.5, 1.5])
    stakes = Stakes(1, np.full(4, 3.0), np.full(4, 50.0))
    ways = [Way("buy", choice(lead), 16.0, rents=False), Way("buy and rent", choice(lead), 16.0, rents=True)]
    table = ways_table(ahead, ways, stakes, lead)
    assert table["way"].tolist() == ["buy and rent", "buy"]
    assert table.loc[0, list(SCENARIOS)].tolist() == [0.0] * 4
    assert table.loc[1, "low need, orders early"] == 0.0  # the first draw lacks nothing
    assert table.loc[1, "largest_regret_usd"] == table.loc[1, list(SCENARIOS)].max()
    assert table.loc[1, "regret_usd"] == pytest.approx(np.mean(table.loc[1, list(SCENARIOS)]))
    assert table["p_short"].tolist() == [0.25, 0.25]
