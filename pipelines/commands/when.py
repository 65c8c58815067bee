"""`shiftcast when`: when techniques pass a threshold of a workload, the odds by year, and what would settle it."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from shiftcast.forecast.answering import answer_rows
from shiftcast.forecast.views.crossing_answer import Crossing
from shiftcast.forecast.views.scenario import BASE
from shiftcast.pipelines.commands.ask import AsJson, Root, json_text, write_rows
from shiftcast.pipelines.commands.noted import Output, check_output
from shiftcast.pipelines.commands.screen import wide_console
from shiftcast.pipelines.registry.mlflow_store import CHAMPION
from shiftcast.pipelines.registry.versions import open_version


def when(
    technique: Annotated[
        str, typer.Argument(help="A class (llm), a sum (sequence+llm), 'deep or newer', or the words for it.")
    ],
    of: Annotated[str, typer.Option(help="Workload, such as recsys, search or ads.")],
    base: Annotated[str, typer.Option(help="requests, work (operations of the models) or gpu_hours.")],
    segment: Annotated[str, typer.Option(help="hyperscale, rest, all, or a leaf such as sovereign.")],
    above: Annotated[float, typer.Option(help="Threshold that the share passes.")] = 0.5,
    level: Annotated[float, typer.Option(help="Level of the intervals.")] = 0.8,
    scenario: Annotated[str, typer.Option(help="Levers, such as 'generative*1.5; lift power'.")] = BASE,
    version: Annotated[str, typer.Option(help="Alias or number of the version to ask.")] = CHAMPION,
    output: Output = None,
    as_json: AsJson = False,
    root: Root = None,
) -> None:
    """Say when techniques pass a threshold of a workload, how likely by each year, why, and what would settle it."""
    asked: dict[str, Any] = {
        "technique": technique, "of": of, "base": base, "segment": segment, "above": above, "level": level,
        "scenario": scenario,
    }  # fmt: skip
    check_output(output)
    forecaster = open_version(version, root=root).forecaster
    if output is not None:
        write_rows(answer_rows(forecaster, [{"question": "when", **asked}]), output)
    if as_json:
        sys.stdout.write(json_text(forecaster.answer({"question": "when", **asked})) + "\n")
    else:
        _show(forecaster.when(**asked))


def _show(found: Crossing) -> None:
    """Print the sentence, then the numbers."""
    console = wide_console()
    console.print(f"[bold]{found.question}[/bold] (techniques read: {found.techniques})")
    console.print(found.says, markup=False)
    odds = Table("already", *(f"by {year}" for year in found.by), f"not by {found.horizon}", title="Probability")
    odds.add_row(*(f"{each:.1%}" for each in (found.already, *found.by.values(), found.never)))
    dates = Table("", "early", "middle", "late", title=f"Quarter, {found.level:.0%} interval")
    dates.add_row("of all draws", found.early, found.middle, found.late)
    if found.draws_within:
        within = (each or "-" for each in (found.early_within, found.middle_within, found.late_within))
        dates.add_row(f"of the {found.draws_within} draws that cross ahead", *within)
    console.print(odds, dates)
    _show_uncertainty(console, found)
    for note in found.notes:
        console.print(f"Note: {note}.")


def _show_uncertainty(console: Console, found: Crossing) -> None:
    if found.parts is not None:
        names = {"level": "level today", "speed": "speed", "each": "what a request takes", "remainder": "its change"}
        parts = Table(*names.values(), title="Variance of the logit share in the middle of the window")
        parts.add_row(*(f"{getattr(found.parts, name):.0%}" for name in names))
        console.print(parts)
    if found.settles:
        figures = Table("one figure that would settle part of it", "of the variance")
        for each in found.settles:
            figures.add_row(escape(each.ask), f"{each.cut:.0%}")
        console.print(figures)
