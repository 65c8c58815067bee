"""Quarters of a contracted period, and the tasks that are of a part's kind of work."""

from __future__ import annotations

from typing import Final

import xarray as xr

from shiftcast.features.calendars import quarter_label
from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.views.part import Part, periods

FLOWS: Final = ("gpu_hours", "accelerators_shipped", "spending")  # quarters of these add up to a year


def does(part: Part, task: str) -> bool:
    """Return whether a task is of a part's kind of work.

    Parameters
    ----------
    part, task
        A part, and a task such as ``search/llm``.

    Returns
    -------
    bool

    Examples
    --------
    >>> does(Part(workload="search"), "search/llm"), does(Part(technique="deep"), "search/llm")
    (True, False)
    """
    workload, _, technique = task.partition("/")
    return part.workload in {ALL, workload} and part.technique in {ALL, technique}


def columns_of(cube: xr.Dataset, measure: str, period: str) -> dict[str, int]:
    """Return the quarters of a period and where they stand in the cube.

    Parameters
    ----------
    cube, measure, period
        Draw cube; a measure; a quarter, or a year of a measure that adds up over time.

    Returns
    -------
    dict
        Quarter to its index.

    Raises
    ------
    ValueError
        If the period is not within the cube, or a year is asked for of a stock.
    """
    quarters = [quarter_label(end) for end in periods(cube)]
    if period in quarters:
        return {period: quarters.index(period)}
    found = {name: at for at, name in enumerate(quarters) if name[:4] == period}
    if len(found) == 4 and measure in FLOWS:
        return found
    why = f"{measure} is a stock, which has no yearly sum; name a quarter" if len(found) == 4 else (
        f"whole periods there are {quarters[0]} to {quarters[-1]}"
    )  # fmt: skip
    raise InputError(f"period {period!r} is not forecast: {why}")
