"""`shiftcast doctor`: what runs that died left behind, listed, and with `--clean` put right."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from shiftcast.pipelines.commands.prune import said_size
from shiftcast.pipelines.state.guard import LOCK_SECONDS
from shiftcast.pipelines.state.root import default_root

EXIT_FOUND: Final = 3


def doctor(
    clean: Annotated[bool, typer.Option("--clean", help="Put right what can be.")] = False,
    relocate: Annotated[
        bool, typer.Option("--relocate", help="Give a store that was moved its new addresses.")
    ] = False,
    migrate: Annotated[
        bool, typer.Option("--migrate", help="Bring the database to MLflow's present schema; a copy is kept.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Folder that is published to.")] = Path("shiftcast-out"),
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for a run under way.")] = LOCK_SECONDS,
) -> None:
    """List what is wrong with the store; exit code 0 where nothing is left to do, 3 where something is."""
    from shiftcast.pipelines.doctor import examine as ward  # noqa: PLC0415  (keeps --help fast)

    root = default_root()
    if migrate:
        kept = ward.bring_up(root, wait=wait)
        sys.stdout.write(
            f"migrated; {kept} is what it was\n" if kept else "the database is of MLflow's present schema\n"
        )
    if relocate:
        changed = ward.move_in(root, wait=wait, progress=lambda line: sys.stdout.write(f"note: {line}\n"))
        sys.stdout.write(f"{changed} addresses changed\n")
    found = ward.clean(root, out, wait=wait) if clean else ward.examine(root, out)
    for each in found:
        done = "done: " if clean and each.clean is not None else ""
        size = f", {said_size(each.size)}" if each.size else ""
        sys.stdout.write(f"{each.kind}: {each.what}{size}; {done}{each.remedy}\n")
    for note in ward.notes():
        sys.stdout.write(f"note: {note}\n")
    if not found:
        sys.stdout.write("nothing to put right\n")
    if any(not clean or each.clean is None for each in found):
        raise typer.Exit(EXIT_FOUND)
