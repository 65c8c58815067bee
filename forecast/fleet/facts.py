"""Facts of a fleet that no usage tells: what it holds and for how long, what can be bought, what is coming, budgets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True)
class Holding:
    """Accelerators of one type that a fleet holds from one day to another, on order ones too.

    Attributes
    ----------
    accelerator
        Type, as the catalogue names it.
    count
        How many [accelerator].
    since, until
        First day they can be used, and the day they are gone, midnight UTC; ``None`` if no end is known.
    terms
        ``owned``, ``reserved`` or ``rented``.
    usd_per_hour
        What one costs an hour, used or not [USD]; ``None`` if not said.
    node
        Accelerators of a node; they come and go in whole nodes.
    guessed
        Whether the count is a guess from use, which answers then say.
    it_kw
        Power of one at the IT boundary [kW]; ``None`` takes the catalogue's.
    """

    accelerator: str
    count: float
    since: pd.Timestamp
    until: pd.Timestamp | None = None
    terms: str = "owned"
    usd_per_hour: float | None = None
    node: int = 8
    guessed: bool = False
    it_kw: float | None = None


@dataclass(frozen=True)
class Offer:
    """A way to add accelerators.

    Attributes
    ----------
    name
        What the planner calls it.
    accelerator
        Type, as the catalogue names it.
    terms
        ``buy``, ``reserve`` or ``rent``.
    usd
        Price of one accelerator bought, or of an hour of one reserved or rented [USD].
    lead_weeks
        From order to use [week].
    months
        What a reservation is for, or the life that a purchase is written off over [month].
    node
        Accelerators of a node.
    work
        Work of one hour of it over an hour of the fleet's present mix [1]; ``None`` takes the catalogue's ratio.
    most
        How many can be had [accelerator]; ``None`` without limit.
    it_kw
        As of a holding.
    """

    name: str
    accelerator: str
    terms: str
    usd: float
    lead_weeks: float
    months: int
    node: int = 8
    work: float | None = None
    most: float | None = None
    it_kw: float | None = None


@dataclass(frozen=True)
class Event:
    """Something that is coming: a launch, a training run, a team that moves in, a contract that ends.

    Attributes
    ----------
    name
        What the planner calls it.
    workload, technique
        Whose hours it changes; ``technique`` may be empty: as the workload's present mix.
    start, end
        First day, and the day it is over, midnight UTC; ``None`` if it stays.
    hours
        Accelerator-hours a month that it adds, below zero if it takes away: low, middle and high (10, 50 and 90 %).
    probability
        That it happens at all [1].
    """

    name: str
    workload: str
    start: pd.Timestamp
    hours: tuple[float, float, float]
    end: pd.Timestamp | None = None
    technique: str = ""
    probability: float = 1.0


@dataclass(frozen=True)
class Move:
    """A rollout that is planned: part of a workload's requests goes from one technique to another.

    Attributes
    ----------
    workload, source, target
        Whose requests move, from which technique, to which.
    start, end
        First day, and the day from which the share stays, midnight UTC.
    share
        Share of the requests of ``source`` that end up moved: low, middle and high (10, 50 and 90 %) [1].
    work
        Accelerator-hours of a request at the target over those at the source [1]: low, middle and high; ``None``
        takes what usage measured, else what the record assumes.
    probability
        That it happens at all [1].
    """

    workload: str
    source: str
    target: str
    start: pd.Timestamp
    end: pd.Timestamp
    share: tuple[float, float, float]
    work: tuple[float, float, float] | None = None
    probability: float = 1.0


@dataclass(frozen=True)
class Currency:
    """What one unit of a currency is worth from a day on.

    Attributes
    ----------
    code
        As bills write it, such as ``EUR``.
    usd
        Worth of one [USD].
    since
        First day of that, midnight UTC; until that of the next one of the same code.
    """

    code: str
    usd: float
    since: pd.Timestamp


@dataclass(frozen=True)
class Fleet:
    """All that a planner says of a fleet; every part may be missing, and what is missing is borrowed or not answered.

    Attributes
    ----------
    name
        The planner's name of it.
    leaf
        Where it belongs in the world's hierarchy, such as ``enterprise``; its growth is borrowed from there.
    like
        Leaves or operators whose growth it is thought to share, in place of ``leaf``.
    busy
        Highest share of held hours that work can take before it waits [1]; ``None`` takes the record's assumption.
    pue
        Facility power over IT power [1]; ``None`` takes the record's assumption.
    usd_per_kwh
        Price of energy where it is paid apart [USD]; ``None`` if rates hold it.
    holdings, offers, events, moves
        What it holds, could add, and expects.
    budgets
        Calendar year to what may be spent in it [USD].
    currencies
        What the currencies of its bills are worth.
    """

    name: str
    leaf: str = ""
    like: tuple[str, ...] = ()
    busy: float | None = None
    pue: float | None = None
    usd_per_kwh: float | None = None
    holdings: tuple[Holding, ...] = ()
    offers: tuple[Offer, ...] = ()
    events: tuple[Event, ...] = ()
    moves: tuple[Move, ...] = ()
    budgets: Mapping[int, float] = field(default_factory=dict)
    currencies: tuple[Currency, ...] = ()
