"""The best purchases and operation of a forecast's fleet under its ceilings, draw by draw, and what they leave idle."""

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
from shiftcast.forecast.capacity.limits import Bought, Programme, best_purchases
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.economics.cost import capital_recovery
from shiftcast.forecast.hardware.equivalents import UNIT
from shiftcast.forecast.hardware.fleet import Fleet
from shiftcast.forecast.hardware.generations import Generations
from shiftcast.forecast.supply.ceilings import MEMORY, PACKAGING, POWER, power_stock
from shiftcast.forecast.support import OutOfSupportError

OFFERED: Final = 2  # number of newest families that can still be ordered: older ones have left production
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
    sure
        Insist on values far beyond what the record supports.
    """

    by: str
    programmes: int = 100
    given: Mapping[str, float] = field(default_factory=dict)
    lift: tuple[str, ...] = ()
    sure: bool = False


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


@dataclass(frozen=True)
class Purchases:
    """The best purchases in every draw that was planned.

    Attributes
    ----------
    fleet
        The fleet and its ceilings.
    quarters
        Ends of the quarters planned, from that of the origin on.
    left
        Accelerators that remain of those bought before [thousand], shape (draws, quarters, generations).
    done, need
        Solution and work demanded of each draw planned, in order.
    """

    fleet: Supplied
    quarters: pd.DatetimeIndex
    left: Array
    done: list[Bought]
    need: list[Array]

    def idle_share(self, family: str) -> Array:
        """Return the share of a generation bought before today that the best operation never runs again.

        Parameters
        ----------
        family
            Name of the generation.

        Returns
        -------
        ndarray, shape (draws planned, quarters)
            Share [1], not falling; what is bought of it ahead counts as run first.
        """
        place = self.fleet.generations.names.index(family)
        run = np.stack([each.run[:, place] for each in self.done])
        left = self.left[: len(run), :, place]
        idle = np.clip(1.0 - run / np.maximum(left, 1e-9), 0.0, 1.0)
        return np.asarray(np.minimum.accumulate(idle[:, ::-1], axis=1)[:, ::-1])

    def power_binds(self) -> Array:
        """Return whether power holds each quarter back, shape (draws planned, quarters)."""
        return np.array([[name == POWER for name in each.binding] for each in self.done])


def best_of_draws(cube: xr.Dataset, basis: Basis, asked: Limits) -> Purchases:
    """Return the purchases and operation of the highest value in every draw that is planned.

    Parameters
    ----------
    cube, basis, asked
        As in :func:`forecast.capacity.limits_question.limits_question`.

    Returns
    -------
    Purchases

    Raises
    ------
    OutOfSupportError, ValueError
        If there is no fleet or no rent, or the quarter is past the horizon; if no draw is to be planned or a ceiling is
        not known.
    """
    given = dict(asked.given)
    if asked.programmes < 1:
        raise InputError(f"{asked.programmes} programmes cannot be planned; give one or more, such as 100")
    fleet = supplied(cube, basis, given, frozenset(asked.lift))
    fleets = _fleets(basis, fleet, asked.by)
    terms = _terms(basis, fleet, fleets, given)
    planned = range(min(asked.programmes, basis.draws))
    done = [best_purchases(_programme(fleets, terms, draw)) for draw in planned]
    return Purchases(fleet, fleets.quarters, fleets.left, done, [terms["need"][draw] for draw in planned])


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
    return np.asarray(out & (newer <= OFFERED), dtype=np.float64)


def _rent(basis: Basis) -> float:
    rents = select(basis.hardware, accelerator=UNIT).sort_values("known_at")["rent_usd_hour"].dropna()
    if rents.empty:
        said = f"hardware.csv has no rent_usd_hour of {UNIT} by then"
        raise OutOfSupportError("limits", said, "choose a later origin")
    return float(rents.iloc[-1])
