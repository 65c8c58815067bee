"""Read from a fleet's usage what budgets and limits ask of it: cost by month, and months in which work waited."""

from __future__ import annotations

from typing import Final

import pandas as pd

from shiftcast.features.calendars import as_midnight
from shiftcast.features.frames import DataFrame, Usage
from shiftcast.features.input_error import InputError
from shiftcast.features.usage import period_ends
from shiftcast.forecast.fleet.described import HOURS, hours_of
from shiftcast.forecast.fleet.history import month_of
from shiftcast.forecast.fleet.why import Side

CURRENCY: Final = "USD"
_MONTHLY: Final = ("minute", "hour", "day", "month")  # grains that fill a month
_DAY: Final = pd.Timedelta(days=1)


def spent_by_month(usage: DataFrame[Usage], by: tuple[str, ...]) -> pd.DataFrame | None:
    """Return cost and hours by month and part.

    Parameters
    ----------
    usage
        All that a fleet's store holds.
    by
        Labels that tell parts apart.

    Returns
    -------
    DataFrame or None
        ``month`` (first day, midnight UTC), the labels, ``cost`` [USD] and ``hours``; ``None`` where no cost is stored.

    Raises
    ------
    ValueError
        If cost is stored in other currencies.
    """
    cost = usage[(usage["measure"] == "cost") & (usage["how"] == "sum")]
    if cost.empty:
        return None
    strange = sorted(set(cost["unit"].astype(str)) - {CURRENCY})
    if strange:
        raise InputError(
            f"usage: cost is stored in {strange[0]}, and no exchange rate is assumed; ingest the bill in {CURRENCY}"
        )
    rows = pd.concat([cost, hours_of(usage)])
    rows = _by_month(rows[rows["grain"].isin(_MONTHLY)])
    cells = rows.pivot_table(index=["month", *by], columns="measure", values="value", aggfunc="sum", fill_value=0.0)
    wide = cells.rename(columns={HOURS: "hours"}).reindex(columns=["cost", "hours"], fill_value=0.0)
    return wide.rename_axis(columns=None).reset_index()


def waited_by_month(usage: DataFrame[Usage]) -> pd.DataFrame:
    """Return hours by month, and whether work waited in it or was refused.

    Parameters
    ----------
    usage
        All that a fleet's store holds.

    Returns
    -------
    DataFrame
        ``month`` (first day, midnight UTC), ``hours`` and ``waited``, whole months only.
    """
    hours = hours_of(usage)
    rows = _by_month(hours[hours["grain"].isin(_MONTHLY)])
    rows = rows.assign(waited=rows["bound"] == ">=")
    months = rows.groupby("month", as_index=False, sort=True).agg(hours=("value", "sum"), waited=("waited", "any"))
    if months.empty:
        return months
    first, last = hours["period_start"].min(), period_ends(hours).max()
    whole = (months["month"] + _DAY > first) & (months["month"] + pd.offsets.MonthBegin(1) <= last)
    return months[whole].reset_index(drop=True)


def side_of(usage: DataFrame[Usage], month: str) -> Side:
    """Return the usage of a calendar month, as an attribution takes it.

    Parameters
    ----------
    usage
        All that a fleet's store holds.
    month
        Such as ``2026-09``.

    Returns
    -------
    Side
        Its rows, and the days of it that usage covers.

    Raises
    ------
    ValueError
        If it is no month, or usage has none of it.
    """
    try:
        start = as_midnight(f"{month}-01")
    except InputError:
        raise InputError(f"month {month!r} is not of the form 2026-09") from None
    end = start + pd.offsets.MonthBegin(1)
    rows = usage[(usage["period_start"] >= start) & (usage["period_start"] < end) & (usage["how"] == "sum")]
    if rows.empty:
        window = "nothing"
        if len(usage):
            window = f"{usage['period_start'].min():%Y-%m} to {usage['period_start'].max():%Y-%m}"
        raise InputError(f"month {month}: the store has no usage of it; it has {window}")
    covered = min(period_ends(usage).max(), end) - max(usage["period_start"].min(), start)
    return Side(month, rows, covered / _DAY)


def _by_month(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(month=rows["period_start"].map(month_of))
