"""Random sequences of loads, compactions, snapshots and deaths in the middle: the store is what was committed."""

import hashlib
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import strategies as st

from shiftcast.features.frames import DIMENSIONS
from shiftcast.pipelines.store import Store
from shiftcast.pipelines.store.snapshots import snapshots, take_snapshot
from shiftcast.pipelines.store.verify import verify

STEP = st.tuples(
    st.sampled_from(["load", "load", "load", "again", "compact", "snapshot", "stray"]), st.integers(1, 5),
    st.integers(0, 40), st.booleans(), st.one_of(st.none(), st.none(), st.integers(1, 12)),
)  # fmt: skip


class Died(BaseException):
    """The process ended here."""


def frame(source, values, start):
    whole = dict.fromkeys(DIMENSIONS, "all") | {
        "measure": "gpu_hours", "unit": "accelerator_hour", "how": "sum", "grain": "hour", "source": source,
        "rows": 1.0, "bound": "=", "evidence": "measured", "confidence": "verified",
    }  # fmt: skip
    starts = pd.date_range("2026-03-01", periods=len(values), freq="h", tz="UTC").as_unit("us") + pd.Timedelta(
        hours=start
    )
    return pd.DataFrame(whole, index=range(len(values))).assign(period_start=starts, value=values)


@pytest.fixture
def dying(monkeypatch):
    """Return a function that lets the process die at a write, by number; never where it is none.

    What is open to a dead process is let go of, as the system does it; but it removes no file any more.
    """
    left, dead = [None], [False]

    def step(handle, real=os.fsync):
        if left[0] is not None:
            left[0] -= 1
            if left[0] <= 0:
                dead[0] = True
                raise Died
        real(handle)

    monkeypatch.setattr(os, "fsync", step)
    for place, name in ((shutil, "rmtree"), (Path, "unlink")):
        real = getattr(place, name)
        monkeypatch.setattr(place, name, lambda *given, real=real, **more: None if dead[0] else real(*given, **more))

    def at(number):
        left[0], dead[0] = number, False

    return at


def held(store):
    """Return the figures that a store tells, by source and hour."""
    if not store.folder.exists() or not store.entries():
        return {}
    rows = store.as_of(pd.Timestamp("2027-01-01", tz="UTC"))
    return {(row.source, row.period_start): row.value for row in rows.itertuples()}


def load_of(step, number):
    """Return the rows of a load, their source, the digest and the day."""
    what, many, start, restates, _ = step
    source, value = f"s{many % 2}", float(number if what == "load" else 1)
    digest = hashlib.sha256(f"{source} {value} {many} {start} {restates}".encode()).hexdigest()
    day = pd.Timestamp("2026-04-01", tz="UTC") + pd.Timedelta(days=number)
    return frame(source, [value] * many, start), source, digest, day


def expected(store, step, number, wanted):
    """Return what the store has to hold once the step is done."""
    if step[0] not in {"load", "again"}:
        return wanted
    rows, source, digest, _ = load_of(step, number)
    if store.folder.exists() and store.loaded(digest) is not None:
        return wanted
    kept = {key: value for key, value in wanted.items() if not (step[3] and key[0] == source)}
    return kept | {(source, at): rows["value"].iloc[0] for at in rows["period_start"]}


def do(store, step, number, wanted):
    what = step[0]
    if what in {"load", "again"}:
        rows, _, digest, day = load_of(step, number)
        store.append(rows, None, digest, day, restates=step[3])
    elif what == "stray":
        (store.folder / "batches").mkdir(parents=True, exist_ok=True)
        (store.folder / "batches" / ".DS_Store").write_bytes(b"x")
    elif what == "compact" and store.folder.exists():
        store.compact()
    elif what == "snapshot" and wanted:
        take_snapshot(store, pd.Timestamp("2026-06-01", tz="UTC") + pd.Timedelta(days=number))


def test_one_that_died_left_what_it_staged(tmp_path, dying):
    store = Store(tmp_path)
    do(store, ("load", 2, 0, False, None), 0, {})
    dying(1)
    with pytest.raises(Died):
        do(store, ("load", 2, 9, False, None), 1, {})
    assert list((store.folder / "staging").glob("*/"))
    dying(None)
    do(store, ("load", 2, 9, False, None), 1, {})
    assert not list((store.folder / "staging").glob("*/"))


def test_a_store_holds_what_was_committed_whatever_was_done_to_it(hunt, tmp_path, dying):
    rounds = iter(range(10**9))

    def check(steps):
        place = tmp_path / str(next(rounds))
        store, wanted = Store(place), {}
        for number, step in enumerate(steps):
            then = expected(store, step, number, wanted)
            dying(step[4])
            try:
                do(store, step, number, wanted)
            except Died:
                dying(None)
                store = Store(place)
                assert held(store) in (wanted, then)  # before the commit or after it, never between
                do(store, step, number, wanted)
            dying(None)
            wanted = then
        assert held(store) == wanted
        if store.folder.exists() and store.entries():
            assert verify(store) == []
            assert len(snapshots(store)) <= len(steps)
        shutil.rmtree(place, ignore_errors=True)

    hunt(check, st.lists(STEP, min_size=1, max_size=6), examples=2)
    assert not [each for each in Path(tmp_path).iterdir() if each.name.isdigit()]
