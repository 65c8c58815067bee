"""`shiftcast plan`, `limits`, `ceilings`, `site`, `cost` and `retire`: printed, as JSON, a table or a picture."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from shiftcast.features.input_error import InputError
from shiftcast.forecast.answers import Forecaster
from shiftcast.forecast.capacity.plan import Plan
from shiftcast.forecast.capacity.purchases import Limits
from shiftcast.forecast.capacity.retire import MODEL as RETIRED_MODEL
from shiftcast.forecast.capacity.retire import Retirement
from shiftcast.forecast.economics.basis import MODEL, SCENARIO, Basis
from shiftcast.forecast.economics.costs import Costing, cost_question
from shiftcast.forecast.economics.site import Site, site_question
from shiftcast.forecast.known import Settings, basis_of
from shiftcast.forecast.views.answer import Answer
from shiftcast.pipelines.commands.answer_screen import answer_json, show
from shiftcast.pipelines.commands.noted import Output, check_output, write_answer
from shiftcast.pipelines.commands.options import as_day
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
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Say how many accelerators to have live by a quarter at a shortage risk, and by when to order them."""
    check_output(output)
    asked = Plan(by, risk, under, over, segment, generation=generation, installed=installed, given=overrides(stand))
    forecaster = open_forecaster()
    _give(forecaster.plan(**vars(asked)), _day(forecaster), as_json=as_json, plot=plot, output=output)


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
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Say what a site puts out a day by generation, what limits it, and what a megawatt earns."""
    check_output(output)
    asked = Site(mw, pue, generation, model, scenario, demand, accelerators, cap, flex, flex_hours, overrides(stand))
    basis = read_basis(as_of, draws, seed, record)
    _give(site_question(basis, asked), basis.origin, as_json=as_json, plot=plot, output=output)


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
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Say what a million tokens cost by generation and life: capital, operations, building, energy and idle apart."""
    check_output(output)
    asked = Costing(life, generation, model, scenario, gain, elasticity, overrides(stand))
    basis = read_basis(as_of, draws, seed, record)
    _give(cost_question(basis, asked), basis.origin, as_json=as_json, plot=plot, output=output)


def retire(
    generation: Annotated[str, typer.Option(help="Family or accelerator, such as hopper.")],
    segment: Annotated[str, typer.Option(help="Whose fleet: all, hyperscale, rest, vendor_internal.")] = "all",
    model: Model = RETIRED_MODEL,
    scenario: Scenario = SCENARIO,
    stand: Stand = None,
    plot: Plot = None,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Say when each cohort of a generation stops earning its keep, with power slack and scarce, and what it frees."""
    check_output(output)
    asked = Retirement(generation, segment, model, scenario, overrides(stand))
    forecaster = open_forecaster()
    _give(forecaster.retire(**vars(asked)), _day(forecaster), as_json=as_json, plot=plot, output=output)


def limits(
    by: Annotated[str, typer.Option(help="Last quarter, such as 2027Q4.")],
    programmes: Annotated[int, typer.Option(min=1, max=2000, help="Joint draws to plan.")] = 100,
    stand: Stand = None,
    lift: Annotated[list[str] | None, typer.Option(help="A ceiling that does not count, such as power.")] = None,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Say whether packaging, memory or power holds the forecast fleet back in each quarter, and what more is worth."""
    check_output(output)
    asked, forecaster = Limits(by, programmes, overrides(stand), tuple(lift or ())), open_forecaster()
    _give(forecaster.limits(**vars(asked)), _day(forecaster), as_json=as_json, plot=None, output=output)


def ceilings(
    by: Annotated[str | None, typer.Option(help="Last quarter, such as 2027Q4; the horizon if left out.")] = None,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Say how much packaging, memory and power can be had in each quarter, and who says so."""
    check_output(output)
    forecaster = open_forecaster()
    _give(forecaster.ceilings(by=by), _day(forecaster), as_json=as_json, plot=None, output=output)


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


def _give(answer: Answer, as_of: pd.Timestamp | None, *, as_json: bool, plot: Path | None, output: Path | None) -> None:
    if plot is not None:
        from shiftcast.pipelines.publish.capacity_plot import save_answer  # noqa: PLC0415  (Matplotlib is slow to load)

        save_answer(answer, plot)
    write_answer(answer, output, as_of)
    if as_json:
        sys.stdout.write(json.dumps(answer_json(answer), indent=1) + "\n")
    else:
        show(answer)


def _day(forecaster: Forecaster) -> pd.Timestamp | None:
    return None if forecaster.known is None else forecaster.known.origin
