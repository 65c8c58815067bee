"""Hours of leaves by whole calendar quarters, as observations of the record, and what fills no quarter."""

from __future__ import annotations

from typing import Final

import pandas as pd

from shiftcast.features.calendars import quarter_label
from shiftcast.features.frames import ALL, DIMENSIONS, DataFrame, Observations, Quarantine, Usage, conform, empty
from shiftcast.features.labels import UNLABELLED
from shiftcast.features.usage import check_grains, period_ends, to_observations

_DAY: Final = pd.Timedelta(days=1)
_REASON: Final = {  # whether the rows are of weeks
    True: "hours by the week fill no calendar quarter and are not added; ingest them by the day or month",
    False: "some of the quarter's days have no hours, and none of it is added; ingest the rest",
}


def whole_quarters(usage: DataFrame[Usage]) -> DataFrame[Observations]:
    """Return the hours of every leaf in the calendar quarters of which each day is in some period, as observations.

    Only rows that say segment and leaf count; operators, users, workloads and hardware are added up. A day on which
    nothing ran leaves no row, so its quarter is left out: from the outside it looks like a day not recorded. A row of a
    month or quarter tells of all its days.

    Parameters
    ----------
    usage
        Frame ``Usage``, sums of one measure and unit; rows of weeks, which fill no quarter, are left out.

    Returns
    -------
    DataFrame
        Frame ``Observations``.
    """
    rows = _of_leaves(usage)
    check_grains(rows[rows["grain"] != "week"], "quarter")
    whole = rows[_in_whole(rows)]
    if whole.empty:
        return empty(Observations)
    return to_observations(whole.assign(**dict.fromkeys(DIMENSIONS[2:], ALL)), "quarter")


def not_whole(usage: DataFrame[Usage]) -> DataFrame[Quarantine]:
    """Return what :func:`whole_quarters` leaves out of the hours that say their leaf, each quarter with the reason.

    The last quarter is under way and not told of.

    Parameters
    ----------
    usage
        As there.

    Returns
    -------
    DataFrame
        Frame ``Quarantine``, a row a leaf and quarter: ``value`` is the quarter, ``source`` the first of its sources.
    """
    rows = _of_leaves(usage)
    quarter = rows["period_start"].map(quarter_label)
    running = quarter_label(period_ends(rows).max() - _DAY) if len(rows) else ""
    left = rows.assign(value=quarter, column=rows["segment"] + "/" + rows["leaf"], weeks=rows["grain"] == "week")
    left = left[~_in_whole(rows) & ((quarter != running) | left["weeks"])]
    told = left.groupby(["column", "value", "weeks"], as_index=False)["source"].min()
    return conform(told.assign(reason=told["weeks"].map(_REASON), line=1.0), Quarantine)


def _of_leaves(usage: DataFrame[Usage]) -> pd.DataFrame:
    """Return the sums whose rows say segment and leaf."""
    return usage[~usage[["segment", "leaf"]].isin([ALL, UNLABELLED]).any(axis=1) & (usage["how"] == "sum")]


def _in_whole(rows: pd.DataFrame) -> pd.Series:
    """Return which rows lie in a quarter of which every day is in the period of some row of the leaf."""
    quarter = pd.PeriodIndex(rows["period_start"].dt.tz_localize(None), freq="Q")
    first = rows["period_start"].dt.floor("D")
    days = (period_ends(rows) - first).dt.ceil("D").dt.days
    spans = pd.DataFrame({"segment": rows["segment"], "leaf": rows["leaf"], "quarter": quarter, "day": first,
                          "days": days})[rows["grain"] != "week"].drop_duplicates()  # fmt: skip
    each = spans.loc[spans.index.repeat(spans["days"])]
    each["day"] += pd.to_timedelta(each.groupby(level=0).cumcount(), unit="D")
    seen = each.groupby(["segment", "leaf", "quarter"])["day"].nunique()
    mine = pd.MultiIndex.from_frame(rows[["segment", "leaf"]].assign(quarter=quarter))
    length = (quarter.end_time - quarter.start_time).ceil("D").days
    return (rows["grain"] != "week") & (seen.reindex(mine).to_numpy() == length)
