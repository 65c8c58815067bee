"""`shiftcast hierarchy`: histories of the bottom nodes in, quantiles of every node and draws that add up out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from shiftcast.features.bounds import DRAWS, HELD
from shiftcast.features.input_error import InputError, error_of
from shiftcast.features.reading import HOLD
from shiftcast.forecast.hierarchy.edges import hierarchy_from_table
from shiftcast.pipelines.commands.dates import AsOf, FiscalEnd, Frequency, Order, Partial, Zone, as_reading
from shiftcast.pipelines.commands.noted import KINDS, TABLES, check_output, notes_of
from shiftcast.pipelines.commands.series_progress import errors
from shiftcast.pipelines.series.files import read_series
from shiftcast.pipelines.series.hierarchies import forecast_hierarchy
from shiftcast.pipelines.sources.long_files import read_long
from shiftcast.pipelines.tables.writing import write_table

_TOLD: Final = f"Joint draws; with nodes and periods, {HELD:,} figures at most."


def hierarchy(
    file: Annotated[Path, typer.Argument(help=f"{TABLES}: series,period_end,value of the bottom nodes.")],
    edges: Annotated[Path, typer.Option("--hierarchy", help="Edges parent, child; or a summing matrix.")],
    horizon: Annotated[int, typer.Option(min=1, help="Periods ahead.")],
    frequency: Frequency = None,
    zone: Zone = None,
    dates: Order = "",
    fiscal_end: FiscalEnd = 0,
    as_of: AsOf = None,
    partial: Partial = HOLD,
    grouped: Annotated[bool, typer.Option("--grouped", help="Let a node have several parents.")] = False,
    output: Annotated[Path | None, typer.Option(help=f"{KINDS}; CSV on standard output if left out.")] = None,
    paths: Annotated[Path | None, typer.Option(help="File of joint draws to write.")] = None,
    draws: Annotated[int, typer.Option(min=2, max=DRAWS, help=_TOLD)] = 500,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = 0,
) -> None:
    """Forecast every node of a hierarchy from histories of its bottom nodes, in draws that add up."""
    check_output(output, paths)
    tree = hierarchy_from_table(read_long(edges), grouped=grouped)
    with errors.status(f"forecasting {len(tree.names)} nodes"):
        try:
            answer = forecast_hierarchy(
                read_series(file, ("series", "period_end", "value")), tree, horizon=horizon, draws=draws, seed=seed,
                reading=as_reading(frequency, zone, dates, fiscal_end, as_of, partial),
            )  # fmt: skip
        except InputError as problem:
            raise error_of(file, problem) from problem
    for line in answer.treated.lines():
        errors.print(f"treated: {line}", markup=False, highlight=False)
    notes = notes_of(lines=[f"treated: {line}" for line in answer.treated.lines()], as_of=as_of)
    write_table(answer.quantiles(), output, notes=notes)
    if paths is not None:
        write_table(answer.paths(), paths, notes=notes)
