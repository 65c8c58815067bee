"""Work of one accelerator of each generation beside the average one that a forecast buys, on the work of its part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.forecast.capacity.need import today_of
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.hardware.generations import (
    GenerationPrior,
    Generations,
    generation_throughput,
    nvidia_generations,
)
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.part import Part, draws_of
from shiftcast.forecast.workloads import Registry, Task


@dataclass(frozen=True)
class GenerationWork:
    """How many accelerators of each generation do the work of one that the forecast adds.

    Attributes
    ----------
    generations
        The fleet's generations.
    each
        Family to accelerators of it for one of the forecast's [1], shape (draws,); a faster one needs fewer.
    measured
        Family to the share of the work whose rate on it was measured or judged independently [1].
    """

    generations: Generations
    each: Mapping[str, Array]
    measured: Mapping[str, float]


def generation_work(
    cube: xr.Dataset, basis: Basis, registry: Registry | None, part: Part, place: int
) -> GenerationWork:  # fmt: skip
    """Return how many accelerators of a generation stand for one of those that the forecast adds by a quarter.

    An accelerator that is added spends its hours on the tasks of the part as the part does in that quarter. Rates are
    those of the records, on one day's software; what no record speaks of, such as training, follows the 8-bit peak as
    far as a peak's gain arrives in work. The accelerators added are those shipped ahead, by generation and draw.

    Parameters
    ----------
    cube, basis
        Joint draws; catalogue, rates and purchases kept beside them.
    registry
        Tasks, for the records that speak of each; all follow the peak where it is not kept.
    part, place
        Part of the hierarchy, and index of the period.

    Returns
    -------
    GenerationWork

    Raises
    ------
    OutOfSupportError
        If no purchases are kept beside the forecast.
    """
    generations = nvidia_generations(basis.hardware, GenerationPrior(**basis.beliefs.of("generations")))
    mix = _bought(cube, basis, generations, part, place)
    weights, tasks = _work(cube, part, place, len(mix))
    known = {} if registry is None else {task.name: task for task in registry.tasks}
    rated = [_rate(basis, generations, known.get(name)) for name in tasks]
    speeds = np.stack([speed for speed, _ in rated])  # (tasks, generations)
    average = mix @ speeds.T  # (draws, tasks)
    each = np.einsum("dt,dt,tg->dg", weights, average, 1 / speeds)
    seen = weights.mean(axis=0) @ np.stack([own for _, own in rated])
    return GenerationWork(
        generations, dict(zip(generations.names, each.T, strict=True)),
        dict(zip(generations.names, seen.tolist(), strict=True)),
    )  # fmt: skip


def _bought(cube: xr.Dataset, basis: Basis, generations: Generations, part: Part, place: int) -> Array:
    """Return the share of each generation in what is shipped ahead up to a quarter, shape (draws, generations)."""
    if basis.shipped is None:
        raise OutOfSupportError("a plan", "no purchases stand behind this basis", "open a forecast of `shiftcast run`")
    ahead = cube["period"].values[today_of(cube) + 1 : place + 1]
    mine = basis.shipped.sel(quarter=ahead, generation=list(generations.names)).sum("quarter")
    segments = [str(name) for name in mine["segment"].values]
    mine = mine.sel(segment=part.segment) if part.segment in segments else mine.sum("segment")
    shipped = np.maximum(mine.transpose("draw", "generation").values.astype(np.float64), 0.0)
    return np.asarray(shipped / np.maximum(shipped.sum(axis=1, keepdims=True), 1e-9))


def _work(cube: xr.Dataset, part: Part, place: int, draws: int) -> tuple[Array, list[str]]:
    """Return the share of a part's hours by task in a quarter, shape (draws, tasks), and the tasks with any."""
    names = [str(name) for name in cube["task"].values]
    within = cube.isel(period=[place])
    hours = np.stack([
        draws_of(within, "gpu_hours", Part(part.segment, part.leaf, *_split(name)))[:draws, 0] for name in names
    ], axis=-1)  # fmt: skip
    some = hours.sum(axis=0) > 0
    shares = hours[:, some] / np.maximum(hours.sum(axis=1, keepdims=True), 1e-9)
    return shares, [name for name, has in zip(names, some, strict=True) if has]


def _split(task: str) -> tuple[str, str]:
    workload, _, technique = task.partition("/")
    return workload, technique or "all"


def _rate(basis: Basis, generations: Generations, task: Task | None) -> tuple[Array, Array]:
    """Return relative work per second by generation, and whether records of each speak; by peak where none does."""
    if task is not None and task.on_accelerator and task.record_unit:
        found = generation_throughput(basis.throughput, generations, task)
        if (np.isfinite(found.value) & (found.value > 0)).all():
            return found.value, np.array(found.measured, dtype=np.float64)
    return generations.h100e**generations.peak_gain, np.zeros(len(generations.names))
