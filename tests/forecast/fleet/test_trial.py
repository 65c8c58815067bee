"""Rolling origin of a fleet's forecast: months, naive scores by hand, and what promotes a forecast."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.features.frames import DIMENSIONS, Usage, conform
from shiftcast.features.input_error import InputError
from shiftcast.forecast.fleet.demand import Demand
from shiftcast.forecast.fleet.trial import AHEAD, ORIGINS, better, try_out, whole_months

KNOWN = pd.Timestamp("2026-05-01", tz="UTC")


def usage(values, first="2024-01-01"):
    days = pd.date_range(first, periods=len(values), freq="MS", tz="UTC")
    whole = dict.fromkeys(DIMENSIONS, "all") | {
        "measure": "gpu_hours", "unit": "accelerator_hour", "how": "sum", "grain": "month", "known_at": KNOWN,
        "source": "a", "rows": 1.0, "bound": "=", "evidence": "measured", "confidence": "verified",
    }  # fmt: skip
    rows = [whole | {"period_start": day, "value": value} for day, value in zip(days, values, strict=True)]
    return conform(pd.DataFrame(rows), Usage)


def steady(rows, through):
    """Forecast the last month with a spread of e to either side."""
    past = whole_months(rows)
    if past.empty:
        raise InputError("no month is whole")
    months = pd.date_range(past.index[-1], pd.Timestamp(f"{through}-01", tz="UTC"), freq="MS")[1:].as_unit("us")
    level = np.log1p(past.iloc[-1])
    draws = np.expm1(level + np.array([-1.0, 0.0, 1.0]))[:, None, None] * np.ones((1, len(months), 1))
    parts = pd.DataFrame({"workload": ["all"]})
    return Demand(parts, months, draws, pd.DataFrame(), pd.DataFrame(), np.zeros(len(months)))


def test_months_that_usage_covers_in_part_are_left_out_and_gaps_are_zero():
    rows = usage([5.0, 6.0, 7.0])
    days = rows.assign(grain="day", period_start=pd.to_datetime(["2024-01-15", "2024-02-01", "2024-04-30"], utc=True))
    months = whole_months(days)
    assert {f"{month:%Y-%m}": value for month, value in months.items()} == {
        "2024-02": 6.0,
        "2024-03": 0.0,
        "2024-04": 7.0,
    }
    assert whole_months(rows.iloc[:0]).empty


def test_an_origin_sees_no_later_usage_and_is_scored_on_the_months_that_came():
    seen = []

    def forecast(rows, through):
        seen.append((rows["period_start"].max(), through))
        return steady(rows, through)

    scores = try_out(usage(np.arange(1.0, 25.0)), forecast)
    assert len(seen) == ORIGINS
    assert seen[0] == (pd.Timestamp("2025-06-01", tz="UTC"), "2025-09")
    assert all(last < origin for (last, _), origin in zip(seen, scores["origin"].unique(), strict=True))
    assert scores["ahead"].max() == AHEAD
    assert len(scores) == ORIGINS * AHEAD - 3  # the last two origins have two and one month


def test_scores_are_those_of_the_formula():
    values = np.expm1([1.0, 2.0, 4.0, 3.0, 5.0, 4.0, 4.0, 6.0])
    scores = try_out(usage(values), steady).set_index(["origin", "month"])
    row = scores.loc[(pd.Timestamp("2024-08-01", tz="UTC"),) * 2]
    assert row["came"] == pytest.approx(values[-1])
    assert row["median"] == pytest.approx(np.expm1(4.0))
    # draws 3, 4, 5 of the log, and 6 came: mean distance 2, mean over the pairs 4/3
    assert row["crps"] == pytest.approx(2.0 - 0.5 * 4 / 3)
    changes = 4.0 + np.diff([1.0, 2.0, 4.0, 3.0, 5.0, 4.0, 4.0])
    pairs = np.abs(changes[:, None] - changes[None, :])[np.triu_indices(6, 1)].mean()
    assert row["crps_last"] == pytest.approx(np.abs(changes - 6.0).mean() - 0.5 * pairs)
    assert np.isnan(row["crps_year_ago"])
    assert row["inside80"] == 0.0


def test_origins_that_cannot_be_forecast_are_left_out():
    def refuse(rows, through):
        raise InputError("too short")

    assert try_out(usage([1.0, 2.0]), refuse).empty


def table(crps, last=1.0, origin=1):
    return pd.DataFrame({"origin": origin, "month": [1, 2], "crps": crps, "crps_last": last, "crps_year_ago": np.nan})


def test_a_forecast_no_better_than_a_naive_one_is_kept():
    promoted, reason = better(table(1.1), None)
    assert not promoted
    assert reason == "kept: CRPS 1.1000 is no better than crps_last with 1.0000"


def test_a_champion_is_replaced_unless_it_is_clearly_better():
    assert better(table(0.5), table(0.6))[0]
    assert better(table(0.505), table(0.5))[0]  # within the tolerance
    assert better(table(0.52), table(0.5)) == (False, "kept: CRPS 0.5200 over 2 months, and the champion's 0.5000")
    assert "shares no month" in better(table(0.5), table(0.1, origin=2))[1]
    assert better(table(0.5).iloc[:0], table(0.1))[0]


@given(st.lists(st.floats(0.01, 1e6), min_size=2, max_size=30))
def test_scores_are_finite_whatever_came(values):
    scores = try_out(usage(values), steady)
    assert np.isfinite(scores["crps"]).all()
    assert scores["origin"].le(scores["month"]).all()
