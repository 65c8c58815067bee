"""A store that is raced for, corrupt, altered or moved is refused in one line, and nothing in it is changed."""

import shutil
import sqlite3
import time

import pytest

from shiftcast.pipelines.registry.bundle import AlteredBundleError
from shiftcast.pipelines.registry.champion import open_bundle
from shiftcast.pipelines.registry.mlflow_store import bundle_folder, champion_version, open_store
from shiftcast.pipelines.state import guard
from shiftcast.pipelines.state.guard import locked
from shiftcast.pipelines.state.root import StoreError

pytestmark = pytest.mark.fault


@pytest.fixture(scope="module")
def made(runs, tmp_path_factory):
    """Return a store with one champion; nobody may write to it."""
    root = tmp_path_factory.mktemp("store") / "mlruns"
    assert runs.run(root, 1) == 0
    return root


def test_five_processes_opening_a_fresh_store_at_once_all_succeed(runs, tmp_path):
    root = tmp_path / "mlruns"
    children = [runs.start(root, what="open") for _ in range(5)]
    assert [runs.wait(child) for child in children] == [0] * 5
    store = open_store(root, make=False)
    assert [each.name for each in store.client.search_experiments(filter_string="name = 'shiftcast'")] == ["shiftcast"]


def test_a_second_run_waits_for_the_lock(runs, tmp_path):
    root = tmp_path / "mlruns"
    with locked(root):
        child = runs.start(root, what="open")
        time.sleep(1)
        assert runs.going(child)
        assert not (root / "mlflow.db").exists()
    assert runs.wait(child) == 0
    assert (root / "mlflow.db").exists()


def truncated(database):
    database.write_bytes(database.read_bytes()[:5000])


def scrambled(database):
    content = database.read_bytes()
    database.write_bytes(content[:100] + bytes(byte ^ 0x5A for byte in content[100:]))


def newer(database):
    with sqlite3.connect(database) as connection:
        connection.execute("update alembic_version set version_num = 'ffffffffffff'")
    connection.close()


def text(database):
    database.write_text("these are my notes", encoding="utf-8")


def empty(database):
    database.write_bytes(b"")


@pytest.mark.parametrize("spoil", [text, empty, truncated, scrambled, newer], ids=lambda f: f.__name__)
def test_a_database_that_cannot_be_used_is_refused_in_one_line_and_kept(made, tmp_path, spoil):
    root = tmp_path / "mlruns"
    root.mkdir()
    shutil.copy(made / "mlflow.db", root / "mlflow.db")
    spoil(root / "mlflow.db")
    before = (root / "mlflow.db").read_bytes()
    with locked(root), pytest.raises(StoreError, match=r"mlflow\.db.*nothing was changed") as refused:
        open_store(root)
    assert "\n" not in str(refused.value)
    assert (root / "mlflow.db").read_bytes() == before


def test_a_moved_store_says_where_it_was(made, tmp_path):
    moved = tmp_path / "mlruns"
    shutil.copytree(made, moved)
    said = (
        rf"the store was made with its files in file://{made}/artifacts.*back there, or run `shiftcast doctor --reloc"
    )
    with pytest.raises(StoreError, match=said):
        open_bundle(root=moved)
    with locked(moved), pytest.raises(StoreError, match=said):
        open_store(moved)


def test_artifacts_that_are_gone_are_named(runs, tmp_path):
    root = tmp_path / "mlruns"
    assert runs.run(root, 1) == 0
    shutil.rmtree(root / "artifacts")
    with pytest.raises(StoreError, match=r"model version 1: its files cannot be read .*run `shiftcast run`"):
        open_bundle(root=root)
    assert runs.run(root, 1) == 0
    assert open_bundle(root=root).summary.settings.seed == 1


def flip(folder):
    path = folder / "artifacts" / "bundle" / "cube.nc"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))


def remove(folder):
    (folder / "artifacts" / "bundle" / "claims.parquet").unlink()


def add(folder):
    (folder / "artifacts" / "bundle" / "code.py").write_text("raise SystemExit", encoding="utf-8")


def replace_code(folder):
    with (folder / "model_from_code.py").open("a", encoding="utf-8") as file:
        file.write("raise SystemExit('the code of the store was run')\n")


def redirect(folder):
    text = (folder / "MLmodel").read_text(encoding="utf-8")
    (folder / "MLmodel").write_text(text.replace("model_from_code.py", "other.py"), encoding="utf-8")


@pytest.fixture
def altered(made):
    """Return the folder of the champion's model, and put it back afterwards."""
    store = open_store(made)
    folder = bundle_folder(store, champion_version(store)).parents[1]
    kept = made.parent / "kept"
    shutil.copytree(folder, kept)
    yield folder
    shutil.rmtree(folder)
    kept.rename(folder)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (flip, r"bundle/cube\.nc differs from the manifest"),
        (remove, r"bundle/claims\.parquet is missing"),
        (add, r"bundle/code\.py is not in the manifest"),
        (replace_code, r"model_from_code\.py differs from the manifest"),
        (redirect, r"MLmodel differs from the manifest"),
    ],
)
def test_an_altered_model_is_refused_by_name_before_anything_is_read_or_run(made, altered, monkeypatch, spoil, said):
    spoil(altered)
    monkeypatch.setattr("shiftcast.pipelines.registry.bundle.xr.load_dataset", lambda *_, **__: pytest.fail("was read"))
    monkeypatch.setattr("mlflow.pyfunc.load_model", lambda *_, **__: pytest.fail("was run"))
    with pytest.raises(AlteredBundleError, match=rf"model version 1: .*{said}; nothing of it was used"):
        open_bundle(root=made)


def test_a_lock_that_a_dead_process_held_is_free(runs, tmp_path):
    root = tmp_path / "mlruns"
    assert runs.run(root, 1, moment=5) < 0
    started = time.monotonic()
    with locked(root):
        assert time.monotonic() - started < guard.LOCK_SECONDS / 100
