"""Scenarios on a drawn cube: wanted work of named parts scaled from the first forecast quarter on, in every draw.

A scenario is text such as ``generative*1.5; sovereign*0.8; lift power``: a workload, task (``recsys/llm``), leaf,
segment or ``all``, and the factor its accelerator work takes, or a ceiling that no longer counts. Several factors on
one cell multiply. What is wanted is ordered, within the ceilings of each draw; shipments, machines, power, money and
hours follow, and what is not supplied is latent. All scenarios share the base's random numbers, and one that changes
nothing changes no bit.
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
from shiftcast.forecast.views.redraw import redraw

BASE: Final = "base"
_LIFT: Final = "lift "
_LEAST, _MOST = 0.01, 100.0


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


@dataclass(frozen=True)
class Scenario:
    """Levers on demand, and ceilings that do not count.

    Attributes
    ----------
    levers
        In the order given.
    lifted
        Names of ceilings.
    """

    levers: tuple[Lever, ...] = ()
    lifted: tuple[str, ...] = ()


def read_scenario(text: str) -> Scenario:
    """Read a scenario; the base scenario is empty.

    Parameters
    ----------
    text
        Levers ``part*factor`` and ceilings ``lift NAME`` divided by ``;``, or ``base``.

    Returns
    -------
    Scenario
        What the text says.

    Raises
    ------
    ValueError
        If a piece is of neither form.
    OutOfSupportError
        If a factor is outside what a scaling of the drawn demand can stand for.

    Examples
    --------
    >>> read_scenario("generative*1.5; lift power")
    Scenario(levers=(Lever(part='generative', factor=1.5),), lifted=('power',))
    >>> read_scenario("base")
    Scenario(levers=(), lifted=())
    """
    pieces = [] if text == BASE else [piece.strip() for piece in text.split(";") if piece.strip()]
    return Scenario(
        tuple(_lever(piece) for piece in pieces if not piece.startswith(_LIFT)),
        tuple(piece.removeprefix(_LIFT).strip() for piece in pieces if piece.startswith(_LIFT)),
    )


def _lever(text: str) -> Lever:
    part, _, number = (piece.strip() for piece in text.rpartition("*"))
    try:
        factor = float(number)
    except ValueError:
        factor = math.nan
    if not part or not math.isfinite(factor):
        raise InputError(
            f"scenario: {text!r} is not of the form part*factor, such as 'generative*1.5', or 'lift CEILING'"
        )
    if not _LEAST <= factor <= _MOST:
        raise OutOfSupportError(
            f"scenario: factor {factor:g} of {part!r} is outside {_LEAST:g} to {_MOST:g}, where scaling the drawn "
            "demand still speaks; change the assumptions and run again"
        )
    return Lever(part, factor)


def apply_scenario(cube: xr.Dataset, text: str) -> xr.Dataset:
    """Return the cube under a scenario.

    Parameters
    ----------
    cube
        The draw cube; it is left as it is.
    text
        As :func:`read_scenario` reads it.

    Returns
    -------
    Dataset
        The cube redrawn; for ``base`` the same object.

    Raises
    ------
    ValueError
        If the scenario cannot be read, or names a part or a ceiling that the cube does not have.
    OutOfSupportError
        If the cube was made before demand drove hardware.
    """
    scenario = read_scenario(text)
    if scenario == Scenario():
        return cube
    if "shipments_wanted" not in cube:
        raise OutOfSupportError(
            f"scenario {text!r}",
            "this forecast was made before demand drove its machines",
            "make it again: `shiftcast run`",
        )
    factor = np.ones((cube.sizes["leaf"], cube.sizes["task"]))
    for lever in scenario.levers:
        factor = np.where(_cells(cube, lever.part), factor * lever.factor, factor)
    if not (factor.min() >= _LEAST and factor.max() <= _MOST):
        raise OutOfSupportError(
            f"scenario: factors multiply to {factor.min():g} to {factor.max():g}, outside {_LEAST:g} to {_MOST:g}"
        )
    return redraw(cube, factor, _lifted(cube, scenario.lifted)).assign_attrs(scenario=text)


def _lifted(cube: xr.Dataset, names: tuple[str, ...]) -> Any:
    """Return which ceilings are lifted, shape (ceilings,)."""
    known = [str(name) for name in cube["ceiling"].values]
    for name in names:
        if name not in known:
            raise InputError(f"scenario: ceiling {name!r} cannot be lifted; choose from {', '.join(known)}")
    return np.isin(known, names)


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
