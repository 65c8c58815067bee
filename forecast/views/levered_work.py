"""Work wanted under a scenario: techniques moved, demand scaled, prices and software answered, work moved."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.leaves import segment_of_leaves
from shiftcast.forecast.questions.kinds import unknown
from shiftcast.forecast.scenarios.levers import LEAST, MOST, Demand, Move, Price, Software, Technique
from shiftcast.forecast.scenarios.paths import moved_to, part_moved, reached, since
from shiftcast.forecast.scenarios.reading import Scenario
from shiftcast.forecast.scenarios.rebound import compute_response, volume_at_price
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.part import forecast_periods
from shiftcast.forecast.views.redraw import quarters_ahead
from shiftcast.forecast.views.techniques import choose_techniques, technique_requests

_TINY: Final = 1e-30


def levered_hours(cube: xr.Dataset, scenario: Scenario, quarters: list[str]) -> tuple[Array, Array | None]:
    """Return hours wanted under a scenario, at the part of them that the base serves.

    Parameters
    ----------
    cube, scenario, quarters
        Draw cube, levers, and labels of the quarters ahead.

    Returns
    -------
    tuple
        Hours, shape (draws, quarters, leaves, tasks), and technique shares of requests if a lever moves them, in the
        shape of the cube's.

    Raises
    ------
    ValueError
        If a lever names a part that the cube does not have.
    OutOfSupportError
        If factors multiply to more than a scaling can stand for, or the cube does not keep what a lever needs.
    """
    hours, latent = (quarters_ahead(cube, name) for name in ("gpu_hours", "latent_hours"))
    whole = hours.sum(axis=-1)
    latently = (1 + np.where(whole > 0, latent / np.maximum(whole, _TINY), 0.0))[..., None]
    before = hours * latently
    wanted, requests = before, None
    for lever in scenario.of(Technique):
        wanted, requests = _technique(cube, wanted, requests, lever, quarters)
    wanted = wanted * _factors(cube, scenario, quarters)
    for lever in scenario.of(Move):
        wanted = _moved(cube, wanted, lever, quarters)
    same = hours * (wanted / np.maximum(before, _TINY))
    return np.where(before > 0, same, wanted / latently), requests


def cells(cube: xr.Dataset, part: str) -> Any:
    """Return which cells a part names; a part names leaves, or tasks, never both.

    Parameters
    ----------
    cube, part
        Draw cube, and a workload, task, leaf, segment or ``all``.

    Returns
    -------
    ndarray of bool, shape (leaves, tasks)

    Raises
    ------
    ValueError
        Naming the nearest part, and those there are.
    """
    places = list(zip((str(leaf) for leaf in cube["leaf"].values), segment_of_leaves(cube), strict=True))
    names = [str(task) for task in cube["task"].values]
    leaves = np.array([part in {ALL, leaf, side} for leaf, side in places])
    tasks = np.array([part in {ALL, task, task.partition("/")[0]} for task in names])
    if not leaves.any() and not tasks.any():
        known = sorted({side for _, side in places} | {leaf for leaf, _ in places})
        kinds = [*dict.fromkeys(name.partition("/")[0] for name in names), *names]
        said = unknown(part, [*known, *kinds], "part")
        near = said.partition("did you mean ")[2].partition("?")[0]
        hint = f" (did you mean {near}?)" if near else ""
        raise InputError(
            f"scenario: {part!r} is no part of the forecast{hint}; name all, one of {', '.join(known)}, or a workload "
            f"or task of {', '.join(names)}"
        )
    return np.broadcast_to(leaves[:, None] if leaves.any() else tasks[None, :], (len(leaves), len(tasks)))


def response(cube: xr.Dataset, name: str, given: float | None) -> Array:
    """Return draws of an elasticity or a pass-through: the one given, or the record's.

    Parameters
    ----------
    cube, name, given
        Draw cube, ``elasticity`` or ``pass_through``, and the value that stands in for it, if any.

    Returns
    -------
    ndarray, shape (draws,)
        [1].

    Raises
    ------
    OutOfSupportError
        If none is given and the cube keeps none.
    """
    if given is not None:
        return np.full(cube.sizes["draw"], given)
    if name not in cube:
        raise OutOfSupportError(
            f"scenario: {name}", "this forecast does not keep it", f"run `shiftcast run` again, or give {name}"
        )
    return np.asarray(cube[name].values, dtype=np.float64)


def _factors(cube: xr.Dataset, scenario: Scenario, quarters: list[str]) -> Array:
    """Return the product of factors on work, shape (draws or 1, quarters, leaves, tasks)."""
    factor = np.ones((1, len(quarters), cube.sizes["leaf"], cube.sizes["task"]))
    for lever in scenario.of(Demand):
        come = reached(quarters, lever.start, lever.ramp)
        each = 1 + lever.share * (lever.factor**come - 1)
        factor = np.where(cells(cube, lever.part), factor * each[None, :, None, None], factor)
    if not (factor.min() >= LEAST and factor.max() <= MOST):
        raise OutOfSupportError(
            f"scenario: factors multiply to {factor.min():g} to {factor.max():g}, outside {LEAST:g} to {MOST:g}"
        )
    for lever in (*scenario.of(Price), *scenario.of(Software)):
        each = _answered(cube, lever, reached(quarters, lever.start, lever.ramp))
        factor = np.where(cells(cube, lever.part), factor * each[..., None, None], factor)
    return factor


def _answered(cube: xr.Dataset, lever: Price | Software, come: Array) -> Array:
    """Return the factor on compute that a price or a gain leads to, shape (draws, quarters)."""
    elasticity = response(cube, "elasticity", lever.elasticity)[:, None]
    if isinstance(lever, Price) and lever.of == "work":
        return volume_at_price(np.asarray(1.0), (lever.factor**come)[None, :], elasticity)
    passed = response(cube, "pass_through", lever.pass_through)[:, None]
    if isinstance(lever, Software):
        return compute_response((lever.gain**come)[None, :], elasticity, passed)
    return volume_at_price(np.asarray(1.0), (lever.factor**come)[None, :] ** passed, elasticity)


def _moved(cube: xr.Dataset, wanted: Array, lever: Move, quarters: list[str]) -> Array:
    """Return hours of which a share is wanted in another leaf."""
    leaves = [str(leaf) for leaf in cube["leaf"].values]
    for name in (lever.source, lever.target):
        if name not in leaves:
            raise InputError(f"scenario: move: {unknown(name, leaves, 'leaf')}")
    source, target = leaves.index(lever.source), leaves.index(lever.target)
    inside = cells(cube, lever.of)[source]
    gone = wanted[:, :, source] * inside * (lever.share * reached(quarters, lever.start, lever.ramp))[None, :, None]
    out = wanted.copy()
    out[:, :, source] -= gone
    out[:, :, target] += lever.ratio * gone
    return out


def _technique(
    cube: xr.Dataset, wanted: Array, requests: Array | None, lever: Technique, quarters: list[str]
) -> tuple[Array, Array]:
    """Return hours wanted and technique shares of requests after a rollout has moved."""
    for name in ("hours_each", "placed"):
        if name not in cube:
            raise OutOfSupportError(
                f"scenario: technique {lever.technique!r}",
                f"this forecast does not keep {name}, as it was made before the migration had its horizon",
                "run `shiftcast run`",
            )
    before = np.asarray(technique_requests(cube).values, dtype=np.float64) if requests is None else requests
    names = [str(name) for name in cube["technique"].values]
    columns = [at for at, name in enumerate(names) if name.startswith(f"{lever.of}/")]
    chosen = choose_techniques(cube, lever.technique, of=lever.of)
    mine = np.isin([names[at].partition("/")[2] for at in columns], chosen.names)
    sides = [str(side) for side in cube["segment"].values]
    if lever.segment not in {ALL, *sides}:
        raise InputError(f"scenario: technique: {unknown(lever.segment, [ALL, *sides], 'segment')}")
    after, first = before.copy(), int(np.argmax(forecast_periods(cube)))
    for side in range(len(sides)):
        if lever.segment in {ALL, sides[side]}:
            after[:, :, side, columns] = _course(before[:, :, side, columns], mine, lever, first, quarters)
    return _following(cube, wanted, after - before, before, columns), after


def _course(shares: Array, mine: Any, lever: Technique, first: int, quarters: list[str]) -> Array:
    """Return shares of a workload's techniques in a segment: late or early, then given back, then bounded."""
    count, ahead = shares.shape[1], len(quarters)
    beyond = np.arange(count - first)
    passed = np.concatenate([since(quarters, lever.start), np.zeros(count - first - ahead, dtype=int)])
    passed[ahead:] = passed[ahead - 1] + beyond[ahead:] - (ahead - 1)
    wanted = shares[:, moved_to(count, first, passed, lever.late)]
    come = np.zeros(count)
    come[first:] = np.minimum(passed / max(lever.ramp, 1), 1.0)
    wanted = wanted * (1 - lever.back * come)[:, None]
    if lever.most is not None:
        total = wanted[..., mine].sum(axis=-1, keepdims=True)
        bound = np.where(np.arange(count) >= first, lever.most, np.inf)
        bound[first:][passed == 0] = np.inf
        wanted = wanted * np.minimum(1.0, bound[:, None] / np.maximum(total, _TINY))
    return part_moved(shares, mine, wanted)


