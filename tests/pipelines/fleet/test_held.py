"""Fleets held open: the bytes of the command, opened once, and anew when a file of theirs changes."""

import shutil

import pytest
from typer.testing import CliRunner

from shiftcast.features.input_error import InputError
from shiftcast.forecast.answering import answer_text
from shiftcast.pipelines.cli import app
from shiftcast.pipelines.fleet import held as holding
from shiftcast.pipelines.fleet.held import HeldFleets

DAY = "2026-10-15"
WHY = {"question": "why", "before": "2026-08", "after": "2026-09"}

real = holding.open_fleet


@pytest.fixture
def root(stocked, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(stocked / "fleets", tmp_path / "mlruns" / "fleets", symlinks=True)
    return tmp_path / "mlruns"


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ({"question": "describe"}, []),
        (WHY, ["why", "2026-08", "2026-09"]),
        ({"question": "forecast", "through": "2026-10"}, ["forecast", "--through", "2026-10"]),
    ],
    ids=["describe", "why", "forecast"],
)
def test_answers_have_the_bytes_of_the_command(root, question, words):
    given = ["fleet", "mine", *words, "--as-of", DAY, "--json"]
    told = CliRunner().invoke(app, given, catch_exceptions=False).stdout
    assert answer_text(HeldFleets(root).rows("mine", question, DAY)) + "\n" == told


def test_a_fleet_is_opened_once_and_anew_when_its_facts_change(root, monkeypatch):
    opened = []
    monkeypatch.setattr(holding, "open_fleet", lambda *given, **day: opened.append(given) or real(*given, **day))
    held = HeldFleets(root)
    first = held.rows("mine", WHY)
    assert held.rows("mine", WHY) == first
    assert len(opened) == 1
    (root / "fleets" / "mine" / "fleet.toml").write_text("[fleet]\nbusy = 0.7\n")
    anew = held.rows("mine", WHY)
    assert len(opened) == 2
    assert anew[0]["rows"] == first[0]["rows"]
    assert anew[0]["provenance"]["registered"]["data"] != first[0]["provenance"]["registered"]["data"]


def test_fleets_are_listed_and_one_that_is_not_there_is_refused(root):
    (each,) = HeldFleets(root).listed()
    assert (each["fleet"], each["says"].startswith("Fleet mine used")) == ("mine", True)
    with pytest.raises(InputError, match="fleet 'ours' is not below"):
        HeldFleets(root).rows("ours", WHY)
