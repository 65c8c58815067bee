from __future__ import annotations

import subprocess
import sys
from typing import get_args

import pandas as pd
import pandera.pandas as pa
import pytest

from shiftcast.features.frames import (
    DIMENSIONS,
    FRAMES,
    AssumptionRows,
    DataFrame,
    Forecasts,
    Observations,
    Quarantine,
    Usage,
    check,
    conform,
    empty,
)
from shiftcast.features.frames.model import pandera_model
from shiftcast.features.units import MEASURES


def quarantined(**cells: object) -> pd.DataFrame:
    row = {"source": "a.csv", "line": 2.0, "column": "value", "value": "x", "reason": "not a number"}
    return pd.DataFrame([row | cells])


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_an_empty_frame_keeps_its_own_contract(frame):
    assert list(check(empty(frame), frame).columns) == list(frame.columns)


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_every_key_is_made_of_columns_of_the_frame(frame):
    assert set(frame.key) <= set(frame.columns)
    assert frame.to_schema().unique == list(frame.key)


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_every_number_declares_a_unit_and_every_column_what_it_means(frame):
    assert all(column.description for column in frame.columns.values())
    assert all(column.unit for column in frame.columns.values() if column.kind == "number")
    assert {column.kind for column in frame.columns.values()} <= {"text", "number", "date", "instant"}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_pandera_makes_its_own_model_of_every_frame(frame):
    model = pandera_model(frame)
    assert issubclass(model, pa.DataFrameModel)
    assert model.__name__ == frame.__name__
    schema = model.to_schema()
    assert (schema.name, schema.strict, schema.ordered) == (frame.title, True, True)
    assert {
        name: (told.description, told.metadata["unit"], told.nullable) for name, told in schema.columns.items()
    } == {name: (column.description, column.unit, column.nullable) for name, column in frame.columns.items()}
    assert all(getattr(frame, name) == getattr(model, name) == name for name in frame.columns)


def test_columns_of_a_leaf_come_before_those_a_frame_adds():
    assert tuple(Usage.columns)[: len(DIMENSIONS)] == DIMENSIONS
    assert list(pandera_model(Usage).to_schema().columns) == list(Usage.columns)


def test_an_annotation_read_at_run_time_names_the_contract():
    assert get_args(DataFrame[Observations]) == (pd.DataFrame, Observations)


def test_what_answers_questions_does_not_import_pandera():
    ask = "import sys; from shiftcast.forecast.answers import Forecaster; print('pandera' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, timeout=120, check=True)  # noqa: S603  (our own words)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("name", ["observations", "claims", "hardware", "throughput", "assumptions", "quarantine"])
def test_the_public_record_keeps_every_contract(record, name):
    rows = getattr(record, name)
    assert check(rows, FRAMES[name]) is rows


@pytest.mark.parametrize("name", ["observations", "claims", "hardware", "throughput", "assumptions"])
def test_conforming_restores_order_dtypes_and_columns(record, name):
    rows = getattr(record, name)
    muddled = rows.sample(frac=1.0, random_state=2)[list(rows.columns[::-1])].assign(extra=1)
    pd.testing.assert_frame_equal(conform(muddled, FRAMES[name]), rows)


def test_the_inputs_are_not_changed(record):
    rows = record.claims.sample(frac=1.0, random_state=3)
    before = rows.copy(deep=True)
    check(conform(rows, FRAMES["claims"]), FRAMES["claims"])
    pd.testing.assert_frame_equal(rows, before)


def test_a_missing_column_is_named_with_those_the_frame_has():
    with pytest.raises(ValueError, match=r"quarantine: column 'reason' is missing; the frame has \['source', 'line'"):
        conform(quarantined().drop(columns="reason"), Quarantine)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"line": 0.0}, "column 'line' has 0.0 at row 0 which fails"),
        ({"source": None}, "column 'source'"),
    ],
)
def test_a_value_out_of_its_range_is_named_with_row_and_remedy(cells, said):
    with pytest.raises(ValueError, match=said) as caught:
        check(conform(quarantined(**cells), Quarantine), Quarantine)
    assert "quarantine: " in str(caught.value)
    assert "correct the row or set it aside" in str(caught.value)


def test_a_text_that_is_not_allowed_is_named(record):
    rows = record.observations.head(3).assign(bound="roughly")
    with pytest.raises(ValueError, match=r"observations: column 'bound' has 'roughly' at row 0 .*3 failures in all"):
        check(rows, Observations)


def test_a_share_over_one_fails_the_range_of_its_column():
    row = dict.fromkeys(Forecasts.columns, "x") | {
        "base": "none",
        "statistic": "quantile",
        "quantile": 1.5,
        "value": 1,
    }
    days = dict.fromkeys(("origin", "as_of", "period_start", "period_end"), "2026-01-01")
    with pytest.raises(ValueError, match=r"forecasts: column 'quantile' has 1\.5 at row 0"):
        check(conform(pd.DataFrame([row | days]), Forecasts), Forecasts)


def test_a_repeated_key_is_refused(record):
    twice = conform(pd.concat([record.assumptions.head(1)] * 2), AssumptionRows)
    with pytest.raises(ValueError, match=r"assumptions: column 'name' has .*unique"):
        check(twice, AssumptionRows)


def test_a_column_too_many_or_out_of_order_is_refused():
    with pytest.raises(ValueError, match=r"quarantine: column 'extra' fails .*; the frame has"):
        check(quarantined().assign(extra=1), Quarantine)
    with pytest.raises(ValueError, match="quarantine: column 'line' fails 'column_ordered'"):
        check(conform(quarantined(), Quarantine)[["line", "source", "column", "value", "reason"]], Quarantine)


def test_every_measure_of_the_record_is_registered_in_its_unit(record):
    units = record.observations.groupby("measure")["unit"].unique().map(list).to_dict()
    assert units == {measure: [MEASURES[measure].unit] for measure in units}
