"""Folders of fleets: names that are none, and fleets that are not there."""

from pathlib import Path

import pytest

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.fleet.place import fleet_names, fleet_root, known_root


@pytest.mark.parametrize("name", ["", "..", "a/b", "a b", "-x", "a.b", "x" * 65, "ü", "a\n"])
def test_what_could_be_a_path_is_no_name(name):
    with pytest.raises(InputError, match="is no name: give letters, digits, - and _"):
        fleet_root(Path("mlruns"), name)


def test_a_fleet_lies_below_the_state_and_is_listed(tmp_path):
    folder = fleet_root(tmp_path, "site-2")
    assert folder == tmp_path / "fleets" / "site-2"
    assert fleet_names(tmp_path) == ()
    folder.mkdir(parents=True)
    (tmp_path / "fleets" / "a note.txt").write_text("no fleet")
    assert fleet_names(tmp_path) == ("site-2",)
    assert known_root(tmp_path, "site-2") == folder


def test_a_fleet_that_is_not_there_is_refused_with_those_that_are(tmp_path):
    with pytest.raises(InputError, match=r"there is none yet; `shiftcast ingest SOURCE FILES --into mine` makes it"):
        known_root(tmp_path, "mine")
    fleet_root(tmp_path, "ours").mkdir(parents=True)
    with pytest.raises(InputError, match="there are ours"):
        known_root(tmp_path, "mine")
