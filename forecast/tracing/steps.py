"""Steps from a cell of a forecast back to work: each figure as its equation and inputs, draw by draw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import hours_in
from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.leaves import segment_of_leaves
from shiftcast.forecast.tracing.cells import Cell, share_of, volume_of
from shiftcast.forecast.tracing.equations import EQUATIONS, Equation, quotient
from shiftcast.forecast.views.part import MEASURES, Part, draws_of, forecast_periods, hyperscale_share, periods, unit_of
from shiftcast.forecast.views.places import place_of
from shiftcast.forecast.workloads import TRAINING, UNALLOCATED

SHARE: Final = "share"
_BEFORE: Final[Mapping[str, tuple[str, ...]]] = {  # the figures that each is made of in turn
    "spending": ("accelerators_shipped",), "power": ("accelerators",), "accelerators": ("stock", "gpu_hours"),
    "latent_hours": ("gpu_hours",),
}  # fmt: skip
_KILO: Final = 1000.0


@dataclass(frozen=True)
class Step:
    """One figure and the equation that gives it.

    Attributes
    ----------
    name
        Of the figure.
    unit
        Of the figure.
    equation
        From the registry.
    inputs
        Input to its draws, shape (draws,).
    figure
        Draws of the figure, shape (draws,).
    """

    name: str
    unit: str
    equation: Equation
    inputs: Mapping[str, Array]
    figure: Array


def steps_of(cube: xr.Dataset, cell: Cell) -> list[Step]:
    """Return the steps from a figure back to work: its own first, then that of each figure it is made of.

    Parameters
    ----------
    cube, cell
        Draw cube and the figure.

    Returns
    -------
    list of Step
        The inputs of each give its figure in every draw.

    Raises
    ------
    ValueError
        If measure or part is not known.
    OutOfSupportError
        If the quarter or the measure is not drawn.
    """
    if cell.measure == SHARE:
        return [_share_step(cube, cell)]
    found, at, part = [], place_of(cube, cell.quarter), cell.part
    whole = Part(part.segment, part.leaf)
    if part != whole and cell.measure != "gpu_hours":
        found.append(_part_step(cube, cell, whole, at))
    found += _chain(cube, cell.measure, part if cell.measure == "gpu_hours" else whole, at)
    return found


def _chain(cube: xr.Dataset, measure: str, part: Part, at: int) -> Iterator[Step]:
    yield from _hours(cube, part, at) if measure == "gpu_hours" else [_level(cube, measure, part, at)]
    for before in _BEFORE.get(measure, ()):
        if before != "stock":
            yield from _chain(cube, before, part, at)
        elif forecast_periods(cube)[at]:
            yield _stock(cube, part, at)


def _value(cube: xr.Dataset, measure: str, part: Part, at: int) -> Array:
    return draws_of(cube, measure, part)[:, at]


def _step(cube: xr.Dataset, name: str, measure: str, equation: str, figure: Array, *inputs: Array) -> Step:
    named = EQUATIONS[equation]
    return Step(name, unit_of(cube, measure), named, dict(zip(named.terms, inputs, strict=True)), figure)


def _part_step(cube: xr.Dataset, cell: Cell, whole: Part, at: int) -> Step:
    figure, place = _value(cube, cell.measure, cell.part, at), _value(cube, cell.measure, whole, at)
    return _step(cube, f"{cell.measure} of the part", cell.measure, "part", figure, place, quotient(figure, place))


def _level(cube: xr.Dataset, measure: str, part: Part, at: int) -> Step:
    if measure not in MEASURES:
        raise InputError(f"measure {measure!r} is not forecast; choose one of {', '.join(MEASURES)}, or {SHARE}")
    figure = _value(cube, measure, part, at)
    if measure == "power":
        count = _value(cube, "accelerators", part, at)
        return _step(cube, measure, measure, measure, figure, count, quotient(figure * _KILO, count))
    if measure == "spending":
        count = _value(cube, "accelerators_shipped", part, at)
        return _step(cube, measure, measure, measure, figure, count, quotient(figure, count))
    hours = _value(cube, "gpu_hours", part, at)
    if measure == "latent_hours":
        return _step(cube, measure, measure, measure, figure, figure + hours, hours)
    if measure == "accelerators":
        quarter = np.full_like(figure, float(hours_in(periods(cube)[at : at + 1])[0]))
        return _step(cube, measure, measure, measure, figure, hours, quarter, quotient(hours, figure * quarter))
    return _shipped(cube, part, at)


def _shipped(cube: xr.Dataset, part: Part, at: int) -> Step:
    """Return shipments as ordered and supplied; as reported sales in history; as kept where nothing is sold."""
    measure = "accelerators_shipped"
    figure = _value(cube, measure, part, at)
    wanted = cube["shipments_wanted"].values[:, at, _leaves(cube, part)].sum(axis=-1, dtype=np.float64)
    if (wanted > 0).all() and forecast_periods(cube)[at]:
        return _step(cube, measure, measure, measure, figure, wanted, quotient(figure, wanted))
    spending = _value(cube, "spending", part, at)
    if not spending.any():
        every = _value(cube, measure, Part(), at)
        return _step(cube, measure, measure, "kept", figure, every, quotient(figure, every))
    return _step(cube, measure, measure, "sold", figure, spending, quotient(spending, figure))


def _stock(cube: xr.Dataset, part: Part, at: int) -> Step:
    """Return machines by when they were shipped; the first quarter ahead divides before from since."""
    figure, leaves = _value(cube, "accelerators", part, at), _leaves(cube, part)
    first = int(np.flatnonzero(forecast_periods(cube))[0])
    before = cube["stock_inherited"].values[:, at, leaves].sum(axis=-1, dtype=np.float64)
    shipped = cube["accelerators_shipped"].values[:, first : at + 1, leaves].sum(axis=-1, dtype=np.float64)
    left = np.asarray(cube["survival"].values[:, : at - first + 1], dtype=np.float64)[:, ::-1]
    since = (shipped * left).sum(axis=-1)
    name = "accelerators in place"
    return _step(cube, name, "accelerators", "stock", figure, before, since, before + since - figure)


def _leaves(cube: xr.Dataset, part: Part) -> Array:
    segments = segment_of_leaves(cube)
    return np.array([
        part.segment in {ALL, segment} and part.leaf in {ALL, str(leaf)}
        for leaf, segment in zip(cube["leaf"].values, segments, strict=True)
    ])  # fmt: skip


def _hours(cube: xr.Dataset, part: Part, at: int) -> Iterator[Step]:
    """Yield busy hours as work where requests are counted, else as the sum of what is, or as a part of it."""
    figure, volume = _value(cube, "gpu_hours", part, at), volume_of(cube, part.workload)
    whole = Part(part.segment, part.leaf)
    if volume is not None:
        share = share_of(cube, part, at) if ALL not in {part.technique, part.segment} else None
        equation, inputs = ("work", ()) if share is None else ("technique work", (share,))
        asked = volume[:, at]
        yield _step(cube, "gpu_hours", "gpu_hours", equation, figure, asked, *inputs,
                    quotient(figure, asked * (1.0 if share is None else share)))  # fmt: skip
        return
    if part.workload == TRAINING:
        tasks = {name for name in _workloads(cube) if volume_of(cube, name) is not None}
        inference = sum((_value(cube, "gpu_hours", replace(whole, workload=name), at) for name in sorted(tasks)),
                        np.zeros_like(figure))  # fmt: skip
        yield _step(cube, "gpu_hours", "gpu_hours", "training", figure, inference, quotient(figure, inference))
        return
    every = _value(cube, "gpu_hours", whole, at)
    unseen = quotient(_value(cube, "gpu_hours", replace(whole, workload=UNALLOCATED), at), every)
    if part.workload == UNALLOCATED:
        yield _step(cube, "gpu_hours", "gpu_hours", "unallocated", figure, every, unseen)
    elif part == whole and (unseen < 1).all():
        yield _step(cube, "gpu_hours", "gpu_hours", "hours", figure, every * (1.0 - unseen), unseen)
    else:
        yield Step("gpu_hours", unit_of(cube, "gpu_hours"), EQUATIONS["sum"], _summed(cube, part, at), figure)


def _workloads(cube: xr.Dataset) -> list[str]:
    return list(dict.fromkeys(str(task).partition("/")[0] for task in cube["task"].values))


def _summed(cube: xr.Dataset, part: Part, at: int) -> dict[str, Array]:
    found = {}
    for task in (str(name) for name in cube["task"].values):
        workload, _, technique = task.partition("/")
        if part.technique in {ALL, technique} and part.workload in {ALL, workload}:
            one = replace(part, workload=workload, technique=technique or ALL)
            found[f"busy hours of {task}"] = _value(cube, "gpu_hours", one, at)
    return found


def _share_step(cube: xr.Dataset, cell: Cell) -> Step:
    at, first = place_of(cube, cell.quarter), int(np.flatnonzero(forecast_periods(cube))[0])
    before = max(min(at, first) - 1, 0)
    if cell.base == "requests":
        figure, then = share_of(cube, cell.part, at), share_of(cube, cell.part, before)
    else:
        share = hyperscale_share(cube, base=cell.base, definition=cell.definition or str(cube.attrs["definition"]))
        figure, then = share[:, at], share[:, before]
    return _step(cube, f"share of {cell.base}", SHARE, "share", figure, then, figure - then)
