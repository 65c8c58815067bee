from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shiftcast.features.frames import GRAINS, Usage, check, conform
from shiftcast.features.usage import period_ends
from shiftcast.pipelines.engine import aggregate, collect, stream
from shiftcast.pipelines.engine.arrow import to_arrow

KNOWN = pd.Timestamp("2026-05-01", tz="UTC")


def cells(grain="hour", **rows):
    usage = collect(aggregate(grain=grain, **rows)).assign(known_at=KNOWN)
    return check(conform(usage, Usage), Usage)


def by_start(usage, column="value"):
    return {f"{start:%m-%d %H:%M}": value for start, value in zip(usage.period_start, usage[column], strict=True)}


def test_a_span_gives_amount_times_hours_to_each_hour_it_overlaps(span):
    usage = cells(spans=pd.DataFrame([span("2026-03-01T00:30", "2026-03-01T02:15", 8.0)]))
    assert by_start(usage) == {"03-01 00:00": 4.0, "03-01 01:00": 8.0, "03-01 02:00": 2.0}
    assert set(usage["rows"]) == {1.0}
    assert set(usage["bound"]) == {"="}


def test_a_span_that_ends_on_the_hour_does_not_touch_the_next(span):
    usage = cells(spans=pd.DataFrame([span("2026-03-01T00:00", "2026-03-01T01:00")]))
    assert by_start(usage) == {"03-01 00:00": 1.0}


def test_a_span_without_length_is_counted_and_uses_nothing(span):
    usage = cells(spans=pd.DataFrame([span("2026-03-01T01:00", "2026-03-01T01:00")]))
    assert by_start(usage) == {"03-01 01:00": 0.0}
    assert usage["rows"].tolist() == [1.0]


@pytest.mark.parametrize("status", ["queued", "refused"])
def test_work_that_was_not_served_makes_the_cells_it_touches_lower_bounds(span, status):
    rows = [span("2026-03-01T00:00", "2026-03-01T02:00"), span("2026-03-01T01:10", "2026-03-01T03:10", status=status)]
    usage = cells(spans=pd.DataFrame(rows))
    assert by_start(usage) == {"03-01 00:00": 1.0, "03-01 01:00": 1.0, "03-01 02:00": 0.0, "03-01 03:00": 0.0}
    assert usage["bound"].tolist() == ["=", ">=", ">=", ">="]


def test_failed_work_used_its_machines(span):
    usage = cells(spans=pd.DataFrame([span("2026-03-01T00:00", "2026-03-01T01:00", status="failed")]))
    assert usage["value"].tolist() == [1.0]


@pytest.mark.parametrize(
    ("grain", "starts"),
    [("day", ["2026-03-29", "2026-03-30", "2026-03-31", "2026-04-01"]), ("week", ["2026-03-23", "2026-03-30"]),
     ("month", ["2026-03-01", "2026-04-01"]), ("quarter", ["2026-01-01", "2026-04-01"])],
)  # fmt: skip
def test_periods_begin_where_the_calendar_says(span, grain, starts):
    usage = cells(grain, spans=pd.DataFrame([span("2026-03-29T12:00", "2026-04-01T06:00")]))
    assert usage["period_start"].dt.strftime("%Y-%m-%d").tolist() == starts
    assert usage["value"].sum() == pytest.approx(66.0)


@settings(max_examples=8)
@given(
    spans=st.lists(
        st.tuples(st.integers(0, 4_000_000), st.integers(0, 9_000_000), st.floats(0, 1e4)), min_size=1, max_size=6
    ),
    grain=st.sampled_from(GRAINS[1:]),
)
def test_totals_are_conserved_and_no_cell_is_outside_its_spans(span, spans, grain):
    origin = pd.Timestamp("2025-12-30T17:20", tz="UTC")
    rows = [
        span("2026-01-01", "2026-01-01", amount)
        | {"start": origin + pd.Timedelta(seconds=at), "end": origin + pd.Timedelta(seconds=at + length)}
        for at, length, amount in spans
    ]
    usage = cells(grain, spans=pd.DataFrame(rows))
    total = sum(length * amount / 3600 for _, length, amount in spans)
    assert usage["value"].sum() == pytest.approx(total, rel=1e-9, abs=1e-9)
    assert usage["period_start"].is_unique
    first, last = min(row["start"] for row in rows), max(row["end"] for row in rows)
    assert usage["period_start"].min() <= first
    assert period_ends(usage).max() - (period_ends(usage) - usage["period_start"]).max() <= last


def test_points_are_summed_averaged_or_the_last_stands(point):
    hows = {"sum": 12.0, "mean": 4.0, "last": 5.0}
    rows = [
        point(at, value, how, measure=how) for how in hows
        for at, value in (("2026-03-01T00:00", 4.0), ("2026-03-01T00:59:59.999999", 5.0), ("2026-03-01T00:10", 3.0))
    ]  # fmt: skip
    usage = cells(points=pd.DataFrame(rows))
    assert dict(zip(usage["measure"], usage["value"], strict=True)) == hows
    assert set(usage["rows"]) == {3.0}


