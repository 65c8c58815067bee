"""Table of an answer for the screen: headings with their unit, and no column that is empty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd
from rich.table import Table

from shiftcast.pipelines.tables.cells import folded, is_figures
from shiftcast.pipelines.tables.headings import heading_of

MOST_ROWS: Final = 60


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
        heading = heading_of(name, units)
        left = name in rows.columns and not is_figures(rows[name])
        table.add_column(heading, justify="left" if left else "right")
    for row in shown.itertuples(index=False):
        table.add_row(*row)
    return table
