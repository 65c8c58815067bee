from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shiftcast.features.frames import Quarantine, Usage, check, conform
from shiftcast.pipelines.engine import aggregate, collect
from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.store import Store
from shiftcast.pipelines.store.snapshots import read_snapshot, snapshots, take_snapshot
from shiftcast.pipelines.store.verify import verify

EARLY, LATE = (pd.Timestamp(text, tz="UTC") for text in ("2026-03-05", "2026-03-09"))
DAY = pd.Timedelta(days=1)


def values(store, day=LATE, **equal):
    return store.as_of(day, **equal)["value"].tolist()


def test_what_is_appended_is_read_back_with_the_day_it_was_known(store, usage, digest):
    done = store.append(usage([1.0, 2.0]), None, digest("a"), EARLY)
    assert done.new
    rows = check(store.as_of(LATE), Usage)
    assert rows["value"].tolist() == [1.0, 2.0]
    assert rows["known_at"].unique().tolist() == [EARLY]
    assert len(store.as_of(EARLY - DAY)) == 0
    assert (done.entry.sources, done.entry.known_at) == (("jobs.csv",), "2026-03-05")


def test_the_same_content_again_changes_nothing(store, usage, digest):
    first = store.append(usage([1.0]), None, digest("a"), EARLY)
    files = sorted(path for path in store.folder.rglob("*") if path.is_file())
    again = store.append(usage([9.0]), None, digest("a"), LATE)
    assert (again.new, again.entry) == (False, first.entry)
    assert store.loaded(digest("a")) == first.entry
    assert store.loaded(digest("b")) is None
    assert sorted(path for path in store.folder.rglob("*") if path.is_file()) == files


def test_a_correction_is_a_later_known_at_and_the_past_stays(store, usage, digest):
    store.append(usage([1.0, 2.0]), None, digest("a"), EARLY)
    store.append(usage([5.0]), None, digest("b"), LATE)
    assert values(store, LATE - DAY) == [1.0, 2.0]
    assert values(store, LATE) == [5.0, 2.0]


def test_of_two_known_on_one_day_the_last_committed_stands(store, usage, digest):
    store.append(usage([1.0]), None, digest("a"), EARLY)
    store.append(usage([3.0]), None, digest("b"), EARLY)
    assert values(store) == [3.0]


def test_a_figure_known_earlier_but_loaded_later_does_not_hide_a_newer_one(store, usage, digest):
    store.append(usage([5.0]), None, digest("b"), LATE)
    store.append(usage([1.0]), None, digest("a"), EARLY)
    assert values(store, LATE) == [5.0]
    assert values(store, EARLY) == [1.0]


def test_sources_add_to_each_other(store, usage, digest):
    store.append(usage([1.0]), None, digest("a"), EARLY)
    store.append(usage([2.0], source="b.csv"), None, digest("b"), EARLY)
    assert sorted(values(store)) == [1.0, 2.0]
    assert values(store, source="b.csv") == [2.0]
    assert len(values(store, source=("b.csv", "jobs.csv"))) == 2
    with pytest.raises(ValueError, match="usage has no column 'sauce'"):
        store.as_of(LATE, sauce="b.csv")


def test_a_restatement_withdraws_what_its_source_no_longer_says(store, usage, digest):
    store.append(usage([1.0, 2.0, 3.0]), None, digest("a"), EARLY)
    store.append(usage([8.0], source="other.csv"), None, digest("o"), EARLY)
    done = store.append(usage([7.0]), None, digest("b"), LATE, restates=True)
    assert done.entry.files["withdrawn.parquet"][1] == 2
    assert sorted(values(store, LATE)) == [7.0, 8.0]
    assert sorted(values(store, EARLY)) == [1.0, 2.0, 3.0, 8.0]
    store.append(usage([7.0, 2.5]), None, digest("c"), LATE + DAY)
    assert values(store, LATE + DAY, source="jobs.csv") == [7.0, 2.5]


def test_a_restatement_on_the_same_day_withdraws_too(store, usage, digest):
    store.append(usage([1.0, 2.0]), None, digest("a"), EARLY)
    store.append(usage([7.0]), None, digest("b"), EARLY, restates=True)
    assert values(store, EARLY) == [7.0]
    store.compact()
    assert values(store, EARLY) == [7.0]


def test_what_the_engine_makes_goes_straight_in(store, digest):
    row = {**dict.fromkeys(("segment", "leaf", "operator", "user", "workload", "phase", "technique", "accelerator",
                            "vendor", "region"), "all"),
           "start": EARLY, "end": EARLY + DAY, "amount": 2.0, "measure": "gpu_hours", "unit": "accelerator_hour",
           "status": "served", "source": "jobs.csv"}  # fmt: skip
    store.append(aggregate(spans=pd.DataFrame([row])), None, digest("a"), LATE)
    assert values(store) == [2.0] * 24
    assert collect(store.table(LATE))["value"].sum() == 48.0


