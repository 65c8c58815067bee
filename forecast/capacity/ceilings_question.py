"""Answer to a question of ceilings: the most that can be had of each by quarter, and on whose word."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.calendars import quarter_end, quarter_label
from shiftcast.features.scope import VENDOR
from shiftcast.forecast.capacity.bounds import Supplied, supplied
from shiftcast.forecast.capacity.stated import stated_rows
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.supply.ceilings import LIMITS
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.answer import Answer, spread

_READING: Final = (
    f"What {VENDOR.upper()}'s accelerators can have: rows about all buyers times its part, pooled by precision and "
    "distance in time, sources that differ widening the interval; never less than was had before, with growth. Power "
    "is what is added in a quarter, at the meter; what is not used can be used later. `rows` counts what is pooled, "
    "`source` weighs most."
)


def ceilings_question(cube: xr.Dataset, basis: Basis, *, by: str | None = None) -> Answer:
    """Return the most packaging, memory and power that can be had in each quarter ahead.

    Parameters
    ----------
    cube, basis
        The forecast; catalogue, assumptions, ceilings and the fleet kept beside it.
    by
        Last quarter, such as ``2027Q4``; the horizon if not given.

    Returns
    -------
    Answer
        A row a ceiling and quarter: ``most`` with its 80 % interval [``unit``], how many ``rows`` of it are pooled, and
        ``source, evidence, known_at`` of the one that weighs most.

    Raises
    ------
    OutOfSupportError
        If there is no fleet, no ceiling was known, or the quarter is past the horizon.
    ValueError
        If the quarter cannot be read.
    """
    fleet = supplied(cube, basis, {})
    ends, last = fleet.quarters, fleet.quarters[-1] if by is None else quarter_end(by)
    if not fleet.bounds.rows:
        said = f"ceilings.csv has no row of {', '.join(LIMITS)} that was known on {basis.origin:%Y-%m-%d}"
        raise OutOfSupportError("ceilings", said, "choose a later origin, or add rows")
    if not ends[fleet.first] <= last <= ends[-1]:
        ahead = f"the forecast goes from {quarter_label(ends[fleet.first])} to {quarter_label(ends[-1])}"
        raise OutOfSupportError(f"ceilings to {by}", ahead, "ask for a quarter of it")
    shown = range(fleet.first, int(ends.searchsorted(last)) + 1)
    rows = [_row(fleet, name, place) for name in fleet.bounds.rows for place in shown]
    question = f"the most that can be had to {quarter_label(last)}"
    return Answer(question, pd.DataFrame(rows), stated_rows(*fleet.bounds.rows.values()), (_READING,))


def _row(fleet: Supplied, name: str, place: int) -> dict[str, Any]:
    rows, weights = fleet.bounds.rows[name], fleet.bounds.weights[name][:, place]
    first, pooled = rows.iloc[int(np.argmax(weights))], int((rows["applies"] == "flow").sum())
    return {
        "quarter": quarter_label(fleet.quarters[place]), "ceiling": name,
        **spread("most", fleet.bounds.most[name][:, place]), "unit": LIMITS[name].unit, "rows": pooled,
        "source": str(first["source"]), "evidence": str(first["evidence"]), "known_at": f"{first['known_at']:%Y-%m-%d}",
    }  # fmt: skip
