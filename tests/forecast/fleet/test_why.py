"""A change of cost splits exactly, factor by factor and part by part."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shiftcast.features.input_error import InputError
from shiftcast.forecast.fleet.why import Side, month_side, side_of, why
from shiftcast.forecast.views.attribution import WARNING

UNITS = {"cost": "USD", "gpu_hours": "accelerator_hour", "requests": "request"}
CELLS = st.dictionaries(
    st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.sampled_from(["h", "k", "all"]),
              st.sampled_from(list(UNITS))),
    st.one_of(st.just(0.0), st.floats(1e-3, 1e6)), max_size=20,
)  # fmt: skip


def side(name, cells, days=30.0):
    """Return usage from ``{(workload, technique, accelerator, measure): value}``."""
    rows = [
        {"workload": w, "technique": t, "accelerator": a, "measure": m, "unit": UNITS[m], "value": value}
        for (w, t, a, m), value in cells.items()
    ]
    return Side(
        name, pd.DataFrame(rows, columns=["workload", "technique", "accelerator", "measure", "unit", "value"]), days
    )


def effects(answer):
    return dict(answer.table.iloc[1:-1][["factor", "amount"]].itertuples(index=False))


def grown(**changed):
    """Return a month of one part: 1000 requests of 0.1 hours at 2 dollars, with factors changed."""
    told = {"requests": 1000.0, "each": 0.1, "price": 2.0} | changed
    hours = told["requests"] * told["each"]
    part = ("recsys", "deep")
    return {(*part, "h", "gpu_hours"): hours, (*part, "h", "cost"): hours * told["price"],
            (*part, "all", "requests"): told["requests"]}  # fmt: skip


@pytest.mark.parametrize(("changed", "factor"), [
    ({"requests": 1500.0}, "requests a day"), ({"each": 0.15}, "hours a request"), ({"price": 3.0}, "cost of an hour"),
])  # fmt: skip
def test_one_factor_that_changes_makes_all_of_the_change(changed, factor):
    answer = why(side("2026-09", grown()), side("2026-10", grown(**changed)))
    assert effects(answer) == {factor: pytest.approx(100.0)}
    assert answer.says == f"Cost rose 50 % (USD 100) from 2026-09 to 2026-10: +100 by {factor}."
    assert answer.table["unit"].unique().tolist() == ["USD"]


def test_a_longer_month_alone_is_days():
    answer = why(side("2026-02", grown(), days=28.0), side("2026-03", grown(requests=1000 * 31 / 28), days=31.0))
    assert effects(answer) == {"days": pytest.approx(200 * 3 / 28)}


def test_a_move_to_another_technique_is_mix_and_to_another_accelerator_is_hardware():
    deep, llm = ("recsys", "deep"), ("recsys", "llm")
    before = {(*deep, "h", "gpu_hours"): 100.0, (*deep, "h", "cost"): 200.0, (*deep, "all", "requests"): 1e3,
              (*llm, "h", "gpu_hours"): 100.0, (*llm, "h", "cost"): 200.0, (*llm, "all", "requests"): 1e2}  # fmt: skip
    moved = {key: value * (0.5 if key[1] == "deep" else 6.0) for key, value in before.items()}
    split = effects(why(side("a", before), side("b", moved)))
    assert set(split) == {"technique within workload"}
    assert split["technique within workload"] == pytest.approx(900.0)
    cheaper = {(*deep, "h", "gpu_hours"): 40.0, (*deep, "h", "cost"): 80.0, (*deep, "k", "gpu_hours"): 60.0,
               (*deep, "k", "cost"): 60.0, (*deep, "all", "requests"): 1e3}  # fmt: skip
    alone = {key: value for key, value in before.items() if key[1] == "deep"} | {(*deep, "k", "gpu_hours"): 1e-9,
                                                                              (*deep, "k", "cost"): 1e-9}  # fmt: skip
    split = effects(why(side("a", alone), side("b", cheaper)))
    assert split["accelerator mix"] == pytest.approx(-60.0, rel=1e-6)


@settings(max_examples=40, deadline=None)
@given(before=CELLS, after=CELLS, days=st.floats(1, 92))
def test_effects_add_up_to_the_change_in_every_part(before, after, days):
    assume(all(any(value for key, value in each.items() if key[3] != "requests") for each in (before, after)))
    answer = why(side("a", before), side("b", after, days))
    table, parts = answer.table, answer.more["by part"]
    first, last = table["amount"].iloc[0], table["amount"].iloc[-1]
    size = max(parts[["before", "after"]].abs().to_numpy().max(), 1.0)
    assert abs(table["amount"].iloc[:-1].sum() - last) <= 1e-9 * size
    names = list(table["factor"].iloc[1:-1])
    np.testing.assert_allclose(parts[names].sum(axis=1), parts["after"] - parts["before"], atol=1e-9 * size)
    np.testing.assert_allclose(parts[["before", "after"]].sum(), [first, last], atol=1e-9 * size)
    back = why(side("b", after, days), side("a", before))
    for name, value in effects(back).items():
        assert value == pytest.approx(-effects(answer)[name], abs=1e-9 * size)


def test_parts_that_are_new_and_gone_are_their_own():
    before = grown() | {("search", "llm", "h", "gpu_hours"): 10.0, ("search", "llm", "h", "cost"): 30.0}
    after = grown() | {("ads", "llm", "h", "gpu_hours"): 5.0, ("ads", "llm", "h", "cost"): 50.0}
    answer = why(side("a", before), side("b", after))
    parts = answer.more["by part"].set_index("workload")
    assert effects(answer) == {"hours without requests": pytest.approx(20.0)}
    assert parts["hours without requests"].to_dict() == {"ads": 50.0, "search": -30.0, "recsys": 0.0}
    assert answer.notes == (WARNING, "7 % of the hours have no requests stored and stand as one factor.")


def test_without_requests_volume_and_hours_a_request_are_one_factor_and_it_says_so():
    cells = [
        {key: value for key, value in grown(requests=count).items() if key[3] != "requests"} for count in (1e3, 2e3)
    ]
    answer = why(side("a", cells[0]), side("b", cells[1]))
    assert effects(answer) == {"hours a day": pytest.approx(200.0)}
    assert answer.notes[1] == "No requests are stored: volume and hours a request are one factor, hours a day."


def test_without_cost_hours_are_split():
    cells = [{key: value for key, value in grown(each=each).items() if key[3] != "cost"} for each in (0.1, 0.05)]
    answer = why(side("a", cells[0]), side("b", cells[1]))
    assert answer.says == "Hours fell 50 % (50) from a to b: -50 by hours a request."
    assert answer.table["unit"].unique().tolist() == ["accelerator_hour"]


def test_charges_without_hours_and_credits_stand_alone():
    charges = [("x", "x", "", "cost"), ("y", "y", "h", "cost"), ("y", "y", "h", "gpu_hours")]
    answer = why(side("a", grown() | dict(zip(charges, (10.0, 4.0, 2.0), strict=True))),
                 side("b", grown() | dict(zip(charges, (16.0, -8.0, 2.0), strict=True))))  # fmt: skip
    assert answer.table["amount"].iloc[[0, -1]].tolist() == [214.0, 208.0]
    assert effects(answer)["charges without hours"] == pytest.approx(-2.0)
    assert answer.more["by part"].set_index("workload").loc["y", "after"] == -8.0


def test_nothing_changed_says_so():
    assert why(side("a", grown()), side("b", grown())).says == "Cost did not change from a to b: USD 200."


def test_owners_are_parts_where_they_are_asked_for():
    rows = side("a", grown()).rows.assign(operator="mine")
    answer = why(Side("a", rows, 30.0), Side("b", rows.assign(value=rows["value"] * 2), 30.0), by=("operator",))
    assert answer.more["by part"]["operator"].tolist() == ["mine"]
    assert effects(answer) == {"requests a day": pytest.approx(200.0)}


@pytest.mark.parametrize(("after", "by", "says"), [
    (grown(), ("team",), "label 'team' is not a column of the usage of a"),
    ({}, ("workload",), "b has neither hours nor cost in the store"),
])  # fmt: skip
def test_what_cannot_be_split_says_why(after, by, says):
    with pytest.raises(InputError, match=says):
        why(side("a", grown()), side("b", after), by=by)


def test_two_currencies_are_refused():
    other = side("b", grown())
    euros = other.rows.assign(unit=other.rows["unit"].replace("USD", "EUR"))
    with pytest.raises(InputError, match="cost is in EUR and USD; bring it to one currency"):
        why(side("a", grown()), Side("b", euros, 30.0))


def test_a_month_is_read_from_the_store(usage):
    rows = usage({("recsys", "deep"): np.arange(70.0)}, start="2026-01-01")
    found = month_side(rows, "2026-02")
    assert (found.name, found.days, found.rows["value"].sum()) == ("2026-02", 28.0, sum(range(31, 59)))


def test_weeks_that_cross_the_end_of_a_month_are_not_in_it(usage):
    rows = usage({("recsys", "deep"): [1.0, 2.0, 4.0]}, start="2026-01-19", grain="week")
    assert month_side(rows, "2026-01").rows["value"].tolist() == [1.0]


@pytest.mark.parametrize(("label", "says"), [
    ("2026-13", "month '2026-13' is not one such as 2026-09"),
    ("2025-09", "nothing of 2025-09 is stored in months or shorter periods; usage is of 2026-01 to 2026-01"),
])  # fmt: skip
def test_a_month_that_is_not_there_is_named(usage, label, says):
    with pytest.raises(InputError, match=says):
        month_side(usage({("recsys", "deep"): [1.0]}, start="2026-01-01"), label)


def test_two_invoices_are_told_apart_by_the_label_that_holds_their_number(usage):
    days = {("recsys", "deep"): np.full(90, 10.0)}
    hours = usage(days, start="2026-01-01")
    cost = usage({("recsys", "deep"): np.repeat([20.0, 25.0], 45)}, start="2026-01-01", measure="cost", unit="USD")
    rows = pd.concat([hours, cost], ignore_index=True)
    rows["leaf"] = np.where(rows["period_start"] < pd.Timestamp("2026-02-15", tz="UTC"), "INV-1", "INV-2")
    first, second = side_of(rows, "INV-1"), side_of(rows, "INV-2")
    assert (first.days, second.days) == (45.0, 45.0)
    answer = why(first, second)
    assert answer.says == "Cost rose 25 % (USD 225) from INV-1 to INV-2: +225 by cost of an hour."
    with pytest.raises(InputError, match="'INV-3' is no month such as 2026-09, and no invoice of that number"):
        side_of(rows, "INV-3")


def test_a_month_that_usage_covers_in_part_has_the_days_covered(usage):
    assert side_of(usage({("recsys", "deep"): np.ones(40)}, start="2026-01-11"), "2026-01").days == 21.0
