"""The option `--root` of commands that read a store: the folder holds for the call, and no longer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer

from shiftcast.pipelines.commands.options import Root
from shiftcast.pipelines.state.root import CHOSEN


def with_root(command: Any) -> None:
    """Give a command, and those below it, the option `--root` where it has none.

    Parameters
    ----------
    command
        Click's command.
    """
    for inner in getattr(command, "commands", {}).values():
        with_root(inner)
    if command.callback is not None and all(each.name != "root" for each in command.params):
        command.params.append(_option())
        command.callback = _within(command.callback)


def _option() -> Any:
    """Return a fresh option of the kind that a command of questions has."""
    lender = typer.Typer(add_completion=False)

    @lender.command()
    def lend(root: Root = None) -> None:
        """Have the option."""

    return typer.main.get_command(lender).params[0]


def _within(callback: Callable[..., Any]) -> Callable[..., Any]:
    def call(*given: Any, root: Any = None, **options: Any) -> Any:
        token = CHOSEN.set(None if root is None else root.absolute())
        try:
            return callback(*given, **options)
        finally:
            CHOSEN.reset(token)

    return call
