"""The forecast behind an alias, on the finished run's store."""

import pytest

from shiftcast.pipelines.mcp.holding import Held
from shiftcast.pipelines.registry.champion import open_forecaster
from shiftcast.pipelines.registry.mlflow_store import champion_version, open_store
from shiftcast.pipelines.state.root import StoreError

POWER = {"question": "quantiles", "measure": "power"}


def test_it_holds_the_champion_and_reads_it_once(finished):
    held = Held(finished.request.root, "champion")
    first = held.forecaster()
    assert held.forecaster() is first
    assert first.rows(POWER) == open_forecaster(root=finished.request.root).rows(POWER)
    (version,) = held.versions()
    assert (version["version"], version["answers"], version["as_of"]) == ("1", True, first.cube.attrs["origin"])


def test_it_follows_the_alias(copied_store):
    held, store = Held(copied_store.root, "champion"), open_store(copied_store.root)
    first, version = held.forecaster(), champion_version(store)
    store.client.delete_registered_model_alias(store.model, "champion")
    with pytest.raises(StoreError, match="no model has the alias 'champion'; run `shiftcast run` first"):
        held.forecaster()
    assert not held.versions()[0]["answers"]
    store.client.set_registered_model_alias(store.model, "champion", version.version)
    assert held.forecaster() is first
