"""Notes on what an answer does not know, or has to be read with, question by question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import xarray as xr

from shiftcast.features.calendars import quarter_label
from shiftcast.forecast.spoken import percent
from shiftcast.forecast.views.part import MEASURES, periods
from shiftcast.forecast.workloads import UNALLOCATED

_OWN: Final[Mapping[str, tuple[str, ...]]] = {
    "share": ("A leaf takes the technique shares of its segment.",),
    "when": ("A leaf takes the technique shares of its segment.",),
    "split": ("Revenue is known under every definition, machines and power under that of the reference only.",),
    "impose": ("What imposing a share takes is shown; it is no evidence for the share.",),
    "relabel": ("A firm moves with the machines it owns, whoever runs on them.",),
    "claims": ("A probability says how far the forecast agrees, not who is right.",),
    "check": ("A probability says how far the forecast agrees, not who is right.",),
    "contract": ("Other periods do not move, and the contract is taken to be kept.",),
    "concentration": ("Users behind a cloud are not seen one by one.",),
    "techniques": ("Operators that state nothing are drawn from the habits of those that do.",),
    "placement": ("Chips that buyers make for themselves are known from few statements.",),
}


def notes_of(name: str, asked: Mapping[str, Any], cube: xr.Dataset) -> tuple[str, ...]:
    """Return what a question's answer does not know.

    Parameters
    ----------
    name, asked
        Question and its fields.
    cube
        The draw cube.

    Returns
    -------
    tuple of str
        Sentences.
    """
    return (*_OWN.get(name, ()), *(_of_measure(cube) if asked.get("measure") in MEASURES else ()))


def _of_measure(cube: xr.Dataset) -> tuple[str, ...]:
    last = quarter_label(periods(cube)[-1])
    tasks = [str(name) for name in cube["task"].values]
    unseen = [at for at, name in enumerate(tasks) if name.partition("/")[0] == UNALLOCATED]
    said = (f"Nothing is forecast of machines after {last}.",)
    if not unseen:
        return said
    hours = cube["gpu_hours"].values[:, -1].sum(axis=1, dtype=np.float64)
    part = float(np.median(hours[:, unseen].sum(axis=1) / hours.sum(axis=1)))
    return (*said, f"{percent(part)} of the hours in {last} (median) is work that no registered workload explains.")
