"""Cost of a fleet by month and part in every draw: what is held, used or not, and rent for what does not fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.fleet.additions import offer_work
from shiftcast.forecast.fleet.busy import NAME as BUSY
from shiftcast.forecast.fleet.busy import busy_share
from shiftcast.forecast.fleet.facts import Fleet, Holding, Offer
from shiftcast.forecast.fleet.holdings import Held, held, it_energy, month_hours, pue_of, sized
from shiftcast.forecast.fleet.wanted import Demand
from shiftcast.forecast.fleet.words import usd

LOAD: Final = "power.load"
_TINY: Final = 1e-300


@dataclass(frozen=True)
class Costs:
    """Cost by month and part.

    Attributes
    ----------
    usd
        [USD], shape (draws, months, parts).
    hours
        Hours served, rented ones too, shape (draws, months).
    assumed, notes
        Assumptions used, and what the figures rest on.
    """

    usd: Array
    hours: Array
    assumed: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def total(self) -> Array:
        """Cost of all parts [USD], shape (draws, months)."""
        return np.asarray(self.usd.sum(axis=2))


def held_costs(demand: Demand, fleet: Fleet, basis: Basis, *, given: Mapping[str, float]) -> Costs:
    """Return the cost of what is held, used or not, and of renting what does not fit, dealt to parts by their hours.

    Parameters
    ----------
    demand, fleet, basis
        Hours wanted, facts of which every holding has a price, and catalogue and assumptions.
    given
        Assumption to the value that replaces it.

    Returns
    -------
    Costs
        What does not fit is rented from the offer whose work costs least an hour, up to its ``most``; without one it
        waits and costs nothing, which the notes say.
    """
    wanted = demand.total
    basis = sized(basis, len(wanted))
    have = held(fleet, demand.months, basis)
    busy = busy_share(fleet, basis, draws=len(wanted), past=demand.past, given=given)
    can = busy.share[:, None] * have.equivalent
    rented, rate, said = _rented(fleet, basis, have, np.maximum(wanted - can, 0.0))
    energised, energy_notes = energy(fleet, fleet.holdings, demand.months, basis, given)
    total = have.cost + energised + rented * rate
    share = demand.hours / np.maximum(wanted, _TINY)[:, :, None]
    names = (*((BUSY,) if busy.source == "assumed" else ()), *((LOAD,) if fleet.usd_per_kwh else ()))
    return Costs(total[:, :, None] * share, np.minimum(wanted, can) + rented, names,
                 (busy.says, *said, *energy_notes, *have.notes))  # fmt: skip


def cheapest_rent(fleet: Fleet, basis: Basis, have: Held) -> tuple[Offer, float] | None:
    """Return the offer of rent whose work costs least, and that work over the present mix [1]; ``None`` without one.

    Parameters
    ----------
    fleet, basis, have
        Facts, catalogue and hours held.

    Returns
    -------
    tuple of Offer and float, or None
    """
    rents = [(each, offer_work(basis, have, each)[0]) for each in fleet.offers if each.terms == "rent"]
    return min(rents, key=lambda pair: pair[0].usd / pair[1], default=None)


def _rented(fleet: Fleet, basis: Basis, have: Held, over: Array) -> tuple[Array, float, tuple[str, ...]]:
    """Return hours rented in hours of the present mix, what one costs, and a note."""
    found = cheapest_rent(fleet, basis, have)
    if found is None:
        note = "No [[offer]] of rent is in fleet.toml: what does not fit waits and costs nothing here."
        return np.zeros_like(over), 0.0, (note,)
    offer, work = found
    most = np.inf if offer.most is None else offer.most * work * month_hours(have.months)
    note = f"What does not fit is rented from {offer.name} at {usd(offer.usd)} an hour of {offer.accelerator}."
    return np.minimum(over, most), offer.usd / work, (note,)


def energy(
    fleet: Fleet, holdings: Iterable[Holding], months: pd.DatetimeIndex, basis: Basis, given: Mapping[str, float]
) -> tuple[Array, tuple[str, ...]]:
    """Return the cost of energy of the holdings that are owned, and notes; none where rates hold it.

    Parameters
    ----------
    fleet
        Facts, of which price of energy and PUE are read.
    holdings, months
        What draws power, and first day of each month.
    basis, given
        Catalogue and assumptions, and the assumptions that are replaced.

    Returns
    -------
    ndarray, shape (draws, months), or (1, months) where there is none
        [USD]: mean draw over provisioned power is the assumption ``power.load``.
    tuple of str
        Notes.
    """
    owned = [each for each in holdings if each.terms == "owned"]
    if fleet.usd_per_kwh is None or not owned:
        return np.zeros((1, len(months))), ()
    kwh, sources = it_energy(owned, months, basis)
    pue, said = pue_of(fleet, basis)
    notes = (f"Energy of what is owned is added at {usd(fleet.usd_per_kwh)} a kWh.", *said, *sources)
    return basis.values(LOAD, given)[:, None] * kwh * pue * fleet.usd_per_kwh, notes
