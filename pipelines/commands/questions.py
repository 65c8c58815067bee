"""A command for every question of the schema: options, defaults, units and bounds are those of its fields."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter, Signature
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from shiftcast.features.input_error import InputError
from shiftcast.forecast.questions import ANSWER, QUESTIONS, field_rows
from shiftcast.forecast.questions.kinds import LEVELS, NAMES, NUMBER, PAIRS, SERIES, WHOLE, Kind
from shiftcast.forecast.questions.reading import is_context, kind_of, taken
from shiftcast.pipelines.commands.examples import Example
from shiftcast.pipelines.commands.giving import AsJson, Places, Plot, check_places, give
from shiftcast.pipelines.commands.known_names import completing
from shiftcast.pipelines.commands.noted import Output
from shiftcast.pipelines.commands.options import ASKED, Root, Version
from shiftcast.pipelines.commands.question_words import bounded, example_value, field_value, option_of

_ALSO: Final = {"plan": ("--risk", "0.05")}  # without which the question is not whole
_REPEATED: Final = (NAMES, PAIRS)
_SHAPES: Final[Mapping[Kind, str]] = {
    NUMBER: "NUMBER", WHOLE: "WHOLE", LEVELS: "NUMBER,...", SERIES: "NUMBER,...", NAMES: "NAME", PAIRS: "NAME=NUMBER",
}  # fmt: skip
_COMMON: Final = (
    ("version", Version, None), ("output", Output, None), ("plot", Plot, None), ("as_json", AsJson, False),
    ("root", Root, None),
)  # fmt: skip


def command_of(question: str) -> Callable[..., None]:
    """Return the command of a question, for typer.

    Parameters
    ----------
    question
        One of :data:`forecast.questions.QUESTIONS`.

    Returns
    -------
    callable
        Takes an option a field; a field that is needed may also be given by place.
    """

    def ask(**given: Any) -> None:
        version, root, words = given.pop("version"), given.pop("root"), given.pop("words", None)
        output, plot, as_json = given.pop("output"), given.pop("plot"), given.pop("as_json")
        asked = _asked(question, given, words or ())
        check_places(places := Places(output, plot, as_json=as_json, form=asked.get("form", ANSWER)))
        answer, as_of = _answer(question, asked, version, root)
        give(answer, as_of, places)

    parameters = [*_parameters(question), *(_option(*each) for each in _COMMON)]
    ask.__doc__ = says(question)
    ask.__signature__ = Signature(parameters)  # type: ignore[attr-defined]  # typer reads the options from it
    ask.__annotations__ = {each.name: each.annotation for each in parameters}
    return ask


def question_of(command: str) -> str:
    """Return the question that a command asks.

    Parameters
    ----------
    command
        Name of the command, its words joined by hyphens.

    Returns
    -------
    str
        One of :data:`forecast.questions.QUESTIONS`.

    Examples
    --------
    >>> question_of("placement")
    'placement'
    """
    return next(name for name in QUESTIONS if name.replace("_", "") == command.replace("-", ""))


def says(question: str) -> str:
    """Return the line of a question in the help.

    Parameters
    ----------
    question
        One of :data:`forecast.questions.QUESTIONS`.

    Returns
    -------
    str

    Examples
    --------
    >>> says("placement")
    'Say accelerator-hours by vendor, and CPU core-hours.'
    """
    return f"Say {QUESTIONS[question].gives}."


def needed(question: str) -> list[str]:
    """Return the fields that a question needs, in the order in which they may be given by place.

    Parameters
    ----------
    question
        One of :data:`forecast.questions.QUESTIONS`.

    Returns
    -------
    list of str

    Examples
    --------
    >>> needed("attribute")
    ['start', 'end']
    """
    schema = QUESTIONS[question]
    return [name for name in taken(schema) if schema.model_fields[name].is_required()]


def example_of(question: str) -> Example:
    """Return the end of the help of a question's command, its call made of the values that the meanings of fields name.

    Parameters
    ----------
    question
        One of :data:`forecast.questions.QUESTIONS`.

    Returns
    -------
    Example
        Call, and what its answer is.

    Examples
    --------
    >>> example_of("attribute").line, example_of("quantiles").line
    ('shiftcast attribute 2025Q2 2026Q2', 'shiftcast quantiles gpu_hours')
    """
    fields = QUESTIONS[question].model_fields
    words = [example_value(name, fields[name], kind_of(fields[name])) for name in needed(question)]
    line = shlex.join(["shiftcast", question.replace("_", "-"), *words, *_ALSO.get(question, ())])
    return Example(line, f"{QUESTIONS[question].gives}; ranges hold what comes 8 times in 10")


def _parameters(question: str) -> list[Parameter]:
    """Return a parameter a field, and one for words given by place."""
    schema, found = QUESTIONS[question], []
    for row in field_rows(question):
        name, info = row["field"], schema.model_fields[row["field"]]
        option = typer.Option(
            *option_of(name), help=_help(row), metavar=_SHAPES.get(kind_of(info), name.upper()), show_default=False,
            autocompletion=completing(name), rich_help_panel=ASKED if is_context(info) else None,
        )  # fmt: skip
        several = kind_of(info) in _REPEATED
        found.append(_option(name, Annotated[(list[str] if several else str) | None, option], None))
    places = needed(question)
    if not places:
        return found
    words = typer.Argument(metavar=" ".join(places).upper(), help="What is needed, by place rather than by name.",
                           autocompletion=completing(places[0]))  # fmt: skip
    return [_option("words", Annotated[list[str] | None, words], None), *found]


def _help(row: Mapping[str, str]) -> str:
    """Return meaning, unit, bounds and default of a field."""
    default = {"needed": "needed", "": ""}.get(row["default"], f"{row['default']} if left out")
    notes = "; ".join(note for note in (row["unit"] if row["unit"] != "1" else "", row["bounds"], default) if note)
    return f"{row['meaning'].removesuffix(' (any question)')}{f' [{notes}]' if notes else ''}"


def _option(name: str, annotation: Any, default: Any) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _asked(question: str, given: Mapping[str, Any], words: Sequence[str]) -> dict[str, Any]:
    """Return the fields that were given, by name or by place, each in its kind and within its bounds."""
    command = f"shiftcast {question.replace('_', '-')}"
    named = {name: value for name, value in given.items() if value not in (None, [])}
    open_ = [name for name in needed(question) if name not in named]
    if len(words) > len(open_):
        by_place = f"takes only {' '.join(open_).upper()} by place" if open_ else "takes nothing more by place"
        raise InputError(f"`{command}` {by_place}, not {words[len(open_)]!r}; see --help for its options")
    named |= dict(zip(open_, words, strict=False))
    lacking = [name for name in needed(question) if name not in named]
    meanings = {row["field"]: row["meaning"] for row in field_rows(question)}
    if lacking:
        raise InputError(f"`{command}` needs {option_of(lacking[0])[0]}: {meanings[lacking[0]]}")
    schema = QUESTIONS[question]
    ordered = {name: named[name] for name in taken(schema) if name in named}  # the same question has the same bytes
    read = {name: field_value(name, value, kind_of(schema.model_fields[name])) for name, value in ordered.items()}
    for name, value in read.items():
        bounded(name, value, schema.model_fields[name])
    return read


def _answer(question: str, asked: Mapping[str, Any], version: str | None, root: Path | None) -> Any:
    """Ask the registered forecast, and return the answer and the day it is seen from."""
    from shiftcast.pipelines.commands.asking import ask_forecast  # noqa: PLC0415  (brings the forecast: keeps --help fast)

    return ask_forecast({"question": question, **asked}, version, root)
