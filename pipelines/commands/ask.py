"""`shiftcast ask` and `shiftcast why`: questions to a registered forecast, answered as the served model answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import pandas as pd
import typer

from shiftcast.features.calendars import quarter_label
from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.questions import ANSWER, KINDS, QUESTIONS, field_rows
from shiftcast.forecast.telling.quantities import of_attribute
from shiftcast.forecast.views.attribution import DECOMPOSITIONS, WARNING, attribute
from shiftcast.forecast.views.part import forecast_periods, periods, unit_of
from shiftcast.forecast.views.scenario import BASE
from shiftcast.pipelines.commands.answer_cells import table_of
from shiftcast.pipelines.commands.asking import ask_forecast
from shiftcast.pipelines.commands.fitting import wide_console
from shiftcast.pipelines.commands.giving import AsJson, Places, Plot, bare_answer, check_places, give
from shiftcast.pipelines.commands.noted import Output
from shiftcast.pipelines.commands.options import Root, Version
from shiftcast.pipelines.registry.bundle import Bundle
from shiftcast.pipelines.registry.mlflow_store import CHAMPION
from shiftcast.pipelines.registry.versions import changed_inputs, open_version


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


def why(
    start: Annotated[str | None, typer.Option(help="Quarter before, such as 2025Q2.")] = None,
    end: Annotated[str | None, typer.Option(help="Quarter after; the last forecast one if left out.")] = None,
    before: Annotated[str | None, typer.Option("--from", help="Alias or number of the forecast before.")] = None,
    after: Annotated[str, typer.Option("--to", help="Alias or number of the forecast after.")] = CHAMPION,
    measure: Annotated[str, typer.Option(help="Measure, such as gpu_hours or power.")] = "gpu_hours",
    segment: Annotated[str, typer.Option(help="hyperscale, rest, or all.")] = ALL,
    by: Annotated[str, typer.Option(help=f"One of {', '.join(DECOMPOSITIONS)}.")] = "factor",
    output: Output = None,
    plot: Plot = None,
    as_json: AsJson = False,
    root: Root = None,
) -> None:
    """Say why a figure differs between two quarters of a forecast, or between two forecasts of one quarter."""
    if (start is None) == (before is None):
        raise InputError("give --start, to compare two quarters, or --from, to compare two forecasts, and not both")
    check_places(places := Places(output, plot, as_json=as_json))
    new = open_version(after, root=root)
    old = new if before is None else open_version(before, root=root)
    until = end or _last_quarter(new)
    effects = attribute(old.cube, new.cube, start=start or until, end=until, measure=measure, segment=segment, by=by)
    notes = (*(changed_inputs(old, new) if before is not None else ()), WARNING)
    first, last = (start, until) if start is not None else (f"forecast {before}", f"forecast {after}")
    asked = {"start": first, "end": last, "measure": measure, "segment": segment, "unit": unit_of(new.cube, measure)}
    told = f"why, {measure} of {segment} by {by}, {first} to {last}"
    give(bare_answer(told, effects, of_attribute(effects, asked), notes), str(new.cube.attrs["origin"]), places)


def _field(text: str) -> tuple[str, Any]:
    """Read ``name=value``; numbers as numbers, several with commas between, the rest as text."""
    name, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"{text!r} is not of the form field=value, such as measure=power")
    column = KINDS[name].column if name in KINDS else "string"
    if column == "string":
        return name, value
    try:
        return name, json.loads(value if column else f"[{value}]")
    except ValueError:
        raise InputError(f"field {name!r} is {value[:40]!r}; it must be a number, or numbers with commas") from None


def _lifted(asked: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return the field that lifts ceilings: part of a scenario, or of its own where the question has one."""
    if not names:
        return {}
    if "lift" in {row["field"] for row in field_rows(str(asked["question"]))}:
        return {"lift": list(names)}
    levers = [str(asked[name]) for name in ("scenario",) if asked.get(name, BASE) != BASE]
    return {"scenario": "; ".join([*levers, *(f"lift {name}" for name in names)])}


def _last_quarter(bundle: Bundle) -> str:
    return quarter_label(periods(bundle.cube)[forecast_periods(bundle.cube)][-1])
