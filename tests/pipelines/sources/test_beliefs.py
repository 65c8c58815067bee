"""Beliefs of a folder: those that ship, its own rows in place of theirs, and a refusal that says what to correct."""

import ast
from pathlib import Path

import pandas as pd
import pytest

from shiftcast.features.frames import BeliefRows, check
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.beliefs import (
    BELIEFS_FILE,
    read_belief_rows,
    shipped_beliefs,
    with_shipped_beliefs,
)
from shiftcast.pipelines.sources.public_record import read_record
from shiftcast.pipelines.sources.table import UnreadableFileError

ROOMS = [Path(__file__).parents[3] / name for name in ("forecast", "pipelines")]


def own_file(folder, **changed):
    rows = pd.read_csv(RECORDS / BELIEFS_FILE, dtype=str, keep_default_na=False)
    rows.head(1).assign(**changed).to_csv(folder / BELIEFS_FILE, index=False)


def test_the_shipped_beliefs_keep_their_contract_and_are_sourced_and_explained():
    rows = check(read_belief_rows(RECORDS), BeliefRows)
    assert rows["source"].str.len().min() > 0
    assert rows["note"].str.len().min() > 10
    assert set(rows["evidence"]) <= {"assumed", "measured"}


def asked_for():
    """Return the names and subjects that code asks beliefs for, the constant part of a name that it puts together."""
    for path in (path for room in ROOMS for path in room.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            text = getattr(node, "value", None)
            if isinstance(node, ast.Constant) and isinstance(text, str) and "." in text:
                yield text.removesuffix(".")
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "of":
                yield from (each.value for each in node.args if isinstance(each, ast.Constant))


def test_every_belief_is_asked_for_by_its_name_or_that_of_its_subject():
    asked = set(asked_for())
    names = read_belief_rows(RECORDS)["name"]
    anchors = [f"{row.measure}.{row.definition}" for row in read_record().observations.itertuples()]
    asked |= {f"anchor.{name}" for name in anchors}  # asked for by the rows they speak of
    assert [name for name in names if not {name, name.rpartition(".")[0]} & asked] == []


def test_a_folder_without_beliefs_takes_those_that_ship(tmp_path, record):
    pd.testing.assert_frame_equal(read_belief_rows(tmp_path), record.belief_rows)


def test_a_folders_own_rows_take_the_place_of_the_shipped_ones(tmp_path, record):
    own_file(tmp_path, name="leaves.drift", value="0.12")
    rows = read_belief_rows(tmp_path).set_index("name")
    assert rows.loc["leaves.drift", "value"] == pytest.approx(0.12)
    others = rows.drop(index="leaves.drift")
    pd.testing.assert_frame_equal(others, record.belief_rows.set_index("name").drop(index="leaves.drift"))


def test_a_name_that_is_no_belief_and_a_bad_number_are_refused(tmp_path):
    own_file(tmp_path, name="leaves.drfit")
    with pytest.raises(UnreadableFileError, match=r"name 'leaves\.drfit' is that of no belief; correct it"):
        read_belief_rows(tmp_path)
    own_file(tmp_path, value="much")
    with pytest.raises(UnreadableFileError, match=r"line 2: column 'value' holds 'much'"):
        read_belief_rows(tmp_path)


def test_a_registered_forecast_keeps_its_beliefs_and_takes_the_ones_it_lacks(record):
    own = record.belief_rows.assign(value=record.belief_rows["value"] * 2).tail(3)
    rows = with_shipped_beliefs({"belief_rows": own})["belief_rows"].set_index("name")["value"]
    assert rows[own["name"]].tolist() == own["value"].tolist()
    assert len(rows) == len(with_shipped_beliefs({})["belief_rows"]) == len(record.belief_rows)


def test_the_record_answers_by_name(record):
    assert record.beliefs == shipped_beliefs() == record.as_of(pd.Timestamp("2020-01-01", tz="UTC")).beliefs
