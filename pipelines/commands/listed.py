"""Index of the commands by name: module and help line of each, so that only the one asked for is imported."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

import typer
from rich.markup import escape
from typer.core import TyperCommand, TyperGroup

from shiftcast.pipelines.commands.examples import Example, epilog_of, example_of
from shiftcast.pipelines.commands.mistyped import MISTYPED, refuse

_PROGRAM: Final = "shiftcast"
CALLED: Final[ContextVar[tuple[str, ...]]] = ContextVar("CALLED", default=())  # words of the call that is under way


class Listed(NamedTuple):
    """One command.

    Attributes
    ----------
    name, panel
        Name, and panel of the help.
    module, attribute
        Module of this room, and name of the command there; none where it is made of a question's schema.
    says
        Its line in the help.
    """

    name: str
    panel: str
    module: str
    attribute: str
    says: str


_ALL: Final = (
    Listed("run", "The forecast", "run", "run",
     "Ingest the record, fit, backtest, compare with the champion, register, and publish forecasts to 2028Q4."),
    Listed("ask", "The forecast", "ask", "ask",
     "Ask a registered forecast, such as: ask when technique=llm of=recsys base=gpu_hours segment=hyperscale."),
    Listed("why", "The forecast", "why", "why",
     "Say why a figure differs between two quarters of a forecast, or between two forecasts of one quarter."),
    Listed("audit", "The forecast", "audit", "audit",
     "Say where a figure comes from: equation and inputs, rows of the record, their evidence and weight."),
    Listed("rollouts", "The forecast", "rollouts", "rollouts_app",
     "The ledger of who moved which surface to which technique, and when."),
    Listed("desk", "The forecast", "desk", "desk",
     "Show the forecast as pages on this machine: the answer, what if, your fleet, why, and any question."),
    Listed("serve", "The forecast", "serve", "serve",
     "Answer questions over HTTP from the champion, on this machine unless told otherwise."),
    Listed("mcp", "The forecast", "mcp", "mcp",
     "Let assistants ask the champion and your fleets: questions as tools of the Model Context Protocol, only read."),
    Listed("split", "The split", "split", "split",
     "Show the hyperscale share free and under a mode, with definition, base, as-of date and what imposing took."),
    Listed("relabel", "The split", "relabel", "relabel_firm",
     "Restate history, offsets and forecast with a firm on the other side; the total does not change."),
    Listed("contract", "The split", "contract", "contract",
     "Hold one figure of the forecast, such as capacity under contract, and move the rest to add up, draw by draw."),
    Listed("claim", "The split", "claim", "claim_app",
     "Dated statements, and what the forecast makes of them."),
    Listed("catalogue", "Capacity, power and money", "catalogue", "show_catalogue",
     "List accelerators with power, ramps, measured throughput and its evidence, ratios, and what can run where."),
    Listed("convert", "Capacity, power and money", "catalogue", "convert_demand",
     "Convert a daily volume to GPU-hours, accelerators and megawatts on one generation at a service level."),
    Listed("site", "Capacity, power and money", "capacity", "site",
     "Say what a site puts out a day by generation, what limits it, and what a megawatt earns."),
    Listed("cost", "Capacity, power and money", "capacity", "cost",
     "Say what a million tokens cost by generation and life: capital, operations, building, energy and idle apart."),
    Listed("fleet", "Your own fleet", "fleet", "fleet_app",
     "Your own fleets: what they are, what they will want, when they are full, what to add, and what it costs."),
    Listed("volume", "Your own series", "volume", "volume",
     "Forecast volumes: mean and quantiles by series, and which member won where."),
    Listed("shares", "Your own series", "shares", "shares",
     "Forecast the shares of a file: mean and quantiles by category, and the skill against last value."),
    Listed("hierarchy", "Your own series", "hierarchy", "hierarchy",
     "Forecast every node of a hierarchy from histories of its bottom nodes, in draws that add up."),
    Listed("reconcile", "Your own series", "reconcile", "reconcile",
     "Make forecasts of a hierarchy add up, with constraints such as a 60/40 split."),
    Listed("ingest", "Your own series", "ingest", "ingest_files",
     "Load exports: every row is stored, or set aside with its reason; the same files twice change nothing."),
    Listed("label", "Your own series", "label", "label",
     "Propose labelling rules for the largest unlabelled rows; guesses are to be confirmed, gaps to be filled."),
    Listed("store", "Your own series", "store", "store_app",
     "The store of usage: history, verification, compaction, copies."),
    Listed("sql", "Your own series", "sql", "sql",
     "Read stored usage and the champion's forecasts with SQL; nothing can be changed and no file be reached."),
    Listed("retrain", "On a schedule", "retrain", "retrain",
     "Ingest, fit, backtest, compare, register and publish; exit code 0 promoted or unchanged, 3 kept, 2 bad input."),
    Listed("schedule", "On a schedule", "schedule", "schedule",
     "Retrain on a schedule, one run at a time, with one run at the start if any was missed; or write its files."),
    Listed("monitor", "On a schedule", "monitor", "monitor_champion",
     "Check calibration, populations, definitions, entities and feeds; exit code 3 on alarms."),
    Listed("scorecard", "On a schedule", "scorecard", "scorecard",
     "Score every forecast ever made for a quarter, beside naive forecasts, public claims and human overrides."),
    Listed("override", "On a schedule", "scorecard", "override",
     "Log a human judgement of a figure; it changes no forecast, and `shiftcast scorecard` scores it beside them."),
    Listed("rollback", "On a schedule", "retrain", "rollback",
     "Give the alias champion back to an earlier version, after checking its files, and publish it."),
    Listed("replay", "On a schedule", "retrain", "replay",
     "Retrain as of the end of every past quarter, on what was known then, and score the forecasts that makes."),
    Listed("doctor", "On a schedule", "doctor", "doctor",
     "List what is wrong with the store; exit code 0 where nothing is left to do, 3 where something is."),
    Listed("prune", "On a schedule", "prune", "prune",
     "List old versions, runs, copies and ledger lines that nobody needs; remove them with --apply."),
)  # fmt: skip
_PANEL: Final = "Questions to a forecast"
_PANELS: Final[Mapping[str, str]] = {
    "when": "The forecast", **dict.fromkeys(("plan", "limits", "ceilings", "retire"), "Capacity, power and money"),
}  # fmt: skip
_STORED: Final = frozenset(  # commands that read a store, and take its folder
    {"run", "retrain", "rollback", "replay", "scorecard", "override", "doctor", "prune", "schedule", "ingest", "store",
     "fleet"}
)  # fmt: skip
_SCHEMAS: Final = Path(__file__).parents[2] / "forecast" / "questions"


def _questions() -> Iterator[Listed]:
    """Yield a command for each question without one of its own, from the text of the schemas: imports are slow."""
    own = {listed.name for listed in _ALL}
    for file in sorted(_SCHEMAS.glob("*.py")):
        for schema in ast.parse(file.read_text(encoding="utf-8")).body:
            told = _texts(schema) if isinstance(schema, ast.ClassDef) else {}
            if isinstance(schema, ast.ClassDef) and {"output", "gives"} <= told.keys():
                name = re.sub("(?<=[a-z])(?=[A-Z])", "-", schema.name).lower()
                if name not in own:
                    yield Listed(name, _PANELS.get(name, _PANEL), "questions", "", f"Say {told['gives']}.")


def _texts(schema: ast.ClassDef) -> dict[str, str]:
    """Return the texts that a class holds by name."""
    return {
        target.id: each.value.value
        for each in schema.body if isinstance(each, ast.Assign) and isinstance(each.value, ast.Constant)
        for target in each.targets if isinstance(target, ast.Name) and isinstance(each.value.value, str)
    }  # fmt: skip


COMMANDS: Final[Mapping[str, Listed]] = {listed.name: listed for listed in (*_ALL, *_questions())}


class CommandsOnDemand(TyperGroup):
    """A group that knows its commands by name and line, and imports one when it is called."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        for name, listed in COMMANDS.items():
            self.commands[name] = TyperCommand(name, help=listed.says, rich_help_panel=listed.panel)

    def main(
        self, args: Sequence[str] | None = None, prog_name: str | None = None, complete_var: str | None = None,
        standalone_mode: bool = True, windows_expand_args: bool = True, **extra: Any,
    ) -> Any:  # fmt: skip
        """Run the command line; a call that cannot be read is refused in one line.

        Parameters
        ----------
        args, prog_name, complete_var, windows_expand_args, **extra
            As Click takes them.
        standalone_mode
            Whether the process ends with it.

        Returns
        -------
        object
            What the command returns, where the process goes on.

        Raises
        ------
        SystemExit
            With the exit code, where it ends.
        """
        try:
            done = super().main(args, prog_name or _PROGRAM, complete_var, False, windows_expand_args, **extra)
        except MISTYPED as error:
            if not standalone_mode:
                raise
            sys.exit(refuse(error, " ".join((_PROGRAM, *CALLED.get()[:1]))))
        except typer.Abort:
            if not standalone_mode:
                raise
            sys.stderr.write("shiftcast: given up\n")
            sys.exit(1)
        if standalone_mode:
            sys.exit(done if isinstance(done, int) else 0)
        return done

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names in the order of the help.

        Parameters
        ----------
        ctx
            Click's context.

        Returns
        -------
        list of str
            Names.
        """
        return list(COMMANDS)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Import the command that is called, then find it as usual.

        Parameters
        ----------
        ctx
            Click's context.
        args
            Words after the program's name.

        Returns
        -------
        tuple
            Name, command and the words left, as Click has them.
        """
        if args and args[0] in COMMANDS:
            CALLED.set(tuple(args))
            self.commands[args[0]] = load(args[0])
        return super().resolve_command(ctx, args)