def test_a_request_that_was_refused_is_not_in_the_sum_and_bounds_it(point):
    usage = cells(points=pd.DataFrame([point("2026-03-01", 3.0), point("2026-03-01", 1.0, status="refused")]))
    assert usage[["value", "rows", "bound"]].to_numpy().tolist() == [[3.0, 2.0, ">="]]


def test_a_counter_grows_by_series_and_a_fall_is_a_reset(point):
    rows = [
        point(f"2026-03-01T{at}", value, "counter", series=series)
        for series, at, value in (
            ("gpu0", "00:10", 100.0), ("gpu0", "00:50", 130.0), ("gpu0", "01:10", 20.0),
            ("gpu1", "00:20", 7.0), ("gpu1", "01:20", 8.0),
        )
    ]  # fmt: skip
    usage = cells(points=pd.DataFrame(rows).sample(frac=1.0, random_state=1))
    assert by_start(usage) == {"03-01 00:00": 30.0, "03-01 01:00": 21.0}
    assert by_start(usage, "rows") == {"03-01 00:00": 3.0, "03-01 01:00": 2.0}
    assert set(usage["how"]) == {"sum"}


def test_spans_and_points_of_one_cell_are_one_figure(span, point):
    one = point("2026-03-01T00:10", 0.5, measure="gpu_hours", unit="accelerator_hour", source="jobs.csv")
    usage = cells(spans=pd.DataFrame([span("2026-03-01", "2026-03-01T01:00")]), points=pd.DataFrame([one]))
    assert usage[["value", "rows"]].to_numpy().tolist() == [[1.5, 2.0]]


def test_sources_and_labels_stay_apart(span):
    rows = [span("2026-03-01", "2026-03-01T01:00", source=source, segment=segment)
            for source in ("a", "b") for segment in ("rest", "hyperscale")]  # fmt: skip
    assert len(cells(spans=pd.DataFrame(rows))) == 4


def test_rows_come_from_files_tables_batches_and_streams_alike(mixed, tmp_path):
    spans, points = mixed
    halves = [tmp_path / "one.parquet", tmp_path / "two.parquet"]
    for path, part in zip(halves, (spans.iloc[:2], spans.iloc[2:]), strict=True):
        pq.write_table(to_arrow(part), path)
    arrow = to_arrow(points)
    wanted = cells(spans=spans, points=points)
    backend = ibis.duckdb.connect()
    for rows in (halves, [str(path) for path in halves], backend.read_parquet([str(path) for path in halves])):
        pd.testing.assert_frame_equal(cells(spans=rows, points=arrow), wanted)
    reader = pa.RecordBatchReader.from_batches(arrow.schema, arrow.to_batches(max_chunksize=3))
    streamed = cells(points=reader)
    pd.testing.assert_frame_equal(streamed, wanted[wanted["source"] == "log.csv"].reset_index(drop=True))


def test_two_tables_of_two_connections_meet(mixed, tmp_path):
    spans, points = mixed
    tables = []
    for name, rows in (("spans", spans), ("points", points)):
        pq.write_table(to_arrow(rows), tmp_path / f"{name}.parquet")
        tables.append(ibis.duckdb.connect().read_parquet(str(tmp_path / f"{name}.parquet")))
    pd.testing.assert_frame_equal(cells(spans=tables[0], points=tables[1]), cells(spans=spans, points=points))


def test_a_session_in_another_zone_changes_nothing(mixed, tmp_path):
    spans, _ = mixed
    pq.write_table(to_arrow(spans), tmp_path / "spans.parquet")
    backend = ibis.duckdb.connect()
    backend.raw_sql("SET TimeZone = 'Asia/Kolkata'")
    table = backend.read_parquet(str(tmp_path / "spans.parquet"))
    for grain in ("day", "month"):
        pd.testing.assert_frame_equal(cells(grain, spans=table), cells(grain, spans=spans))


def test_whole_numbers_and_nanoseconds_are_taken(span, tmp_path):
    rows = pd.DataFrame([span("2026-03-01", "2026-03-01T01:00")]).assign(amount=2)
    table = to_arrow(rows)
    nanoseconds = pa.timestamp("ns", "UTC")
    for name in ("start", "end"):
        at = table.schema.get_field_index(name)
        table = table.set_column(at, name, table[name].cast(nanoseconds))
    pq.write_table(table, tmp_path / "spans.parquet")
    assert cells(spans=tmp_path / "spans.parquet")["value"].tolist() == [2.0]


def test_status_and_series_of_points_may_be_left_out(point):
    rows = pd.DataFrame([point("2026-03-01", 3.0)]).drop(columns=["status", "series", "line"])
    assert cells(points=rows)["value"].tolist() == [3.0]


@pytest.mark.parametrize("kind", ["spans", "points"])
def test_no_rows_give_no_cells(mixed, kind):
    rows = dict(zip(("spans", "points"), mixed, strict=True))[kind]
    assert len(cells(**{kind: to_arrow(rows).slice(0, 0)})) == 0


