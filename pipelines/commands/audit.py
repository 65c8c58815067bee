"""`shiftcast audit`: where a figure comes from, by its measure and part or by its place in a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Final

import pandas as pd
import typer

from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.questions import read_question
from shiftcast.forecast.tracing.audit import ROWS
from shiftcast.forecast.tracing.cells import Cell
from shiftcast.forecast.tracing.steps import steps_of
from shiftcast.forecast.views.answer import ASSUMED, Answer
from shiftcast.forecast.views.part import Part
from shiftcast.pipelines.commands.giving import AsJson, Places, check_places, give
from shiftcast.pipelines.commands.noted import Output
from shiftcast.pipelines.commands.options import Root, Version
from shiftcast.pipelines.registry.bundle import Bundle
from shiftcast.pipelines.registry.mlflow_store import CHAMPION
from shiftcast.pipelines.registry.versions import open_version
from shiftcast.pipelines.trace.cells import Stated, stated_in
from shiftcast.pipelines.trace.lines import with_lines
from shiftcast.pipelines.trace.written import Written, is_place, read_written

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
    version: Version = None,
    output: Output = None,
    as_json: AsJson = False,
    root: Root = None,
) -> None:
    """Say where a figure comes from: equation and inputs, rows of the record, their evidence and weight."""
    check_places(places := Places(output, as_json=as_json))
    part = dict(zip(_PART, (segment, leaf, workload, technique), strict=True))
    written = read_written(figure) if is_place(figure) else None
    if written is not None and "measure" not in written.cells:
        give(_as_written(written), written.notes.get("as of"), places)
        return
    bundle = open_version(version or CHAMPION, root=root)
    asked = {"measure": figure, "period": period, "base": base, "stated_under": stated_under, **part}
    give(_of_forecast(bundle, written, asked), bundle.summary.origin, places)


def _of_forecast(bundle: Bundle, written: Written | None, asked: Mapping[str, str]) -> Answer:
    """Return the audit of a cell of a forecast, with lines of its record."""
    stated = None
    if written is not None:
        stated = stated_in(written, {name: asked[name] for name in _PART}, bundle.summary.origin)
        if stated is None:
            raise InputError(f"{written.place} has no quarter; name the cell: shiftcast audit MEASURE --period QUARTER")
        asked = stated.asked
    elif not asked["period"]:
        raise InputError("--period is missing; give the quarter of the figure, such as --period 2027Q4")
    question = {"question": "audit", **{name: value for name, value in asked.items() if value}}
    answer = bundle.forecaster.answer(question)
    more = {title: with_lines(rows, bundle.summary.files) if title == ROWS else rows
            for title, rows in answer.more.items()}  # fmt: skip
    found = _compared(bundle, stated, written, read_question(question).arguments)
    return replace(answer, more=more, notes=(*found, *answer.notes))


def _compared(
    bundle: Bundle, stated: Stated | None, written: Written | None, fields: Mapping[str, Any]
) -> tuple[str, ...]:
    """Return whether the forecast gives the figure of a row, in one line; none where no row was named."""
    if stated is None or written is None:
        return ()
    part = {name: value for name, value in fields.items() if name in _PART}
    cell = Cell(fields["measure"], Part(**{"segment": ALL, **part}), fields["period"], fields.get("base", "none"),
                fields.get("stated_under", ""))  # fmt: skip
    return (stated.compared(steps_of(bundle.cube, cell)[0].figure, written.place),)


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
    sources = pd.DataFrame(written.sources)
    known = set(ASSUMED) <= set(sources.columns)
    assumed = sources[list(ASSUMED)].astype(dict.fromkeys(("low", "mid", "high"), float)) if known else None
    return Answer(
        f"audit {written.place}", table, pd.DataFrame(columns=list(ASSUMED)) if assumed is None else assumed, notes,
        says=said, more={} if known or sources.empty else {"sources": sources},
    )  # fmt: skip
