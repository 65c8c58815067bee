"""What retention removes and what it never touches, on stores of small made-up versions."""

import json
import os
import shutil
import sys
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from mlflow import MlflowClient

from shiftcast.pipelines.cli import main
from shiftcast.pipelines.doctor import retention as ward
from shiftcast.pipelines.doctor.examine import clean, examine
from shiftcast.pipelines.doctor.old_lines import old_lines
from shiftcast.pipelines.doctor.retention import Retention, prune, removable, retention
from shiftcast.pipelines.fleet import opening, retraining
from shiftcast.pipelines.fleet.alerts import Told
from shiftcast.pipelines.fleet.alerts_sending import read_ledger
from shiftcast.pipelines.fleet.place import fleet_root, model_of
from shiftcast.pipelines.job import run as run_module
from shiftcast.pipelines.job.monitor import KIND_TAG, MONITORED
from shiftcast.pipelines.process import this_process
from shiftcast.pipelines.publish import publication, standing
from shiftcast.pipelines.registry.going_back import BEGUN_TAG
from shiftcast.pipelines.registry.keeping import KEEP_TAG
from shiftcast.pipelines.registry.mlflow_store import (
    CHAMPION,
    COMPLETE,
    DIGEST_TAG,
    FORMER_TAG,
    MANIFEST_TAG,
    MODEL,
    PROCESS_TAG,
    REASON_TAG,
    STATE_TAG,
    all_versions,
    open_store,
)
from shiftcast.pipelines.registry.removing import model_of_version
from shiftcast.pipelines.registry.schema import BACKUP
from shiftcast.pipelines.registry.shared_store import made_model, moved_alias
from shiftcast.pipelines.state.guard import LockedError, OvertakenError, guarded, locked
from shiftcast.pipelines.state.ledger import DONE, LEDGER, Ledger
from shiftcast.pipelines.state.lines import keep_lines

DEAD = this_process().rsplit(":", 1)[0] + ":1"
ALL = Retention(1, -1)  # all but the newest, whatever its age
SIZE = 3000


@pytest.fixture
def store(tmp_path, one_migration):
    """Return an empty store of the test's own."""
    with locked(tmp_path / "mlruns"):
        return open_store(tmp_path / "mlruns")


def local(address):
    return Path(address.removeprefix("file://"))


def filled(folder, size):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "forecasts.parquet").write_bytes(b"x" * size)


def logged(store, **tags):
    """Log a run with a finished model as a retrain does, and return both."""
    client = store.client
    run = client.create_run(store.experiment_id, tags={PROCESS_TAG: DEAD, DIGEST_TAG: "none", **tags})
    filled(local(run.info.artifact_uri), SIZE)
    model = client.create_logged_model(store.experiment_id, name="shiftcast", source_run_id=run.info.run_id)
    filled(local(model.artifact_location), 2 * SIZE)
    client.finalize_logged_model(model.model_id, "READY")
    client.set_terminated(run.info.run_id)
    return run, model


def version(store, digest, **tags):
    """Register a version with a run, a model and files of its own."""
    run, model = logged(store, **{DIGEST_TAG: digest})
    made_model(store.client, store.model, "")
    said = {DIGEST_TAG: digest, STATE_TAG: COMPLETE, REASON_TAG: "kept", MANIFEST_TAG: "m", PROCESS_TAG: DEAD, **tags}
    return store.client.create_model_version(
        store.model, f"models:/{model.model_id}", run_id=run.info.run_id, model_id=model.model_id,
        tags={name: value for name, value in said.items() if value is not None},
    )  # fmt: skip


def versions(store, count, **tags):
    return [version(store, f"{number:064x}", **tags) for number in range(1, count + 1)]


def numbers(store):
    return sorted(int(each.version) for each in all_versions(store))


def listed(store, rule=ALL):
    return [(each.kind, each.what.split(",")[0], each.size) for each in removable(store.root, rule)]


