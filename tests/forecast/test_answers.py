from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from shiftcast.forecast.claims.check import check_claim
from shiftcast.forecast.claims.odds import ClaimReading
from shiftcast.forecast.claims.registry import distinct
from shiftcast.forecast.questions import QUESTIONS
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.part import (
    MEASURES,
    Part,
    draws_of,
    forecast_periods,
    hyperscale_share,
)
from shiftcast.forecast.views.technique_share import technique_share

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
            "measure 'carbon' is not forecast; choose one of gpu_hours, latent_hours, accelerators",
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
    above = technique_share(forecaster.cube, "llm", **WHEN).share > 0.9
    assert above.shape == (200, 34)
    assert found.question == "llm over 90% of search gpu-hours, rest"
    assert found.never == (~above[:, 7:].any(axis=1)).mean()
    assert found.already == above[:, 7].mean()
    assert (found.level, found.horizon) == (0.5, "2032Q4")


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
    assert len(questions) == len(set(questions)) == (3 + 2) * 2 * 2  # `llm`, and `sequence or newer` but of search
    said = {question.partition(" of ")[2].split()[0] for question in questions}
    assert said == {"recsys", "search", "ads"}


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
        ({"question": "why"}, "question 'why' is not known; ask one of forecast, quantiles, draws, share, when, split"),
        ({}, "question '' is not known"),
        ({"question": "published"}, "question 'published' is not known"),
        ({"question": "forecast"}, "question 'forecast': field 'measure' is missing"),
        ({"question": "split"}, "question 'split': field 'base' is missing"),
        ({"question": "split", "base": "revenue"}, "question 'split': field 'definition' is missing"),
        (
            {"question": "impose", "mode": "fixed", "base": "revenue"},
            "question 'impose': field 'definition' is missing",
        ),
        (
            {"question": "impose", "mode": "fixed", "base": "revenue", "definition": "recast_2"},
            "does not keep the record",
        ),
        ({"question": "relabel", "firm": "meta"}, "question 'relabel': field 'to' is missing"),
        ({"question": "check", "claim": "nobody-said"}, "claim 'nobody-said' was not known; known are"),
        ({"question": "split", "basis": "revenue"}, "field 'basis' is not known; did you mean 'base'?"),
        (
            {"question": "when", "technique": "llm", **WHEN, "above": "half"},
            "field 'above' is 'half'; it must be a finite number",
        ),
        ({"question": "claims", "measure": "power"}, "question 'claims': field 'measure' is not taken; it takes mode"),
    ],
)
def test_a_question_that_cannot_be_asked_is_named(forecaster, question, said):
    with pytest.raises(ValueError, match=said):
        forecaster.ask(question)


def test_a_claim_check_and_a_contract_are_the_functions_of_their_commands(forecaster, small_world, record):
    claims = distinct(record.claims)
    pd.testing.assert_frame_equal(
        forecaster.ask({"question": "check", "claim": "nvda-gtc26-1t"}),
        check_claim(
            small_world.cube, claims, "nvda-gtc26-1t", reading=ClaimReading(**record.beliefs.of("claims"))
        ).frame,
    )
    asked = {"question": "contract", "measure": "power", "leaf": "sovereign", "period": "2027Q4", "value": 9000.0}
    answer = forecaster.ask(asked)
    assert answer.loc[answer["contracted"], "segment"].tolist() == ["rest"]


def test_concentration_is_over_workloads_and_leaves_and_owners_where_known(forecaster, known_on):
    assert len(replace(forecaster, known=None).concentration()) == 2
    full = replace(forecaster, known=known_on()).concentration()
    assert [name.partition(",")[0] for name in full["over"]] == ["workloads", "leaves", "owners"]
    np.testing.assert_allclose(full["effective"], 1 / full["hhi"])


def test_every_question_is_a_method(forecaster):
    assert [callable(getattr(forecaster, name)) for name in QUESTIONS] == [True] * len(QUESTIONS)


@pytest.mark.parametrize("measure", MEASURES)
def test_quantiles_are_the_published_ones_and_other_levels_come_from_the_same_draws(forecaster, measure):
    part = {"segment": "rest", "workload": "search"}
    rows = forecaster.quantiles(measure, **part)
    long = forecaster.forecast(measure, **part)
    assert rows["q900"].tolist() == long.loc[long["quantile"] == 0.9, "value"].tolist()
    assert rows["mean"].tolist() == long.loc[long["statistic"] == "mean", "value"].tolist()
    assert rows["quarter"].tolist()[::9] == ["2026Q3", "2028Q4"]
    assert set(rows["unit"]) == set(long["unit"])
    other = forecaster.quantiles(measure, **part, quantiles=(0.33, 0.9))
    np.testing.assert_allclose(other["q900"], rows["q900"], rtol=1e-6)
    assert (other["q330"] <= other["q900"]).all()


