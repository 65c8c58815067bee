"""Cells and phrases of the pages: figures with their interval, and dates of a crossing, out of rows of answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from shiftcast.forecast.spoken import number, percent

LOW, MIDDLE, HIGH = "q100", "q500", "q900"
Row = Mapping[str, Any]
_HALF: Final = 1 / 2
_DASH: Final = "-"
_BOUNDS: Final[Mapping[str, str]] = {
    ">=": "at least", "<=": "at most", "=": "", "~": "about", ">~": "about or more", "<~": "about or less",
}  # fmt: skip


def cell(low: float, middle: float, high: float, *, unit: str = "") -> str:
    """Return a median with its interval as short as a cell of a table wants it.

    Parameters
    ----------
    low, middle, high
        10 %, 50 % and 90 % quantiles.
    unit
        ``share`` for percentages.

    Returns
    -------
    str
        A dash where the median is missing.

    Examples
    --------
    >>> cell(15e6, 19.6e6, 25.5e6)
    '19.6 million (15 million to 25.5 million)'
    """
    shown = percent if unit == "share" else number
    if pd.isna(middle):
        return _DASH
    return f"{shown(middle)} ({shown(low)} to {shown(high)})"


def plain(value: Any, unit: str = "") -> str:
    """Return a figure of a table, or a dash where it is missing.

    Parameters
    ----------
    value, unit
        Number or none, and ``share`` for a percentage.

    Returns
    -------
    str

    Examples
    --------
    >>> plain(0.123, "share"), plain(None), plain(1.5e12)
    ('12 %', '-', '1.5 trillion')
    """
    if value is None or pd.isna(value):
        return _DASH
    return percent(float(value)) if unit == "share" else number(float(value))


def day(value: Any) -> str:
    """Return a day as text, or a dash where it is missing.

    Parameters
    ----------
    value
        Timestamp.

    Returns
    -------
    str
    """
    return _DASH if pd.isna(value) else f"{value:%Y-%m-%d}"


def text(value: Any) -> str:
    """Return a text cell, empty where it is missing.

    Parameters
    ----------
    value
        Text or none.

    Returns
    -------
    str
    """
    return "" if value is None or pd.isna(value) else str(value)


def bounded(bound: str, figure: str) -> str:
    """Return a stated figure with what its bound means.

    Parameters
    ----------
    bound, figure
        Code of the bound in the record, and the figure in words.

    Returns
    -------
    str

    Examples
    --------
    >>> bounded(">=", "60 %"), bounded("=", "60 %")
    ('at least 60 %', '60 %')
    """
    return f"{_BOUNDS.get(bound, bound)} {figure}".strip()


def passes(row: Row) -> str:
    """Return when a share passes its threshold, as a reader says it.

    Parameters
    ----------
    row
        The row of ``when``.

    Returns
    -------
    str
        ``already``, ``not by`` the horizon, or the middle quarter with its interval; odds beside.

    Examples
    --------
    >>> row = {"already": 0.11, "never": 0.3, "middle": "2027Q1", "early": "2026Q2", "late": "after the horizon",
    ...        "horizon": "2032Q4"}
    >>> passes(row)
    'in 2027Q1 (8 in 10: 2026Q2 to after 2032Q4; odds of 30 % not by then)'
    >>> passes(row | {"already": 0.89}), passes(row | {"never": 0.62})
    ('already (odds of 89 %)', 'not by 2032Q4 (odds of 62 %)')
    """
    if row["already"] >= _HALF:
        return f"already (odds of {percent(row['already'])})"
    if row["never"] >= _HALF:
        return f"not by {row['horizon']} (odds of {percent(row['never'])})"
    late = f"after {row['horizon']}" if row["late"].startswith("after") else row["late"]
    never = f"; odds of {percent(row['never'])} not by then" if row["never"] > 0 else ""
    return f"in {row['middle']} (8 in 10: {row['early']} to {late}{never})"


def number_of(row: Row, name: str) -> str:
    """Return a quantity of an answer with its interval as a cell.

    Parameters
    ----------
    row, name
        ``NAME_median, NAME_low80, NAME_high80``, and that name.

    Returns
    -------
    str
    """
    low, middle, high = (float(row[f"{name}_{end}"]) for end in ("low80", "median", "high80"))
    return cell(low, middle, high)
