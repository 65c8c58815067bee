"""Choices of a plan: what can be bought, how many of each do the work, when they arrive, what they cost an hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import QUARTER_DAYS
from shiftcast.features.scope import VENDOR
from shiftcast.features.series import select
from shiftcast.forecast.capacity.funnel import FunnelStep, lead_time
from shiftcast.forecast.capacity.generation_work import GenerationWork
from shiftcast.forecast.capacity.purchase import whole_racks
from shiftcast.forecast.economics.basis import Basis, Machine, generations, machine
from shiftcast.forecast.economics.costs import machine_cost
from shiftcast.forecast.support import OutOfSupportError


@dataclass(frozen=True)
class Leads:
    """Draws of the time from an order to shipment and from there to live [quarter], each of shape (draws,).

    Attributes
    ----------
    signal, shipment, live
        From visible demand to the order; from the order to shipment; from shipment to live.
    """

    signal: Array
    shipment: Array
    live: Array

    def after_order(self, wait: float) -> Array:
        """Return the time from an order to live; nothing ships before ``wait`` quarters have gone.

        Parameters
        ----------
        wait
            Until the generation ships at all [quarter].

        Returns
        -------
        ndarray, shape (draws,)
            Lead time [quarter].
        """
        return np.asarray(np.maximum(self.shipment, wait) + self.live)


def draw_leads(basis: Basis, steps: Mapping[str, FunnelStep]) -> Leads:
    """Return the lead times of one order in every draw.

    Parameters
    ----------
    basis, steps
        For its seed; steps of the funnel (:func:`forecast.capacity.plan.funnel_steps`).

    Returns
    -------
    Leads
    """
    return Leads(*(lead_time(step, seed=basis.seed, name=f"lag.{stage}") for stage, step in steps.items()))


@dataclass(frozen=True)
class Choice:
    """One generation that could be bought.

    Attributes
    ----------
    machine
        The accelerator, priced.
    assumed
        Whether its price is scaled from the generation before, which the catalogue lacks.
    each
        Accelerators of it for one of the forecast's [1], shape (draws,).
    measured
        Share of the work whose rate on it was measured [1].
    lead
        Time from an order of today to live [quarter], shape (draws,).
    wait
        Until it ships at all [quarter]; nought if it does.
    own
        Cost of owning one [USD/h], shape (draws,).
    """

    machine: Machine
    assumed: bool
    each: Array
    measured: float
    lead: Array
    wait: float
    own: Array

    def racks_for(self, added: Array, quantile: float) -> float:
        """Return the accelerators to order for a need, in whole racks.

        Parameters
        ----------
        added
            The forecast's accelerators to be added, shape (draws,).
        quantile
            Quantile of the need to cover [1].

        Returns
        -------
        float
            Accelerators of this generation.
        """
        return float(whole_racks(np.asarray(np.quantile(added * self.each, quantile)), self.machine.domain))


def choices(
    basis: Basis, work: GenerationWork, leads: Leads, given: Mapping[str, float], until: pd.Timestamp
) -> tuple[Choice, ...]:  # fmt: skip
    """Return the generations that ship or will have shipped by a day, newest last, each with power, domain and price.

    Parameters
    ----------
    basis
        Catalogue and assumptions of the day.
    work, leads
        Accelerators for one of the forecast's; lead times.
    given
        Assumption to the value that replaces it.
    until
        Last day on which a generation may begin to ship.

    Returns
    -------
    tuple of Choice
        One a family.
    """
    found = []
    fleet = work.generations
    for place, name in enumerate(fleet.accelerators):
        if fleet.available_at[place] <= until:
            try:
                found.append(choice(basis, work, leads, given, machine(basis, name)))
            except OutOfSupportError:
                continue
    return tuple(found)


def choice(basis: Basis, work: GenerationWork, leads: Leads, given: Mapping[str, float], each: Machine) -> Choice:
    """Return one accelerator as a choice.

    Parameters
    ----------
    basis, work, leads, given
        As in :func:`choices`.
    each
        The accelerator; its family is one of the fleet's.

    Returns
    -------
    Choice

    Raises
    ------
    OutOfSupportError
        If its family is not in the fleet, so that nothing says how much it does.
    """
    fleet = work.generations
    if each.family not in fleet.names:
        raise OutOfSupportError(
            f"a plan of {each.name}", f"the fleet has {', '.join(fleet.names)} only", "add its 8-bit peak to the row"
        )
    place, draws = fleet.names.index(each.family), len(work.each[each.family])
    assumed = bool(np.isnan(each.price))
    priced = replace(each, price=float(fleet.price[place])) if assumed else each
    own = machine_cost(basis, priced, life=basis.values("fleet.life", given), given=given).total
    wait = max((each.available_at - basis.origin).days / QUARTER_DAYS, 0.0)
    return Choice(
        priced, assumed, work.each[each.family], work.measured[each.family], leads.after_order(wait)[:draws], wait,
        own[:draws],
    )  # fmt: skip


def bought_machine(basis: Basis, generation: str) -> Machine:
    """Return the accelerator that a name stands for: of a family the newest, in its largest domain.

    Parameters
    ----------
    basis, generation
        Catalogue, and name of an accelerator or a family.

    Returns
    -------
    Machine

    Raises
    ------
    OutOfSupportError
        If none of them has power and domain.
    """
    names = generations(basis, generation)
    machines: list[Machine] = []
    for name in names:
        try:
            machines.append(machine(basis, name))
        except OutOfSupportError:
            if len(names) == 1:
                raise
    return max(machines, key=lambda each: (each.available_at, each.domain))


def rents(basis: Basis, work: GenerationWork) -> tuple[Array, str] | None:
    """Return the cheapest rent for the work of one of the forecast's accelerators, and what is rented for it.

    Parameters
    ----------
    basis, work
        Catalogue; accelerators for one of the forecast's.

    Returns
    -------
    tuple of ndarray and str, or None
        Rent [USD/h of one of the forecast's], shape (draws,), and the accelerator; nothing where no rent is known.
    """
    rows = select(basis.hardware, vendor=VENDOR).sort_values("known_at").groupby("accelerator").last()
    priced = {
        str(name): float(row.rent_usd_hour) * work.each[str(row.family)]
        for name, row in rows.dropna(subset=["rent_usd_hour"]).iterrows()
        if row.family in work.each and row.available_at <= basis.origin
    }
    best = min(priced, key=lambda name: float(np.median(priced[name])), default=None)
    return None if best is None else (priced[best], best)
