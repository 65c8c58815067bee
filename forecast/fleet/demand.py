"""Forecast of a fleet's demand: parts and total in joint draws, by calendar month."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array, Integers
from shiftcast.features.frames import AssumptionRows, DataFrame
from shiftcast.features.input_error import InputError
from shiftcast.forecast.beliefs import Beliefs
from shiftcast.forecast.fleet.borrowed import Ahead, Between, demand_of_holdings, pool_growth
from shiftcast.forecast.fleet.events import add_events
from shiftcast.forecast.fleet.facts import Fleet
from shiftcast.forecast.fleet.grain import choose_grain, month_weights, months_through, periods_ahead
from shiftcast.forecast.fleet.history import Counted, History, month_of
from shiftcast.forecast.fleet.migration import apply_moves, follow_world
from shiftcast.forecast.fleet.mix import migrated_mix
from shiftcast.forecast.fleet.parts import draw_parts
from shiftcast.forecast.fleet.wanted import Demand, quantile_rows
from shiftcast.forecast.fleet.work import Work, measured_work
from shiftcast.forecast.fleet.world import World
from shiftcast.forecast.migration import Learned
from shiftcast.forecast.volume import own_priors

__all__ = ["Basis", "Demand", "forecast_demand"]

KEPT: Final = 100  # parts that have draws of their own; those of the others are of their sum
OTHER: Final = "other"


@dataclass(frozen=True)
class Basis:
    """What a forecast of a fleet rests on beside its usage.

    Attributes
    ----------
    beliefs
        Of the record.
    assumptions
        Of the record; for moves whose work is not measured, and for a fleet without usage.
    learned
        Numbers of the share model; without them each technique is forecast by itself.
    world
        What is borrowed from; nothing is where left out.
    """

    beliefs: Beliefs
    assumptions: DataFrame[AssumptionRows] | None = None
    learned: Learned | None = None
    world: World | None = None


def forecast_demand(
    history: History | None, fleet: Fleet, *, through: pd.Timestamp | str, basis: Basis, draws: int = 2000,
    seed: int = 0, origin: pd.Timestamp | None = None,
) -> Demand:  # fmt: skip
    """Forecast the hours that a fleet's work wants by calendar month.

    Parameters
    ----------
    history
        Usage of the fleet by part; ``None`` where none is stored.
    fleet
        What the planner says of it; its events and moves are in the forecast.
    through
        Last day, quarter (``2027Q4``) or month (``2027-12``) to forecast.
    basis
        Beliefs, assumptions and the world.
    draws, seed
        Number of joint draws, and the seed of the named streams.
    origin
        Day from which a fleet without usage is forecast.

    Returns
    -------
    Demand
        Months from the one that holds the end of usage; in it, what has been used is known.

    Raises
    ------
    ValueError
        If no period is whole, the last month is known already, or there is nothing to forecast from.
    """
    work = Work(measured_work(history), basis.assumptions)
    if history is None:
        demand = _without_usage(fleet, basis, through, origin, draws, seed)
    else:
        demand = _own(history, through, basis, draws, seed)
        if basis.world is not None:
            between = Between(**basis.beliefs.of("fleet.growth"))
            demand = pool_growth(demand, _level(history), basis.world, between, since=history.until, seed=seed)
            demand = follow_world(demand, basis.world, work, _silent(demand, fleet), seed=seed)
    demand = add_events(apply_moves(demand, fleet.moves, work, seed=seed), fleet.events, seed=seed)
    return replace(demand, quantiles=quantile_rows(demand))


def _without_usage(
    fleet: Fleet, basis: Basis, through: pd.Timestamp | str, origin: pd.Timestamp | None, draws: int, seed: int
) -> Demand:
    if basis.world is None or basis.assumptions is None or origin is None:
        raise InputError(
            f"fleet {fleet.name!r}: no usage is stored, and there is no forecast of the world to borrow from; ingest "
            "usage, or run `shiftcast run` first"
        )
    between = Between(**basis.beliefs.of("fleet.growth"))
    ahead = Ahead(months_through(month_of(origin), through), origin, draws, seed)
    return demand_of_holdings(fleet, basis.world, ahead, between=between, assumptions=basis.assumptions)


def _own(history: History, through: pd.Timestamp | str, basis: Basis, draws: int, seed: int) -> Demand:
    """Return demand as the fleet's own usage says."""
    grain, why = choose_grain(history)
    months = months_through(history.now, through)
    table = history.tables[grain]
    kept, rest = _largest(table)
    held = _held(table, kept, rest)
    names = [history.names[at] for at in kept] + [OTHER] * bool(len(rest))
    ahead = periods_ahead(table, grain, months)
    priors, parts = own_priors(basis.beliefs), _labels(history, kept, rest)
    drawn = draw_parts(held, grain, names, horizon=len(ahead), priors=priors, draws=draws, seed=seed)
    by_period, mixed = drawn.hours, ()
    if basis.learned is not None and {"workload", "technique"} <= set(parts):
        by_period, mixed = migrated_mix(by_period, held, grain, parts, learned=basis.learned, seed=seed)
    weights = month_weights(ahead, grain, months, history.until)
    hours = np.einsum("dpk,pm->dmk", by_period, weights)
    hours[:, 0] += _summed(history.running, kept, rest)
    notes = (why, *history.notes, *drawn.notes)
    if mixed:
        notes += (f"techniques share the hours of {', '.join(mixed)} as the share model has them migrate",)
    return Demand(
        parts, months, hours, _past(history, kept, rest), pd.DataFrame(),
        np.zeros(len(months)), notes, history.until,
    )  # fmt: skip


