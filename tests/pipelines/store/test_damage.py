"""A store that is damaged, of another version or out of disk says so, and nothing in it is changed."""

from __future__ import annotations

import errno
import json
import resource
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.store import files as files_module
from shiftcast.pipelines.store import snapshots as snapshots_module
from shiftcast.pipelines.store import store as store_module
from shiftcast.pipelines.store import verify as verify_module
from shiftcast.pipelines.store.snapshots import read_snapshot, take_snapshot
from shiftcast.pipelines.store.verify import verify

DAY = pd.Timestamp("2026-03-05", tz="UTC")


@pytest.fixture
def filled(store, usage, digest):
    for number in (1, 2):
        store.append(usage([float(number)]), None, digest(str(number)), DAY)
    return store


def content(store):
    return {path: path.read_bytes() for path in store.folder.rglob("*") if path.is_file() and path.suffix != ".lock"}


def batch(store, number=1):
    return store.folder / store.entries()[number - 1].folder / "usage.parquet"


def flip(path):
    spoiled = bytearray(path.read_bytes())
    spoiled[len(spoiled) // 2] ^= 1
    path.write_bytes(bytes(spoiled))


def unsealed(entry):
    """Return an entry as former software wrote it."""
    stated = json.loads(entry)
    del stated["seal"]
    return json.dumps(stated, indent=1, sort_keys=True).encode()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [(flip, "differs from its digest in the log"), (lambda path: path.unlink(), "is missing"),
     (lambda path: path.write_bytes(b""), "differs from its digest")],
    ids=["flipped", "gone", "empty"],
)  # fmt: skip
def test_a_damaged_file_is_named_by_every_reader_and_not_touched(filled, spoil, said):
    path = batch(filled)
    spoil(path)
    before = content(filled)
    for read in (lambda: filled.as_of(DAY), lambda: filled.table(DAY), filled.compact):
        with pytest.raises(StoreError, match=rf"00000001-\w+/usage\.parquet: {said}.*restore it from a copy"):
            read()
    assert len(verify(filled)) == 1
    assert said in verify(filled)[0]
    assert content(filled) == before


def test_a_damaged_log_is_named_and_not_touched(filled, usage, digest):
    first = filled.folder / "log" / "00000001.json"
    whole = first.read_bytes()
    for spoiled, said in (
        (b"{", "is not an entry of a log"),
        (b"[" * 200_000, "is not an entry of a log"),
        (unsealed(whole), r"00000002\.json: does not follow the entry before it"),
        (whole.replace(b"jobs.csv", b"jobs.tsv"), r"00000001\.json: differs from the digest that it carries"),
        (whole.replace(b'"batches/', b'"../batches/'), "names files outside the store"),
        (json.dumps(json.loads(whole) | {"known_at": "soon"}).encode(), "is not an entry"),
    ):
        first.write_bytes(spoiled)
        before = content(filled)
        for use in (lambda: filled.as_of(DAY), lambda: filled.append(usage([3.0]), None, digest("3"), DAY)):
            with pytest.raises(StoreError, match=said):
                use()
        assert content(filled) == before
    first.unlink()
    with pytest.raises(StoreError, match=r"00000001\.json: is missing; restore it from a copy"):
        filled.entries()


@pytest.mark.parametrize("left", [2, 1, 0])
def test_a_log_that_lost_its_end_takes_no_batches_with_it(filled, usage, digest, left):
    filled.append(usage([3.0]), None, digest("3"), DAY)
    for number in range(left + 1, 4):
        (filled.folder / "log" / f"0000000{number}.json").unlink()
    said = rf"batches/0000000{left + 1}-\w+: is in no log entry, and is not what a killed load"
    for use in (lambda: filled.append(usage([4.0]), None, digest("4"), DAY), filled.compact, lambda: verify(filled),
                lambda: filled.as_of(DAY), filled.quarantine, lambda: take_snapshot(filled, DAY)):  # fmt: skip
        with pytest.raises(StoreError, match=said):
            use()
    assert len(list((filled.folder / "batches").iterdir())) == 3


