"""Market facts of a folder of records: its own, or those that ship; a bad row or an unknown name ends the reading."""

import shutil

import pandas as pd
import pytest

from shiftcast.features.frames import MARKET, Hardware, check
from shiftcast.forecast.market.facts import read_market
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.market import (
    CATALOGUE,
    check_catalogue,
    read_market_frames,
    shipped_frames,
    shipped_market,
    with_shipped,
)
from shiftcast.pipelines.sources.public_record import read_record
from shiftcast.pipelines.sources.table import UnreadableFileError


@pytest.fixture
def facts(tmp_path):
    """Return a folder with the files of market facts and the catalogue alone."""
    for name in (*MARKET, "hardware"):
        shutil.copy(RECORDS / f"{name}.csv", tmp_path)
    return tmp_path


def rewrite(folder, name, change):
    path = folder / f"{name}.csv"
    change(pd.read_csv(path, dtype=str, keep_default_na=False)).to_csv(path, index=False)


def test_the_shipped_frames_keep_their_contracts_and_are_sourced():
    for name, rows in shipped_frames().items():
        assert len(check(rows, MARKET[name])) >= 5
        assert rows["source"].str.len().min() > 0


def test_a_folder_without_files_of_market_facts_takes_the_shipped_rows(folder, record):
    for name in MARKET:
        (folder / f"{name}.csv").unlink()
    found = read_record(folder)
    for name in MARKET:
        pd.testing.assert_frame_equal(getattr(found, name), getattr(record, name))
    assert found.digests == record.digests
    assert found.as_of(pd.Timestamp("2026-09-01", tz="UTC")).market == shipped_market()


def test_one_file_may_be_the_folders_own(facts, record):
    (facts / "chips.csv").unlink()
    rewrite(facts, "definitions", lambda rows: rows.assign(offset_sd=rows["offset_sd"].replace("0.35", "0.5")))
    market = read_market(**read_market_frames(facts, record.observations))
    assert market.split.machines == {"epoch_top_five": 0.5}
    assert market.techniques.offset_sd["large_operator"] == 0.5
    assert market.chips == shipped_market().chips


@pytest.mark.parametrize(
    ("name", "column", "old", "new", "said"),
    [
        ("definitions", "role", "claim", "rumour", r"definitions\.csv: line 7: column 'role' .* must be one of"),
        ("definitions", "offset_sd", "0.2", "-1", r"column 'offset_sd' holds '-1': .* within 0 to inf"),
        (
            "definitions",
            "role",
            "claim",
            "reference",
            r"keynote, recast_2 with role reference about split",
        ),
        ("definitions", "definition", "top_five", "top_6", r"definitions\.csv: definition 'top_6' is in no row of"),
        ("operators", "operator", "openai", "openei", r"operators\.csv: operator 'openei' is in no row of"),
        ("operators", "series", "api", "apis", r"operators\.csv: series 'apis' is in no row of .*; correct the name"),
        ("operators", "series", "alphabet", "alfabet", r"operators\.csv: series 'alfabet' is in no row of"),
        ("chips", "takes", "cpu", "fpga", r"column 'takes' holds 'fpga': takes must be one of accelerator, cpu"),
        ("chips", "chip", "nvidia", "novidia", r"chips\.csv: .*give nvidia, which the forecast is of"),
    ],
)
def test_a_bad_row_or_an_unknown_name_ends_the_reading(facts, record, name, column, old, new, said):
    rewrite(facts, name, lambda rows: rows.assign(**{column: rows[column].replace(old, new)}))
    with pytest.raises(UnreadableFileError, match=said):
        read_market_frames(facts, record.observations)


@pytest.mark.parametrize("column", ["compared_with", "records_with"])
def test_a_catalogue_that_points_to_no_accelerator_is_refused(facts, record, column):
    astray = record.hardware.assign(**{column: record.hardware[column].where(record.hardware[column].isna(), "gb301")})
    with pytest.raises(UnreadableFileError, match=rf"hardware\.csv: {column} of \w+ names 'gb301', which has no row"):
        check_catalogue(facts / "hardware.csv", astray)


@pytest.mark.parametrize("column", ["compared_with", "records_with", "new_product"])
def test_a_catalogue_without_a_column_of_market_facts_is_refused_with_the_remedy(facts, record, column):
    rewrite(facts, "hardware", lambda rows: rows.drop(columns=column))
    with pytest.raises(UnreadableFileError, match=rf"column '{column}' is missing; add it to the header"):
        check_catalogue(facts / "hardware.csv", record.hardware)


def test_a_forecast_registered_before_these_facts_had_rows_takes_those_that_ship(record):
    before = {"hardware": record.hardware.drop(columns=list(CATALOGUE)), "claims": record.claims}
    whole = with_shipped(before)
    pd.testing.assert_frame_equal(check(whole["hardware"], Hardware), record.hardware)
    for name in MARKET:
        pd.testing.assert_frame_equal(whole[name], getattr(record, name))


def test_a_forecast_keeps_its_own_market_facts(record):
    own = record.definitions.assign(offset_sd=record.definitions["offset_sd"] * 2)
    whole = with_shipped({"hardware": record.hardware, "definitions": own})
    pd.testing.assert_frame_equal(whole["definitions"], own)
    assert whole["hardware"] is record.hardware
