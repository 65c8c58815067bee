"""`shiftcast fleet`: a planner's own fleets, listed, described and asked."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from shiftcast.pipelines.commands import fleet_questions as asked
from shiftcast.pipelines.commands.fleet_model import monitor, retrain, scorecard
from shiftcast.pipelines.commands.options import as_day
from shiftcast.pipelines.state.root import default_root

_SHOW: Final = "show"
_COMMANDS: Final[Mapping[str, Callable[..., None]]] = {
    "forecast": asked.forecast, "when": asked.when, "full": asked.full, "choices": asked.choices,
    "budget": asked.budget, "why": asked.why, "latent": asked.latent, "events": asked.events,
    "retrain": retrain, "scorecard": scorecard, "monitor": monitor,
}  # fmt: skip


class NamedGroup(TyperGroup):
    """A group whose first word is the name of a fleet; without a further word it shows that fleet."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put ``show`` behind a name that stands alone or before options.

        Parameters
        ----------
        ctx, args
            Click's context, and words after the command.

        Returns
        -------
        list of str
            As Click has them.
        """
        if args[1:] in (["--help"], ["-h"]) and args[0] not in self.commands:
            args = args[1:]
        if args and not args[0].startswith("-") and (len(args) == 1 or args[1].startswith("-")):
            args = [args[0], _SHOW, *args[1:]]
        return super().parse_args(ctx, args)


fleet_app = typer.Typer(cls=NamedGroup, add_completion=False)
for _name, _command in _COMMANDS.items():
    fleet_app.command(_name)(_command)


@fleet_app.callback(invoke_without_command=True)
def fleets(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Your name of the fleet; all are listed if left out.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="List the fleets as JSON.")] = False,
) -> None:
    """Your own fleets: what they are, what they will want, when they are full, what to add, and what it costs."""
    context.obj = name
    if name is None and context.invoked_subcommand is None:
        _list(as_json=as_json)


@fleet_app.command(_SHOW)
def show_fleet(
    context: typer.Context, facts: asked.Facts = None, as_of: asked.AsOf = None, as_json: asked.Json = False
) -> None:
    """Say what the fleet is: accelerators, hours by month, workloads, techniques, owners, and what is missing."""
    from shiftcast.pipelines.commands.fleet_screen import give  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.fleet.opening import open_fleet  # noqa: PLC0415  (keeps --help fast)

    planner = open_fleet(context.obj, default_root(), facts=facts, as_of=as_day(as_of, "--as-of"), alone=True)
    give(planner.describe(), as_json=as_json)


@fleet_app.command("init")
def init_facts(context: typer.Context, as_of: asked.AsOf = None) -> None:
    """Write a commented fleet.toml, filled in from what the store shows; one that is there stays as it is."""
    from shiftcast.pipelines.fleet.first_facts import write_first  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.fleet.opening import stored_usage  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.fleet.place import fleet_root  # noqa: PLC0415  (keeps --help fast)

    folder = fleet_root(default_root(), context.obj)
    file = write_first(folder, context.obj, stored_usage(folder, as_day(as_of, "--as-of")))
    sys.stdout.write(f"{_shown(file)}: complete and correct it; counts marked guessed are the most seen in use\n")


def _shown(file: Path) -> str:
    """Return a path below the working directory as it is typed."""
    return str(file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file)


def _list(*, as_json: bool) -> None:
    from shiftcast.forecast.fleet.described import describe  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.fleet.opening import stored_fleet  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.fleet.place import fleet_names  # noqa: PLC0415  (keeps --help fast)

    root, day = default_root(), as_day(None, "")
    stored = {name: stored_fleet(name, root, facts=None, day=day) for name in fleet_names(root)}
    said = {name: describe(usage, fleet).says for name, (fleet, usage) in stored.items()}
    if as_json:
        sys.stdout.write(json.dumps([{"fleet": name, "says": says} for name, says in said.items()]) + "\n")
    elif not said:
        sys.stdout.write("no fleet yet: `shiftcast ingest SOURCE FILES --into mine` makes one of your exports\n")
    else:
        sys.stdout.write("".join(f"{says}\n" for says in said.values()))
