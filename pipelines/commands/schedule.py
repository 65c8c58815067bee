"""`shiftcast schedule`: retrain on a schedule in the foreground, or write the files for another scheduler."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from shiftcast.pipelines.fleet.place import known_root
from shiftcast.pipelines.state.root import default_root

PROMOTING = ("--promote-if-better",)


def schedule(
    arguments: Annotated[list[str] | None, typer.Argument(help="Options of retrain, after --.")] = None,
    cron: Annotated[str, typer.Option(help="Minute, hour, day of month, month, day of week.")] = "0 6 * * MON",
    timezone: Annotated[str, typer.Option(help="Time zone of the schedule.")] = "UTC",
    write: Annotated[str | None, typer.Option(help="Write files for cron, systemd, kubernetes or dagster.")] = None,
    to: Annotated[Path, typer.Option(help="Folder to write them to.")] = Path(),
    fleet: Annotated[str | None, typer.Option(help="A fleet to retrain, in place of the world's forecast.")] = None,
    image: Annotated[str, typer.Option(help="Container image, for kubernetes.")] = "shiftcast:0.1.0",
) -> None:
    """Retrain on a schedule, one run at a time, with one run at the start if any was missed; or write its files."""
    from shiftcast.pipelines.schedule.cron import as_trigger, parse_cron, zone  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.schedule.files import Scheduled, retrain_words, write_files  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.schedule.runner import run_schedule  # noqa: PLC0415  (keeps --help fast)

    if fleet is not None:
        known_root(default_root(), fleet)
    when, options = parse_cron(cron), tuple(arguments or PROMOTING)
    trigger = as_trigger(when, zone(timezone))
    if write is not None:
        program = shutil.which("shiftcast") or str(Path(sys.executable).with_name("shiftcast"))
        job = Scheduled(when, timezone, program, str(Path.cwd()), options, image, fleet)
        for path in write_files(write, job, to):
            sys.stdout.write(f"{path}\n")
        return
    sys.stderr.write(f"shiftcast: retraining at {when.text} {timezone}; stop with Ctrl-C\n")
    words = (*retrain_words(fleet), *options)
    text = f"{when.text} {timezone} {' '.join(options if fleet is None else words)}"
    run_schedule(trigger, words, root=default_root(), text=text, say=lambda line: typer.echo(line, err=True))
