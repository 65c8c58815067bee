"""Check share histories: the contract of the input rows and their refusals.

One row is the value of one category in one period of one series: a share, a count or a level; only its part
of the period's total is used. What is refused and what is treated is listed at :func:`check_share_rows`.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.input_error import InputError
from shiftcast.features.instants import Clock
from shiftcast.features.refusal import LARGEST, TOO_LARGE, numbers_of, refuse, text_of
from shiftcast.features.stamps import refuse_dates, utc_stamps
from shiftcast.features.volumes import Treatments

COLUMNS: Final = ("series", "group", "period_end", "category", "value")
MAX_CATEGORIES: Final = 200  # in one series; more is a list of items, not a mix of techniques
_ROUNDED: Final = 0.01  # by which shares that were rounded add up to more or less than all


def check_share_rows(frame: pd.DataFrame, clock: Clock | None = None) -> pd.DataFrame:
    """Return the rows checked, typed and sorted by group, series, period and category.

    Parameters
    ----------
    frame
        Columns ``series, period_end, category, value`` and, where known, ``group`` (one wall for all without
        it) and ``n`` (sample size of the period [count], the number of things the shares were counted on).
    clock
        How dates are read: zone of those written without one, order of day and month, end of fiscal years.

    Returns
    -------
    DataFrame
        ``series, group, period_end`` (midnight UTC)``, category, value, n``; the caller's frame is left as it
        is. Rows may come in any order. A period whose values are all zero says nothing of shares: it is left
        out and becomes a missing period, unless it is the last, or there is one other alone, whose step its date
        tells. A category without a row in a period had a share of zero.

    Raises
    ------
    ValueError
        On a missing column, an empty frame, a value that is negative, infinite or not a number, a date that
        is none, a repeated row, a series in two groups, a last period of zeros, or too many categories; each
        names series and row.

    Examples
    --------
    >>> dates = ["2025-12-31", "2024-12-31"]
    >>> rows = pd.DataFrame({"series": "s", "period_end": dates, "category": "a", "value": 1.0})
    >>> check_share_rows(rows).period_end.dt.year.tolist()
    [2024, 2025]
    """
    rows = _typed(frame, clock)
    _refuse_values(rows)
    _refuse_repeats(rows)
    _refuse_many_categories(rows)
    rows = _without_empty_periods(rows)
    return rows.sort_values(["group", "series", "period_end", "category"], kind="stable", ignore_index=True).drop(
        columns="row"
    )


def uneven_sums(rows: pd.DataFrame) -> Treatments:
    """Count the periods whose shares do not add up to one, or to a hundred, as most of their series do.

    In a series of both, those of the rarer sum are counted; where both are as many, those that are not as the first.

    Parameters
    ----------
    rows
        From :func:`check_share_rows`.

    Returns
    -------
    Treatments
        ``uneven``, and the first of them; none of a series of counts or levels, which add up to anything.

    Examples
    --------
    >>> day = pd.to_datetime(["2024-12-31", "2025-12-31", "2026-12-31"], utc=True)
    >>> rows = pd.DataFrame({"series": "web", "period_end": day, "value": [100.0, 107.0, 100.0]})
    >>> uneven_sums(rows).counts
    {'uneven': 1}
    """
    total = rows.groupby(["series", "period_end"], sort=True).value.sum()
    parts, percents = ((total / whole - 1).abs() <= _ROUNDED for whole in (1.0, 100.0))
    mostly = (parts | percents).groupby(level="series").transform("mean") > 0.5
    lean = percents.astype(int) - parts.astype(int)
    more = lean.groupby(level="series").transform("sum")
    first = lean.where(lean != 0).groupby(level="series").transform("first")  # decides where both are as many
    off = mostly & ~percents.where((more > 0) | ((more == 0) & (first > 0)), parts)
    if not off.any():
        return Treatments()
    name, day = total.index[off.to_numpy()][0]
    return Treatments({"uneven": int(off.sum())}, {"uneven": f"{name} on {day:%Y-%m-%d}"})


def _typed(frame: pd.DataFrame, clock: Clock | None) -> pd.DataFrame:
    """Return the rows with text, dates and numbers in their types, and the number of each row."""
    missing = [name for name in COLUMNS if name not in frame.columns and name != "group"]
    if missing:
        raise InputError(f"column {missing[0]!r} is missing; give {', '.join(COLUMNS)} (group may be left out)")
    if frame.empty:
        raise InputError("the history has no rows; give at least one period of one series")
    number = np.arange(1, len(frame) + 1)
    rows = pd.DataFrame({"row": number})
    for name in ("series", "category"):
        rows[name] = text_of(frame[name], name)
    given = frame.get("group", pd.Series("all", index=frame.index))
    rows["group"] = text_of(given.astype(object).where(given.notna(), "all") if given.hasnans else given, "group")
    stamps, _ = utc_stamps(frame["period_end"], rows["series"], clock)
    rows["period_end"] = pd.DatetimeIndex(stamps).tz_localize("UTC").as_unit("us").normalize()
    refuse_dates(rows, frame["period_end"])
    rows["value"] = numbers_of(rows, frame["value"], "value")
    rows["n"] = numbers_of(rows, frame["n"], "n") if "n" in frame.columns else np.nan
    return rows


def _refuse_values(rows: pd.DataFrame) -> None:
    """Refuse values and sample sizes that no count or share can take."""
    finite = pd.Series(np.isfinite(rows.value), index=rows.index)
    refuse(rows, ~finite, rows.value, "value", "give a finite number, or drop the row where nothing was measured")
    refuse(rows, rows.value > LARGEST, rows.value, "value", TOO_LARGE)
    refuse(rows, rows.value < 0, rows.value, "value", "a share, count or level cannot be negative: correct it")
    sized = rows.n.notna()
    bad = sized & ~((rows.n > 0) & np.isfinite(rows.n))
    refuse(rows, bad, rows.n, "n", "a sample size is a positive count: correct it or leave it empty")


def _refuse_repeats(rows: pd.DataFrame) -> None:
    """Refuse a second figure for one series, period and category, and a series that sits in two groups."""
    repeated = rows.duplicated(["series", "period_end", "category"])
    if repeated.any():
        row = rows[repeated].iloc[0]
        raise InputError(
            f"series {row.series!r}, row {row.row}: a second value for {row.category!r} on "
            f"{row.period_end:%Y-%m-%d}; keep one row per series, period and category"
        )
    places = rows.drop_duplicates(["series", "group"])
    again = places.duplicated("series")
    if again.any():
        row = places[again].iloc[0]
        raise InputError(f"series {row.series!r}, row {row.row}: also in another group than {row.group!r}; keep one")


def _refuse_many_categories(rows: pd.DataFrame) -> None:
    """Refuse a series with more categories than a mix of techniques can have."""
    counts = rows.drop_duplicates(["series", "category"]).groupby("series", sort=False).size()
    if counts.max() > MAX_CATEGORIES:
        name = str(counts.idxmax())
        row = int(rows.loc[rows.series == name, "row"].iloc[0])
        raise InputError(
            f"series {name!r}, row {row}: {counts.max()} categories, at most {MAX_CATEGORIES}; "
            "keep the largest and add the rest up as 'other'"
        )


def _without_empty_periods(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out periods whose values are all zero, or refuse where it is the last one.

    A series with one other period keeps them, without sample sizes: their dates tell its step.
    """
    total = rows.groupby(["series", "period_end"], sort=False).value.transform("sum")
    if (total > 0).all():
        return rows
    last = rows.period_end == rows.groupby("series", sort=False).period_end.transform("max")
    refuse(
        rows,
        last & (total <= 0),
        rows.value,
        "every value of the last period",
        "drop that period or correct it",
    )
    empty = total <= 0
    alone = rows.period_end.where(~empty).groupby(rows["series"], sort=False).transform("nunique") == 1
    return rows.assign(n=rows.n.mask(empty))[~empty | alone]