def _level(history: History) -> Array:
    """Return accelerator-hours a day of each part lately, shape (parts,): over four weeks, or what there is of them."""
    grain = next(iter(history.tables))
    table = history.tables[grain]
    kept, rest = _largest(history.tables[choose_grain(history)[0]])
    number = {"day": 28, "week": 4, "month": 1}[grain]
    recent = table.hours[-number:]
    length = {"day": 1.0, "week": 7.0, "month": float(table.starts[-1].days_in_month)}[grain]
    return _summed(recent.mean(axis=0) / length, kept, rest)


def _silent(demand: Demand, fleet: Fleet) -> list[str]:
    """Return the workloads whose own usage says nothing of migration: they have one technique, and no planned move."""
    if not {"workload", "technique"} <= set(demand.parts):
        return []
    planned = {move.workload for move in fleet.moves}
    count = demand.parts.groupby("workload", sort=True).size()
    return [str(name) for name, number in count.items() if number == 1 and name not in planned]


def _largest(table: Counted) -> tuple[Integers, Integers]:
    """Return the parts with most hours lately, in their order, and the others."""
    number = table.hours.shape[1]
    if number <= KEPT + 1:
        return np.arange(number), np.arange(0)
    recent = table.hours[-max(len(table.starts) // 4, 1) :].sum(axis=0)
    order = np.argsort(-recent, kind="stable")
    return np.sort(order[:KEPT]), np.sort(order[KEPT:])


def _summed(values: Array, kept: Integers, rest: Integers) -> Array:
    """Return values of the parts kept and the sum of the others, over the last axis."""
    mine = values[..., kept]
    return np.concatenate([mine, values[..., rest].sum(axis=-1, keepdims=True)], axis=-1) if len(rest) else mine


def _held(table: Counted, kept: Integers, rest: Integers) -> Counted:
    hours = _summed(table.hours, kept, rest)
    return Counted(table.starts, hours, _summed(table.lower.astype(float), kept, rest) > 0)


def _labels(history: History, kept: Integers, rest: Integers) -> pd.DataFrame:
    mine = history.parts.iloc[kept]
    other = pd.DataFrame([dict.fromkeys(history.by, OTHER)])
    return pd.concat([mine, other] if len(rest) else [mine], ignore_index=True)


def _past(history: History, kept: Integers, rest: Integers) -> pd.DataFrame:
    """Return the hours of whole months by part; of weeks, as their days fall."""
    if "month" in history.tables:
        starts, hours = history.tables["month"].starts, history.tables["month"].hours
    else:
        table = history.tables["week"]
        begin = table.starts[0]
        every = pd.date_range(begin.replace(day=1), history.until, freq="MS").as_unit("us")
        whole = (every >= begin) & (every + pd.DateOffset(months=1) <= history.until)
        starts = every[whole]
        hours = month_weights(table.starts, "week", every, begin).T[whole] @ table.hours
    labels = _labels(history, kept, rest)
    rows = labels.loc[np.tile(np.arange(len(labels)), len(starts))].reset_index(drop=True)
    rows.insert(0, "month", np.repeat(starts, len(labels)))
    return rows.assign(hours=_summed(hours, kept, rest).ravel())
