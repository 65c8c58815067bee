"""Table of an answer for the screen: headings with their unit, and no column that is empty."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import pandas as pd
from rich.table import Table

from shiftcast.pipelines.tables.cells import folded, is_figures

MOST_ROWS: Final = 60
_UNTOLD: Final = ("", "1", "share", "see unit")
_QUANTILE: Final = re.compile(r"q(\d{3})")
_CAPITALS: Final = {each.lower(): each for each in ("USD", "MW", "GW", "PUE", "HHI")}


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
        left = name in rows.columns and not is_figures(rows[name])
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