def test_a_load_that_is_committed_as_a_reader_begins_is_no_lost_one(filled, usage, digest, monkeypatch):
    real = store_module.batches

    def overtaken(folder):
        there = real(folder)
        monkeypatch.setattr(store_module, "batches", real)
        for number in (3, 4):
            filled.append(usage([1.0]), None, digest(str(number)), DAY)
        return there

    monkeypatch.setattr(store_module, "batches", overtaken)
    assert len(filled.entries()) == 4


@pytest.mark.parametrize("moment", ["before the log is read", "after it is read"])
def test_a_load_whose_batch_is_seen_before_its_entry_is_no_lost_one(filled, usage, digest, monkeypatch, moment):
    """A reader lists batches, and reads the log, between any two steps of a commit."""
    real, seen = store_module.log.write_entry, []

    def reads(folder, entry):
        there = store_module.batches(folder)
        if moment == "before the log is read":
            real(folder, entry)
            store_module.mark_committed(folder / entry.folder)
            entries = store_module.log.read_log(folder)
        else:
            entries = store_module.log.read_log(folder)
            real(folder, entry)
            store_module.mark_committed(folder / entry.folder)
        store_module.refuse_lost(folder, there, entries)
        seen.append(len(entries))

    monkeypatch.setattr(store_module.log, "write_entry", reads)
    filled.append(usage([1.0]), None, digest("3"), DAY)
    assert seen == [3 if moment == "before the log is read" else 2]
    assert len(filled.entries()) == 3


def test_what_a_killed_load_left_and_the_next_sweeps_as_a_reader_begins_is_no_lost_one(
    filled, usage, digest, monkeypatch
):
    real, dead = store_module.batches, filled.folder / "batches" / "00000003-abcdefabcdef"
    dead.mkdir()

    def overtaken(folder):
        there = real(folder)
        monkeypatch.setattr(store_module, "batches", real)
        filled.append(usage([1.0]), None, digest("3"), DAY)
        return there

    monkeypatch.setattr(store_module, "batches", overtaken)
    assert len(filled.entries()) == 3
    assert not dead.exists()


def test_a_snapshot_that_another_process_takes_at_the_same_moment_is_taken_once(filled, monkeypatch):
    real = snapshots_module.move_durably

    def overtaken(here, there):
        shutil.copytree(here, there)
        real(here, there)

    monkeypatch.setattr(snapshots_module, "move_durably", overtaken)
    name = take_snapshot(filled, DAY)
    assert read_snapshot(filled, name)["value"].tolist() == [2.0]
    assert verify(filled) == []


def place_link(path, outside):
    path.symlink_to(outside, target_is_directory=True)


@pytest.mark.parametrize("what", ["batches/00000003-abcdefabcdef", "staging/" + "0" * 32, "staging/" + "1" * 32])
@pytest.mark.parametrize("put", [place_link, lambda path, _: path.touch(), lambda path, _: path.mkdir()],
                         ids=["link", "file", "folder"])  # fmt: skip
def test_what_stands_where_a_dead_writer_left_something_stops_no_load(filled, usage, digest, tmp_path, what, put):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine").touch()
    put(filled.folder / what, outside)
    if what.endswith("1"):
        (filled.folder / f"{what}.lock").mkdir()
    assert filled.append(usage([3.0]), None, digest("3"), DAY).new
    assert verify(filled) == []
    assert (outside / "mine").exists()
    assert put is place_link or not (filled.folder / what).is_dir()


def test_a_batch_that_lies_elsewhere_is_compacted_and_stays_there(filled, tmp_path):
    batch = filled.folder / filled.entries()[0].folder
    batch.rename(tmp_path / "elsewhere")
    batch.symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert filled.compact().number == 3
    assert not batch.is_symlink()
    assert (tmp_path / "elsewhere" / "usage.parquet").exists()
    assert verify(filled) == []


def test_a_batch_that_a_killed_load_left_is_swept(filled, usage, digest, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store_module.log, "write_entry", killed)
        with pytest.raises(KeyboardInterrupt):
            filled.append(usage([3.0]), None, digest("3"), DAY)
    assert len(list((filled.folder / "batches").iterdir())) == 3
    assert verify(filled) == []
    filled.append(usage([4.0]), None, digest("4"), DAY)
    assert sorted(path.name[:8] for path in (filled.folder / "batches").iterdir()) == [f"0000000{n}" for n in (1, 2, 3)]


