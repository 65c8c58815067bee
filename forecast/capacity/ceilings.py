"""Answer to a question of limits: packaging, memory or power as the binding constraint of the fleet, by quarter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import hours_in, quarter_end, quarter_label
from shiftcast.features.input_error import InputError
from shiftcast.features.series import select
from shiftcast.forecast.capacity.limits import DEMAND, POWER, Bought, Programme, best_purchases
from shiftcast.forecast.economics.basis import Basis, check_given
from shiftcast.forecast.economics.cost import capital_recovery
from shiftcast.forecast.hardware.equivalents import UNIT
from shiftcast.forecast.hardware.fleet import Fleet, arrival, follow_cohorts, weibull_survival
from shiftcast.forecast.hardware.generations import GenerationPrior, Generations, nvidia_generations
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.answer import Answer, assumed_rows, spread

CHIPS: Final = "packaging"
MEMORY: Final = "memory"
LIMITS: Final = {DEMAND: "1000 H100e", POWER: "MW_facility", CHIPS: "wafer", MEMORY: "million GB"}
_SUPPLIES: Final = {CHIPS: "supply.cowos", MEMORY: "supply.hbm", POWER: "supply.power"}
_OFFERED: Final = 2  # number of newest families that can still be ordered: older ones have left production
_THOUSAND: Final = 1e3


@dataclass(frozen=True)
class Limits:
    """A question about limits.

    Attributes
    ----------
    by
        Last quarter, such as ``2027Q4``.
    programmes
        Number of the joint draws for which a programme is solved.
    given
        Assumption to the value that replaces it.
    """

    by: str
    programmes: int = 100
    given: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Fleets:
    """The fleet demanded and what remains of today's.

    Attributes
    ----------
    quarters
        Ends of the quarters, from that of the origin on, shape (periods,).
    wanted
        Accelerators demanded [thousand], shape (draws, periods, generations).
    left
        Accelerators that remain of those bought before [thousand], the same shape.
    survival
        Share of a purchase left by age [1], shape (draws, periods).
    """

    quarters: pd.DatetimeIndex
    wanted: Array
    left: Array
    survival: Array


def limits_question(basis: Basis, asked: Limits) -> Answer:
    """Return the binding limit of each quarter, its probability, and its shadow price.

    In every draw a linear programme buys and runs accelerators to serve the H100-equivalents (by specification) of the
    forecast fleet, at the rent of an H100, under packaging wafers, memory and power.

    Parameters
    ----------
    basis
        Catalogue, assumptions and the fleet of a registered forecast.
    asked
        Last quarter and number of draws.

    Returns
    -------
    Answer
        A row a quarter: ``binding`` and its odds, ``served_share`` [1], odds of each limit [1], and shadow prices in US
        dollars a quarter and unit of the limit (:data:`LIMITS`).

    Raises
    ------
    OutOfSupportError
        If there is no fleet or no rent, or the quarter is past the horizon.
    ValueError
        If a given value is out of range or no draw is to be planned.
    """
    given = dict(asked.given)
    check_given(basis, given)
    if asked.programmes < 1:
        raise InputError(f"{asked.programmes} programmes cannot be planned; give one or more, such as 100")
    generations = nvidia_generations(basis.hardware, GenerationPrior(**basis.beliefs.of("generations")))
    fleets = _fleets(basis, generations, asked.by, given)
    terms = _terms(basis, generations, fleets, given)
    count = min(asked.programmes, basis.draws)
    done = [best_purchases(_programme(fleets, terms, draw)) for draw in range(count)]
    need = [terms["need"][draw] for draw in range(count)]
    rows = [_row(done, need, period, end) for period, end in enumerate(fleets.quarters)]
    notes = [_READING]
    if generations.filled:
        notes.append(f"Filled from the generation before: {', '.join(generations.filled)}.")
    used = (*(f"{name}{part}" for name in _SUPPLIES.values() for part in ("", "_growth", "_share")), *_USED)
    used += tuple(f"supply.packages_per_wafer.{name}" for name in generations.names if _has_packages(basis, name))
    question = f"what limits the fleet to {asked.by}, {count} of {basis.draws} draws"
    return Answer(question, pd.DataFrame(rows), assumed_rows(basis.assumptions, used, given), tuple(notes))


_USED: Final = (
    "power.pue", "power.load", "cost.electricity", "cost.rate", "retire.upkeep", "fleet.life", "fleet.lag",
)  # fmt: skip
_READING: Final = (
    "Purchases are taken as live in their quarter. Shadow prices are what one more unit of a limit would be worth in "
    "that quarter; what is bought serves later quarters too, so an early limit carries their worth. The forecast is of "
    "purchases that supply has already held back: limits bind more often than shown if more is wanted."
)


def _fleets(basis: Basis, generations: Generations, by: str, given: Mapping[str, float]) -> Fleets:
    """Return the fleet of the forecast, and today's as it ages, from the quarter of the origin on."""
    if basis.shipped is None:
        raise OutOfSupportError(
            "limits", "no fleet stands behind this basis", "open a forecast made by `shiftcast run`"
        )
    ends = pd.DatetimeIndex(basis.shipped["quarter"].values).tz_localize("UTC").as_unit("us")
    if quarter_end(by) > ends[-1]:
        raise OutOfSupportError(f"limits to {by}", f"the forecast ends in {quarter_label(ends[-1])}", "ask up to it")
    now, last = int(ends.searchsorted(basis.origin)), int(ends.searchsorted(quarter_end(by)))
    if last < now:
        raise InputError(f"{by} has ended by {basis.origin:%Y-%m-%d}; ask for a quarter after it")
    mine = (
        basis.shipped.sel(generation=list(generations.names)).sum("segment").transpose("draw", "quarter", "generation")
    )
    shipped = mine.values.astype(np.float64) / _THOUSAND
    ages = np.arange(0.5, len(ends))
    life: Array = 4 * basis.values("fleet.life", given)
    survival = weibull_survival(ages, life, basis.beliefs["fleet.survival_shape"])
    lags = arrival(ages, basis.values("fleet.lag", given))
    past = shipped * (np.arange(len(ends)) < now)[None, :, None]
    wanted, remaining = (_live(follow_cohorts(each, survival, lags), now, last) for each in (shipped, past))
    return Fleets(ends[now : last + 1], wanted, remaining, survival[:, : last - now + 1])


