"""`shiftcast ask` and `shiftcast why`: questions to a registered forecast, answered as the served model answers."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import pandas as pd
import typer
from rich.table import Table

from shiftcast.features.calendars import quarter_label
from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.answering import answer_text
from shiftcast.forecast.questions import ANSWER, KINDS, QUESTIONS, ROWS, field_rows
from shiftcast.forecast.telling.form import plain_answer
from shiftcast.forecast.views.answer import Answer
from shiftcast.forecast.views.attribution import DECOMPOSITIONS, WARNING, attribute
from shiftcast.forecast.views.part import forecast_periods, periods
from shiftcast.forecast.views.rows import plain_rows
from shiftcast.forecast.views.scenario import BASE
from shiftcast.pipelines.commands.noted import Output, check_output, write_noted
from shiftcast.pipelines.commands.screen import wide_console
from shiftcast.pipelines.registry.bundle import Bundle
from shiftcast.pipelines.registry.mlflow_store import CHAMPION
from shiftcast.pipelines.registry.versions import changed_inputs, open_version
from shiftcast.pipelines.sources.scenario_files import scenario_field

AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON, byte for byte as the server does.")]
_INNER: Final = ("100", "500", "900")  # quantiles, in thousandths, that stand in one cell
Root = Annotated[Path | None, typer.Option(help="Folder of the store; mlruns here if left out.")]


def ask(
    question: Annotated[str, typer.Argument(help=f"One of {', '.join(QUESTIONS)}.")],
    fields: Annotated[
        list[str] | None, typer.Argument(help="What it takes, as field=value: measure=power horizon=4.")
    ] = None,
    version: Annotated[str, typer.Option(help="Alias or number of the version to ask.")] = CHAMPION,
    takes: Annotated[
        bool, typer.Option("--takes", help="Say which fields the question takes, and ask nothing.")
    ] = False,
    lift: Annotated[list[str] | None, typer.Option(help="A ceiling that does not count, such as power.")] = None,
    output: Output = None,
    as_json: AsJson = False,
    root: Root = None,
) -> None:
    """Ask a registered forecast, such as: ask when technique=llm of=recsys base=gpu_hours segment=hyperscale."""
    if takes:
        _show([row | {"row": number} for number, row in enumerate(field_rows(question))])
        return
    check_output(output)
    asked = {"question": question, **dict(_field(text) for text in fields or [])}
    asked |= _lifted(asked, lift or [])
    answer = open_version(version, root=root).forecaster.answer(asked)
    rows = [row | {"row": 0} for row in plain_rows(answer.table)]
    write_rows(rows, output)
    if as_json:
        sys.stdout.write(json_text(answer, form=asked.get("form", ANSWER)) + "\n")
    else:
        _show(rows)


def why(
    start: Annotated[str | None, typer.Option(help="Quarter before, such as 2025Q2.")] = None,
    end: Annotated[str | None, typer.Option(help="Quarter after; the last forecast one if left out.")] = None,
    before: Annotated[str | None, typer.Option("--from", help="Alias or number of the forecast before.")] = None,
    after: Annotated[str, typer.Option("--to", help="Alias or number of the forecast after.")] = CHAMPION,
    measure: Annotated[str, typer.Option(help="Measure, such as gpu_hours or power.")] = "gpu_hours",
    segment: Annotated[str, typer.Option(help="hyperscale, rest, or all.")] = ALL,
    by: Annotated[str, typer.Option(help=f"One of {', '.join(DECOMPOSITIONS)}.")] = "factor",
    output: Output = None,
    as_json: AsJson = False,
    root: Root = None,
) -> None:
    """Say why a figure differs between two quarters of a forecast, or between two forecasts of one quarter."""
    if (start is None) == (before is None):
        raise InputError("give --start, to compare two quarters, or --from, to compare two forecasts, and not both")
    check_output(output)
    new = open_version(after, root=root)
    old = new if before is None else open_version(before, root=root)
    until = end or _last_quarter(new)
    effects = attribute(old.cube, new.cube, start=start or until, end=until, measure=measure, segment=segment, by=by)
    rows = [row | {"row": 0} for row in plain_rows(effects)]
    write_rows(rows, output)
    if as_json:
        sys.stdout.write(answer_text(rows) + "\n")
        return
    _show(rows)
    for line in (*(changed_inputs(old, new) if before is not None else ()), WARNING):
        wide_console().print(line)


def json_text(answer: Answer, *, form: str = ANSWER) -> str:
    """Return an answer as the JSON that the server sends for the same question in the same form.

    Parameters
    ----------
    answer
        A whole answer.
    form
        ``answer`` or ``rows``.

    Returns
    -------
    str
        JSON on one line.
    """
    found = plain_rows(answer.table) if form == ROWS else [plain_answer(answer)]
    return answer_text([each | {"row": 0} for each in found])


def write_rows(rows: Sequence[Mapping[str, Any]], output: Path | None) -> None:
    """Write the rows of an answer as a table; fields that are lists or records as JSON.

    Parameters
    ----------
    rows
        As the server gives them.
    output
        As :func:`pipelines.commands.noted.write_noted` takes it.
    """
    if output is None:
        return
    plain = [{name: json.dumps(cell) if isinstance(cell, list | dict) else cell for name, cell in row.items()}
             for row in rows]  # fmt: skip
    days = {str(row["as_of"]) for row in rows if row.get("as_of")}
    write_noted(pd.DataFrame(plain), output, days.pop() if len(days) == 1 else None)


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


def _show(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print what all rows share once, a line each, and a table of what differs."""
    rows = [_folded(row) for row in rows]
    names = [name for name in rows[0] if name != "row"]
    shared = [name for name in names if len({repr(row[name]) for row in rows}) == 1]
    console = wide_console()
    for name in shared:
        console.print(f"{name}: {_cell(rows[0][name])}")
    table = Table(*(name for name in names if name not in shared))
    for row in rows:
        table.add_row(*(_cell(row[name]) for name in names if name not in shared))
    if len(shared) < len(names):
        console.print(table)


def _folded(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with the 10, 50 and 90 % quantiles of each figure in one cell."""
    folded: dict[str, Any] = {}
    for name, value in row.items():
        figure, _, level = name.rpartition("_q")
        if not figure or any(f"{figure}_q{each}" not in row for each in _INNER):
            folded[name] = value
        elif level == _INNER[0]:
            low, middle, high = (f"{row[f'{figure}_q{each}']:.3g}" for each in _INNER)
            folded[f"{figure} (80 %)"] = f"{middle} ({low}-{high})"
    return folded


def _cell(value: Any) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
