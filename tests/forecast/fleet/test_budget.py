"""Odds of a budget, worked by hand, and their properties."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shiftcast.features.input_error import InputError
from shiftcast.forecast.beliefs import Beliefs
from shiftcast.forecast.fleet.bill import bill_costs, recent_costs
from shiftcast.forecast.fleet.budget import budget
from shiftcast.forecast.fleet.costs import energy, held_costs
from shiftcast.forecast.fleet.facts import Currency, Fleet, Holding, Offer
from shiftcast.forecast.fleet.history import read_history
from shiftcast.forecast.fleet.spending import in_dollars, spent_by_month

MONTHS = pd.date_range("2027-01-01", periods=12, freq="MS", tz="UTC")
SURE = Beliefs({"fleet.unit_step_sd": 0.0, "fleet.unit_steps": 6.0})


def day(text):
    return pd.Timestamp(text, tz="UTC")


def mine(**changed):
    return Fleet("mine", busy=0.5, holdings=(Holding("alpha", 100, day("2020-01-01"), usd_per_hour=2.0),), **changed)


def wanted(*shares):
    """Return hours of each month of 2027 at shares of what the fleet can serve, one draw a share."""
    return np.outer(shares, 50 * 24.0 * MONTHS.days_in_month)


def bill(months, *costs, **labels):
    """Return a bill of 100 hours a month and part, at what an hour of each part costs."""
    rows = [
        {"month": when, "cost": 100.0 * cost, "hours": 100.0, **{name: each[place] for name, each in labels.items()}}
        for when in months for place, cost in enumerate(costs)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_what_is_held_costs_the_same_used_or_not_and_the_rest_is_rented(basis, demand_of):
    fleet = mine(offers=(Offer("cloud", "beta", "rent", 6.0, 0.0, 0), Offer("dear", "alpha", "rent", 9.0, 0.0, 0)))
    costs = held_costs(demand_of(wanted(0.1, 1.5)), fleet, basis, given={})
    fixed, over = 100 * 24 * 31 * 2.0, 0.5 * 50 * 24 * 31
    assert costs.total[:, 0].tolist() == pytest.approx([fixed, fixed + over * 6.0 / 2])  # beta does twice the work
    assert costs.hours[:, 0].tolist() == pytest.approx([0.1 * 50 * 24 * 31, 1.5 * 50 * 24 * 31])


def test_the_sentences_of_a_budget_end_with_how_little_they_rest_on(basis, demand_of):
    demand = demand_of(wanted(0.1, 1.5))
    plain, little = (
        budget(each, mine(), basis, year=2027, limit=2e6).says
        for each in (demand, replace(demand, little="This rests on little."))
    )
    assert little == plain + " This rests on little."


def test_rent_ends_where_there_is_no_more_and_without_an_offer_work_waits(basis, demand_of):
    few = mine(offers=(Offer("cloud", "alpha", "rent", 3.0, 0.0, 0, most=10),))
    costs = held_costs(demand_of(wanted(1.5)), few, basis, given={})
    assert costs.total[0, 0] == pytest.approx(100 * 24 * 31 * 2.0 + 10 * 24 * 31 * 3.0)
    alone = held_costs(demand_of(wanted(1.5)), mine(), basis, given={})
    assert alone.total[0, 0] == pytest.approx(100 * 24 * 31 * 2.0)
    assert "what does not fit waits and costs nothing here" in " ".join(alone.notes)


def test_cost_is_dealt_to_parts_by_their_hours(basis, demand_of):
    hours = np.stack([wanted(0.9)[0], wanted(0.3)[0]], axis=1)[None]
    costs = held_costs(demand_of(hours), mine(), basis, given={})
    np.testing.assert_allclose(costs.usd[0, :, 0], 3 * costs.usd[0, :, 1])
    np.testing.assert_allclose(costs.total[0], 100 * 24 * MONTHS.days_in_month * 2.0)


def test_energy_is_paid_for_what_is_owned_where_it_is_paid_apart(basis):
    fleet = mine(usd_per_kwh=0.1)
    rented = Holding("alpha", 50, day("2020-01-01"), terms="rented")
    cost, notes = energy(fleet, (*fleet.holdings, rented), MONTHS[:1], basis, {})
    assert cost[0].tolist() == pytest.approx([100 * 24 * 31 * 1.0 * 1.25 * 0.5 * 0.1])  # kW x PUE x load x price
    assert notes == (
        "Energy of what is owned is added at USD 0.1 a kWh.",
        "A PUE of 1.25 is assumed; pue in [fleet] of fleet.toml takes its place.",
    )
    assert energy(mine(), fleet.holdings, MONTHS[:1], basis, {})[0].tolist() == [[0.0]]


def test_the_odds_and_dates_are_those_of_the_draws(basis, demand_of):
    fleet = mine(offers=(Offer("cloud", "alpha", "rent", 2.0, 0.0, 0),))
    answer = budget(demand_of(wanted(0.5, 1.0, 1.5, 2.0)), fleet, basis, year=2027, limit=1.9e6)
    fixed = 100 * 24 * 365 * 2.0  # 1.752 million, and half of it for the rest in the last draw
    table = answer.table
    assert table["sum_mean"].iloc[-1] == pytest.approx(fixed + 50 * 24 * 365 * 2.0 * 1.5 / 4)
    # used up where 6000 or 7200 dollars a day pass 1.9 million: on days 317 and 264
    assert table["p_over"].tolist() == [0.0] * 8 + [0.25, 0.25, 0.5, 0.5]
    assert answer.says.startswith("50 % that 2027 costs more than USD 1.9M: USD 1.97M in the middle, USD")
    assert "If it is used up, in 2027-09 (8 in 10: 2027-09 to 2027-11)." in answer.says


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=10)
@given(limits=st.lists(st.floats(1.0, 1e7), min_size=2, max_size=4))
def test_odds_fall_as_the_budget_rises_and_rise_through_the_year(basis, demand_of, limits):
    fleet = mine(offers=(Offer("cloud", "alpha", "rent", 3.0, 0.0, 0),))
    demand = demand_of(wanted(*np.linspace(0.5, 4.0, 40)))
    odds = [budget(demand, fleet, basis, year=2027, limit=each).table["p_over"] for each in sorted(limits)]
    for less, more in pairwise(odds):
        assert (more <= less).all()
    assert all(each.is_monotonic_increasing for each in odds)


def test_what_is_spent_counts_and_the_month_under_way_costs_no_less_than_it_has(basis, demand_of):
    demand = demand_of(wanted(0.5)[:, 3:], start="2027-04-01")
    spent = pd.DataFrame({"month": MONTHS[:4], "cost": [1e5, 2e5, 3e5, 9e5], "hours": 1.0})
    answer = budget(demand, mine(), basis, year=2027, limit=1e9, spent=spent)
    assert answer.table["spent"].tolist() == [True] * 3 + [False] * 9
    assert answer.table["usd_mean"].tolist()[:5] == pytest.approx([1e5, 2e5, 3e5, 9e5, 100 * 24 * 31 * 2.0])
    assert "of which USD 600k is spent" in answer.says


def test_months_without_cost_are_what_was_held_and_said(basis, demand_of):
    demand = demand_of(wanted(0.5)[:, 2:], start="2027-03-01")
    answer = budget(demand, mine(), basis, year=2027, limit=1e9)
    assert answer.table["usd_mean"].iloc[0] == 100 * 24 * 31 * 2.0
    assert "no cost of 2027-01 to 2027-02: what was held then is counted" in " ".join(answer.notes)


def test_months_before_the_bill_are_unknown_and_the_total_says_so(basis, demand_of):
    demand = demand_of(np.full((4, 9), 10.0), start="2027-04-01")
    spent = bill(MONTHS[1:3], 2.0)
    answer = budget(demand, Fleet("mine"), basis, year=2027, limit=1e3, spent=spent)
    assert answer.table["spent"].tolist() == [False, True, True] + [False] * 9
    assert answer.table["usd_mean"].isna().tolist() == [True] + [False] * 11
    assert answer.table["sum_mean"].tolist()[1:3] == [200.0, 400.0]
    assert answer.table["p_over"].isna().tolist() == [True] + [False] * 11
    assert "of which USD 400 is spent. That is without 2027-01, of which no cost is known." in answer.says
    assert "The store has no cost of 2027-01: it is not in the sums, and the odds" in " ".join(answer.notes)
    holes = budget(demand, Fleet("mine"), basis, year=2027, limit=1e3, spent=bill(MONTHS[1:2], 2.0))
    assert "without 2027-01, 2027-03, of which" in holes.says


def test_parts_add_up_to_all_of_cost_spread_and_rise(basis, demand_of):
    random = np.random.default_rng(1)
    hours = wanted(*np.ones(50))[:, :, None] * np.exp(random.normal(0, 0.5, (50, 1, 3)))
    fleet = mine(offers=(Offer("cloud", "alpha", "rent", 3.0, 0.0, 0),))
    answer = budget(demand_of(hours), fleet, basis, year=2027, limit=2e6)
    parts = answer.more["by part"]
    assert parts[["share", "share_of_spread", "share_of_rise"]].sum().tolist() == pytest.approx([1.0, 1.0, 1.0])
    assert parts["usd"].sum() == pytest.approx(answer.table["usd_mean"].sum())
    ahead, before = parts["usd_a_month_ahead"].sum(), parts["usd_a_month_before"].sum()
    assert parts["rise"].sum() == pytest.approx(ahead - before)
    assert before == pytest.approx(100 * 24 * (31 + 30 + 31) / 3 * 2.0)  # October to December, as held


def test_a_bill_prices_hours_of_each_part_at_what_its_own_cost(demand_of):
    demand = demand_of(np.full((4, 12, 2), 10.0))
    spent = bill(pd.date_range("2026-07-01", periods=6, freq="MS", tz="UTC"), 2.0, 5.0, workload=["recsys"] * 2,
                 technique=["deep", "t1"])  # fmt: skip
    costs = bill_costs(demand, spent, SURE, seed=1)
    np.testing.assert_allclose(costs.usd, np.broadcast_to([20.0, 50.0], (4, 12, 2)))
    assert costs.notes == ("An accelerator-hour cost USD 3.5 on the bill of 2026-10 to 2026-12.",)
    unlabelled = bill_costs(demand, spent[["month", "cost", "hours"]], SURE, seed=1)
    np.testing.assert_allclose(unlabelled.usd, 35.0)


def test_a_price_that_falls_falls_on_and_less_so_from_few_months(demand_of):
    def falls(count):
        when = pd.date_range(end="2026-12-01", periods=count, freq="MS", tz="UTC")
        spent = pd.DataFrame({"month": when, "cost": 100 * 0.98 ** np.arange(count), "hours": 100.0})
        costs = bill_costs(
            demand_of(np.full((2000, 12), 100.0)), spent, Beliefs(dict(SURE) | {"fleet.unit_steps": 6.0}), seed=1
        )
        return float(np.median(costs.total[:, -1]) / spent["cost"].tail(3).mean())

    assert 0.98**12 < falls(37) < falls(7) < 1.0


def test_charges_without_hours_go_on(demand_of):
    when = pd.date_range(end="2026-12-01", periods=4, freq="MS", tz="UTC")
    spent = pd.concat([bill(when, 2.0), pd.DataFrame({"month": when, "cost": 30.0, "hours": 0.0})])
    costs = bill_costs(demand_of(np.full((2, 12), 10.0)), spent, SURE, seed=1)
    np.testing.assert_allclose(costs.total, 50.0)
    assert "Charges without hours stay at USD 30 a month." in costs.notes


def test_a_part_that_the_bill_does_not_name_costs_what_the_unnamed_do(basis, demand_of):
    demand = demand_of(np.full((1, 12, 2), 10.0), parts=[("recsys", "deep"), ("other", "other")])
    when = pd.date_range(end="2026-12-01", periods=3, freq="MS", tz="UTC")
    spent = bill(when, 2.0, 3.0, 5.0, workload=["recsys", "a", "b"], technique=["deep", "x", "y"])
    assert bill_costs(demand, spent, SURE, seed=1).usd[0, 0].tolist() == pytest.approx([20.0, 40.0])
    assert recent_costs(demand, Fleet("mine"), basis, spent).tolist() == pytest.approx([200.0, 800.0])


def test_a_bill_stands_where_what_is_held_has_no_price(basis, demand_of):
    fleet = replace(mine(), holdings=(replace(mine().holdings[0], usd_per_hour=None),))
    spent = bill(pd.date_range(end="2026-12-01", periods=3, freq="MS", tz="UTC"), 2.0)
    answer = budget(demand_of(np.full((3, 12), 10.0)), fleet, basis, year=2027, limit=1.0, spent=spent)
    assert answer.says.startswith("100 % that 2027 costs more than USD 1")


@pytest.mark.parametrize(("fleet", "says"), [
    (Fleet("mine"), "fleet 'mine' has no prices and its store no bill: say usd_per_hour of every"),
    (replace(mine(), holdings=(Holding("beta", 1, day("2020-01-01")),)), "beta of fleet 'mine' has no price"),
])  # fmt: skip
def test_without_prices_it_is_refused_with_what_to_write(basis, demand_of, fleet, says):
    with pytest.raises(InputError, match=says):
        budget(demand_of(wanted(0.5)), fleet, basis, year=2027, limit=1e6)


@pytest.mark.parametrize(("asked", "says"), [
    ({"year": 2027}, r"no budget for 2027: give one above 0, such as 1.2e6, or write 2027 = 1.2e6 in \[budget\]"),
    ({"year": 2027, "limit": 1e300}, r"the budget of 2027 is 1e\+300 USD/year, outside 0 to 1e\+14 USD/year,"),
    ({"year": 2027, "limit": float("nan")}, "no budget for 2027: give one above 0"),
    ({"year": 2028, "limit": 1.0}, "the demand ends in 2027-12, before the end of 2028; forecast through 2028Q4"),
    ({"year": 2026, "limit": 1.0}, "2026 is over"),
])  # fmt: skip
def test_what_cannot_be_answered_says_why(basis, demand_of, asked, says):
    with pytest.raises(InputError, match=says):
        budget(demand_of(wanted(0.5)), mine(), basis, **asked)


def test_the_fleets_own_budget_stands_where_none_is_asked(basis, demand_of):
    assert "costs more than USD 3M" in budget(demand_of(wanted(0.5)), mine(budgets={2027: 3e6}), basis, year=2027).says


def test_spending_is_read_from_the_store_beside_its_hours(usage):
    days = {("recsys", "deep"): np.full(70, 10.0), ("search", "llm"): np.full(70, 5.0)}
    cost = usage({("recsys", "deep"): np.full(70, 30.0)}, start="2026-01-01", measure="cost", unit="USD")
    spent = spent_by_month(read_history(pd.concat([usage(days, start="2026-01-01"), cost], ignore_index=True)))
    assert spent[["month", "workload", "cost", "hours"]].to_numpy().tolist() == [
        [day("2026-01-01"), "recsys", 930.0, 310.0], [day("2026-01-01"), "search", 0.0, 155.0],
        [day("2026-02-01"), "recsys", 840.0, 280.0], [day("2026-02-01"), "search", 0.0, 140.0],
        [day("2026-03-01"), "recsys", 330.0, 110.0], [day("2026-03-01"), "search", 0.0, 55.0],
    ]  # fmt: skip


def test_spending_of_another_currency_is_refused_and_none_is_no_row(usage):
    hours = usage({("recsys", "deep"): np.full(70, 10.0)}, start="2026-01-01")
    euros = usage({("recsys", "deep"): np.full(70, 30.0)}, start="2026-01-01", measure="cost", unit="EUR")
    with pytest.raises(InputError, match="in EUR from 2026-01 on, and nothing says what that is worth in USD; add"):
        spent_by_month(read_history(pd.concat([hours, euros], ignore_index=True)))
    assert spent_by_month(read_history(hours)).empty


def test_cost_in_a_currency_counts_what_it_was_worth_from_each_day_on(usage):
    hours = usage({("recsys", "deep"): np.full(70, 10.0)}, start="2026-01-01")
    euros = usage({("recsys", "deep"): np.full(70, 30.0)}, start="2026-01-01", measure="cost", unit="EUR")
    rows = pd.concat([hours, euros], ignore_index=True)
    worth = (Currency("EUR", 1.2, day("2026-02-01")), Currency("EUR", 1.1, day("2026-01-01")))
    usd, notes = in_dollars(rows, worth)
    assert spent_by_month(read_history(usd))["cost"].tolist() == pytest.approx([930 * 1.1, 840 * 1.2, 330 * 1.2])
    assert notes[0] == "Cost in EUR counts USD 1.1 for one from 2026-01-01 on, as given."
    assert in_dollars(rows, ())[0] is rows
    late, _ = in_dollars(rows, worth[:1])  # nothing says what January's were worth
    with pytest.raises(InputError, match="cost of the fleet is in EUR from 2026-01 on"):
        spent_by_month(read_history(late))
