"""`shiftcast relabel`."""

import json
import shutil

import pandas as pd
import pytest
from typer.testing import CliRunner

from shiftcast.pipelines.cli import app
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
