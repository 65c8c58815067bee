"""`shiftcast reconcile`: users' own forecasts made coherent, from files to a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from shiftcast.features.input_error import InputError
from shiftcast.features.instants import Clock
from shiftcast.forecast.hierarchy.constraints import parse_constraint
from shiftcast.forecast.hierarchy.edges import hierarchy_from_table
from shiftcast.forecast.hierarchy.long import ALL_METHODS, Reconciliation, reconcile_long
from shiftcast.forecast.hierarchy.periods import in_time
from shiftcast.forecast.hierarchy.structure import Hierarchy
from shiftcast.forecast.views.rows import plain_rows
from shiftcast.forecast.volume.coherent import coherent_volumes, of_volumes
from shiftcast.pipelines.commands.dates import FiscalEnd, Order
from shiftcast.pipelines.commands.noted import KINDS, check_output, notes_of
from shiftcast.pipelines.sources.long_files import read_long
from shiftcast.pipelines.tables.places import PARQUET, kind_of
from shiftcast.pipelines.tables.writing import write_table


def reconcile(
    file: Annotated[
        Path, typer.Argument(help="Forecasts: unique_id, ds, a column a model or draw; or what volume writes.")
    ],
    hierarchy: Annotated[Path, typer.Option(help="Edges parent, child; or unique_id, parent; or a summing matrix.")],
    method: Annotated[str, typer.Option(help=f"One of {', '.join(ALL_METHODS)}.")] = "wls_struct",
    constraint: Annotated[
        list[str] | None, typer.Option(help="Such as '0.4 * H - 0.6 * R = 0'; may be given again.")
    ] = None,
    tolerance: Annotated[float, typer.Option(min=0, help="Soft constraints: allowed standard deviation.")] = 0.0,
    keep: Annotated[list[str] | None, typer.Option(help="A node that must not move; may be given again.")] = None,
    dates: Order = "",
    fiscal_end: FiscalEnd = 0,
    insample: Annotated[Path | None, typer.Option(help="unique_id, ds, y and fitted values, for residuals.")] = None,
    grouped: Annotated[bool, typer.Option("--grouped", help="Let a node have several parents.")] = False,
    nonnegative: Annotated[bool, typer.Option("--nonnegative", help="Let no value fall below zero.")] = False,
    output: Annotated[Path | None, typer.Option(help=f"{KINDS}; CSV on standard output if left out.")] = None,
    paths: Annotated[Path | None, typer.Option(help="Coherent draws to write, where FILE has draws.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print forecasts and what moved them as JSON.")] = False,
) -> None:
    """Make forecasts of a hierarchy add up, with constraints such as a 60/40 split."""
    check_output(output, paths)
    wanted = tuple(parse_constraint(text, tolerance=tolerance) for text in constraint or ())
    if tolerance and not wanted:
        raise InputError(f"--tolerance {tolerance:g} has no constraint to soften; give --constraint, or leave it out")
    plan = Reconciliation(method, wanted, tuple(keep or ()), nonnegative)
    tree = hierarchy_from_table(read_long(hierarchy), grouped=grouped)
    clock = Clock(order=dates, fiscal_end=fiscal_end)
    fitted = None if insample is None else _read(insample, clock)
    rows = _read(file, clock)
    volumes = of_volumes(rows)
    if volumes:
        made, summary = _volumes(tree, rows, plan, fitted, paths)
    else:
        if paths is not None:
            raise InputError(f"{file}: --paths takes draws that `shiftcast volume --paths` wrote; leave it out here")
        done = reconcile_long(tree, rows, plan, insample=fitted)
        made, summary = done.frame, done.summary
    if output is not None or not as_json:
        _write(made, output, typed=not volumes)
    about = {"method": method, "nodes": len(tree.names), "constraints": [each.text for each in wanted],
             "kept": list(plan.keep)}  # fmt: skip
    if as_json:
        typer.echo(json.dumps({**about, "summary": plain_rows(summary), "rows": plain_rows(made)}, default=str))
        return
    typer.echo(f"{method}, {len(tree.names)} nodes, constraints {about['constraints']}, kept {about['kept']}", err=True)
    typer.echo(summary.to_string(index=False), err=True)


def _read(file: Path, clock: Clock) -> pd.DataFrame:
    """Read a long file, its dates in the order of time."""
    rows = read_long(file)
    try:
        return in_time(rows, clock)
    except InputError as problem:
        raise InputError(f"{file}: {problem}") from None


def _volumes(
    tree: Hierarchy, rows: pd.DataFrame, plan: Reconciliation, fitted: pd.DataFrame | None, paths: Path | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a forecast that `shiftcast volume` made, made coherent, and the summary; write its draws if asked to."""
    done = coherent_volumes(tree, rows, plan, insample=fitted)
    if paths is not None and done.paths.empty:
        raise InputError("--paths needs draws: give the file that `shiftcast volume --paths` wrote, not its quantiles")
    if paths is not None:
        write_table(done.paths, paths, notes=notes_of())
    if done.left_out:
        typer.echo(
            f"means only: {done.left_out} rows of quantiles are left out, as quantiles do not add up; for coherent "
            "ones give the file of `shiftcast volume --paths`", err=True,
        )  # fmt: skip
    return done.forecast, done.summary


def _write(frame: pd.DataFrame, output: Path | None, *, typed: bool = True) -> None:
    """Write forecasts; a Parquet file of a user's own has the types that it was read with."""
    if typed and output is not None and kind_of(output) == PARQUET:
        frame.to_parquet(output, index=False)
    else:
        write_table(frame, output, notes=notes_of())
