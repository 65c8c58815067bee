import gc
import time
import weakref
from types import SimpleNamespace

import pytest

from shiftcast.pipelines.registry.bundle import AlteredBundleError
from shiftcast.pipelines.registry.mlflow_store import CHAMPION, bundle_folder, champion_version, open_store
from shiftcast.pipelines.serving import loading
from shiftcast.pipelines.serving.loading import Served, Watcher, open_served
from shiftcast.pipelines.state.root import StoreError


@pytest.fixture
def world(monkeypatch):
    """Return a store whose alias and loading are set by the test, and the watcher's log."""
    state = SimpleNamespace(version="1", fault=None, loaded=[], lines=[])

    def version(store, alias):
        if isinstance(state.version, Exception):
            raise state.version
        return None if state.version is None else SimpleNamespace(version=state.version)

    def load(store, version):
        if state.fault:
            raise state.fault
        state.loaded.append(version.version)
        return Served(version.version, None)

    monkeypatch.setattr(loading, "alias_version", version)
    monkeypatch.setattr(loading, "load_served", load)
    state.watcher = Watcher(None, CHAMPION, log=lambda event, **more: state.lines.append((event, more)), every=0.01)
    return state


def test_a_version_is_loaded_once_and_replaced_when_the_alias_moves(world):
    for version in ("1", "1", "2"):
        world.version = version
        world.watcher.look()
    assert world.loaded == ["1", "2"]
    assert world.watcher.served.version == "2"
    assert world.lines == [("loaded", {"version": "1"}), ("loaded", {"version": "2"})]


@pytest.mark.parametrize("fault", [AlteredBundleError("cube.nc differs"), StoreError("gone"), RuntimeError("secret")])
def test_what_cannot_be_loaded_leaves_the_served_one_and_is_said_once(world, fault):
    world.watcher.look()
    world.version, world.fault = "2", fault
    for _ in range(3):
        world.watcher.look()
    assert world.watcher.served.version == "1"
    said = [more for event, more in world.lines if event == "not loaded"]
    assert len(said) == 1
    assert said[0]["serving"] == "1"
    assert "secret" not in said[0]["reason"]
    world.fault = None
    world.watcher.look()
    assert world.watcher.served.version == "2"


@pytest.mark.parametrize("version", [None, StoreError("cannot be asked")])
def test_an_alias_that_is_gone_or_a_silent_store_leaves_the_served_one(world, version):
    world.watcher.look()
    world.version = version
    world.watcher.look()
    assert world.watcher.served.version == "1"
    assert world.lines[-1][0] == "not loaded"


def test_what_stays_is_not_searched_for_garbage_again_and_goes_when_another_version_comes(world, monkeypatch):
    class Model:
        def __init__(self):
            self.self = self

    monkeypatch.setattr(loading, "load_served", lambda _, version: Served(version.version, None, Model()))
    try:
        world.watcher.look()
        first, before = weakref.ref(world.watcher.served.model), gc.get_freeze_count()
        world.watcher.look()
        assert gc.get_freeze_count() > before
        world.version = "2"
        world.watcher.look()
        assert gc.get_freeze_count() == 0
        assert first() is None
    finally:
        gc.unfreeze()


def test_it_watches_in_the_background_until_stopped(world):
    world.watcher.stop()
    world.watcher = Watcher(None, CHAMPION, log=lambda *_, **__: None, every=0.01)
    world.watcher.start()
    deadline = time.monotonic() + 30
    while world.watcher.served is None and time.monotonic() < deadline:
        time.sleep(0.01)
    world.version = "2"
    while world.watcher.served.version != "2" and time.monotonic() < deadline:
        time.sleep(0.01)
    world.watcher.stop()
    assert world.watcher.served.version == "2"


def test_the_champion_of_a_store_is_served(finished, served):
    lines = []
    watcher = Watcher(open_store(finished.request.root), CHAMPION, log=lambda *given, **_: lines.append(given), every=9)
    watcher.look()
    assert watcher.served.version == served.version == finished.result.version
    assert lines == [("loaded",)]


def test_a_version_that_was_replaced_leaves_memory_once_its_last_request_ended(finished):
    store = open_store(finished.request.root)
    folder = bundle_folder(store, champion_version(store)).parents[1]
    under_way = open_served("1", folder)
    model = weakref.ref(under_way.model)
    app = under_way.app
    gc.collect()
    assert model() is not None
    del under_way
    gc.collect()
    assert model() is None
    assert app is not None  # MLflow's app and what FastAPI caches of it hold nothing of the model
