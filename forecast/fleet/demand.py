"""Forecast of a fleet's demand: parts and total in joint draws, by calendar month."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.frames import AssumptionRows, DataFrame
from shiftcast.features.input_error import InputError
from shiftcast.forecast.beliefs import Beliefs
from shiftcast.forecast.fleet.borrowed import Ahead, Between, demand_of_holdings, pool_growth
from shiftcast.forecast.fleet.events import add_events
from shiftcast.forecast.fleet.facts import Fleet
from shiftcast.forecast.fleet.grain import choose_grain, month_weights, months_through, periods_ahead
from shiftcast.forecast.fleet.history import Counted, History, month_of
from shiftcast.forecast.fleet.kept import Kept, largest
from shiftcast.forecast.fleet.migration import apply_moves, follow_world
from shiftcast.forecast.fleet.mix import migrated_mix
from shiftcast.forecast.fleet.parts import draw_parts
from shiftcast.forecast.fleet.small import small_parts, small_rows
from shiftcast.forecast.fleet.trend import PERIODS, Trend, regrown, rests_on, within_walk
from shiftcast.forecast.fleet.wanted import Demand, quantile_rows
from shiftcast.forecast.fleet.work import Work, hours_each, measured_work
from shiftcast.forecast.fleet.world import World
from shiftcast.forecast.migration import Learned
from shiftcast.forecast.volume import own_priors

__all__ = ["Basis", "Demand", "forecast_demand"]

YEAR: Final = pd.Timedelta(days=365.25)


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


@dataclass(frozen=True)
class _Span:
    """Months ahead, and which part of each period belongs to them, shape (periods, months)."""

    months: pd.DatetimeIndex
    weights: Array

    def horizon(self, grain: str) -> int:
        """Return how many periods are drawn: a year at least, which tells growth, but of days no more than asked."""
        return len(self.weights) if grain == "day" else max(len(self.weights), PERIODS[grain])


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
        return _planned(demand, fleet, work, seed)
    months = months_through(history.now, through)
    grain, why = choose_grain(history, months[-1])
    span = _span(history, grain, months)
    named = [move.workload for move in fleet.moves] + [event.workload for event in fleet.events]
    kept = largest(history, grain, named, each=draws * span.horizon(grain))
    demand = _own(kept, grain, span, basis, draws, seed)
    demand = replace(demand, notes=(why, *demand.notes))
    if basis.world is not None:
        between = Between(**basis.beliefs.of("fleet.growth"))
        demand = _borrowing(demand, kept, basis.world, between, seed)
        demand = follow_world(demand, basis.world, work, _silent(demand, fleet), seed=seed)
    small = _small(demand, kept, grain, span, basis, seed)
    made = _planned(demand, fleet, work, seed)
    return replace(made, quantiles=pd.concat([made.quantiles, small], ignore_index=True)) if len(small) else made


def _planned(demand: Demand, fleet: Fleet, work: Work, seed: int) -> Demand:
    """Return demand with the moves and events of a fleet, and quantiles of what comes of it."""
    moved = apply_moves(demand, fleet.moves, work, seed=seed)
    made = add_events(moved, fleet.events, seed=seed)
    said = tuple(f"a request of {move.workload} at {move.target} takes {work.said(move)} hours over those at "
                 f"{move.source}" for move in fleet.moves)  # fmt: skip
    each = hours_each(made.parts, work, fleet.moves, draws=len(made.hours), seed=seed)
    return replace(made, quantiles=quantile_rows(made), notes=(*made.notes, *said), each=each)


def _without_usage(
    fleet: Fleet, basis: Basis, through: pd.Timestamp | str, origin: pd.Timestamp | None, draws: int, seed: int
) -> Demand:
    if basis.world is None or basis.assumptions is None or origin is None:
        then = "" if origin is None else f" that was known on {origin:%Y-%m-%d}"
        raise InputError(
            f"fleet {fleet.name!r}: no usage is stored{then}, and there is no forecast of the world to borrow from; "
            "ingest usage (exports of a past day with --known-at DAY), or run `shiftcast run` first"
        )
    between = Between(**basis.beliefs.of("fleet.growth"))
    ahead = Ahead(months_through(month_of(origin), through), origin, draws, seed)
    return demand_of_holdings(fleet, basis.world, ahead, between=between, assumptions=basis.assumptions)


def _span(history: History, grain: str, months: pd.DatetimeIndex) -> _Span:
    ahead = periods_ahead(history.tables[grain], grain, months)
    return _Span(months, month_weights(ahead, grain, months, history.until))


def _own(kept: Kept, grain: str, span: _Span, basis: Basis, draws: int, seed: int) -> Demand:
    """Return demand as the fleet's own usage says."""
    history, parts = kept.history, kept.labels
    table = kept.counted(history.tables[grain])
    drawn = draw_parts(
        table, grain, kept.names, horizon=span.horizon(grain), priors=own_priors(basis.beliefs), draws=draws, seed=seed
    )
    hours, notes = drawn.hours, (*history.notes, *drawn.notes)
    trend, little = Trend.believed(basis.beliefs), ""
    if trend is not None:
        hours, told = within_walk(hours, table, grain, trend)
        notes += told
        if basis.world is None:
            little = rests_on(table, grain, trend, hours.shape[1])
            hours, told = regrown(hours, table, grain, trend, seed=seed)
            notes += told
    hours = hours[:, : len(span.weights)]
    if basis.learned is not None and {"workload", "technique"} <= set(parts):
        hours, mixed = migrated_mix(hours, table, grain, parts, learned=basis.learned, seed=seed)
        if mixed:
            notes += (f"techniques share the hours of {', '.join(mixed)} half as the share model has them migrate",)
    wanted = np.einsum("dpk,pm->dmk", hours, span.weights, optimize=True)
    wanted[:, 0] += kept.summed(history.running)
    none = np.zeros(len(span.months))
    return Demand(parts, span.months, wanted, kept.past(), pd.DataFrame(), none, notes, history.until, little=little)


def _borrowing(demand: Demand, kept: Kept, world: World, between: Between, seed: int) -> Demand:
    """Return demand with growth pooled with the world's."""
    history = kept.history
    years = (history.until - history.since) / YEAR
    return pool_growth(demand, kept.level(), world, between, since=history.until, years=years, seed=seed)


def _small(demand: Demand, kept: Kept, grain: str, span: _Span, basis: Basis, seed: int) -> pd.DataFrame:
    """Return quantiles of the parts that are in ``other``."""
    if not len(kept.rest):
        return pd.DataFrame()
    history, rest = kept.history, kept.rest
    table = history.tables[grain]
    mine = Counted(table.starts, table.hours[:, rest], table.lower[:, rest])
    names = history.names
    values = small_parts(
        mine, grain, [names[at] for at in rest], span.weights, priors=own_priors(basis.beliefs), seed=seed
    )
    values[:, 0] += history.running[rest]
    labels = history.parts.iloc[rest].reset_index(drop=True)
    return small_rows(values, labels, span.months, demand.hours[:, :, len(kept.own)].mean(axis=0))


def _silent(demand: Demand, fleet: Fleet) -> list[str]:
    """Return the workloads whose own usage says nothing of migration: they have one technique, and no planned move."""
    if not {"workload", "technique"} <= set(demand.parts):
        return []
    planned = {move.workload for move in fleet.moves}
    count = demand.parts.groupby("workload", sort=True).size()
    return [str(name) for name, number in count.items() if number == 1 and name not in planned]
