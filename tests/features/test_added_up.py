"""Rows added up by some of their columns, and volumes by category as totals and shares."""

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.added_up import added_up, edges_of, over_categories

BY = ("workload", "technique")


def usage():
    """Return two regions of two workloads and their techniques over two months."""
    return pd.DataFrame(
        [(w, t, r, end, value) for end, more in (("2026-01-31", 0), ("2026-02-28", 100))
         for w, t, r, value in (("recsys", "llm", "eu", 1 + more), ("recsys", "llm", "us", 2 + more),
                                ("recsys", "deep", "eu", 4 + more), ("search", "llm", "us", 8 + more))],
        columns=["workload", "technique", "region", "period_end", "value"],
    )  # fmt: skip


def test_series_are_combinations_and_groups_the_first_column():
    done = added_up(usage(), BY)
    january = done[done["period_end"] == "2026-01-31"].set_index("series")
    assert january["value"].to_dict() == {"recsys / deep": 4.0, "recsys / llm": 3.0, "search / llm": 8.0}
    assert january["group"].to_dict() == {"recsys / deep": "recsys", "recsys / llm": "recsys", "search / llm": "search"}
    pd.testing.assert_frame_equal(done, added_up(usage().iloc[::-1].reset_index(drop=True), BY))


def test_totals_are_sums_of_what_is_below_them_in_the_hierarchy():
    table = added_up(usage(), BY, totals=True).pivot_table(index="series", columns="period_end", values="value")
    edges = edges_of(usage(), BY)
    assert set(edges["parent"]) | set(edges["child"]) == set(table.index)
    for parent, below in edges.groupby("parent")["child"]:
        np.testing.assert_allclose(table.loc[parent], table.loc[below].sum())
    three = added_up(usage(), ("workload", "technique", "region"), totals=True)["series"]
    assert {"total", "recsys", "recsys / llm", "recsys / llm / eu"} <= set(three)


def test_what_is_unknown_stays_unknown():
    rows = usage().assign(capacity=[10.0, 10, np.nan, 10, 10, 10, 10, 10], queued=[0, 3, 0, 0, 0, 0, 0, 0])
    rows.loc[0, "value"] = np.nan
    done = added_up(rows, BY, totals=True).set_index(["series", "period_end"])
    assert np.isnan(done.loc[("recsys / llm", "2026-01-31"), "value"])
    assert np.isnan(done.loc[("total", "2026-01-31"), "value"])
    assert done.loc[("recsys / llm", "2026-02-28"), "value"] == 203.0
    assert done.loc[("recsys / llm", "2026-01-31"), "capacity"] == 20.0
    assert np.isnan(done.loc[("recsys", "2026-01-31"), "capacity"])
    assert done["censored"].groupby("series").sum().to_dict() == {
        "recsys": 1, "recsys / deep": 0, "recsys / llm": 1, "search": 0, "search / llm": 0, "total": 1}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "by", "message"),
    [
        (lambda rows: rows, ("workload", "tecnique"), "'tecnique' to add up by is missing; did you mean 'technique'"),
        (lambda rows: rows, ("zzz",), "the columns are workload, technique"),
        (lambda rows: rows, ("workload", "workload"), "'workload' cannot be added up by"),
        (lambda rows: rows, ("value",), "'value' cannot be added up by"),
        (lambda rows: rows.drop(columns="value"), BY, "column 'value' is missing"),
        (lambda rows: rows.assign(technique=[None, *rows["technique"][1:]]), BY, "row 1: technique is empty"),
        (lambda rows: rows.assign(value=["x", *rows["value"][1:]]), BY, "row 1: value is 'x'; give a finite number"),
        (lambda rows: rows.assign(value=[-1, *rows["value"][1:]]), BY, "row 1: value is -1; give a finite number"),
        (lambda rows: rows.replace("search", "total"), BY, "series 'total' is also the name of a total"),
        (lambda rows: pd.concat([rows.assign(technique="x / y"), rows.assign(workload="recsys / x", technique="y")],
                                ignore_index=True), BY, "'recsys / x / y' is named by two combinations"),
    ],
)  # fmt: skip
def test_what_cannot_be_added_up_is_refused(change, by, message):
    with pytest.raises(ValueError, match=message):
        added_up(change(usage()), by, totals=True)


def test_categories_make_totals_and_share_rows():
    rows = usage().drop(columns="region").groupby([*BY, "period_end"]).sum().reset_index()
    rows = rows.rename(columns={"workload": "series", "technique": "category"}).assign(group="g")
    rows.loc[0, "value"] = np.nan
    totals, shares = over_categories(rows)
    assert totals.set_index(["series", "period_end"])["value"].fillna(-1).to_dict() == {
        ("recsys", "2026-01-31"): -1.0, ("recsys", "2026-02-28"): 307.0,
        ("search", "2026-01-31"): 8.0, ("search", "2026-02-28"): 108.0}  # fmt: skip
    assert set(totals["group"]) == {"g"}
    assert len(shares) == len(rows) - 2  # the month in which one category is not known says nothing of shares
    with pytest.raises(ValueError, match="column 'series' is missing"):
        over_categories(rows.drop(columns="series"))
