"""Whole answers of a registered forecast: words, units, provenance and schema, of a question of each kind."""

import json

import pytest
from jsonschema import Draft202012Validator
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from shiftcast.forecast.questions import QUESTIONS
from shiftcast.forecast.telling.form import AnswerForm, answer_schema, plain_answer
from shiftcast.pipelines.registry.answers import questions
from shiftcast.pipelines.registry.champion import open_forecaster
from shiftcast.pipelines.registry.mlflow_store import champion_version, open_store

LONG = {"impose": pytest.mark.slow, "relabel": pytest.mark.slow, "limits": pytest.mark.slow}  # the others hold the same
JARGON = ("recast_", "logit", "ESS", "Kullback", "gpu_hours", "_median", "nan")


@pytest.fixture(scope="module")
def forecaster(finished):
    return open_forecaster(root=finished.request.root)


@pytest.fixture(scope="module")
def asked(finished):
    return {each["question"]: each for each in questions(finished.result.bundle)}


@pytest.fixture(scope="module")
def schema():
    whole = answer_schema()
    Draft202012Validator.check_schema(whole)
    return whole


@pytest.mark.parametrize("name", [pytest.param(name, marks=LONG.get(name, ())) for name in QUESTIONS])
def test_an_answer_says_what_it_is_of_and_holds_its_schema(name, forecaster, asked, schema):
    answer = forecaster.answer(asked[name])
    assert answer.says.endswith(".")
    assert not [word for word in JARGON if word in answer.says]
    figures = [
        column for column, values in answer.table.items() if is_numeric_dtype(values) and not is_bool_dtype(values)
    ]
    assert [column for column in figures if column not in answer.units] == []
    plain = json.loads(json.dumps(plain_answer(answer), allow_nan=False))
    Draft202012Validator(schema).validate(plain)
    rows = Draft202012Validator(schema["$defs"][f"rows of {name}"])
    for row in plain["rows"]:
        rows.validate(row)
    assert AnswerForm.model_validate(plain).question == answer.question
    told = plain["provenance"]
    assert told["asked"].items() >= {field: value for field, value in asked[name].items() if value is not None}.items()
    assert told["assumed"]["of"]
    assert told["base"]


def test_the_rows_of_both_forms_are_the_same(forecaster, asked):
    for name in ("quantiles", "forecast", "when", "claims", "plan"):
        (whole,) = forecaster.rows({**asked[name], "form": "answer"})
        assert whole["rows"] == forecaster.rows({**asked[name], "form": "rows"}) == forecaster.rows(asked[name])


def test_provenance_names_the_version_the_digests_and_the_scenario(finished, forecaster):
    question = {"question": "quantiles", "measure": "power", "scenario": "edge*2; lift power"}
    told = forecaster.answer(question).provenance
    summary = finished.result.bundle.summary
    assert told.registered.version == str(champion_version(open_store(finished.request.root)).version)
    assert told.registered.digest == summary.digest
    assert told.registered.code.endswith(summary.made_by.shiftcast)
    assert (told.as_of, told.draws, told.seed) == (summary.origin, 200, 7)
    assert (told.scenario, len(told.scenario_hash)) == ("edge*2; lift power", 64)
    assert told.definition_words
    plain = forecaster.answer({"question": "site", "mw": 40.0, "scenario": "server"}).provenance
    assert (plain.scenario, plain.scenario_hash) == ("base", None)


def test_what_the_asker_gives_counts_as_not_measured(forecaster):
    bare, given = (
        forecaster.answer({"question": "site", "mw": 40.0, **more}).provenance.assumed.part
        for more in ({}, {"given": "power.pue=1.2"})
    )
    assert 0 < bare <= given <= 1


def test_a_form_that_is_not_known_is_refused(forecaster):
    with pytest.raises(ValueError, match="field 'form' is 'prose'; it must be 'rows' or 'answer'"):
        forecaster.rows({"question": "claims", "form": "prose"})
