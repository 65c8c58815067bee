"""Answer to a site question: output of a number of megawatts by generation, and the limit that binds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.features.arrays import Array
from shiftcast.features.bounds import LEAST_CAP, LEAST_SITE, check_figure
from shiftcast.features.input_error import InputError
from shiftcast.features.refusal import LARGEST
from shiftcast.forecast.economics.basis import MODEL, SCENARIO, Basis, Machine, generations, machine
from shiftcast.forecast.economics.cost import HOURS_PER_YEAR
from shiftcast.forecast.economics.costs import COST_TERMS, machine_cost
from shiftcast.forecast.economics.doubted import doubt_given, doubt_power
from shiftcast.forecast.economics.power import Power, across, capped_rate, work_per_joule
from shiftcast.forecast.economics.rates import Rate, price_name, rate
from shiftcast.forecast.economics.revenue import revenue_per_megawatt_year, tokens_per_watt
from shiftcast.forecast.spoken import number, percent, within
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.answer import Answer, assumed_rows, spread
from shiftcast.forecast.views.units import units_of

SECONDS_PER_DAY: Final = 86400.0
_USED: Final = ("power.pue", "site.usable_power", "site.utilisation", "site.derate")
_MONEY: Final = ("price.interactive", *COST_TERMS[1:], "fleet.life")


@dataclass(frozen=True)
class Site:
    """A site and the question about it.

    Attributes
    ----------
    mw
        Contracted power at the meter [MW_facility].
    pue
        Facility power over IT power [1]; drawn from the assumption if not given.
    generation
        Accelerator or family; every one with a power figure and a rate if left out.
    model, scenario
        Model and tier of the throughput records used.
    demand
        Work demanded of the site [unit/day]; ``None`` if not known.
    accelerators
        Accelerators available; ``None`` if as many as fit.
    cap
        Share of full power that an accelerator may draw (max-Q) [1].
    flex, flex_hours
        Share of power curtailed [1], and the hours a year of it [h/year].
    given
        Assumption to the value that replaces it, such as ``{"site.utilisation": 0.7}``.
    sure
        Insist on values far beyond what the record supports.
    """

    mw: float
    pue: float | None = None
    generation: str | None = None
    model: str = MODEL
    scenario: str = SCENARIO
    demand: float | None = None
    accelerators: float | None = None
    cap: float = 1.0
    flex: float = 0.0
    flex_hours: float = 0.0
    given: Mapping[str, float] = field(default_factory=dict)
    sure: bool = False

    def __post_init__(self) -> None:
        """Raise if a number is out of the range of any site."""
        check_figure("power of the site", self.mw, "MW_facility")
        checks = {
            f"power of {self.mw:g} MW": self.mw >= LEAST_SITE,
            f"demand of {self.demand} a day": self.demand is None or 0 < self.demand <= LARGEST,
            f"{self.accelerators} accelerators": self.accelerators is None or 0 < self.accelerators <= LARGEST,
            f"power cap of {self.cap:g}": LEAST_CAP <= self.cap <= 1,
            f"flexible share of {self.flex:g}": 0 <= self.flex < 1,
            f"{self.flex_hours:g} flexible hours a year": 0 <= self.flex_hours <= HOURS_PER_YEAR,
        }
        for description, fine in checks.items():
            if not fine:
                raise InputError(
                    f"a site with {description} is out of range; give one such as --mw 40 --cap 0.8 --flex 0.2"
                )


@dataclass(frozen=True)
class Output:
    """Output of one generation on the site, draws of shape (draws,).

    Attributes
    ----------
    power
        Power of one accelerator at its cap [W_facility].
    accelerators
        Accelerators installed, in whole racks [accelerator].
    rate
        Throughput of one busy accelerator [unit/s].
    work_day
        Work a day [unit/day].
    power_limits
        True where power, and not the accelerators available, sets their number.
    """

    power: Power
    accelerators: Array
    rate: Array
    work_day: Array
    power_limits: NDArray[np.bool_]


def site_question(basis: Basis, site: Site) -> Answer:
    """Return work a day, accelerators, racks, work per joule and money per megawatt, by generation.

    Parameters
    ----------
    basis
        Catalogue, rates and assumptions of the day.
    site
        The site and the question about it.

    Returns
    -------
    Answer
        A row a generation, the largest output first; medians and 80 % intervals from joint draws.

    Raises
    ------
    ValueError
        If a given value is out of range.
    OutOfSupportError
        If no generation asked about has both power and rate, naming what is missing.
    """
    given = dict(site.given) | ({} if site.pue is None else {"power.pue": site.pue})
    doubtful = (*doubt_power(basis.ceilings, site.mw, sure=site.sure), *doubt_given(basis, given, sure=site.sure))
    price = price_name(basis, site.model)
    rows: list[dict[str, Any]] = []
    refused: list[OutOfSupportError] = []
    notes = list(doubtful)
    for name in generations(basis, site.generation):
        try:
            each, speed = machine(basis, name), rate(basis, name, model=site.model, scenario=site.scenario)
        except OutOfSupportError as error:
            refused.append(error)
            continue
        output = site_output(basis, site, each, speed, given)
        money = _money(basis, site, each, output, given, price) if speed.unit == "output_token" else {}
        rows.append(_row(basis, site, each, speed, output) | money)
        if each.available_at > basis.origin:
            notes.append(f"{name} is announced for {each.available_at:%Y-%m-%d}")
    if not rows:
        raise refused[0]
    notes += [f"left out: {error}" for error in refused]
    table = pd.DataFrame(rows).sort_values("work_day_median", ascending=False, kind="stable", ignore_index=True)
    capped = ("power.cap_exponent",) if site.cap < 1 or site.flex > 0 else ()
    used = (*_USED, *capped, price, *_MONEY)
    question = f"{site.mw:g} MW at the meter, {site.model} {site.scenario}"
    return Answer(
        question, table, assumed_rows(basis.assumptions, used, given), (*notes, *_notes(table)),
        says=_says(site, table), units=units_of(table.columns),
    )  # fmt: skip


def site_output(basis: Basis, site: Site, each: Machine, speed: Rate, given: Mapping[str, float]) -> Output:
    """Return draws of the output of one generation on a site.

    Accelerators fill the usable share of the power in whole racks. Work a day is N theta derate u 86,400 times 1 - h /
    8760 (1 - (1 - f)^a): curtailment of a share f for h hours a year costs that much.

    Parameters
    ----------
    basis
        Assumptions of the day.
    site
        The site.
    each
        The accelerator, its power and rack size.
    speed
        Measured throughput of it [unit/s].
    given
        Assumption to the value that replaces it.

    Returns
    -------
    Output
    """
    full = across(each.power, to="facility", ratio=basis.pue(given))
    power = Power(np.asarray(full.watts * site.cap), "facility")
    room = site.mw * 1e6 * basis.values("site.usable_power", given) / power.watts
    had = np.inf if site.accelerators is None else float(site.accelerators)
    accelerators = each.domain * np.floor(np.minimum(room, had) / each.domain)
    exponent = basis.values("power.cap_exponent", given)
    busy = capped_rate(np.asarray(speed.value * basis.values("site.derate", given)), np.asarray(site.cap), exponent)
    lost = site.flex_hours / HOURS_PER_YEAR * (1 - (1 - site.flex) ** exponent)
    work = accelerators * busy * basis.values("site.utilisation", given) * SECONDS_PER_DAY * (1 - lost)
    return Output(power, accelerators, busy, work, np.asarray(room <= had))


def _row(basis: Basis, site: Site, each: Machine, speed: Rate, output: Output) -> dict[str, Any]:
    """Return the physical cells of a generation's row."""
    short = np.zeros(basis.draws, dtype=bool) if site.demand is None else output.work_day > site.demand
    binding = {"demand": short, "power": ~short & output.power_limits, "accelerators": ~short & ~output.power_limits}
    odds = {name: float(draws.mean()) for name, draws in binding.items()}
    limit = max(odds, key=lambda name: odds[name])
    return {
        "generation": each.name, "family": each.family, **spread("racks", output.accelerators / each.domain),
        **spread("accelerators", output.accelerators),
        **spread("mw_used", output.accelerators * output.power.watts / 1e6),
        **spread("work_day", output.work_day), "unit": speed.unit,
        **spread("work_per_joule", work_per_joule(output.rate, output.power)), "binding": limit,
        "binding_odds": odds[limit], "it_kw": float(each.power.watts) / 1e3, "power_evidence": each.power_evidence,
        "rate": speed.value, "rate_evidence": speed.evidence, "rate_source": speed.source,
    }  # fmt: skip


