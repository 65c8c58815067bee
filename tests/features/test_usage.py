from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.features.frames import DIMENSIONS, Observations, Usage, check, conform
from shiftcast.features.usage import period_ends, roll_up, to_observations, to_series

KNOWN = pd.Timestamp("2026-05-01", tz="UTC")


def usage(*rows, **cells):
    whole = dict.fromkeys(DIMENSIONS, "all") | {
        "measure": "gpu_hours", "unit": "accelerator_hour", "how": "sum", "grain": "hour", "known_at": KNOWN,
        "source": "jobs.csv", "rows": 1.0, "bound": "=", "evidence": "measured", "confidence": "verified",
    } | cells  # fmt: skip
    given_rows = [whole | {"period_start": pd.Timestamp(start, tz="UTC"), "value": value} | more
                  for start, value, more in ((*row, {})[:3] for row in rows)]  # fmt: skip
    return check(conform(pd.DataFrame(given_rows), Usage), Usage)


@pytest.mark.parametrize(
    ("grain", "end"),
    [("minute", "2026-02-02T00:01"), ("hour", "2026-02-02T01:00"), ("day", "2026-02-03"), ("week", "2026-02-09"),
     ("month", "2026-03-02"), ("quarter", "2026-05-02")],
)  # fmt: skip
def test_a_period_is_over_one_grain_after_it_began(grain, end):
    rows = usage(("2026-02-02", 1.0), grain=grain)
    assert period_ends(rows).tolist() == [pd.Timestamp(end, tz="UTC")]


def test_sums_add_up_over_periods_and_sources():
    rows = usage(("2026-03-01T00:00", 1.0), ("2026-03-01T23:00", 2.0), ("2026-03-01T23:00", 4.0, {"source": "b.csv"}),
                 ("2026-03-02T00:00", 8.0))  # fmt: skip
    days = roll_up(rows, "day")
    assert days["value"].tolist() == [7.0, 8.0]
    assert days["rows"].tolist() == [3.0, 1.0]
    assert days["periods"].tolist() == [2, 1]
    assert days["source"].tolist() == ["2 sources: b.csv, jobs.csv", "jobs.csv"]


def test_means_are_weighted_by_their_rows_and_the_last_stock_stands():
    rows = pd.concat([
        usage(("2026-03-01T00:00", 1.0, {"rows": 3.0}), ("2026-03-01T05:00", 5.0), how="mean"),
        usage(("2026-03-01T00:00", 9.0), ("2026-03-01T05:00", 7.0), how="last"),
    ])  # fmt: skip
    assert roll_up(rows, "month").set_index("how")["value"].to_dict() == {"mean": 2.0, "last": 7.0}


def test_doubt_spreads_to_the_coarser_figure():
    later = KNOWN + pd.Timedelta(days=3)
    rows = usage(("2026-03-01T00:00", 1.0, {"bound": ">=", "evidence": "vendor"}),
                 ("2026-03-01T01:00", 1.0, {"confidence": "derived", "known_at": later}))  # fmt: skip
    day = roll_up(rows, "day").iloc[0]
    assert (day["bound"], day["evidence"], day["confidence"], day["known_at"]) == (">=", "vendor", "derived", later)


@given(
    hours=st.dictionaries(st.integers(0, 3000), st.floats(0, 1e6), min_size=1, max_size=8),
    through=st.sampled_from(["day", "month"]),
)
def test_rolling_up_in_two_steps_is_rolling_up_in_one(hours, through):
    start = pd.Timestamp("2026-01-30")
    rows = usage(*[(start + pd.Timedelta(hours=at), value) for at, value in hours.items()])
    twice = roll_up(roll_up(rows, through).drop(columns="periods"), "quarter")
    once = roll_up(rows, "quarter")
    pd.testing.assert_frame_equal(twice.drop(columns="periods"), once.drop(columns="periods"))
    assert once["value"].sum() == pytest.approx(rows["value"].sum())


