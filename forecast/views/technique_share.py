"""Draws of a technique's share of a workload on requests, work or GPU-hours, to the horizon of the migration.

Beyond the quarters of hardware, hours follow requests and what one takes; what the meeting of the views and a scenario
made of them in the last quarter of hardware is held.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError, nearest
from shiftcast.forecast.leaves import segment_of_leaves
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.part import forecast_periods
from shiftcast.forecast.views.scenario import BASE, apply_scenario
from shiftcast.forecast.views.techniques import Chosen, choose_techniques, technique_requests

BASES: Final = ("requests", "work", "gpu_hours")
_TINY: Final = 1e-30
_OLDER: Final = "it was made before technique shares had a horizon of their own"


@dataclass(frozen=True)
class TechniqueShare:
    """Draws of the share of chosen techniques in a workload.

    Attributes
    ----------
    chosen
        What was read.
    share, requests
        On the base asked for, and of requests [share], shape (draws, quarters); the latter is the former where it is
        not known how the requests of a workload divide over segments.
    ends, first_ahead
        Quarter ends, and position of the first that is forecast.
    segments
        Segments it is about.
    alone
        Whether no other technique takes anything on the base.
    notes
        What a reader has to know of it.
    """

    chosen: Chosen
    share: Array
    requests: Array
    ends: pd.DatetimeIndex
    first_ahead: int
    segments: tuple[str, ...]
    alone: bool
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Place:
    """Segments that a question is about, and which leaves of each."""

    sides: tuple[str, ...]
    leaves: dict[str, Any]
    leaf: str | None


def technique_share(
    cube: xr.Dataset, technique: str, *, of: str, base: str, segment: str, scenario: str = BASE
) -> TechniqueShare:
    """Return draws of the share of techniques in a workload on a named base.

    Parameters
    ----------
    cube, technique, of
        Draw cube, techniques as :func:`forecast.views.techniques.choose_techniques` reads them, and the workload.
    base
        ``requests``, ``work`` (floating-point operations of the model calls) or ``gpu_hours``: they can be years apart.
    segment
        ``hyperscale``, ``rest``, ``all``, or a leaf.
    scenario
        As :func:`forecast.scenarios.reading.read_scenario` reads it; it moves requests only where it moves a technique.

    Returns
    -------
    TechniqueShare
        On the horizon of the migration.

    Raises
    ------
    ValueError
        If base, technique, workload or segment is not known, naming those that are.
    OutOfSupportError
        If the forecast does not keep what the base needs.
    """
    chosen, place = choose_techniques(cube, technique, of=of), _place(cube, segment)
    if base not in BASES:
        raise InputError(f"share base {base!r} is not known for techniques; choose {', '.join(BASES)}")
    techniques = [str(name) for name in cube["technique"].values]
    names = [name for name in techniques if name.startswith(f"{of}/")]
    notes = _notes(cube, chosen, base, place)
    mine = np.isin([name.partition("/")[2] for name in names], chosen.names)
    columns, moved = [techniques.index(name) for name in names], apply_scenario(cube, scenario)
    requests = {side: _requests(moved, side, columns) for side in place.sides}
    weighted = _weighted(cube, requests, chosen)
    if base == "gpu_hours":
        amounts = {side: _hours(moved, side, names, place, each) for side, each in requests.items()}
    elif weighted is None:
        raise _undivided(cube, of)
    elif base == "work":
        was = {side: _requests(cube, side, columns) for side in place.sides}
        over = {
            side: np.where(was[side] > 0, each / np.maximum(was[side], _TINY), 1.0) for side, each in requests.items()
        }
        amounts = {side: _work(cube, moved, side, names, place, each, over[side]) for side, each in weighted.items()}
    else:
        amounts = weighted
    total = _summed(amounts)
    ends = pd.DatetimeIndex(technique_requests(cube)["migration_period"].values).tz_localize("UTC").as_unit("us")
    ahead = forecast_periods(cube)
    first = int(np.argmax(ahead)) if ahead.any() else len(ahead)
    share = _part(total, mine)
    of_requests = share if weighted is None else _part(_summed(weighted), mine)
    alone = not total[..., ~mine].any()
    return TechniqueShare(chosen, share, of_requests, ends, first, place.sides, alone, notes)


def _summed(amounts: dict[str, Array]) -> Array:
    return np.asarray(sum(amounts.values()))


def _part(amounts: Array, mine: Any) -> Array:
    """Return the part of the techniques asked for [share], shape (draws, quarters)."""
    return np.asarray(amounts[..., mine].sum(axis=-1) / np.maximum(amounts.sum(axis=-1), _TINY))


def _place(cube: xr.Dataset, segment: str) -> _Place:
    sides = [str(name) for name in cube["segment"].values]
    of_leaf, leaves = segment_of_leaves(cube), [str(name) for name in cube["leaf"].values]
    inside = dict(zip(leaves, of_leaf, strict=True))
    if segment == ALL or segment in sides:
        wanted = tuple(sides) if segment == ALL else (segment,)
        return _Place(wanted, {side: np.array(of_leaf) == side for side in wanted}, None)
    if inside.get(segment) in sides:
        return _Place((inside[segment],), {inside[segment]: np.array(leaves) == segment}, segment)
    hint = nearest(segment, [*sides, *(leaf for leaf in leaves if inside[leaf] in sides)])
    raise InputError(
        f"no technique shares are forecast for segment {segment!r}; {hint}choose all, {', '.join(sides)}, or a leaf of "
        f"{', '.join(leaf for leaf in leaves if inside[leaf] in sides)}"
    )


def _requests(cube: xr.Dataset, side: str, columns: list[int]) -> Array:
    """Return technique shares of a workload's requests in one segment, shape (draws, quarters, techniques)."""
    found = technique_requests(cube).sel(segment=side).values[:, :, columns]
    return np.asarray(found, dtype=np.float64)


