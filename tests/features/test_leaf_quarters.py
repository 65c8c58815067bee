"""Hours of leaves by whole quarters, worked by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from shiftcast.features.frames import DIMENSIONS, Observations, Quarantine, Usage, check, conform
from shiftcast.features.leaf_quarters import not_whole, whole_quarters

KNOWN = pd.Timestamp("2026-10-01", tz="UTC")


def usage(*rows, **cells):
    whole = dict.fromkeys(DIMENSIONS, "all") | {
        "measure": "gpu_hours", "unit": "accelerator_hour", "how": "sum", "grain": "hour", "known_at": KNOWN,
        "source": "jobs.csv", "rows": 1.0, "bound": "=", "evidence": "measured", "confidence": "verified",
    } | cells  # fmt: skip
    given_rows = [whole | {"period_start": pd.Timestamp(start, tz="UTC"), "value": value} for start, value, *_ in rows]
    given_rows = [row | (more[0] if more else {}) for row, (_, _, *more) in zip(given_rows, rows, strict=True)]
    return check(conform(pd.DataFrame(given_rows), Usage), Usage)


LEAF = {"segment": "rest", "leaf": "supercomputing"}


def test_a_quarter_counts_where_each_of_its_days_has_hours():
    days = pd.date_range("2026-01-01", "2026-06-29").strftime("%Y-%m-%d")
    rows = usage(*((day, 2.0, {"operator": name}) for day in days for name in ("a", "b")), grain="day", **LEAF)
    found = check(whole_quarters(rows), Observations)
    assert found["value"].tolist() == [360.0]  # the second quarter lacks its last day
    assert found["period_start"].tolist() == [pd.Timestamp("2026-01-01", tz="UTC")]
    assert found["period_end"].tolist() == [pd.Timestamp("2026-03-31", tz="UTC")]
    assert found[["segment", "leaf", "operator", "stage"]].iloc[0].tolist() == ["rest", "supercomputing", "all", "flow"]
    assert whole_quarters(rows[rows["period_start"] != rows["period_start"].min()]).empty


@pytest.mark.parametrize("label", ["all", "unlabelled"])
def test_hours_of_nobody_knows_which_leaf_are_no_leafs(label):
    rows = usage(*((f"{day:%Y-%m-%d}", 2.0) for day in pd.date_range("2026-01-01", "2026-03-31")), grain="day",
                 **LEAF | {"leaf": label})  # fmt: skip
    assert whole_quarters(rows).empty
    assert list(whole_quarters(rows).columns) == list(Observations.columns)


def test_one_source_at_two_grains_is_refused():
    rows = pd.concat([usage(("2026-01-01", 1.0), grain=grain, **LEAF) for grain in ("hour", "day")])
    with pytest.raises(ValueError, match="several grains"):
        whole_quarters(rows)


def test_months_and_quarters_count_where_they_fill_a_quarter():
    months = usage(("2026-01-01", 3.0), ("2026-02-01", 4.0), ("2026-03-01", 5.0), ("2026-04-01", 6.0), grain="month",
                   **LEAF)  # fmt: skip
    assert whole_quarters(months)["value"].tolist() == [12.0]
    quarter = usage(("2026-01-01", 100.0), grain="quarter", source="b.csv", **LEAF)
    both = whole_quarters(pd.concat([months, quarter], ignore_index=True))
    assert both["value"].tolist() == [112.0]
    assert both["note"].tolist() == ["3 month/quarter periods and 4 source rows behind it"]


def test_days_and_months_fill_a_quarter_together():
    month = usage(("2026-01-01", 3.0), grain="month", source="b.csv", **LEAF)
    days = pd.date_range("2026-02-01", "2026-03-31").strftime("%Y-%m-%d")
    rest = usage(*((day, 1.0) for day in days), grain="day", **LEAF)
    assert whole_quarters(pd.concat([month, rest], ignore_index=True))["value"].tolist() == [3.0 + 59]
    assert whole_quarters(pd.concat([month, rest.iloc[1:]], ignore_index=True)).empty


def test_what_fills_no_quarter_is_said_but_for_the_one_under_way():
    months = usage(("2026-01-01", 3.0), ("2026-04-01", 6.0), ("2026-05-01", 6.0), ("2026-06-01", 6.0),
                   ("2026-07-01", 6.0), grain="month", **LEAF)  # fmt: skip
    weeks = usage(("2026-04-06", 7.0), ("2026-04-13", 7.0), grain="week", source="w.csv", **LEAF)
    rows = pd.concat([months, weeks], ignore_index=True)
    assert whole_quarters(rows)["value"].tolist() == [18.0]
    told = check(not_whole(rows), Quarantine)
    assert told[["source", "column", "value"]].to_numpy().tolist() == [
        ["jobs.csv", "rest/supercomputing", "2026Q1"], ["w.csv", "rest/supercomputing", "2026Q2"],
    ]  # fmt: skip
    assert "some of the quarter's days have no hours" in told["reason"].iloc[0]
    assert "hours by the week fill no calendar quarter" in told["reason"].iloc[1]
    assert not_whole(rows.iloc[:0]).empty
