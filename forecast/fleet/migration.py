"""Migration within a fleet: planned moves, and what the world says of techniques that the fleet has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array, Flags
from shiftcast.features.input_error import InputError
from shiftcast.forecast.fleet.events import with_part
from shiftcast.forecast.fleet.facts import Move
from shiftcast.forecast.fleet.spreads import happens, three_point
from shiftcast.forecast.fleet.wanted import Demand, quantile_rows
from shiftcast.forecast.fleet.work import Work
from shiftcast.forecast.fleet.world import World

_LEAST: Final = 0.001  # share of requests below which the world is not said to move a fleet


def apply_moves(demand: Demand, moves: Sequence[Move], work: Work, *, seed: int) -> Demand:
    """Return demand after planned moves, in every draw in which they happen.

    The moved part of the source's hours leaves it, and comes to the target times the ratio of work. What was moved
    before usage ends is in the usage already: of a move that is under way, only the rest is to come.

    Parameters
    ----------
    demand
        Demand by workload and technique.
    moves
        Planned rollouts, in the order in which they are applied.
    work
        Work of a request by technique.
    seed
        Seed of the named streams.

    Returns
    -------
    Demand

    Raises
    ------
    ValueError
        If demand is not by technique, a source has no hours, or a move makes no sense.
    """
    for move in moves:
        moved, ratio = _share(move, demand, seed), work.ratio(move, len(demand.hours), seed)
        demand = shift(demand, _source(demand, move), move.workload, move.target, moved, ratio)
    return replace(demand, quantiles=quantile_rows(demand)) if moves else demand


def shift(demand: Demand, source: Flags, workload: str, target: str, moved: Array, ratio: Array) -> Demand:
    """Return demand with a part of some hours at another technique.

    Parameters
    ----------
    demand
        Demand by workload and technique.
    source
        Which parts hours leave, shape (parts,).
    workload, target
        Part they come to; made where there is none.
    moved
        Share of the source's requests [1], shape (draws, months).
    ratio
        Hours of a request at the target over those at the source [1], shape (draws,).

    Returns
    -------
    Demand
    """
    at = ((demand.parts["workload"] == workload) & (demand.parts["technique"] == target)).to_numpy()
    if not at.any():
        demand, at = with_part(demand, workload, target)
        source = np.append(source, False)
    hours = demand.hours.copy()
    gone = hours * source * moved[:, :, None]
    hours -= gone
    hours += (gone.sum(axis=2) * ratio[:, None])[:, :, None] * (at / at.sum())
    return replace(demand, hours=hours)


def ramp(months: pd.DatetimeIndex, start: pd.Timestamp, end: pd.Timestamp, since: pd.Timestamp | None) -> Array:
    """Return how much of a straight ramp is done on average in each month, of what was to come at a moment.

    Parameters
    ----------
    months
        First days, midnight UTC, shape (months,).
    start, end
        First day, and the day from which it is whole.
    since
        Moment up to which it shows in usage; ``None`` if in none.

    Returns
    -------
    ndarray, shape (months,)
        From nought to one [1].

    Examples
    --------
    >>> months = pd.date_range("2027-01-01", periods=3, freq="MS", tz="UTC")
    >>> first, last = pd.Timestamp("2027-01-01", tz="UTC"), pd.Timestamp("2027-03-01", tz="UTC")
    >>> ramp(months, first, last, None).round(2).tolist()
    [0.26, 0.76, 1.0]
    """
    done = [float(np.mean(_done(pd.date_range(month, month + pd.DateOffset(months=1), 61), start, end)))
            for month in months]  # fmt: skip
    before = 0.0 if since is None else float(_done(pd.DatetimeIndex([since]), start, end)[0])
    if before >= 1:
        return np.zeros(len(months))
    return np.asarray(np.maximum(np.array(done) - before, 0.0) / (1 - before))


def _done(moments: pd.DatetimeIndex, start: pd.Timestamp, end: pd.Timestamp) -> Array:
    length = max((end - start) / pd.Timedelta(days=1), 1.0)
    return np.asarray(np.clip(np.asarray((moments - start) / pd.Timedelta(days=1)) / length, 0.0, 1.0))


def _share(move: Move, demand: Demand, seed: int) -> Array:
    """Return the share of the source's requests that has moved by month, shape (draws, months)."""
    name, draws = f"move {move.workload}/{move.source} to {move.target}", len(demand.hours)
    if move.end < move.start:
        raise InputError(f"{name}: it ends {move.end:%Y-%m-%d}, before it starts {move.start:%Y-%m-%d}; correct it")
    final = three_point(move.share, scale="share", name=f"{name} share", draws=draws, seed=seed)
    if move.start < (demand.until or demand.months[0]):
        final = final * ((1 - _before(move, demand)) / np.maximum(1 - final * _before(move, demand), 1e-9))
    came = happens(move.probability, name=name, draws=draws, seed=seed)
    return np.asarray((final * came)[:, None] * ramp(demand.months, move.start, move.end, demand.until))


def _before(move: Move, demand: Demand) -> float:
    since = demand.until or demand.months[0]
    return float(_done(pd.DatetimeIndex([since]), move.start, move.end)[0])


def _source(demand: Demand, move: Move) -> Flags:
    if not {"workload", "technique"} <= set(demand.parts):
        raise InputError(
            f"move of {move.workload!r}: this forecast is by {', '.join(demand.parts)}; ask by workload and technique"
        )
    mine = (demand.parts["workload"] == move.workload).to_numpy()
    found = mine & (demand.parts["technique"] == move.source).to_numpy()
    if not found.any():
        known = ", ".join(demand.parts.loc[mine, "technique"].astype(str)) or "none"
        raise InputError(
            f"move of {move.workload!r}: no hours of technique {move.source!r} (usage has {known}); name one of them, "
            "or label the usage"
        )
    return np.asarray(found)


def follow_world(demand: Demand, world: World, work: Work, workloads: Sequence[str], *, seed: int) -> Demand:
    """Return demand of workloads whose own shares say nothing, moved as the world's requests are to move.

    Parameters
    ----------
    demand
        Demand by workload and technique.
    world
        Draws of the world's technique shares.
    work
        Work of a request by technique.
    workloads
        Those that have one technique only, or too short a history.
    seed
        Seed of the named streams.

    Returns
    -------
    Demand
    """
    draws, since = len(demand.hours), demand.until or demand.months[0]
    for workload in workloads:
        for source in [*demand.parts.loc[demand.parts["workload"] == workload, "technique"].astype(str)]:
            left = np.ones(demand.hours.shape[:2])
            for target, share in world.moved(workload, source, since, demand.months).items():
                taken = world.dealt(share, draws, seed)
                move = Move(workload, source, target, since, since, (0.0, 0.0, 0.0))
                if taken.mean(axis=0).max() < _LEAST or not work.known(move):
                    continue
                mine = ((demand.parts["workload"] == workload) & (demand.parts["technique"] == source)).to_numpy()
                part = np.clip(taken / np.maximum(left, 1e-9), 0.0, 1.0)
                demand = shift(demand, mine, workload, target, part, work.ratio(move, draws, seed))
                left = left - taken
    if workloads:
        said = f"techniques of {', '.join(workloads)} move as the world's requests ({world.place}) are forecast to"
        demand = replace(demand, notes=(*demand.notes, said))
    return demand
