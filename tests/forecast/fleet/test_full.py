"""Full dates, waiting work and nodes to add, worked by hand, and their properties."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shiftcast.features.input_error import InputError
from shiftcast.forecast.fleet.additions import hourly_usd
from shiftcast.forecast.fleet.facts import Fleet, Holding, Offer
from shiftcast.forecast.fleet.full import full
from shiftcast.forecast.fleet.queue import first_full, full_words, serve

MONTHS = pd.date_range("2027-01-01", periods=3, freq="MS", tz="UTC")
HOURS = arrays(float, (5, 6), elements=st.floats(0, 1e6))
SHARES = arrays(float, 5, elements=st.floats(0, 1))


def day(text):
    return pd.Timestamp(text, tz="UTC")


def mine(**changed):
    """Return a fleet that can serve 80 alphas every hour of a month."""
    return Fleet("mine", busy=0.8, holdings=(Holding("alpha", 100, day("2020-01-01")),), **changed)


def filled(*shares):
    """Return hours of January to March at shares of what the fleet can serve, one draw a tuple."""
    return np.array(shares) * 80 * 24.0 * MONTHS.days_in_month.to_numpy()


@given(wanted=HOURS, can=HOURS, away=SHARES)
def test_no_hour_is_lost(wanted, can, away):
    run = serve(wanted, can, turned_away=away)
    before = np.concatenate([np.zeros((5, 1)), run.waiting[:, :-1]], axis=1)
    np.testing.assert_allclose(before + wanted, run.served + run.away + run.waiting, rtol=1e-12, atol=1e-6)
    assert (run.served <= can).all()
    assert (run.waiting >= 0).all()


@given(wanted=HOURS, can=HOURS, away=SHARES, more=st.floats(0, 1e6))
def test_more_to_serve_with_leaves_no_more_waiting_and_is_full_no_more_often(wanted, can, away, more):
    few, many = (serve(wanted, can + extra, turned_away=away) for extra in (0.0, more))
    assert (many.waiting <= few.waiting + 1e-6).all()
    assert (many.full <= few.full).all()


def test_a_wait_is_what_waits_over_what_is_served_a_day():
    run = serve(np.array([[62.0, 0.0]]), np.array([[31.0, 28.0]]), turned_away=np.zeros(1))
    assert run.wait_days(MONTHS[:2]).tolist() == [[31.0, 3.0]]


def test_nothing_served_is_waited_for_without_end():
    run = serve(np.array([[5.0]]), np.zeros((1, 1)), turned_away=np.zeros(1))
    assert run.wait_days(MONTHS[:1]).tolist() == [[np.inf]]


def test_the_date_is_the_first_full_month_by_its_ranks():
    full_draws = np.array([[0, 1, 0], [0, 0, 1], [0, 0, 1], [1, 0, 0], [0, 1, 1]], dtype=bool)
    when = first_full(full_draws, MONTHS)
    assert when.dates == (MONTHS[0], MONTHS[1], MONTHS[2])
    assert when.by.tolist() == pytest.approx([0.2, 0.6, 1.0])
    assert full_words(when, "2027Q1") == (
        "Full in 2027-02 (8 in 10: 2027-01 to 2027-03); 0 % that it lasts through 2027Q1."
    )


@pytest.mark.parametrize(("share", "says"), [
    (0.0, "Not full through 2027Q1, in any draw."),
    (0.3, "Not full through 2027Q1 with 70 %; if it is, from 2027-02 on."),
    (0.7, "Full in 2027-02 (8 in 10: 2027-02 to after 2027-03); 30 % that it lasts through 2027Q1."),
    (1.0, "Full in 2027-02 (8 in 10: 2027-02); 0 % that it lasts through 2027Q1."),
])  # fmt: skip
def test_a_date_past_the_horizon_is_said_as_that(share, says):
    draws = np.zeros((10, 3), dtype=bool)
    draws[: round(10 * share), 1] = True
    assert full_words(first_full(draws, MONTHS), "2027Q1") == says


def test_a_month_is_full_where_more_is_wanted_than_can_be_served(basis, demand_of):
    demand = demand_of(filled((0.5, 1.1, 0.9), (0.5, 0.9, 2.0), (0.5, 0.9, 1.0), (0.5, 1.5, 1.5)))
    answer = full(demand, mine(), basis)
    table = answer.table
    assert table["p_full"].tolist() == [0.0, 0.5, 0.5]
    assert table["can_serve"].tolist() == pytest.approx((80 * 24.0 * MONTHS.days_in_month).tolist())
    assert table["unserved_share"].tolist() == pytest.approx(
        [0.0, (0.1 / 1.1 + 0.5 / 1.5) / 4, (1 / 2 + 0.5 / 1.5) / 4]
    )
    february, march = 80 * 24 * 28.0, 80 * 24 * 31.0
    assert table["away_hours"][1] == pytest.approx(0.25 * 0.6 * february / 4)
    waits = [
        max(0.75 * 0.1 * february - 0.1 * march, 0.0),
        0.75 * march,
        0.0,
        0.75 * (0.75 * 0.5 * february + 0.5 * march),
    ]
    assert table["waiting_hours"][2] == pytest.approx(sum(waits) / 4)
    assert answer.says.startswith("Full in 2027-02 (8 in 10: 2027-02 to after 2027-03); 25 % that it lasts")
    assert answer.assumed["name"].tolist() == ["fleet.turned_away", "lag.order_shipment", "fleet.lag"]


def test_nodes_are_whole_and_hold_the_risk(basis, demand_of):
    random = np.random.default_rng(3)
    demand = demand_of(filled(*np.exp(0.3 * random.standard_normal((200, 3)) + 0.2)))
    for risk in (0.01, 0.05, 0.3):
        table = full(demand, mine(), basis, risk=risk).table
        assert (table["p_full_planned"] <= risk).all()
        assert (table["nodes"] % 1 == 0).all()
        assert table["nodes"].is_monotonic_increasing
        assert table["add_nodes"].cumsum().tolist() == table["nodes"].tolist()


def test_one_node_fewer_does_not_hold_the_risk(basis, demand_of):
    demand = demand_of(filled(*np.linspace(0.9, 1.6, 100)[:, None] * np.ones(3)))
    table = full(demand, mine(), basis, risk=0.1).table
    node = 8 * 0.8 * 24 * 31.0
    over = np.maximum(demand.total[:, 0] - 80 * 24 * 31.0, 0)
    nodes = table["nodes"][0]
    assert (over > nodes * node).mean() <= 0.1 < (over > (nodes - 1) * node).mean()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=20)
@given(more=st.integers(1, 200))
def test_odds_of_being_full_fall_as_accelerators_are_added(basis, demand_of, more):
    random = np.random.default_rng(5)
    demand = demand_of(filled(*np.exp(0.4 * random.standard_normal((50, 3)) + 0.3)))
    larger = replace(mine(), holdings=(*mine().holdings, Holding("beta", more, day("2027-02-01"))))
    few, many = (full(demand, each, basis).table for each in (mine(), larger))
    assert (many["p_full"] <= few["p_full"]).all()
    assert (many["nodes"] <= few["nodes"]).all()
    assert (many["waiting_hours"] <= few["waiting_hours"]).all()


def test_an_offer_says_what_to_order_and_a_late_one_how_late(basis, demand_of):
    offers = (Offer("own", "beta", "buy", 60_000.0, 10.0, 60, node=4), Offer("cloud", "alpha", "rent", 9.0, 0.0, 0))
    demand = demand_of(filled(*[(1.2, 1.2, 1.4)] * 5))
    answer = full(demand, mine(offers=offers), basis)
    table = answer.table
    assert table["nodes"].tolist() == [3.0, 3.0, 5.0]  # a node serves 4 x 2 x 0.8 of the 16, then 32 that are short
    assert table["order_by"][0] == day("2026-10-23")
    assert table["order_by"].isna().tolist() == [False, True, False]
    assert table["late_weeks"].tolist() == pytest.approx([39 / 7, 0.0, 0.0])
    assert table["p_full_planned"].tolist() == [0.0, 0.0, 0.0]
    assert table["p_full_from_today"].tolist() == [1.0, 1.0, 0.0]  # ordered on 12-01 they come on 02-09
    assert (
        "have 3 nodes of 4 beta (own) more by 2027-01 and 5 by 2027-03: order the first by 2026-10-23, 6 weeks ago. "
        "Best from 2026-12-01: order 3 nodes of 4 beta (own) at once, in use from 2027-03; until then a month is full "
        "with up to 100 %."
    ) in answer.says
    named = full(demand, mine(offers=offers), basis, offer="cloud")
    assert named.table["late_weeks"].tolist() == [0.0, 0.0, 0.0]
    assert named.table["nodes"].tolist() == [3.0, 3.0, 5.0]  # a node of 8 serves 8 x 0.8


def test_an_offer_with_a_limit_adds_no_more(basis, demand_of):
    few = Offer("own", "beta", "buy", 60_000.0, 1.0, 60, node=4, most=10)
    table = full(demand_of(filled((2.0, 2.0, 2.0))), mine(offers=(few,)), basis).table
    assert table["nodes"].tolist() == [2.0, 2.0, 2.0]
    assert table["p_full_planned"].tolist() == [1.0, 1.0, 1.0]


def test_without_an_offer_more_of_the_same_is_planned_and_said_to_be_assumed(basis, demand_of):
    answer = full(demand_of(filled((1.1, 1.1, 1.1))), mine(), basis)
    assert "39 weeks from order to use are assumed" in " ".join(answer.notes)
    assert "they come after the last month" in answer.says


def test_nothing_is_added_where_nothing_is_short(basis, demand_of):
    answer = full(demand_of(filled((0.1, 0.1, 0.1))), mine(), basis, through="2027Q1")
    assert answer.says == (
        "Not full through 2027Q1, in any draw. Nothing has to be added for a risk of 5 % in each month."
    )


def test_the_sentences_of_when_a_fleet_is_full_end_with_how_little_they_rest_on(basis, demand_of):
    demand = demand_of(filled((1.1, 1.1, 1.1)))
    said = full(replace(demand, little="This rests on little."), mine(), basis).says
    assert said == full(demand, mine(), basis).says + " This rests on little."


def test_the_months_asked_are_those_answered(basis, demand_of):
    demand = demand_of(filled((1.1, 1.1, 1.1)))
    answer = full(demand, mine(), basis, through=day("2027-02-10"))
    assert answer.table["month"].tolist() == MONTHS[:2].tolist()
    assert "lasts through 2027-02" in answer.says
    with pytest.raises(InputError, match=r"through 2027Q4 is outside the months forecast, 2027-01 to 2027-03"):
        full(demand, mine(), basis, through="2027Q4")


@pytest.mark.parametrize(("asked", "message"), [
    ({"risk": 0.0}, "risk 0 is not between 0 and 1"),
    ({"offer": "none"}, "offer 'none' is not in fleet.toml; it has own"),
    ({"given": {"fleet.buzy": 1.0}}, "assumption 'fleet.buzy' is not known"),
])  # fmt: skip
def test_what_cannot_be_answered_says_why(basis, demand_of, asked, message):
    offers = (Offer("own", "beta", "buy", 1.0, 1.0, 1),)
    with pytest.raises(InputError, match=message):
        full(demand_of(filled((1.0, 1.0, 1.0))), mine(offers=offers), basis, **asked)


def test_a_ratio_of_nought_is_refused(basis, demand_of):
    with pytest.raises(InputError, match="work of offer 'own' is 0; give a number above 0"):
        full(demand_of(filled((1.0,) * 3)), mine(offers=(Offer("own", "beta", "buy", 1.0, 1.0, 1, work=0.0),)), basis)


def test_a_purchase_costs_an_hour_what_its_life_spreads_it_over():
    assert hourly_usd(Offer("own", "beta", "buy", 8766.0, 1.0, 12)) == pytest.approx(1.0)
    assert hourly_usd(Offer("cloud", "beta", "rent", 2.5, 1.0, 0)) == 2.5


def test_the_same_seed_gives_the_same_answer(basis, demand_of):
    demand = demand_of(filled(*np.linspace(0.8, 1.2, 40)[:, None] * np.ones(3)))
    first, second = (full(demand, replace(mine(), busy=None), basis) for _ in range(2))
    pd.testing.assert_frame_equal(first.table, second.table)
    assert first.says == second.says


def test_months_that_are_all_over_are_reckoned_from_the_end_of_usage(basis, demand_of):
    demand = replace(demand_of(filled((1.2, 1.2, 1.2))), until=day("2027-01-10"))
    offers = (Offer("own", "beta", "buy", 60_000.0, 4.0, 60),)
    answer = full(demand, mine(offers=offers), replace(basis, origin=day("2027-04-01")), through="2027Q1")
    assert answer.notes[0] == (
        "All months asked are over today: orders are reckoned from 2027-01-10, the end of usage."
    )
    assert "Best from 2027-01-10: order" in answer.says
    assert "in use from 2027-03" in answer.says  # four weeks on
    assert full(demand, mine(offers=offers), basis).notes[0].startswith("Work can take")


def test_odds_come_true_where_the_draws_are_right(basis, demand_of):
    """Of months said to be full with a chance, as many are full, if what comes is one draw more."""
    random, said, came = np.random.default_rng(11), [], []
    for _ in range(60):
        paths = np.exp(0.2 * random.standard_normal((81, 3)).cumsum(axis=1) + random.normal(-0.1, 0.3))
        table = full(demand_of(filled(*paths[1:])), mine(), basis).table
        said.append(table["p_full"].to_numpy())
        came.append(paths[0] > 1.0)
    said, came = np.array(said).ravel(), np.array(came).ravel()
    for low, high in ((0.0, 0.25), (0.25, 0.75), (0.75, 1.01)):
        inside = (said >= low) & (said < high)
        assert inside.sum() >= 25
        assert abs(said[inside].mean() - came[inside].mean()) < 0.08
