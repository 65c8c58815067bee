"""Screen of an answer: the conclusion, the picture's place, the figures, what they rest on, and notes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from rich.markup import escape

from shiftcast.forecast.views.answer import Answer
from shiftcast.forecast.views.provenance import Provenance
from shiftcast.pipelines.commands.answer_cells import MOST_ROWS, table_of
from shiftcast.pipelines.commands.fitting import FittingConsole, wide_console
from shiftcast.pipelines.tables.cells import figure, shared_of
from shiftcast.pipelines.tables.laid_out import laid_out


def show(answer: Answer, *, picture: Path | None = None) -> None:
    """Print an answer for a person: what it comes to, the picture's place, figures, what they rest on, and notes.

    Parameters
    ----------
    answer
        The answer.
    picture
        File that its picture was written to.
    """
    console = wide_console()
    if answer.says:
        console.print(f"[bold]{escape(answer.says)}[/bold]")
    console.print(escape(answer.question), style="" if answer.says else "bold")
    if picture is not None:
        console.print(escape(f"Picture: {picture}"), soft_wrap=True)
    for title, rows in laid_out(answer):
        _show_table(console, title, rows, answer)
    _show_assumed(console, answer)
    if answer.provenance is not None:
        console.print(escape(came_from(answer.provenance)))
    if answer.notes:
        console.print("Notes:")
    for note in answer.notes:
        console.print(escape(f"- {note}"), soft_wrap="`shiftcast" in note)


def came_from(told: Provenance) -> str:
    """Return where an answer comes from, in a sentence or two.

    Parameters
    ----------
    told
        Its provenance.

    Returns
    -------
    str
    """
    made = told.registered
    digest = "" if made is None else f", digest {made.digest[:12]}"
    draws = f", {told.draws:,} draws" if told.draws else ""
    drawn = f"as of {told.as_of}{draws}{digest}; base {told.base or 'none'}"
    part = told.assumed.part
    assumed = "" if part is None else f" Assumed, not measured: {part:.0%} of {told.assumed.of}."
    if "fleet" in told.asked:
        version = "" if made is None or made.version is None else f", registered as version {made.version}"
        return f"From {told.definition_words}{version}, {drawn}.{assumed}"
    which = "a forecast that is not registered" if made is None else f"forecast version {made.version or '?'}"
    words = f" ({told.definition_words})" if told.definition_words else ""
    scenario = f"; scenario {told.scenario} ({told.scenario_hash})" if told.scenario_hash else ""
    return f"From {which}, {drawn}, hyperscale as {told.definition}{words}, claims as {told.mode}{scenario}.{assumed}"


def _show_table(console: FittingConsole, title: str, rows: pd.DataFrame, answer: Answer) -> None:
    if title and len(rows):
        console.print(f"\n{escape(title[:1].upper() + title[1:])}:")
    shared = shared_of(rows)
    for name, text in shared.items():
        console.print(escape(f"{name.replace('_', ' ')}: {text}"))
    for kind in _alike(rows.drop(columns=list(shared))):
        table = table_of(kind, answer.units)
        if table is not None:
            console.print(table)
    if len(rows) > MOST_ROWS:
        console.print(f"and {len(rows) - MOST_ROWS:,} further rows: --output FILE writes all")


def _alike(rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the rows grouped by which figures they have, in few groups, each without the columns it has none in."""
    shown = rows.head(MOST_ROWS)
    kinds = [part.dropna(axis=1, how="all") for _, part in shown.groupby(_pattern(shown), sort=False)]
    return kinds if len(kinds) <= 3 else [shown]


def _pattern(rows: pd.DataFrame) -> pd.Series:
    return rows.notna().apply(tuple, axis=1)


def _show_assumed(console: FittingConsole, answer: Answer) -> None:
    if len(answer.assumed):
        console.print("Rests on:")
    for row in answer.assumed.to_dict("records"):
        span = "" if row["low"] == row["high"] else f" ({figure(row['low'])} to {figure(row['high'])})"
        unit = "" if row["unit"] == "1" else f" {row['unit']}"
        told = f"- {row['name']} = {figure(row['mid'])}{span}{unit}; {row['evidence']}: {row['source']}"
        console.print(escape(told), soft_wrap="://" in told)
