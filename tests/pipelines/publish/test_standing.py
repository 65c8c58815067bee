"""Where the champion is published is noted, checked before anything moves, and is no other store's."""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.cli import main
from shiftcast.pipelines.doctor import registry as ward
from shiftcast.pipelines.doctor.examine import clean, examine, move_in
from shiftcast.pipelines.job.replay import replay
from shiftcast.pipelines.job.rollback import roll_back
from shiftcast.pipelines.job.run import run
from shiftcast.pipelines.publish import standing
from shiftcast.pipelines.publish.publication import prepare, published_digest
from shiftcast.pipelines.registry.mlflow_store import MODEL, ORIGIN_TAG, REASON_TAG, champion_version, open_store
from shiftcast.pipelines.state.folder_lock import alone_in
from shiftcast.pipelines.state.root import StoreError


@pytest.fixture
def store(copied_store, no_draws):
    """Return a store of the test's own whose champion is published beside it, as noted."""
    standing.note_published(copied_store.root, copied_store.out, champion=True)
    return copied_store


def champion(request):
    return str(champion_version(open_store(request.root)).version)


@pytest.mark.parametrize(
    ("out", "said"), [("mlruns", "is"), ("mlruns/working/x", "lies in"), ("mlruns/../mlruns/artifacts", "lies in"),
                      (".", "holds"), ("link/new", "lies in")]
)  # fmt: skip
def test_store_and_publication_in_each_other_are_refused_before_anything_is_made(own_store, tmp_path, out, said):
    (tmp_path / "link").symlink_to(own_store.root)
    with pytest.raises(InputError, match=f"{said} the store .*; give a folder beside it as --out"):
        run(replace(own_store, out=tmp_path / out))
    assert not own_store.root.exists()


def test_what_stands_where_the_champion_is_published_stops_a_rollback_before_the_alias_moves(store):
    run(replace(store, settings=replace(store.settings, seed=8)))
    (store.out / "thesis.docx").touch()
    with pytest.raises(InputError, match=r"holds 'thesis.docx'.*; the champion is published there: put that right, or"):
        roll_back(store.root, out=store.root.parent / "elsewhere")
    assert champion(store) == "2"
    assert not (store.root.parent / "elsewhere").exists()
    (store.root / standing.PUBLISHED).unlink()
    assert roll_back(store.root, out=store.root.parent / "elsewhere").version == "1"


def test_a_replay_publishes_nothing_and_leaves_noted_where_the_champion_is(store, monkeypatch):
    monkeypatch.setattr("shiftcast.pipelines.job.replay.score_card", lambda *_, **__: (None, []))
    monkeypatch.setattr("shiftcast.pipelines.job.replay.read_record", lambda *_: None)
    before = (store.root / standing.PUBLISHED).read_bytes()
    replay(replace(store, out=store.root.parent / "replayed"), "2026Q3", "2026Q3", as_of=store.origin)
    assert (store.root / standing.PUBLISHED).read_bytes() == before
    assert not (store.root.parent / "replayed").exists()
    assert champion(store) == "1"


def test_a_copy_of_a_store_publishes_nothing_where_the_store_does(store, tmp_path):
    copy = Path(shutil.copytree(store.root, tmp_path / "copy" / "mlruns"))
    move_in(copy, wait=0)
    assert standing.noted_out(copy) is None
    assert standing.noted_out(store.root) == store.out


def test_the_doctor_of_a_copy_leaves_alone_what_the_store_is_publishing(store, tmp_path):
    copy = Path(shutil.copytree(store.root, tmp_path / "copy" / "mlruns"))
    making = store.out.with_name(f".{store.out.name}.shiftcast-new")
    making.mkdir()
    assert [each.kind for each in clean(copy, tmp_path / "elsewhere", wait=0)] == ["moved"]
    assert making.is_dir()


def test_the_doctor_leaves_alone_what_any_run_is_publishing_there(store):
    making = store.out.with_name(f".{store.out.name}.shiftcast-new")
    making.mkdir()
    (left,) = examine(store.root, store.out)
    with alone_in(store.out.parent):
        assert examine(store.root, store.out) == []
        with pytest.raises(InputError, match="another process has been publishing here for 0 s"):
            left.clean()
    assert making.is_dir()
    left.clean()
    assert not making.exists()


