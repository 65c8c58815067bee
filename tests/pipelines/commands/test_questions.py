"""A command for every question: the same answer as every other door, by place or by name, on any screen."""

import json
import re
from functools import cache, partial
from types import SimpleNamespace

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from shiftcast.features.input_error import InputError
from shiftcast.forecast.questions import QUESTIONS
from shiftcast.forecast.questions import fields as of_type
from shiftcast.forecast.questions.asked import Asked
from shiftcast.pipelines.cli import app
from shiftcast.pipelines.commands import asking
from shiftcast.pipelines.commands import questions as commands
from shiftcast.pipelines.commands.question_words import bounded, field_value
from shiftcast.pipelines.registry.versions import open_version

NUMBER = re.compile(r"\d[\d,.]*\d|\d")
ASKED = {
    "forecast": ("power --segment rest", "measure=power segment=rest"),
    "quantiles": ("gpu_hours --workload recsys --horizon 3 --quantiles 0.1,0.5,0.9",
                  "measure=gpu_hours workload=recsys horizon=3 quantiles=0.1,0.5,0.9"),
    "draws": ("spending --leaf sovereign --draws 5 --seed 3", "measure=spending leaf=sovereign draws=5 seed=3"),
    "share": ("llm --of ads --base requests --segment rest", "technique=llm of=ads base=requests segment=rest"),
    "when": ("llm --of search --base gpu_hours --segment rest", "technique=llm of=search base=gpu_hours segment=rest"),
    "attribute": ("2025Q2 2026Q2 --by mix", "start=2025Q2 end=2026Q2 by=mix"),
    "claims": ("", ""), "placement": ("--segment rest", "segment=rest"), "concentration": ("", ""),
    "techniques": ("--of recsys", "of=recsys"),
    "contract": (None, "measure=power leaf=sovereign period=2027Q4 value=9000"),
    "check": ("nvda-gtc26-1t", "claim=nvda-gtc26-1t"), "ceilings": ("--by 2027Q1", "by=2027Q1"),
    "plan": ("2027Q4 --shortage 0.05 --segment hyperscale/internal", "by=2027Q4 risk=0.05 segment=hyperscale/internal"),
    "limits": ("2027Q1 --programmes 2 --lift power --lift memory", "by=2027Q1 programmes=2 lift=power,memory"),
    "rank": ("", ""), "latent": ("", ""),
    "newcomer": ("--like uae,india --by 2027Q1", "like=uae,india by=2027Q1"),
    "retire": ("hopper --set price.decline=0.3", "generation=hopper given=price.decline=0.3"),
}  # fmt: skip
DIRECT = {name: words for name, (words, _) in ASKED.items() if words is not None}


@pytest.fixture(scope="module")
def opened(finished):
    """Return the finished forecast, whose answers are kept."""
    bundle = open_version("champion", root=finished.request.root)
    answer = cache(lambda asked: bundle.forecaster.answer(json.loads(asked)))
    return SimpleNamespace(
        forecaster=SimpleNamespace(
            cube=bundle.cube, answer=lambda asked: answer(json.dumps(asked | {"form": "answer"}, sort_keys=True))
        )
    )


@pytest.fixture
def call(finished, opened, monkeypatch):
    monkeypatch.setattr(asking, "open_version", lambda *_, **__: opened)

    def invoke(*words, columns=118):
        done = CliRunner().invoke(app, [*words, "--root", str(finished.request.root)], env={"COLUMNS": str(columns)})
        assert done.exit_code == 0, done.exception
        return done.stdout

    return invoke


@pytest.mark.parametrize("question", DIRECT)
def test_a_command_gives_what_ask_gives(call, question):
    words, fields = ASKED[question]
    assert call(question, *words.split(), "--json") == call("ask", question, *fields.split(), "--json")


def test_rows_are_the_form_of_services(call):
    rows = json.loads(call("placement", "--form", "rows", "--json"))["predictions"]
    (whole,) = json.loads(call("placement", "--json"))["predictions"]
    assert [{name: cell for name, cell in row.items() if name != "row"} for row in rows] == whole["rows"]


@pytest.mark.parametrize("words", [("quantiles", "power", "--scenario"), ("scenario",)])
def test_a_scenario_may_be_a_file(finished, monkeypatch, tmp_path, words):
    (tmp_path / "mine.toml").write_text('says = "half"\nsource = "me"\nevidence = "assumed"\n'
                                        '[[demand]]\npart = "all"\nfactor = 0.5\n')  # fmt: skip
    asked = []

    def ask(question, version, root):
        asked.append(question)
        raise InputError("heard")

    monkeypatch.setattr(asking, "ask_forecast", ask)
    monkeypatch.chdir(tmp_path)
    CliRunner().invoke(app, [*words, "./mine.toml", "--root", str(finished.request.root)])
    (question,) = asked
    (read,) = question["scenarios"] if words == ("scenario",) else [question["scenario"]]
    assert json.loads(read)["demand"] == [{"part": "all", "factor": 0.5}]


def test_what_is_needed_is_given_by_place_or_by_name(call):
    by_place = call("attribute", "2025Q2", "2026Q2", "--json")
    assert call("attribute", "--start", "2025Q2", "--end", "2026Q2", "--json") == by_place
    assert call("attribute", "2026Q2", "--start", "2025Q2", "--json") == by_place