def _live(fleet: Fleet, now: int, last: int) -> Array:
    return fleet.live[:, now : last + 1]


def _terms(
    basis: Basis, generations: Generations, fleets: Fleets, given: Mapping[str, float]
) -> dict[str, Any]:  # fmt: skip
    """Return the arrays that the programmes of all draws share or take a row of."""
    hours, quarters = hours_in(fleets.quarters), fleets.quarters
    years = (quarters - basis.origin).days.to_numpy(dtype=np.float64) / 365.25
    kw = generations.it_kw[None, :] * basis.pue(given)[:, None]
    load = (basis.values("power.load", given) * basis.values("cost.electricity", given))[:, None]
    hourly = kw * load + basis.values("retire.upkeep", given)[:, None]
    yearly = capital_recovery(basis.values("cost.rate", given), basis.values("fleet.life", given))[:, None]
    quarters_left = (len(quarters) - np.arange(len(quarters)))[None, :, None]
    flows = {name: _supply(basis, row, years, given) for name, row in _SUPPLIES.items()}
    power = (fleets.left[:, :1] * kw[:, None, :]).sum(axis=2) + np.cumsum(flows[POWER], axis=1)
    return {
        "h100e": generations.h100e, "need": (fleets.wanted * generations.h100e).sum(axis=2), "kw": kw, "power": power,
        "value": _THOUSAND * _rent(basis) * float(hours.mean()),
        "running": _THOUSAND * hourly[:, None, :] * hours[None, :, None],
        "charge": _THOUSAND * (yearly * generations.price / 4)[:, None, :] * quarters_left,
        "offered": _offered(generations, quarters), "supply": {name: flows[name] for name in (CHIPS, MEMORY)},
        "uses": {CHIPS: _wafers(basis, generations, given), MEMORY: _memory(basis, generations)},
    }  # fmt: skip


