"""`shiftcast plan`, `limits`, `ceilings`, `site`, `cost` and `retire`: printed, as JSON or as a picture."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from rich.table import Table

from shiftcast.features.input_error import InputError
from shiftcast.forecast.capacity.limits_question import Limits
from shiftcast.forecast.capacity.plan import Plan
from shiftcast.forecast.capacity.retire import MODEL as RETIRED_MODEL
from shiftcast.forecast.capacity.retire import Retirement
from shiftcast.forecast.economics.basis import MODEL, SCENARIO, Basis
from shiftcast.forecast.economics.costs import Costing, cost_question
from shiftcast.forecast.economics.site import Site, site_question
from shiftcast.forecast.known import Settings, basis_of
from shiftcast.forecast.views.answer import Answer
from shiftcast.pipelines.commands.options import as_day
from shiftcast.pipelines.commands.screen import wide_console
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.registry.champion import open_forecaster
from shiftcast.pipelines.sources.public_record import read_record

Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]
Plot = Annotated[Path | None, typer.Option(help="Also write a picture, such as answer.png.")]
Stand = Annotated[
    list[str] | None, typer.Option("--set", help="Stand a value in for an assumption, such as site.utilisation=0.7.")
]
AsOf = Annotated[str | None, typer.Option(help="Day the record is seen from; today if left out.")]
Draws = Annotated[int, typer.Option(min=100, max=20000, help="Joint draws.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of every random number.")]
RecordFolder = Annotated[Path, typer.Option(help="Folder of records.")]
Generation = Annotated[str | None, typer.Option(help="Accelerator or family, such as gb300 or hopper.")]
Model = Annotated[str, typer.Option(help="Model of the throughput records.")]
Scenario = Annotated[str, typer.Option(help="Service level of the throughput records.")]


def plan(
    by: Annotated[str, typer.Option(help="Quarter by whose end they are live, such as 2027Q4.")],
    risk: Annotated[float | None, typer.Option(help="Probability of too few that is accepted, such as 0.05.")] = None,
    under: Annotated[float | None, typer.Option(help="Instead: cost of one accelerator too few.")] = None,
    over: Annotated[float | None, typer.Option(help="Instead: cost of one accelerator too many.")] = None,
    segment: Annotated[str, typer.Option(help="Whose need, such as rest or hyperscale/internal.")] = "all",
    generation: Generation = None,
    installed: Annotated[float | None, typer.Option(help="Your own accelerators; they grow as the segment.")] = None,
    stand: Stand = None,
    plot: Plot = None,
    as_json: Json = False,
) -> None:
    """Say how many accelerators to have live by a quarter at a shortage risk, and by when to order them."""
    asked = Plan(by, risk, under, over, segment, generation=generation, installed=installed, given=overrides(stand))
    _give(open_forecaster().plan(**vars(asked)), as_json=as_json, plot=plot)


def site(
    mw: Annotated[float, typer.Option(help="Contracted power at the meter [MW].")],
    pue: Annotated[float | None, typer.Option(help="Facility power over IT power; assumed if left out.")] = None,
    generation: Generation = None,
    model: Model = MODEL,
    scenario: Scenario = SCENARIO,
    demand: Annotated[float | None, typer.Option(help="Work asked of the site a day, at today's price.")] = None,
    accelerators: Annotated[float | None, typer.Option(help="Accelerators that can be had at most.")] = None,
    cap: Annotated[float, typer.Option(help="Share of full power an accelerator may draw (max-Q).")] = 1.0,
    flex: Annotated[float, typer.Option(help="Share of power given back when asked.")] = 0.0,
    flex_hours: Annotated[float, typer.Option(help="Hours a year it is given back.")] = 0.0,
    stand: Stand = None,
    as_of: AsOf = None,
    draws: Draws = 2000,
    seed: Seed = Settings.seed,
    record: RecordFolder = RECORDS,
    plot: Plot = None,
    as_json: Json = False,
) -> None:
    """Say what a site puts out a day by generation, what limits it, and what a megawatt earns."""
    asked = Site(mw, pue, generation, model, scenario, demand, accelerators, cap, flex, flex_hours, overrides(stand))
    _give(site_question(read_basis(as_of, draws, seed, record), asked), as_json=as_json, plot=plot)


def cost(
    life: Annotated[str, typer.Option(help="Lives to compare in years, separated by commas.")] = "4,5,6",
    generation: Generation = None,
    model: Model = MODEL,
    scenario: Scenario = SCENARIO,
    gain: Annotated[float | None, typer.Option(help="Also show what this throughput gain does to compute.")] = None,
    elasticity: Annotated[
        str | None, typer.Option(help="Price elasticities to show it at, such as 0.5,1,1.5; the record's if left out.")
    ] = None,
    stand: Stand = None,
    as_of: AsOf = None,
    draws: Draws = 2000,
    seed: Seed = Settings.seed,
    record: RecordFolder = RECORDS,
    plot: Plot = None,
    as_json: Json = False,
) -> None:
    """Say what a million tokens cost by generation and life: capital, operations, building, energy and idle apart."""
    asked = Costing(life, generation, model, scenario, gain, elasticity, overrides(stand))
    _give(cost_question(read_basis(as_of, draws, seed, record), asked), as_json=as_json, plot=plot)


def retire(
    generation: Annotated[str, typer.Option(help="Family or accelerator, such as hopper.")],
    segment: Annotated[str, typer.Option(help="Whose fleet: all, hyperscale, rest, vendor_internal.")] = "all",
    model: Model = RETIRED_MODEL,
    scenario: Scenario = SCENARIO,
    stand: Stand = None,
    plot: Plot = None,
    as_json: Json = False,
) -> None:
    """Say when each cohort of a generation stops earning its keep, with power slack and scarce, and what it frees."""
    asked = Retirement(generation, segment, model, scenario, overrides(stand))
    _give(open_forecaster().retire(**vars(asked)), as_json=as_json, plot=plot)


def limits(
    by: Annotated[str, typer.Option(help="Last quarter, such as 2027Q4.")],
    programmes: Annotated[int, typer.Option(min=1, max=2000, help="Joint draws to plan.")] = 100,
    stand: Stand = None,
    lift: Annotated[list[str] | None, typer.Option(help="A ceiling that does not count, such as power.")] = None,
    as_json: Json = False,
) -> None:
    """Say whether packaging, memory or power holds the forecast fleet back in each quarter, and what more is worth."""
    answer = open_forecaster().limits(**vars(Limits(by, programmes, overrides(stand), tuple(lift or ()))))
    _give(answer, as_json=as_json, plot=None)


def ceilings(
    by: Annotated[str | None, typer.Option(help="Last quarter, such as 2027Q4; the horizon if left out.")] = None,
    as_json: Json = False,
) -> None:
    """Say how much packaging, memory and power can be had in each quarter, and who says so."""
    _give(open_forecaster().ceilings(by=by), as_json=as_json, plot=None)


def read_basis(as_of: str | None, draws: int, seed: int, record: Path) -> Basis:
    """Return what capacity and cost rest on, from the record as known on a day.

    Parameters
    ----------
    as_of
        Day the record is seen from; today if not given.
    draws, seed
        Joint draws and the seed of their streams.
    record
        Folder of records.

    Returns
    -------
    Basis
        Catalogue, rates and assumptions.
    """
    return basis_of(read_record(record).as_of(as_day(as_of, "--as-of")), Settings(draws=draws, seed=seed))


def overrides(pairs: list[str] | None) -> dict[str, float]:
    """Return the values that stand in for assumptions.

    Parameters
    ----------
    pairs
        Texts ``name=value``.

    Returns
    -------
    dict
        Assumption to its value, in the assumption's unit.

    Raises
    ------
    ValueError
        If one is not of the form name=value.

    Examples
    --------
    >>> overrides(["site.utilisation=0.7"])
    {'site.utilisation': 0.7}
    """
    given = {}
    for pair in pairs or []:
        name, equals, value = pair.partition("=")
        try:
            given[name] = float(value)
        except ValueError:
            equals = ""
        if not equals:
            raise InputError(f"--set {pair!r} is not of the form site.utilisation=0.7")
    return given


def answer_json(answer: Answer) -> dict[str, Any]:
    """Return an answer as plain values; what is missing is null.

    Parameters
    ----------
    answer
        The answer.

    Returns
    -------
    dict
        ``question, rows, assumed, notes``.
    """
    return {
        "question": answer.question, "rows": _plain(answer.table), "assumed": _plain(answer.assumed),
        "notes": list(answer.notes),
    }  # fmt: skip


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(table.to_json(orient="records", double_precision=15))
    return rows


def _give(answer: Answer, *, as_json: bool, plot: Path | None) -> None:
    if plot is not None:
        from shiftcast.pipelines.publish.capacity_plot import save_answer  # noqa: PLC0415  (Matplotlib is slow to load)

        save_answer(answer, plot)
    if as_json:
        sys.stdout.write(json.dumps(answer_json(answer), indent=1) + "\n")
    else:
        show(answer)


def show(answer: Answer) -> None:
    """Print an answer for a person: figures, then its assumptions and notes.

    Parameters
    ----------
    answer
        The answer.
    """
    console = wide_console()
    console.print(f"[bold]{answer.question}[/bold]; medians with 80 % intervals")
    for rows in _alike(answer.table):
        listed = len(rows) > _ACROSS and len(_stems(rows)) <= _COLUMNS
        sheets = [rows.iloc[start : start + _ACROSS] for start in range(0, len(rows), _ACROSS)]
        for table in [_list(rows)] if listed else map(_sheet, sheets):
            console.print(table)
    headings = ("assumed", "10 %", "50 %", "90 %", "unit", "evidence", "source")
    assumed = Table(*headings, title="Rests on", title_justify="left")
    for row in answer.assumed.itertuples():
        assumed.add_row(row.name, f"{row.low:g}", f"{row.mid:g}", f"{row.high:g}", row.unit, row.evidence, row.source)
    console.print(assumed)
    for note in answer.notes:
        console.print(f"- {note}", markup=False)


_ACROSS, _COLUMNS = 4, 10  # rows that stand side by side, and quantities that a list has room for
_SCALES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e4, "k"))


def _alike(table: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the rows grouped by which figures they have, each without the columns it has none in."""
    kind = table.notna().apply(tuple, axis=1)
    return [rows.dropna(axis=1, how="all") for _, rows in table.groupby(kind, sort=False)]


