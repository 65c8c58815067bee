"""Cells of an answer's table: figures to three digits, an interval in one cell, and what all rows share told once."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from rich.table import Table

from shiftcast.forecast.fleet.words import short
from shiftcast.forecast.views.answer import SHOWN

MOST_ROWS: Final = 60
_SPREADS: Final = (tuple(SHOWN), ("q500", "q100", "q900"))  # names of median and ends of an 80 % interval
_UNTOLD: Final = ("", "1", "share", "see unit")
_QUANTILE: Final = re.compile(r"q(\d{3})")
_CAPITALS: Final = {each.lower(): each for each in ("USD", "MW", "GW", "PUE", "HHI")}
_LARGE, _DECIMALS = 1e6, 3


def shared_of(rows: pd.DataFrame) -> dict[str, str]:
    """Return the names that all rows have in common, which stand above a table rather than in it.

    Parameters
    ----------
    rows
        Table of an answer.

    Returns
    -------
    dict
        Column to its one text; none where there is one row, whose cells all stand in the table.

    Examples
    --------
    >>> shared_of(pd.DataFrame({"quarter": ["2027Q1", "2027Q2"], "unit": ["USD", "USD"], "mean": [1.0, 1.0]}))
    {'unit': 'USD'}
    """
    if len(rows) < 2:
        return {}
    texts = {str(name): [figure(cell) for cell in rows[name]] for name in rows if not _numeric(rows[name])}
    return {name: cells[0] for name, cells in texts.items() if cells[0] and len(set(cells)) == 1}


def table_of(rows: pd.DataFrame, units: Mapping[str, str]) -> Table | None:
    """Return rows as a table for the screen, without columns that are empty.

    Parameters
    ----------
    rows
        Table of an answer.
    units
        Unit of a column, or of the quantity of an interval; a share is told by its name.

    Returns
    -------
    Table
        None for no rows.
    """
    shown = folded(rows.head(MOST_ROWS))
    shown = shown[[name for name in shown.columns if (shown[name] != "").any()]]
    if shown.empty:
        return None
    table = Table(show_edge=False)
    for name in shown.columns:
        heading = heading_of(name) + _bracketed(name, units)
        left = name in rows.columns and not _numeric(rows[name])
        table.add_column(heading, justify="left" if left else "right")
    for row in shown.itertuples(index=False):
        table.add_row(*row)
    return table


def heading_of(name: str) -> str:
    """Return the name of a column in words.

    Parameters
    ----------
    name
        Column of a table.

    Returns
    -------
    str

    Examples
    --------
    >>> heading_of("q025"), heading_of("p_full"), heading_of("expected_usd")
    ('2.5 % are below', 'chance of full', 'expected USD')
    """
    if found := _QUANTILE.fullmatch(name):
        return f"{int(found[1]) / 10:g} % are below"
    words = name.split("_")
    if words[0] == "p" and len(words) > 1:
        words[0] = "chance of"
    if words[0] == "it":
        words[0] = "IT"
    return " ".join(_CAPITALS.get(word, word) for word in words)


def _bracketed(name: str, units: Mapping[str, str]) -> str:
    """Return the unit of a quantity in brackets; parts of one, and units that a column tells, have none."""
    unit = next((units[each] for each in (name, f"{name}_median", f"{name}_q500") if each in units), "")
    return f" [{unit}]" if unit not in _UNTOLD else ""


def folded(rows: pd.DataFrame) -> pd.DataFrame:
    """Return cells as text, median and 80 % interval of a quantity in one.

    Parameters
    ----------
    rows
        Table of an answer; ``X_median, X_low80, X_high80`` or ``X_q500, X_q100, X_q900`` are an interval.

    Returns
    -------
    DataFrame of str
        A column a quantity.

    Examples
    --------
    >>> folded(pd.DataFrame({"mw_median": [2.0], "mw_low80": [1.0], "mw_high80": [3.0]}))["mw"].tolist()
    ['2 (1 to 3)']
    >>> folded(pd.DataFrame({"q100": [0.1], "q500": [0.2], "q900": [0.3]}))["median"].tolist()
    ['0.2 (0.1 to 0.3)']
    """
    spreads = {stem: names for stem, names in map(_interval, rows) if names and all(each in rows for each in names)}
    inside = {each: stem for stem, names in spreads.items() for each in names}
    columns: dict[str, list[str]] = {}
    for name in map(str, rows.columns):
        stem = inside.get(name)
        if stem is None:
            columns[name] = _cells(rows[name])
        elif stem not in columns:
            three = zip(*(rows[each] for each in spreads[stem]), strict=True)
            columns[stem] = [_spread(*cells) for cells in three]
    return pd.DataFrame(columns)


def figure(value: Any) -> str:
    """Return a cell as text: whole numbers with commas, others with three digits, millions short, nothing for a gap.

    Parameters
    ----------
    value
        Cell of a table.

    Returns
    -------
    str

    Examples
    --------
    >>> figure(12345.8), figure(0.01234), figure(float("nan")), figure("a100"), figure(12.0), figure(8.509e10)
    ('12,346', '0.0123', '', 'a100', '12', '85.1bn')
    """
    if isinstance(value, list | tuple):
        return ", ".join(map(figure, value))
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        return _number(value)
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else str(value)


def _number(value: Any) -> str:
    if abs(value) >= _LARGE:
        return short(float(value))
    if value == int(value) or abs(value) >= 10**_DECIMALS:
        return f"{value:,.0f}"
    return f"{value:.{_DECIMALS}g}"


def _numeric(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _interval(name: Any) -> tuple[str, tuple[str, ...]]:
    """Return the quantity whose median a column is, and the columns of its interval; none if it is no median."""
    stem, _, last = str(name).rpartition("_")
    three = next((each for each in _SPREADS if each[0] == last), ())
    return stem or "median", tuple(f"{stem}_{each}" if stem else each for each in three)


def _cells(column: pd.Series) -> list[str]:
    """Return days, or months where each is the first of one and the column says so, and other cells as figures."""
    if column.name == "month" and pd.api.types.is_datetime64_any_dtype(column):
        return [f"{day:%Y-%m}" for day in column]
    return [figure(cell) for cell in column]


def _spread(middle: Any, low: Any, high: Any) -> str:
    texts = [short(each) if abs(each) >= 10**_DECIMALS else figure(each) for each in (middle, low, high)]
    return texts[0] if texts[1] == texts[2] else f"{texts[0]} ({texts[1]} to {texts[2]})"
