"""A figure of a forecast, and the drawn terms that it is read from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.views.part import Part
from shiftcast.forecast.views.techniques import technique_requests

_GENERATIVE: Final = "generative"


@dataclass(frozen=True)
class Cell:
    """One figure of a forecast.

    Attributes
    ----------
    measure
        One of :data:`forecast.views.part.MEASURES`, or ``share``.
    part
        Where and of what.
    quarter
        Such as ``2027Q4``.
    base, definition
        Of a share: ``requests``, or ``revenue`` under a definition; ``none`` of a level.
    """

    measure: str
    part: Part
    quarter: str
    base: str = "none"
    definition: str = ""


def volume_of(cube: xr.Dataset, workload: str) -> Array | None:
    """Return draws of the requests or tokens of a workload, shape (draws, quarters), or nothing where none count.

    Parameters
    ----------
    cube, workload
        Draw cube, and name of a workload.

    Returns
    -------
    ndarray or None
    """
    names = [str(name) for name in cube["workload"].values]
    if workload in names:
        return np.asarray(cube["requests"].values[:, :, names.index(workload)], dtype=np.float64)
    if workload == _GENERATIVE and "tokens" in cube:
        return np.asarray(cube["tokens"].values, dtype=np.float64)
    return None


def share_of(cube: xr.Dataset, part: Part, at: int) -> Array:
    """Return draws of a technique's share of the requests of a workload on a side, shape (draws,).

    Parameters
    ----------
    cube, part, at
        Draw cube, a part that names side, workload and technique, and the position of the quarter.

    Returns
    -------
    ndarray, shape (draws,)

    Raises
    ------
    ValueError
        If there is no such share, naming those there are.
    """
    names, sides = [str(each) for each in cube["technique"].values], [str(each) for each in cube["segment"].values]
    name = f"{part.workload}/{part.technique}"
    if name not in names or part.segment not in sides:
        raise InputError(f"no share of {name!r} on {part.segment!r} is drawn; there are {names} on {sides}")
    values = technique_requests(cube).values[:, at, sides.index(part.segment), names.index(name)]
    return np.asarray(values, dtype=np.float64)
