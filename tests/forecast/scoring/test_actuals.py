import pandas as pd
import pytest

from shiftcast.features.frames import Observations, conform
from shiftcast.forecast.scoring.actuals import COLUMNS, actuals
from shiftcast.pipelines.sources.market import shipped_market

MARKET = shipped_market()
AS_OF = pd.Timestamp("2026-11-20", tz="UTC")


def figure(actual, quarter, *, segment="all", measure="spending", definition="recast_2"):
    rows = actual[(actual["period_end"] == pd.Timestamp(quarter, tz="UTC")) & (actual["segment"] == segment)]
    (row,) = rows[(rows["measure"] == measure) & (rows["definition"] == definition)].to_dict("records")
    return row


@pytest.fixture(scope="module")
def actual(known_on):
    return actuals(known_on(AS_OF).history.observations, AS_OF, MARKET)


def test_a_calendar_quarter_is_made_of_the_days_of_two_fiscal_ones(actual, known_on):
    rows = known_on(AS_OF).observations
    mine = rows[(rows["definition"] == "data_center") & (rows["measure"] == "revenue")]
    by_end = mine.drop_duplicates("period_end", keep="last").set_index("period_end")["value"]
    first, second = (by_end[pd.Timestamp(day, tz="UTC")] for day in ("2026-04-26", "2026-07-26"))
    expected = first * 26 / 91 + second * 65 / 91  # April has 26 days of the first, the quarter 65 of the second
    row = figure(actual, "2026-06-30")
    assert row["value"] == pytest.approx(expected)
    assert row["known_at"] == pd.Timestamp("2026-08-26", tz="UTC")
    assert row["unit"] == "USD/quarter"


def test_segments_add_up_and_follow_the_reference_definition(actual):
    above, below, whole = (
        figure(actual, "2026-06-30", segment=name)["value"] for name in ("hyperscale", "rest", "all")
    )
    assert above + below == pytest.approx(whole)
    share = figure(actual, "2026-06-30", segment="hyperscale", measure="share")
    assert share["value"] == pytest.approx(above / whole)
    assert (share["base"], share["unit"]) == ("revenue", "1")


def test_a_quarter_whose_days_are_not_all_reported_is_left_out(actual):
    assert actual["period_end"].max() == pd.Timestamp("2026-06-30", tz="UTC")
    assert list(actual.columns) == list(COLUMNS)
    assert not actual.duplicated(["segment", "leaf", "measure", "definition", "period_end"]).any()


def test_nothing_known_later_is_there(known_on):
    day = pd.Timestamp("2025-06-15", tz="UTC")
    actual = actuals(known_on(day).history.observations, day, MARKET)
    assert actual["known_at"].max() <= day
    assert "recast_2" not in set(actual.loc[actual["measure"] == "share", "definition"])


def measured(known_on, **changes):
    rows = known_on(AS_OF).observations
    row = rows.iloc[0].to_dict() | {
        "segment": "rest", "leaf": "sovereign", "operator": "all", "user": "all", "workload": "all", "technique": "all",
        "measure": "gpu_hours", "base": "none", "definition": "none", "stage": "flow",
        "period_start": pd.Timestamp("2026-01-01", tz="UTC"), "period_end": pd.Timestamp("2026-03-31", tz="UTC"),
        "known_at": pd.Timestamp("2026-04-10", tz="UTC"), "source": "meter", "value": 5e6,
        "unit": "accelerator_hour/quarter", "bound": "=", "evidence": "measured",
    } | changes  # fmt: skip
    table = conform(pd.concat([rows, pd.DataFrame([row])], ignore_index=True), Observations)
    actual = actuals(table, AS_OF, MARKET)
    return actual[actual["leaf"] == "sovereign"]


def test_a_measured_leaf_is_taken_as_it_is(known_on):
    (row,) = measured(known_on).to_dict("records")
    assert (row["measure"], row["value"], row["definition"]) == ("gpu_hours", 5e6, "recast_2")


@pytest.mark.parametrize(
    "changes",
    [{"evidence": "assumed"}, {"bound": ">="}, {"operator": "ann"}, {"stage": "forward"}, {"workload": "search"},
     {"period_start": pd.Timestamp("2026-02-01", tz="UTC")}, {"period_end": pd.Timestamp("2026-03-30", tz="UTC")}],
    ids=lambda changes: next(iter(changes)),
)  # fmt: skip
def test_what_is_not_measured_of_a_whole_quarter_and_leaf_is_no_actual(known_on, changes):
    assert measured(known_on, **changes).empty
