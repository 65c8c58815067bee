"""Readers find a whole store whatever moment a compaction takes the files from under them."""

import errno

import pandas as pd
import pytest

from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.store import Store, files
from shiftcast.pipelines.store import verify as verifying
from shiftcast.pipelines.store.settled import settled
from shiftcast.pipelines.store.snapshots import take_snapshot
from shiftcast.pipelines.store.verify import verify

LAST = pd.Timestamp("2026-03-09", tz="UTC")


@pytest.fixture
def filled(store, usage, digest):
    """Return a store of three batches."""
    for number in range(3):
        store.append(usage([float(number)], source=f"{number}.csv"), None, digest(str(number)), LAST)
    return store


@pytest.mark.parametrize("moment", [0, 2, 5])
@pytest.mark.parametrize(
    ("read", "expected"),
    [(verify, []), (lambda store: take_snapshot(store, LAST), "2026-03-09-00000004"),
     (lambda store: store.as_of(LAST)["value"].sum(), 3.0)],
    ids=["verify", "snapshot", "as of"],
)  # fmt: skip
def test_a_compaction_while_files_are_checked_is_no_damage(filled, monkeypatch, moment, read, expected):
    real, checks = files.fault, []

    def checked(path, digest):
        said = real(path, digest)
        checks.append(path)
        if len(checks) == moment + 1:
            Store(filled.root).compact()
        return said

    for module in (files, verifying):
        monkeypatch.setattr(module, "fault", checked)
    found = read(filled)
    assert found == expected or (len(checks) <= moment and found == "2026-03-09-00000003")


def test_what_fails_while_nobody_writes_is_said_at_once(filled):
    calls = []

    def broken():
        calls.append(1)
        raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(OSError, match="Input/output error"):
        settled(filled, broken)
    assert len(calls) == 1


def test_a_reader_that_is_overtaken_over_and_over_ends(filled, usage, digest):
    calls = []

    def overtaken():
        calls.append(1)
        filled.append(usage([1.0], source="x.csv"), None, digest(f"new {len(calls)}"), LAST)
        raise StoreError("gone")

    with pytest.raises(StoreError, match="gone"):
        settled(filled, overtaken)
    assert len(calls) == 3
