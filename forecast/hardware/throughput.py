"""Throughput of the live fleet on one task: records, service level, software gain, and the mix of generations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.frames import DataFrame, Throughput
from shiftcast.forecast.draws import Assumptions
from shiftcast.forecast.hardware.conversion import harmonic_throughput, work_shares
from shiftcast.forecast.hardware.equivalents import UNIT
from shiftcast.forecast.hardware.generations import Generations, GenerationThroughput, generation_throughput
from shiftcast.forecast.hardware.growth import compound, years_after_base
from shiftcast.forecast.hardware.levels import Levels, level_factors, read_levels
from shiftcast.forecast.once import once
from shiftcast.forecast.workloads import Task

CORE_SECOND: Final = "core_second"  # unit of work that is counted in the time of cores itself
SIXTEEN_OVER_EIGHT_BIT: Final = 0.5  # peak rates; utilisation of the peak is published against the 16-bit one


@dataclass(frozen=True)
class TaskRates:
    """Records that speak of one task, as read once for all draws.

    Attributes
    ----------
    kind, technique
        Kind of work in the unit of the records, such as ``total_token``; and the task's technique.
    one
        Work per second of one accelerator of each generation, and its evidence.
    levels
        Its measured curves over the speed of one user.
    reached
        Share of the 16-bit peak that they reach, median of the measured generations [1].
    reference
        Place of the generation that ratios of techniques hold on: that of the unit of equivalents.
    """

    kind: str
    technique: str
    one: GenerationThroughput
    levels: Levels
    reached: float
    reference: int


def task_rates(throughput: DataFrame[Throughput], generations: Generations, task: Task) -> TaskRates:
    """Return what the records say of one task.

    Parameters
    ----------
    throughput
        Throughput rows known at the origin.
    generations
        The fleet's generations.
    task
        The task.

    Returns
    -------
    TaskRates
    """
    return _task_rates(
        throughput, generations, task, read_levels(throughput, generations.accelerators, unit=task.record_unit)
    )


def _task_rates(throughput: DataFrame[Throughput], generations: Generations, task: Task, levels: Levels) -> TaskRates:
    kind = task.record_unit.partition("/")[0]
    one = generation_throughput(throughput, generations, task)
    reached = one.value * task.flop_per_unit / (SIXTEEN_OVER_EIGHT_BIT * generations.fp8_tflops * 1e12)
    own = np.array(one.measured) if any(one.measured) else np.ones(len(reached), dtype=bool)
    reference = next(place for place, names in enumerate(generations.records) if UNIT in names)
    return TaskRates(kind, task.technique, one, levels, float(np.median(reached[own])), reference)


def fleet_throughput(
    rates: TaskRates,
    hour_shares: Array,
    assumed: Assumptions,
    quarters: pd.DatetimeIndex,
    held_after: float,
) -> Array:
    """Return work per second of a mean accelerator of the live fleet.

    Each generation's figure is moved to the service level along its measured curve, brought from the day of its
    record to each quarter by the software gain, and to the pace of a busy fleet; generations then combine harmonically
    by work. Software gain enters here only: the ratio of two generations is that of their records on one day.

    Parameters
    ----------
    rates
        From :func:`task_rates`.
    hour_shares
        Share of the live fleet by generation, shape (draws, quarters, generations).
    assumed
        Rows ``software.gain.KIND``, ``derate.KIND`` or else ``mfu.TECHNIQUE`` (:func:`fleet_pace`) and, where
        throughput depends on it, ``service_level.KIND``, with the kind of work in the unit of the records, such as
        ``total_token``.
    quarters
        Quarter ends.
    held_after
        Years after the base day for which software gains [year].

    Returns
    -------
    ndarray, shape (draws, quarters)
        Throughput [unit/(s accelerator)].
    """
    by_generation = _by_generation(rates, assumed, years_after_base(quarters), held_after)
    return harmonic_throughput(work_shares(hour_shares, by_generation), by_generation)


def reference_throughput(rates: TaskRates, assumed: Assumptions, held_after: float) -> Array:
    """Return work per second of a busy accelerator of the reference generation on the base day.

    Parameters
    ----------
    rates, assumed, held_after
        As in :func:`fleet_throughput`.

    Returns
    -------
    ndarray, shape (draws,)
        Throughput [unit/(s accelerator)].
    """
    return _by_generation(rates, assumed, np.zeros(1), held_after)[:, 0, rates.reference]


def fleet_pace(rates: TaskRates, assumed: Assumptions) -> Array:
    """Return throughput of a busy fleet over that of the records.

    Where a row ``derate.KIND`` is judged, it is that; else the fleet reaches the share of the peak that operators have
    measured with this technique, ``mfu.TECHNIQUE``, wherever the records stand.

    Parameters
    ----------
    rates, assumed
        As in :func:`fleet_throughput`.

    Returns
    -------
    ndarray, shape (draws,)
        Factor on the records [1].
    """
    derate = f"derate.{rates.kind}"
    return assumed[derate] if derate in assumed.values else assumed[f"mfu.{rates.technique}"] / rates.reached


def _by_generation(rates: TaskRates, assumed: Assumptions, years: Array, held_after: float) -> Array:
    """Return work per second by generation some years after the base day, shape (draws, years, generations)."""
    kind, one = rates.kind, rates.one
    gain = assumed[f"software.gain.{kind}"]
    since = compound(gain, years, held_after)[:, :, None]
    until = compound(gain, years_after_base(one.days), held_after)[:, None, :]
    by_generation = one.value * since / until * fleet_pace(rates, assumed)[:, None, None]
    level = f"service_level.{kind}"
    if level in assumed.values:
        by_generation = by_generation * level_factors(rates.levels, assumed[level])[:, None, :]
    return np.asarray(by_generation)


@once
def every_task_rates(
    throughput: DataFrame[Throughput], generations: Generations, tasks: tuple[Task, ...]
) -> dict[str, TaskRates]:
    """Return what the records say of several tasks, by name.

    Parameters
    ----------
    throughput, generations
        As :func:`task_rates` takes them.
    tasks
        The tasks.

    Returns
    -------
    dict
        Name to :class:`TaskRates`.
    """
    names = generations.accelerators
    levels = {unit: read_levels(throughput, names, unit=unit) for unit in {task.record_unit for task in tasks}}
    return {task.name: _task_rates(throughput, generations, task, levels[task.record_unit]) for task in tasks}


@once
def core_records(throughput: DataFrame[Throughput], tasks: tuple[Task, ...]) -> dict[str, float]:
    """Return work per second of one CPU core by task, of those that a record is known of, the median of its records.

    Parameters
    ----------
    throughput
        Throughput rows known at the origin.
    tasks
        The tasks.

    Returns
    -------
    dict
        Name to throughput of a core [unit/s]; work that is counted in core-seconds has none.
    """
    cores = throughput[throughput["accelerator"] == "cpu_core"]
    found = {}
    for task in tasks:
        rows = cores[(cores["unit"] == task.record_unit) & cores["model"].str.startswith(task.record_model)]
        if task.unit != CORE_SECOND and len(rows):
            found[task.name] = float(rows["value"].median())
    return found


def core_throughput(records: Mapping[str, float], task: Task, assumed: Assumptions) -> Array | None:
    """Return work per second of one busy CPU core on a task, shape (draws,), or ``None`` if no record is known.

    Work that is counted in core-seconds takes them as they are.

    Parameters
    ----------
    records
        From :func:`core_records`.
    task
        The task.
    assumed
        Row ``derate.core``.

    Returns
    -------
    ndarray or None
        Throughput of a core [unit/s].
    """
    if task.unit == CORE_SECOND:
        return np.ones_like(assumed["derate.core"])
    return np.asarray(records[task.name] * assumed["derate.core"]) if task.name in records else None
