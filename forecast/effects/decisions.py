"""Decisions that a forecast serves: how much of something to have, and what too little or too much of it costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.capacity.procurement import OVER, SHORT, build_costs
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.effects.worth import Stakes
from shiftcast.forecast.views.answer import assumed_rows
from shiftcast.forecast.views.part import Part, draws_of, forecast_periods

PLAN, BUDGET = "plan", "budget"
DECISIONS: Final = {
    PLAN: "how many accelerators to have live by the quarter's end",
    BUDGET: "how much money to set aside for purchases up to that quarter",
}


@dataclass(frozen=True)
class Decision:
    """A decision under uncertainty.

    Attributes
    ----------
    name
        One of :data:`DECISIONS`.
    need
        Draws of what will be needed [``unit``], shape (draws,).
    unit
        Of the need.
    stakes
        What one too few and one too many cost [USD].
    assumed
        Assumptions that the costs rest on, as answers show them; none where the asker gave both.
    """

    name: str
    need: Array
    unit: str
    stakes: Stakes
    assumed: pd.DataFrame


def decision(
    name: str, cube: xr.Dataset, basis: Basis, part: Part, place: int, under: float | None, over: float | None
) -> Decision:
    """Return a decision about a part of the hierarchy.

    Parameters
    ----------
    name
        One of :data:`DECISIONS`.
    cube, basis
        The forecast, and the assumptions of the same day.
    part, place
        Part of the hierarchy, and position of the quarter.
    under, over
        Costs of one accelerator or dollar too few and too many [USD]; what is left out is the record's share of a
        price, times the median price of an accelerator of that quarter for a plan.

    Returns
    -------
    Decision

    Raises
    ------
    ValueError
        If the decision is not known, or a cost is not positive.
    """
    if name not in DECISIONS:
        raise InputError(f"decision {name!r} is not known; choose one of {', '.join(DECISIONS)}")
    for field, cost in {"under": under, "over": over}.items():
        if cost is not None and not cost > 0:
            raise InputError(f"{field} is {cost:g}; a cost is above zero [USD]")
    believed = build_costs(basis.assumptions)
    each = 1.0 if name == BUDGET else float(np.median(cube["unit_price"].values[:, place]))
    stakes = Stakes(under or believed.short * each, over or believed.over * each)
    used = tuple(row for row, given in ((SHORT, under), (OVER, over)) if given is None)
    return Decision(name, *_need(name, cube, part, place), stakes, assumed_rows(basis.assumptions, used, {}))


def _need(name: str, cube: xr.Dataset, part: Part, place: int) -> tuple[Array, str]:
    if name == PLAN:
        return draws_of(cube, "accelerators", part)[:, place], "accelerator"
    first = int(np.argmax(forecast_periods(cube)))
    return draws_of(cube, "spending", part)[:, first : place + 1].sum(axis=1), "USD"