def files_below(store):
    return sum(path.stat().st_size for path in (store.root / "artifacts").rglob("*") if path.is_file())


def test_old_versions_go_with_their_runs_and_files_and_a_dry_run_changes_nothing(store):
    versions(store, 4)
    moved_alias(store.client, MODEL, CHAMPION, "2")
    assert listed(store) == [("version", "version 1", 3 * SIZE), ("version", "version 3", 3 * SIZE)]
    assert (numbers(store), files_below(store)) == ([1, 2, 3, 4], 12 * SIZE)
    prune(store.root, ALL, wait=0)
    assert (numbers(store), files_below(store)) == ([2, 4], 6 * SIZE)
    assert len(store.client.search_runs([store.experiment_id])) == 2
    assert len(store.client.search_logged_models([store.experiment_id])) == 2
    assert (listed(store), prune(store.root, ALL, wait=0)) == ([], [])
    assert int(version(store, "5" * 64).version) == 5  # a number is never given twice


def test_the_newest_and_the_young_stay(store, monkeypatch):
    versions(store, 3)
    assert listed(store, retention(1, "90d")) == []
    real = ward.time.time
    monkeypatch.setattr(ward.time, "time", lambda: real() + 91 * 86_400)
    assert [what for _, what, _ in listed(store, retention(2, "90d"))] == ["version 1"]
    assert listed(store, retention(3, "90d")) == []


def test_what_something_points_at_is_never_removed(store, monkeypatch):
    made = versions(store, 11)
    client, of = store.client, [f"{number:064x}" for number in range(12)]
    moved_alias(client, MODEL, CHAMPION, "10")
    moved_alias(client, MODEL, "mine", "2")
    client.set_model_version_tag(MODEL, "10", FORMER_TAG, "3")
    client.set_model_version_tag(MODEL, "4", KEEP_TAG, "true")
    client.set_model_version_tag(MODEL, "1", KEEP_TAG, "false")
    client.set_model_version_tag(MODEL, "10", BEGUN_TAG, "5")
    Ledger(store.root, 3, of[6], "2026-01-31").write("register", DONE, "6")
    out = store.root.parent / "out"
    out.mkdir()
    for name in publication.PUBLISHED:
        (out / name).write_text(of[7], encoding="utf-8")
    standing.note_published(store.root, out, champion=False)
    client.delete_model_version_tag(MODEL, "8", REASON_TAG)
    client.create_registered_model("of-another-tool")
    client.create_model_version("of-another-tool", made[8].source, run_id=made[8].run_id)
    assert [what for _, what, _ in listed(store)] == ["version 1"]


def test_versions_of_others_and_of_fleets_are_told_apart(store):
    version(store, "1" * 64, **{DIGEST_TAG: None})
    versions(store, 1)
    fleet = replace(store, model=model_of("mine"))
    versions(fleet, 2)
    other = replace(store, model="not-ours")
    versions(other, 3)
    assert [what for _, what, _ in listed(store)] == ["version 1 of fleet mine"]
    prune(store.root, ALL, wait=0)
    assert (numbers(store), numbers(fleet), numbers(other)) == ([1, 2], [2], [1, 2, 3])
    assert files_below(store) == 6 * 3 * SIZE


def theirs(store, *sources):
    """Register versions of another tool's model that say no run: of a path, a run's files, or another version."""
    made_model(store.client, "theirs", "")
    for source in sources:
        store.client.create_model_version("theirs", source)


def test_versions_that_another_tool_s_are_made_of_stay_however_these_name_them(store):
    made = versions(store, 5)
    path = store.client.get_logged_model(model_of_version(made[0])).artifact_location
    theirs(store, path, f"runs:/{made[1].run_id}/model", f"models:/{MODEL}/3")
    before = files_below(store)
    assert [what for _, what, _ in listed(store)] == ["version 4"]
    prune(store.root, ALL, wait=0)
    assert (numbers(store), files_below(store)) == ([1, 2, 3, 5], before - 3 * SIZE)


