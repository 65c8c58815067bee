"""`shiftcast relabel`."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from shiftcast.forecast.split.relabel import Relabelled
from shiftcast.pipelines.cli import app
from shiftcast.pipelines.commands import relabel as command
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.public_record import read_record


def invoke(*arguments):
    result = CliRunner().invoke(app, ["relabel", *arguments, "--as-of", "2026-09-01", "--draws", "100"])
    if result.exception:
        raise result.exception
    return result.stdout


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(RECORDS, tmp_path / "records", ignore=shutil.ignore_patterns("*.py", "__pycache__"))


def test_a_firm_is_moved_the_membership_saved_and_applied_from_then_on(folder):
    own = ("--record", str(folder))
    printed = invoke("coreweave=hyperscale", *own, "--save", str(folder / "memberships.csv"))
    assert "the total does" in printed
    assert "Offset of keynote" in printed
    rows = read_record(folder).memberships
    assert rows[rows["source"] == "shiftcast relabel"]["firm"].tolist() == ["coreweave"]
    with pytest.raises(ValueError, match="'coreweave' already counts as hyperscale"):
        invoke("coreweave=hyperscale", *own)
    back = pd.DataFrame(json.loads(invoke("coreweave=rest", *own, "--json")))
    assert (back["after"] <= back["before"]).all()
    assert set(back["to"]) == {"rest"}


def test_quarters_in_which_the_firm_s_part_is_not_known_are_told_beside_json_too(monkeypatch):
    table = pd.DataFrame({"quarter": ["2024Q1", "2024Q2"]}).assign(
        **{f"{name}{end}": 0.5 for name in ("before", "after", "firm") for end in ("", "_low80", "_high80")}
    )
    offsets = pd.DataFrame([{"definition": "recast_2", "before": 0.0, "after": 0.1}])
    nothing = np.zeros((1, 2))
    done = Relabelled("meta", "rest", nothing, nothing, table, offsets, "recast_2", ("2024Q2",))
    monkeypatch.setattr(command, "fit_top_down", lambda *_: None)
    monkeypatch.setattr(command, "relabelled", lambda *_, **__: done)
    result = CliRunner().invoke(app, ["relabel", "meta=rest", "--json"])
    assert len(json.loads(result.stdout)) == 2
    assert (*result.stderr.splitlines(),) == done.notes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("coreweave", "not of the form"),
        ("coreweave=rest", "already counts as rest"),
        ("nobody=rest", "'nobody' has no"),
    ],
)
def test_bad_changes_are_refused_by_name(change, message):
    with pytest.raises(ValueError, match=message):
        invoke(change)


def test_a_bad_row_is_set_aside_by_its_line_and_told(folder):
    with (folder / "memberships.csv").open("a") as file:
        file.write("a,recast_2,cloud,2026-01-01,2026-01-01,assumed,derived,me,\n")
    result = CliRunner().invoke(app, ["claim", "list", "--record", str(folder)])
    assert "set aside: memberships.csv line 20, segment 'cloud'" in result.stderr
