"""Quantile paths for pictures of a fleet: months that are over as they were, and the fan of those ahead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.forecast.fleet.wanted import Demand
from shiftcast.forecast.views.answer import SHOWN, spread

_SHOWN_MONTHS: Final = 24


def hours_paths(demand: Demand, panel: str, hours: Array, **labels: str) -> pd.DataFrame:
    """Return hours of a part by month, used and wanted, as rows of :attr:`Answer.paths`.

    Parameters
    ----------
    demand
        Demand that the part is of.
    panel
        Name of the line.
    hours
        Accelerator-hours of the part ahead, shape (draws, months).
    **labels
        Labels that tell the part's past; all of it if none are given.

    Returns
    -------
    DataFrame
        ``panel, x, unit`` and the columns of :data:`SHOWN`; a month that is over has no width.
    """
    past = demand.past
    for name, value in labels.items():
        past = past[past[name].astype(str) == value]
    used: pd.Series = past.groupby("month", sort=True)["hours"].sum() if len(past) else pd.Series(dtype=float)
    used = used[used.index < demand.months[0]].iloc[-_SHOWN_MONTHS:]
    rows = [_row(panel, month, dict.fromkeys(SHOWN, float(value))) for month, value in used.items()]
    rows += [_row(panel, month, spread("", hours[:, at])) for at, month in enumerate(demand.months[: hours.shape[1]])]
    return pd.DataFrame(rows)


def _row(panel: str, month: Any, cells: Mapping[str, float]) -> dict[str, Any]:
    return {"panel": panel, "x": f"{month:%Y-%m}", "unit": "GPU-hours a month", **cells}