def test_a_mount_point_that_is_left_is_no_store_and_a_note_that_goes_is_told(store, tmp_path, monkeypatch, capsys):
    copy = Path(shutil.copytree(store.root, tmp_path / "copy" / "mlruns"))
    monkeypatch.chdir(copy.parent)
    monkeypatch.setattr(sys, "argv", ["shiftcast", "doctor", "--relocate"])
    with pytest.raises(SystemExit):
        main()
    assert capsys.readouterr().out.startswith(f"note: {store.root} still publishes to {store.out}; `")
    (tmp_path / "new").mkdir()
    shutil.move(store.root, tmp_path / "new" / "mlruns")
    store.root.mkdir()
    told = []
    move_in(tmp_path / "new" / "mlruns", wait=0, progress=told.append)
    assert standing.noted_out(tmp_path / "new" / "mlruns") == store.out
    assert told == []


@pytest.mark.parametrize("along", [True, False])
def test_a_store_that_was_moved_publishes_where_its_publication_lies_now(store, tmp_path, along):
    (tmp_path / "new").mkdir()
    for each in (store.root, *([store.out] if along else [])):
        shutil.move(each, tmp_path / "new" / each.name)
    move_in(tmp_path / "new" / "mlruns", wait=0)
    here = tmp_path / "new" / "shiftcast-out" if along else store.out
    assert standing.noted_out(tmp_path / "new" / "mlruns") == here
    assert move_in(tmp_path / "new" / "mlruns", wait=0) == 0


def test_the_doctor_looks_where_the_champion_is_published_wherever_it_is_asked(store, tmp_path):
    left = store.out.with_name(f".{store.out.name}.shiftcast-new")
    left.mkdir()
    (found,) = examine(store.root, tmp_path / "elsewhere" / "shiftcast-out")
    assert (found.kind, str(left) in found.what) == ("publication", True)
    clean(store.root, tmp_path / "elsewhere" / "shiftcast-out", wait=0)
    assert not left.exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"champion": true}', b"\xff"])
def test_a_damaged_note_of_where_the_champion_is_published_is_a_finding(store, content):
    (store.root / standing.PUBLISHED).write_bytes(content)
    (found,) = examine(store.root, store.out)
    assert (found.kind, found.remedy) == ("publication", "`shiftcast run --out FOLDER` notes it anew")


def test_a_champion_of_a_day_to_come_is_a_finding(store):
    open_store(store.root).client.set_model_version_tag(MODEL, "1", ORIGIN_TAG, "2038-01-19")
    (found,) = examine(store.root, store.out)
    assert (found.kind, "as of 2038-01-19, a day to come" in found.what) == ("clock", True)


def test_a_champion_whose_run_died_before_it_said_why_stays_champion_alone(store, monkeypatch):
    client = open_store(store.root).client
    client.delete_model_version_tag(MODEL, "1", REASON_TAG)
    monkeypatch.setattr(ward, "_dead", lambda *_: True)
    (found,) = clean(store.root, store.out, wait=0)
    assert found.what == "version 1 is champion, and its run ended before it was written down why"
    assert {name: str(at) for name, at in client.get_registered_model(MODEL).aliases.items()} == {"champion": "1"}
    assert examine(store.root, store.out) == []


def test_what_cannot_be_put_right_is_told_beside_what_was(store):
    (store.root / "working" / "0").mkdir(parents=True)
    (store.out / "digest.txt").write_text("other", encoding="utf-8")
    (store.out / "thesis.docx").touch()
    found = {each.kind: each for each in clean(store.root, store.out, wait=0)}
    assert found["publication"].clean is None
    assert found["publication"].remedy.startswith(f"could not be put right: {store.out}: holds 'thesis.docx'")
    assert not (store.root / "working").exists()


def test_a_folder_that_is_no_store_is_left_as_it_is(tmp_path):
    for name in ("draft.new", "working/mine.txt", "store/shop.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    before = sorted(tmp_path.rglob("*"))
    for use in (lambda: examine(tmp_path, tmp_path), lambda: clean(tmp_path, tmp_path, wait=0),
                lambda: move_in(tmp_path, wait=0), lambda: roll_back(tmp_path)):  # fmt: skip
        with pytest.raises(StoreError, match="no store here"):
            use()
    with pytest.raises(StoreError, match="no store here"):
        roll_back(tmp_path / "none")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_that_is_published_to_holds_the_champion_after_every_way_of_dying(store, monkeypatch):
    run(replace(store, settings=replace(store.settings, seed=8)))
    with monkeypatch.context() as patch:
        patch.setattr(standing, "publish", lambda *_, **__: None)
        roll_back(store.root)
    assert [each.kind for each in clean(store.root, store.out, wait=0)] == ["publication"]
    assert published_digest(prepare(store.out)) == champion_version(open_store(store.root)).tags["shiftcast.digest"]
