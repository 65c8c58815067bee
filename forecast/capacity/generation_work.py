"""Work of one accelerator of each generation beside the average one that a forecast buys, on the work of its part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.series import select
from shiftcast.forecast.capacity.need import today_of
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.hardware.generations import (
    GenerationPrior,
    Generations,
    GenerationThroughput,
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
        Family to the share of the work for which records of it speak [1].
    """

    generations: Generations
    each: Mapping[str, Array]
    measured: Mapping[str, float]


def generation_work(
    cube: xr.Dataset, basis: Basis, registry: Registry | None, part: Part, place: int
) -> GenerationWork:  # fmt: skip
    """Return how many accelerators of a generation stand for one of those that the forecast adds by a quarter.

    An accelerator that is added spends its hours on the tasks of the part as the part does in that quarter. Rates are
    those of the records, on one day's software; a generation without one in the unit of a task follows its records
    beside the generation before, on the same models; what no record speaks of, such as training, follows the 8-bit
    peak as far as a peak's gain arrives in work. The accelerators added are those shipped ahead, by draw.

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
            return _carried(basis, generations, task, found)
    return generations.h100e**generations.peak_gain, np.zeros(len(generations.names))


def _carried(
    basis: Basis, generations: Generations, task: Task, found: GenerationThroughput
) -> tuple[Array, Array]:  # fmt: skip
    """Return rates in which one that was not measured in the unit of the task follows the pairs of records it has.

    A pair is of the generation and the one before, on the same model and scenario, of the same technique; the median
    ratio of them carries the rate of the one before. Without any, the rate stays scaled by the peak.
    """
    rates, spoken = found.value.copy(), np.array(found.measured, dtype=np.float64)
    rows = select(basis.throughput, technique=task.technique)
    best = [
        rows[rows["accelerator"].isin(names)].groupby(["model", "scenario", "unit"])["value"].max()
        for names in generations.records
    ]
    for place in range(1, len(rates)):
        ratios = (best[place] / best[place - 1]).dropna()
        if spoken[: place + 1].any() and not spoken[place]:
            scaled = found.value[place] / found.value[place - 1]
            rates[place] = rates[place - 1] * (float(ratios.median()) if len(ratios) else scaled)
            spoken[place] = float(len(ratios) > 0)
    return rates, spoken
