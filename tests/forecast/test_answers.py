from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecast.answers import QUESTIONS, Forecaster
from forecast.claim.check import check_claim
from forecast.claim.registry import distinct
from forecast.crossing import first_passage
from forecast.views import forecast_frame, hyperscale_share, technique_share


@pytest.fixture(scope="module")
def forecaster(small_world, record):
    return Forecaster(small_world.cube, forecast_frame(small_world.cube, model="tested"), record.claims)


WHEN = {"of": "search", "base": "gpu_hours", "segment": "rest"}


def test_a_forecast_is_the_published_rows_of_one_part(forecaster):
    rows = forecaster.forecast("gpu_hours", segment="rest", workload="search")
    assert len(rows) == 10 * 8
    assert set(rows.unit) == {"accelerator_hour/quarter"}
    assert rows[["segment", "leaf", "workload", "technique"]].drop_duplicates().to_numpy().tolist() == [
        ["rest", "all", "search", "all"]
    ]


def test_a_leaf_brings_its_segment(forecaster):
    alone, named = (forecaster.forecast("power", leaf="edge", **part) for part in ({}, {"segment": "rest"}))
    pd.testing.assert_frame_equal(alone, named)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            {"measure": "carbon"},
            "measure 'carbon' is not forecast; choose one of gpu_hours, accelerators, accelerators_shipped",
        ),
        ({"measure": "power", "segment": "moon"}, "no forecast has segment 'moon'; choose one of all, hyperscale"),
        ({"measure": "power", "leaf": "moon"}, "no forecast has leaf 'moon'; choose one of all"),
        ({"measure": "power", "workload": "chess"}, "no forecast has workload 'chess'; choose one of ads, all"),
        ({"measure": "power", "technique": "table"}, "no forecast has technique 'table'; choose one of all, deep"),
    ],
)
def test_an_unknown_part_is_named_with_those_to_choose_from(forecaster, asked, said):
    with pytest.raises(ValueError, match=said):
        forecaster.forecast(**asked)


def test_when_is_the_first_passage_of_the_technique_share(forecaster):
    found = forecaster.when("llm", **WHEN, above=0.9, level=0.5)
    share = technique_share(forecaster.cube, "llm", **WHEN)
    passed = first_passage(share > 0.9)
    assert found.question == "llm over 90% of search gpu-hours, rest"
    assert found.never == (passed == 18).mean()
    assert found.already == (passed < 8).mean()
    assert found.level == 0.5


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"above": 50.0}, "above is 50.0; it must lie between 0 and 1"),
        ({"level": 1.0}, "level is 1.0; it must lie between 0 and 1"),
        ({"base": "revenue"}, "share base 'revenue' is not known"),
        ({"of": "chess"}, "workload 'chess'"),
    ],
)
def test_when_names_what_it_cannot_answer(forecaster, options, said):
    with pytest.raises(ValueError, match=said):
        forecaster.when("llm", **WHEN | options)


def test_the_split_states_intervals_and_how_likely_the_keynote_figure_is(forecaster):
    table = forecaster.split(base="revenue", definition="keynote")
    share = hyperscale_share(forecaster.cube, base="revenue", definition="keynote")
    assert table.columns[:2].tolist() == ["quarter", "kind"]
    assert table.columns[2:9].tolist() == ["q025", "q100", "q250", "q500", "q750", "q900", "q975"]
    assert table.quarter.iloc[[0, -1]].tolist() == ["2024Q3", "2028Q4"]
    assert table.kind.tolist() == ["estimate"] * 8 + ["forecast"] * 10
    assert table.at_least_60.tolist() == (share >= 0.6).mean(axis=0).tolist()
    assert (np.diff(table.iloc[:, 2:9].to_numpy(dtype=float), axis=1) >= 0).all()
    assert table[["base", "definition", "as_of"]].drop_duplicates().to_numpy().tolist() == [
        ["revenue", "keynote", "2026-11-22"]
    ]