def test_files_of_runs_that_another_tool_s_versions_are_made_of_are_no_leftovers(store):
    (_, by_path), (by_run, _), (copied, first), _ = [logged(store) for _ in range(4)]
    theirs(store, by_path.artifact_location, f"models:/{first.model_id}", "models:/theirs/2")
    assert [each[0] for each in listed(store)] == ["model", "model", "files", "files"]
    theirs(store, f"runs:/{by_run.info.run_id}/model")  # whose models are not known by name: none is removed
    assert [each[0] for each in listed(store)] == ["files"]
    store.client.delete_model_version("theirs", "2")
    store.client.delete_model_version("theirs", "4")
    left = " ".join(each.what for each in removable(store.root, ALL))
    assert not [each for each in (first.model_id, copied.info.run_id, by_path.model_id) if each in left]


def test_versions_go_though_their_run_or_model_was_deleted_for_good_before(store):
    made = versions(store, 3)
    store.client.delete_logged_model(model_of_version(made[0]))
    store.client.delete_run(made[1].run_id)
    store.client._tracking_client.store._hard_delete_run(made[1].run_id)
    theirs(store, f"models:/{logged(store)[1].model_id}")
    assert [each for each in listed(store) if each[0] == "version"] == [
        ("version", "version 1", SIZE), ("version", "version 2", 2 * SIZE),
    ]  # fmt: skip
    prune(store.root, ALL, wait=0)
    assert (numbers(store), listed(store)) == ([3], [])


class Killed(BaseException):
    """A kill, as what is under way sees it: nothing of ours runs after it."""


def dying(monkeypatch, at):
    """Let the process die before its n-th change of the store; return the changes that came to pass."""
    done = []

    def before(name, real):
        def change(*given, **options):
            if len(done) == at:
                raise Killed
            done.append(name)
            return real(*given, **options)

        return change

    for name in ("delete_model_version", "delete_logged_model", "delete_run", "finalize_logged_model"):
        monkeypatch.setattr(MlflowClient, name, before(name, getattr(MlflowClient, name)))
    monkeypatch.setattr(shutil, "rmtree", before("rmtree", shutil.rmtree))
    return done


def test_a_removal_that_is_killed_at_any_step_is_ended_by_the_next(store, monkeypatch):
    versions(store, 2)
    moved_alias(store.client, MODEL, CHAMPION, "1")
    steps = ["delete_model_version", "rmtree", "delete_logged_model", "rmtree", "delete_run"]
    for at in range(len(steps)):
        newest = version(store, f"{at + 3:064x}")
        with monkeypatch.context() as patch:
            done = dying(patch, at)
            with pytest.raises(Killed):
                prune(store.root, ALL, wait=0)
        assert done == steps[:at]
        prune(store.root, ALL, wait=0)
        assert (numbers(store), files_below(store)) == ([1, int(newest.version)], 6 * SIZE)
        assert removable(store.root, ALL) == []
    assert (
        examine(store.root, store.root.parent / "out")[-1].kind == "champion"
    )  # of this test's making: it has no bundle


def test_it_waits_for_a_run_and_stops_where_one_overtakes_it(store, monkeypatch):
    versions(store, 3)
    with guarded(store.root), pytest.raises(LockedError, match="has held the lock for 0 s"):
        prune(store.root, ALL, wait=0)
    real = ward.remove_version

    def overtaken(*given):
        real(*given)
        (store.root / "fence.json").write_text('{"token": 99, "process": ""}', encoding="utf-8")

    monkeypatch.setattr(ward, "remove_version", overtaken)
    with pytest.raises(OvertakenError, match="was overtaken by run 99"):
        prune(store.root, ALL, wait=0)
    assert numbers(store) == [2, 3]


