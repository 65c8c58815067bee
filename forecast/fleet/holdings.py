"""Hours a fleet holds and can serve by month, what they cost, and the power they draw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.fleet.facts import Fleet, Holding
from shiftcast.forecast.fleet.hardware import it_power, relative_work

HOUR: Final = pd.Timedelta(hours=1)


@dataclass(frozen=True)
class Held:
    """Accelerator-hours held by month, used or not.

    Attributes
    ----------
    months
        First day of each month, midnight UTC, shape (months,).
    accelerators
        Types, in the order of the holdings.
    hours
        Accelerator-hours of each type, shape (months, types).
    present
        Accelerator to its hours in the first month with any, the mix that is called present.
    work
        Work of an hour of each type over an hour of the present mix [1], shape (types,).
    cost
        Cost of all that has a price, by month [USD], shape (months,).
    unpriced
        Types of which some holding has no price.
    notes
        What the figures rest on.
    """

    months: pd.DatetimeIndex
    accelerators: tuple[str, ...]
    hours: Array
    present: Mapping[str, float]
    work: Array
    cost: Array
    unpriced: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def equivalent(self) -> Array:
        """Hours held in hours of the present mix, shape (months,)."""
        return np.asarray(self.hours @ self.work)


def month_hours(months: pd.DatetimeIndex) -> Array:
    """Return the hours of each month.

    Parameters
    ----------
    months
        First days, midnight UTC.

    Returns
    -------
    ndarray, shape (months,)
        [hour].

    Examples
    --------
    >>> month_hours(pd.DatetimeIndex(["2027-02-01", "2028-02-01"], tz="UTC")).tolist()
    [672.0, 696.0]
    """
    return np.asarray(months.days_in_month, dtype=np.float64) * 24.0


def hours_between(months: pd.DatetimeIndex, since: pd.Timestamp, until: pd.Timestamp | None) -> Array:
    """Return the hours of each month from one day up to another.

    Parameters
    ----------
    months
        First days, midnight UTC.
    since, until
        First moment, and the moment it is over; ``None`` if it does not end.

    Returns
    -------
    ndarray, shape (months,)
        [hour].

    Examples
    --------
    >>> months = pd.DatetimeIndex(["2027-01-01", "2027-02-01"], tz="UTC")
    >>> hours_between(months, pd.Timestamp("2027-01-31", tz="UTC"), None).tolist()
    [24.0, 672.0]
    """
    ends = months + pd.offsets.MonthBegin(1)
    last = ends if until is None else ends.where(ends < until, until)
    first = months.where(months > since, since)
    return np.asarray(np.maximum((last - first) / HOUR, 0.0), dtype=np.float64)


def held(fleet: Fleet, months: pd.DatetimeIndex, basis: Basis) -> Held:
    """Return the hours a fleet holds and their cost by month.

    Parameters
    ----------
    fleet
        Facts of the fleet.
    months
        First day of each month, midnight UTC.
    basis
        Catalogue, which compares accelerators by the work measured of them.

    Returns
    -------
    Held

    Raises
    ------
    ValueError
        If the fleet has no holdings, or one of them is not a positive count.
    """
    if not fleet.holdings:
        raise InputError(
            f"fleet {fleet.name!r} says nothing of what it holds; add a [[holding]] with accelerator, count and since "
            f"to fleet.toml; `shiftcast fleet {fleet.name} init` writes a first one from use"
        )
    for number, each in enumerate(fleet.holdings, start=1):
        if not (np.isfinite(each.count) and each.count > 0):
            raise InputError(f"holding {number} of fleet {fleet.name!r}: count is {each.count}; give a number above 0")
    names = tuple(dict.fromkeys(each.accelerator for each in fleet.holdings))
    hours = np.zeros((len(months), len(names)))
    cost = np.zeros(len(months))
    for each in fleet.holdings:
        hours[:, names.index(each.accelerator)] += each.count * hours_between(months, each.since, each.until)
        cost += priced(each, months)
    unpriced = tuple(dict.fromkeys(each.accelerator for each in fleet.holdings if each.usd_per_hour is None))
    counts = [sum(each.count for each in fleet.holdings if each.accelerator == name) for name in names]
    first = hours[int(np.argmax(hours.sum(axis=1) > 0))] if hours.any() else np.array(counts)
    present = dict(zip(names, first.tolist(), strict=True))
    work, notes = mix_work(basis, names, present)
    return Held(months, names, hours, present, work, cost, unpriced, notes)


def mix_work(basis: Basis, names: Sequence[str], present: Mapping[str, float]) -> tuple[Array, tuple[str, ...]]:
    """Return the work of an hour of accelerators over an hour of a mix, and what the figures rest on.

    Parameters
    ----------
    basis
        Catalogue and throughput records.
    names
        Accelerators.
    present
        Hours of the mix by accelerator, of any scale.

    Returns
    -------
    ndarray, shape (names,)
        [1].
    tuple of str
        A note on each ratio that is not one by itself.
    """
    base = max(present, key=lambda name: present[name])
    found = {name: relative_work(basis, name, base) for name in dict.fromkeys((*names, *present))}
    total = sum(present.values())
    mean = sum(hours / total * found[name].value for name, hours in present.items())
    notes = tuple(
        f"An hour of {name} does {found[name].value:.3g} times the work of one of {base} ({found[name].source})."
        for name in found if name != base
    )  # fmt: skip
    return np.array([found[name].value / mean for name in names]), notes


def priced(holding: Holding, months: pd.DatetimeIndex) -> Array:
    """Return what one holding costs by month, used or not; zero if no price is said.

    Parameters
    ----------
    holding, months
        The holding, and first day of each month, midnight UTC.

    Returns
    -------
    ndarray, shape (months,)
        [USD].
    """
    hours = hours_between(months, holding.since, holding.until)
    return holding.count * hours * (holding.usd_per_hour or 0.0)


def power(fleet: Fleet, months: pd.DatetimeIndex, basis: Basis) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the power of what is held by month, at the IT boundary and at the meter.

    Parameters
    ----------
    fleet, months, basis
        Facts, first day of each month, and the catalogue.

    Returns
    -------
    DataFrame
        ``month, mw_it, mw_facility`` of a mean hour of the month, all accelerators provisioned in full.
    tuple of str
        What was assumed, and which accelerators have no power on record and are left out.
    """
    kwh, sources = it_energy(fleet.holdings, months, basis)
    mw = kwh / month_hours(months) / 1e3
    pue, said = pue_of(fleet, basis)
    return pd.DataFrame({"month": months, "mw_it": mw, "mw_facility": mw * pue}), (*sources, *said)


