"""Registry of the volume members: a dict of callables, and for some the condition under which they are skipped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.volume.boosted import boosted
from shiftcast.forecast.volume.growth import shared_growth
from shiftcast.forecast.volume.past import Member, Past
from shiftcast.forecast.volume.regression import lag_ridge
from shiftcast.forecast.volume.simple import (
    damped_trend,
    drift,
    last_value,
    long_seasonal_mean,
    long_seasonal_naive,
    seasonal_mean,
    seasonal_naive,
)
from shiftcast.forecast.volume.smoothing import smoothed_level, smoothed_trend, smoothing, theta
from shiftcast.forecast.volume.structural import LONGEST_SEASON, structural

MEMBERS: Final[Mapping[str, Member]] = {
    "last_value": last_value,
    "seasonal_naive": seasonal_naive,
    "seasonal_mean": seasonal_mean,
    "long_seasonal_naive": long_seasonal_naive,
    "long_seasonal_mean": long_seasonal_mean,
    "drift": drift,
    "damped_trend": damped_trend,
    "smoothing": smoothing,
    "smoothed_level": smoothed_level,
    "smoothed_trend": smoothed_trend,
    "theta": theta,
    "shared_growth": shared_growth,
    "lag_ridge": lag_ridge,
    "boosted": boosted,
    "structural": structural,
}
SIMPLE: Final = ("last_value", "seasonal_naive", "seasonal_mean", "drift", "damped_trend")
QUICK: Final = (*SIMPLE, "smoothing")

MOST_BOOSTED: Final = 200  # series; on more, trees cost more time than their gain is worth
FEWEST_BOOSTED: Final = 8
LEAST_BOOSTED: Final = 300  # values of all series; on fewer, trees gain nothing
MOST_STRUCTURAL: Final = 5
LONGEST_STRUCTURAL: Final = 400  # periods
MOST_SWING: Final = 0.9  # values a season apart over half a season apart; above, no season is felt
LEAST_GROWTH: Final = 0.2  # mean change over its root mean square; with less, it costs others' weight and gains nothing


def _seasonal(past: Past) -> str | None:
    return None if past.seasons else "no history holds a season and a half"


def _long_seasonal(past: Past) -> str | None:
    return None if len(past.seasons) > 1 else "no history holds a second season"


def _shared(past: Past) -> str | None:
    if len(past.z) < 2:
        return "one series has no others to learn growth from"
    return None if past.growth >= LEAST_GROWTH else "the group grows too little beside its noise to share growth"


def _boosted(past: Past) -> str | None:
    number, values = len(past.z), int(np.isfinite(past.actual).sum())
    if number > MOST_BOOSTED:
        return f"{number} series are more than the {MOST_BOOSTED} it is worth its time on"
    if number < FEWEST_BOOSTED:
        return f"{number} series are fewer than the {FEWEST_BOOSTED} it learns from"
    return f"{values} values are fewer than the {LEAST_BOOSTED} it learns from" if values < LEAST_BOOSTED else None


def _structural(past: Past) -> str | None:
    number, length = past.z.shape
    if number > MOST_STRUCTURAL:
        return f"{number} series are more than the {MOST_STRUCTURAL} it is worth its time on"
    if past.seasons and past.seasons[0] > LONGEST_SEASON:
        return f"a season of {past.seasons[0]} periods is longer than {LONGEST_SEASON}"
    if number > 1 and not (past.seasons and past.swing < MOST_SWING):
        return "no season is felt, and more than one series are not worth its time without"
    return f"{length} periods are more than {LONGEST_STRUCTURAL}" if length > LONGEST_STRUCTURAL else None


SKIPPED: Final[Mapping[str, Callable[[Past], str | None]]] = {
    "seasonal_naive": _seasonal,
    "seasonal_mean": _seasonal,
    "long_seasonal_naive": _long_seasonal,
    "long_seasonal_mean": _long_seasonal,
    "shared_growth": _shared,
    "boosted": _boosted,
    "structural": _structural,
}


def run_members(
    past: Past, only: tuple[str, ...] | None = None, outside: Mapping[str, Member] | None = None
) -> tuple[dict[str, Array], tuple[str, ...]]:
    """Return the path of every member that runs, and why the others do not.

    Parameters
    ----------
    past
        Histories and origins.
    only
        Names of the only members to run, in order; all if left out.
    outside
        Further members by name (:func:`forecast.volume.outside.outside_member`), after the others.

    Returns
    -------
    tuple of dict and tuple of str
        Paths by name, each of shape (series, origins, horizon) on the working scale, and a note a member skipped.

    Raises
    ------
    ValueError
        If ``only`` names a member that does not exist, or ``outside`` one that does.
    """
    taken = [name for name in outside or () if name in MEMBERS]
    if taken:
        raise InputError(f"member {taken[0]!r} is there already; give yours another name")
    members = {**MEMBERS, **(outside or {})}
    unknown = [name for name in only or () if name not in members]
    if unknown:
        raise InputError(f"member {unknown[0]!r} is none; choose among {list(members)}")
    paths, notes = {}, []
    for name in only or members:
        reason = SKIPPED[name](past) if name in SKIPPED else None
        if reason is None:
            paths[name] = members[name](past)
        else:
            notes.append(f"{name} skipped: {reason}")
    return paths, tuple(notes)
