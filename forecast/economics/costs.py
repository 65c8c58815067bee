"""Answer to a cost question: US dollars a million units of work by generation and life, in parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.draws import normals
from shiftcast.forecast.economics.basis import MODEL, SCENARIO, Basis, Machine, generations, machine
from shiftcast.forecast.economics.cost import HourlyCost, Terms, capital_recovery, hourly_cost, per_million
from shiftcast.forecast.economics.doubted import doubt_given
from shiftcast.forecast.economics.power import across
from shiftcast.forecast.economics.rates import rate
from shiftcast.forecast.scenarios.rebound import rebound_table
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.answer import Answer, assumed_rows, spread

_TERMS: Final = (
    "cost.rate", "cost.operations", "cost.site_capex", "cost.site_life", "power.load", "cost.electricity",
)  # fmt: skip
COST_TERMS: Final = ("power.pue", *_TERMS)
LIVES: Final = (4.0, 5.0, 6.0)
_ELASTICITY: Final = "demand.elasticity"
_USED: Final = (*COST_TERMS, "site.utilisation", "site.derate")


def machine_cost(basis: Basis, each: Machine, *, life: Array, given: Mapping[str, float]) -> HourlyCost:
    """Return draws of the cost of one accelerator an hour, in parts.

    Parameters
    ----------
    basis, each
        Catalogue and assumptions of a day, and the accelerator.
    life
        Life of the accelerator [year], shape (draws,).
    given
        Assumption to the value that replaces it.

    Returns
    -------
    HourlyCost
        Each part of shape (draws,) [USD/h].

    Raises
    ------
    OutOfSupportError
        If the catalogue has no price of the accelerator.
    """
    if np.isnan(each.price):
        raise OutOfSupportError(
            f"cost of {each.name}", "its latest row in hardware.csv has no price_usd",
            "add the price of one accelerator with its share of the system",
        )  # fmt: skip
    noise = normals(basis.seed, f"price.{each.name}", basis.draws)
    facility = across(each.power, to="facility", ratio=basis.pue(given))
    dollars = np.asarray(each.price * np.exp(each.price_sd_log * noise))
    return hourly_cost(dollars, facility.watts, Terms(*(basis.values(name, given) for name in _TERMS)), life=life)


@dataclass(frozen=True)
class Costing:
    """A question of cost.

    Attributes
    ----------
    life
        Lives to compare [year]; a text such as ``4,5,6`` is read.
    generation
        Accelerator or family; every one with price, power and a rate if left out.
    model, scenario
        Model and tier of the throughput records used.
    gain, elasticity
        A throughput gain [1], if any, and the elasticities [1] at which its effect on demand and compute is shown; the
        record's 10th, 50th and 90th percentiles if left out.
    given
        Assumption to the value that replaces it, such as ``{"cost.rate": 0.08}``.
    sure
        Insist on values far beyond what the record supports.
    """

    life: Sequence[float] | str = LIVES
    generation: str | None = None
    model: str = MODEL
    scenario: str = SCENARIO
    gain: float | None = None
    elasticity: Sequence[float] | str | None = None
    given: Mapping[str, float] = field(default_factory=dict)
    sure: bool = False


def numbers(values: Sequence[float] | str, what: str) -> tuple[float, ...]:
    """Return numbers, parsed from text where they are separated by commas.

    Parameters
    ----------
    values
        Numbers, or text such as ``4,5,6``.
    what
        Name of the quantity, for the message.

    Returns
    -------
    tuple of float

    Raises
    ------
    ValueError
        If the list is empty, or an entry is not a finite number.

    Examples
    --------
    >>> numbers("4,5,6", "life"), numbers([4], "life")
    ((4.0, 5.0, 6.0), (4.0,))
    """
    try:
        read = tuple(float(each) for each in (values.split(",") if isinstance(values, str) else values))
    except ValueError:
        read = ()
    if not read or not np.isfinite(read).all():
        raise InputError(f"{what} {values!r} is not a list of numbers such as 4,5,6")
    return read


def cost_question(basis: Basis, asked: Costing) -> Answer:
    """Return the cost of a million units of work by generation and life, with its parts apart.

    Parameters
    ----------
    basis
        Catalogue, rates and assumptions of the day.
    asked
        Lives, generations and records.

    Returns
    -------
    Answer
        A row a generation and life: ``crf`` [1/year]; ``usd_hour`` of one accelerator; ``capital, operations, site,
        energy`` and ``full_use`` [USD a million units while busy]; ``idle``, what idle hours add; ``usd_million``, as
        utilised.

    Raises
    ------
    ValueError
        If a life is not positive or a given value is out of range.
    OutOfSupportError
        If no generation asked about can be costed, naming what is missing.
    """
    given, life = dict(asked.given), numbers(asked.life, "life")
    doubtful = doubt_given(basis, given, sure=asked.sure)
    capital_recovery(
        np.zeros(len(life)), np.asarray(life)
    )  # raises on a life that is not positive before any draw is made
    for years in life:
        doubtful += doubt_given(basis, {"fleet.life": years}, sure=asked.sure)
    rows: list[dict[str, object]] = []
    refused: list[OutOfSupportError] = []
    for name in generations(basis, asked.generation):
        try:
            each, speed = machine(basis, name), rate(basis, name, model=asked.model, scenario=asked.scenario)
            for years in life:
                cost = machine_cost(basis, each, life=np.full(basis.draws, years), given=given)
                rows.append(_row(basis, each, years, cost, speed.value, given) | {
                    "unit": speed.unit, "own_usd_hour": each.own_usd_hour, "rate": speed.value,
                    "rate_evidence": speed.evidence, "rate_source": speed.source,
                })  # fmt: skip
        except OutOfSupportError as error:
            refused.append(error)
    if not rows:
        raise refused[0]
    notes = (*doubtful, *(f"left out: {reason}" for reason in refused), *_rebound(basis, asked, given), _READING)
    lives = ", ".join(f"{years:g}" for years in life)
    question = f"cost of a million units of {asked.model} {asked.scenario} at lives of {lives} years"
    used = (*_USED, *(("demand.pass_through", _ELASTICITY) if asked.gain is not None else ()))
    return Answer(question, pd.DataFrame(rows), assumed_rows(basis.assumptions, used, given), notes)


_READING: Final = (
    "Parts are medians and need not add up to the median of the whole. Price draws are log-normal around the "
    "catalogue's; own_usd_hour is an independent estimate to compare usd_hour with."
)


def _row(
    basis: Basis, each: Machine, years: float, cost: HourlyCost, speed: float, given: Mapping[str, float]
) -> dict[str, object]:
    busy = speed * basis.values("site.derate", given)
    use = basis.values("site.utilisation", given)
    full = per_million(cost.total, busy, np.ones(basis.draws))
    whole = per_million(cost.total, busy, use)
    parts = {name: float(np.median(per_million(getattr(cost, name), busy, np.ones(basis.draws))))
             for name in ("capital", "operations", "site", "energy")}  # fmt: skip
    charge = capital_recovery(basis.values("cost.rate", given), np.full(basis.draws, years))
    return {
        "generation": each.name, "family": each.family, "life": years, "crf": float(np.median(charge)),
        **spread("usd_hour", cost.total), **parts, "full_use": float(np.median(full)),
        "idle": float(np.median(whole - full)), **spread("usd_million", whole),
    }  # fmt: skip


def _rebound(basis: Basis, asked: Costing, given: Mapping[str, float]) -> tuple[str, ...]:
    """Return the response of demand and compute to a throughput gain, a line an elasticity."""
    if asked.gain is None:
        return ()
    rows = basis.assumptions[basis.assumptions["name"] == _ELASTICITY]
    recorded = rows[["low", "mid", "high"]].to_numpy().ravel().tolist()
    elasticities = numbers(recorded if asked.elasticity is None else asked.elasticity, "elasticity")
    table = rebound_table(asked.gain, elasticities, basis.values("demand.pass_through", given))
    return tuple(
        f"throughput x{asked.gain:g} at elasticity {row.elasticity:g}: demand x{row.volume:.2f}, compute "
        f"x{row.compute:.2f} ({row.compute_low80:.2f}-{row.compute_high80:.2f}), {row.kind}"
        for row in table.itertuples()
    )
