import pandas as pd
import pytest

import shiftcast
from shiftcast.pipelines.registry.champion import open_bundle, open_forecaster
from shiftcast.pipelines.state.guard import locked
from shiftcast.pipelines.state.root import StoreError


def test_the_champion_answers_as_the_run_did(finished):
    opened = open_forecaster(root=finished.request.root)
    pd.testing.assert_frame_equal(opened.published, finished.result.bundle.tables["forecasts"])
    assert opened.crossings() == finished.result.bundle.forecaster.crossings()
    pd.testing.assert_frame_equal(opened.claims(), finished.result.bundle.forecaster.claims())


def test_everything_behind_it_is_opened_with_it(finished):
    assert open_bundle(root=finished.request.root).summary == finished.result.bundle.summary
    assert shiftcast.open_forecaster is open_forecaster


def test_the_store_below_the_working_directory_is_opened_where_none_is_given(finished, monkeypatch):
    monkeypatch.chdir(finished.request.root.parent)
    assert open_forecaster("champion").cube.attrs["origin"] == "2026-11-20"


def test_reading_does_not_wait_for_a_run(finished):
    with locked(finished.request.root):
        assert len(open_forecaster(root=finished.request.root).published) > 1000


def test_an_absent_store_is_named_and_not_made(tmp_path):
    with pytest.raises(StoreError, match=r"no store here; run `shiftcast run` first or give its folder"):
        open_forecaster(root=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_absent_alias_is_named(finished):
    with pytest.raises(StoreError, match="no model has the alias 'emperor'; run `shiftcast run` first"):
        open_forecaster("emperor", root=finished.request.root)
