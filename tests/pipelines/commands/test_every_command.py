"""Every command, called as its help says where nothing is stored yet, or with a word for a number: one clear line."""

import shlex
import sys

import pandas as pd
import pytest

from shiftcast.pipelines.cli import main
from shiftcast.pipelines.commands.examples import example_of
from shiftcast.pipelines.commands.listed import COMMANDS, load
from shiftcast.pipelines.commands.questions import example_of as example_of_question
from shiftcast.pipelines.commands.questions import question_of
from shiftcast.pipelines.ingest.load import IngestRequest, ingest
from shiftcast.pipelines.sources.setting import Setting

# commands that answer from the record, or run until they are ended, whatever is stored
ALWAYS = ("run", "retrain", "replay", "schedule", "serve", "mcp", "desk", "split", "relabel", "contract", "claim",
          "rollouts", "catalogue", "convert", "site", "cost")  # fmt: skip
ALIKE = {name for name, listed in COMMANDS.items() if listed.module == "questions"} - {"plan"}  # they share one way in
# what needs nothing that is stored, and what is done with usage alone
DONE = {"fleet init", "store compact", "override"}
DONE_WITH_USAGE = {"store", "store verify", "store compact", "store history", "store snapshot", "store export",
                   "override", "doctor"}  # fmt: skip
DAY = pd.Timestamp("2026-03-01", tz="UTC")


def commands(name, command):
    below = getattr(command, "commands", {})
    yield name, command
    for each, inner in below.items():
        yield from commands(f"{name} {each}", inner)


EVERY = dict(found for name in COMMANDS for found in commands(name, load(name)))


def example(name):
    told = example_of(name) or example_of_question(question_of(name))
    return shlex.split(told.line)[1:]


STORED = {name: example(name) for name in EVERY if name.split()[0] not in {*ALWAYS, *ALIKE}}
NUMBERS = [
    (name, parameter.opts[0])
    for name, command in EVERY.items() for parameter in command.params
    if parameter.opts[0].startswith("--")
    and getattr(getattr(parameter, "type_descriptor", None), "annotation", None) in (int, float)
]  # fmt: skip


@pytest.fixture
def shell(monkeypatch, capsys):
    """Return a function that runs a command line, giving exit code, output and errors."""

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["shiftcast", *words])
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
        else:
            code = 0
        return code, *capsys.readouterr()

    return command


def check_clear(code, out, errors, *, done):
    """Hold an end to its promise: what is done is told without machinery, and a fault is one line with a remedy."""
    for mark in ("Traceback", "Errno", "Error:", "object at 0x"):
        assert mark not in out + errors
    if done:
        assert (code, errors) == (0, "")
        assert out.strip()
    else:
        assert code in {1, 2}
        faults = [line for line in errors.splitlines() if line.startswith("shiftcast: ")]
        assert len(faults) == 1
        assert errors.endswith(f"{faults[0]}\n")
        assert any(mark in faults[0] for mark in ("; ", "`shiftcast", ": give "))


@pytest.mark.parametrize("name", STORED)
def test_where_nothing_is_stored_a_command_says_so(name, shell, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check_clear(*shell(*STORED[name]), done=name in DONE)


@pytest.fixture(scope="module")
def one_hour(tmp_path_factory):
    """Return a folder whose store holds an hour of usage, and no model."""
    folder = tmp_path_factory.mktemp("one_hour")
    file = folder / "jobs.csv"
    file.write_text("job_id,start,end,gpus\n1,2026-01-01T00:00:00,2026-01-01T01:00:00,1\n")
    ingest(IngestRequest("jobs", (str(file),), Setting(), DAY, folder / "mlruns"))
    return folder


@pytest.mark.parametrize("name", [name for name in STORED if not name.startswith(("fleet", "ingest", "label"))])
def test_where_usage_is_stored_and_no_model_a_command_says_so(name, shell, one_hour, monkeypatch):
    monkeypatch.chdir(one_hour)
    check_clear(*shell(*STORED[name]), done=name in DONE_WITH_USAGE)


def test_every_number_of_every_command_is_looked_at():
    assert len(NUMBERS) > 60
    assert {"run", "site", "fleet full"} <= {name for name, _ in NUMBERS}


@pytest.mark.parametrize("command", dict.fromkeys(name for name, _ in NUMBERS))
def test_a_word_for_a_number_is_refused_by_its_option(command, shell, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, option in NUMBERS:
        if name == command:
            code, out, errors = shell(*example(name), option, "many")
            assert (code, out) == (2, ""), errors
            assert errors.startswith(f"shiftcast: invalid value for '{option}'")
            assert errors.count("\n") == 1
            assert "--help` says what it takes" in errors
    assert not any(tmp_path.iterdir())
