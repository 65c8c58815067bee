"""`--root` names the folder of the store for the call, and no longer."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shiftcast.pipelines.cli import app
from shiftcast.pipelines.commands.listed import COMMANDS, load
from shiftcast.pipelines.job.overrides import read_overrides
from shiftcast.pipelines.state.root import StoreError, default_root

WITHOUT = {
    "rollouts",
    "split",
    "relabel",
    "contract",
    "claim",
    "catalogue",
    "convert",
    "site",
    "cost",
    "volume",
    "shares",
    "hierarchy",
    "reconcile",
    "label",
}  # fmt: skip  (they read the record or files of one's own)
JUDGED = ("override", "2027Q1", "--low", "1", "--mid", "2", "--high", "3", "--who", "me", "--reason", "news")


def options(command):
    below = getattr(command, "commands", {})
    return [found for each in below.values() for found in options(each)] or [{each.name for each in command.params}]


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - WITHOUT))
def test_every_command_that_reads_a_store_takes_its_folder(name):
    assert all("root" in each for each in options(load(name)))


def test_a_judgement_is_logged_in_the_folder_that_is_named_and_told_as_json(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, [*JUDGED, "--root", str(tmp_path / "other"), "--json"], catch_exceptions=False)
    told = json.loads(done.stdout)
    assert (told["mid"], told["who"], told["period_end"], told["overrides"]) == (2.0, "me", "2027-03-31", 1)
    assert len(read_overrides(tmp_path / "other")) == 1
    assert not (tmp_path / "mlruns").exists()


def test_the_folder_holds_for_the_call_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        refused = CliRunner().invoke(app, ["doctor", "--root", str(tmp_path / "none")]).exception
        assert isinstance(refused, StoreError)
        assert str(tmp_path / "none") in str(refused)
        assert default_root() == Path.cwd() / "mlruns"
