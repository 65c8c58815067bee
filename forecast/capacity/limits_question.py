"""Answer to a question of limits: packaging, memory or power as the binding constraint of the fleet, by quarter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import hours_in, quarter_end, quarter_label
from shiftcast.features.input_error import InputError
from shiftcast.features.series import select
from shiftcast.forecast.capacity.bounds import Supplied, supplied
from shiftcast.forecast.capacity.limits import DEMAND, Bought, Programme, best_purchases
from shiftcast.forecast.capacity.stated import with_stated
from shiftcast.forecast.economics.basis import Basis, check_given
from shiftcast.forecast.economics.cost import capital_recovery
from shiftcast.forecast.hardware.equivalents import UNIT
from shiftcast.forecast.hardware.fleet import Fleet
from shiftcast.forecast.hardware.generations import Generations
from shiftcast.forecast.supply.ceilings import MEMORY, PACKAGING, POWER, power_stock
from shiftcast.forecast.supply.taken import PER_WAFER
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.answer import Answer, assumed_rows, spread

LIMITS: Final = {DEMAND: "1000 H100e", POWER: "MW_facility", PACKAGING: "wafer", MEMORY: "million GB"}
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
    lift
        Ceilings that do not count (:data:`forecast.supply.ceilings.LIMITS`).
    """

    by: str
    programmes: int = 100
    given: Mapping[str, float] = field(default_factory=dict)
    lift: tuple[str, ...] = ()


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
    before
        Accelerators live when the first quarter begins [thousand], shape (draws, generations).
    survival
        Share of a purchase left by age [1], shape (draws, periods).
    most
        Ceiling to what can be had in a quarter, shape (draws, periods) (:class:`forecast.supply.ceilings.Bounds`).
    """

    quarters: pd.DatetimeIndex
    wanted: Array
    left: Array
    before: Array
    survival: Array
    most: Mapping[str, Array]


def limits_question(cube: xr.Dataset, basis: Basis, asked: Limits) -> Answer:
    """Return the binding limit of each quarter, its probability, and its shadow price.

    In every draw a linear programme buys and runs accelerators to serve the H100-equivalents (by specification) of the
    forecast fleet, at the rent of an H100, under the ceilings of packaging wafers, memory and power.

    Parameters
    ----------
    cube, basis
        The forecast; catalogue, assumptions, ceilings and the fleet kept beside it.
    asked
        Last quarter, number of draws, and ceilings to lift.

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
        If a given value is out of range, no draw is to be planned, or a ceiling to lift is not known.
    """
    given = dict(asked.given)
    check_given(basis, given)
    if asked.programmes < 1:
        raise InputError(f"{asked.programmes} programmes cannot be planned; give one or more, such as 100")
    fleet = supplied(cube, basis, given, frozenset(asked.lift))
    fleets = _fleets(basis, fleet, asked.by)
    terms = _terms(basis, fleet, fleets, given)
    count = min(asked.programmes, basis.draws)
    done = [best_purchases(_programme(fleets, terms, draw)) for draw in range(count)]
    need = [terms["need"][draw] for draw in range(count)]
    rows = [_row(done, need, period, end) for period, end in enumerate(fleets.quarters)]
    used = (*_USED, *_per_wafer(basis, fleet.generations))
    assumed = with_stated(assumed_rows(basis.assumptions, used, given), *fleet.bounds.rows.values())
    question = f"what limits the fleet to {asked.by}, {count} of {basis.draws} draws"
    return Answer(question, pd.DataFrame(rows), assumed, _notes(fleet, asked.lift))


_USED: Final = (
    "power.pue", "power.load", "cost.electricity", "cost.rate", "retire.upkeep", "fleet.life", "fleet.lag",
)  # fmt: skip
_READING: Final = (
    "Purchases are taken as live in their quarter. Shadow prices are what one more unit of a limit would be worth in "
    "that quarter; what is bought serves later quarters too, so an early limit carries their worth. What is wanted is "
    "the forecast before its ceilings, so what is not served here is latent there too, where buyers can fund it."
)


def _notes(fleet: Supplied, lifted: tuple[str, ...]) -> tuple[str, ...]:
    notes = [_READING]
    if fleet.generations.filled:
        notes.append(f"Filled from the generation before: {', '.join(fleet.generations.filled)}.")
    if lifted:
        notes.append(f"Lifted: {', '.join(sorted(set(lifted)))}.")
    unknown = [name for name in fleet.bounds.most if name not in fleet.bounds.rows and name not in lifted]
    if unknown:
        notes.append(f"Without a row that was known, so without a ceiling: {', '.join(unknown)}.")
    return tuple(notes)


def _fleets(basis: Basis, fleet: Supplied, by: str) -> Fleets:
    """Return the fleet of the forecast, and today's as it ages, from the quarter of the origin on."""
    ends = fleet.quarters
    if quarter_end(by) > ends[-1]:
        raise OutOfSupportError(f"limits to {by}", f"the forecast ends in {quarter_label(ends[-1])}", "ask up to it")
    now, last = int(ends.searchsorted(basis.origin)), int(ends.searchsorted(quarter_end(by)))
    if last < now:
        raise InputError(f"{by} has ended by {basis.origin:%Y-%m-%d}; ask for a quarter after it")
    past = fleet.shipped * (np.arange(len(ends)) < now)[None, :, None]
    shown = slice(now, last + 1)
    wanted, left = fleet.wanted, Fleet(past, fleet.survival, fleet.lags).live
    return Fleets(
        ends[shown], wanted[:, shown] / _THOUSAND, left[:, shown] / _THOUSAND, fleet.live[:, now - 1] / _THOUSAND,
        fleet.survival[:, : last - now + 1], {name: most[:, shown] for name, most in fleet.bounds.most.items()},
    )  # fmt: skip