def test_rounds_of_monitoring_and_copies_of_the_database_go_too(store):
    for _ in range(3):
        run = store.client.create_run(store.experiment_id, tags={KIND_TAG: MONITORED})
        filled(local(run.info.artifact_uri), SIZE)
        store.client.set_terminated(run.info.run_id)
    store.client.create_run(store.experiment_id, tags={KIND_TAG: MONITORED})  # under way
    (store.root / BACKUP).write_bytes(b"x" * SIZE)
    found = removable(store.root, ALL)
    assert [(each.kind, each.size) for each in found] == [("findings", SIZE)] * 3 + [("copy", SIZE)]
    prune(store.root, Retention(2, -1), wait=0)
    assert (files_below(store), (store.root / BACKUP).exists()) == (SIZE, False)


def test_lines_of_ledgers_go_where_nothing_reads_them(store):
    old, new = "2026-01-01T00:00:00Z", "2999-01-01T00:00:00Z"
    runs = [{"at": at, "token": token, "key": "k", "origin": "2026-01-01", "step": step, "state": DONE, "detail": ""}
            for at, token, step in ((old, 1, "publish"), (old, 2, "fit"), (new, 3, "fit"))]  # fmt: skip
    (store.root / LEDGER).write_text("\n".join([*map(json.dumps, runs), "torn"]), encoding="utf-8")
    told = fleet_root(store.root, "mine") / "alerts.jsonl"
    told.parent.mkdir(parents=True)
    lines = [{"at": at, "way": "screen", "kind": "full", "cause": cause, "severity": "note", "state": "sent"}
             for at, cause in ((old, "a"), (old, "b"), (new, "b"), (old, "c"), (old, "c"))]  # fmt: skip
    lines[-1]["state"] = "cleared"
    told.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    before = told.stat().st_size + (store.root / LEDGER).stat().st_size
    sizes = [each.size for each in prune(store.root, retention(1, "30d"), wait=0)]
    assert [line.split('"token": ')[-1][:1] for line in (store.root / LEDGER).read_text().splitlines()] == [
        "2",
        "3",
        "t",
    ]
    kept = [json.loads(line) for line in told.read_text(encoding="utf-8").splitlines()]
    assert kept == [lines[0], lines[2], lines[4]]
    assert before + 1 - sum(sizes) == told.stat().st_size + (store.root / LEDGER).stat().st_size  # a torn line is ended
    assert prune(store.root, retention(1, "30d"), wait=0) == []


def test_damaged_lines_of_ledgers_stay_and_hide_no_line_that_is_read(tmp_path):
    told = Told("2026-01-01T00:00:00Z", "screen", "full", "a", "note", "sent")
    odd, further = {**asdict(told), "at": "2025-12-31T00:00:00Z"}, {**asdict(told), "token": [1], "colour": "blue"}
    ledger = fleet_root(tmp_path, "mine") / "alerts.jsonl"
    ledger.parent.mkdir(parents=True)
    lines = [json.dumps(odd), json.dumps(asdict(told)), json.dumps(further), "[" * 200_000, "a\rb", "", '{"at"']
    ledger.write_bytes("\n".join(lines).encode())
    (tmp_path / LEDGER).write_bytes(ledger.read_bytes())
    assert [each.what for each in old_lines(tmp_path, lambda _: True)] == [
        f"{tmp_path / LEDGER}: 3 old lines", f"{ledger}: 1 old lines",
    ]  # fmt: skip
    keep_lines(ledger, lambda line: "colour" in line)
    kept = [line for line in lines if "colour" not in line]
    assert ledger.read_bytes() == "".join(f"{line}\n" for line in kept).encode()
    assert read_ledger(ledger.parent)[-1] == told


@pytest.mark.parametrize(
    ("keep", "age", "said"),
    [(0, "90d", "--keep 0 would keep no version"), (1, "soon", "--older-than 'soon' is no age; give hours, days")],
)
def test_a_rule_that_is_none_is_refused(keep, age, said):
    with pytest.raises(ValueError, match=said):
        retention(keep, age)


