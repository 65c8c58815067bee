"""Ways to meet a need beside each other: expected cost, risk of too few, and regret by scenario.

Reference: Savage (1951), The theory of statistical decision: the least of the largest regrets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.features.arrays import Array
from shiftcast.forecast.capacity.choices import Choice
from shiftcast.forecast.capacity.today import Ahead
from shiftcast.forecast.views.answer import spread

_NEED, _ORDERS = ("low need", "high need"), ("early", "late")
SCENARIOS: Final = tuple(f"{need}, orders {order}" for need, order in product(_NEED, _ORDERS))


@dataclass(frozen=True)
class Way:
    """One way to meet the need.

    Attributes
    ----------
    name
        In a few words.
    choice, ordered
        Generation bought today and how many; none bought where there is no generation.
    rents
        Whether what lacks is rented, as far as it is served.
    """

    name: str
    choice: Choice | None
    ordered: float
    rents: bool


@dataclass(frozen=True)
class Stakes:
    """What lacking and renting cost.

    Attributes
    ----------
    by
        Index of the quarter planned for; beyond it the need stays.
    rent
        Rent for the work of one of the forecast's accelerators [USD/h], shape (draws,); none where none is known.
    short
        Cost of lacking one of them for an hour [USD/h], shape (draws,).
    """

    by: int
    rent: Array | None
    short: Array


@dataclass(frozen=True)
class Outcome:
    """What one way comes to in every draw.

    Attributes
    ----------
    cost
        From today to the last quarter [USD], shape (draws,).
    short
        The forecast's accelerators that lack in the quarter planned for, after renting, shape (draws,).
    """

    cost: Array
    short: Array


def outcome(ahead: Ahead, way: Way, stakes: Stakes) -> Outcome:
    """Return the cost of a way and what lacks, draw by draw.

    cost = sum over quarters of hours (own N 1[live] + rent R + short S): N bought, R = f max(need - supply, 0) rented
    where the way rents, with f the share of what all want that is served, and S what lacks beyond that.

    Parameters
    ----------
    ahead, way, stakes
        Need by quarter, the way, and what lacking and renting cost.

    Returns
    -------
    Outcome

    Examples
    --------
    One accelerator is needed for a quarter of 2,160 hours; renting it costs 5 dollars an hour and half are served,
    lacking it costs 20:

    >>> ends = pd.DatetimeIndex(["2027-03-31"], tz="UTC")
    >>> ahead = Ahead(ends, np.array([1.0]), np.array([[1.0]]), np.array([[0.5]]))
    >>> of = outcome(ahead, Way("rent", None, 0.0, True), Stakes(0, np.array([5.0]), np.array([20.0])))
    >>> of.cost.tolist(), of.short.tolist()
    ([27000.0], [0.5])
    """
    held = np.arange(len(ahead.ends)).clip(max=stakes.by)
    lacks, owned = ahead.need[:, held], np.zeros_like(ahead.need)
    if way.choice is not None:
        there = way.ordered * (way.choice.lead[:, None] <= ahead.spans)
        lacks = np.maximum(lacks - there / way.choice.each[:, None], 0.0)
        owned = there * way.choice.own[:, None]
    rented = lacks * ahead.served if way.rents and stakes.rent is not None else np.zeros_like(lacks)
    rent = np.zeros(len(lacks)) if stakes.rent is None else stakes.rent
    hourly = owned + rent[:, None] * rented + stakes.short[:, None] * (lacks - rented)
    return Outcome(hourly @ ahead.hours, (lacks - rented)[:, stakes.by])


def regrets(costs: Mapping[str, Array], scenarios: Mapping[str, NDArray[np.bool_]]) -> pd.DataFrame:
    """Return the regret of each way in each scenario, and the largest.

    Parameters
    ----------
    costs
        Way to its cost [USD], shape (draws,).
    scenarios
        Scenario to its draws, shape (draws,); one without draws is left out.

    Returns
    -------
    DataFrame
        A row a way: ``way``, a column a scenario (mean cost over that of the way that is cheapest there [USD]),
        ``largest_regret_usd``, and ``regret_usd``, the mean over draws of the cost over the draw's cheapest.

    Examples
    --------
    >>> costs = {"buy": np.array([4.0, 4.0]), "rent": np.array([1.0, 9.0])}
    >>> low = np.array([True, False])
    >>> regrets(costs, {"low": low, "high": ~low}).to_dict("records")[0]
    {'way': 'buy', 'low': 3.0, 'high': 0.0, 'largest_regret_usd': 3.0, 'regret_usd': 1.5}
    """
    every = np.stack(list(costs.values()))
    means = {name: every[:, draws].mean(axis=1) for name, draws in scenarios.items() if draws.any()}
    table = pd.DataFrame({"way": list(costs), **{name: each - each.min() for name, each in means.items()}})
    table["largest_regret_usd"] = table[list(means)].max(axis=1)
    return table.assign(regret_usd=(every - every.min(axis=0)).mean(axis=1))


def ways_table(ahead: Ahead, ways: Sequence[Way], stakes: Stakes, lead: Array) -> pd.DataFrame:
    """Return the ways beside each other, that of the least largest regret first.

    Parameters
    ----------
    ahead, ways, stakes
        Need by quarter, the ways, and what lacking and renting cost.
    lead
        Time that tells orders that come early from late ones [quarter], shape (draws,).

    Returns
    -------
    DataFrame
        A row a way: ``way, generation, accelerators``; ``p_short`` and ``lacks_share`` of the need in the quarter
        planned for; ``expected_usd``, ``cost_usd`` with its interval, ``regret_usd``, ``largest_regret_usd``, and the
        regret in each of :data:`SCENARIOS` [USD].
    """
    done = {way.name: outcome(ahead, way, stakes) for way in ways}
    rows: list[dict[str, Any]] = [
        {
            "way": way.name, "generation": "" if way.choice is None else way.choice.machine.name,
            "accelerators": way.ordered, "p_short": float((done[way.name].short > 0).mean()),
            "lacks_share": float(done[way.name].short.mean() / max(ahead.need[:, stakes.by].mean(), 1e-9)),
            "expected_usd": float(done[way.name].cost.mean()), **spread("cost_usd", done[way.name].cost),
        }
        for way in ways
    ]  # fmt: skip
    high, late = (each > np.median(each) for each in (ahead.need[:, stakes.by], lead))
    sides = product((~high, high), (~late, late))
    scenarios = {name: need & order for name, (need, order) in zip(SCENARIOS, sides, strict=True)}
    found = regrets({name: each.cost for name, each in done.items()}, scenarios)
    table = pd.DataFrame(rows).merge(found, on="way")
    return table.sort_values("largest_regret_usd", kind="stable", ignore_index=True)
