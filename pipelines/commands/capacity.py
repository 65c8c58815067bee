"""`shiftcast site` and `shiftcast cost`: questions that the record answers without a registered forecast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from shiftcast.features.bounds import DRAWS
from shiftcast.features.input_error import InputError
from shiftcast.forecast.economics.basis import MODEL, SCENARIO, Basis
from shiftcast.forecast.economics.costs import Costing, cost_question
from shiftcast.forecast.economics.site import Site, site_question
from shiftcast.forecast.known import Settings, basis_of
from shiftcast.forecast.telling.told import SAYS
from shiftcast.forecast.telling.units import column_units
from shiftcast.forecast.views.answer import Answer
from shiftcast.pipelines.commands.giving import AsJson, Places, Plot, check_places, give
from shiftcast.pipelines.commands.noted import Output
from shiftcast.pipelines.commands.options import as_day
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.public_record import read_record

Stand = Annotated[
    list[str] | None, typer.Option("--set", help="Stand a value in for an assumption, such as site.utilisation=0.7.")
]
Sure = Annotated[bool, typer.Option(help="Insist on figures far beyond what the record supports.")]
AsOf = Annotated[str | None, typer.Option(help="Day the record is seen from; today if left out.")]
Draws = Annotated[int, typer.Option(min=100, max=DRAWS, help="Joint draws.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of every random number.")]
RecordFolder = Annotated[Path, typer.Option(help="Folder of records.")]
Generation = Annotated[str | None, typer.Option(help="Accelerator or family, such as gb300 or hopper.")]
Model = Annotated[str, typer.Option(help="Model of the throughput records.")]
Scenario = Annotated[str, typer.Option(help="Service level of the throughput records.")]


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
    sure: Sure = False,
    as_of: AsOf = None,
    draws: Draws = 2000,
    seed: Seed = Settings.seed,
    record: RecordFolder = RECORDS,
    plot: Plot = None,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Say what a site puts out a day by generation, what limits it, and what a megawatt earns."""
    check_places(places := Places(output, plot, as_json=as_json))
    asked = Site(
        mw, pue, generation, model, scenario, demand, accelerators, cap, flex, flex_hours, overrides(stand), sure
    )
    basis = read_basis(as_of, draws, seed, record)
    give(_told("site", site_question(basis, asked), vars(asked)), basis.origin, places)


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
    sure: Sure = False,
    as_of: AsOf = None,
    draws: Draws = 2000,
    seed: Seed = Settings.seed,
    record: RecordFolder = RECORDS,
    plot: Plot = None,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Say what a million tokens cost by generation and life: capital, operations, building, energy and idle apart."""
    check_places(places := Places(output, plot, as_json=as_json))
    asked = Costing(life, generation, model, scenario, gain, elasticity, overrides(stand), sure)
    basis = read_basis(as_of, draws, seed, record)
    give(_told("cost", cost_question(basis, asked), vars(asked)), basis.origin, places)


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


def _told(name: str, answer: Answer, asked: Mapping[str, Any]) -> Answer:
    """Return an answer with the conclusion in words and the units of its columns, as a registered forecast gives it."""
    says = answer.says or SAYS[name](answer.table, asked)
    return replace(answer, says=says, units=column_units(name, answer.table, answer.units))
