import os
from types import SimpleNamespace

import mlflow
import pytest
from mlflow.exceptions import MlflowException

from shiftcast.pipelines.registry import registering
from shiftcast.pipelines.registry.champion import read_version
from shiftcast.pipelines.registry.mlflow_store import (
    CHAMPION,
    COMPLETE,
    DIGEST_TAG,
    MANIFEST_TAG,
    MODEL,
    REASON_TAG,
    STATE_TAG,
    alias_version,
    bundle_folder,
    champion_version,
    find_version,
    open_store,
    promote,
)
from shiftcast.pipelines.registry.registering import register
from shiftcast.pipelines.registry.served_model import PARAMS
from shiftcast.pipelines.state.guard import locked
from shiftcast.pipelines.state.root import StoreError, default_root


@pytest.fixture
def store(finished):
    return open_store(finished.request.root, make=False)


def test_a_fresh_store_is_made_where_it_was_asked_for_and_nowhere_else(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    root = tmp_path / "a folder ü" / "mlruns"
    with locked(root):
        opened = open_store(root)
    assert opened.root == root
    assert champion_version(opened) is None
    assert find_version(opened, "x") is None
    assert sorted(path.name for path in root.iterdir()) == ["mlflow.db", "run.lock"]
    assert [path.name for path in tmp_path.iterdir()] == ["a folder ü"]
    assert open_store(root) == opened


def test_a_relative_root_is_the_folder_below_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert default_root() == tmp_path / "mlruns"
    with locked(default_root()):
        assert open_store(default_root().relative_to(tmp_path)).root == tmp_path / "mlruns"


def test_opening_leaves_the_user_s_environment_alone(store):
    assert "MLFLOW_TRACKING_URI" not in os.environ
    assert "MLFLOW_REGISTRY_URI" not in os.environ


def test_the_tracking_address_of_the_environment_is_used(tmp_path, monkeypatch):
    with locked(tmp_path / "else"):
        open_store(tmp_path / "else")
    uri = f"sqlite:///{tmp_path / 'else' / 'mlflow.db'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    opened = open_store(tmp_path / "mlruns")
    assert opened.tracking_uri == uri
    assert not (tmp_path / "mlruns" / "mlflow.db").exists()
    assert os.environ["MLFLOW_TRACKING_URI"] == uri


def test_the_registered_version_carries_digest_manifest_state_and_reason(store, finished):
    version = champion_version(store)
    assert version.tags[STATE_TAG] == COMPLETE
    assert version.tags[DIGEST_TAG] == finished.result.bundle.summary.digest
    assert len(version.tags[MANIFEST_TAG]) == 64
    assert version.tags[REASON_TAG].startswith("promoted: first model")
    assert find_version(store, version.tags[DIGEST_TAG]).version == version.version
    assert find_version(store, "another") is None


def test_the_run_logs_parameters_scores_and_the_report(store, finished):
    run = store.client.get_run(champion_version(store).run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["draws"] == "200"
    assert run.data.params["seed"] == "7"
    assert run.data.params["origin"] == "2026-11-20"
    assert run.data.metrics["crps_ratio"] == finished.result.bundle.summary.backtest[-1].crps_ratio
    logged = {file.path for file in store.client.list_artifacts(run.info.run_id)}
    assert logged == {"report.html", "forecasts.parquet", "scores.parquet", "summary.json"}


def test_the_model_has_signature_and_input_example_and_no_pickle(store, finished):
    version = champion_version(store)
    folder = bundle_folder(store, version).parent.parent
    info = mlflow.models.get_model_info(str(folder))
    assert info.signature.inputs is None  # a schema of columns would drop those it does not know, without a word
    assert [each.name for each in info.signature.params] == list(PARAMS)
    assert info.saved_input_example_info is not None
    endings = {path.suffix for path in folder.rglob("*") if path.is_file()}
    assert endings <= {".json", ".yaml", ".txt", ".py", ".nc", ".parquet", ""}
    pickles = [path for path in folder.rglob("*") if path.is_file() and path.read_bytes()[:1] == b"\x80"]
    assert pickles == []
    assert "python_model.pkl" not in (folder / "MLmodel").read_text(encoding="utf-8")


def test_a_version_is_complete_only_after_everything_else(tmp_path, finished, monkeypatch):
    with locked(tmp_path / "mlruns"):
        opened = open_store(tmp_path / "mlruns")
    source = bundle_folder(open_store(finished.request.root), champion_version(open_store(finished.request.root)))
    with monkeypatch.context() as patch:
        patch.setattr(registering, "STATE_TAG", "shiftcast.unfinished")
        register(opened, source, params={}, metrics={"a": 1.0, "b": float("nan")}, tags={DIGEST_TAG: "d"}, files=())
    assert find_version(opened, "d") is None
    version = register(opened, source, params={}, metrics={}, tags={DIGEST_TAG: "d"}, files=())
    assert find_version(opened, "d").version == version.version == 2
    assert champion_version(opened) is None
    promote(opened, version, alias=CHAMPION, reason="because")
    assert champion_version(opened).tags[REASON_TAG] == "because"
    assert read_version(opened, champion_version(opened)).summary == finished.result.bundle.summary


def test_the_alias_is_set_before_the_reason(monkeypatch):
    calls = []
    client = SimpleNamespace(
        set_registered_model_alias=lambda *given: calls.append(("alias", *given)),
        set_model_version_tag=lambda *given: calls.append(("tag", *given)),
    )
    promote(SimpleNamespace(client=client, model=MODEL), SimpleNamespace(version=3), alias=CHAMPION, reason="why")
    assert calls == [("alias", MODEL, CHAMPION, 3), ("tag", MODEL, 3, REASON_TAG, "why")]


def test_a_store_that_cannot_be_asked_is_not_taken_for_one_without_champion(store, monkeypatch):
    def fail(*_):
        raise MlflowException("database is locked")

    client = SimpleNamespace(get_model_version_by_alias=fail)
    asked = SimpleNamespace(client=client, tracking_uri="sqlite:///x", model=MODEL)
    with pytest.raises(StoreError, match=r"sqlite:///x: cannot be asked \(database is locked\); try again"):
        alias_version(asked, CHAMPION)


def test_a_lock_held_too_long_is_named_with_the_remedy(tmp_path):
    said = r"another run has held the lock .*wait for it or stop it"
    with locked(tmp_path), pytest.raises(StoreError, match=said), locked(tmp_path, wait=0.1):
        raise AssertionError("the lock was given twice")
