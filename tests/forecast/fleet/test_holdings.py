"""Hours held, their cost and power by month, worked by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.features.input_error import InputError
from shiftcast.forecast.fleet.facts import Fleet, Holding
from shiftcast.forecast.fleet.hardware import Figure, it_power
from shiftcast.forecast.fleet.holdings import held, hours_between, mix_work, month_hours, power


def day(text):
    return pd.Timestamp(text, tz="UTC")


def months(first, count):
    return pd.date_range(day(first), periods=count, freq="MS")


def test_a_month_has_its_hours_in_leap_years_too():
    assert month_hours(months("2028-01-01", 3)).tolist() == [744.0, 696.0, 744.0]


def test_part_months_count_from_the_first_day_to_the_last():
    hours = hours_between(months("2027-01-01", 4), day("2027-01-31"), day("2027-03-02"))
    assert hours.tolist() == [24.0, 672.0, 24.0, 0.0]


@given(st.integers(0, 800), st.integers(0, 800))
def test_hours_between_two_days_add_up_to_the_days(first, length):
    since = day("2026-11-15") + pd.Timedelta(days=first)
    until = since + pd.Timedelta(days=length)
    assert hours_between(months("2026-11-01", 60), since, until).sum() == pytest.approx(24.0 * length)


def test_hours_and_cost_are_count_times_hours_times_price(basis):
    fleet = Fleet("mine", holdings=(
        Holding("alpha", 16, day("2020-01-01"), usd_per_hour=2.0),
        Holding("alpha", 8, day("2027-02-15"), usd_per_hour=3.0), Holding("beta", 4, day("2027-02-01")),
    ))  # fmt: skip
    have = held(fleet, months("2027-01-01", 2), basis)
    assert have.accelerators == ("alpha", "beta")
    assert have.hours.tolist() == [[16 * 744.0, 0.0], [16 * 672.0 + 8 * 14 * 24.0, 4 * 672.0]]
    assert have.cost.tolist() == [16 * 744 * 2.0, 16 * 672 * 2.0 + 8 * 14 * 24 * 3.0]
    assert have.unpriced == ("beta",)
    assert have.work.tolist() == [1.0, 2.0]  # the first month holds alpha alone
    assert have.equivalent[1] == 16 * 672.0 + 8 * 14 * 24.0 + 2 * 4 * 672.0
    assert have.notes == (
        "An hour of beta does 2 times the work of one of alpha (measured, median of 1 pairs of records).",
    )


def test_work_is_over_the_mix_that_is_held(basis):
    work, _ = mix_work(basis, ["alpha", "beta"], {"alpha": 3.0, "beta": 1.0})
    assert work.tolist() == pytest.approx([1 / 1.25, 2 / 1.25])


@pytest.mark.parametrize(("name", "work", "why"), [
    ("gamma", 2.0, "ratio of peaks to the power 0.5, assumed"), ("delta", 1.0, "nothing on record, taken as one"),
])  # fmt: skip
def test_work_that_was_not_measured_is_said_to_be_assumed(basis, name, work, why):
    found, notes = mix_work(basis, [name], {"alpha": 1.0})
    assert found.tolist() == [work]
    assert why in notes[0]


def test_power_is_of_what_is_held_at_both_boundaries(basis):
    fleet = Fleet("mine", pue=1.5, holdings=(Holding("alpha", 1000, day("2020-01-01")),
                                             Holding("beta", 1000, day("2027-01-01"))))  # fmt: skip
    table, notes = power(fleet, months("2026-12-01", 2), basis)
    assert table["mw_it"].tolist() == pytest.approx([1.0, 1.0 + 0.8 * 1.75])
    assert table["mw_facility"].tolist() == pytest.approx([1.5, 1.5 * 2.4])
    assert notes == ("Power of beta is assumed: 1.75 times its chip's 800 W.",)


def test_power_that_the_planner_says_stands(basis):
    told = Holding("gamma", 1000, day("2020-01-01"), it_kw=1.2)
    table, notes = power(Fleet("mine", pue=1.0, holdings=(told,)), months("2027-01-01", 1), basis)
    assert (table["mw_it"].tolist(), notes) == (pytest.approx([1.2]), ())


def test_power_says_which_pue_is_assumed_and_which_power_is_not_known(basis):
    table, notes = power(Fleet("mine", holdings=(Holding("gamma", 10, day("2020-01-01")),)), months("2027-01-01", 1),
                         basis)  # fmt: skip
    assert table["mw_it"].tolist() == [0.0]
    assert notes[0].startswith("Power of gamma is not on record and left out")
    assert notes[1].startswith("A PUE of 1.25 is assumed")


def test_a_fleet_that_holds_nothing_is_told_what_to_write(basis):
    with pytest.raises(InputError, match=r"says nothing of what it holds; add a \[\[holding\]\]"):
        held(Fleet("mine"), months("2027-01-01", 1), basis)


@pytest.mark.parametrize("count", [0.0, -1.0, np.nan])
def test_a_count_has_to_be_above_nought(basis, count):
    wrong = replace(Holding("alpha", 1, day("2020-01-01")), count=count)
    with pytest.raises(InputError, match="holding 2 of fleet 'mine': count"):
        held(Fleet("mine", holdings=(Holding("beta", 1, day("2020-01-01")), wrong)), months("2027-01-01", 1), basis)


def test_power_that_the_planner_says_comes_before_the_catalogues(basis):
    assert it_power(basis, "alpha", 1.5) == Figure(1500.0, "")
    assert it_power(basis, "alpha").value == 1000.0
    assert it_power(basis, "gamma").source.endswith("say its it_kw in fleet.toml.")
