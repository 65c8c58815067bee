"""Demand by quarter with hours, accelerators, power and money, worked by hand from a demand of few draws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.input_error import InputError
from shiftcast.forecast.fleet.demand import Demand
from shiftcast.forecast.fleet.facts import Fleet, Holding
from shiftcast.forecast.fleet.outlook import outlook
from shiftcast.forecast.known import Settings, basis_of

MONTHS = pd.date_range("2026-12-01", "2027-04-01", freq="MS", tz="UTC").as_unit("us")
PARTS = pd.DataFrame({"workload": ["a", "a", "b"], "technique": ["x", "y", "x"]})
MIX = pd.DataFrame({"accelerator": ["h100"], "hours": [10.0]})
PRICED = Fleet(
    "mine", busy=0.5, pue=1.25, holdings=(Holding("h100", 8, pd.Timestamp("2026-01-01", tz="UTC"), usd_per_hour=2.0),)
)


@pytest.fixture(scope="module")
def basis(known_on):
    return basis_of(known_on(), Settings(draws=101))


@pytest.fixture
def demand():
    """Return 101 draws in which every part and month has 100 hours times (draw + 1) / 51."""
    each = 100.0 * np.arange(1, 102) / 51
    hours = np.broadcast_to(each[:, None, None], (101, len(MONTHS), len(PARTS))).copy()
    past = pd.DataFrame(
        {"month": MONTHS[:1] - pd.DateOffset(months=1), "workload": "a", "technique": "x", "hours": 150.0}
    )
    return Demand(PARTS, MONTHS, hours, past, pd.DataFrame(), np.linspace(0.0, 0.4, 5), ("rests on little",))


def rows(answer, **equal):
    table = answer.table
    for name, value in equal.items():
        table = table[table[name] == value]
    return table


def test_periods_that_are_there_in_part_say_so(demand, basis):
    answer = outlook(demand, PRICED, basis, mix=MIX)
    assert list(rows(answer, workload="all")["period"]) == ["2026Q4 (from 2026-12)", "2027Q1", "2027Q2 (to 2027-04)"]
    months = outlook(demand, PRICED, basis, mix=MIX, every="month")
    assert list(rows(months, workload="all")["period"]) == [f"{each:%Y-%m}" for each in MONTHS]


def test_a_quarter_adds_its_months_draw_by_draw(demand, basis):
    total = rows(outlook(demand, PRICED, basis, mix=MIX), workload="all", period="2027Q1").iloc[0]
    assert total["gpu_hours_median"] == pytest.approx(900.0)  # three parts, three months, draw 51 of 101 has 100
    assert total["gpu_hours_low80"] == pytest.approx(900.0 * 11 / 51)
    assert total["gpu_hours_high80"] == pytest.approx(900.0 * 91 / 51)
    assert total["borrowed"] == pytest.approx(0.2)
    assert total["gpus_median"] == pytest.approx(900.0 / (90 * 24) / 0.5)
    watts = float(basis.hardware[basis.hardware["accelerator"] == "h100"]["it_kw"].iloc[-1]) * 1e3
    assert total["mw_median"] == pytest.approx(total["gpus_median"] * watts * 1.25 / 1e6)
    assert total["usd_median"] == pytest.approx(8 * 90 * 24 * 2.0)  # all that is held, used or not


def test_parts_add_up_to_the_total_and_the_same_parts_stand_once(demand, basis):
    answer = outlook(demand, PRICED, basis, mix=MIX)
    quarter = rows(answer, period="2027Q1")
    assert [*zip(quarter["workload"], quarter["technique"], strict=True)] == [
        ("all", "all"), ("a", "all"), ("a", "x"), ("a", "y"), ("b", "x")
    ]  # fmt: skip
    finest = quarter[quarter["technique"] != "all"]
    assert finest["gpu_hours_median"].sum() == pytest.approx(quarter["gpu_hours_median"].iloc[0])
    assert finest["usd_median"].sum() == pytest.approx(quarter["usd_median"].iloc[0])


def test_the_sentence_begins_with_the_last_period_and_compares_with_what_was_used(demand, basis):
    says = outlook(demand, PRICED, basis, mix=MIX).says
    assert says.startswith("mine will want 300 GPU-hours in 2027Q2 (to 2027-04) (8 in 10: 64.7 to 535)")
    assert says.endswith("A month then takes 2 times what one took from 2026-11 to 2026-11.")


def test_the_sentences_of_what_a_fleet_wants_end_with_how_little_they_rest_on(demand, basis):
    said = outlook(replace(demand, little="This rests on little."), PRICED, basis, mix=MIX).says
    assert said == outlook(demand, PRICED, basis, mix=MIX).says + " This rests on little."


def test_without_prices_or_power_these_figures_are_left_out_and_the_reason_said(demand, basis):
    mix = pd.DataFrame({"accelerator": ["quux"], "hours": [1.0]})
    answer = outlook(demand, Fleet("mine"), basis, mix=mix)
    assert not any(name.startswith(("usd", "mw")) for name in answer.table)
    notes = " ".join(answer.notes)
    assert "no dollars are told" in notes
    assert "quux" in notes
    assert "rests on little" in notes
    assert set(answer.assumed["name"]) == {"power.pue", "fleet.busy"}
    assert set(outlook(demand, PRICED, basis, mix=MIX).assumed["name"]) == set()


def test_a_bill_prices_hours_where_holdings_do_not(demand, basis):
    months = pd.date_range("2026-09-01", "2026-11-01", freq="MS", tz="UTC")
    spent = pd.DataFrame({"month": months, "cost": 300.0, "hours": 100.0})
    answer = outlook(demand, Fleet("mine", busy=0.5, pue=1.0), basis, mix=MIX, spent=spent)
    first = rows(answer, workload="all").iloc[0]
    assert first["usd_median"] / first["gpu_hours_median"] == pytest.approx(3.0, rel=0.1)


def test_periods_of_another_length_are_refused(demand, basis):
    with pytest.raises(InputError, match="every 'year' is not one of quarter, month"):
        outlook(demand, PRICED, basis, mix=MIX, every="year")
