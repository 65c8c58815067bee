"""`shiftcast run`: the main job, for a person."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from shiftcast.features.bounds import DRAWS
from shiftcast.forecast.known import Settings
from shiftcast.pipelines.commands.options import as_day
from shiftcast.pipelines.state.root import default_root
from shiftcast.pipelines.tables.places import check_folder


def run(
    origin: Annotated[
        str | None, typer.Option(help="Forecast as of this day, such as 2026-03-16; today if left out.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the report and tables.")] = Path("shiftcast-out"),
    draws: Annotated[int, typer.Option(min=100, max=DRAWS, help="Joint draws.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of every random number.")] = 20260826,
    record: Annotated[Path | None, typer.Option(help="Folder of records; the public record if left out.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Ingest the record, fit, backtest, compare with the champion, register, and publish forecasts to 2028Q4."""
    from shiftcast.pipelines.commands.run_progress import Progress  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.commands.screen import result_json, show_result  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.job.run import RunRequest  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.job.run import run as run_job  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.records import RECORDS  # noqa: PLC0415  (keeps --help fast)

    check_folder(out)
    request = RunRequest(
        as_day(origin, "--origin"),
        origin is not None,
        Settings(draws=draws, seed=seed),
        default_root(),
        out,
        record or RECORDS,
    )
    with Progress(shown=not quiet) as progress:
        result = run_job(request, progress=progress.step)
    if as_json:
        sys.stdout.write(json.dumps(result_json(result), indent=1) + "\n")
    elif not quiet:
        show_result(result)
