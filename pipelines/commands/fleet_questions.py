"""Questions of `shiftcast fleet NAME`: each answer begins with the figure asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from shiftcast.features.bounds import DRAWS
from shiftcast.pipelines.commands.noted import Output, check_output, write_noted
from shiftcast.pipelines.commands.options import as_day
from shiftcast.pipelines.state.root import default_root

Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON, byte for byte as the server does.")]
Facts = Annotated[Path | None, typer.Option(help="What the fleet holds and expects; its own fleet.toml if left out.")]
AsOf = Annotated[str | None, typer.Option(help="Day the fleet is seen from; today if left out.")]
Draws = Annotated[int | None, typer.Option(min=100, max=DRAWS, help="Joint draws; 2000 if left out.")]
Seed = Annotated[int | None, typer.Option(min=0, help="Seed of every random number; fixed if left out.")]
Through = Annotated[str | None, typer.Option(help="Last quarter, month or day; the end of the next year if left out.")]
By = Annotated[str | None, typer.Option(help="Labels that tell parts apart, such as workload,technique or operator.")]
Plot = Annotated[Path | None, typer.Option(help="Also write a picture, such as answer.png.")]


def forecast(
    context: typer.Context, through: Through = None, by: By = None,
    every: Annotated[str, typer.Option(help="quarter or month.")] = "quarter",
    facts: Facts = None, as_of: AsOf = None, draws: Draws = None, seed: Seed = None, output: Output = None,
    plot: Plot = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Say what the fleet will want: hours, accelerators, power and money, in all and by part, with 80 % intervals."""
    fields = {"through": through, "by": by, "every": every}
    _ask(context, "forecast", fields, Asked(facts, as_of, draws, seed, output, plot, as_json))


def when(
    context: typer.Context,
    technique: Annotated[str, typer.Argument(help="Technique, or several joined by +, such as llm or deep+llm.")],
    of: Annotated[str, typer.Option(help="Workload, as your labels call it.")],
    base: Annotated[str, typer.Option(help="gpu_hours, or requests where it is known what one takes.")] = "gpu_hours",
    above: Annotated[float, typer.Option(help="Threshold of the share.")] = 0.5,
    through: Through = None, facts: Facts = None, as_of: AsOf = None, draws: Draws = None, seed: Seed = None,
    output: Output = None, plot: Plot = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Say when a technique's share of a workload passes a threshold, and how likely by each month."""
    fields = {"technique": technique, "of": of, "base": base, "above": above, "through": through}
    _ask(context, "when", fields, Asked(facts, as_of, draws, seed, output, plot, as_json))


def full(
    context: typer.Context, through: Through = None,
    risk: Annotated[float, typer.Option(help="Accepted odds in a month that more is wanted than fits.")] = 0.05,
    offer: Annotated[str | None, typer.Option(help="Offer that is ordered; the one whose work costs least.")] = None,
    facts: Facts = None, as_of: AsOf = None, draws: Draws = None, seed: Seed = None, output: Output = None,
    plot: Plot = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Say when the fleet is full, what waits then, and how many nodes to order by when."""
    fields = {"through": through, "risk": risk, "offer": offer}
    _ask(context, "full", fields, Asked(facts, as_of, draws, seed, output, plot, as_json))


def choices(
    context: typer.Context, through: Through = None,
    unserved: Annotated[
        float | None, typer.Option(help="USD that an hour not served counts; the dearest rent if left out.")
    ] = None,
    facts: Facts = None, as_of: AsOf = None, draws: Draws = None, seed: Seed = None, output: Output = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Set the ways to meet demand beside one another, by cost and regret, and say which to take."""
    fields = {"through": through, "unserved": unserved}
    _ask(context, "choices", fields, Asked(facts, as_of, draws, seed, output, None, as_json))


def budget(
    context: typer.Context,
    amount: Annotated[float | None, typer.Argument(help="USD of the year; that of fleet.toml if left out.")] = None,
    year: Annotated[int | None, typer.Option(help="Calendar year; the next one budgeted if left out.")] = None,
    by: By = None, facts: Facts = None, as_of: AsOf = None, draws: Draws = None, seed: Seed = None,
    output: Output = None, plot: Plot = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Say how likely the year costs more than its budget, from which month, and what drives it."""
    fields = {"amount": amount, "year": year, "by": by}
    _ask(context, "budget", fields, Asked(facts, as_of, draws, seed, output, plot, as_json))


def why(
    context: typer.Context,
    before: Annotated[str, typer.Argument(help="Month such as 2026-09, or an invoice.")],
    after: Annotated[str, typer.Argument(help="Month after, or an invoice.")],
    by: By = None, facts: Facts = None, as_of: AsOf = None, output: Output = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Say why cost or hours differ between two months or invoices, exactly by factor and part."""
    fields = {"before": before, "after": after, "by": by}
    _ask(context, "why", fields, Asked(facts, as_of, output=output, as_json=as_json))


def latent(
    context: typer.Context, facts: Facts = None, as_of: AsOf = None, draws: Draws = None, seed: Seed = None,
    output: Output = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Say which months were full and what was wanted in them, as far as use and limits tell."""
    _ask(context, "latent", {}, Asked(facts, as_of, draws, seed, output, None, as_json))


def events(
    context: typer.Context, through: Through = None, facts: Facts = None, as_of: AsOf = None, draws: Draws = None,
    seed: Seed = None, output: Output = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Say what coming events make of demand: with them, without them, and the difference."""
    _ask(context, "events", {"through": through}, Asked(facts, as_of, draws, seed, output, None, as_json))


@dataclass(frozen=True)
class Asked:
    """Options that all questions share.

    Attributes
    ----------
    facts, as_of, draws, seed
        As :func:`pipelines.fleet.opening.open_fleet` takes them.
    output, plot, as_json
        Where the answer goes beside the screen, and whether it is printed as JSON.
    """

    facts: Path | None = None
    as_of: str | None = None
    draws: int | None = None
    seed: int | None = None
    output: Path | None = None
    plot: Path | None = None
    as_json: bool = False


def chosen(draws: int | None, seed: int | None) -> dict[str, Any]:
    """Return what was given of draws and seed.

    Parameters
    ----------
    draws, seed
        As given on the command line.

    Returns
    -------
    dict
        Arguments of :func:`pipelines.fleet.opening.open_fleet`.
    """
    return {name: value for name, value in (("draws", draws), ("seed", seed)) if value is not None}


def _ask(context: typer.Context, question: str, fields: dict[str, Any], asked: Asked) -> None:
    """Ask the fleet that the command line names, write what is to be written, and print the answer."""
    from shiftcast.forecast.fleet.asking import ask  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.commands.fleet_screen import give  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.fleet.opening import open_fleet  # noqa: PLC0415  (keeps --help fast)

    check_output(asked.output)
    day = as_day(asked.as_of, "--as-of")
    planner = open_fleet(context.obj, default_root(), facts=asked.facts, as_of=day,
                         **chosen(asked.draws, asked.seed))  # fmt: skip
    answer = ask(planner, {"question": question, **fields})
    lines = (answer.question, *answer.notes)
    write_noted(
        answer.table, asked.output, day, answer=answer.says, lines=lines, sources=answer.assumed, more=answer.more
    )
    if asked.plot is not None:
        from shiftcast.pipelines.drawing.of_answer import draw  # noqa: PLC0415  (keeps --help fast)

        draw(answer).save(asked.plot, says=answer.says, notes=answer.notes)
    give(answer, as_json=asked.as_json)
