"""Need of a plan: accelerators to be live and to be added by a quarter, draw by draw, and the risk to plan for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.bounds import check_figure
from shiftcast.features.calendars import quarter_label
from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.capacity.funnel import FunnelStep
from shiftcast.forecast.capacity.procurement import critical_ratio
from shiftcast.forecast.doubts import Supported, doubt
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.leaves import SEGMENT_OF
from shiftcast.forecast.views.part import Part, draws_of, periods
from shiftcast.forecast.views.places import place_ahead

STEPS: Final = {  # stage reached: mean lag, and the share that reaches it
    "order": ("lag.visibility_order", "funnel.ordered"),
    "shipment": ("lag.order_shipment", "funnel.shipped"),
    "live": ("fleet.lag", None),
}


@dataclass(frozen=True)
class Need:
    """Draws of the accelerators needed by the end of a quarter.

    Attributes
    ----------
    live, added
        Accelerators to be live then, and to be added by then, shape (draws,).
    """

    live: Array
    added: Array


def shortage_risk(risk: float | None, under: float | None, over: float | None) -> float:
    """Return the shortage risk to plan for: the one given, or 1 - q* of the costs of a shortage and a surplus.

    Parameters
    ----------
    risk, under, over
        Probability of too few accelerators [1]; costs of one too few and one too many, in one unit; or ``None``.

    Returns
    -------
    float, in (0, 1)

    Raises
    ------
    ValueError
        If neither or both are given, or the risk is not between 0 and 1.

    Examples
    --------
    >>> shortage_risk(0.05, None, None), round(shortage_risk(None, 19.0, 1.0), 3)
    (0.05, 0.05)
    """
    costs = (under is not None) + (over is not None)
    if (risk is None) == (costs == 0) or costs == 1:
        raise InputError("give either a shortage risk, such as --risk 0.05, or both costs, such as --under 19 --over 1")
    chosen = risk if under is None or over is None else 1.0 - critical_ratio(under, over)
    if chosen is None or not 0 < chosen < 1:
        raise InputError(f"shortage risk {chosen} is not between 0 and 1; give one such as 0.05")
    return chosen


def today_of(cube: xr.Dataset) -> int:
    """Return the index of the last quarter that had ended on the day of the forecast, reported or not.

    Parameters
    ----------
    cube
        Draw cube.

    Returns
    -------
    int

    Examples
    --------
    >>> import pandas as pd
    >>> ends = pd.to_datetime(["2026-06-30", "2026-09-30", "2026-12-31"])
    >>> today_of(xr.Dataset(coords={"period": ends}, attrs={"origin": "2026-11-22"}))
    1
    """
    origin = np.datetime64(str(cube.attrs["origin"]))
    return max(int(np.searchsorted(cube["period"].values, origin, side="right")) - 1, 0)


def needed(cube: xr.Dataset, part: Part, place: int, installed: float | None) -> Need:
    """Return draws of the accelerators needed live at a period and of those to be added by then.

    Parameters
    ----------
    cube, part, place, installed
        Joint draws, part of the hierarchy, index of the period, and own accelerators live today (``None``: the part's).

    Returns
    -------
    Need
        Added = live then - (live now - retired in between), per draw; quantiles are taken of it, not subtracted. Now is
        the end of the last quarter that is over; what is on order counts as still to be added.

    Raises
    ------
    ValueError
        If ``installed`` is not positive.
    """
    now, live = today_of(cube), draws_of(cube, "accelerators", part)
    names = [str(name) for name in cube["leaf"].values
             if part.segment in {ALL, SEGMENT_OF[str(name)]} and part.leaf in {ALL, str(name)}]  # fmt: skip
    retired = cube["accelerators_retired"].sel(leaf=names).sum("leaf").values.astype(np.float64)
    if installed is not None and not installed > 0:
        raise InputError(f"{installed:g} accelerators installed is not a positive number")
    scale = np.ones(len(live)) if installed is None else installed / np.maximum(live[:, now], 1.0)
    added = live[:, place] - live[:, now] + retired[:, place] - retired[:, now]
    return Need(scale * live[:, place], scale * np.maximum(added, 0.0))


def funnel_steps(basis: Basis, given: Mapping[str, float]) -> dict[str, FunnelStep]:
    """Return the steps of the order funnel as assumed.

    Parameters
    ----------
    basis, given
        Assumptions of the day, and those that are replaced, with their values.

    Returns
    -------
    dict of stage reached to FunnelStep
    """
    ones, shape = np.ones(basis.draws), basis.beliefs["funnel.lag_shape"]
    return {
        stage: FunnelStep(basis.values(lag, given), ones if through is None else basis.values(through, given), shape)
        for stage, (lag, through) in STEPS.items()
    }


def place_to_fill(cube: xr.Dataset, by: str) -> int:
    """Return the position of a quarter ahead that has not ended on the day of the forecast.

    Parameters
    ----------
    cube, by
        Draw cube, and a quarter such as ``2027Q4``.

    Returns
    -------
    int

    Raises
    ------
    OutOfSupportError, ValueError
        If it is past the horizon or already reported; if it has ended.
    """
    place, today = place_ahead(cube, by)[0], today_of(cube)
    if place <= today:
        raise InputError(f"{by} has ended; plan for {quarter_label(periods(cube)[today + 1])} or later")
    return place


def doubt_installed(cube: xr.Dataset, part: Part, installed: float | None, *, sure: bool) -> tuple[str, ...]:
    """Return what is doubtful about one's own fleet: it is a part of all that its kind of operator has live.

    Parameters
    ----------
    cube, part, installed
        Draw cube, part of the hierarchy, and own accelerators live today, if given.
    sure
        Whether the asker insists.

    Returns
    -------
    tuple of str
        One note, or none.

    Raises
    ------
    ValueError
        If it is far more than all of them have, or more than was ever made.
    """
    if installed is None or not installed > 0:
        return ()
    check_figure("one's own fleet", installed, "accelerator")
    now = today_of(cube)
    most = float(np.quantile(draws_of(cube, "accelerators", part)[:, now], 0.975))
    said = Supported(0.0, most, "accelerators", f"all that {part.segment}/{part.leaf} has live")
    return doubt("one's own fleet", installed, said, sure=sure)
