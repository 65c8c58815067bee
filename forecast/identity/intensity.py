"""Intensity of a task: calls a request times work a call, less the reused part, each an assumption with its unit.

A technique whose cost operators measured against the one it replaced has none of the three: its hours a request are
those of the older one times ``ratio.TECHNIQUE``, on one machine, in every quarter.
"""

from __future__ import annotations

from collections.abc import Container

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.frames import AssumptionRows, DataFrame
from shiftcast.features.input_error import InputError
from shiftcast.features.units import convert
from shiftcast.forecast.draws import Assumptions
from shiftcast.forecast.workloads import TRAINING, Registry, Task

_TERMS = ("calls", "work", "reuse")


def intensity(calls: Array, work: Array, reuse: Array) -> Array:
    """Return work a request: A = kappa l (1 - h).

    Parameters
    ----------
    calls
        Model calls a request kappa: stages, surfaces, agent steps [call/request].
    work
        Work a call l [unit/call].
    reuse
        Share h of the work that a cache or an earlier call saves [1], from 0 to below 1.

    Returns
    -------
    ndarray
        Work a request [unit/request], in the broadcast shape.

    Raises
    ------
    ValueError
        If a term is negative, or reuse is not below one.

    Examples
    --------
    >>> float(intensity(np.array(2.0), np.array(400.0), np.array(0.25)))
    600.0
    """
    for name, values in {"calls": calls, "work": work, "reuse": reuse}.items():
        if not (np.asarray(values) >= 0).all():
            raise InputError(
                f"{name} has {float(np.min(values)):g}; correct its row in assumptions.csv: none is negative"
            )
    if not (np.asarray(reuse) < 1).all():
        raise InputError(f"reuse has {float(np.max(reuse)):g}; give a share below 1, or no request would take any work")
    return np.asarray(calls * work * (1 - reuse))


def draw_intensity(assumed: Assumptions, task: str) -> Array:
    """Draw a task's work a request from its rows ``calls.*``, ``work.*`` and ``reuse.*``, shape (draws,).

    Parameters
    ----------
    assumed
        Drawn assumptions.
    task
        Such as ``recsys/llm``; in row names the slash is a dot.

    Returns
    -------
    ndarray, shape (draws,)
        Work a request [unit/request].

    Raises
    ------
    ValueError
        If one of the rows is missing, by name.
    """
    return intensity(*(assumed[name] for name in _rows(task)))


def has_terms(names: Container[str], task: str) -> bool:
    """Return whether a task has a row of any of the three terms; a task without takes a ratio.

    Parameters
    ----------
    names
        Names of all assumptions.
    task
        Such as ``recsys/llm``.

    Returns
    -------
    bool

    Examples
    --------
    >>> has_terms({"work.ads.deep"}, "ads/deep"), has_terms({"ratio.llm"}, "ads/llm")
    (True, False)
    """
    return any(name in names for name in _rows(task))


def replaced_by(registry: Registry, task: Task) -> Task:
    """Return the technique that a ratio of a task is over: the oldest of its workload that runs on accelerators.

    Parameters
    ----------
    registry
        All tasks.
    task
        The newer one.

    Returns
    -------
    Task
        The older one; the task itself where it is the oldest.
    """
    return next(each for each in registry.of(task.workload) if each.on_accelerator)


def _rows(task: str) -> list[str]:
    return [f"{term}.{task.replace('/', '.')}" for term in _TERMS]


def check_intensity(assumptions: DataFrame[AssumptionRows], registry: Registry) -> None:
    """Raise if the units of a task's rows do not multiply to its own unit a request, or its ratio is none.

    Parameters
    ----------
    assumptions
        Assumptions frame.
    registry
        Tasks; training is a ratio and has no intensity.

    Raises
    ------
    ValueError
        Naming the row, its unit, and what was expected; a unit that is not known likewise.

    Examples
    --------
    >>> from shiftcast.forecast.workloads import Task
    >>> task = Task("search", "llm", "total_token", True, "", "", "", 1.0, 1.0)
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"name": ["calls.search.llm", "work.search.llm", "reuse.search.llm"],
    ...                      "unit": ["call/request", "sample/call", "1"]})
    >>> check_intensity(rows, Registry((task,)))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    shiftcast.InputError: assumptions.csv: calls.search.llm [call/request] times work.search.llm [sample/call]: ...
    """
    units = dict(zip(assumptions["name"], assumptions["unit"], strict=True))
    for task in registry.tasks:
        if task.workload == TRAINING:
            continue
        names, ratio = _rows(task.name), f"ratio.{task.technique}"
        newer = task.on_accelerator and replaced_by(registry, task) != task
        if newer and ratio in units and not has_terms(units, task.name):
            _check_plain(ratio, units[ratio])
            continue
        missing = [name for name in names if name not in units]
        if missing:
            raise InputError(f"assumption {missing[0]!r} is missing; add a row of that name to assumptions.csv")
        product, wanted = f"{units[names[0]]}*{units[names[1]]}", f"{task.unit}/{_activity(task.workload)}"
        try:
            convert(1.0, product, wanted)
            convert(1.0, units[names[2]], "1")
        except ValueError as error:
            raise InputError(
                f"assumptions.csv: {names[0]} [{units[names[0]]}] times {names[1]} [{units[names[1]]}]: {error}"
            ) from None


def _check_plain(name: str, unit: str) -> None:
    try:
        convert(1.0, unit, "1")
    except ValueError as error:
        raise InputError(f"assumptions.csv: {name} [{unit}]: {error}") from None


def _activity(workload: str) -> str:
    """Return what the workload's volume counts."""
    return "token" if workload == "generative" else "request"
