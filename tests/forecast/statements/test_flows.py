"""What flowed in each quarter, and growth of a side as growth of its share."""

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.asof import known_by
from shiftcast.features.calendars import calendar_quarters
from shiftcast.forecast.split.share import split_statements
from shiftcast.forecast.statements.flows import flows, growth_of_shares
from shiftcast.pipelines.sources.market import shipped_market

MARKET = shipped_market()
QUARTERS = calendar_quarters("2021Q1", "2028Q4")


def test_revenue_is_a_rate_of_whole_quarters_and_held_outside_the_reports(record):
    revenue = flows(record.observations, QUARTERS, MARKET.owners)["revenue"]
    assert revenue[QUARTERS.get_loc(pd.Timestamp("2026-06-30", tz="UTC"))] == pytest.approx(84.4e9, rel=0.02)
    assert (revenue[-4:] == revenue[-5]).all()
    assert (revenue > 0).all()


def test_machines_are_what_the_count_adds_in_each_quarter(record):
    added = flows(record.observations, QUARTERS, MARKET.owners)["h100e"]
    rows = record.observations[record.observations.definition == "epoch_owners"]
    last = rows[rows.period_end == rows.period_end.max()]["value"].sum()
    inside = rows.period_end.max() >= QUARTERS
    assert added[inside].sum() == pytest.approx(last)
    assert (added[: QUARTERS.get_loc(rows.period_end.min())] == 0).all()
    assert (added[~inside] == added[inside][-1]).all()


def test_what_is_not_known_flows_nowhere(record):
    early = known_by(record.observations, pd.Timestamp("2014-01-01", tz="UTC"))
    assert flows(early, QUARTERS, MARKET.owners) == {}
    assert "h100e" not in flows(record.observations, calendar_quarters("2015Q1", "2020Q4"), MARKET.owners)


def test_growth_without_reported_revenue_waits(record):
    statements = split_statements(record.observations, MARKET)
    alone = record.observations[record.observations.measure != "revenue"]
    left = growth_of_shares(statements, alone, "_yoy")
    assert len(left) == len(statements) - (statements["measure"] == "multiple").sum()
    shares = statements[statements["measure"] == "share"]
    assert growth_of_shares(shares, alone, "_yoy") is shares
    assert np.isfinite(left["value"]).all()