def it_energy(holdings: Iterable[Holding], months: pd.DatetimeIndex, basis: Basis) -> tuple[Array, tuple[str, ...]]:
    """Return the energy at the IT boundary that holdings would take at their full provisioned power, by month.

    Parameters
    ----------
    holdings, months, basis
        What is held, first day of each month, and the catalogue; a holding's own ``it_kw`` stands.

    Returns
    -------
    ndarray, shape (months,)
        [kWh].
    tuple of str
        What was assumed, and which accelerators have no power on record and are left out.
    """
    kwh, sources = np.zeros(len(months)), []
    for each in holdings:
        found = it_power(basis, each.accelerator, each.it_kw)
        kwh += each.count * hours_between(months, each.since, each.until) * float(np.nan_to_num(found.value)) / 1e3
        sources.extend([found.source] if found.source else [])
    return kwh, tuple(dict.fromkeys(sources))


def pue_of(fleet: Fleet, basis: Basis) -> tuple[float, tuple[str, ...]]:
    """Return facility power over IT power, the fleet's own or the median of the assumption, and a note on the latter.

    Parameters
    ----------
    fleet, basis
        Facts and assumptions.

    Returns
    -------
    float
        [1].
    tuple of str
        Empty where the fleet says it.
    """
    if fleet.pue is not None:
        return fleet.pue, ()
    assumed = float(np.median(basis.pue({})))
    return assumed, (f"A PUE of {assumed:.3g} is assumed; pue in [fleet] of fleet.toml takes its place.",)


def sized(basis: Basis, draws: int) -> Basis:
    """Return a basis whose assumptions are drawn as often as a demand is.

    Parameters
    ----------
    basis, draws
        Basis and number of draws.

    Returns
    -------
    Basis
    """
    return basis if basis.draws == draws else replace(basis, draws=draws, learned={}, shipped=None)