def _programme(fleets: Fleets, terms: Mapping[str, Any], draw: int) -> Programme:
    work = np.tile(terms["h100e"], (len(fleets.quarters), 1))
    return Programme(
        terms["need"][draw], terms["value"], work, terms["running"][draw], terms["charge"][draw], fleets.left[draw],
        fleets.survival[draw], terms["kw"][draw], terms["power"][draw],
        {CHIPS: terms["uses"][CHIPS][draw], MEMORY: terms["uses"][MEMORY]},
        {name: flow[draw] for name, flow in terms["supply"].items()}, terms["offered"],
    )  # fmt: skip


def _supply(basis: Basis, name: str, years: Array, given: Mapping[str, float]) -> Array:
    """Return the supply available in each quarter, shape (draws, periods), memory in million GB."""
    growth = (1.0 + basis.values(f"{name}_growth", given)[:, None]) ** years[None, :]
    flow = (basis.values(name, given) * basis.values(f"{name}_share", given))[:, None] * growth
    return np.asarray(flow / 1e6 if name == _SUPPLIES[MEMORY] else flow)


def _offered(generations: Generations, quarters: pd.DatetimeIndex) -> Array:
    """Return 1.0 for the newest two generations that ship in each quarter, shape (periods, generations)."""
    out = np.array([[available <= end for available in generations.available_at] for end in quarters])
    newer = out[:, ::-1].cumsum(axis=1)[:, ::-1]
    return np.asarray(out & (newer <= _OFFERED), dtype=np.float64)


def _wafers(basis: Basis, generations: Generations, given: Mapping[str, float]) -> Array:
    """Return wafers a thousand accelerators take, shape (draws, generations); zero without a row."""
    per = [
        _THOUSAND / basis.values(f"supply.packages_per_wafer.{name}", given)
        if _has_packages(basis, name) else np.zeros(basis.draws)
        for name in generations.names
    ]  # fmt: skip
    return np.stack(per, axis=-1)


def _has_packages(basis: Basis, family: str) -> bool:
    return f"supply.packages_per_wafer.{family}" in set(basis.assumptions["name"])


def _memory(basis: Basis, generations: Generations) -> Array:
    """Return memory that a thousand accelerators take [million GB], shape (generations,)."""
    known = [select(basis.hardware, accelerator=name)["hbm_gb"].dropna() for name in generations.accelerators]
    return np.array([float(each.iloc[-1]) if len(each) else 0.0 for each in known]) * _THOUSAND / 1e6


def _rent(basis: Basis) -> float:
    rents = select(basis.hardware, accelerator=UNIT).sort_values("known_at")["rent_usd_hour"].dropna()
    if rents.empty:
        said = f"hardware.csv has no rent_usd_hour of {UNIT} by then"
        raise OutOfSupportError("limits", said, "choose a later origin")
    return float(rents.iloc[-1])


def _row(done: list[Bought], need: list[Array], period: int, end: pd.Timestamp) -> dict[str, Any]:
    binding = [each.binding[period] for each in done]
    odds = {name: binding.count(name) / len(done) for name in (*LIMITS, "none")}
    first = max(odds, key=lambda name: odds[name])
    served = np.array(
        [each.served[period] / max(wanted[period], 1e-9) for each, wanted in zip(done, need, strict=True)]
    )
    prices = {name: np.array([each.shadow[name][period] for each in done]) for name in LIMITS}
    return {
        "quarter": quarter_label(end), "binding": first, "binding_odds": odds[first], **spread("served_share", served),
        **{f"odds_{name}": odds[name] for name in LIMITS},
        **{key: value for name, values in prices.items() for key, value in spread(f"shadow_{name}", values).items()},
    }  # fmt: skip
