import contextlib
import errno
import os
import re
import shutil
import sqlite3
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import mlflow
import pytest

from shiftcast.pipelines.cli import main
from shiftcast.pipelines.doctor import examine as doctor
from shiftcast.pipelines.doctor import registry as doctor_registry
from shiftcast.pipelines.job.run import run
from shiftcast.pipelines.process import this_process
from shiftcast.pipelines.registry.champion import open_bundle
from shiftcast.pipelines.registry.deciding import NOT_ASKED
from shiftcast.pipelines.registry.mlflow_store import (
    CHALLENGER,
    MANIFEST_TAG,
    MODEL,
    PROCESS_TAG,
    alias_version,
    all_versions,
    open_store,
)
from shiftcast.pipelines.registry.schema import BACKUP, DATABASE, moved_from, schema_fault
from shiftcast.pipelines.state.guard import FENCE, OvertakenError, guarded, locked
from shiftcast.pipelines.state.ledger import DONE, Ledger
from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.state.scratch import scratch
from shiftcast.pipelines.store import Store
from shiftcast.pipelines.store.staging import staged

DEAD = this_process().rsplit(":", 1)[0] + ":1"


@pytest.fixture
def store(copied_store, no_draws):
    """Return a store of the test's own with a champion."""
    assert doctor.examine(copied_store.root, copied_store.out) == []
    return copied_store


def kinds(request):
    return [each.kind for each in doctor.examine(request.root, request.out)]


def cleaned(request):
    found = doctor.clean(request.root, request.out, wait=1)
    assert kinds(request) == [each.kind for each in found if each.clean is None]
    return found


def test_a_store_that_is_not_there_is_named(tmp_path):
    for look in (doctor.examine, lambda *given: doctor.clean(*given, wait=0)):
        with pytest.raises(StoreError, match="no store here"):
            look(tmp_path / "mlruns", tmp_path / "out")


def test_files_of_a_dead_run_are_removed(store):
    root, out = store.root, store.out
    (root / "mlflow.making.7.db").touch()
    (root / "fence.json.new").touch()
    (root / "overrides.csv.new").touch()  # being written now, perhaps
    (root / "schedule.json.new").touch()
    os.utime(root / "schedule.json.new", (0, 0))
    (root / "working" / "abc").mkdir(parents=True)
    for name in (".shiftcast-out.shiftcast-new", ".shiftcast-out.shiftcast-old"):
        (out.parent / name).mkdir()
    assert kinds(store) == ["temporary"] * 4 + ["publication"] * 2
    assert len(cleaned(store)) == 6
    assert out.is_dir()


def test_the_last_publication_in_a_swap_that_died_is_kept_for_the_next_run(store):
    store.out.rename(store.out.with_name(".shiftcast-out.shiftcast-old"))
    assert kinds(store) == []


def test_a_fence_and_a_ledger_that_name_a_dead_run_are_closed(store):
    (store.root / FENCE).write_text(f'{{"token": 5, "process": "{DEAD}", "since": ""}}', encoding="utf-8")
    Ledger(store.root, 5, "k", "2026-01-31").write("fit", DONE)
    assert kinds(store) == ["lock", "ledger"]
    first, second = cleaned(store)
    assert "(run 5)" in first.what
    assert second.what == "run 5 as of 2026-01-31 ended in step 'fit' (done)"
    with guarded(store.root) as fence:
        assert fence.token == 6


def test_what_a_living_run_makes_is_left_alone(store):
    with guarded(store.root):
        (store.root / "working" / "abc").mkdir(parents=True)
        (found,) = doctor.examine(store.root, store.out)
        assert (found.kind, found.clean) == ("running", None)
        assert this_process() in found.what
        with pytest.raises(StoreError, match="has held the lock for 0 s"):
            doctor.clean(store.root, store.out, wait=0)
    assert (store.root / "working" / "abc").is_dir()