def test_the_horizon_counts_quarters_ahead(forecaster):
    assert len(forecaster.quantiles("power", horizon=3)) == 3
    with pytest.raises(ValueError, match="horizon is 0; it must be 1 quarter or more"):
        forecaster.quantiles("power", horizon=0)
    with pytest.raises(OutOfSupportError, match="horizon 11 is beyond the 10 quarters drawn, the last 2028Q4"):
        forecaster.draws("power", horizon=11)


def test_draws_are_joint_and_keep_their_numbers(forecaster):
    cube = forecaster.cube
    rows = forecaster.draws("power", leaf="edge")
    values = rows["value"].to_numpy().reshape(cube.sizes["draw"], -1)
    expected = draws_of(cube, "power", Part("rest", "edge"))[:, forecast_periods(cube)]
    np.testing.assert_array_equal(values, expected)
    few, again = (forecaster.draws("power", leaf="edge", draws=7, seed=3) for _ in range(2))
    pd.testing.assert_frame_equal(few, again)
    assert few["draw"].nunique() == 7
    merged = few.merge(rows, on=["draw", "quarter"], suffixes=("", "_all"))
    assert merged["value"].tolist() == merged["value_all"].tolist()
    assert set(forecaster.draws("power", draws=7, seed=4)["draw"]) != set(few["draw"])
    with pytest.raises(OutOfSupportError, match="draws is 201; this forecast has 1 to 200"):
        forecaster.draws("power", draws=201)


def test_a_share_by_quarter_agrees_with_when(forecaster):
    rows = forecaster.share("llm", **WHEN, quantiles=(0.1, 0.5, 0.9))
    share = technique_share(forecaster.cube, "llm", **WHEN).share[:, 8:]
    assert rows["q500"].tolist() == np.quantile(share, 0.5, axis=0).tolist()
    assert rows["quarter"].iloc[[0, -1]].tolist() == ["2026Q3", "2032Q4"]
    both = forecaster.share("deep or newer", **WHEN, horizon=2)
    assert both["technique"].tolist() == ["deep, llm: deep or newer"] * 2
    assert rows[["of", "base", "segment", "unit"]].drop_duplicates().to_numpy().tolist() == [
        ["search", "gpu_hours", "rest", "1"]
    ]


def test_a_scenario_scales_demand_and_its_machines_and_moves_shares(forecaster):
    free = "; lift packaging; lift memory; lift power; lift funding"
    for measure in ("spending", "accelerators_shipped", "power", "latent_hours"):
        base, more = (forecaster.quantiles(measure, scenario=name)["mean"].iloc[1] for name in ("base", "all*2"))
        assert more > base, measure
    base, more = (
        forecaster.quantiles("accelerators", scenario=name)["q500"].iloc[-1] for name in (free, f"all*2{free}")
    )
    assert more == pytest.approx(2 * base, rel=0.05)
    less = forecaster.quantiles("gpu_hours", leaf="edge", scenario="edge*0.5")["q500"]
    assert (less < forecaster.quantiles("gpu_hours", leaf="edge")["q500"]).all()
    asked = WHEN | {"of": "recsys"}
    less, was = (forecaster.share("llm", **asked, scenario=name)["mean"] for name in ("recsys/llm*0.1", "base"))
    assert (less < was).all()
    assert forecaster.when("llm", **asked, scenario="recsys/llm*0.1").question.endswith("rest, recsys/llm*0.1")


def test_the_context_a_question_names_has_to_be_the_forecast_s(forecaster):
    question = {"question": "quantiles", "measure": "power"}
    made = {"mode": "observation", "definition": "recast_2", "as_of": "2026-11-22"}
    pd.testing.assert_frame_equal(forecaster.ask(question | made), forecaster.ask(question))
    for field, other in {"mode": "fixed", "definition": "keynote", "as_of": "2026-03-16"}.items():
        with pytest.raises(OutOfSupportError, match=f"{field} '{other}' is not what this forecast was made under"):
            forecaster.ask(question | made | {field: other})


def test_why_adds_up(forecaster):
    rows = forecaster.ask({"output": "attribution", "start": "2026Q1", "end": "2027Q1"})
    assert rows["mean"].iloc[:-1].sum() == pytest.approx(rows["mean"].iloc[-1], rel=1e-12)
    first = draws_of(forecaster.cube, "gpu_hours", Part()).mean(axis=0)[6]
    assert rows["mean"].iloc[0] == pytest.approx(first, rel=1e-12)
    assert rows["share"].iloc[1:-1].sum() == pytest.approx(1)
