"""Ways to meet demand: costs worked by hand, and regret."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shiftcast.features.input_error import InputError
from shiftcast.forecast.fleet.choices import choices
from shiftcast.forecast.fleet.cut import after_cut, cuts
from shiftcast.forecast.fleet.facts import Fleet, Holding, Move, Offer

MONTHS = pd.date_range("2027-01-01", periods=6, freq="MS", tz="UTC")
HOURS = 24.0 * MONTHS.days_in_month.to_numpy()
RENT = Offer("cloud", "alpha", "rent", 4.0, 0.0, 0)
OWN = Offer("own", "beta", "buy", 8766.0 * 5 * 0.5, 0.0, 60)  # half a dollar an hour for twice the work
KEPT = Offer("kept", "alpha", "reserve", 3.0, 4.0, 12)


def day(text):
    return pd.Timestamp(text, tz="UTC")


def mine(*offers, **changed):
    held = Holding("alpha", 200, day("2020-01-01"), usd_per_hour=2.0)
    return Fleet("mine", busy=0.5, holdings=(held,), offers=offers, **changed)


def wanted(*over):
    """Return hours of which so many an hour are more than the hundred that can be served, one draw a number."""
    return np.outer(100.0 + np.array(over, dtype=float), HOURS)


def rows(answer):
    return answer.table.set_index("option")


def test_renting_costs_what_does_not_fit_and_nothing_costs_its_value(basis, demand_of):
    table = rows(choices(demand_of(wanted(0, 10, 50)), mine(RENT), basis, unserved=7.0))
    year = HOURS.sum()
    assert table.loc["rent cloud", "usd"] == pytest.approx(20 * year * 4.0)
    assert table.loc["do nothing", "usd"] == pytest.approx(20 * year * 7.0)
    assert table.loc["do nothing", "usd_added"] == 0.0
    assert table.loc["do nothing", "unserved_share"] == pytest.approx(60 / 360)
    assert table.loc["rent cloud", ["regret_low", "regret_mid", "regret_high"]].tolist() == [0.0, 0.0, 0.0]
    assert table.loc["do nothing", ["regret_low", "regret_mid", "regret_high"]].tolist() == pytest.approx(
        [0.0, 30 * year, 150 * year]
    )
    assert table.index.tolist() == ["rent cloud", "do nothing"]


def test_an_offer_whose_name_says_what_is_done_is_not_told_twice(basis, demand_of):
    named = mine(replace(OWN, name="buy more"), replace(RENT, name="Rent a cloud"))
    told = rows(choices(demand_of(wanted(9, 9, 9)), named, basis)).index
    assert set(told) == {"do nothing", "Rent a cloud", "buy more", "buy more, Rent a cloud"}


def test_a_purchase_has_the_nodes_that_cost_least(basis, demand_of):
    demand = demand_of(wanted(*range(100)))
    answer = choices(demand, mine(OWN, RENT), basis)
    table = rows(answer)
    node = 8 * 2 * 0.5  # hours of the present mix that a node serves in an hour
    cost = [
        8 * 0.5 * count + 4.0 * np.maximum(np.arange(100) - node * count, 0).mean() for count in range(20)
    ]  # fmt: skip
    assert table.loc["buy own, rent cloud", "nodes"] == int(np.argmin(cost))
    assert table.loc["buy own, rent cloud", "usd"] == pytest.approx(HOURS.sum() * min(cost))
    assert answer.says.startswith(f"Buy own, rent cloud ({np.argmin(cost)} nodes of 8, in use 2026-12-01): USD ")
    assert "An hour that is not served counts USD 4, what cloud asks: assumed." in answer.notes


def test_what_comes_late_serves_late(basis, demand_of):
    late = replace(KEPT, lead_weeks=9.0, usd=0.2)  # in use on the second of February
    table = rows(choices(demand_of(wanted(8, 8, 8)), mine(late), basis, unserved=1.0))
    served = 2 * 8 * 0.5 * (27 * 24 + HOURS[2:].sum())
    assert table.loc["reserve kept", "unserved_share"] == pytest.approx(
        (8 * HOURS.sum() - served) / (108 * HOURS.sum())
    )


def test_what_no_node_of_pays_is_left_out_and_said(basis, demand_of):
    answer = choices(demand_of(wanted(1, 1, 1)), mine(replace(KEPT, usd=100.0), RENT), basis)
    assert answer.table["option"].tolist() == ["rent cloud", "do nothing"]
    assert "Reserve kept: no node of it pays." in answer.notes


def test_faster_nodes_can_stand_in_for_what_is_given_back(basis, demand_of):
    fleet = mine(OWN, RENT)
    lent = replace(fleet.holdings[0], terms="rented")
    table = rows(choices(demand_of(wanted(0, 0, 0)), replace(fleet, holdings=(lent,)), basis))
    back = table.loc["buy own, give back alpha"]
    assert back["nodes"] == 13  # 8 x 2 x 0.5 an hour each, for the hundred
    assert back["usd"] == pytest.approx(HOURS.sum() * (13 * 8 * 0.5 - 200 * 2.0))
    assert back["regret"] == 0.0
    slower = replace(KEPT, usd=0.01)
    table = rows(
        choices(demand_of(wanted(9, 9, 9)), replace(fleet, holdings=(lent,), offers=(slower,)), basis, unserved=1.0)
    )
    assert not table.index.str.contains("give back").any()


def test_energy_of_what_is_bought_is_paid_where_it_is_paid_apart(basis, demand_of):
    demand = demand_of(wanted(8, 8, 8))
    plain, powered = (
        rows(choices(demand, mine(OWN, usd_per_kwh=price), basis, unserved=9.0)).loc["buy own"] for price in (None, 0.1)
    )
    assert plain["nodes"] == powered["nodes"] == 1
    kw = 8 * 0.8 * 1.75 * 1.25 * 0.5
    assert powered["usd_added"] - plain["usd_added"] == pytest.approx(kw * HOURS.sum() * 0.1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=12)
@given(over=st.lists(st.floats(0, 300), min_size=3, max_size=12), prices=st.tuples(*[st.floats(0.1, 20)] * 4))
def test_regret_is_never_below_nought_and_one_option_has_none_in_each_scenario(basis, demand_of, over, prices):
    offers = [replace(each, usd=price * (1000 if each.terms == "buy" else 1))
              for each, price in zip((RENT, OWN, KEPT), prices, strict=False)]  # fmt: skip
    table = choices(demand_of(wanted(*over)), mine(*offers), basis, unserved=prices[3]).table
    regret = table[["regret_low", "regret_mid", "regret_high"]]
    assert (regret >= 0).all(axis=None)
    assert regret.min().tolist() == [0.0, 0.0, 0.0]
    assert table["regret"].tolist() == regret.max(axis=1).tolist()
    assert (table["regret"].diff().dropna() >= -0.01).all()


def test_named_demands_are_the_scenarios(basis, demand_of):
    named = {"plan": demand_of(wanted(0, 0)), "merger": demand_of(wanted(50, 70))}
    table = rows(choices(named, mine(RENT), basis, unserved=7.0))
    assert table.loc["do nothing", ["regret_plan", "regret_merger"]].tolist() == pytest.approx(
        [0.0, 60 * 3 * HOURS.sum()]
    )
    with pytest.raises(InputError, match="scenario 'merger' has other months, parts or draws"):
        choices(named | {"merger": demand_of(wanted(1)[:, :3])}, mine(RENT), basis)


@pytest.mark.parametrize(("fleet", "asked", "says"), [
    (mine(), {}, "fleet 'mine' has no offers to choose among"),
    (mine(OWN), {}, "no .* of rent says what an hour is worth; give --unserved"),
    (mine(OWN), {"unserved": 0.0}, "unserved 0 is not above 0"),
    (mine(RENT), {"caps": {"llm": 0.3}}, "technique 'llm' has no hours; it may be deep"),
    (mine(RENT), {"caps": {"deep": 1.0}}, "share 1 of deep is not a share below one"),
])  # fmt: skip
def test_what_cannot_be_chosen_says_why(basis, demand_of, fleet, asked, says):
    with pytest.raises(InputError, match=says):
        choices(demand_of(wanted(1, 2, 3)), fleet, basis, **asked)


def two_techniques(demand_of, shares):
    """Return demand of 150 an hour, of which llm has a share that rises by month."""
    total = np.full((4, 6), 150.0) * HOURS
    share = np.array(shares)
    hours = np.stack([total * (1 - share), total * share], axis=2)
    return demand_of(hours, parts=[("recsys", "deep"), ("recsys", "llm")])


def test_a_technique_that_rises_can_be_kept_at_its_share(basis, demand_of):
    demand = two_techniques(demand_of, np.linspace(0.2, 0.6, 6))
    (cut,) = cuts(demand, mine(), basis, None)
    assert (cut.technique, round(cut.most, 3), cut.assumed) == ("llm", 0.2, "ratio.llm")
    spared = demand.total - after_cut(demand, cut)
    np.testing.assert_allclose(spared[0], (np.linspace(0.2, 0.6, 6) - 0.2) * 150 * HOURS / 2)  # half of it comes back
    answer = choices(demand, mine(RENT), basis)
    row = answer.more["cuts"].iloc[0]
    assert row["cut"] == "keep llm to 20% of the hours of recsys"
    assert row["usd_saved"] == pytest.approx(4.0 * spared[0].sum())
    assert "ratio.llm" in answer.assumed["name"].tolist()


def test_a_cap_that_is_asked_for_stands_and_the_planners_own_ratio_with_it(basis, demand_of):
    demand = two_techniques(demand_of, [0.5] * 6)
    move = Move("recsys", "deep", "llm", MONTHS[0], MONTHS[1], (0.1, 0.2, 0.3), work=(3.0, 4.0, 5.0))
    (cut,) = cuts(demand, mine(moves=(move,)), basis, {"llm": 0.1})
    assert (cut.most, cut.ratio[0], cut.assumed) == (0.1, 4.0, "")
    np.testing.assert_allclose((demand.total - after_cut(demand, cut))[0], 0.4 * 150 * HOURS * 0.75)


def test_a_technique_of_which_no_ratio_is_known_is_not_cut(basis, demand_of):
    demand = two_techniques(demand_of, np.linspace(0.6, 0.2, 6))  # deep rises, and replaced nothing on record
    assert cuts(demand, mine(), basis, None) == ()
