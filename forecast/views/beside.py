"""Outside views beside the forecast: what others expect, ours on the same base, and where theirs falls in our interval.

A view is a forward row whose definition names who holds it. The same quantity is compared; of a whole that ours is a
part of, only that ours has to stay below it can be said; everything else is listed with the reason it says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.frames import ALL, DataFrame, Observations
from shiftcast.features.scope import VENDOR
from shiftcast.features.units import MEASURES, convert
from shiftcast.forecast.views.part import Part, draws_of, forecast_periods, hyperscale_share, periods

_VIEWS: Final = ("outlook_", "consensus", "street_consensus")  # how definitions of what others expect begin
_DATA_CENTRES: Final = "_data_center"  # how a view of the vendor's sales ends that leaves out its other sales
_SAME, _WHOLE = "same", "whole"
_AFTER: Final = 31  # days after the last quarter that count at its daily rate, as a fiscal year may end in January
_SHOWN: Final = (0.1, 0.5, 0.9)
_KEY: Final = ("definition", "measure", "segment", "operator", "period_start", "period_end")


@dataclass(frozen=True)
class Beside:
    """An outside view and ours.

    Attributes
    ----------
    view, operators, segment, measure, unit
        As the row has them.
    start, end, known_at
        First and last day it is about, and the day it could be known.
    bound, value
        What it says [unit].
    relation
        ``same`` quantity as ours, ``whole`` that ours is a part of, or empty where there is no like.
    low, mid, high
        10th, 50th and 90th percentiles of ours [unit]; missing where there is no like.
    level
        Share of our draws below their value: the quantile it is at [1].
    why
        Why the two cannot be compared; empty where they can.
    """

    view: str
    operators: str
    segment: str
    measure: str
    unit: str
    start: pd.Timestamp
    end: pd.Timestamp
    known_at: pd.Timestamp
    bound: str
    value: float
    relation: str = ""
    low: float | None = None
    mid: float | None = None
    high: float | None = None
    level: float | None = None
    why: str = ""


def beside(cube: xr.Dataset, observations: DataFrame[Observations]) -> tuple[Beside, ...]:
    """Set outside views of the quarters ahead beside the forecast.

    Parameters
    ----------
    cube, observations
        Draw cube, and the rows known at its origin.

    Returns
    -------
    tuple of Beside
        The latest row of each view, quantity and period that ends after the last reported quarter; those with a like
        in the cube first, by period.
    """
    ahead = _starts(periods(cube)[forecast_periods(cube)])[0]
    rows = observations[(observations["stage"] == "forward") & (observations["period_end"] >= ahead)]
    rows = rows[rows["definition"].str.startswith(_VIEWS)].sort_values(["known_at", "source"])
    latest = rows.drop_duplicates(list(_KEY), keep="last")
    found = [_compared(cube, row) for row in latest.itertuples(index=False)]
    return tuple(sorted(found, key=lambda each: (not each.relation, each.end, each.start, each.view, each.segment)))


def _compared(cube: xr.Dataset, row: Any) -> Beside:
    said = {"view": row.definition, "operators": row.operator, "segment": row.segment, "measure": row.measure,
            "unit": MEASURES[row.measure].unit, "start": row.period_start, "end": row.period_end,
            "known_at": row.known_at, "bound": row.bound, "value": float(row.value)}  # fmt: skip
    why = next(_hindrances(cube, row), "")
    if why:
        return Beside(**said, why=why)
    ours = _power(cube, row) if row.measure in {"power", "power_use"} else _sales(cube, row)
    low, mid, high = np.quantile(ours, _SHOWN).tolist()
    level = float((ours < row.value).mean())
    return Beside(**said, relation=_relation(row), low=low, mid=mid, high=high, level=level)


def _relation(row: Any) -> str:
    """Return what theirs is to ours: data-centre sales are the same; those of a whole firm and all power hold ours."""
    of_data_centres = row.segment != ALL or row.definition.endswith(_DATA_CENTRES)
    return _SAME if row.measure == "revenue" and of_data_centres else _WHOLE


def _hindrances(cube: xr.Dataset, row: Any) -> Iterator[str]:
    """Yield why a row has no like in the cube."""
    ends = periods(cube)
    if row.measure == "capex":
        yield "capital spending of all kinds, buildings and other makers' machines too; ours is what one vendor gets"
    if row.measure == "revenue" and row.vendor != VENDOR:
        yield "sales of all makers, or of one component of theirs; ours are of one vendor"
    if row.measure not in {"revenue", "power", "power_use"}:
        yield f"we forecast no {row.measure}"
    if row.region != ALL:
        yield f"of {row.region.replace('_', ' ')} alone; ours is of the world"
    if row.operator != ALL:
        yield f"of {row.operator.replace('_', ' ')} alone; ours is by segment"
    if row.period_start < _starts(ends)[0] or row.period_end > ends[-1] + pd.Timedelta(days=_AFTER):
        yield "reaches beyond our quarters"
    if row.segment != ALL and (row.measure != "revenue" or not _definition(cube, row.definition)):
        yield "its definition of the segment is none of ours"


def _definition(cube: xr.Dataset, view: str) -> str:
    """Return the definition of the split that the name of a view ends with, if any."""
    names = [str(name) for name in cube["definition"].values]
    return next((name for name in names if view.endswith(f"_{name}")), "")


def _power(cube: xr.Dataset, row: Any) -> Array:
    """Return draws of power [GW], shape (draws,): at the end of a period, or its mean where that is what was said."""
    gigawatts = draws_of(cube, "power", Part()) * convert(1.0, "MW", "GW")
    if row.measure == "power":
        return np.asarray(gigawatts[:, min(periods(cube).searchsorted(row.period_end), gigawatts.shape[1] - 1)])
    days = _days(periods(cube), row.period_start, row.period_end)
    return np.asarray(gigawatts @ days / days.sum())


def _sales(cube: xr.Dataset, row: Any) -> Array:
    """Return draws of the vendor's sales over the days of a row [USD], shape (draws,)."""
    quarterly, ends = draws_of(cube, "spending", Part()), periods(cube)
    if row.segment != ALL:
        share = hyperscale_share(cube, base="revenue", definition=_definition(cube, row.definition))
        quarterly = quarterly * (share if row.segment == "hyperscale" else 1 - share)
    length = (ends - _starts(ends)).days.to_numpy() + 1
    return np.asarray(quarterly @ (_days(ends, row.period_start, row.period_end) / length))


def _days(ends: pd.DatetimeIndex, start: pd.Timestamp, end: pd.Timestamp) -> Array:
    """Return how many days of a period lie in each quarter, those after the last one added to it, shape (periods,).

    Examples
    --------
    >>> ends = pd.date_range("2028-03-31", "2028-12-31", freq="QE", tz="UTC")
    >>> _days(ends, pd.Timestamp("2028-02-01", tz="UTC"), pd.Timestamp("2029-01-28", tz="UTC")).tolist()
    [60.0, 91.0, 92.0, 120.0]
    """
    upto = [*ends[:-1], max(end, ends[-1])]
    days = [(min(last, end) - max(first, start)).days + 1 for first, last in zip(_starts(ends), upto, strict=True)]
    return np.maximum(np.array(days, dtype=np.float64), 0.0)


def _starts(ends: pd.DatetimeIndex) -> pd.DatetimeIndex:
    return ends - pd.offsets.QuarterBegin(startingMonth=1)