def load(name: str) -> Any:
    """Return one command, ready to call.

    Parameters
    ----------
    name
        A key of :data:`COMMANDS`.

    Returns
    -------
    Command
        Click's command.
    """
    listed = COMMANDS[name]
    module = import_module(f"shiftcast.pipelines.commands.{listed.module}")
    question = "" if listed.attribute else module.question_of(name)
    found = module.command_of(question) if question else getattr(module, listed.attribute)
    if not isinstance(found, typer.Typer):
        single = typer.Typer(add_completion=False)
        single.command(name)(found)
        found = single
    command = typer.main.get_command(found)
    command.name = name
    if name in _STORED:
        from shiftcast.pipelines.commands.rooted import with_root  # noqa: PLC0415  (keeps --help fast)

        with_root(command)
    _finish(command, name, module.example_of(question) if question else None)
    return command


def _finish(command: Any, name: str, example: Example | None) -> None:
    """Let brackets of a help stand as they are written, and end it with an example."""
    for told in (command, *(each for each in command.params if getattr(each, "help", None))):
        told.help = escape(told.help or "")
    example = example or example_of(name)
    command.epilog = None if example is None else escape(epilog_of(example))
    for below, inner in getattr(command, "commands", {}).items():
        _finish(inner, f"{name} {below}", None)
