"""Items told of by many loads count once, as of any day, in whatever order the loads come."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shiftcast.features.frames import DIMENSIONS, Quarantine, empty
from shiftcast.pipelines.sources.normal import PART_SCHEMA
from shiftcast.pipelines.state.guard import LockedError, locked
from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.store import Arrival, Reckoning, Store, load_items, loading
from shiftcast.pipelines.store.verify import verify

DAY = pd.Timestamp("2026-03-05", tz="UTC")
START = pd.Timestamp("2026-03-01", tz="UTC")
HOUR, ONE_DAY = pd.Timedelta(hours=1), pd.Timedelta(days=1)
STORED = pa.schema([each for each in PART_SCHEMA if each.name not in {"file", "line", "stem", "track", "clue"}])
COUNT = iter(range(10**9))


@dataclass(frozen=True)
class View:
    """What one row says of a job: its hours, and how far it is."""

    item: int
    hours: int
    progress: int = 2
    gpus: float = 1.0
    source: str = "sacct/alps"
    attempt: int = 0
    scope: int = 0
    born: pd.Timestamp = START
    named: bool = True

    def part(self):
        over = self.progress == 2
        extent = 0.0 if over else float(self.hours)
        return {
            **dict.fromkeys(DIMENSIONS, "all"), "measure": "gpu_hours", "unit": "accelerator_hour", "status": "served",
            "how": "span", "start": self.born, "end": self.born + self.hours * HOUR, "amount": self.gpus, "series": "",
            "source": self.source, "id": self.item, "attempt": self.attempt, "progress": self.progress,
            "extent": extent, "scope": self.scope, "born": self.born, "lead": True, "named": self.named,
        }  # fmt: skip


def reading(at, value, *, how="counter", series="gpu 0", item=None):
    moment = START + at * HOUR
    return View(0, 0).part() | {
        "measure": "energy", "unit": "Wh", "how": how, "start": moment, "end": None, "amount": float(value),
        "series": series, "source": "prometheus", "id": 1000 + at if item is None else item, "extent": 0.0,
        "born": moment,
    }  # fmt: skip


def load(store, folder, *views, day=DAY, grain="day", restates=False, guessed=False, files=()):
    rows = [each.part() if isinstance(each, View) else each for each in views]
    path = folder / f"{next(COUNT)}.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=STORED), path)
    digest = hashlib.sha256(path.name.encode()).hexdigest()
    arrival = Arrival(path, day, restates=restates, guessed=guessed)
    return load_items(store, arrival, empty(Quarantine), digest, Reckoning(grain), files=files)


def total(store, day=DAY + 99 * ONE_DAY, **equal):
    rows = store.as_of(day, **equal)
    return rows["value"].sum()


@pytest.fixture
def put(store, tmp_path):
    return lambda *views, **options: load(store, tmp_path, *views, **options)


def test_the_later_view_of_a_job_replaces_the_one_of_when_it_ran(store, put):
    put(View(1, 10, progress=1))
    done = put(View(1, 30), View(2, 5), day=DAY + ONE_DAY)
    assert total(store) == 35
    assert total(store, DAY) == 10
    assert done.told["replaced"] == [
        {"source": "sacct/alps", "measure": "gpu_hours", "unit": "accelerator_hour", "items": 1, "total": 10.0}
    ]
    rows = store.as_of(DAY + ONE_DAY)
    assert rows["rows"].sum() == 3  # the job is in two days, the other in one
    assert verify(store) == []


def test_an_export_that_repeats_the_last_month_tells_nothing_new(store, put):
    put(View(1, 10), View(2, 5))
    done = put(View(2, 5), View(3, 1), View(1, 10), day=DAY + ONE_DAY)
    assert done.told == {"known": 2, "replaced": [], "beside": [], "former": [], "appended": []}
    assert total(store) == 16


def test_what_ran_is_not_put_back_by_an_older_export_loaded_later(store, put):
    put(View(1, 30))
    assert put(View(1, 10, progress=1)).told["known"] == 1
    assert total(store) == 30
    assert put(View(1, 10, progress=1), day=DAY - ONE_DAY).told["known"] == 0
    assert total(store, DAY - ONE_DAY) == 10
    assert total(store, DAY) == 30


def test_of_two_views_of_a_running_job_the_one_seen_later_stands(store, put):
    put(View(1, 20, progress=1))
    put(View(1, 10, progress=1))
    assert total(store) == 20


def test_a_correction_and_new_labels_stand_from_their_load_on(store, put):
    put(View(1, 10))
    put(View(1, 10).part() | {"workload": "recsys"})
    assert total(store) == 10
    assert total(store, workload="recsys") == 10
    put(View(1, 8).part() | {"workload": "recsys"}, day=DAY + ONE_DAY)
    assert (total(store), total(store, DAY)) == (8, 10)


def test_the_same_job_of_two_clusters_is_two_jobs(store, put):
    put(View(1, 10), View(1, 30, source="sacct/piz"))
    assert total(store) == 40
    put(View(1, 10), View(1, 30, source="sacct/piz"))
    assert total(store) == 40


def test_a_job_that_waited_is_taken_back_once_its_tasks_began(store, put):
    waits = View(1, 0, progress=0).part() | {"status": "queued", "end": START + HOUR}
    put(waits)
    assert store.as_of(DAY)["bound"].tolist() == [">="]
    put(View(1, 5, attempt=7), View(1, 6, attempt=8), day=DAY + ONE_DAY)
    rows = store.as_of(DAY + ONE_DAY)
    assert (rows["value"].sum(), rows["bound"].unique().tolist()) == (11, ["="])
    assert put(waits, day=DAY + 2 * ONE_DAY).told["known"] == 1


def line(number, hours, scope):
    return View(number, 24, gpus=hours / 24, scope=scope)


def test_a_bill_that_repeats_a_day_withdraws_the_lines_it_no_longer_has(store, put):
    put(line(1, 10, 5), line(2, 7, 5), line(3, 1, 6))
    put(line(4, 2, 5))  # another part of the same day
    assert total(store) == 20
    put(line(1, 10, 5), line(4, 3, 5), day=DAY + ONE_DAY)
    assert (total(store), total(store, DAY)) == pytest.approx((14, 20))
    put(line(1, 10, 5), line(2, 7, 5), line(4, 3, 5), day=DAY + 2 * ONE_DAY)
    assert total(store) == 21


def test_rows_without_identity_beside_stored_ones_of_their_period_are_told(store, put):
    put(View(1, 10, named=False), View(2, 4, named=False))
    later = View(7, 3, named=False, born=START + ONE_DAY)
    assert put(View(1, 10, named=False), later).told["beside"] == []
    done = put(View(1, 10, named=False), View(9, 5, named=False))
    assert done.told["beside"] == [{"source": "sacct/alps", "measure": "gpu_hours", "rows": 1, "stored": 1}]
    assert put(View(11, 5)).told["beside"] == []
    assert total(store) == 10 + 4 + 3 + 5 + 5


def test_a_restatement_withdraws_items_of_its_source_alone(store, put):
    put(View(1, 10), View(2, 7, born=START - 90 * ONE_DAY), View(3, 1, source="jobs"))
    put(View(1, 10), day=DAY + ONE_DAY, restates=True)
    assert (total(store), total(store, DAY)) == (11, 18)
    put(View(2, 7, born=START - 90 * ONE_DAY), day=DAY + 2 * ONE_DAY)
    assert total(store) == 18


def test_items_under_another_guessed_cluster_are_refused(store, put):
    put(View(1, 10), View(2, 7))
    with pytest.raises(
        ValueError, match=r"2 of 2 items of 'sacct/b' are stored already as 'sacct/alps': say --cluster"
    ):
        put(View(1, 10, source="sacct/b"), View(2, 7, source="sacct/b"), guessed=True)
    put(View(1, 10, source="sacct/b"), View(2, 9, source="sacct/b"), guessed=True)
    put(View(1, 10, source="sacct/c"), View(2, 7, source="sacct/c"))
    assert total(store) == 17 + 19 + 17


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
def test_growth_of_a_counter_counts_from_the_reading_before_in_any_load(store, put, order):
    loads = [[reading(0, 100), reading(1, 110)], [reading(2, 130), reading(3, 20)], [reading(3, 20), reading(5, 50)]]
    for place in order:
        put(*loads[place])
    assert total(store) == 10 + 20 + 20 + 30
    assert store.as_of(DAY)["rows"].sum() == 5


def test_a_named_series_goes_on_under_other_labels(store, put):
    put(reading(0, 100), reading(1, 104) | {"workload": "ads"})
    assert total(store) == 4


def test_means_and_stocks_of_several_loads_are_those_of_all_readings(store, put):
    put(reading(0, 10, how="mean"), reading(1, 20, how="mean"), reading(2, 7, how="last", item=1), grain="day")
    put(reading(3, 60, how="mean"), reading(4, 9, how="last", item=2), grain="day")
    put(reading(4, 8, how="last", item=2), day=DAY + ONE_DAY)
    assert store.as_of(DAY).set_index("how")["value"].to_dict() == {"mean": 30, "last": 9}
    assert store.as_of(DAY + ONE_DAY).set_index("how")["value"].to_dict() == {"mean": 30, "last": 8}


def test_figures_of_a_former_version_are_withdrawn_by_a_load_of_their_file(store, put, usage, digest):
    store.append(usage([1.0, 2.0]), None, digest("a"), DAY)
    assert put(View(2, 1), day=DAY + ONE_DAY).told["appended"] == ["jobs.csv"]
    assert put(View(3, 1, born=START + 90 * ONE_DAY)).told["appended"] == []
    done = put(View(1, 10), files=("jobs.csv",), day=DAY + ONE_DAY)
    assert done.told["former"] == ["jobs.csv"]
    assert done.told["appended"] == []
    assert (total(store), total(store, DAY)) == (12, 4)


def test_compaction_keeps_items_and_every_day(store, put):
    put(View(1, 10, progress=1), reading(0, 5), reading(2, 7, how="last", item=1))
    put(View(1, 30), View(2, 5, born=START - 40 * ONE_DAY), reading(1, 8), day=DAY + ONE_DAY)
    days = [DAY, DAY + ONE_DAY]
    before = [store.as_of(day) for day in days]
    store.compact()
    for day, rows in zip(days, before, strict=True):
        pd.testing.assert_frame_equal(store.as_of(day), rows)
    assert verify(store) == []
    put(View(1, 31), reading(2, 10), day=DAY + 2 * ONE_DAY)
    assert total(store, how="sum") == 31 + 5 + 3 + 2
    store.compact()
    assert total(store, how="sum") == 31 + 5 + 3 + 2


def test_a_load_that_another_overtakes_is_reckoned_again(store, put, monkeypatch):
    from shiftcast.pipelines.store import loading as module  # noqa: PLC0415  (to patch it)

    write, times = module.write_load, []

    def overtaken(*given):
        times.append(1)
        if len(times) == 1:
            put(View(1, 10, progress=1))
        return write(*given)

    monkeypatch.setattr(module, "write_load", overtaken)
    put(View(1, 30))
    assert total(store) == 30
    monkeypatch.setattr(module, "write_load", lambda *given: (put(View(9, 1)), write(*given))[1])
    with pytest.raises((StoreError, RecursionError)):
        put(View(2, 1))


def stood(loads, day):
    """Return the views that stand on a day, by plain reckoning."""
    best = {}
    for number, (known, view) in enumerate(loads):
        if known <= day:
            over = view.progress == 2
            key = (view.progress, 0 if over else view.hours, known, number)
            best[view.item] = max(best.get(view.item, ((-1,), None)), (key, view))
    return {item: view for item, (_, view) in best.items()}


@settings(max_examples=8, deadline=None)
@given(
    told=st.lists(
        st.tuples(st.integers(0, 3), st.integers(1, 2), st.integers(1, 6), st.integers(0, 2), st.integers(1, 3)),
        min_size=1, max_size=7,
    ),
    compacted=st.booleans(),
)  # fmt: skip
def test_any_order_of_loads_gives_every_day_the_hours_of_plain_reckoning(tmp_path_factory, told, compacted):
    folder = tmp_path_factory.mktemp("any")
    store, loads = Store(folder), []
    for day, item, hours, progress, gpus in told:
        view = View(item, hours, progress=progress, gpus=float(gpus))
        load(store, folder, view, day=DAY + day * ONE_DAY)
        said = stood(loads, day).get(item)
        if said is None or (said.hours, said.gpus) != (hours, gpus):
            loads.append((day, view))
        if compacted and len(loads) == 3:
            store.compact()
    for day in range(5):
        expected = sum(view.hours * view.gpus for view in stood(loads, day).values())
        assert total(store, DAY + day * ONE_DAY) == pytest.approx(expected), day


def test_a_load_that_others_overtake_again_and_again_holds_the_lock_at_last(store, tmp_path, monkeypatch):
    written, overtaken = loading.write_load, []

    def overtake(*given):
        done = written(*given)
        if len(overtaken) < 2:
            overtaken.append(len(overtaken))
            with monkeypatch.context() as patch:
                patch.setattr(loading, "write_load", written)
                load(store, tmp_path, View(10 + len(overtaken), 2))
        else:
            with pytest.raises(LockedError), locked(store.folder, "store.lock", wait=0):
                pass
        return done

    monkeypatch.setattr(loading, "write_load", overtake)
    assert load(store, tmp_path, View(1, 3)).new
    assert (overtaken, total(store)) == ([0, 1], 7.0)
    assert not list((store.folder / "staging").iterdir())