@pytest.mark.parametrize("question", DIRECT)
def test_the_conclusion_comes_first_then_figures_then_what_they_rest_on(call, question):
    words, _ = ASKED[question]
    (whole,) = json.loads(call(question, *words.split(), "--json"))["predictions"]
    said = " ".join(call(question, *words.split()).split())
    assert said.startswith(" ".join(whole["says"].split()))
    assert f"From forecast version 1, as of {whole['provenance']['as_of']}" in said
    if whole["assumed"]:
        assert said.index("Rests on:") < said.index("From forecast version 1")
    for note in whole["notes"]:
        assert said.index("From forecast version 1") < said.index(" ".join(f"- {note}".split()))


@pytest.mark.parametrize("question", [*DIRECT, "ask contract"])
@pytest.mark.parametrize("columns", [60, 80, 118])
def test_no_number_is_lost_on_a_screen_of_any_width(call, question, columns):
    words = ASKED["contract"][1] if question.startswith("ask") else DIRECT[question]
    line = [*question.split(), *words.split()]
    wide, narrow = (call(*line, columns=each) for each in (2000, columns))
    assert set(NUMBER.findall(wide)) <= set(NUMBER.findall(re.sub(r"\s+", " ", narrow)))
    assert "…" not in narrow


def test_placement_answers_by_vendor_and_year(call):
    said = call("placement")
    shares, hours = said.partition("Share of all")[2].partition("Busy hours")[::2]
    assert [line.split()[0] for line in shares.splitlines() if "%" in line] == ["nvidia", "amd", "tpu", "custom"]
    assert "2027Q4" in shares
    assert [line.split()[0] for line in hours.partition("Rests on")[0].splitlines() if " to " in line][:6] == [
        "all", "nvidia", "amd", "tpu", "custom", "cpu",
    ]  # fmt: skip


@pytest.mark.parametrize("ending", [".png", ".svg", ".html"])
def test_a_picture_is_written_and_named(call, tmp_path, ending):
    file = tmp_path / f"placement{ending}"
    assert f"Picture: {file}" in call("placement", "--plot", str(file)).replace("\n", "")
    first = file.read_bytes()
    call("placement", "--plot", str(file))
    assert file.read_bytes() == first
    assert b"<svg" in first or ending == ".png"


@pytest.mark.parametrize("question", DIRECT)
def test_every_answer_with_figures_has_a_picture(call, tmp_path, question):
    call(question, *DIRECT[question].split(), "--plot", str(tmp_path / "p.svg"), "--json")
    assert "<title>" in (tmp_path / "p.svg").read_text()  # words of a mark


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".json", ".xlsx"])
def test_every_kind_of_table_is_written(call, tmp_path, ending):
    call("placement", "--output", str(tmp_path / f"p{ending}"), "--json")
    readers = {
        ".csv": pd.read_csv,
        ".parquet": pd.read_parquet,
        ".json": pd.read_json,
        ".xlsx": partial(pd.read_excel, engine="calamine"),
    }
    vendors = readers[ending](tmp_path / f"p{ending}")["vendor"]
    assert list(dict.fromkeys(vendors)) == ["all", "nvidia", "amd", "tpu", "custom", "cpu"]


class Colour(Asked):
    """A question that someone adds."""

    output = "colours"
    gives = "which colour it has"
    measure: of_type.Measure
    flex_hours: of_type.FlexHours = 3.0
    lift: of_type.Lift = ()


def test_a_question_that_is_added_is_a_command_at_once(monkeypatch):
    monkeypatch.setitem(QUESTIONS, "colour", Colour)
    command = commands.command_of("colour")
    assert command.__doc__ == "Say which colour it has."
    single = typer.Typer(add_completion=False)
    single.command("colour")(command)
    options = {each.name: each for each in typer.main.get_command(single).params}
    assert {"words", "measure", "flex_hours", "lift", "as_of", "version", "output", "plot", "root"} <= set(options)
    assert options["flex_hours"].opts == ["--flex-hours"]
    assert options["flex_hours"].help == "for how many hours a year [hour/year; >= 0, <= 8760; 3.0 if left out]"
    assert commands.example_of("colour").line == "shiftcast colour gpu_hours"


def test_words_are_read_as_the_kind_of_their_field():
    fields = {
        **QUESTIONS["plan"].model_fields,
        **QUESTIONS["quantiles"].model_fields,
        **QUESTIONS["limits"].model_fields,
    }
    read = {name: field_value(name, text, commands.kind_of(fields[name])) for name, text in (
        ("risk", "0.05"), ("quantiles", "0.1,0.9"), ("lift", ["power,memory", "packaging"]), ("given", ["a.b=2"]),
        ("by", "2027Q4"), ("horizon", "4"))}  # fmt: skip
    assert read == {"risk": 0.05, "quantiles": [0.1, 0.9], "lift": ["power", "memory", "packaging"],
                    "given": {"a.b": 2.0}, "by": "2027Q4", "horizon": 4.0}  # fmt: skip
    for name, value in read.items():
        bounded(name, value, fields[name])
