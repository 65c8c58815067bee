"""Every help says what it means: brackets stand, an example closes it, and what can be typed is completed."""

import re
import shlex

import pytest
import typer
from typer.testing import CliRunner

from shiftcast.forecast.questions import QUESTIONS
from shiftcast.pipelines.cli import app
from shiftcast.pipelines.commands.examples import example_of
from shiftcast.pipelines.commands.known_names import names_of_field
from shiftcast.pipelines.commands.listed import COMMANDS, load
from shiftcast.pipelines.commands.questions import example_of as example_of_question
from shiftcast.pipelines.commands.questions import question_of

BRACKETS = re.compile(r"\[[^\]\\]*\]")
OWN = {"audit", "split", "site", "cost", "relabel", "contract"}  # commands with more ways than their question


def commands(name, command):
    below = getattr(command, "commands", {})
    yield name, command
    for each, inner in below.items():
        yield from commands(f"{name} {each}", inner)


EVERY = [found for name in COMMANDS for found in commands(name, load(name))]
NAMES = [name for name, _ in EVERY]


def help_of(name):
    words = ["fleet", "mine", *name.split()[1:]] if name.startswith("fleet") else name.split()
    done = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "118", "TERMINAL_WIDTH": "118"})
    assert done.exit_code == 0, done.output
    return done.output


def flat(text):
    return " ".join(re.sub("[│╭╮╰╯─]", " ", text).split())


@pytest.mark.parametrize(("name", "command"), EVERY, ids=NAMES)
def test_brackets_of_a_help_stand_as_they_are_written(name, command):
    shown = flat(help_of(name)).replace(" ", "")
    for each in (command, *command.params):
        for bracket in BRACKETS.findall((getattr(each, "help", "") or "").replace("\\[", "[")):
            assert bracket.replace(" ", "") in shown


@pytest.mark.parametrize("name", NAMES)
def test_a_help_ends_with_a_call_that_can_be_typed_and_what_its_answer_means(name):
    last = flat(help_of(name)).rpartition("Example: ")[2]
    line, told, means = last.partition(" The answer: ")
    assert told
    assert len(means) > 10
    words = shlex.split(line)
    assert words[0] == "shiftcast"
    parse(load(words[1]), words[2:])


def parse(command, words):
    context = command.make_context(command.name, list(words))
    if isinstance(command, typer.core.TyperGroup):
        _, inner, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        parse(inner, rest)


def test_every_question_of_the_schema_is_a_command_with_an_option_a_field():
    made = {question_of(name): name for name, listed in COMMANDS.items() if listed.module == "questions"}
    assert set(made) == set(QUESTIONS) - OWN
    for question, name in made.items():
        options = {parameter.name for parameter in load(name).params}
        assert set(QUESTIONS[question].model_fields) - {"form"} <= options
        assert {"version", "root", "output", "plot", "as_json"} <= options


def test_examples_are_of_commands_and_of_all_of_them():
    questions = {name for name in NAMES if example_of(name) is None}
    assert questions == {name for name, listed in COMMANDS.items() if listed.module == "questions"}
    assert all(example_of_question(question_of(name)).line.startswith(f"shiftcast {name}") for name in questions)


def completed(words):
    env = {"_SHIFTCAST_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()))}
    done = CliRunner().invoke(app, [], env=env, prog_name="shiftcast")
    return done.output.split()


@pytest.mark.parametrize(
    ("words", "some"),
    [
        ("shiftcast quantiles --measure ", {"power", "gpu_hours"}),
        ("shiftcast quantiles --segment ", {"hyperscale", "rest"}),
        ("shiftcast quantiles --leaf ", {"sovereign", "enterprise"}),
        ("shiftcast quantiles --workload ", {"recsys", "search"}),
        ("shiftcast quantiles --technique ", {"llm", "deep"}),
        ("shiftcast quantiles ", {"power", "spending"}),
    ],
)
def test_the_shell_completes_values_that_are_known(words, some):
    assert some <= set(completed(words))


def test_the_shell_completes_commands():
    assert {"plan", "placement"} <= set(completed("shiftcast "))


@pytest.mark.parametrize("field", ["segment", "leaf", "measure", "workload", "technique", "claim", "definition"])
def test_known_names_are_each_told_once(field):
    names = names_of_field(field)
    assert len(names) == len(set(names)) > 1


def test_names_of_a_field_that_takes_any_text_are_not_known():
    assert names_of_field("by") == []