def test_the_split_names_base_and_definition_it_does_not_know_together(forecaster):
    with pytest.raises(ValueError, match="no hyperscale share on base 'watts' under definition 'keynote'"):
        forecaster.split(base="watts", definition="keynote")


def test_crossings_are_asked_of_every_workload_that_llms_enter(forecaster):
    questions = [crossing.question for crossing in forecaster.crossings()]
    assert len(questions) == len(set(questions)) == 3 * 2 * 2
    assert {question.split()[4] for question in questions} == {"recsys", "search", "ads"}


def test_claims_are_those_known(forecaster, record):
    assert forecaster.claims().claim.tolist() == record.claims.claim.tolist()


def test_a_question_as_a_mapping_gives_the_answer_of_the_method(forecaster):
    pd.testing.assert_frame_equal(
        forecaster.ask({"question": "forecast", "measure": "power", "segment": "rest"}),
        forecaster.forecast("power", segment="rest"),
    )
    pd.testing.assert_frame_equal(forecaster.ask({"question": "claims"}), forecaster.claims())
    row = forecaster.ask({"question": "when", "technique": "llm", **WHEN}).iloc[0]
    assert row.middle == forecaster.when("llm", **WHEN).middle


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"question": "why"}, "question 'why' is not known; ask one of forecast, when, split, claims"),
        ({}, "question '' is not known"),
        ({"question": "published"}, "question 'published' is not known"),
        ({"question": "forecast"}, "question 'forecast': missing 1 required positional argument: 'measure'"),
        ({"question": "split"}, "question 'split': missing 2 required keyword-only arguments: 'base' and 'definition'"),
        ({"question": "split", "base": "revenue"}, "question 'split': missing .* argument: 'definition'"),
        ({"question": "impose", "mode": "fixed", "base": "revenue"}, "question 'impose': missing .* 'definition'"),
        (
            {"question": "impose", "mode": "fixed", "base": "revenue", "definition": "recast_2"},
            "does not keep the record",
        ),
        ({"question": "relabel", "firm": "meta"}, "question 'relabel': missing .* argument: 'to'"),
        ({"question": "check", "claim": "nobody-said"}, "claim 'nobody-said' was not known; known are"),
        ({"question": "split", "basis": "revenue"}, "question 'split': got an unexpected keyword argument 'basis'"),
        (
            {"question": "when", "technique": "llm", **WHEN, "above": "half"},
            "above is 'half'; it must lie between 0 and 1",
        ),
    ],
)
def test_a_question_that_cannot_be_asked_is_named(forecaster, question, said):
    with pytest.raises(ValueError, match=said):
        forecaster.ask(question)


def test_a_claim_check_and_a_contract_are_the_functions_of_their_commands(forecaster, small_world, record):
    claims = distinct(record.claims)
    pd.testing.assert_frame_equal(
        forecaster.ask({"question": "check", "claim": "nvda-gtc26-1t"}),
        check_claim(small_world.cube, claims, "nvda-gtc26-1t").frame,
    )
    asked = {"question": "contract", "measure": "power", "leaf": "sovereign", "period": "2027Q4", "value": 9000.0}
    answer = forecaster.ask(asked)
    assert answer.loc[answer["contracted"], "segment"].tolist() == ["rest"]


def test_concentration_is_over_workloads_and_leaves_and_owners_where_known(forecaster, known_on):
    assert len(forecaster.concentration()) == 2
    full = replace(forecaster, known=known_on()).concentration()
    assert [name.partition(",")[0] for name in full["over"]] == ["workloads", "leaves", "owners"]
    np.testing.assert_allclose(full["effective"], 1 / full["hhi"])


def test_every_question_is_a_method(forecaster):
    assert [callable(getattr(forecaster, name)) for name in QUESTIONS] == [True] * len(QUESTIONS)
