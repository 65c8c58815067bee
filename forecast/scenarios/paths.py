"""Paths that levers give: how far each has come by quarter, ramps that come late, and what a late generation leaves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.scenarios.levers import Generation

_TINY = 1e-30


def reached(quarters: list[str], start: str | None, ramp: int = 0) -> Array:
    """Return how far a lever has come in each quarter [1]: none before its first, in equal steps, then all.

    Parameters
    ----------
    quarters
        Labels of the quarters ahead.
    start
        Its first quarter; that of the forecast if not given.
    ramp
        Quarters until all of it counts.

    Returns
    -------
    ndarray, shape (quarters,)

    Raises
    ------
    ValueError
        If the first quarter lies beyond the horizon.

    Examples
    --------
    >>> reached(["2027Q1", "2027Q2", "2027Q3"], "2027Q2", 2).tolist()
    [0.0, 0.5, 1.0]
    """
    return np.asarray(np.clip(since(quarters, start) / max(ramp, 1), 0.0, 1.0))


def since(quarters: list[str], start: str | None) -> NDArray[np.int_]:
    """Return how many quarters a lever has counted by the end of each, none before its first.

    Parameters
    ----------
    quarters, start
        As :func:`reached` takes them.

    Returns
    -------
    ndarray of int, shape (quarters,)

    Raises
    ------
    ValueError
        If the first quarter lies beyond the horizon.
    """
    if start is not None and start > quarters[-1]:
        raise InputError(f"scenario: from {start!r} is after {quarters[-1]}, the last quarter drawn; begin earlier")
    first = sum(quarter < start for quarter in quarters) if start is not None else 0
    return np.maximum(np.arange(len(quarters)) - first + 1, 0)


def moved_to(count: int, first: int, passed: NDArray[np.int_], late: int) -> NDArray[np.int_]:
    """Return for each quarter the one whose state it has if a course comes late, or early where ``late`` is negative.

    A late course rests where it is and then goes on; an early one goes twice as fast until it is ahead. Beyond the last
    quarter it rests.

    Parameters
    ----------
    count, first
        Quarters in all, and the first ahead.
    passed
        Quarters that the lever has counted in each ahead (:func:`since`).
    late
        Quarters.

    Returns
    -------
    ndarray of int, shape (count,)

    Examples
    --------
    >>> moved_to(5, 1, np.array([1, 2, 3, 4]), 2).tolist()
    [0, 0, 0, 1, 2]
    """
    state = np.arange(count)
    state[first:] -= np.sign(late) * np.minimum(abs(late), passed[: count - first])
    return np.clip(state, 0, count - 1)


def part_moved(shares: Array, mine: NDArray[np.bool_], wanted: Array) -> Array:
    """Return shares in which some have moved and the others give or take in proportion, so that all sum as before.

    Parameters
    ----------
    shares
        Shares [1], shape (..., techniques).
    mine
        Which were moved, shape (techniques,).
    wanted
        Their shares as moved, same shape as ``shares``; only those of ``mine`` count.

    Returns
    -------
    ndarray, shape of ``shares``
        Where there are no others, they keep their sum.

    Examples
    --------
    >>> part_moved(np.array([0.5, 0.25, 0.25]), np.array([False, False, True]), np.array([0, 0, 0.5])).round(2).tolist()
    [0.33, 0.17, 0.5]
    """
    before, after = (each[..., mine].sum(axis=-1) for each in (shares, wanted))
    others = shares[..., ~mine].sum(axis=-1)
    alone = others <= 0
    after_all = np.where(alone, before, np.clip(after, 0.0, before + others))
    out = shares.copy()
    mix = np.where((after > 0)[..., None], wanted[..., mine], shares[..., mine])
    total = mix.sum(axis=-1)
    scaled = mix * np.where(total > 0, after_all / np.maximum(total, _TINY), 0.0)[..., None]
    left = np.where(alone, 1.0, (before + others - after_all) / np.maximum(others, _TINY))
    same = (after_all == before)[..., None]
    out[..., mine] = np.where(same & (mix == shares[..., mine]), shares[..., mine], scaled)
    out[..., ~mine] = np.where(same, shares[..., ~mine], shares[..., ~mine] * left[..., None])
    return out


@dataclass(frozen=True)
class LateMix:
    """Shipments under late generations, over those of the base.

    Attributes
    ----------
    mix
        Share of shipments by generation [1], shape (draws, quarters, generations).
    waits, lost
        Part of what could be had that comes, where the rest is asked for again, and where it is not [1], shape
        (draws, quarters).
    """

    mix: Array
    waits: Array
    lost: Array


def late_mix(mix: Array, names: list[str], ahead: NDArray[np.bool_], quarters: list[str], lever: Generation) -> LateMix:
    """Return the mix of shipments if a generation, and those after it, come late or early.

    The share that is of it or newer takes the place it had so many quarters before. Of what is missing then, the
    generation before makes good the part ``replaced``; older ones ship what they would have. A ramp that comes early
    takes from the older ones, as many accelerators as before.

    Parameters
    ----------
    mix
        Share of shipments by generation [1], oldest first, shape (draws, all quarters, generations).
    names
        Names of the generations.
    ahead
        Which quarters are forecast, shape (all quarters,).
    quarters
        Labels of those ahead.
    lever
        The generation, and how late.

    Returns
    -------
    LateMix
        ``mix`` over all quarters, ``waits`` and ``lost`` over those ahead.

    Raises
    ------
    ValueError
        If the generation is not known or is the oldest.

    Examples
    --------
    >>> one = np.array([[[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]])
    >>> late = Generation(generation="new", late=1, replaced=0.5)
    >>> found = late_mix(one, ["old", "new"], np.array([False, True, True]), ["2027Q1", "2027Q2"], late)
    >>> found.waits.tolist(), found.mix[0].round(3).tolist()
    ([[0.75, 0.75]], [[1.0, 0.0], [1.0, 0.0], [0.333, 0.667]])
    """
    if lever.generation not in names[1:]:
        raise InputError(
            f"scenario: generation {lever.generation!r} cannot be late; choose one of {', '.join(names[1:])}"
        )
    at, first = names.index(lever.generation), int(np.argmax(ahead))
    state = moved_to(mix.shape[1], first, since(quarters, lever.start), lever.late)
    newer = np.cumsum(mix[..., ::-1], axis=-1)[..., ::-1]
    after = newer.copy()
    after[..., at] = newer[:, state, at]
    after = np.minimum.accumulate(after, axis=-1)
    slots = mix - np.diff(after - newer, axis=-1, append=0.0)
    missing = (1 - lever.replaced) * np.maximum(newer[..., at] - after[..., at], 0.0)
    slots[..., at - 1] -= missing
    slots = np.maximum(slots, 0.0)
    here, ones = (1 - missing)[:, ahead], np.ones((len(mix), int(ahead.sum())))
    waits, lost = (here, ones) if lever.meanwhile == "waits" else (ones, here)
    moved = np.any(after != newer, axis=-1, keepdims=True)
    total = np.maximum(slots.sum(axis=-1, keepdims=True), _TINY)
    return LateMix(np.where(moved, slots / total, mix), waits, lost)