@pytest.mark.parametrize("again", ["3", "4"])
def test_a_batch_whose_load_was_killed_before_its_mark_is_marked_by_the_next(filled, usage, digest, monkeypatch, again):
    """Whether it loads the same once more, which changes nothing, or something else."""

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store_module, "mark_committed", killed)
        with pytest.raises(KeyboardInterrupt):
            filled.append(usage([3.0]), None, digest("3"), DAY)
    assert filled.append(usage([3.0]), None, digest(again), DAY).new == (again == "4")
    for log in sorted((filled.folder / "log").glob("*.json"))[2:]:
        log.unlink()
    with pytest.raises(StoreError, match=r"batches/00000003-\w+: is in no log entry"):
        verify(filled)


def test_a_load_that_cannot_be_marked_counts(filled, usage, digest, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "touch", full)
    assert filled.append(usage([3.0]), None, digest("3"), DAY).new
    assert verify(filled) == []


@pytest.mark.parametrize("lost", [False, True])
def test_a_copy_that_was_taken_at_a_commit_which_the_log_has_no_more_is_told(filled, lost):
    name, last = take_snapshot(filled, DAY), filled.folder / "log" / "00000002.json"
    last.unlink() if lost else last.write_bytes(unsealed(last.read_bytes()))
    (next(filled.folder.glob("batches/00000002-*")) / "committed").unlink()  # as former software leaves it
    what = "is missing" if lost else "differs from its digest in the log"
    assert any(f"snapshot {name}: was taken at {last}, which {what}" in each for each in verify(filled))
    assert read_snapshot(filled, name)["value"].tolist() == [2.0]


def test_any_byte_of_the_last_entry_that_is_altered_is_noticed(filled, usage, digest):
    last = filled.folder / "log" / "00000002.json"
    whole = last.read_bytes()
    for place in range(0, len(whole), 7):
        if not whole.index(b'"seal') <= place < whole.index(b'"seal": ') + 8:
            last.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            with pytest.raises(StoreError, match=r"00000002\.json: .*restore it from a copy"):
                filled.entries()
    for write in (lambda: filled.append(usage([3.0]), None, digest("3"), DAY), filled.compact, lambda: verify(filled)):
        with pytest.raises(StoreError, match=r"00000002\.json: "):
            write()
    last.write_bytes(whole)
    assert verify(filled) == []


def test_a_log_that_former_software_wrote_without_digests_of_its_own_is_read_and_written_on(filled, usage, digest):
    last = filled.folder / "log" / "00000002.json"
    last.write_bytes(unsealed(last.read_bytes()))
    assert verify(filled) == []
    filled.append(usage([3.0]), None, digest("3"), DAY)
    assert [json.loads((filled.folder / "log" / f"0000000{n}.json").read_bytes()).get("seal", "") != ""
            for n in (1, 2, 3)] == [True, False, True]  # fmt: skip
    assert verify(filled) == []


@pytest.mark.parametrize(
    ("stated", "said"),
    [({"format": "shiftcast usage store", "version": 3},
      r"of version 3, this shiftcast writes 2; upgrade from a later checkout"),
     ({"format": "photographs", "version": 1}, "does not describe a usage store"), ([], "does not describe"),
     ({"format": "shiftcast usage store", "version": 0}, "does not describe"), (None, "is missing beside a log")],
)  # fmt: skip
def test_another_version_is_refused_with_the_command_that_upgrades(filled, usage, digest, stated, said):
    path = filled.folder / "FORMAT"
    path.unlink() if stated is None else path.write_text(json.dumps(stated), encoding="utf-8")
    for use in (filled.entries, lambda: filled.append(usage([3.0]), None, digest("3"), DAY)):
        with pytest.raises(StoreError, match=said):
            use()


def test_files_that_are_not_as_the_log_counts_them_are_found(filled, monkeypatch):
    second = filled.entries()[1]
    counted = replace(second, files={name: (found, rows + 1) for name, (found, rows) in second.files.items()})
    monkeypatch.setattr("shiftcast.pipelines.store.verify.visible", lambda _: [counted])
    assert any(f"{second.folder}/usage.parquet: has not the 2 rows of the log" in each for each in verify(filled))


