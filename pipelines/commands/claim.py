"""`shiftcast claim`: the registry of claims, and one claim against the forecast."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.table import Column, Table

from shiftcast.features.bounds import DRAWS
from shiftcast.features.frames import Claims, DataFrame
from shiftcast.forecast.claims.check import ClaimCheck, check_claim
from shiftcast.forecast.claims.odds import ClaimReading
from shiftcast.forecast.claims.registry import distinct, find
from shiftcast.forecast.identity.world import build_world
from shiftcast.forecast.known import Settings
from shiftcast.forecast.telling.judged import of_check
from shiftcast.pipelines.commands.claim_draft import draft
from shiftcast.pipelines.commands.fitting import wide_console
from shiftcast.pipelines.commands.giving import Places, Plot, bare_answer, check_places, draw
from shiftcast.pipelines.commands.noted import Output, check_output, write_noted
from shiftcast.pipelines.commands.split import known_at
from shiftcast.pipelines.records import RECORDS

claim_app = typer.Typer(
    help="Dated statements, and what the forecast makes of them.", no_args_is_help=True, add_completion=False
)
claim_app.command("draft")(draft)

AsOf = Annotated[str | None, typer.Option(help="Day the record is seen from; today if left out.")]
RecordFolder = Annotated[Path, typer.Option(help="Folder of records.")]


@claim_app.command("list")
def list_claims(
    as_of: AsOf = None, record: RecordFolder = RECORDS, output: Output = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the statements as JSON.")] = False,
) -> None:  # fmt: skip
    """List every statement known on a day, each once, with its readings."""
    named = Column("claim", no_wrap=True)
    table = Table(named, "reading", "weight", "said", "figure", "window", "stage", "sources")
    check_output(output)
    known = known_at(as_of, record)
    claims = distinct(known.claims)
    write_noted(claims, output, known.origin)
    if as_json:
        sys.stdout.write(claims.to_json(orient="records", date_format="iso", double_precision=15) + "\n")
        return
    for row in claims.itertuples():
        table.add_row(
            row.claim, row.reading, f"{row.weight:.2g}", f"{row.stated_at:%Y-%m-%d}",
            f"{_figure(row.bound, row.low, row.high)} {row.unit}", _window(row.window_start, row.window_end), row.stage,
            str(row.sources),
        )  # fmt: skip
    wide_console().print(table)


@claim_app.command("check")
def check(
    claim: Annotated[str, typer.Argument(help="Name of the claim, as `shiftcast claim list` prints it.")],
    against: Annotated[str | None, typer.Option(help="Earlier vintage to bridge from.")] = None,
    as_of: AsOf = None,
    draws: Annotated[int, typer.Option(min=100, max=DRAWS, help="Joint draws.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of every random number.")] = 20260826,
    record: RecordFolder = RECORDS,
    output: Output = None,
    plot: Plot = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the odds as JSON.")] = False,
) -> None:
    """Give a claim's odds under each definition and stage, the growth it needs, and the bridge from the one before."""
    check_places(Places(output, plot))
    known = known_at(as_of, record)
    claims = distinct(known.claims)
    find(claims, claim)
    cube = build_world(known, Settings(draws=draws, seed=seed)).cube
    reading = ClaimReading(**known.beliefs.of("claims"))
    done = check_claim(cube, claims, claim, reading=reading, against=against)
    says = of_check(done.frame, {"claim": done.claim})
    draw(bare_answer(done.claim, done.odds, says), plot)
    write_noted(done.odds, output, known.origin, answer=says, lines=(done.claim,), more={"past": done.past})
    if as_json:
        sys.stdout.write(done.frame.to_json(orient="records", double_precision=15) + "\n")
    else:
        wide_console().print(says, style="bold", markup=False)
        _show(done, claims, f"{known.origin:%Y-%m-%d}")


def _show(done: ClaimCheck, claims: DataFrame[Claims], as_of: str) -> None:
    console = wide_console()
    first = find(claims, done.claim).iloc[0]
    console.print(
        f"{done.claim}, as of {as_of}: {first['speaker']} on {first['stated_at']:%Y-%m-%d}: {first['statement']}"
    )
    table = Table("reading", "weight", "definition", "stage", "median", "as worded", "at least", "not judged because")
    for row in done.odds.itertuples():
        judged = not row.note
        table.add_row(
            row.reading, f"{row.weight:.2g}", row.definition, row.stage, f"{row.median:.4g}" if judged else "",
            f"{row.probability:.0%}" if judged else "", f"{row.at_least:.0%}" if judged else "", row.note,
        )  # fmt: skip
    console.print(table)
    if pd.notna(done.growth_forecast):
        needed = f"{done.growth_needed:+.1%}" if pd.notna(done.growth_needed) else "no growth reaches it"
        console.print(f"Growth a quarter it needs: {needed}; the forecast's: {done.growth_forecast:+.1%}")
    if done.bridge:
        step = done.bridge
        console.print(
            f"Bridge from {step['before']}: {step['from']:.4g} {step['window']:+.4g} window {step['scope']:+.4g} scope "
            f"{step['rate']:+.4g} rate = {step['to']:.4g} {first['unit']} {step['note']}"
        )
    for row in done.past.itertuples():
        console.print(
            f"Past: {row.claim} ({row.stated_at:%Y-%m-%d}) said {_figure(row.bound, row.low, row.high)}, "
            f"{row.actual:.4g} came: held {row.held:.0%}"
        )


def _figure(bound: str, low: float, high: float) -> str:
    figures = [f"{value:.4g}" for value in dict.fromkeys((low, high)) if pd.notna(value)]
    return f"{bound} {' to '.join(figures)}"


def _window(start: pd.Timestamp, end: pd.Timestamp) -> str:
    return "" if pd.isna(start) or pd.isna(end) else f"{start:%Y-%m-%d} to {end:%Y-%m-%d}"
