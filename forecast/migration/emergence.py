"""Emergence: when the next generation arrives, declared or unnamed, and the share it then takes.

The chance of an arrival depends on the age of the youngest generation; the share after it is that of earlier entries.
Both come from the pool's own past, and from reference histories where that is short.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array, Flags, Integers
from shiftcast.features.share_grid import AHEAD
from shiftcast.forecast.migration.analogues import BURN
from shiftcast.forecast.migration.learned import Learned, Newcomers
from shiftcast.forecast.migration.skill import LIVELINESS, liveliness
from shiftcast.forecast.migration.state import PathState

LEVELS: Final[Array] = np.array([0.0, *np.linspace(0.01, 0.99, 50).round(4), 1.0])  # levels of the quantiles stored
KINDS: Final = ("calm", "first", "quiet", "lively")  # a calm pool; else one without an entry yet, or with, by its steps
AGES: Final = (1, 2, 4, 8, 16)  # ages of the youngest generation between which the learned hazard steps [period]
RECENT: Final = 16.0  # half-life of past periods in the hazard [period]
ALIKE: Final = 0.4  # log ratio of ages at which a past period counts half
CARRIED: Final = 0.5  # entries that one not followed so long counts for
EXPECTED: Final = MappingProxyType({"calm": 0.05, "first": 1.0, "quiet": 0.05, "lively": 0.1})  # arrivals h0 counts for
MOST_LIKELY: Final = 0.95  # highest chance of an arrival in one period
MOST: Final = 0.98  # largest share of newcomers, so that existing categories keep one


def arrivals(state: PathState) -> tuple[Array, Flags, Flags]:
    """Return the age of the youngest category by period, whether another arrived in the next, and what counts.

    The first ``BURN`` periods of a history are left out, since every category is new at its start.

    Parameters
    ----------
    state
        Paths of a panel up to the origin.

    Returns
    -------
    tuple of ndarray
        Ages [period], shape (N, T); arrivals and whether a period counts, each of shape (N, T - 1).
    """
    live, inside = state.live, ~np.isnan(state.panel.shares[:, :, 0])
    came = np.zeros(inside.shape, dtype=bool)
    came[:, 1:] = (live[:, 1:] & ~live[:, :-1]).any(axis=2)
    came[:, 0] = live[:, 0].any(axis=1)
    number = np.arange(inside.shape[1], dtype=np.float64)
    newest = np.maximum.accumulate(np.where(came, number, 0.0), axis=1)
    return number - newest, came[:, 1:], (np.cumsum(inside, axis=1) > BURN)[:, :-1]


def kinds(state: PathState, entered: Flags) -> Integers:
    """Return the kind of every series by period: a calm pool, or else one without an entry yet, quiet, or lively.

    Parameters
    ----------
    state
        Paths of a panel up to the origin.
    entered
        Whether a category enters in the next period, shape (N, T - 1).

    Returns
    -------
    ndarray, shape (N, T)
        Places in ``KINDS``.
    """
    pool = state.panel.pool
    by_pool = np.zeros((int(pool.max()) + 1, entered.shape[1] + 1), dtype=bool)
    np.logical_or.at(by_pool[:, 1:], pool, entered)
    before = np.logical_or.accumulate(by_pool, axis=1)[pool]
    lively = liveliness(state)[:, None]
    return np.asarray(np.where(lively == LIVELINESS[0], 0, np.where(before, 2 + (lively == LIVELINESS[2]), 1)))


def newcomer_quantiles(state: PathState, learned: Learned) -> dict[int, Array]:
    """Return quantiles of the newcomers' share by series with an absent category.

    Over the period a of the first arrival: P(a) times the shares that entries held h - a periods after theirs.
    Non-decreasing over levels and over periods ahead, since what has emerged stays.

    Parameters
    ----------
    state
        Paths of a panel up to the origin.
    learned
        Hazard by age and shares after an entry, learned on reference histories.

    Returns
    -------
    dict of int to ndarray, each of shape (12, levels)
        Row of the series to quantiles at ``LEVELS`` [share].
    """
    waiting = np.flatnonzero((state.panel.named & ~state.present).any(axis=1))
    ages, came, used = arrivals(state)
    kind = kinds(state, came & used)[:, -1]
    recent = 0.5 ** (np.arange(came.shape[1])[::-1] / RECENT)
    entry: dict[int, Array] = {}
    tables: dict[tuple[int, float], Array] = {}
    for row in waiting:
        pool, age, name = int(state.panel.pool[row]), float(ages[row, -1]), KINDS[kind[row]]
        prior = learned.newcomers[name]
        rows = np.flatnonzero(state.panel.pool == pool)
        if pool not in entry:
            entry[pool] = entry_quantiles(state, came & used, rows, prior, learned.newcomer_doubt)
        if (pool, age) not in tables:
            weight = used[rows] / np.maximum(used[rows].sum(axis=0), 1) * recent
            hazard = hazards(age + np.arange(float(AHEAD)), ages[rows, :-1], came[rows], weight, prior, EXPECTED[name])
            tables[pool, age] = _mixed_over_arrivals(hazard, entry[pool])
    return {int(row): tables[int(state.panel.pool[row]), float(ages[row, -1])] for row in waiting}


def hazards(wanted: Array, ages: Array, came: Flags, weight: Array, prior: Newcomers, doubt: float) -> Array:
    """Return the chance of an arrival in the next period by age: the learned one times what the pool's past says of it.

    h(A) = h0(A) (sum w K(A) arrived + e) / (sum w K(A) h0 + e), K the closeness of ages and e the doubt.

    Parameters
    ----------
    wanted
        Ages A of the youngest category [period], shape (H,).
    ages, came, weight
        Age, arrival in the next period and weight of past periods of the pool, each shape (n, T - 1).
    prior, doubt
        Learned hazard by age, h0, and the arrivals that it counts for, e.

    Returns
    -------
    ndarray, shape (H,)
        Chances [1/period].
    """
    usual = np.asarray(prior.hazard)
    expected = usual[np.digitize(ages, AGES)]
    apart = (np.log1p(wanted)[:, None, None] - np.log1p(ages)[None]) / ALIKE
    near = weight[None] / (1.0 + apart**2)
    ratio = ((near * came).sum(axis=(1, 2)) + doubt) / ((near * expected).sum(axis=(1, 2)) + doubt)
    return np.asarray(np.minimum(usual[np.digitize(wanted, AGES)] * ratio, MOST_LIKELY))


def entry_quantiles(state: PathState, entered: Flags, rows: Integers, prior: Newcomers, doubt: float) -> Array:
    """Return quantiles of the share that newcomers hold 0 to 11 periods after the first of them entered.

    The pool's own entries and the learned quantiles are mixed, weighted by the number of dates of entry against
    ``newcomer_doubt``.

    Parameters
    ----------
    state
        Paths of a panel up to the origin.
    entered
        Whether a category enters in the next period, shape (N, T - 1).
    rows
        Series of the pool, shape (n,).
    prior, doubt
        Learned quantiles, and the number of entries they count for.

    Returns
    -------
    ndarray, shape (12, levels)
        Quantiles at ``LEVELS`` [share].
    """
    usual = np.asarray(prior.held)
    table = np.zeros((AHEAD, len(LEVELS)))
    held = np.zeros(entered[rows].shape)
    dates = np.asarray(entered[rows].any(axis=0))
    for since in range(AHEAD):
        later = state.newcomer[since][rows]
        held[:, : later.shape[1]] = later
        followed = float(np.count_nonzero(dates[: later.shape[1]]))
        count = followed + CARRIED * (np.count_nonzero(dates) - followed)
        table[since] = mixed(held[entered[rows]], count, usual[since], doubt)
    return np.maximum.accumulate(table, axis=0)


def mixed(shares: Array, dates: float, prior: Array, doubt: float) -> Array:
    """Return quantiles at ``LEVELS`` of the mixture of past shares and the learned quantiles.

    Parameters
    ----------
    shares
        Past shares [share], shape (cases,).
    dates, doubt
        What they, and the learned quantiles, count for.
    prior
        Learned quantiles at ``LEVELS`` [share], shape (levels,).

    Returns
    -------
    ndarray, shape (levels,)
        Quantiles [share].
    """
    if not shares.size:
        return prior
    values = np.concatenate([shares, prior])
    weight = np.repeat([dates / shares.size, doubt / prior.size], [shares.size, prior.size])
    order = np.argsort(values, kind="stable")
    middle = np.cumsum(weight[order]) - 0.5 * weight[order]
    return np.asarray(np.interp(LEVELS, middle / weight.sum(), values[order]))


def _mixed_over_arrivals(hazard: Array, entry: Array) -> Array:
    """Return quantiles of the newcomers' share by period ahead, shape (12, levels)."""
    waited = np.cumprod(1.0 - hazard)
    first = hazard * np.concatenate([[1.0], waited[:-1]])  # chance that the first arrives in each period
    order = np.argsort(entry, axis=None, kind="stable")
    since, values = order // len(LEVELS), entry.ravel()[order]
    table = np.zeros((AHEAD, len(LEVELS)))
    for ahead in range(AHEAD):
        kept = since <= ahead
        weight = first[ahead - since[kept]] / len(LEVELS)
        middle = waited[ahead] + np.cumsum(weight) - 0.5 * weight
        table[ahead] = np.interp(
            LEVELS, np.concatenate([[0.0, waited[ahead]], middle]), np.concatenate([[0.0, 0.0], values[kept]])
        )
    return np.maximum.accumulate(table, axis=0)


def newcomer_paths(quantiles: Array, ranks: Array, horizon: int) -> Array:
    """Return the newcomers' share along the path of each draw.

    One rank a draw holds over all periods ahead: an early newcomer is also a large one. Past 12 periods the last stays.

    Parameters
    ----------
    quantiles
        Quantiles at ``LEVELS`` by period ahead [share], shape (12, levels).
    ranks
        Rank of each draw [1], in [0, 1], shape (draws,).
    horizon
        Periods ahead.

    Returns
    -------
    ndarray, shape (draws, horizon)
        Shares [1], at most 0.98.

    Examples
    --------
    >>> newcomer_paths(np.outer(np.arange(1.0, 13.0), LEVELS) / 12, np.array([0.5]), 2).round(3).tolist()
    [[0.042, 0.083]]
    """
    known = min(horizon, AHEAD)
    paths = np.stack([np.interp(ranks, LEVELS, quantiles[h]) for h in range(known)], axis=1)
    rest = np.repeat(paths[:, -1:], horizon - known, axis=1)
    return np.asarray(np.clip(np.concatenate([paths, rest], axis=1), 0.0, MOST))
