"""Views say what the answers say: every figure, every claim and every source of a forecast is in one of them."""

import re
import shlex
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from shiftcast.forecast.spoken import number, percent
from shiftcast.pipelines.pages.asked import BASES, NEWEST, quantiles, split, when
from shiftcast.pipelines.pages.cells import passes
from shiftcast.pipelines.pages.headline import YEARLY
from shiftcast.pipelines.pages.migration import _title as crossings_title
from shiftcast.pipelines.pages.sourced import sources
from shiftcast.pipelines.pages.split import OF_BASE, stated_rows, stated_shares
from shiftcast.pipelines.pages.view import command_of, sentence
from shiftcast.pipelines.pages.whole import all_views
from shiftcast.pipelines.publish.overview import _stated as stated_markers

ORDER = ["answer", "demand", "crossings", "split", "claims", "scorecard", "leaves", "work", "techniques", "moves",
         "binds", "assumptions", "sources", "glossary"]  # fmt: skip


def words_of(view):
    return " ".join([view.title, *(said.text for said in view.says)])


def test_the_answer_comes_first_and_sources_and_words_last(shown):
    assert list(shown) == ORDER
    for view in shown.values():
        assert view.title[0].isupper() or view.title[0].isdigit()
        assert not view.title.endswith(".")


def test_what_a_view_says_of_a_question_is_what_the_answer_says(shown, asked):
    told = [said for view in shown.values() for said in view.says if said.question is not None]
    assert len(told) > 12
    for said in told:
        if said.question["question"] != "when":  # of which one sentence tells several; see below
            assert said.text == sentence(asked.forecaster.answer(said.question).says)


def test_the_headline_equals_ask(shown, asked):
    view, forecaster = shown["answer"], asked.forecaster
    live = forecaster.ask(quantiles("accelerators")).iloc[-1]
    share = forecaster.ask(split(asked.definition)).iloc[-1]
    assert view.title.startswith(f"{number(live['q500'])} accelerators in place by {live['quarter']}")
    assert f"hyperscale clouds make {percent(share['q500'])} of the spending" in view.title
    year, power = forecaster.ask(YEARLY).iloc[-1], forecaster.ask(quantiles("power")).iloc[-1]
    values = {each.what.partition(",")[0]: (each.value, each.span) for each in view.figures}
    assert values["accelerators in place"] == (
        number(live["q500"]), f"8 in 10: {number(live['q100'])} to {number(live['q900'])}"
    )  # fmt: skip
    assert values["megawatts at the meter"][0] == number(power["q500"])
    assert values["US dollars a year on data-centre accelerators"][0] == number(year["q500"])
    assert values["hyperscale part of spending"][0] == percent(share["q500"])
    assert values["odds that it is at least 60 %"][0] == percent(share["at_least_60"])


@pytest.mark.parametrize("workload", ["recsys", "search", "ads"])
def test_when_llms_pass_half_is_what_ask_says(shown, asked, workload):
    said = words_of(shown["answer"])
    for base in BASES:
        row = asked.forecaster.ask(when(NEWEST, workload, base)).iloc[0]
        assert passes(row) in said


def test_how_good_is_taken_from_the_backtest(shown, finished):
    year = next(row for row in finished.result.bundle.summary.backtest if row.horizon == "4")
    assert f"held {percent(year.coverage80)} of what came" in words_of(shown["answer"])
    whole = next(row for row in finished.result.bundle.summary.backtest if row.horizon == "all")
    assert percent(abs(1 - whole.crps_ratio)) in shown["scorecard"].title


def test_the_split_is_told_under_every_definition_and_on_every_base(shown, asked):
    view = shown["split"]
    rows = view.tables[0].rows
    definitions = [str(name) for name in asked.forecaster.cube["definition"].values]
    assert len(rows) == len(definitions) + len(OF_BASE) - 1
    assert "hyperscalers, as NVIDIA counts since August 2026" in words_of(view)
    for definition, cell in zip(definitions, rows["at least 60 %"], strict=False):
        assert cell == percent(asked.forecaster.ask(split(definition)).iloc[-1]["at_least_60"])


def test_leaves_are_small_multiples_and_rows_of_one_table(shown, asked):
    view = shown["leaves"]
    leaves = asked.forecaster.cube.sizes["leaf"]
    assert len(view.tables[0].rows) == leaves
    assert len(set(view.pictures[0].table.iloc[:, 0])) == leaves


