"""`shiftcast ask`: questions to a registered forecast, answered as the served model answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import pandas as pd
import typer

from shiftcast.features.input_error import InputError
from shiftcast.forecast.questions import ANSWER, KINDS, QUESTIONS, field_rows
from shiftcast.forecast.views.scenario import BASE
from shiftcast.pipelines.commands.answer_cells import table_of
from shiftcast.pipelines.commands.asking import ask_forecast
from shiftcast.pipelines.commands.fitting import wide_console
from shiftcast.pipelines.commands.giving import AsJson, Places, Plot, check_places, give
from shiftcast.pipelines.commands.noted import Output
from shiftcast.pipelines.commands.options import Root, Version
from shiftcast.pipelines.sources.scenario_files import scenario_field


def ask(
    question: Annotated[str, typer.Argument(help=f"One of {', '.join(QUESTIONS)}.")],
    fields: Annotated[
        list[str] | None, typer.Argument(help="What it takes, as field=value: measure=power horizon=4.")
    ] = None,
    takes: Annotated[
        bool, typer.Option("--takes", help="Say which fields the question takes, and ask nothing.")
    ] = False,
    lift: Annotated[list[str] | None, typer.Option(help="A ceiling that does not count, such as power.")] = None,
    version: Version = None,
    output: Output = None,
    plot: Plot = None,
    as_json: AsJson = False,
    root: Root = None,
) -> None:
    """Ask a registered forecast, such as: ask when technique=llm of=recsys base=gpu_hours segment=hyperscale."""
    if takes:
        wide_console().print(table_of(pd.DataFrame(field_rows(question)), {}))
        return
    asked = {"question": question, **dict(_field(text) for text in fields or [])}
    asked |= _lifted(asked, lift or [])
    check_places(places := Places(output, plot, as_json=as_json, form=str(asked.get("form", ANSWER))))
    give(*ask_forecast(asked, version, root), places)


def _field(text: str) -> tuple[str, Any]:
    """Read ``name=value``; numbers as numbers, several with commas between, the rest as text."""
    name, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"{text!r} is not of the form field=value, such as measure=power")
    column = KINDS[name].column if name in KINDS else "string"
    if column == "string":
        return name, scenario_field(name, value)
    try:
        return name, json.loads(value if column else f"[{value}]")
    except (ValueError, RecursionError):
        raise InputError(f"field {name!r} is {value[:40]!r}; it must be a number, or numbers with commas") from None


def _lifted(asked: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return the field that lifts ceilings: part of a scenario, or of its own where the question has one."""
    if not names:
        return {}
    if "lift" in {row["field"] for row in field_rows(str(asked["question"]))}:
        return {"lift": list(names)}
    levers = [str(asked[name]) for name in ("scenario",) if asked.get(name, BASE) != BASE]
    return {"scenario": "; ".join([*levers, *(f"lift {name}" for name in names)])}
