from pathlib import Path

import pytest

from shiftcast.pipelines.registry.mlflow_store import open_store
from shiftcast.pipelines.state.guard import locked
from shiftcast.pipelines.state.root import StoreError, check_place, default_root


@pytest.mark.parametrize("name", ["a?b", "a%20b", "a%41b", "a\\b", "a\nb", "a\x7fb"])
@pytest.mark.parametrize("use", [check_place, open_store, lambda root: locked(root).__enter__()])
def test_a_path_that_an_address_reads_otherwise_is_refused(tmp_path, name, use):
    with pytest.raises(StoreError, match=r"an address reads otherwise.*rename the folder, or give another --root"):
        use(tmp_path / name / "mlruns")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["plain", "with space", "Zürich", "a#b", "a[1]", "a*b", "a'b", 'a"b', "a;b&c"])
def test_other_paths_hold_state(name):
    check_place(Path("/home") / name / "mlruns")


def test_a_working_directory_that_was_removed_is_told(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(StoreError, match="the working directory was removed; go to one that is there, or give --root"):
        default_root()