def test_parts_of_hours_add_up_in_their_picture(shown):
    (picture,) = shown["work"].pictures
    parts = picture.table.select_dtypes("number")
    np.testing.assert_allclose(parts.sum(axis=1), 1, atol=2e-3)


def test_claims_are_told_judged_first_each_with_its_odds(shown, finished):
    table = finished.result.bundle.forecaster.claims()
    judged, others = (each.rows for each in shown["claims"].tables)
    assert len(judged) == table["probability"].notna().sum()
    assert len(judged) + len(others) == len(table)
    assert set(judged["as worded"]) == {percent(value) for value in table["probability"].dropna()}
    assert (others["not judged because"] != "").all()


def test_every_assumption_and_source_is_listed(shown, finished):
    bundle = finished.result.bundle
    assert list(shown["assumptions"].tables[-1].rows["name"]) == list(bundle.tables["assumptions"]["name"])
    listed = {source.name for source in shown["sources"].sources}
    for name in ("observations", "claims", "assumptions", "rollouts", "hardware", "throughput", "ceilings"):
        assert set(bundle.tables[name]["source"].dropna()) <= listed


def test_rows_set_aside_are_listed_with_the_sources(finished):
    bundle = finished.result.bundle
    rows = pd.DataFrame(
        [{"source": "mine.csv", "line": 7.0, "column": "value", "value": "x", "reason": "is no number"}]
    )
    (table,) = sources(replace(bundle, tables={**bundle.tables, "quarantine": rows})).tables
    assert list(table.rows.iloc[0]) == ["mine.csv", "7", "value", "x", "is no number"]


def test_an_older_forecast_has_the_views_that_it_keeps_the_figures_of(finished):
    bundle = finished.result.bundle
    cube = bundle.cube.drop_vars(["latent_hours", "adoption"])
    tables = {**bundle.tables, **{name: bundle.tables[name].head(0) for name in ("rollouts", "traffic")}}
    older = replace(bundle, cube=cube, tables=tables, summary=replace(bundle.summary, chain=None, backtest=()))
    views = {view.name: view for view in all_views(older)}
    assert set(ORDER) - set(views) == {"binds", "techniques", "moves"}
    assert views["scorecard"].title == "No past forecast has been scored yet"
    assert "No past forecast has been scored yet." in words_of(views["answer"])


def test_a_stated_share_keeps_its_bound(shown, asked):
    known, cube = asked.forecaster.known, asked.forecaster.cube
    rows = stated_rows(cube, known).iloc[:1].assign(bound=">=", value=0.6)
    assert len(rows) == 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shiftcast.pipelines.pages.split.split_statements", lambda *_: rows)
        (said,) = stated_shares(cube, known, rows["definition"].iloc[0])["says"]
        assert said.endswith(": at least 60 %")
        (said,) = stated_markers(asked.forecaster)["says"]
        assert said.endswith(", at least 60 %")


def test_parts_of_the_draws_in_which_ceilings_bind_and_in_which_none_does_add_up(shown):
    view = shown["binds"]
    said = view.says[1].text
    assert said.startswith("Parts of the draws in which each ceiling binds in ")
    parts = [int(each) for each in re.findall(r"(\d+) %", said)]
    assert len(parts) == 5
    assert abs(sum(parts) - 100) <= 3
    assert "asks another thing" in view.notes[-1]


def test_a_title_of_crossings_names_the_base_that_is_late():
    rows = pd.DataFrame([
        {"workload": "search", "technique": NEWEST, "base": "requests", "already": 0.9, "never": 0.0},
        {"workload": "search", "technique": NEWEST, "base": "gpu_hours", "already": 0.1, "never": 0.8},
    ]).assign(horizon="2032Q4")  # fmt: skip
    assert crossings_title(rows) == (
        "LLMs have passed half of search requests; of search GPU-hours they more likely than not do not by 2032Q4"
    )


def test_the_work_that_takes_most_hours_is_ranked_among_what_is_explained(shown):
    assert re.match(r"Of what is explained, .+ takes most GPU-hours in \d{4}Q4, \d+ % of all; ", shown["work"].title)


@pytest.mark.parametrize("scenario", ["generative*2; lift power", "a$b", "(a)&b", 'say "a"', "it's", "sequence+llm"])
def test_the_line_of_a_question_reaches_the_command_as_it_was_asked(scenario):
    line = command_of({"question": "quantiles", "measure": "power", "scenario": scenario})
    assert shlex.split(line)[2:] == ["quantiles", "measure=power", f"scenario={scenario}"]
