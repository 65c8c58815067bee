"""Terms of the hours of a request: what it asks for, how its models grow, and what software and chips make of it.

Hours a request are calls times work a call, less what is reused, times the cost over the older technique where a newer
one is rated by a ratio, times the growth of models, over software gain, over the pace of busy fleets; what the chips of
the live fleet do is what is left, so the terms multiply to the hours of the cube.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_end, quarter_label
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.hardware.growth import compound, years_after_base
from shiftcast.forecast.identity.intensity import has_terms, replaced_by
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.part import periods
from shiftcast.forecast.workloads import TRAINING, Registry, Task

TERMS: Final = (
    "calls a request", "tokens or samples a call", "part not reused", "cost over the older technique",
    "growth of models", "software", "pace of busy fleets", "chips",
)  # fmt: skip


def request_terms(cube: xr.Dataset, basis: Basis, registry: Registry, quarter: str) -> dict[str, Array]:
    """Return the terms of the hours of a request by task.

    Parameters
    ----------
    cube
        Joint draws, with ``hours_each``.
    basis
        Assumptions as history left them, on the same draws.
    registry
        Tasks.
    quarter
        Label of the quarter.

    Returns
    -------
    dict
        Each of :data:`TERMS` to its values, shape (draws, tasks of the cube); NaN where a task is not counted in
        requests. Work is in units of the task a call, software and pace are one over their gain, chips are
        accelerator-hours a unit.

    Raises
    ------
    OutOfSupportError
        If the cube keeps no hours of a request, or does not have the quarter.
    """
    labels = [quarter_label(end) for end in periods(cube)]
    if "hours_each" not in cube or quarter not in labels:
        raise OutOfSupportError(
            f"hours of a request in {quarter}", f"the forecast keeps them from {labels[0]} to {labels[-1]}",
            "ask for a quarter of it, or run `shiftcast run` again",
        )  # fmt: skip
    each = cube["hours_each"].values[:, labels.index(quarter)].astype(np.float64)
    columns, tasks = [str(name) for name in cube["technique"].values], {task.name: task for task in registry.tasks}
    out = {name: np.full((len(each), cube.sizes["task"]), np.nan) for name in TERMS}
    for at, name in enumerate(str(task) for task in cube["task"].values):
        task = tasks.get(name)
        if task is not None and task.on_accelerator and task.workload != TRAINING:
            found = _of_task(task, basis, registry, quarter_end(quarter))
            rest = each[:, columns.index(name)] / np.prod(np.stack(list(found.values())), axis=0)
            for term, values in (found | {TERMS[-1]: rest}).items():
                out[term][:, at] = values
    return out


def _of_task(task: Task, basis: Basis, registry: Registry, end: pd.Timestamp) -> dict[str, Array]:
    """Return every term of a task but the last, shape (draws,) each."""
    assumed, years = basis.drawn, years_after_base(pd.DatetimeIndex([end]))
    held = basis.beliefs["growth.held_after"]
    rated = task if has_terms(assumed.values, task.name) else replaced_by(registry, task)
    asked, kind = rated.name.replace("/", "."), rated.record_unit.partition("/")[0]
    older = np.ones(basis.draws) if rated == task else assumed[f"ratio.{task.technique}"]
    derate, gain = f"derate.{kind}", compound(assumed[f"software.gain.{kind}"], years, held)[:, 0]
    pace = assumed[derate] if derate in assumed.values else assumed[f"mfu.{rated.technique}"]
    growth = compound(assumed[f"intensity_growth.{task.workload}"], years, held)[:, 0]
    terms = (assumed[f"calls.{asked}"], assumed[f"work.{asked}"], 1 - assumed[f"reuse.{asked}"], older, growth)
    return dict(zip(TERMS, (*terms, 1 / gain, 1 / pace), strict=False))
