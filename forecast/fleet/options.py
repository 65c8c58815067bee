"""Ways to meet demand that a fleet cannot serve, and what each costs in every draw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.fleet.additions import hourly_usd, offer_work
from shiftcast.forecast.fleet.costs import energy
from shiftcast.forecast.fleet.facts import Fleet, Holding, Offer
from shiftcast.forecast.fleet.holdings import Held, held, hours_between, month_hours, priced


@dataclass(frozen=True)
class Setting:
    """What every option is reckoned against.

    Attributes
    ----------
    fleet, basis, have
        Facts, catalogue and assumptions of today, and hours held.
    months
        First day of each month, shape (months,).
    today
        Day on which orders are placed.
    wanted
        Hours wanted in hours of the present mix, shape (draws, months).
    busy
        Highest share of held hours that work can take [1], shape (draws,).
    unserved
        What an hour that is not served counts [USD per hour of the present mix].
    given
        Assumption to the value that replaces it.
    """

    fleet: Fleet
    basis: Basis
    have: Held
    months: pd.DatetimeIndex
    today: pd.Timestamp
    wanted: Array
    busy: Array
    unserved: float
    given: Mapping[str, float]

    @cached_property
    def works(self) -> dict[str, float]:
        """Work of an hour of each offer over an hour of the present mix [1], by name."""
        return {each.name: offer_work(self.basis, self.have, each)[0] for each in self.fleet.offers}

    @cached_property
    def over(self) -> Array:
        """Hours that what is held cannot serve, shape (draws, months)."""
        return np.maximum(self.wanted - self.busy[:, None] * self.have.equivalent, 0.0)


@dataclass(frozen=True)
class Option:
    """One way to meet demand.

    Attributes
    ----------
    name
        In words.
    added
        Money for what is added, less what is saved [USD], shape (draws,).
    lost
        Hours not served, shape (draws,).
    usd
        ``added`` and the value of hours not served, shape (draws,).
    nodes, node, accelerator
        Nodes bought or reserved, accelerators of one, and their type; zero and empty without.
    since
        Day they can be used if ordered today; ``None`` without.
    back
        Whether holdings are given back for them.
    """

    name: str
    added: Array
    lost: Array
    usd: Array
    nodes: int = 0
    node: int = 0
    accelerator: str = ""
    since: pd.Timestamp | None = None
    back: bool = False


def options(setting: Setting) -> tuple[Option, ...]:
    """Return all options: nothing, each offer alone, each that is bought or reserved with each rent for the rest.

    A purchase or reservation has the number of whole nodes that costs least over all draws, ordered today. Where it
    works faster than what is held on terms that can end, giving that back for it is an option too.

    Parameters
    ----------
    setting
        Demand, facts and prices.

    Returns
    -------
    tuple of Option
        Doing nothing first.
    """
    return tuple(make() for make in ways(setting).values())


def ways(setting: Setting) -> dict[str, Callable[[], Option]]:
    """Return what makes each option, by its name (:func:`options`).

    Parameters
    ----------
    setting
        Demand, facts and prices.

    Returns
    -------
    dict
        Name to a function without arguments; only what is called is reckoned.
    """
    rents = [each for each in setting.fleet.offers if each.terms == "rent"]
    back = _given_back(setting)
    found: dict[str, Callable[[], Option]] = {}
    for rent in (None, *rents):
        name = "do nothing" if rent is None else _named(rent)
        found[name] = partial(_met, setting, name, setting.over, rent)
    for offer in setting.fleet.offers:
        faster = offer.terms != "rent" and setting.works[offer.name] > 1
        for given_back in ((), back) if back and faster else ((),):
            for rent in (None, *rents) if offer.terms != "rent" else ():
                name = _named(offer)
                name += f", give back {', '.join(one.accelerator for one in given_back)}" if given_back else ""
                name += "" if rent is None else f", {_named(rent)}"
                found[name] = partial(_firm, setting, name, offer, rent, given_back)
    return found


def _named(offer: Offer) -> str:
    """Return what is done and the offer's name, which may say what is done itself."""
    return offer.name if offer.name.lower().startswith(f"{offer.terms} ") else f"{offer.terms} {offer.name}"


