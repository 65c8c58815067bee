"""Which number to measure next: the figure that was planted is found, and the words say what the table holds."""

from dataclasses import replace

import numpy as np
import pytest

from shiftcast.forecast.effects.decisions import BUDGET, decision
from shiftcast.forecast.effects.figures import figures_to_measure
from shiftcast.forecast.effects.learning import LearnNext, learn_next
from shiftcast.forecast.effects.words import said
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.part import Part, draws_of

BY, PLACE = "2027Q4", 13


@pytest.fixture(scope="module")
def answer(small_world, small_basis):
    return learn_next(small_world.cube, small_basis, LearnNext(BY, measure="power"))


def test_figures_are_those_the_forecast_was_drawn_from(small_world, small_basis):
    figures = {each.name: each for each in figures_to_measure(small_world.cube, small_basis)}
    at = [str(name) for name in small_world.cube["assumption"].values].index("power.pue")
    learned = small_world.cube["learned"].values[:, at]
    assert np.corrcoef(np.argsort(np.argsort(figures["power.pue"].values)), np.argsort(np.argsort(learned)))[
        0, 1
    ] == pytest.approx(1.0)
    live = draws_of(small_world.cube, "accelerators", Part("rest", "sovereign"))[:, 7]
    np.testing.assert_allclose(figures["sovereign: accelerators live, 2026Q2"].values, live)
    kinds = {each.kind for each in figures.values()}
    assert kinds == {"assumption", "operator", "state today"}
    assert all(each.values.std() > 0 and each.evidence and each.source for each in figures.values())


def test_the_table_ranks_by_share_and_keeps_what_passes_chance(answer):
    table = answer.table
    assert list(table["share"]) == sorted(table["share"], reverse=True)
    assert (table["share_low80"] <= table["share"]).all()
    assert (table["share"] <= table["share_high80"]).all()
    assert "power.pue" in set(table["figure"])
    row = table.set_index("figure").loc["power.pue"]
    assert row["kind"] == "assumption"
    assert 0 < row["narrower"] < 1
    assert (table["usd_sample"] <= table["usd_perfect"]).all()


def test_the_answer_begins_with_the_figure_and_says_what_its_first_row_holds(answer):
    first = answer.table.iloc[0]
    assert answer.says.startswith(f"{first['figure']} ({first['kind']}): measured, it takes away")
    assert said(first["left_low80"]) in answer.says
    assert said(first["usd_perfect"], "USD") in answer.says
    assert "assumed" in answer.says
    assert set(answer.assumed["name"]) == {"procurement.short", "procurement.over"}
    assert (answer.units["left_low80"], answer.units["share"]) == ("MW_facility", "share")
    assert set(answer.units) <= set(answer.table.columns)


def test_a_measure_that_one_row_sets_alone_is_settled_by_that_row(small_world, small_basis):
    cube = small_world.cube.copy()
    pue = small_basis.pue({})
    flat = np.broadcast_to(pue[:, None, None], cube["power"].shape).astype(np.float32)
    cube["power"] = (cube["power"].dims, flat, cube["power"].attrs)
    table = learn_next(cube, small_basis, LearnNext(BY, measure="power", segment="rest")).table
    first = table.iloc[0]
    assert first["figure"] == "power.pue"
    assert first["share"] > 0.97
    assert first["narrower"] > 0.8
    assert table["shapley"].sum() == pytest.approx(1.0, abs=0.05)


def test_costs_are_the_record_s_share_of_a_price_unless_they_are_given(small_world, small_basis):
    cube = small_world.cube
    short, over = (
        small_basis.assumptions.set_index("name").loc[f"procurement.{name}", "mid"] for name in ("short", "over")
    )
    price = float(np.median(cube["unit_price"].values[:, PLACE]))
    made = decision("plan", cube, small_basis, Part(), PLACE, None, None)
    assert (made.stakes.under, made.stakes.over) == pytest.approx((short * price, over * price))
    given = decision("plan", cube, small_basis, Part(), PLACE, 7.0, 2.0)
    assert (given.stakes.under, given.stakes.over, len(given.assumed)) == (7.0, 2.0, 0)
    money = decision(BUDGET, cube, small_basis, Part("rest"), PLACE, None, None)
    assert (money.stakes.under, money.stakes.over) == pytest.approx((short, over))
    np.testing.assert_allclose(money.need, draws_of(cube, "spending", Part("rest"))[:, 8 : PLACE + 1].sum(axis=1))


def test_a_costlier_decision_is_worth_more_in_proportion(small_world, small_basis):
    asked = LearnNext(BY, measure="accelerators", under=300.0, over=100.0)
    one = learn_next(small_world.cube, small_basis, asked).table
    ten = learn_next(small_world.cube, small_basis, replace(asked, under=3000.0, over=1000.0)).table
    np.testing.assert_allclose(10 * one["usd_perfect"], ten["usd_perfect"], rtol=1e-9)
    assert one["usd_perfect"].max() > 0


@pytest.mark.parametrize(
    ("asked", "error", "told"),
    [
        ({"by": "2031Q1"}, OutOfSupportError, "an answer for 2031Q1"),
        ({"by": "2025Q1"}, OutOfSupportError, "the forecast goes from 2026Q3 to 2028Q4"),
        ({"decision": "wed"}, ValueError, "decision 'wed' is not known; choose one of plan, budget"),
        ({"under": -1.0}, ValueError, "under is -1; a cost is above zero"),
        ({"error": -0.1}, ValueError, "error -0.1 and sample 1"),
        ({"sample": 0}, ValueError, "sample 0"),
        ({"measure": "joy"}, ValueError, "measure 'joy' is not forecast"),
        ({"segment": "vendor_internal", "measure": "spending"}, OutOfSupportError, "some draws have none of it"),
    ],
)
def test_what_cannot_be_learned_is_named(small_world, small_basis, asked, error, told):
    with pytest.raises(error, match=told):
        learn_next(small_world.cube, small_basis, LearnNext(**{"by": BY} | asked))


def test_a_forecast_without_its_assumptions_says_so(small_world):
    with pytest.raises(OutOfSupportError, match="kept without its assumptions"):
        learn_next(small_world.cube, None, LearnNext(BY))


def test_nothing_is_named_where_nothing_tells_more_than_chance(small_world, small_basis):
    cube, random = small_world.cube.copy(), np.random.default_rng(8)
    noise = np.exp(random.standard_normal((cube.sizes["draw"], 1, 1)))
    cube["power"] = (cube["power"].dims, np.broadcast_to(noise, cube["power"].shape).copy(), cube["power"].attrs)
    found = learn_next(cube, small_basis, LearnNext(BY, measure="power"))
    assert len(found.table) == 0
    assert found.says.startswith("No single figure")
