from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from shiftcast.forecast.fleet.history import read_history


def day(text):
    return pd.Timestamp(text, tz="UTC")


def test_periods_are_whole_from_the_first_day_of_usage_to_its_end(usage):
    history = read_history(usage({("search", "deep"): np.ones(64)}, start="2025-01-01"))
    months = history.tables["month"]
    assert months.starts.tolist() == [day("2025-01-01"), day("2025-02-01")]
    assert months.hours[:, 0].tolist() == [31.0, 28.0]
    assert history.running.tolist() == [5.0]
    assert history.until == day("2025-03-06")
    weeks = history.tables["week"]
    assert (weeks.starts[0], weeks.starts[-1]) == (day("2025-01-06"), day("2025-02-24"))
    assert (weeks.hours == 7.0).all()
    assert "2025-03 is under way: usage ends 2025-03-06 00:00 UTC" in history.notes


def test_a_month_that_usage_enters_late_is_left_out_and_said(usage):
    history = read_history(usage({("search", "deep"): np.ones(47)}, start="2025-01-13"))
    assert history.tables["month"].starts.tolist() == [day("2025-02-01")]
    assert "2025-01 is left out: usage begins on 2025-01-13" in history.notes


def test_an_hour_on_the_first_day_makes_the_month_whole_but_not_the_day(usage):
    history = read_history(usage({("search", "deep"): np.ones(24 * 31 - 9)}, start="2025-01-01T09:00", grain="hour"))
    assert history.tables["month"].starts.tolist() == [day("2025-01-01")]
    assert history.tables["day"].starts[0] == day("2025-01-02")


def test_parts_add_up_over_other_labels_and_sources(usage):
    rows = pd.concat([
        usage({("search", "deep"): [1.0, 2.0], ("ads", "llm"): [4.0, 0.0]}),
        usage({("search", "deep"): [8.0, 16.0]}, accelerator="b", source="other"),
    ])  # fmt: skip
    history = read_history(rows)
    assert history.names == ["ads/llm", "search/deep"]
    assert history.tables["day"].hours.tolist() == [[4.0, 9.0], [0.0, 18.0]]
    assert history.accelerators.to_numpy().tolist() == [["b", 24.0], ["all", 7.0]]
    assert read_history(rows.sample(frac=1, random_state=1), by=("workload",)).names == ["ads", "search"]


def test_unlabelled_hours_bounds_cost_and_requests_are_told(usage):
    rows = pd.concat([
        usage({("search", "all"): np.ones(31), ("all", "unlabelled"): 3 * np.ones(31)}),
        usage({("search", "all"): np.full(31, 2.0)}, measure="cost", unit="USD"),
        usage({("search", "all"): np.full(31, 5.0)}, measure="requests", unit="request"),
    ])  # fmt: skip
    rows.loc[rows.index[3], "bound"] = ">="
    history = read_history(rows.reset_index(drop=True))
    assert history.unlabelled == {"workload": 0.75, "technique": 1.0}
    assert history.cost["value"].tolist() == [62.0]
    assert history.requests[["month", "workload", "value"]].to_numpy().tolist() == [
        [day("2025-01-01"), "search", 155.0]
    ]
    assert history.tables["month"].lower.any()
    assert "75% of the hours tell no workload" in history.notes


@pytest.mark.parametrize(
    ("rows", "more", "told"),
    [
        ({"measure": "tokens"}, {}, "no row of measure 'gpu_hours'.*stored is tokens"),
        ({}, {"by": ("team",)}, "by \\['team'\\]: give one or more of segment"),
    ],
)
def test_what_has_no_hours_by_the_labels_is_refused(usage, rows, more, told):
    with pytest.raises(ValueError, match=told):
        read_history(usage({("search", "deep"): [1.0]}, **rows), **more)


def test_two_units_and_a_grain_that_fills_no_month_are_refused(usage):
    both = pd.concat([usage({("a", "b"): [1.0]}), usage({("a", "b"): [1.0]}, unit="core_hour")])
    with pytest.raises(ValueError, match="accelerator_hour and core_hour; select one unit"):
        read_history(both)
    quarters = usage({("a", "b"): [1.0]}, grain="month").assign(grain="quarter")
    with pytest.raises(ValueError, match="quarter does not fill a month"):
        read_history(quarters)
    weeks = pd.concat([usage({("a", "b"): [1.0]}, grain="week", start="2025-01-06"),
                       usage({("a", "b"): [1.0]}, grain="month", source="other")])  # fmt: skip
    with pytest.raises(ValueError, match="week does not fill a month"):
        read_history(weeks)
