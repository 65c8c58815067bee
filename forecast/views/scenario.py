"""Scenarios on a drawn cube: demand of named parts scaled from the first forecast quarter on, in every draw.

A scenario is text such as ``generative*1.5; sovereign*0.8``: a workload, task (``recsys/llm``), leaf, segment or
``all``, and the factor its accelerator work takes. Several factors on one cell multiply. Live accelerators and power
of a leaf follow its busy hours, at the utilisation and generations of the base forecast; shipments and spending need
the fleet redrawn and are refused. All scenarios share the base's random numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import xarray as xr

from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.leaves import segment_of_leaves
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.part import forecast_periods

BASE: Final = "base"
FOLLOWING: Final = ("gpu_hours", "accelerators", "power")
_LEAST, _MOST = 0.01, 100.0
_TINY: Final = 1e-30


@dataclass(frozen=True)
class Lever:
    """A scaling of one part of demand.

    Attributes
    ----------
    part
        Name of a workload, technique, segment or leaf.
    factor
        Factor on its work [1].
    """

    part: str
    factor: float


def read_scenario(text: str) -> tuple[Lever, ...]:
    """Read a scenario; the base scenario has no levers.

    Parameters
    ----------
    text
        Levers ``part*factor`` divided by ``;``, or ``base``.

    Returns
    -------
    tuple of Lever
        In the order given.

    Raises
    ------
    ValueError
        If a lever is not of the form ``part*factor``.
    OutOfSupportError
        If a factor is outside what a scaling of the drawn demand can stand for.

    Examples
    --------
    >>> read_scenario("generative*1.5; sovereign*0.8")
    (Lever(part='generative', factor=1.5), Lever(part='sovereign', factor=0.8))
    >>> read_scenario("base")
    ()
    """
    if text == BASE:
        return ()
    return tuple(_lever(piece.strip()) for piece in text.split(";") if piece.strip())


def _lever(text: str) -> Lever:
    part, _, number = (piece.strip() for piece in text.rpartition("*"))
    try:
        factor = float(number)
    except ValueError:
        factor = math.nan
    if not part or not math.isfinite(factor):
        raise InputError(f"scenario: {text!r} is not of the form part*factor, such as 'generative*1.5'")
    if not _LEAST <= factor <= _MOST:
        raise OutOfSupportError(
            f"scenario: factor {factor:g} of {part!r} is outside {_LEAST:g} to {_MOST:g}, where scaling the drawn "
            "demand still speaks; change the assumptions and run again"
        )
    return Lever(part, factor)


def apply_scenario(cube: xr.Dataset, text: str) -> xr.Dataset:
    """Return the cube under a scenario; variables that cannot follow it are left out.

    Parameters
    ----------
    cube
        The draw cube; it is left as it is.
    text
        As :func:`read_scenario` reads it.

    Returns
    -------
    Dataset
        The cube scaled; for ``base`` the same object.

    Raises
    ------
    ValueError
        If the scenario cannot be read or names a part the cube does not have.

    Examples
    --------
    >>> hours = xr.DataArray([[[[2.0]]]], dims=("draw", "period", "leaf", "task"), attrs={"units": "h"})
    >>> place = {"period": [np.datetime64("2027-03-31")], "leaf": ["hosted"], "task": ["search/llm"]}
    >>> cube = xr.Dataset({"gpu_hours": hours}, coords=place, attrs={"first_forecast": "2027Q1"})
    >>> apply_scenario(cube, "search*1.5")["gpu_hours"].values.tolist()
    [[[[3.0]]]]
    """
    levers = read_scenario(text)
    if not levers:
        return cube
    factor = np.ones((cube.sizes["leaf"], cube.sizes["task"]))
    for lever in levers:
        factor = np.where(_cells(cube, lever.part), factor * lever.factor, factor)
    ahead = forecast_periods(cube)
    before = cube["gpu_hours"].values
    after = before.copy()
    after[:, ahead] *= factor.astype(before.dtype)
    grown = after.sum(axis=-1) / np.maximum(before.sum(axis=-1), _TINY)
    grown = np.where(before.sum(axis=-1) > 0, grown, 1.0).astype(before.dtype)
    kept = cube.drop_vars([name for name in ("accelerators_shipped", "spending") if name in cube])
    moved = {"gpu_hours": after} | {name: cube[name].values * grown for name in FOLLOWING[1:] if name in cube}
    return kept.assign({name: _like(cube[name], values) for name, values in moved.items()}).assign_attrs(scenario=text)


def _like(variable: xr.DataArray, values: Any) -> Any:
    return variable.dims, values, variable.attrs


def _cells(cube: xr.Dataset, part: str) -> Any:
    """Return which cells a part names, shape (leaves, tasks); a part names leaves, or tasks, never both."""
    leaves = np.array([part in {ALL, str(leaf), side} for leaf, side in _places(cube)])
    tasks = np.array([part in {ALL, str(task), str(task).partition("/")[0]} for task in cube["task"].values])
    if not leaves.any() and not tasks.any():
        known = sorted({side for _, side in _places(cube)} | {str(leaf) for leaf in cube["leaf"].values})
        raise InputError(
            f"scenario: {part!r} is no part of the forecast; name all, one of {', '.join(known)}, or a workload or "
            f"task of {', '.join(str(task) for task in cube['task'].values)}"
        )
    return np.broadcast_to(leaves[:, None] if leaves.any() else tasks[None, :], (len(leaves), len(tasks)))


def _places(cube: xr.Dataset) -> list[tuple[str, str]]:
    return [(str(leaf), side) for leaf, side in zip(cube["leaf"].values, segment_of_leaves(cube), strict=True)]
