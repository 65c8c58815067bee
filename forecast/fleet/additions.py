"""Whole nodes to add so that a fleet is full at an accepted risk only, when to order them, and how late that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import QUARTER_DAYS
from shiftcast.features.input_error import InputError
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.fleet.facts import Fleet, Offer
from shiftcast.forecast.fleet.holdings import Held, mix_work, month_hours
from shiftcast.forecast.fleet.queue import Served
from shiftcast.forecast.fleet.words import month
from shiftcast.forecast.spoken import percent

_LAGS: Final = ("lag.order_shipment", "fleet.lag")
_HOURS_A_YEAR: Final = 8766.0
_WEEK: Final = pd.Timedelta(weeks=1)


@dataclass(frozen=True)
class Addition:
    """What nodes are added of.

    Attributes
    ----------
    name
        Offer, or what stands in for one.
    accelerator, node
        Type, and accelerators of a node.
    weeks
        From order to use [week].
    hours
        Hours of the present mix that a node serves in an hour, shape (draws,).
    most
        Nodes that can be had; infinite without limit.
    assumed, notes
        Assumptions used, and what the figures rest on.
    """

    name: str
    accelerator: str
    node: int
    weeks: float
    hours: Array
    most: float
    assumed: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """Nodes to add by month.

    Attributes
    ----------
    nodes
        Nodes to have been added by each month, shape (months,).
    table
        ``add_nodes, nodes, order_by, late_weeks, p_full_planned, p_full_from_today``, a row a month; ``order_by`` is
        empty where none are added.
    arrives
        First month in which what is ordered today can be used from its first day; ``None`` if after the last.
    """

    nodes: Array
    table: pd.DataFrame
    arrives: pd.Timestamp | None


def offer_work(basis: Basis, have: Held, offer: Offer) -> tuple[float, tuple[str, ...]]:
    """Return the work of an hour of an offered accelerator over an hour of the fleet's present mix, and its source.

    Parameters
    ----------
    basis, have, offer
        Catalogue, hours held and the offer, whose own figure stands.

    Returns
    -------
    float
        [1].
    tuple of str
        Notes.

    Raises
    ------
    ValueError
        If the offer's own figure is not positive.
    """
    if offer.work is not None:
        if not offer.work > 0:
            raise InputError(f"work of offer {offer.name!r} is {offer.work:g}; give a number above 0")
        return offer.work, ()
    work, notes = mix_work(basis, [offer.accelerator], have.present)
    return float(work[0]), notes


def addition(fleet: Fleet, basis: Basis, have: Held, busy: Array, name: str | None) -> Addition:
    """Return what nodes are added of: the offer named, the one whose work costs least, or more of what is held most.

    Parameters
    ----------
    fleet, basis, have
        Facts, catalogue and hours held.
    busy
        Highest share of held hours that work can take [1], shape (draws,).
    name
        Name of an offer, or ``None``.

    Returns
    -------
    Addition

    Raises
    ------
    ValueError
        If no offer has the name.
    """
    named = {each.name: each for each in fleet.offers}
    if name is not None and name not in named:
        raise InputError(f"offer {name!r} is not in fleet.toml; it has {', '.join(named) or 'none'}")
    if not named:
        return _more_of_the_same(fleet, basis, busy)
    works = {key: offer_work(basis, have, each) for key, each in named.items()}
    chosen = named[name] if name else min(fleet.offers, key=lambda each: hourly_usd(each) / works[each.name][0])
    work, notes = works[chosen.name]
    most = np.inf if chosen.most is None else np.floor(chosen.most / chosen.node)
    return Addition(chosen.name, chosen.accelerator, chosen.node, chosen.lead_weeks, chosen.node * work * busy,
                    float(most), (), notes)  # fmt: skip


def hourly_usd(offer: Offer) -> float:
    """Return what an accelerator of an offer costs an hour, a purchase in equal parts over its life.

    Parameters
    ----------
    offer
        The offer.

    Returns
    -------
    float
        [USD/h].

    Examples
    --------
    >>> round(hourly_usd(Offer("own", "h100", "buy", 35064.0, 12.0, 48)), 3)
    1.0
    """
    return offer.usd / (offer.months / 12 * _HOURS_A_YEAR) if offer.terms == "buy" else offer.usd


def _more_of_the_same(fleet: Fleet, basis: Basis, busy: Array) -> Addition:
    """Return more nodes of the largest holding, in the lead time that the record assumes."""
    like = max(fleet.holdings, key=lambda each: each.count)
    weeks = sum(float(np.median(basis.drawn[name])) for name in _LAGS) * QUARTER_DAYS / 7
    note = (
        f"No offer is in fleet.toml: nodes are of {like.accelerator}, as held, and {weeks:.0f} weeks from order to use "
        "are assumed; an [[offer]] takes their place."
    )
    return Addition(f"more {like.accelerator}", like.accelerator, like.node, weeks, like.node * busy, np.inf, _LAGS,
                    (note,))  # fmt: skip


def plan_nodes(run: Served, months: pd.DatetimeIndex, added: Addition, today: pd.Timestamp, risk: float) -> Plan:
    """Return the nodes to have by each month, when to order them, and the odds of being full with them.

    Parameters
    ----------
    run, months
        Hours wanted and what can be served, and the first day of each month.
    added
        What is added.
    today
        The day asked.
    risk
        Accepted probability of being full in a month [1].

    Returns
    -------
    Plan
        Nodes never fall: what was added stays.
    """
    each = added.hours[:, None] * month_hours(months)[None, :]
    short = np.maximum(run.wanted - run.can, 0.0) / each
    needed = np.maximum(np.ceil(np.quantile(short, 1 - risk, axis=0, method="inverted_cdf") - 1e-9), 0.0) + 0.0
    nodes = np.minimum(np.maximum.accumulate(needed), added.most)
    steps = np.diff(nodes, prepend=0.0)
    lead = pd.Timedelta(days=round(7 * added.weeks))
    order_by = months - lead
    in_time = np.asarray(months >= today + lead)
    table = pd.DataFrame({
        "add_nodes": steps, "nodes": nodes, "order_by": order_by.where(steps > 0),
        "late_weeks": np.where(steps > 0, np.maximum((today - order_by) / _WEEK, 0.0), 0.0),
        "p_full_planned": (short > nodes).mean(axis=0), "p_full_from_today": (short > nodes * in_time).mean(axis=0),
    })  # fmt: skip
    return Plan(nodes, table, months[int(np.argmax(in_time))] if in_time.any() else None)


def plan_words(plan: Plan, added: Addition, months: pd.DatetimeIndex, today: pd.Timestamp, risk: float) -> str:
    """Return what to order by when, and where that is late what an order today still does.

    Parameters
    ----------
    plan, added, months, today, risk
        As :func:`plan_nodes` takes and gives them.

    Returns
    -------
    str
    """
    table = plan.table
    first = table[table["add_nodes"] > 0]
    if first.empty:
        return f"Nothing has to be added for a risk of {percent(risk)} in each month."
    place = int(first.index[0])
    said = [
        f"To hold the risk at {percent(risk)} in each month, have {_nodes(plan.nodes[place], added)} more by "
        f"{month(months[place])}"
        + (f" and {plan.nodes[-1]:,.0f} by {month(months[-1])}" if plan.nodes[-1] > plan.nodes[place] else "")
        + f": order the first by {first['order_by'].iloc[0]:%Y-%m-%d}"
    ]
    late = first["late_weeks"].iloc[0]
    if late > 0:
        said[0] += f", {late:.0f} weeks ago" if late >= 1 else ", which is past"
        said.append(_from_today(plan, added, today))
    return ". ".join(said) + "."


def _nodes(count: float, added: Addition) -> str:
    nodes = "node" if count == 1 else "nodes"
    return f"{count:,.0f} {nodes} of {added.node} {added.accelerator} ({added.name})"


def _from_today(plan: Plan, added: Addition, today: pd.Timestamp) -> str:
    """Return the best that is left: what to order today, and the odds until it arrives."""
    until = plan.table["p_full_from_today"]
    if plan.arrives is None:
        return f"Ordered today, {added.weeks:.0f} weeks away, they come after the last month"
    waits = plan.table["late_weeks"] > 0
    count = float(plan.nodes[waits[waits].index[-1]])
    worst = until[~np.isclose(until, plan.table["p_full_planned"])]
    odds = f"; until then a month is full with up to {percent(float(worst.max()))}" if len(worst) else ""
    return f"Best from {today:%Y-%m-%d}: order {_nodes(count, added)} at once, in use from {month(plan.arrives)}{odds}"