def _sheet(rows: pd.DataFrame) -> Table:
    """Return a few rows side by side, a line a quantity."""
    sheet = Table(show_header=False)
    for stem in _stems(rows):
        sheet.add_row(stem.replace("_", " "), *(_cell(row, stem) for row in rows.to_dict("records")))
    return sheet


def _list(rows: pd.DataFrame) -> Table:
    """Return many rows below each other."""
    stems = _stems(rows)
    listed = Table(*(stem.replace("_", " ") for stem in stems))
    for row in rows.to_dict("records"):
        listed.add_row(*(_cell(row, stem) for stem in stems))
    return listed


def _stems(rows: pd.DataFrame) -> list[str]:
    """Return the quantities of a table, an interval counting as one."""
    return list(dict.fromkeys(str(name).removesuffix("_median").removesuffix("_low80").removesuffix("_high80")
                              for name in rows.columns))  # fmt: skip


def _cell(row: dict[Any, Any], stem: str) -> str:
    if f"{stem}_median" in row:
        low, high = _figure(row[f"{stem}_low80"]), _figure(row[f"{stem}_high80"])
        middle = _figure(row[f"{stem}_median"])
        return middle if low == high else f"{middle} ({low}-{high})"
    return _figure(row[stem]) if isinstance(row[stem], float) else str(row[stem])


def _figure(value: float) -> str:
    for scale, letter in _SCALES:
        if abs(value) >= scale:
            return f"{value / (1e3 if letter == 'k' else scale):.3g}{letter}"
    return f"{value:.4g}" if abs(value) >= 1e3 or value == 0 else f"{value:.3g}"