def _following(cube: xr.Dataset, wanted: Array, change: Array, before: Array, columns: list[int]) -> Array:
    """Return hours that follow technique shares: those of a leaf's requests, at the hours each takes."""
    ahead = forecast_periods(cube)
    tasks, names = [str(name) for name in cube["task"].values], [str(name) for name in cube["technique"].values]
    kept = [at for at in columns if names[at] in tasks]
    at_task = [tasks.index(names[at]) for at in kept]
    each = cube["hours_each"].values[:, : len(ahead), kept][:, ahead].astype(np.float64)
    out, sides = wanted.copy(), [str(side) for side in cube["segment"].values]
    for leaf, side in enumerate(segment_of_leaves(cube)):
        if side not in sides:
            continue
        row = sides.index(side)
        taken = each * cube["placed"].values[:, row, kept].astype(np.float64)[:, None]
        shares, moved = (of[:, : len(ahead), row][:, ahead][..., kept] for of in (before, change))
        whole = (shares * taken).sum(axis=-1)
        own = wanted[:, :, leaf, at_task]
        counted = np.where(whole > 0, own.sum(axis=-1) / np.maximum(whole, _TINY), 0.0)
        out[:, :, leaf, at_task] = np.maximum(own + counted[..., None] * moved * taken, 0.0)
    return out