def _money(
    basis: Basis, site: Site, each: Machine, output: Output, given: Mapping[str, float], price: str
) -> dict[str, Any]:
    """Return revenue per megawatt-year, the shadow price of power, and the conditions of tokens per watt.

    Prices are known for output tokens alone; cells that need the price of an accelerator without one are missing.
    """
    dollars = basis.values(price, given) / 1e6
    use = basis.values("site.utilisation", given)
    revenue = revenue_per_megawatt_year(dollars, output.rate, output.power, utilisation=use)
    tiers = basis.values("price.interactive", given)
    judged = tokens_per_watt(output.work_day, tiers, demand=_demand(site), power_limits=output.power_limits)
    cells = {**spread("revenue_usd_mw_year", revenue), "tokens_per_watt": judged.holds, "because": judged.because}
    if np.isnan(each.price):
        return cells
    cost = machine_cost(basis, each, life=basis.values("fleet.life", given), given=given).total
    margin = dollars * output.rate * 3600 * use - cost
    fits = output.power_limits & (output.work_day <= (np.inf if site.demand is None else site.demand))
    shadow = fits * np.maximum(margin, 0) * HOURS_PER_YEAR / output.power.watts * 1e6
    return cells | spread("shadow_usd_mw_year", shadow * basis.values("site.usable_power", given))