def half_made(request, process):
    """Leave a RUNNING run with a model that is not finished, and return both."""
    opened = open_store(request.root)
    run_ = opened.client.create_run(opened.experiment_id, tags={PROCESS_TAG: process})
    model = opened.client.create_logged_model(opened.experiment_id, name=MODEL, source_run_id=run_.info.run_id)
    Path(model.artifact_location.removeprefix("file://")).mkdir(parents=True)
    return run_, model


def test_runs_and_models_of_a_dead_process_are_closed_and_their_files_removed(store):
    run_, model = half_made(store, DEAD)
    assert kinds(store) == ["run", "model"]
    cleaned(store)
    client = open_store(store.root).client
    assert client.get_run(run_.info.run_id).info.status == "KILLED"
    assert str(client.get_logged_model(model.model_id).status) == "FAILED"
    assert not Path(model.artifact_location.removeprefix("file://")).exists()
    assert open_bundle(root=store.root).summary.settings.seed == 7


@pytest.mark.parametrize(
    ("process", "listed"),
    [(this_process(), False), ("elsewhere:1:2", False), ("", False)],
    ids=["living", "of another host", "without a name"],
)
def test_runs_of_the_living_and_of_other_hosts_within_a_day_are_left_alone(store, monkeypatch, process, listed):
    half_made(store, process)
    assert kinds(store) == []
    monkeypatch.setattr(doctor_registry, "_DAY_MS", -1)
    assert kinds(store) == ([] if process == this_process() else ["run", "model"])


def test_models_of_versions_are_never_taken_for_left_behind(store, monkeypatch):
    monkeypatch.setattr(doctor_registry, "_dead", lambda *_: True)
    assert kinds(store) == []
    half_made(store, DEAD)
    assert kinds(store).count("model") == 1
    (champion,) = all_versions(open_store(store.root))
    named = {
        name: getattr(champion, name)
        for name in ("name", "version", "tags", "run_id", "model_id", "creation_timestamp")
    }
    elsewhere = SimpleNamespace(**named, source="s3://elsewhere/model")
    monkeypatch.setattr(doctor_registry, "all_versions", lambda _: [elsewhere])
    monkeypatch.setattr(doctor_registry, "address_of", lambda *_: elsewhere.source)
    assert "model" not in kinds(store)


def version_like_the_champion(request, **tags):
    client, champion = open_store(request.root).client, all_versions(open_store(request.root))[0]
    kept = {name: value for name, value in {**champion.tags, PROCESS_TAG: DEAD, **tags}.items() if value is not None}
    return client.create_model_version(MODEL, champion.source, run_id=champion.run_id, tags=kept,
                                       model_id=champion.model_id)  # fmt: skip


def test_a_version_that_was_not_completed_is_deleted(store):
    version_like_the_champion(store, **{"shiftcast.state": None})
    (found,) = cleaned(store)
    assert found.what == "version 2 was not completed"
    assert [str(each.version) for each in all_versions(open_store(store.root))] == ["1"]


def test_what_others_registered_is_left_to_a_person(store, monkeypatch):
    version_like_the_champion(store, **{"shiftcast.state": None, "shiftcast.digest": None})
    opened = open_store(store.root)
    foreign = opened.client.create_run(opened.experiment_id)
    opened.client.create_logged_model(opened.experiment_id, name="mine", source_run_id=foreign.info.run_id)
    opened.client.set_terminated(foreign.info.run_id)
    monkeypatch.setattr(doctor_registry, "_dead", lambda *_: True)
    (found,) = cleaned(store)
    assert (found.what, found.clean) == ("version 2 is not of a run of ours", None)


def test_a_version_that_was_not_decided_on_is_kept_as_challenger(store):
    version_like_the_champion(store, **{"shiftcast.reason": None})
    (found,) = cleaned(store)
    assert "version 2 has no alias" in found.what
    challenger = alias_version(open_store(store.root), CHALLENGER)
    assert (str(challenger.version), challenger.tags["shiftcast.reason"]) == ("2", NOT_ASKED)


