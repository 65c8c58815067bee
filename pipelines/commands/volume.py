"""`shiftcast volume`: histories of requests, tokens, jobs or hours in, means and quantiles of their future out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial as bound
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from shiftcast.features.bounds import DRAWS
from shiftcast.features.input_error import InputError, error_of
from shiftcast.features.reading import HOLD
from shiftcast.features.volumes import Treatments
from shiftcast.forecast.beliefs import read_beliefs
from shiftcast.forecast.volume import Elasticity, outside_member, own_priors
from shiftcast.pipelines.commands.dates import AsOf, FiscalEnd, Frequency, Order, Partial, Zone, as_reading
from shiftcast.pipelines.commands.noted import KINDS, TABLES, check_output, notes_of
from shiftcast.pipelines.commands.options import names_of
from shiftcast.pipelines.commands.series_engine import HERE, Engine, Master, path, spread_asked, wanted_places
from shiftcast.pipelines.commands.series_progress import progress_bar
from shiftcast.pipelines.commands.volume_shares import with_shares
from shiftcast.pipelines.commands.volume_summary import (
    VolumeSummary,
    joined,
    lines_of,
    of_manifest,
    show,
    summary_of,
)
from shiftcast.pipelines.drawing.series import SHOWN
from shiftcast.pipelines.publish.volume_plot import Fan, fans, save_plot
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.series.histories import AS_IT_IS, Adding, read_volumes
from shiftcast.pipelines.series.levels import SUMMED, forecast_levels
from shiftcast.pipelines.series.outside import load_outside
from shiftcast.pipelines.series.volumes import VolumeAnswer, VolumeQuestion, forecast_volumes
from shiftcast.pipelines.sources.beliefs import read_belief_rows
from shiftcast.pipelines.spread.volumes import spread_volumes
from shiftcast.pipelines.tables.workbook import Beside
from shiftcast.pipelines.tables.writing import table_writer, write_table

Write = Callable[[pd.DataFrame], None]
Ahead = Callable[[pd.DataFrame, VolumeQuestion], Iterator[tuple[list[VolumeAnswer], Treatments]]]
Elasticities = Annotated[
    list[str] | None, typer.Option(help="Belief in a driver's effect, such as price=-0.5:0.3 (mean:sd).")
]
Member = Annotated[
    str | None, typer.Option(help="A model of your own beside the members: module:function or file.py:function.")
]
Foundation = Annotated[
    str | None, typer.Option(help="Folder or file of pretrained weights, safetensors only, or 'bundled'.")
]


def volume(
    file: Annotated[str, typer.Argument(help=f"{TABLES}: series,group,period_end,value and drivers.")],
    horizon: Annotated[int, typer.Option(min=1, help="Periods ahead, of each series' own frequency.")],
    frequency: Frequency = None,
    output: Annotated[str | None, typer.Option(help=f"{KINDS}; CSV on standard output if left out.")] = None,
    weights: Annotated[str | None, typer.Option(help="File of the member weights to write.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Picture of history and fan to write.")] = None,
    drivers: Annotated[str, typer.Option(help="Columns that drive volume, separated by commas.")] = "",
    zone: Zone = None,
    dates: Order = "",
    fiscal_end: FiscalEnd = 0,
    as_of: AsOf = None,
    partial: Partial = HOLD,
    also: Annotated[str, typer.Option(help="Longer periods to forecast too, adding up: D, W, ME, QE, YE.")] = "",
    levels: Annotated[str, typer.Option(help="With --also: summed, or agreed of forecasts by each level.")] = SUMMED,
    elasticity: Elasticities = None,
    by: Annotated[str, typer.Option(help="Columns to add rows up by into series, such as workload,technique.")] = "",
    totals: Annotated[bool, typer.Option("--totals", help="With --by: forecast sums over its columns too.")] = False,
    edges: Annotated[Path | None, typer.Option(help="With --by: hierarchy to write, for shiftcast reconcile.")] = None,
    shares: Annotated[Path | None, typer.Option(help="Share histories: volumes by category that add up.")] = None,
    paths: Annotated[str | None, typer.Option(help="File of joint draws to write.")] = None,
    draws: Annotated[int, typer.Option(min=1, max=DRAWS, help="Joint draws in --paths.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = 0,
    member: Member = None,
    foundation: Foundation = None,
    record: Annotated[Path, typer.Option(help="Folder whose beliefs.csv the forecast starts from.")] = RECORDS,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
    engine: Engine = HERE,
    master: Master = None,
) -> None:
    """Forecast volumes: mean and quantiles by series, and which member won where."""
    named, adding, longer = names_of(drivers), Adding(names_of(by), totals), names_of(also)
    if edges is not None and not adding.by:
        raise InputError("--edges needs --by, the columns whose combinations are series")
    beliefs = dict(as_elasticity(text) for text in elasticity or ())
    outside = {name: outside_member(name, model) for name, model in load_outside(member, foundation).items()}
    priors = replace(own_priors(read_beliefs(read_belief_rows(record))), outside=outside)
    reading = as_reading(frequency, zone, dates, fiscal_end, as_of, partial)
    question = VolumeQuestion(horizon, priors, named, reading, beliefs, draws if paths else 0, seed)
    forecast: list[pd.DataFrame] = []
    undone = {"--plot": plot, "--by": by, "--shares": shares, "--also": also, "--member": member,
              "--foundation": foundation}  # fmt: skip
    if spread_asked(engine, master, undone):
        outputs = wanted_places({"forecast": output, "weights": weights, "paths": paths})
        summary = of_manifest(spread_volumes(file, question, outputs, master))
    else:
        check_output(path(output), path(weights), path(paths))
        ahead: Ahead = bound(forecast_levels, also=longer, how=levels) if longer else forecast_volumes
        drawn = SHOWN if plot is not None else 0
        answer = bound(answer_file, Path(file), question, drawn=drawn, adding=adding, shares=shares, ahead=ahead)
        try:
            summary = _written(answer, path(output), path(paths), forecast if as_json else None)
        except InputError as problem:
            raise error_of(file, problem) from problem
        for place, table in ((path(weights), summary.weights), (edges, summary.edges)):
            if place is not None:
                write_table(table, place)
        if plot is not None:
            save_plot(summary.fans, plot, total=summary.series)
    show(summary, forecast if as_json else None)


def _written(
    answer: Callable[[Write, Write | None], VolumeSummary], output: Path | None, paths: Path | None,
    kept: list[pd.DataFrame] | None,
) -> VolumeSummary:  # fmt: skip
    """Write forecast and draws of an answer to their files; a forecast without one is kept, or printed."""
    notes: list[tuple[str, str]] = []  # filled once the answer is there, and read when the files are closed
    with ExitStack() as opened:
        to_file = bound(table_writer, beside=Beside(notes))
        write = kept.append if kept is not None and output is None else opened.enter_context(to_file(output))
        write_paths = opened.enter_context(to_file(paths)) if paths is not None else None
        summary = answer(write, write_paths)
        notes += notes_of(lines=lines_of(summary))
        return summary


def answer_file(
    file: Path, question: VolumeQuestion, write: Write, write_paths: Write | None = None, *, drawn: int = 0,
    adding: Adding = AS_IT_IS, shares: Path | None = None, ahead: Ahead = forecast_volumes,
) -> VolumeSummary:  # fmt: skip
    """Write the forecast of a file part by part, and return its summary.

    Parameters
    ----------
    file, question
        CSV or Parquet file, and the horizon and options asked for.
    write, write_paths
        Take the forecast's rows, and those of the joint draws that the question asks for.
    drawn
        Series to keep for a picture.
    adding
        How rows become series.
    shares
        File of share histories, for volumes by category.
    ahead
        How series are forecast: :func:`pipelines.series.volumes.forecast_volumes`, or
        :func:`pipelines.series.levels.forecast_levels` with longer periods.

    Returns
    -------
    VolumeSummary
        Treatments, weights and notes of all parts.

    Raises
    ------
    ValueError
        If the file is missing or its rows are refused.
    """
    found = read_volumes(file, question.columns, adding, drivers=question.drivers)
    history, question = found.history, with_shares(question, found.shares, shares)
    if ahead is not forecast_volumes and question.shares is not None:
        raise InputError("--also adds up periods, and categories have shares of them; forecast one of both at a time")
    total = history["series"].nunique() if "series" in history.columns else 0
    treatments, kept, shown, done = Treatments(), [], dict[str, Fan](), 0
    with progress_bar(total) as advance:
        for answers, treated in ahead(history, question):
            treatments += treated
            for answer in answers:
                write(answer.forecast)
                if write_paths is not None:
                    write_paths(answer.paths)
                done += len(answer.panel.series)
            shown |= fans(answers, drawn - len(shown))
            kept += [summary_of(answer) for answer in answers]
            advance(done)
    return replace(joined(kept, done, treatments, shown), edges=found.edges)


def as_elasticity(text: str) -> tuple[str, Elasticity]:
    """Return a driver and the belief in its elasticity from text such as ``price=-0.5:0.3``.

    Parameters
    ----------
    text
        ``driver=mean:sd``.

    Returns
    -------
    tuple
        Name of the driver, and mean and standard deviation of its elasticity [1].

    Raises
    ------
    ValueError
        If it is not of that form.

    Examples
    --------
    >>> as_elasticity("price=-0.5:0.3")
    ('price', Elasticity(mean=-0.5, sd=0.3))
    """
    name, _, belief = text.partition("=")
    mean, _, sd = belief.partition(":")
    try:
        return name.strip(), Elasticity(float(mean), float(sd))
    except ValueError:
        raise InputError(f"--elasticity {text!r} is not of the form price=-0.5:0.3, driver=mean:sd") from None
