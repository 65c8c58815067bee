"""Cost of a fleet that only a bill tells of: hours ahead times the cost of an hour, as it was paid and as it moves."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.forecast.beliefs import Beliefs
from shiftcast.forecast.draws import normals, stream
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.fleet.costs import Costs
from shiftcast.forecast.fleet.facts import Fleet
from shiftcast.forecast.fleet.holdings import held
from shiftcast.forecast.fleet.wanted import Demand
from shiftcast.forecast.fleet.words import usd

RECENT: Final = 3  # months whose cost of an hour is the level


def bill_costs(demand: Demand, spent: pd.DataFrame, beliefs: Beliefs, *, seed: int) -> Costs:
    """Return hours ahead times the cost of an hour of each part.

    The level is that of the last three months of the bill, of each part where the bill tells parts apart. All move
    together by a random walk whose steps and drift are those of the bill's own months, drawn towards what is believed
    where there are few. Charges without hours stay at their mean of the last three months and are dealt out by cost.

    Parameters
    ----------
    demand
        Hours wanted.
    spent
        ``month`` (first day, midnight UTC), ``cost`` [USD], ``hours``, and the labels of the demand's parts if known;
        whole months before those of the demand.
    beliefs
        ``fleet.unit_step_sd`` and ``fleet.unit_steps``.
    seed
        Of the walk.

    Returns
    -------
    Costs
    """
    whole = spent[spent["month"] < demand.months[0]]
    by_month = whole.groupby("month").agg(cost=("cost", "sum"), hours=("hours", "sum"))
    by_month = by_month[by_month["hours"] > 0]
    recent = whole[whole["month"].isin(by_month.index[-RECENT:])]
    billed = recent[recent["hours"] > 0]
    extra = float(recent.loc[recent["hours"] <= 0, "cost"].sum()) / recent["month"].nunique()
    level = float(billed["cost"].sum() / billed["hours"].sum())
    paid = by_month[by_month["cost"] > 0]
    steps = np.diff(np.log((paid["cost"] / paid["hours"]).to_numpy()))
    walk = _walk(steps, beliefs, len(demand.hours), len(demand.months), seed)
    each = demand.hours * _levels(demand.parts, billed, level) * walk[:, :, None]
    total = each.sum(axis=2, keepdims=True)
    share = np.divide(each, total, out=np.full_like(each, 1 / each.shape[2]), where=total > 0)
    span = f"{by_month.index[-RECENT:][0]:%Y-%m} to {by_month.index[-1]:%Y-%m}"
    notes = [f"An accelerator-hour cost {usd(level)} on the bill of {span}."]
    if extra > 0:
        notes.append(f"Charges without hours stay at {usd(extra)} a month.")
    return Costs(each + extra * share, demand.total, (), tuple(notes))


def _levels(parts: pd.DataFrame, billed: pd.DataFrame, level: float) -> Array:
    """Return the cost of an hour of each part; of one that the bill does not tell apart, that of all such."""
    if not set(parts.columns) <= set(billed.columns):
        return np.full(len(parts), level)
    keys = _keys(parts)
    sums = billed.groupby(list(parts.columns))[["cost", "hours"]].sum()
    found = sums.reindex(keys)
    rest = sums[~sums.index.isin(keys)].sum()
    other = float(rest["cost"] / rest["hours"]) if rest["hours"] > 0 else level
    return np.asarray((found["cost"] / found["hours"]).fillna(other).to_numpy(dtype=np.float64))


def recent_costs(demand: Demand, fleet: Fleet, basis: Basis, spent: pd.DataFrame) -> Array:
    """Return what each part cost a month in the last three months known.

    Parameters
    ----------
    demand, fleet, basis
        Hours, of which the past is read, facts and catalogue.
    spent
        As :func:`bill_costs` takes it; may be empty.

    Returns
    -------
    ndarray, shape (parts,)
        [USD/month]: of the bill where it tells the parts apart; else the bill of those months, or what was held in
        them, dealt out by hours used. Parts that are not told apart, such as ``other``, share what is left.
    """
    last = pd.DatetimeIndex(sorted(demand.past["month"].unique())[-RECENT:])
    used = demand.past[demand.past["month"].isin(last)]
    billed = spent[spent["month"].isin(last)]
    if len(billed) and set(demand.parts.columns) <= set(billed.columns):
        return _dealt(demand.parts, billed, "cost") / len(last)
    priced = bool(fleet.holdings) and not len(billed)
    total = float(held(fleet, last, basis).cost.sum()) if priced else float(billed["cost"].sum())
    hours = _dealt(demand.parts, used, "hours")
    return total / max(len(last), 1) * hours / max(float(hours.sum()), 1e-300)


def _dealt(parts: pd.DataFrame, rows: pd.DataFrame, column: str) -> Array:
    """Return the sum of a column by part; those without a row of their own share evenly what is left."""
    keys = _keys(parts)
    sums = rows.groupby(list(parts.columns))[column].sum()
    mine = np.array(sums.reindex(keys).fillna(0.0), dtype=np.float64)
    unknown = ~keys.isin(sums.index)
    rest = float(sums[~sums.index.isin(keys)].sum())
    return np.asarray(np.where(unknown, rest / max(int(unknown.sum()), 1), mine))


def _keys(parts: pd.DataFrame) -> pd.Index:
    return pd.MultiIndex.from_frame(parts) if len(parts.columns) > 1 else pd.Index(parts.iloc[:, 0])


def _walk(steps: Array, beliefs: Beliefs, draws: int, months: int, seed: int) -> Array:
    """Return factors on today's cost of an hour, shape (draws, months)."""
    prior, weight = beliefs["fleet.unit_step_sd"], beliefs["fleet.unit_steps"]
    seen = len(steps)
    drift = float(steps.sum()) / (seen + weight)
    sd = float(np.sqrt((weight * prior**2 + ((steps - drift) ** 2).sum()) / (weight + seen)))
    slope = drift + sd / np.sqrt(seen + weight) * normals(seed, "fleet.unit_drift", draws)
    moves = slope[:, None] + sd * stream(seed, "fleet.unit_steps").standard_normal((draws, months))
    return np.asarray(np.exp(np.cumsum(moves, axis=1)))
