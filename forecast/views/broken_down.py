"""Years and parts of a forecast: flows summed and stocks at the year's end, draw by draw; a measure by its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_label
from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.leaves import SEGMENT_OF, segment_of_leaves
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.part import forecast_periods, periods, unit_of

EVERY: Final = ("quarter", "year")
BY: Final = ("segment", "leaf", "workload", "technique")
_PER_QUARTER: Final = "/quarter"


@dataclass(frozen=True)
class Years:
    """Years of a measure.

    Attributes
    ----------
    names
        Such as ``2027``.
    values
        Draws, shape (draws, years), in ``unit``.
    unit
        A flow's is a year's.
    taken
        How a year is made of its quarters, in words.
    reported
        Quarters of each year that are behind the forecast.
    """

    names: list[str]
    values: Array
    unit: str
    taken: str
    reported: list[int]


def check_every(every: str) -> None:
    """Raise if a span is neither quarter nor year.

    Parameters
    ----------
    every
        As asked for.

    Raises
    ------
    ValueError
        Naming both.
    """
    if every not in EVERY:
        raise InputError(f"every {every!r} is not known; choose one of {', '.join(EVERY)}")


def by_year(cube: xr.Dataset, measure: str, values: Array) -> Years:
    """Return the whole years of a measure that end in quarters ahead.

    Parameters
    ----------
    cube, measure
        Draw cube, for its quarters and units.
    values
        Draws of all its quarters, shape (draws, periods).

    Returns
    -------
    Years
        What a quarter has of a flow is summed in every draw, reported quarters as they were estimated; a stock is that
        of the last quarter.

    Raises
    ------
    OutOfSupportError
        If no whole year ends in the quarters ahead.
    """
    ends, ahead, unit = periods(cube), forecast_periods(cube), unit_of(cube, measure)
    spans = {str(year): np.flatnonzero(ends.year == year) for year in dict.fromkeys(ends.year)}
    spans = {name: at for name, at in spans.items() if len(at) == 4 and ahead[at[-1]]}
    if not spans:
        raise OutOfSupportError(
            f"{measure} by year", f"no whole year ends by {quarter_label(ends[-1])}", "ask by quarter, or run further"
        )
    flow = unit.endswith(_PER_QUARTER)
    drawn = [values[:, at].sum(axis=1) if flow else values[:, at[-1]] for at in spans.values()]
    return Years(
        list(spans), np.stack(drawn, axis=-1), unit.replace(_PER_QUARTER, "/year"),
        "sum of its quarters" if flow else "end of the year", [int((~ahead[at]).sum()) for at in spans.values()],
    )  # fmt: skip


def parts_by(cube: xr.Dataset, part: Mapping[str, str], by: str | None) -> dict[str, dict[str, str]]:
    """Return the parts that a part is broken down into, itself first, by their names.

    Parameters
    ----------
    cube
        Draw cube, for its leaves and tasks.
    part
        ``segment, leaf, workload, technique``, each named.
    by
        One of :data:`BY`; the part alone if not given.

    Returns
    -------
    dict
        Name to part; the whole is ``all``.

    Raises
    ------
    ValueError
        If it cannot be broken down so, naming what can.

    Examples
    --------
    >>> cube = xr.Dataset(coords={"leaf": ["hosted", "sovereign"], "task": ["ads/llm"]})
    >>> whole = dict.fromkeys(BY, "all")
    >>> list(parts_by(cube, whole, "leaf")), parts_by(cube, whole, "leaf")["hosted"]["segment"]
    (['all', 'hosted', 'sovereign'], 'hyperscale')
    """
    if by is None:
        return {ALL: dict(part)}
    if by not in BY:
        raise InputError(f"by {by!r} is not known; choose one of {', '.join(BY)}")
    if part[by] != ALL:
        raise InputError(f"{by} {part[by]!r} cannot be broken down by {by}; leave one of the two out")
    return {ALL: dict(part)} | {name: dict(part) | _chosen(by, name) for name in _names(cube, part, by)}


def _chosen(by: str, name: str) -> dict[str, str]:
    return {by: name, **({"segment": SEGMENT_OF[name]} if by == "leaf" else {})}


def _names(cube: xr.Dataset, part: Mapping[str, str], by: str) -> list[str]:
    """Return the names of a dimension within a part, in the cube's order."""
    if by in {"segment", "leaf"}:
        leaves = zip([str(leaf) for leaf in cube["leaf"].values], segment_of_leaves(cube), strict=True)
        inside = [(leaf, side) for leaf, side in leaves
                  if part["leaf"] in {ALL, leaf} and part["segment"] in {ALL, side}]  # fmt: skip
        return list(dict.fromkeys(leaf if by == "leaf" else side for leaf, side in inside))
    tasks = [str(task).partition("/")[::2] for task in cube["task"].values]
    inside = [(workload, technique) for workload, technique in tasks
              if part["workload"] in {ALL, workload} and part["technique"] in {ALL, technique}]  # fmt: skip
    names = (workload if by == "workload" else technique for workload, technique in inside)
    return [name for name in dict.fromkeys(names) if name]