def _weighted(cube: xr.Dataset, requests: dict[str, Array], chosen: Chosen) -> dict[str, Array] | None:
    """Return requests by technique and segment, up to a factor; none where it is not known how segments divide them."""
    if len(requests) == 1 or not chosen.others:
        return requests
    if "used" not in cube or chosen.workload not in cube["workload"].values:
        return None
    used = cube["used"].sel(workload=chosen.workload)
    return {side: used.sel(segment=side).values[:, None, None] * each for side, each in requests.items()}


def _undivided(cube: xr.Dataset, of: str) -> InputError:
    if "used" not in cube:
        return OutOfSupportError(
            f"requests of {of} in all segments",
            f"this forecast does not keep how they divide, as {_OLDER}",
            "ask for one segment, or run `shiftcast run`",
        )
    return InputError(f"{of} is not counted in requests by segment; ask for hyperscale or rest, or for gpu_hours")


def _served(cube: xr.Dataset, side: str, names: list[str], place: _Place) -> Array:
    """Return GPU-hours of a workload's techniques in the quarters of hardware, shape (draws, quarters, techniques)."""
    tasks = [str(name) for name in cube["task"].values]
    hours = cube["gpu_hours"].values[:, :, place.leaves[side]].sum(axis=2, dtype=np.float64)
    none = np.zeros(hours.shape[:2])
    return np.stack([hours[..., tasks.index(name)] if name in tasks else none for name in names], axis=-1)


def _hours(cube: xr.Dataset, side: str, names: list[str], place: _Place, requests: Array) -> Array:
    """Return GPU-hours by technique in one segment, beyond hardware up to a factor, shape (draws, quarters, ...)."""
    served = _served(cube, side, names, place)
    if "hours_each" not in cube:
        return served
    each = (
        cube["hours_each"].sel(technique=names).values
        * cube["placed"].sel(segment=side, technique=names).values[:, None]
    )
    taken = requests * each
    last, now = served.shape[1] - 1, served[:, -1]
    alike = now.sum(axis=-1, keepdims=True) / np.maximum(taken[:, last].sum(axis=-1, keepdims=True), _TINY)
    held = np.where(taken[:, last] > 0, now / np.maximum(taken[:, last], _TINY), alike)
    return np.concatenate([served, taken[:, last + 1 :] * held[:, None]], axis=1)


def _work(
    cube: xr.Dataset, moved: xr.Dataset, side: str, names: list[str], place: _Place, requests: Array, over: Array
) -> Array:  # fmt: skip
    """Return operations by technique in one segment, up to a factor; a scenario moves them as it does hours.

    ``over`` are the technique's requests over those of the base, which the hours have moved by as well.
    """
    if "work_each" not in cube:
        raise OutOfSupportError(
            "base 'work'", f"this forecast does not keep the work of a request, as {_OLDER}", "run `shiftcast run`"
        )
    work = requests * cube["work_each"].sel(technique=names).values[:, None]
    if moved is cube:
        return np.asarray(work)
    before, after = (_served(each, side, names, place) for each in (cube, moved))
    ratio = np.where(before > 0, after / np.maximum(before, _TINY), 1.0) / np.maximum(over[:, : before.shape[1]], _TINY)
    ratio = np.where(after > 0, ratio, np.where(before > 0, 0.0, 1.0))
    beyond = np.repeat(ratio[:, -1:], work.shape[1] - ratio.shape[1], axis=1)
    return np.asarray(work * np.concatenate([ratio, beyond], axis=1))


def _notes(cube: xr.Dataset, chosen: Chosen, base: str, place: _Place) -> tuple[str, ...]:
    """Return what a reader has to know; raise if none of the techniques takes anything on the base."""
    notes = [] if "technique_requests" in cube else [f"the forecast ends with its hardware, as {_OLDER}"]
    if place.leaf is not None:
        notes.append(
            f"{place.leaf} takes the technique shares of its segment, {place.sides[0]}: none are drawn by leaf"
        )
    if base == "requests":
        return tuple(notes)
    without = [
        name for name in (*chosen.names, *chosen.others) if not _counted(cube, base, f"{chosen.workload}/{name}")
    ]
    said = "operations are counted" if base == "work" else "accelerator-hours are taken"
    if set(chosen.names) <= set(without):
        raise InputError(
            f"no {said} for technique {chosen.asked!r} of {chosen.workload!r}, which runs on CPUs; ask for requests, "
            f"or for {', '.join(name for name in chosen.others if name not in without) or 'another workload'}"
        )
    if without:
        notes.append(f"no {said} for {', '.join(without)}, which run on CPUs")
    return tuple(notes)


def _counted(cube: xr.Dataset, base: str, name: str) -> bool:
    """Return whether a technique takes anything on the base."""
    variable = "work_each" if base == "work" else "hours_each"
    if variable in cube:
        return bool(cube[variable].sel(technique=name).values.any())
    return name in cube["task"].values or base == "work"
