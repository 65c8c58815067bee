"""`shiftcast fleet NAME retrain`: the forecast of a fleet as a registered model."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from shiftcast.pipelines.commands import fleet_questions as asked
from shiftcast.pipelines.commands.options import as_day
from shiftcast.pipelines.commands.retrain import EXIT_KEPT
from shiftcast.pipelines.state.guard import LOCK_SECONDS
from shiftcast.pipelines.state.root import default_root

Wait = Annotated[float, typer.Option(min=0, help="Seconds to wait for a run under way on the same store.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")]


def retrain(
    context: typer.Context,
    promote_if_better: Annotated[
        bool, typer.Option("--promote-if-better", help="Let the champion change; else what is made is kept beside it.")
    ] = False,
    facts: asked.Facts = None, as_of: asked.AsOf = None, draws: asked.Draws = None, seed: asked.Seed = None,
    wait: Wait = LOCK_SECONDS,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Forecast, try out and register the fleet; exit code 0 promoted or unchanged, 3 kept, 2 bad input.

    A run on the same usage, facts, record and code computes nothing. Code 1 is a failure.
    """
    from shiftcast.pipelines.commands.screen import Progress  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.fleet.opening import open_fleet  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.fleet.retraining import retrain_fleet  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.registry.deciding import KEPT  # noqa: PLC0415  (keeps --help fast)

    root = default_root()
    with Progress(shown=not quiet) as progress:
        progress.step(f"opening fleet {context.obj}")
        day = as_day(as_of, "--as-of")
        planner = open_fleet(context.obj, root, facts=facts, as_of=day, **asked.chosen(draws, seed))
        done = retrain_fleet(
            planner, root, promote=promote_if_better, past=as_of is not None, wait=wait, progress=progress.step
        )
    outcome = {"outcome": done.outcome, "version": done.version, "reason": done.reason}
    if as_json:
        sys.stdout.write(json.dumps(outcome) + "\n")
    elif not quiet:
        sys.stdout.write(f"{done.outcome}: version {done.version} of fleet {context.obj}: {done.reason}\n")
    if done.outcome == KEPT:
        raise typer.Exit(EXIT_KEPT)