def test_a_damaged_snapshot_is_found(filled):
    name = take_snapshot(filled, DAY)
    place = filled.folder / "snapshots" / name
    flip(place / "usage.parquet")
    assert verify(filled) == [f"snapshot {name}: usage.parquet differs from its digest in the log"]
    with pytest.raises(StoreError, match=r"usage\.parquet differs .*restore it from a copy"):
        read_snapshot(filled, name)
    (place / "manifest.json").write_text("no", encoding="utf-8")
    assert "manifest.json is missing or not a manifest" in verify(filled)[0]


def test_a_full_disk_leaves_the_store_as_it_was(filled, usage, digest):
    before = content(filled)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))
    try:
        with pytest.raises(StoreError, match=r"the disk is full \(.*\); free space and load again"):
            filled.append(usage([float(n) for n in range(3000)]), None, digest("3"), DAY)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert content(filled) == before
    assert filled.append(usage([3.0]), None, digest("3"), DAY).new


def test_other_faults_of_the_system_are_not_called_a_full_disk(filled, usage, digest, monkeypatch):
    def denied(*_):
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(store_module, "write_usage", denied)
    with pytest.raises(OSError, match="Permission denied"):
        filled.append(usage([3.0]), None, digest("3"), DAY)


def test_usage_that_cannot_be_computed_is_refused(filled, digest, monkeypatch):
    def fails(*_, **__):
        raise duckdb.IOException("IO Error: No such file\nat block 3")

    monkeypatch.setattr(files_module, "stream", fails)
    table = filled.table(DAY)
    with pytest.raises(StoreError, match=r"the usage cannot be computed \(IO Error: No such file\); mend its source"):
        filled.append(table, None, digest("3"), DAY)


def test_a_read_that_a_compaction_overtakes_is_made_again(filled, monkeypatch):
    collect, times = store_module.collect, []

    def overtaken(table):
        times.append(1)
        if len(times) == 1:
            filled.compact()
            raise duckdb.IOException("the file is gone")
        return collect(table)

    monkeypatch.setattr(store_module, "collect", overtaken)
    assert filled.as_of(DAY)["value"].tolist() == [2.0]
    assert len(times) == 2


def test_a_read_that_fails_of_itself_is_told_in_one_line(filled, monkeypatch):
    def fails(_):
        raise duckdb.IOException("broken\nin two lines")

    monkeypatch.setattr(store_module, "collect", fails)
    with pytest.raises(StoreError, match=r"store: broken$"):
        filled.as_of(DAY)


def test_an_entry_that_another_process_wrote_is_not_overwritten(filled, usage, digest, monkeypatch):
    monkeypatch.setattr("shiftcast.pipelines.store.log.read_log", lambda _: [])
    shutil.rmtree(filled.folder / "batches")
    with pytest.raises(StoreError, match=r"00000001\.json: was written by another process; load again"):
        filled.append(usage([3.0]), None, digest("3"), DAY)


@pytest.mark.parametrize("name", [".DS_Store", "notes.txt", "@eaDir", "lost+found"])
def test_what_a_file_browser_leaves_stops_no_load(filled, usage, digest, name):
    stray = filled.folder / "batches" / name
    stray.mkdir() if name[0] in "@l" else stray.touch()
    assert filled.append(usage([3.0]), None, digest("3"), DAY).new
    assert stray.exists()
    assert verify(filled) == []


def test_what_a_dead_writer_staged_is_swept_with_its_lock_or_without(filled, usage, digest):
    dead = filled.folder / "staging" / ("0" * 32)
    dead.mkdir(parents=True)
    filled.append(usage([3.0]), None, digest("3"), DAY)
    assert not dead.exists()


@pytest.fixture
def overtaken(filled, monkeypatch):
    """Return a function that lets a compaction take the files away just after a name of a module has been called."""

    def overtake(module, name):
        real, times = getattr(module, name), []

        def called(*given):
            found = real(*given)
            times.append(1)
            if len(times) == 1:
                filled.compact()
            return found

        monkeypatch.setattr(module, name, called)

    return overtake


def test_a_check_that_a_compaction_overtakes_finds_no_damage(filled, overtaken):
    overtaken(verify_module, "visible")
    assert verify(filled) == []


def test_a_snapshot_that_a_compaction_overtakes_is_taken_again(filled, overtaken):
    overtaken(snapshots_module, "utc_day")
    name = take_snapshot(filled, DAY)
    assert read_snapshot(filled, name)["value"].tolist() == [2.0]
