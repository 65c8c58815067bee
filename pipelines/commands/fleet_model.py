"""`shiftcast fleet NAME retrain`, `scorecard` and `monitor`: a fleet as a registered model, scored and watched."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pandas as pd
import typer

from shiftcast.pipelines.commands import fleet_questions as asked
from shiftcast.pipelines.commands.noted import Output, check_output, write_answer
from shiftcast.pipelines.commands.options import as_day
from shiftcast.pipelines.commands.prune import Keep, OlderThan, removal, tell_retrained
from shiftcast.pipelines.commands.retrain import EXIT_KEPT
from shiftcast.pipelines.state.guard import LOCK_SECONDS
from shiftcast.pipelines.state.root import default_root

if TYPE_CHECKING:
    from shiftcast.pipelines.fleet.alerts import Alert

Wait = Annotated[float, typer.Option(min=0, help="Seconds to wait for a run under way on the same store.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")]


def retrain(
    context: typer.Context,
    promote_if_better: Annotated[
        bool, typer.Option("--promote-if-better", help="Let the champion change; else what is made is kept beside it.")
    ] = False,
    facts: asked.Facts = None, as_of: asked.AsOf = None, draws: asked.Draws = None, seed: asked.Seed = None,
    wait: Wait = LOCK_SECONDS, keep: Keep = None, older_than: OlderThan = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Forecast, try out and register the fleet; exit code 0 promoted or unchanged, 3 kept, 2 bad input.

    A run on the same usage, facts, record and code computes nothing. Code 1 is a failure.
    """
    from shiftcast.pipelines.commands.run_progress import Progress  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.fleet.opening import open_fleet  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.fleet.retraining import retrain_fleet  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.registry.deciding import KEPT  # noqa: PLC0415  (keeps --help fast)

    root, remove = default_root(), removal(keep, older_than, wait=wait)
    with Progress(shown=not quiet) as progress:
        progress.step(f"opening fleet {context.obj}")
        day = as_day(as_of, "--as-of")
        planner = open_fleet(context.obj, root, facts=facts, as_of=day, **asked.chosen(draws, seed))
        done = retrain_fleet(
            planner, root, promote=promote_if_better, past=as_of is not None, wait=wait, progress=progress.step
        )
    outcome = {"outcome": done.outcome, "version": done.version, "reason": done.reason}
    said = f"{done.outcome}: version {done.version} of fleet {context.obj}: {done.reason}"
    tell_retrained(outcome, said, remove, as_json=as_json, quiet=quiet)
    if done.outcome == KEPT:
        raise typer.Exit(EXIT_KEPT)


def scorecard(
    context: typer.Context, facts: asked.Facts = None, as_of: asked.AsOf = None, output: Output = None,
    as_json: asked.Json = False,
) -> None:  # fmt: skip
    """Set every forecast ever registered of the fleet beside the months that have come since."""
    from shiftcast.pipelines.commands.fleet_screen import give  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.fleet.opening import open_fleet  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.fleet.versions import scorecard as card_of  # noqa: PLC0415  (keeps --help fast)

    check_output(output)
    day = as_day(as_of, "--as-of")
    answer = card_of(open_fleet(context.obj, default_root(), facts=facts, as_of=day), default_root())
    write_answer(answer, output, day)
    give(answer, as_json=as_json)


def monitor(
    context: typer.Context,
    webhook: Annotated[str | None, typer.Option(help="Environment variable that holds a webhook's address.")] = None,
    webhook_file: Annotated[Path | None, typer.Option(help="Or a file that holds it.")] = None,
    allow_host: Annotated[list[str] | None, typer.Option(help="Host that plain http may reach; repeat it.")] = None,
    mail: Annotated[str | None, typer.Option(help="Program that takes a message on standard input.")] = None,
    facts: asked.Facts = None, as_of: asked.AsOf = None, draws: asked.Draws = None, seed: asked.Seed = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Look for a jump, drift, a breach ahead, a full fleet and late feeds; exit code 3 where something stands.

    One alert a cause: what was sent is sent again only when it got worse, or came back. Code 1 where sending failed.
    """
    from shiftcast.forecast.fleet.watching import KINDS, look_over  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.fleet.alerts import Alert  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.fleet.alerts_sending import deliver  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.fleet.alerts_ways import Way, open_mail, open_webhook  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.fleet.opening import open_fleet  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.fleet.place import known_root  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.fleet.versions import champion_total  # noqa: PLC0415  (keeps --help fast)

    root, name = default_root(), context.obj
    ways: list[Way] = [] if mail is None else [open_mail(mail)]
    if webhook or webhook_file:
        ways = [*ways, open_webhook(variable=webhook, file=webhook_file, allow=allow_host or ())]
    day = as_day(as_of, "--as-of")
    planner = open_fleet(name, root, facts=facts, as_of=day, **asked.chosen(draws, seed))
    findings, missing = look_over(planner, champion_total(name, root))
    alerts = [Alert(name, **asdict(each)) for each in findings]
    looked = tuple(kind for kind in KINDS if not any(each.startswith(f"{kind}:") for each in missing))
    done = deliver(known_root(root, name), alerts, ways, at=pd.Timestamp.now(tz="UTC"), looked=looked)
    if as_json:
        sys.stdout.write(json.dumps({"alerts": [asdict(each) for each in alerts], "not_looked_for": missing,
                                     "failed": list(done.failed)}) + "\n")  # fmt: skip
    else:
        _tell(done.new, done.standing, missing)
    for line in done.failed:
        sys.stderr.write(f"shiftcast: {line}\n")
    if done.failed or alerts:
        raise typer.Exit(1 if done.failed else EXIT_KEPT)


def _tell(new: Sequence[Alert], standing: Sequence[Alert], missing: Sequence[str]) -> None:
    for title, alerts in (("new", new), ("told before", standing)):
        for each in alerts:
            sys.stdout.write(f"{each.severity} ({title}): {each.says}\n  {each.reason}\n  next: {each.next_step}\n")
    if not new and not standing:
        sys.stdout.write("nothing stands out\n")
    for line in missing:
        sys.stdout.write(f"not looked for: {line}\n")