def test_a_version_without_manifest_and_an_ill_or_absent_champion_are_for_a_person(store):
    version_like_the_champion(store, **{MANIFEST_TAG: None})
    assert [(each.kind, each.clean) for each in cleaned(store)] == [("version", None)]
    client = open_store(store.root).client
    client.set_model_version_tag(MODEL, "1", MANIFEST_TAG, "0")
    assert kinds(store) == ["version", "champion"]
    client.delete_registered_model_alias(MODEL, "champion")
    (*_, last) = doctor.examine(store.root, store.out)
    assert last.what == "no version has the alias champion"


@pytest.mark.slow
def test_a_moved_store_is_given_its_new_addresses(store, tmp_path, monkeypatch, capsys):
    run(replace(store, settings=replace(store.settings, seed=8)))
    moved = tmp_path / "else where" / "mlruns"
    moved.parent.mkdir()
    shutil.move(store.root, moved)
    assert [each.kind for each in doctor.examine(moved, store.out)] == ["moved"]
    monkeypatch.chdir(moved.parent)
    monkeypatch.setattr(sys, "argv", ["shiftcast", "doctor", "--relocate", "--out", str(store.out)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert "addresses changed\nnothing to put right\n" in capsys.readouterr().out
    assert (moved / BACKUP).exists()
    assert moved_from(moved) is None
    assert open_bundle(root=moved).summary.settings.seed == 8
    assert doctor.move_in(moved, wait=0) == 0
    again = run(replace(store, root=moved, out=tmp_path / "new", settings=replace(store.settings, seed=9)))
    assert again.version == "3"


def test_a_store_that_left_its_artifacts_behind_is_not_relocated(store, tmp_path):
    (tmp_path / "half").mkdir()
    shutil.copy(store.root / DATABASE, tmp_path / "half" / DATABASE)
    with pytest.raises(StoreError, match="has no folder 'artifacts'; move it here from file://"):
        doctor.move_in(tmp_path / "half", wait=0)


@pytest.mark.parametrize(
    ("revision", "said"),
    [("451aebb31d03", "is older than MLflow .*; run `shiftcast doctor --migrate`, which keeps a copy"),
     ("ffffffffffff", "is newer than MLflow .* knows; install the MLflow that made it")],
)  # fmt: skip
def test_a_schema_of_another_mlflow_says_what_to_do(store, revision, said):
    with sqlite3.connect(store.root / DATABASE) as connection:
        connection.execute("update alembic_version set version_num = ?", (revision,))
    connection.close()
    (found,) = doctor.examine(store.root, store.out)
    assert (found.kind, found.clean) == ("database", None)
    assert re.search(said, found.what)


@pytest.mark.parametrize("content", [b"", b"my notes", b"SQLite format 3\0" + b"x" * 200])
def test_what_is_no_database_is_named(tmp_path, content):
    (tmp_path / DATABASE).write_bytes(content)
    assert "cannot be read as an MLflow database" in schema_fault(tmp_path / DATABASE)


def test_a_store_without_a_database_has_only_files(tmp_path):
    with locked(tmp_path):
        pass
    assert doctor.examine(tmp_path, tmp_path / "out") == []
    assert moved_from(tmp_path) is None


def test_the_command_lists_then_cleans(store, monkeypatch, capsys):
    (store.root / "working" / "abc").mkdir(parents=True)
    monkeypatch.chdir(store.root.parent)
    for words, code, said in (
        ([], 3, "working is of a run that died; is removed"),
        (["--clean"], 0, "working is of a run that died; done: is removed"),
        ([], 0, "nothing to put right"),
    ):
        monkeypatch.setattr(sys, "argv", ["shiftcast", "doctor", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == code
        assert said in capsys.readouterr().out
    assert os.environ.get("MLFLOW_TRACKING_URI") is None
    assert mlflow.active_run() is None


@pytest.mark.parametrize(
    "damaged", [b'{"process":"x"}', b'{"process":"vm:99999999999999999999:2","token":1}', b'{"process":[],"token":1}']
)
def test_a_damaged_fence_is_examined_without_a_trace(tmp_path, damaged):
    (tmp_path / "fence.json").write_bytes(damaged)
    doctor.examine(tmp_path, tmp_path / "out")
    doctor.clean(tmp_path, tmp_path / "out", wait=0)
    assert doctor.examine(tmp_path, tmp_path / "out") == []


def test_what_a_load_that_died_was_staging_is_listed_and_removed(tmp_path):
    usage = Store(tmp_path / "mlruns")
    with staged(usage.folder) as living:
        dead, lockless = usage.folder / "staging" / "dead", usage.folder / "staging" / "lockless"
        for each in (dead, lockless):
            each.mkdir()
            (each / "usage.parquet").touch()
        (usage.folder / "staging" / "dead.lock").touch()
        (usage.folder / "FORMAT").write_text('{"format": "shiftcast usage store", "version": 2}', encoding="utf-8")
        found = doctor.clean(usage.root, tmp_path / "out", wait=0)
        assert [each.what for each in found] == [
            f"{usage.folder / 'staging' / name} is of a load that died" for name in ("dead", "dead.lock", "lockless")
        ]
        assert sorted(path.name for path in (usage.folder / "staging").iterdir()) == [
            living.name,
            f"{living.name}.lock",
        ]
        assert doctor.examine(usage.root, tmp_path / "out") == []


def test_cleaning_stops_where_the_session_that_keeps_other_machines_out_has_ended(tmp_path, monkeypatch):
    @contextlib.contextmanager
    def lost(*_, **__):
        yield SimpleNamespace(held=lambda: False)

    monkeypatch.setattr(doctor, "locked", lost)
    (tmp_path / "mlruns" / "working").mkdir(parents=True)
    (tmp_path / "mlruns" / FENCE).touch()
    with pytest.raises(OvertakenError, match="lost its session"):
        doctor.clean(tmp_path / "mlruns", tmp_path / "out", wait=0)
    assert (tmp_path / "mlruns" / "working").is_dir()


def test_a_damaged_store_of_usage_is_named(tmp_path):
    usage = Store(tmp_path / "mlruns")
    usage.folder.mkdir(parents=True)
    (usage.folder / "store.json").write_text("{", encoding="utf-8")
    (usage.folder / "log").mkdir()
    (usage.folder / "log" / "00000001.json").write_text("{", encoding="utf-8")
    (found,) = doctor.examine(usage.root, tmp_path / "out")
    assert (found.kind, found.clean) == ("usage", None)


def test_a_store_that_may_only_be_read_is_examined_all_the_same(store, monkeypatch):
    def shut(*_, **__):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(doctor, "locked", shut)
    (found,) = doctor.examine(store.root, store.out)
    assert (found.kind, found.what) == ("shut", f"{store.root} may not be written to (Read-only file system)")


def test_temporary_folders_of_commands_that_died_are_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with scratch():
        mine = Path(tempfile.gettempdir())
        assert mine.parent == tmp_path
        dead = tmp_path / "shiftcast-of-dead"
        dead.mkdir()
        (dead / "process").write_text(DEAD, encoding="utf-8")
        (tmp_path / "shiftcast-of-others").mkdir()
        (tmp_path / "root").mkdir()
        (tmp_path / "root" / "fence.json").touch()
        assert [each.what for each in doctor.clean(tmp_path / "root", tmp_path / "out", wait=0)] == [
            f"{dead} is of a command that died"
        ]
        assert (dead.exists(), mine.exists(), (tmp_path / "shiftcast-of-others").exists()) == (False, True, True)
    assert not mine.exists()
    assert tempfile.gettempdir() == str(tmp_path)
