"""`shiftcast audit`: where a figure comes from, by its measure and part or by its place in a file."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final

import pandas as pd
import typer

from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.answering import answer_text
from shiftcast.forecast.questions import read_question
from shiftcast.forecast.tracing.audit import ROWS
from shiftcast.forecast.tracing.steps import Cell, steps_of
from shiftcast.forecast.views.answer import Answer
from shiftcast.forecast.views.part import Part
from shiftcast.pipelines.commands.noted import Output, check_output, write_answer
from shiftcast.pipelines.commands.screen import wide_console
from shiftcast.pipelines.fleet.answers import plain_answer
from shiftcast.pipelines.registry.bundle import Bundle
from shiftcast.pipelines.registry.mlflow_store import CHAMPION
from shiftcast.pipelines.registry.versions import open_version
from shiftcast.pipelines.trace.cells import Stated, stated_in
from shiftcast.pipelines.trace.lines import with_lines
from shiftcast.pipelines.trace.written import Written, is_place, read_written

_SHOWN: Final = 15  # rows of the record on the screen
_PART: Final = ("segment", "leaf", "workload", "technique")


def audit(
    figure: Annotated[str, typer.Argument(help="A measure such as power, or FILE:ROW; row 1 is the header.")],
    period: Annotated[str, typer.Option(help="Quarter, such as 2027Q4; a row of a file brings its own.")] = "",
    segment: Annotated[str, typer.Option(help="hyperscale, rest, vendor_internal, or all.")] = "",
    leaf: Annotated[str, typer.Option(help="Kind of operator, such as sovereign.")] = "",
    workload: Annotated[str, typer.Option(help="Such as recsys.")] = "",
    technique: Annotated[str, typer.Option(help="Such as llm.")] = "",
    base: Annotated[str, typer.Option(help="Of a share: requests or revenue.")] = "none",
    stated_under: Annotated[str, typer.Option(help="Definition of a share of revenue.")] = "",
    version: Annotated[str, typer.Option(help="Alias or number of the version to ask.")] = CHAMPION,
    output: Output = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole answer as JSON.")] = False,
    root: Annotated[Path | None, typer.Option(help="Folder of the store; mlruns here if left out.")] = None,
) -> None:
    """Say where a figure comes from: equation and inputs, rows of the record, their evidence and weight."""
    check_output(output)
    part = dict(zip(_PART, (segment, leaf, workload, technique), strict=True))
    written = read_written(figure) if is_place(figure) else None
    if written is not None and "measure" not in written.cells:
        answer = _as_written(written)
    else:
        bundle = open_version(version, root=root)
        asked = {"measure": figure, "period": period, "base": base, "stated_under": stated_under, **part}
        answer = _of_forecast(bundle, written, asked)
    write_answer(answer, output, None)
    if as_json:
        sys.stdout.write(answer_text([plain_answer(answer) | {"row": 0}]) + "\n")
    else:
        _show(answer)


def _of_forecast(bundle: Bundle, written: Written | None, asked: dict[str, str]) -> Answer:
    """Return the audit of a cell of a forecast, with lines of its record and the version it is of."""
    stated = None
    if written is not None:
        stated = stated_in(written, {name: asked[name] for name in _PART}, bundle.summary.origin)
        if stated is None:
            raise InputError(f"{written.place} has no quarter; name the cell: shiftcast audit MEASURE --period QUARTER")
        asked = dict(stated.asked)
    elif not asked["period"]:
        raise InputError("--period is missing; give the quarter of the figure, such as --period 2027Q4")
    fields = read_question({"question": "audit", **{name: value for name, value in asked.items() if value}}).arguments
    answer = bundle.forecaster.audit(**fields)
    more = {title: with_lines(rows, bundle.summary.files) if title == ROWS else rows
            for title, rows in answer.more.items()}  # fmt: skip
    lines = (*_compared(bundle, stated, written, fields), *answer.notes, *_made(bundle))
    return replace(answer, more=more, notes=lines)


def _compared(bundle: Bundle, stated: Stated | None, written: Written | None, fields: Any) -> list[str]:
    if stated is None or written is None:
        return []
    part = {name: value for name, value in fields.items() if name in _PART}
    cell = Cell(fields["measure"], Part(**{"segment": ALL, **part}), fields["period"], fields.get("base", "none"),
                fields.get("stated_under", ""))  # fmt: skip
    return [stated.compared(steps_of(bundle.cube, cell)[0].figure, written.place)]


def _made(bundle: Bundle) -> list[str]:
    """Return the version a figure is of: day, seed, digests of data, code and settings."""
    summary = bundle.summary
    by = "" if summary.made_by is None else f", made by {' '.join(summary.made_by.requirements)}"
    drawn = f"{summary.settings.draws} draws, seed {summary.settings.seed}"
    return [f"as of {summary.origin}; {drawn}; SHA-256 of data, code and settings {summary.digest}{by}"]


def _as_written(written: Written) -> Answer:
    """Return what a workbook says of a table that is no part of a forecast: command, notes and sources."""
    if not written.notes:
        raise InputError(
            f"{written.place} is no row of a forecast and its file keeps no notes; write the table as .xlsx, which "
            "keeps command and sources, or name the cell: shiftcast audit MEASURE --period QUARTER"
        )
    table = pd.DataFrame({"name": list(written.cells), "figure": list(written.cells.values())})
    column = written.column or next(iter(written.cells))
    said = f"{written.cells[column]} is {column} in {written.place}: {written.notes.get('command', 'no command told')}."
    notes = tuple(f"{heading}: {text}" for heading, text in written.notes.items())
    return Answer(f"audit {written.place}", table, pd.DataFrame(written.sources), notes, says=said)


def _show(answer: Answer) -> None:
    """Print the words, then a block a step and a block a row; nothing is cut, however narrow the screen is."""
    console = wide_console()

    def say(line: str) -> None:
        console.print(line, markup=False, soft_wrap=True)

    say(answer.says)
    for row in answer.table.to_dict("records"):
        if row.get("equation"):
            say(f"\n{row['step']}. {row['equation']}  [{row['in_units']}; {row['page']}]")
        say(f"   {row['name']}: {_figure(row)}")
    rows = answer.more.get(ROWS, pd.DataFrame()).head(_SHOWN)
    for place, row in enumerate(rows.to_dict("records")):
        say(f"{'' if place else f'{chr(10)}Rests on{chr(10)}'}{row['weight']:6.1%} {row['subject']}: {row['about']}")
        say(f"       {row['figure']:.4g} ({row['low']:.4g}-{row['high']:.4g}) {row['unit']}, of {row['valid']}, known "
            f"{row['known_at']}, {row['evidence']}, {row['confidence']}; {row['file']} {row['source']}")  # fmt: skip
    for line in answer.notes:
        say(f"- {line}")


def _figure(row: dict[Any, Any]) -> str:
    if "median" not in row:
        return str(row["figure"])
    middle, low, high = (f"{row[name]:.5g}" for name in ("median", "low80", "high80"))
    return f"{middle} {row['unit']}" if low == high else f"{middle} ({low}-{high}) {row['unit']}"
