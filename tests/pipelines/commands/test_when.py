"""`shiftcast when` for a person and for a program."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from shiftcast.pipelines.cli import app
from shiftcast.pipelines.commands.answer_screen import show
from shiftcast.pipelines.registry.versions import open_version

WORDS = ("when", "llm", "--of", "search", "--base", "gpu_hours", "--segment", "rest")


@pytest.fixture
def call(finished):
    def invoke(*words):
        return CliRunner().invoke(app, [*words, "--root", str(finished.request.root)], catch_exceptions=True)

    return invoke


def test_a_person_reads_the_sentence_then_the_numbers(call, finished):
    done = call(*WORDS)
    assert done.exit_code == 0
    forecaster = open_version("champion", root=finished.request.root).forecaster
    asked = {"technique": "llm", "of": "search", "base": "gpu_hours", "segment": "rest"}
    found, flat = forecaster.when(**asked), " ".join(done.output.split())
    assert flat.startswith(forecaster.answer({"question": "when", **asked}).says)
    for shown in (
        "techniques",
        "already",
        "by 2026",
        "by 2032",
        "not by 2032Q4",
        "of all draws",
        "level today",
    ):
        assert shown in flat
    assert f"{found.already:.1%}" in flat
    assert "- no accelerator-hours are taken for lexical, which run on CPUs" in flat
    assert max(map(len, done.output.splitlines())) <= 118


def test_json_is_what_ask_gives(call):
    said = call(
        "when", "deep or newer", "--of", "recsys", "--base", "work", "--segment", "all", "--above", "0.3", "--json"
    )
    asked = ("technique=deep or newer", "of=recsys", "base=work", "segment=all", "above=0.3")
    assert said.stdout == call("ask", "when", *asked, "level=0.8", "scenario=base", "--json").stdout
    (answer,) = json.loads(said.stdout)["predictions"]
    assert answer["rows"][0]["techniques"].endswith(": deep or newer")
    assert "The share of deep or newer in recsys" in answer["says"]


def test_a_technique_that_is_not_there_is_named_with_those_that_are(call):
    done = call("when", "quantum", *WORDS[2:])
    assert isinstance(done.exception, ValueError)
    assert "technique 'quantum' of 'search' is not forecast; choose lexical, deep, llm" in str(done.exception)


def test_names_of_operators_are_printed_as_they_are(call, finished, capsys):
    forecaster = open_version("champion", root=finished.request.root).forecaster
    asked = {"question": "when", "technique": "llm", "of": "search", "base": "gpu_hours", "segment": "rest"}
    answer = forecaster.answer(asked)
    ask = "[bold]our[/shop]: its part of the requests"
    show(replace(answer, table=answer.table.assign(settle_1=ask, settle_1_cut=0.3), says=ask))
    assert capsys.readouterr().out.count("[bold]our[/shop]") == 2
