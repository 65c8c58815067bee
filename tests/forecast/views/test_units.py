"""Names of columns tell their units, or none."""

import pytest

from shiftcast.forecast.views.units import units_of


@pytest.mark.parametrize(("name", "unit"), [
    ("accelerators_median", "accelerator"), ("hours_low80", "accelerator_hour"), ("usd_month", "USD/month"),
    ("mw_facility_high80", "MW"), ("served_share", "1"), ("binding_odds", "1"), ("usd", "USD"), ("p_full", "1"),
    ("revenue_usd_mw_year_median", "USD/(MW year)"), ("usd_million_median", "USD/million"),
    ("lead_quarters", "quarter"),
])  # fmt: skip
def test_a_name_tells_its_unit(name, unit):
    assert units_of([name]) == {name: unit}


def test_names_that_tell_none_are_left_out():
    assert units_of(["generation", "value", "quarter", "period_end", "rate", "mean", "p", "because"]) == {}
