"""A fleet's doors: command, notebook and served text give the same bytes; nothing is borrowed without a world."""

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

import shiftcast
from shiftcast.features.input_error import InputError
from shiftcast.forecast.fleet.asking import ask
from shiftcast.pipelines.cli import app
from shiftcast.pipelines.fleet.answers import answers_text

DAY = "2026-10-15"
FACTS = """
[fleet]
leaf = "enterprise"
busy = 0.9
[[holding]]
accelerator = "a100"
count = 8
usd_per_hour = 1.5
[[offer]]
name = "cloud"
accelerator = "h200"
terms = "rent"
usd = 2.9
[[event]]
name = "team moves in"
workload = "chat"
start = 2027-02-01
hours = 500
[budget]
2027 = 200000
"""
QUESTIONS = {
    "forecast": ({"through": "2027Q2", "by": ("workload",)}, ["--through", "2027Q2", "--by", "workload"]),
    "when": ({"technique": "llm", "of": "chat", "through": "2027-01"}, ["llm", "--of", "chat", "--through", "2027-01"]),
    "full": ({"through": "2027-01", "risk": 0.1}, ["--through", "2027-01", "--risk", "0.1"]),
    "choices": ({"through": "2027-01"}, ["--through", "2027-01"]),
    "budget": ({"amount": 1.2e5, "year": 2026}, ["1.2e5", "--year", "2026"]),
    "why": ({"before": "2026-08", "after": "2026-09"}, ["2026-08", "2026-09"]),
    "events": ({"through": "2027-03"}, ["--through", "2027-03"]),
}  # fmt: skip


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    file = tmp_path_factory.mktemp("facts") / "mine.toml"
    file.write_text(FACTS)
    return file


@pytest.fixture(scope="module")
def planner(stocked, facts):
    return shiftcast.open_fleet("mine", stocked, facts=facts, as_of=DAY, draws=200, seed=3)


@pytest.fixture
def here(stocked, monkeypatch):
    """Make ``mlruns`` of the working directory the state that holds the fleet."""
    folder = stocked / "at"
    folder.mkdir(exist_ok=True)
    if not (folder / "mlruns").exists():
        (folder / "mlruns").symlink_to(stocked, target_is_directory=True)
    monkeypatch.chdir(folder)


@pytest.mark.parametrize("name", QUESTIONS)
def test_command_and_notebook_give_the_same_bytes(name, planner, facts, here):
    fields, options = QUESTIONS[name]
    drawn = [] if name == "why" else ["--draws", "200", "--seed", "3"]
    arguments = ["fleet", "mine", name, *options, "--facts", str(facts), "--as-of", DAY, *drawn, "--json"]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    method = getattr(planner, name)(**fields)
    assert result.stdout == answers_text([method]) + "\n"
    assert answers_text([ask(planner, {"question": name, **fields})]) == answers_text([method])
    (answer,) = json.loads(result.stdout)["predictions"]
    assert answer["says"]
    assert answer["rows"]


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(stocked, facts):
    def text(seed):
        fleet = shiftcast.open_fleet("mine", stocked, facts=facts, as_of=DAY, draws=200, seed=seed)
        return answers_text([fleet.forecast(through="2026Q4")])

    assert text(3) == text(3) != text(4)


def test_without_a_forecast_of_the_world_nothing_is_borrowed_and_it_is_said(planner):
    answer = planner.forecast(through="2026Q4")
    assert any("nothing is borrowed: no forecast of the world is registered here" in note for note in answer.notes)
    assert (answer.table["borrowed"].dropna() == 0).all()


def test_a_month_is_what_was_used_and_what_is_forecast_of_the_rest(planner):
    month = planner.demand("2026-10").total[:, 0]
    used = planner.usage[(planner.usage["measure"] == "gpu_hours") & (planner.usage["period_start"] >= "2026-10-01")]
    assert (month >= used["value"].sum() - 1e-6).all()
    days = used["value"].sum() / 14.5 * 31
    assert pd.Series(month).median() == pytest.approx(days, rel=0.15)


def test_a_day_that_is_none_and_a_fleet_that_is_none_are_refused(stocked):
    with pytest.raises(InputError, match="is not a date"):
        shiftcast.open_fleet("mine", stocked, as_of="tomorrow")
    with pytest.raises(InputError, match="there are mine"):
        shiftcast.open_fleet("ours", stocked)


def test_events_without_any_are_refused(stocked):
    with pytest.raises(InputError, match=r"say what is coming as \[\[event\]\]"):
        shiftcast.open_fleet("mine", stocked, as_of=DAY).events()


def test_table_and_picture_are_written(here, facts, tmp_path):
    table, picture = tmp_path / "out.csv", tmp_path / "out.png"
    arguments = ["fleet", "mine", "forecast", "--through", "2026Q4", "--facts", str(facts), "--as-of", DAY, "--draws",
                 "100", "--output", str(table), "--plot", str(picture)]  # fmt: skip
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.stdout.startswith("mine will want")
    assert len(pd.read_csv(table)) == 3  # all, and two workloads of one technique each
    assert picture.stat().st_size > 1000