def _demand(site: Site) -> Array | None:
    return None if site.demand is None else np.asarray(site.demand)


def _says(site: Site, table: pd.DataFrame) -> str:
    """Return the answer in words: whether power binds at all, and the output of the best generation."""
    best = table.iloc[0]
    fan = {name: tuple(number(best[f"{name}_{end}"]) for end in ("median", "low80", "high80"))
           for name in ("work_day", "racks", "mw_used")}  # fmt: skip
    told = {name: f"{middle} ({within(low, high)})" for name, (middle, low, high) in fan.items()}
    unit = str(best["unit"]).replace("_", " ")
    output = (
        f"{told['work_day']} {unit}s a day on {best['generation']}, in {told['racks']} racks that take "
        f"{told['mw_used']} MW."
    )
    if site.demand is None and site.accelerators is None:
        return (
            f"{output} Power binds because nothing else was given: without a demand and a number of accelerators the "
            "site is filled, so this is the most that it can put out, not whether power is the limit. Ask again with "
            "demand (work a day) to learn which binds."
        )
    return f"{output} {str(best['binding']).capitalize()} binds with odds of {percent(best['binding_odds'])}."


def _notes(table: pd.DataFrame) -> tuple[str, ...]:
    best = table.iloc[0]
    notes = [f"Most work: {best['generation']}, {best['work_day_median']:.3g} {best['unit']} a day."]
    if (table["racks_median"] == 0).any():
        notes.append("Some generations do not fit one whole rack.")
    notes.append(
        "Work per joule is over provisioned power at the meter while busy. Revenue per megawatt is at a list price for "
        "all output; what one more megawatt is worth is what is left after servers, building and energy, and nothing "
        "where power does not bind."
    )
    return tuple(notes)
