"""Quarters that a question names, as positions in the cube."""

from __future__ import annotations

import numpy as np
import xarray as xr

from shiftcast.features.calendars import quarter_end, quarter_label
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.part import forecast_periods, periods


def place_of(cube: xr.Dataset, quarter: str) -> int:
    """Return the position of a quarter, reported or ahead.

    Parameters
    ----------
    cube, quarter
        Joint draws, and label of the quarter, such as ``2027Q4``.

    Returns
    -------
    int

    Raises
    ------
    OutOfSupportError
        If the cube does not have it.
    ValueError
        If it cannot be read.
    """
    ends, wanted = periods(cube), quarter_end(quarter)
    if not ends[0] <= wanted <= ends[-1]:
        reach = f"the forecast shows {quarter_label(ends[0])} to {quarter_label(ends[-1])}"
        raise OutOfSupportError(f"an answer for {quarter}", reach, "ask for a quarter of it")
    return int(ends.get_indexer([wanted])[0])


def place_ahead(cube: xr.Dataset, by: str | None) -> tuple[int, str]:
    """Return the position and label of a quarter ahead.

    Parameters
    ----------
    cube, by
        Joint draws, and label of the quarter; the last one ahead if ``None``.

    Returns
    -------
    tuple of int and str

    Raises
    ------
    OutOfSupportError
        If it is already reported, or past the horizon.
    ValueError
        If it cannot be read.
    """
    ends, first = periods(cube), int(np.flatnonzero(forecast_periods(cube))[0])
    wanted = ends[-1] if by is None else quarter_end(by)
    if not ends[first] <= wanted <= ends[-1]:
        reach = f"the forecast goes from {quarter_label(ends[first])} to {quarter_label(ends[-1])}"
        raise OutOfSupportError(f"an answer for {by}", reach, "ask for a quarter of it")
    return int(ends.get_indexer([wanted])[0]), quarter_label(wanted)