def test_parts_of_a_stream_are_the_table(mixed):
    table = aggregate(spans=mixed[0]).order_by(["segment", "period_start"])
    parts = [part.to_pandas() for part in stream(table, rows_at_once=1000)]
    assert [len(part) for part in parts[:-1]] == [1000] * (len(parts) - 1)
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True)[["value"]], collect(table)[["value"]])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"end": pd.Timestamp("2026-02-01", tz="UTC")}, "spans: rows break the contract: 1 end before they start"),
        ({"start": pd.NaT}, "1 without start"),
        ({"amount": None}, "1 without amount"),
        ({"amount": -1.0}, "amount reaches from -1 to 1"),
        ({"amount": np.inf}, "amount reaches from 1 to inf"),
    ],
)
def test_spans_that_break_a_rule_are_refused_and_counted(span, change, said):
    good, bad = span("2026-03-01", "2026-03-02"), span("2026-03-01", "2026-03-02") | change
    rows = pd.DataFrame([good, bad]).astype({"start": "datetime64[us, UTC]", "amount": "float64"})
    with pytest.raises(ValueError, match=said):
        aggregate(spans=rows)


@pytest.mark.parametrize(
    ("change", "said"),
    [({"at": pd.NaT}, "points: rows break the contract: 1 without at"), ({"value": None}, "1 without value"),
     ({"value": -np.inf}, "value reaches from -inf to 3"), ({"how": None}, "1 without how"),
     ({"how": "median"}, "have how 'median', not one of sum, mean, last, counter")],
)  # fmt: skip
def test_points_that_break_a_rule_are_refused_and_counted(point, change, said):
    rows = pd.DataFrame([point("2026-03-01", 3.0), point("2026-03-01", 3.0) | change])
    with pytest.raises(ValueError, match=said):
        aggregate(points=rows.astype({"at": "datetime64[us, UTC]", "value": "float64"}))


def test_a_value_that_is_no_number_spoils_its_cell_and_is_refused_there(point):
    arrow = to_arrow(pd.DataFrame([point("2026-03-01", 3.0), point("2026-03-01", 3.0)]))
    at = arrow.schema.get_field_index("value")
    spoiled = arrow.set_column(at, "value", pa.array([3.0, np.nan]))
    with pytest.raises(ValueError, match=r"usage: column 'value' has nan at row 0 which fails 'not_nullable'"):
        cells(points=spoiled)


def test_what_is_wrong_with_a_table_is_named(span, tmp_path):
    rows = pd.DataFrame([span("2026-03-01", "2026-03-02")])
    with pytest.raises(ValueError, match="there is nothing to aggregate"):
        aggregate()
    with pytest.raises(ValueError, match="engine 'polars' is not one of duckdb, spark"):
        aggregate(spans=rows, engine="polars")
    with pytest.raises(ValueError, match="grain 'second' is not one of minute, hour"):
        aggregate(spans=rows, grain="second")
    with pytest.raises(ValueError, match="spans: column 'region' is missing; the frame has"):
        aggregate(spans=rows.drop(columns="region"))
    with pytest.raises(ValueError, match=r"column 'amount' is of type large_string, not number .*; convert it first"):
        aggregate(spans=rows.assign(amount="many"))
    pq.write_table(to_arrow(rows.assign(start="2026-03-01")), tmp_path / "text.parquet")
    with pytest.raises(ValueError, match="column 'start' is of type string, not instant"):
        aggregate(spans=tmp_path / "text.parquet")


@pytest.mark.parametrize("content", [b"", b"PAR1 and then nothing", None], ids=["empty", "cut", "absent"])
def test_a_file_that_is_not_parquet_is_named(tmp_path, content):
    path = tmp_path / "rows.parquet"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=r"rows\.parquet: cannot be read as Parquet \(.*\); check the path"):
        aggregate(spans=path)


@pytest.mark.parametrize("asked_singly", [64, 1])
def test_files_are_checked_one_by_one_or_at_once(point, tmp_path, monkeypatch, asked_singly):
    monkeypatch.setattr("shiftcast.pipelines.engine.inputs._ASKED_SINGLY", asked_singly)
    paths = [tmp_path / "sums.parquet", tmp_path / "means.parquet"]
    for path, how in zip(paths, ("sum", "mean"), strict=True):
        rows = [point("2026-03-01", 1.0, how, measure=how), point("2026-03-01", 4.0, how, measure=how)]
        pq.write_table(to_arrow(pd.DataFrame(rows)), path)
    assert cells(points=paths).set_index("measure")["value"].to_dict() == {"sum": 5.0, "mean": 2.5}
    pq.write_table(to_arrow(pd.DataFrame([point("2026-03-01", np.inf, "mean")])), paths[1])
    with pytest.raises(ValueError, match="points: rows break the contract: value reaches from 1 to inf"):
        aggregate(points=paths)
