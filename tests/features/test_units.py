from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.features.units import MEASURES, convert
from shiftcast.forecast.identity.cube import UNITS


@pytest.mark.parametrize(
    ("value", "unit", "to", "expected"),
    [
        (88.0, "million USD", "USD", 88e6),
        (1.5, "billion USD", "USD", 1.5e9),
        (2.0, "trillion token/day", "token/day", 2e12),
        (3.0, "thousand accelerator", "accelerator", 3000.0),
        (60.0, "%", "1", 0.6),
        (1.0, "GW", "MW", 1000.0),
        (3.6, "MJ", "kWh", 1.0),
        (1.0, "TFLOP/s", "FLOP/s", 1e12),
        (365.25, "USD/day", "USD/year", 365.25**2),
        (4.0, "USD/quarter", "USD/year", 16.0),
        (2.0, "accelerator*hour", "accelerator_hour", 2.0),
        (30.0, "million USD/GW", "USD/MW", 30e3),
        (1.0, "MW_facility", "W_facility", 1e6),
        (1.0, "1e6 USD", "USD", 1e6),
    ],
)
def test_conversions_by_hand(value, unit, to, expected):
    assert convert(value, unit, to) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("unit", "to"),
    [
        ("W", "Wh"),
        ("GW", "GWh"),
        ("FLOP", "FLOP/s"),
        ("input_token", "output_token"),
        ("token", "output_token"),
        ("total_token", "token"),
        ("W_it", "W_facility"),
        ("W_chip", "W_it"),
        ("W", "W_facility"),
        ("EUR", "USD"),
        ("accelerator", "H100e"),
        ("accelerator", "accelerator_hour"),
        ("request", "query"),
        ("sample", "query"),
        ("core", "accelerator"),
        ("person", "customer"),
        ("USD", "USD/year"),
        ("token/day", "token"),
    ],
)
def test_quantities_that_look_alike_are_not_mixed(unit, to):
    with pytest.raises(ValueError, match=r"measures another thing than .*check which one the source means") as caught:
        convert(1.0, unit, to)
    assert repr(unit) in str(caught.value)
    assert repr(to) in str(caught.value)


def test_power_against_energy_is_named_as_such():
    with pytest.raises(ValueError, match="power against energy"):
        convert(1.0, "kW", "kWh")


@pytest.mark.parametrize(
    "unit", ["dollars", "USD per moon", "million", "", " ", "(USD", "USD)", "USD +", "1/0", "0 USD"]
)
def test_an_unknown_unit_is_named_with_where_to_look(unit):
    with pytest.raises(ValueError, match=r"is not known; see docs/names\.md") as caught:
        convert(1.0, unit, "USD")
    assert repr(unit) in str(caught.value)


@pytest.mark.parametrize("unit", ["nan USD", "inf USD", "1e999 USD", "9**9**9", "USD**USD**9", "USD'", "[money]"])
def test_text_that_only_evaluates_to_a_unit_is_refused_without_evaluating_it(unit):
    with pytest.raises(ValueError, match="is not known"):
        convert(1.0, unit, "USD")


@given(st.text(alphabet="USDWhenay/ ()*^%1e9.-+µ;'\"[]{}\\\n", max_size=10))
def test_any_text_converts_or_is_refused_by_name(unit):
    try:
        outcome = f"{convert(1.0, unit, 'USD'):g}"
    except ValueError as error:
        outcome = str(error)
    assert repr(unit) in outcome or 0 < float(outcome) < float("inf")


@pytest.mark.parametrize("unit", sorted({measure.unit for measure in MEASURES.values()} | set(UNITS.values())))
def test_every_unit_of_a_measure_or_a_forecast_is_known(unit):
    assert convert(1.0, unit, unit) == 1.0


def test_every_unit_of_the_record_is_known(record):
    used = {*record.assumptions.unit, *record.throughput.unit, *record.observations.unit, *record.claims.unit}
    used |= {task.unit for task in record.registry.tasks}
    assert {unit: convert(1.0, unit, unit) for unit in used} == dict.fromkeys(used, 1.0)


@given(st.floats(1e-6, 1e6), st.sampled_from(["USD", "million USD", "billion USD", "thousand USD"]))
def test_converting_there_and_back_changes_nothing(value, unit):
    assert convert(convert(value, unit, "USD"), "USD", unit) == pytest.approx(value, rel=1e-12)