def _terms(basis: Basis, fleet: Supplied, fleets: Fleets, given: Mapping[str, float]) -> dict[str, Any]:
    """Return the arrays that the programmes of all draws share or take a row of."""
    generations, hours, quarters = fleet.generations, hours_in(fleets.quarters), fleets.quarters
    kw = fleet.takes[POWER] * 1e3
    load = (basis.values("power.load", given) * basis.values("cost.electricity", given))[:, None]
    hourly = kw * load + basis.values("retire.upkeep", given)[:, None]
    yearly = capital_recovery(basis.values("cost.rate", given), basis.values("fleet.life", given))[:, None]
    quarters_left = (len(quarters) - np.arange(len(quarters)))[None, :, None]
    return {
        "h100e": generations.h100e, "need": (fleets.wanted * generations.h100e).sum(axis=2), "kw": kw,
        "power": power_stock((fleets.before * kw).sum(axis=1), fleets.most[POWER]),
        "value": _THOUSAND * _rent(basis) * float(hours.mean()),
        "running": _THOUSAND * hourly[:, None, :] * hours[None, :, None],
        "charge": _THOUSAND * (yearly * generations.price / 4)[:, None, :] * quarters_left,
        "offered": _offered(generations, quarters),
        "supply": {name: fleets.most[name] / per for name, per in _SCALE.items()},
        "uses": {name: _THOUSAND * fleet.takes[name] / per for name, per in _SCALE.items()},
    }  # fmt: skip


_SCALE: Final = {PACKAGING: 1.0, MEMORY: 1e6}


def _programme(fleets: Fleets, terms: Mapping[str, Any], draw: int) -> Programme:
    work = np.tile(terms["h100e"], (len(fleets.quarters), 1))
    of_draw = {key: {name: each[draw] for name, each in terms[key].items()} for key in ("uses", "supply")}
    return Programme(
        terms["need"][draw], terms["value"], work, terms["running"][draw], terms["charge"][draw], fleets.left[draw],
        fleets.survival[draw], terms["kw"][draw], terms["power"][draw], of_draw["uses"], of_draw["supply"],
        terms["offered"],
    )  # fmt: skip


def _offered(generations: Generations, quarters: pd.DatetimeIndex) -> Array:
    """Return 1.0 for the newest two generations that ship in each quarter, shape (periods, generations)."""
    out = np.array([[available <= end for available in generations.available_at] for end in quarters])
    newer = out[:, ::-1].cumsum(axis=1)[:, ::-1]
    return np.asarray(out & (newer <= _OFFERED), dtype=np.float64)


def _per_wafer(basis: Basis, generations: Generations) -> tuple[str, ...]:
    names = [f"{PER_WAFER}.{name}" for name in generations.names]
    return tuple(name for name in names if name in basis.drawn.values)


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