def test_rows_set_aside_are_kept_with_the_load(store, usage, digest):
    quarantined = pd.DataFrame([{"source": "a", "line": 3.0, "column": "end", "value": "x", "reason": "is not a time"}])
    store.append(usage([1.0]), conform(quarantined, Quarantine), digest("a"), EARLY)
    store.append(usage([]), conform(quarantined.assign(line=4.0), Quarantine), digest("b"), EARLY)
    assert store.quarantine()["line"].tolist() == [3.0, 4.0]
    store.compact()
    assert store.quarantine()["line"].tolist() == [3.0, 4.0]
    assert store.entries()[1].sources == ()


def test_compaction_keeps_every_day_as_it_was(store, usage, digest):
    for number, day in enumerate((EARLY, LATE, EARLY, EARLY - DAY)):
        store.append(usage([float(number), number + 0.5]), None, digest(str(number)), day)
    days = [EARLY - DAY, EARLY, LATE]
    before = [store.as_of(day) for day in days]
    done = store.compact()
    assert done.replaces == (1, 2, 3, 4)
    assert [path.name for path in (store.folder / "batches").iterdir()] == [done.folder.partition("/")[2]]
    for day, rows in zip(days, before, strict=True):
        pd.testing.assert_frame_equal(store.as_of(day), rows)
    assert store.append(usage([0.0]), None, digest("0"), LATE).new is False
    assert store.compact() is None
    store.append(usage([9.0]), None, digest("9"), LATE)
    assert values(store)[0] == 9.0
    assert store.compact().replaces == (5, 6)
    assert values(store)[0] == 9.0
    assert verify(store) == []


@settings(max_examples=4)
@given(
    loads=st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 3), st.lists(st.integers(0, 9), min_size=1, max_size=3)),
        min_size=1, max_size=3,
    )
)  # fmt: skip
def test_reads_are_those_of_a_plain_reckoning(tmp_path_factory, usage, digest, loads):
    store = Store(tmp_path_factory.mktemp("any"))
    said = []
    for number, (day, start, figures) in enumerate(loads):
        known_at = EARLY + day * DAY
        rows = usage([float(each) for each in figures], start=f"2026-03-01T0{start}:00")
        store.append(rows, None, digest(str(number)), known_at)
        said += [(day, number, at, value) for at, value in zip(rows["period_start"], rows["value"], strict=True)]
    for day in range(4):
        latest = {at: value for seen, _, at, value in sorted(said) if seen <= day}
        rows = store.as_of(EARLY + day * DAY)
        assert dict(zip(rows["period_start"], rows["value"], strict=True)) == latest


def test_a_snapshot_is_dated_and_does_not_move(store, usage, digest):
    store.append(usage([1.0]), None, digest("a"), EARLY)
    name = take_snapshot(store, LATE)
    assert name == "2026-03-09-00000001"
    store.append(usage([2.0]), None, digest("b"), EARLY)
    assert take_snapshot(store, LATE) == "2026-03-09-00000002"
    assert take_snapshot(store, LATE) == "2026-03-09-00000002"
    assert snapshots(store) == ["2026-03-09-00000001", "2026-03-09-00000002"]
    assert [read_snapshot(store, each)["value"].tolist() for each in snapshots(store)] == [[1.0], [2.0]]
    with pytest.raises(ValueError, match=r"no snapshot '\.\./log'; there are 2026-03-09-00000001"):
        read_snapshot(store, "../log")


def test_many_parts_are_checked_one_by_one_and_across(store, usage, digest, monkeypatch):
    monkeypatch.setattr("shiftcast.pipelines.store.files._ROWS_AT_ONCE", 2)
    store.append(usage([1.0, 2.0, 3.0, 4.0, 5.0]), None, digest("a"), EARLY)
    assert values(store) == [1.0, 2.0, 3.0, 4.0, 5.0]
    twice = pd.concat([usage([1.0, 2.0]), usage([3.0], start="2026-03-01T01:00")])
    with pytest.raises(ValueError, match=r"usage: the key \(.*\) is there twice; add its rows up first"):
        store.append(twice, None, digest("b"), EARLY)
    assert len(store.entries()) == 1


@pytest.mark.parametrize(
    ("spoil", "said"),
    [({"value": np.nan}, "column 'value' has nan"), ({"bound": "~"}, "column 'bound' has '~'"),
     ({"rows": -1.0}, "column 'rows' has -1"), ({"grain": "year"}, "column 'grain' has 'year'")],
)  # fmt: skip
def test_rows_that_break_the_frame_are_refused_and_nothing_is_stored(store, usage, digest, spoil, said):
    with pytest.raises(ValueError, match=said):
        store.append(usage([1.0]).assign(**spoil), None, digest("a"), EARLY)
    with pytest.raises(StoreError, match=r"no usage is stored here; load some with `shiftcast ingest` first"):
        store.entries()
    assert list((store.folder / "staging").iterdir()) == []


def test_digests_and_days_are_checked(store, usage, digest):
    with pytest.raises(ValueError, match=r"source digest '\.\./x' is not a SHA-256"):
        store.append(usage([1.0]), None, "../x", EARLY)
    with pytest.raises(ValueError, match="has no time zone"):
        store.append(usage([1.0]), None, digest("a"), pd.Timestamp("2026-03-05"))