def test_the_command_lists_with_bytes_and_removes_when_told(store, monkeypatch, capsys):
    versions(store, 2)
    monkeypatch.chdir(store.root.parent)
    for words, said in (
        ((), "nothing to remove\n"),
        (("--keep", "1", "--older-than", "0h"), "1 thing, 9 kB to remove; nothing was changed, --apply does\n"),
        (
            ("--keep", "1", "--older-than", "0h", "--apply"),
            "version: version 1, 9 kB; done: is removed with its run and",
        ),
        (("--keep", "1", "--older-than", "0h", "--json"), "[]\n"),
    ):
        monkeypatch.setattr(sys, "argv", ["shiftcast", "prune", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 0
        assert said in capsys.readouterr().out
    assert os.environ.get("MLFLOW_TRACKING_URI") is None


@pytest.mark.parametrize(
    ("words", "said"),
    [(("retrain",), "kept: model version 1: why\n"),
     (("fleet", "mine", "retrain"), "kept: version 1 of fleet mine: why\n")],
    ids=["the world", "a fleet"],
)  # fmt: skip
def test_a_retrain_removes_where_it_is_told_to(store, monkeypatch, capsys, words, said):
    versions(store, 2)
    fleet_root(store.root, "mine").mkdir(parents=True)
    done = SimpleNamespace(outcome="kept", version="1", reason="why")
    monkeypatch.setattr(run_module, "run", lambda *_, **__: done)
    monkeypatch.setattr(retraining, "retrain_fleet", lambda *_, **__: done)
    monkeypatch.setattr(opening, "open_fleet", lambda *_, **__: None)
    monkeypatch.chdir(store.root.parent)
    for more, code, left in (((), 3, [1, 2]), (("--keep", "1", "--older-than", "soon"), 2, [1, 2]),
                             (("--keep", "1", "--older-than", "0h"), 3, [2])):  # fmt: skip
        monkeypatch.setattr(sys, "argv", ["shiftcast", *words, *more])
        with pytest.raises(SystemExit) as ended:
            main()
        assert (ended.value.code, numbers(store)) == (code, left)
    assert capsys.readouterr().out == f"{said}{said}1 thing, 9 kB removed\n"


def test_files_of_runs_without_a_version_are_listed_by_doctor_and_removed(store):
    version(store, "1" * 64)
    moved_alias(store.client, MODEL, CHAMPION, "1")
    logged(store)
    living, model = logged(store, **{PROCESS_TAG: this_process()})
    elsewhere = store.client.create_experiment("of-another-tool", artifact_location=(store.root / "artifacts").as_uri())
    foreign = store.client.create_run(elsewhere, tags={PROCESS_TAG: DEAD, DIGEST_TAG: "x"})
    filled(local(foreign.info.artifact_uri), SIZE)
    user = store.client.create_run(store.experiment_id)
    filled(local(user.info.artifact_uri), SIZE)
    store.client.set_terminated(user.info.run_id)
    published, kept = logged(store)
    store.client.create_registered_model("of-another-tool")
    store.client.create_model_version("of-another-tool", f"models:/{kept.model_id}", model_id=kept.model_id)
    out = store.root.parent / "out"
    found = {each.kind: each for each in examine(store.root, out) if each.clean is not None}
    assert {kind: each.size for kind, each in found.items() if each.size} == {"model": 2 * SIZE, "files": SIZE}
    before = files_below(store)
    clean(store.root, out, wait=0)
    assert files_below(store) == before - 3 * SIZE
    for address in (living.info.artifact_uri, model.artifact_location, foreign.info.artifact_uri,
                    user.info.artifact_uri, published.info.artifact_uri, kept.artifact_location):  # fmt: skip
        assert list(local(address).iterdir())
    assert not [each for each in examine(store.root, out) if each.size]
