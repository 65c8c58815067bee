"""`shiftcast retrain`, `rollback`, `replay`: the job that runs without anyone watching, the way back, and the past."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from shiftcast.features.bounds import DRAWS
from shiftcast.forecast.known import Settings
from shiftcast.pipelines.commands.options import as_day
from shiftcast.pipelines.commands.prune import Keep, OlderThan, removal, tell_retrained
from shiftcast.pipelines.ingest.stored_usage import UseUsage, stored_usage
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.state.guard import LOCK_SECONDS
from shiftcast.pipelines.state.root import default_root
from shiftcast.pipelines.tables.places import check_folder

EXIT_KEPT: Final = 3
Out = Annotated[Path, typer.Option(help="Folder for the report and tables of the champion.")]
Draws = Annotated[int, typer.Option(min=100, max=DRAWS, help="Joint draws.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of every random number.")]
RecordFolder = Annotated[Path, typer.Option(help="Folder of records.")]
Wait = Annotated[float, typer.Option(min=0, help="Seconds to wait for a run under way on the same store.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]


def retrain(
    promote_if_better: Annotated[
        bool, typer.Option("--promote-if-better", help="Let the champion change; else what is made is kept beside it.")
    ] = False,
    out: Out = Path("shiftcast-out"),
    draws: Draws = 2000,
    seed: Seed = 20260826,
    record: RecordFolder = RECORDS,
    usage: UseUsage = False,
    wait: Wait = LOCK_SECONDS,
    keep: Keep = None,
    older_than: OlderThan = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Ingest, fit, backtest, compare, register and publish; exit code 0 promoted or unchanged, 3 kept, 2 bad input.

    A run on the same data, code and settings computes nothing; one that was killed goes on with the steps that were
    done. Code 1 is a failure.
    """
    from shiftcast.pipelines.commands.run_progress import Progress  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.job.run import RunRequest, run  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.registry.deciding import KEPT  # noqa: PLC0415  (keeps --help fast)

    check_folder(out)
    remove = removal(keep, older_than, wait=wait)
    request = RunRequest(
        as_day(None, "--origin"), False, Settings(draws=draws, seed=seed), default_root(), out, record,
        promote=promote_if_better, publish_kept=False, wait=wait, ingest=stored_usage(usage, default_root()),
    )  # fmt: skip
    with Progress(shown=not quiet) as progress:
        result = run(request, progress=progress.step)
    outcome = {"outcome": result.outcome, "version": result.version, "reason": result.reason}
    why = result.reason.removeprefix(f"{result.outcome}: ")
    said = f"{result.outcome}: model version {result.version}: {why}"
    tell_retrained(outcome, said, remove, as_json=as_json, quiet=quiet)
    if result.outcome == KEPT:
        raise typer.Exit(EXIT_KEPT)


def rollback(
    to: Annotated[str | None, typer.Option(help="Version to go back to; the champion before if left out.")] = None,
    fleet: Annotated[str | None, typer.Option(help="A fleet whose champion is meant; nothing is published.")] = None,
    out: Out = Path("shiftcast-out"),
    wait: Wait = LOCK_SECONDS,
    as_json: AsJson = False,
) -> None:
    """Give the alias champion back to an earlier version, after checking its files, and publish it."""
    if fleet is not None:
        from shiftcast.pipelines.fleet.versions import roll_back_fleet  # noqa: PLC0415  (keeps --help fast)

        done = roll_back_fleet(fleet, default_root(), to=to, wait=wait)
    else:
        from shiftcast.pipelines.job.rollback import roll_back  # noqa: PLC0415  (keeps --help fast)

        check_folder(out)
        done = roll_back(default_root(), to=to, out=out, wait=wait)
    said = f"version {done.version} is champion again; version {done.former} is kept beside it"
    sys.stdout.write((json.dumps({"version": done.version, "former": done.former}) if as_json else said) + "\n")


def replay(
    first: Annotated[str, typer.Option("--from", help="First quarter, such as 2025Q1.")],
    last: Annotated[str, typer.Option("--to", help="Last quarter, such as 2026Q3.")],
    as_of: Annotated[str | None, typer.Option(help="Score what came by this day; today if left out.")] = None,
    draws: Draws = 2000,
    seed: Seed = 20260826,
    record: RecordFolder = RECORDS,
    usage: UseUsage = False,
    output: Annotated[Path | None, typer.Option(help="Also write every score: .csv, .xlsx, .parquet or .json.")] = None,
    wait: Wait = LOCK_SECONDS,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Retrain as of the end of every past quarter, on what was known then, and score the forecasts that makes."""
    from shiftcast.pipelines.commands.noted import check_output  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.commands.run_progress import Progress  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.commands.scorecard import show_summary, write_scores  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.job.replay import replay as run_replay  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.job.run import RunRequest  # noqa: PLC0415  (keeps --help fast)

    check_output(output)
    today = as_day(as_of, "--as-of")
    request = RunRequest(
        today, True, Settings(draws=draws, seed=seed), default_root(), default_root() / "replayed", record, wait=wait,
        ingest=stored_usage(usage, default_root()),
    )  # fmt: skip
    with Progress(shown=not quiet) as progress:
        done = run_replay(request, first, last, as_of=today, progress=progress.step)
    if as_json:
        sys.stdout.write(done.card.to_json(orient="records", date_format="iso") + "\n")
    else:
        show_summary(done.card, done.unreadable)
    if output is not None:
        write_scores(done.card, output, today)
