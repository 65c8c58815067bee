"""Throughput of the live fleet on one task: records, service level, software gain, and the mix of generations."""

from __future__ import annotations

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.frames import DataFrame, Throughput
from shiftcast.forecast.draws import Assumptions
from shiftcast.forecast.hardware.conversion import harmonic_throughput, work_shares
from shiftcast.forecast.hardware.generations import Generations, GenerationThroughput, generation_throughput
from shiftcast.forecast.hardware.growth import compound, years_after_base
from shiftcast.forecast.hardware.levels import level_factors
from shiftcast.forecast.workloads import Task


def fleet_throughput(
    throughput: DataFrame[Throughput],
    generations: Generations,
    task: Task,
    hour_shares: Array,
    assumed: Assumptions,
    quarters: pd.DatetimeIndex,
    held_after: float,
) -> tuple[Array, GenerationThroughput]:
    """Return work per second of a mean accelerator of the live fleet, shape (draws, quarters), and its evidence.

    Each generation's figure is moved to the service level along its measured curve, brought from the day of its
    record to each quarter by the software gain, and derated to a busy fleet; generations then combine harmonically by
    work. Software gain enters here only: the ratio of two generations is that of their records on one day.

    Parameters
    ----------
    throughput
        Throughput rows known at the origin.
    generations
        The fleet's generations.
    task
        The task.
    hour_shares
        Share of the live fleet by generation, shape (draws, quarters, generations).
    assumed
        Rows ``derate.KIND``, ``software.gain.KIND`` and, where throughput depends on it, ``service_level.KIND``, with
        the kind of work in the unit of the records, such as ``total_token``.
    quarters
        Quarter ends.
    held_after
        Years after the base day for which software gains [year].

    Returns
    -------
    tuple
        Throughput [unit/(s accelerator)], shape (draws, quarters), and the figures of each generation.
    """
    kind = task.record_unit.partition("/")[0]
    one = generation_throughput(throughput, generations, task)
    gain = assumed[f"software.gain.{kind}"]
    since = compound(gain, years_after_base(quarters), held_after)[:, :, None]
    until = compound(gain, years_after_base(one.days), held_after)[:, None, :]
    by_generation = one.value * since / until * assumed[f"derate.{kind}"][:, None, None]
    level = f"service_level.{kind}"
    if level in assumed.values:
        factors = level_factors(throughput, generations.accelerators, assumed[level], unit=task.record_unit)
        by_generation = by_generation * factors[:, None, :]
    return harmonic_throughput(work_shares(hour_shares, by_generation), by_generation), one


def core_throughput(throughput: DataFrame[Throughput], task: Task, assumed: Assumptions) -> Array | None:
    """Return work per second of one busy CPU core on a task, shape (draws,), or ``None`` if no record is known.

    Work that is counted in core-seconds takes them as they are.

    Parameters
    ----------
    throughput
        Throughput rows known at the origin.
    task
        The task.
    assumed
        Row ``derate.core``.

    Returns
    -------
    ndarray or None
        Throughput of a core [unit/s].
    """
    if task.unit == "core_second":
        return np.ones_like(assumed["derate.core"])
    rows = throughput[(throughput["accelerator"] == "cpu_core") & (throughput["unit"] == task.record_unit)]
    rows = rows[rows["model"].str.startswith(task.record_model)]
    return None if rows.empty else np.asarray(rows["value"].median() * assumed["derate.core"])
