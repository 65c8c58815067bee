"""`shiftcast monitor`: check the champion against the record of today, with exit codes that a scheduler can act on."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.table import Table

from shiftcast.features.input_error import InputError
from shiftcast.forecast.monitoring.findings import OK
from shiftcast.pipelines.commands.fitting import wide_console
from shiftcast.pipelines.commands.options import as_day
from shiftcast.pipelines.commands.run_progress import Progress
from shiftcast.pipelines.ingest.stored_usage import UseUsage, stored_usage
from shiftcast.pipelines.job.monitor import Monitored, findings_json, monitor
from shiftcast.pipelines.process import bare_environment
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.public_record import read_record
from shiftcast.pipelines.state.root import default_root

ALARMED: Final = 3
_HOOK_SECONDS: Final = 60


def monitor_champion(
    as_of: Annotated[str | None, typer.Option(help="Day the record is seen from; today if left out.")] = None,
    report_only: Annotated[
        bool, typer.Option("--report-only", help="Leave the champion as it is whatever is found.")
    ] = False,
    on_alarm: Annotated[
        str | None, typer.Option(help="Command to run on alarms; it gets the findings as JSON on standard input.")
    ] = None,
    record: Annotated[Path, typer.Option(help="Folder of records.")] = RECORDS,
    usage: UseUsage = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    root: Annotated[Path | None, typer.Option(help="Folder of the store; mlruns here if left out.")] = None,
) -> None:
    """Check calibration, populations, definitions, entities and feeds; exit code 3 on alarms."""
    command, place, day = _command(on_alarm), root or default_root(), as_day(as_of, "--as-of")
    with Progress(shown=not quiet) as progress:
        known = stored_usage(usage, place)(read_record(record), day)
        done = monitor(place, known, day, report_only=report_only, progress=progress.step)
    if as_json:
        sys.stdout.write(findings_json(done) + "\n")
    elif not quiet:
        _show(done)
    if done.alarms:
        _run_hook(command, done)
        raise typer.Exit(ALARMED)


def _command(text: str | None) -> list[str]:
    try:
        return shlex.split(text or "")
    except ValueError as error:
        raise InputError(f"--on-alarm {text!r}: {error}; quote it as for a shell") from None


def _run_hook(command: list[str], done: Monitored) -> None:
    """Run the alarm command without a shell; its failure is told and does not hide the alarm."""
    if not command:
        return
    try:
        ended = subprocess.run(  # noqa: S603  (the user's own command)
            command, input=findings_json(done), text=True, timeout=_HOOK_SECONDS, check=False, capture_output=True,
            env=bare_environment(),
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        sys.stderr.write(f"shiftcast: --on-alarm failed ({type(error).__name__}); the alarms stand\n")
        return
    sys.stderr.write(ended.stdout + ended.stderr)
    if ended.returncode:
        sys.stderr.write(f"shiftcast: --on-alarm failed (exit code {ended.returncode}); the alarms stand\n")


def _show(done: Monitored) -> None:
    console = wide_console()
    console.print(f"{done.alarms} alarms; {done.action} (model version {done.version})")
    table = Table("status", "check", "subject", "value", "limit", "note")
    for row in done.findings.itertuples():
        if row.status != OK:
            table.add_row(row.status, row.check, row.subject, f"{row.value:.3g}", f"{row.limit:.3g}", row.note)
    if table.row_count:
        console.print(table)
    fine = done.findings[done.findings["status"] == OK]
    console.print(f"{len(fine)} checks are ok: {', '.join(dict.fromkeys(fine['check']))}")
