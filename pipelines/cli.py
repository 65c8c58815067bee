"""The command line."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from forecast.known import Settings
from pipelines.ask_command import ask, why
from pipelines.bundle import AlteredBundleError
from pipelines.capacity_command import cost, limits, plan, retire, site
from pipelines.catalogue_command import convert_demand, show_catalogue
from pipelines.claim_command import claim_app
from pipelines.claim_draft_command import draft
from pipelines.contract_command import contract
from pipelines.doctor_command import doctor
from pipelines.ingest_command import ingest_files
from pipelines.label_command import label
from pipelines.monitor_command import monitor_champion
from pipelines.options import as_day
from pipelines.reconcile_command import reconcile
from pipelines.registry import StoreError, default_root
from pipelines.relabel_command import relabel_firm
from pipelines.retrain_command import replay, retrain, rollback
from pipelines.schedule_command import schedule
from pipelines.scorecard_command import override, scorecard
from pipelines.serve_command import serve
from pipelines.shares_command import shares
from pipelines.split_command import split
from pipelines.store_command import store_app
from pipelines.volume_command import volume

app = typer.Typer(
    help="Forecast GPU compute demand as workloads move from classical techniques to deep learning and LLMs.",
    no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False,
)  # fmt: skip

FAILED, BAD_INPUT = 1, 2
_ROOT: Final = Path(__file__).resolve().parent.parent
_PACKAGES: Final = tuple(str(_ROOT / name) + os.sep for name in ("features", "forecast", "pipelines"))
app.command()(shares)
app.command()(volume)
app.command()(reconcile)
app.command()(split)
app.command("catalogue")(show_catalogue)
app.command("convert")(convert_demand)
app.command()(ask)
app.command()(why)
app.command()(serve)
app.command("monitor")(monitor_champion)
app.command("relabel")(relabel_firm)
app.command()(contract)
app.command("ingest")(ingest_files)
app.command()(label)
claim_app.command("draft")(draft)
app.add_typer(claim_app, name="claim")
app.add_typer(store_app, name="store")
for command in (plan, site, cost, retire, limits, retrain, rollback, replay, scorecard, override, doctor, schedule):
    app.command()(command)


@app.command()
def run(
    origin: Annotated[
        str | None, typer.Option(help="Forecast as of this day, such as 2026-03-16; today if left out.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the report and tables.")] = Path("shiftcast-out"),
    draws: Annotated[int, typer.Option(min=100, max=20000, help="Joint draws.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of every random number.")] = 20260826,
    record: Annotated[Path | None, typer.Option(help="Folder of records; the public record if left out.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Ingest the record, fit, backtest, compare with the champion, register, and publish forecasts to 2028Q4."""
    from pipelines.run import RunRequest  # noqa: PLC0415  (keeps --help fast)
    from pipelines.run import run as run_job  # noqa: PLC0415
    from pipelines.screen import Progress, result_json, show_result  # noqa: PLC0415
    from pipelines.sources.public_record import RECORDS  # noqa: PLC0415

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


def main() -> None:
    """Run the command line, ending with one line on standard error where it cannot be done.

    Code 2 is bad input, refused by a check of ours; 1 is a store, file or disk that failed, and any other error, whose
    trace is a defect to report.
    """
    try:
        app()
    except (StoreError, AlteredBundleError, OSError) as error:
        sys.exit(_ended(error, FAILED))
    except ValueError as error:
        if not _refused(error):
            raise
        sys.exit(_ended(error, BAD_INPUT))


def _ended(error: Exception, code: int) -> int:
    sys.stderr.write(f"shiftcast: {error}\n")
    return code


def _refused(error: ValueError) -> bool:
    """Return whether one of our own checks raised it; one that a library raised within our code is a defect."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code.co_filename.startswith(_PACKAGES)
