"""A store that former software wrote is read and written on, refused by that software afterwards, and taken back."""

import importlib.util
import json
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest

from shiftcast.pipelines.cli import main
from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.store import Store, formats
from shiftcast.pipelines.store.sealed import sealed
from shiftcast.pipelines.store.snapshots import read_snapshot, snapshots, take_snapshot
from shiftcast.pipelines.store.verify import verify

FORMER = Path(__file__).parent / "former"


def day(text):
    return pd.Timestamp(text, tz="UTC")


def software_1():
    """Return the module that software of version 1 read and wrote logs with."""
    spec = importlib.util.spec_from_file_location("log_1", FORMER / "log_1.py")
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def former(tmp_path):
    """Return a copy of the store that software of version 1 wrote."""
    shutil.copytree(FORMER / "store_1", tmp_path / "mlruns" / "store")
    return Store(tmp_path / "mlruns")


def bytes_of(store):
    return {
        path.relative_to(store.folder).as_posix(): path.read_bytes()
        for path in store.folder.rglob("*")
        if path.is_file() and not {part for part in path.parts if part.startswith("taken-back-")}
    }


def moved_and_not(store):
    """Return the files of commits and batches, wherever below the store they lie."""
    return sorted(path.name for path in store.folder.rglob("*") if path.suffix in {".json", ".parquet"})


def values(store, known):
    return store.as_of(day(known)).sort_values(["source", "period_start"])["value"].tolist()


def test_what_software_of_version_1_stored_is_read_as_it_was(former):
    assert verify(former) == []
    assert [values(former, each) for each in ("2026-03-01", "2026-03-03", "2026-03-06")] == [
        [], [1.0, 2.0, 4.0], [8.0, 16.0, 32.0],
    ]  # fmt: skip
    assert read_snapshot(former, "2026-03-03-00000003")["value"].tolist() == [1.0, 2.0, 4.0]
    assert bytes_of(former) == {
        path.relative_to(FORMER / "store_1").as_posix(): path.read_bytes()
        for path in (FORMER / "store_1").rglob("*") if path.is_file()
    }  # fmt: skip


def test_what_is_written_on_is_refused_by_former_software_and_taken_back_whole(former, usage, digest):
    log_1, before = software_1(), bytes_of(former)
    assert len(log_1.read_log(former.folder)) == 3
    former.append(usage([64.0], source="new.csv"), None, digest("new"), day("2026-03-07"))
    take_snapshot(former, day("2026-03-07"))
    assert (values(former, "2026-03-06"), values(former, "2026-03-07")) == ([8.0, 16.0, 32.0], [8.0, 16.0, 64.0, 32.0])
    written = bytes_of(former)
    with pytest.raises(StoreError, match=r"of version 2, this shiftcast writes 1; upgrade .*nothing was changed"):
        log_1.check_format(former.folder)
    assert bytes_of(former) == written
    told, aside = formats.take_back(former.folder)
    assert told == formats.Former(1, 3)
    assert sorted(path.name for path in aside.iterdir())[0] == "00000004-" + digest("new")[:12]
    assert {name: each for name, each in bytes_of(former).items() if name != "store.lock"} == before
    assert log_1.check_format(former.folder)
    assert len(log_1.read_log(former.folder)) == 3
    former.append(usage([128.0], source="new.csv"), None, digest("again"), day("2026-03-07"))
    assert 128.0 in values(former, "2026-03-07")
    assert snapshots(former) == ["2026-03-03-00000003"]


def test_taking_back_that_dies_at_any_step_is_ended_by_the_next(former, usage, digest, monkeypatch):
    before, real = bytes_of(former), formats.move_durably
    for step in range(4):
        for text in ("one", "two"):
            former.append(usage([64.0], source=f"{text}.csv"), None, digest(f"{text} {step}"), day("2026-03-07"))
        left = [step]

        def dying(here, there, left=left):
            if left[0] == 0:
                raise KeyboardInterrupt
            left[0] -= 1
            real(here, there)

        monkeypatch.setattr(formats, "move_durably", dying)
        with pytest.raises(KeyboardInterrupt):
            formats.take_back(former.folder)
        monkeypatch.setattr(formats, "move_durably", real)
        assert values(former, "2026-03-06") == [8.0, 16.0, 32.0]
        left_there = moved_and_not(former)
        for write in (lambda: former.append(usage([1.0]), None, digest("between"), day("2026-03-08")), former.compact):
            with pytest.raises(StoreError, match="`shiftcast store back` was cut short; run it again, nothing was cha"):
                write()
        assert moved_and_not(former) == left_there
        formats.take_back(former.folder)
        assert moved_and_not(former) == left_there
        assert {name: each for name, each in bytes_of(former).items() if name != "store.lock"} == before


def test_a_compaction_and_a_store_of_its_own_version_are_not_taken_back(former, store, usage, digest):
    former.compact()
    kept = bytes_of(former)
    with pytest.raises(StoreError, match="commit 4 has merged the batches of version 1; take a copy"):
        formats.take_back(former.folder)
    assert bytes_of(former) == kept
    (store.root / "own").mkdir(parents=True)
    own = Store(store.root / "own")
    with pytest.raises(StoreError, match="no usage is stored here"):
        formats.take_back(own.folder)
    own.append(usage([1.0]), None, digest("one"), day("2026-03-02"))
    with pytest.raises(ValueError, match="was never of a former version"):
        formats.take_back(own.folder)


def test_what_version_1_compacted_itself_is_taken_back(former, usage, digest):
    former.compact()
    (former.folder / "FORMAT").write_text('{"format": "shiftcast usage store", "version": 1}', encoding="utf-8")
    before = bytes_of(former)
    former.append(usage([64.0], source="new.csv"), None, digest("new"), day("2026-03-07"))
    assert formats.take_back(former.folder)[0] == formats.Former(1, 4)
    assert bytes_of(former) == before


def test_a_log_that_lost_commits_of_version_1_is_not_taken_back(former, usage, digest):
    former.append(usage([64.0], source="new.csv"), None, digest("new"), day("2026-03-07"))
    for number in (3, 4):
        (former.folder / "log" / f"0000000{number}.json").unlink()
    kept = bytes_of(former)
    with pytest.raises(StoreError, match=r"log: has 2 of the 3 commits of version 1; restore its end from a copy"):
        formats.take_back(former.folder)
    assert bytes_of(former) == kept


def test_a_format_that_is_nested_without_end_describes_no_store(former):
    (former.folder / "FORMAT").write_text("[" * 200_000, encoding="utf-8")
    with pytest.raises(StoreError, match="does not describe a usage store; restore it from a copy"):
        former.entries()


def test_a_field_that_later_software_adds_to_a_commit_is_passed_over(store, usage, digest):
    store.append(usage([1.0]), None, digest("one"), day("2026-03-02"))
    path = store.folder / "log" / "00000001.json"
    stated = {name: each for name, each in json.loads(path.read_bytes()).items() if name != "seal"}
    path.write_bytes(sealed({**stated, "colour": "blue", "hues": {"é": 1.0}}))
    assert verify(store) == []
    assert values(store, "2026-03-02") == [1.0]


def test_the_command_takes_back(former, usage, digest, monkeypatch, capsys):
    former.append(usage([64.0], source="new.csv"), None, digest("new"), day("2026-03-07"))
    monkeypatch.chdir(former.root.parent)
    monkeypatch.setattr(sys, "argv", ["shiftcast", "store", "back"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert said.startswith("of version 1 again, with 3 commits; what was loaded since is in ")
