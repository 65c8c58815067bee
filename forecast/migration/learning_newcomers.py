"""Learning of newcomers: when they entered the pools of reference sets, and what they held since."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array, Flags, Integers
from shiftcast.features.share_grid import AHEAD
from shiftcast.forecast.migration.emergence import AGES, KINDS, LEVELS, arrivals, kinds
from shiftcast.forecast.migration.learned import Newcomers
from shiftcast.forecast.migration.rolling import Origin
from shiftcast.forecast.migration.state import PathState

LEAST: Final = 0.002  # least chance of an entry [1/period], so that a pool's own entries can raise it
ENOUGH: Final = 50.0  # periods of a set at an age with which it counts half as much as with any number of them


def learn_newcomers(origins: Sequence[Origin]) -> dict[str, Newcomers]:
    """Return when newcomers enter and what they then hold, every set with the same weight.

    Parameters
    ----------
    origins
        Rolling origins of the reference sets.

    Returns
    -------
    dict of str to Newcomers
        By kind of pool (:data:`forecast.migration.emergence.KINDS`).
    """
    names = sorted({origin.set_name for origin in origins})
    by_set = []
    for name in names:
        parts = [_periods(origin.state) for origin in origins if origin.set_name == name]
        by_set.append(tuple(np.concatenate(column, axis=-1) for column in zip(*parts, strict=True)))
    return {kind: _newcomers(by_set, number) for number, kind in enumerate(KINDS)}


def _periods(state: PathState) -> tuple[Integers, Integers, Flags, Array]:
    """Return kind, age group and arrival of past periods that count, shape (M,), and shares held since, (12, M)."""
    ages, came, used = arrivals(state)
    held = np.full((AHEAD, *used.shape), np.nan)
    for since, part in enumerate(state.newcomer):
        held[since, :, : part.shape[1]] = part
    group = np.asarray(np.digitize(ages[:, :-1], AGES), dtype=np.int64)
    return kinds(state, came & used)[:, :-1][used], group[used], came[used], np.asarray(held[:, used])


def _newcomers(by_set: list[tuple[Array, ...]], number: int) -> Newcomers:
    """Return hazard and shares held of one kind of pool."""
    entries, periods, held = np.zeros(len(AGES) + 1), np.zeros(len(AGES) + 1), []
    for kind, group, came, since in by_set:
        here = kind == number
        exposed = np.bincount(group[here], minlength=len(AGES) + 1)
        counted = 1.0 / (exposed + ENOUGH)
        entries += counted * np.bincount(group[here], came[here], len(AGES) + 1)
        periods += counted * exposed
        held.append(since[:, here & came])
    hazard = np.maximum(entries / np.maximum(periods, 1e-9), LEAST)
    table = np.array([_even_quantiles([part[h][~np.isnan(part[h])] for part in held]) for h in range(AHEAD)])
    rising = np.maximum.accumulate(table, axis=0).round(5)
    return Newcomers(tuple(hazard.round(5).tolist()), tuple(tuple(row) for row in rising.tolist()))


def _even_quantiles(parts: list[Array]) -> Array:
    """Return quantiles at the newcomers' levels of several samples, each of the same weight."""
    kept = [part for part in parts if part.size]
    if not kept:
        return np.zeros(len(LEVELS))
    values = np.concatenate(kept)
    weight = np.concatenate([np.full(part.size, 1.0 / part.size) for part in kept])
    order = np.argsort(values, kind="stable")
    middle = (np.cumsum(weight[order]) - 0.5 * weight[order]) / weight.sum()
    return np.asarray(np.interp(LEVELS, middle, values[order]))