def test_the_rows_order_does_not_matter():
    rows = usage(
        ("2026-03-01T00:00", 1.0), ("2026-03-01T01:00", 2.0), ("2026-03-01T01:00", 3.0, {"source": "b"}), how="last"
    )
    pd.testing.assert_frame_equal(roll_up(rows.iloc[::-1].reset_index(drop=True), "day"), roll_up(rows, "day"))


@pytest.mark.parametrize(("own", "wanted"), [("day", "hour"), ("week", "month"), ("month", "week")])
def test_periods_that_do_not_fill_others_are_refused(own, wanted):
    with pytest.raises(ValueError, match=f"usage of grain {own} does not fill a {wanted}; select another grain"):
        roll_up(usage(("2026-03-02", 1.0), grain=own), wanted)


def test_a_source_at_two_grains_is_refused_rather_than_counted_twice():
    rows = usage(("2026-03-02", 1.0), ("2026-03-02", 1.0, {"grain": "day"}))
    with pytest.raises(ValueError, match=r"source 'jobs.csv' gives 'gpu_hours' at several grains, .*count it twice"):
        roll_up(rows, "day")
    with pytest.raises(ValueError, match="grain 'year' is not one of minute"):
        roll_up(rows, "year")


def test_observations_keep_their_contract_and_tell_what_is_behind_them():
    rows = pd.concat([usage(("2026-03-01T00:00", 1.0), ("2026-03-31T23:00", 2.0)),
                      usage(("2026-03-01T00:00", 5.0), how="last", measure="held")])  # fmt: skip
    found = check(to_observations(rows, "month"), Observations)
    flow = found[found["measure"] == "gpu_hours"].iloc[0]
    assert (flow["stage"], flow["value"], flow["period_end"].date().isoformat()) == ("flow", 3.0, "2026-03-31")
    assert flow["note"] == "2 hour periods and 2 source rows behind it"
    assert found.set_index("measure")["stage"].to_dict() == {"gpu_hours": "flow", "held": "stock"}
    with pytest.raises(ValueError, match="observations are of days or longer periods, not of a hour"):
        to_observations(rows, "hour")


def test_series_carry_their_labels_and_the_end_of_each_period():
    rows = usage(("2026-03-01T00:00", 1.0), ("2026-03-01T02:00", 2.0), segment="rest", workload="recsys")
    hours = to_series(rows, "hour")
    assert hours.columns.tolist() == ["series", "group", "period_end", "value", "bound", *DIMENSIONS, "measure"]
    assert hours["period_end"].dt.strftime("%H:%M").tolist() == ["01:00", "03:00"]
    assert set(hours["series"]) == {"rest/recsys/gpu_hours"}
    assert to_series(rows, "day", group="workload")[["group", "value"]].to_numpy().tolist() == [["recsys", 3.0]]
    assert to_series(rows, "day")["period_end"].dt.strftime("%Y-%m-%d").tolist() == ["2026-03-01"]


def test_absent_periods_are_filled_only_where_asked():
    rows = usage(("2026-03-01T00:00", 1.0), ("2026-03-01T03:00", 2.0, {"bound": ">="}))
    assert len(to_series(rows, "hour")) == 2
    filled = to_series(rows, "hour", absent=0.0)
    assert filled["value"].tolist() == [1.0, 0.0, 0.0, 2.0]
    assert filled["bound"].tolist() == ["=", "=", "=", ">="]
    assert to_series(usage(("2026-01-15", 1.0), ("2026-03-20", 2.0), grain="day"), "month", absent=0.0)[
        "period_end"].dt.strftime("%m-%d").tolist() == ["01-31", "02-28", "03-31"]  # fmt: skip


def test_figures_that_would_be_one_series_are_refused():
    rows = pd.concat([usage(("2026-03-01", 1.0)), usage(("2026-03-01", 1.0), unit="core_hour")])
    with pytest.raises(ValueError, match="series 'gpu_hours' has two figures a period; select one unit"):
        to_series(rows, "hour")
    with pytest.raises(ValueError, match="group 'measure' is not one of segment"):
        to_series(rows, "hour", group="measure")