def _given_back(setting: Setting) -> tuple[Holding, ...]:
    """Return the holdings with a price that are not owned and have no end: they can be given back."""
    return tuple(
        each for each in setting.fleet.holdings
        if each.terms != "owned" and each.until is None and each.usd_per_hour is not None
    )  # fmt: skip


def _met(setting: Setting, name: str, over: Array, rent: Offer | None, added: Array | float = 0.0) -> Option:
    """Return an option by the hours left over and the rent that serves them."""
    rented, rate = np.zeros_like(over), 0.0
    if rent is not None:
        work = setting.works[rent.name]
        hours = hours_between(setting.months, _since(setting, rent), None)
        room = over * hours / month_hours(setting.months) if rent.most is None else rent.most * work * hours
        rented, rate = np.minimum(over, room), rent.usd / work
    lost = (over - rented).sum(axis=1)
    money = rented.sum(axis=1) * rate + added
    return Option(name, money, lost, money + setting.unserved * lost)


def _since(setting: Setting, offer: Offer) -> pd.Timestamp:
    return setting.today + pd.Timedelta(days=round(7 * offer.lead_weeks))


def _firm(setting: Setting, name: str, offer: Offer, rent: Offer | None, back: tuple[Holding, ...]) -> Option:
    """Return the option of as many whole nodes of an offer as cost least, with a rent for the rest if given."""
    since = _since(setting, offer)
    setting, saved = _without(setting, back, since) if back else (setting, 0.0)
    hours = hours_between(setting.months, since, None) * offer.node
    each = setting.busy[:, None] * setting.works[offer.name] * hours
    unit = Holding(offer.accelerator, float(offer.node), since, terms="owned" if offer.terms == "buy" else "reserved",
                   it_kw=offer.it_kw)  # fmt: skip
    power = energy(setting.fleet, [unit], setting.months, setting.basis, setting.given)[0].sum(axis=1)
    money = hours.sum() * hourly_usd(offer) + power

    def with_nodes(count: int) -> Option:
        return _met(setting, name, np.maximum(setting.over - count * each, 0.0), rent, count * money - saved)

    most = np.max(np.divide(setting.over, each, out=np.zeros_like(each), where=each > 0), initial=0.0)
    limit = int(np.ceil(min(most, np.inf if offer.most is None else offer.most // offer.node)))
    count = _least(lambda nodes: float(with_nodes(nodes).usd.mean()), limit)
    return replace(with_nodes(count), nodes=count, node=offer.node, accelerator=offer.accelerator, since=since,
                   back=bool(back))  # fmt: skip


def _without(setting: Setting, back: tuple[Holding, ...], since: pd.Timestamp) -> tuple[Setting, float]:
    """Return the setting after some holdings are given back on a day, and what that saves [USD]."""
    kept = tuple(replace(each, until=since) if each in back else each for each in setting.fleet.holdings)
    ended = [replace(each, until=since) for each in back]
    saved = sum(float(priced(each, setting.months).sum()) for each in back)
    saved -= sum(float(priced(each, setting.months).sum()) for each in ended)
    have = held(replace(setting.fleet, holdings=kept), setting.months, setting.basis)
    have = replace(have, present=setting.have.present, work=setting.have.work)
    return replace(setting, have=have), saved


def _least(cost: Callable[[int], float], limit: int) -> int:
    """Return the whole number from 0 to ``limit`` at which a convex function is least."""
    low, high = 0, limit
    while low < high:
        middle = (low + high) // 2
        if cost(middle) <= cost(middle + 1):
            high = middle
        else:
            low = middle + 1
    return low
