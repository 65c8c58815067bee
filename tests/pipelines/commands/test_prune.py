"""What a retrain removes: the rule is checked before it begins, and its news is told if the removal fails too."""

import json
import sys

import pytest

from shiftcast.pipelines.cli import main
from shiftcast.pipelines.commands.prune import removal, tell_retrained
from shiftcast.pipelines.doctor.fault import Fault
from shiftcast.pipelines.state.root import StoreError

OUTCOME = {"outcome": "promoted", "version": "2", "reason": "better"}


def fails():
    raise StoreError("the disk is gone")


def old():
    return [Fault("version", "version 1", "removed", size=2_000)]


@pytest.mark.parametrize("command", [["retrain"], ["fleet", "mine", "retrain"]])
@pytest.mark.parametrize(
    ("words", "said"),
    [(["--older-than", "30d"], "--older-than needs --keep N: how many"),
     (["--older-than", "banana", "--keep", "3"], "--older-than 'banana' is no age")],
)  # fmt: skip
def test_an_age_that_removes_nothing_is_refused_before_anything_is_fitted(
    command, words, said, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["shiftcast", *command, *words])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert said in capsys.readouterr().err
    assert not any(tmp_path.iterdir())


def test_nothing_is_removed_unless_told_and_the_usual_age_is_meant_where_none_is_given():
    assert removal(None, None, wait=0) is None
    assert removal(3, None, wait=0) is not None


def test_what_became_of_a_retrain_is_told_where_its_removal_fails(capsys):
    with pytest.raises(StoreError, match="the disk is gone"):
        tell_retrained(OUTCOME, "promoted: version 2", fails, as_json=False, quiet=False)
    assert capsys.readouterr().out == "promoted: version 2\n"
    with pytest.raises(StoreError, match="the disk is gone"):
        tell_retrained(OUTCOME, "promoted: version 2", fails, as_json=True, quiet=False)
    assert json.loads(capsys.readouterr().out) == OUTCOME | {"removed": None, "why": "the disk is gone"}


def test_what_was_removed_is_told_after_it(capsys):
    for remove, as_json, quiet, told in (
        (old, False, False, "promoted: version 2\n1 thing, 2 kB removed\n"), (old, False, True, ""),
        (None, False, False, "promoted: version 2\n"), (None, True, False, json.dumps(OUTCOME) + "\n"),
        (old, True, False, json.dumps(OUTCOME | {"removed": 1}) + "\n"),
    ):  # fmt: skip
        tell_retrained(OUTCOME, "promoted: version 2", remove, as_json=as_json, quiet=quiet)
        assert capsys.readouterr().out == told
