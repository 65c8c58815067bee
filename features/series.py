"""Turn observation rows, cut to an origin, into the series and statements the models take."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from shiftcast.features.calendars import check_consecutive, nvidia_quarters
from shiftcast.features.frames import AnyFrame, DataFrame, Observations
from shiftcast.features.input_error import InputError
from shiftcast.features.scope import VENDOR


def select(rows: DataFrame[AnyFrame], **equal: str | tuple[str, ...]) -> DataFrame[AnyFrame]:
    """Return the rows whose columns equal the values given; a tuple allows any of its values.

    Parameters
    ----------
    rows
        Any frame.
    **equal
        Value by column, or the values allowed.

    Returns
    -------
    DataFrame
        The matching rows in their order, numbered anew.

    Examples
    --------
    >>> rows = pd.DataFrame({"measure": ["share", "revenue"], "value": [0.5, 1.0]})
    >>> select(rows, measure="share").value.tolist()
    [0.5]
    """
    keep = np.ones(len(rows), dtype=bool)
    for column, value in equal.items():
        allowed = value if isinstance(value, tuple) else (value,)
        keep &= rows[column].isin(allowed).to_numpy()
    kept: DataFrame[AnyFrame] = rows[keep].reset_index(drop=True)
    return kept


def fiscal_revenue(observations: DataFrame[Observations], definition: str, origin: datetime) -> pd.Series:
    """Return reported NVIDIA revenue by fiscal quarter under one definition.

    Parameters
    ----------
    observations
        Observation rows known at the origin, one a figure.
    definition
        ``data_center``, ``data_center_compute`` or ``data_center_networking``.
    origin
        Day of the forecast, with a zone; quarters up to the one that holds it are looked for.

    Returns
    -------
    Series
        US dollars, indexed by the quarter's last day; consecutive quarters.

    Raises
    ------
    ValueError
        If nothing is known under the definition, or a quarter between two known ones is missing.
    """
    rows = select(observations, measure="revenue", vendor=VENDOR, definition=definition, stage="flow", segment="all")
    quarters = nvidia_quarters(origin)
    rows = rows.merge(quarters, on=["period_start", "period_end"])
    if rows.empty:
        raise InputError(
            f"no {VENDOR.upper()} revenue under definition {definition!r} was known on {origin:%Y-%m-%d}; "
            "choose a later origin or add rows to the record"
        )
    series = rows.set_index("period_end")["value"].sort_index()
    check_consecutive(pd.DatetimeIndex(series.index))
    return series


def quarterly_levels(statements: pd.DataFrame, quarters: pd.DatetimeIndex) -> pd.Series:
    """Read dated levels at quarter ends: straight lines in logs between statements, nothing outside them.

    Parameters
    ----------
    statements
        Rows with ``period_end`` and a positive ``value``, known at the origin.
    quarters
        Quarter ends.

    Returns
    -------
    Series
        Level at each quarter end from the first statement to the last; the last statement is carried to the end of
        its own quarter.

    Examples
    --------
    >>> rows = pd.DataFrame({"period_end": pd.to_datetime(["2025-03-31", "2025-09-30"], utc=True),
    ...                      "value": [1.0, 4.0]})
    >>> ends = pd.date_range("2025-03-31", "2025-12-31", freq="QE", tz="UTC")
    >>> quarterly_levels(rows, ends).round(2).tolist()
    [1.0, 1.99, 4.0]
    """
    points = statements.groupby("period_end")["value"].mean().sort_index()
    first, last = quarters.searchsorted(points.index[[0, -1]])
    known = quarters[first : last + 1]
    at, days = (ends.as_unit("us").asi8 for ends in (known, pd.DatetimeIndex(points.index)))
    levels = np.exp(np.interp(at, days, np.log(points.to_numpy())))
    return pd.Series(levels, index=known)


def proxy_statements(
    downloads: DataFrame[Observations], newer: tuple[str, ...], older: tuple[str, ...]
) -> pd.DataFrame:
    """Turn monthly package downloads into quarterly share statements: newer over newer plus older.

    Parameters
    ----------
    downloads
        Observation rows of measure ``downloads`` for one workload.
    newer, older
        Techniques on each side of the share.

    Returns
    -------
    DataFrame
        Statements with ``period_start, period_end, value, sd, bound, definition``; ``value`` is the mean share of the
        quarter's months [share], ``sd`` their standard deviation, at least 0.02 [share].
    """
    monthly = downloads.pivot_table(index="period_end", columns="technique", values="value", aggfunc="sum")
    if not set(newer) & set(monthly) or not set(older) & set(monthly):
        return empty_statements()
    upper = monthly.reindex(columns=list(newer)).sum(axis=1)
    share = (upper / (upper + monthly.reindex(columns=list(older)).sum(axis=1))).where(upper > 0).dropna()
    quarter = share.resample("QE")
    table = pd.DataFrame({"value": quarter.mean(), "sd": quarter.std().fillna(0.0).clip(lower=0.02)}).dropna()
    ends = pd.DatetimeIndex(table.index)
    return table.assign(
        period_start=ends - pd.offsets.QuarterBegin(startingMonth=1), period_end=ends, bound="~",
        definition="pypi_proxy",
    ).reset_index(drop=True)  # fmt: skip


def empty_statements() -> pd.DataFrame:
    """Return a statements table with no rows.

    Returns
    -------
    DataFrame
        Columns ``period_start, period_end, value, sd, bound, definition`` in their dtypes.
    """
    dates = pd.Series(dtype="datetime64[us, UTC]")
    return pd.DataFrame(
        {
            "period_start": dates, "period_end": dates, "value": pd.Series(dtype=float), "sd": pd.Series(dtype=float),
            "bound": pd.Series(dtype=str), "definition": pd.Series(dtype=str),
        }
    )  # fmt: skip
