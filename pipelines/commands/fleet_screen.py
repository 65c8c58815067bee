"""Screen of a fleet's answers: the conclusion, a table that fits the screen, what is assumed, and notes."""

from __future__ import annotations

import math
import sys
from typing import Any, Final

import numpy as np
import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from shiftcast.forecast.fleet.words import short
from shiftcast.forecast.views.answer import SHOWN, Answer
from shiftcast.pipelines.fleet.answers import answers_text

WIDTH: Final = 80
_MOST_ROWS: Final = 60
_DECIMALS: Final = 3


def give(answer: Answer, *, as_json: bool) -> None:
    """Print an answer, as JSON or for a person.

    Parameters
    ----------
    answer
        The answer.
    as_json
        Print what the server would answer.
    """
    if as_json:
        sys.stdout.write(answers_text([answer]) + "\n")
    else:
        show(answer)


def show(answer: Answer) -> None:
    """Print an answer for a person; the table loses nothing on a screen of 80 columns.

    Parameters
    ----------
    answer
        The answer.
    """
    console = Console(highlight=False)
    console = console if console.is_terminal else Console(highlight=False, width=WIDTH)
    if answer.says:
        console.print(f"[bold]{escape(answer.says)}[/bold]")
    for title, rows in (("", answer.table), *answer.more.items()):
        if title and len(rows):
            console.print(f"\n{escape(title).capitalize()}:")
        for table in tables(rows, console.width):
            console.print(table)
    if len(answer.assumed):
        console.print("Assumed:")
    for row in answer.assumed.to_dict("records"):
        span = "" if row["low"] == row["high"] else f" ({figure(row['low'])} to {figure(row['high'])})"
        unit = "" if row["unit"] == "1" else f" {row['unit']}"
        console.print(escape(f"- {row['name']} = {figure(row['mid'])}{span}{unit}; {row['evidence']}: {row['source']}"))
    if answer.notes:
        console.print("Notes:")
    for note in answer.notes:
        console.print(escape(f"- {note}"), soft_wrap=note.startswith("`") or "`shiftcast" in note)


def tables(rows: pd.DataFrame, width: int) -> list[Table]:
    """Return rows as tables that fit a width: columns that find no room go into a further table with the same names.

    Parameters
    ----------
    rows
        Table of an answer; ``X_median, X_low80, X_high80`` stand in one cell.
    width
        Columns of the screen.

    Returns
    -------
    list of Table
        None for a table without rows.
    """
    shown = folded(rows.head(_MOST_ROWS))
    shown = shown[[name for name in shown.columns if (shown[name] != "").any()]]
    if shown.empty:
        return []
    text = [name for name in shown.columns if name in rows.columns and not pd.api.types.is_numeric_dtype(rows[name])]
    first = next((at for at, name in enumerate(shown.columns) if name not in text), len(shown.columns) - 1)
    names = list(shown.columns[:first]) or text or [str(shown.columns[0])]
    sizes = {name: max(len(name), *(len(cell) for cell in shown[name])) + 3 for name in shown.columns}
    room = width - 1 - sum(sizes[name] for name in names)
    sheets: list[list[str]] = [[]]
    for name in shown.columns:
        if name in names:
            continue
        if sheets[-1] and sum(sizes[each] for each in sheets[-1]) + sizes[name] > room:
            sheets.append([])
        sheets[-1].append(name)
    made = [_table(shown[[*names, *sheet]], names) for sheet in sheets]
    if len(rows) > len(shown):
        made[-1].caption = f"and {len(rows) - len(shown):,} further rows: --output FILE writes all"
    return made


def folded(rows: pd.DataFrame) -> pd.DataFrame:
    """Return cells as text, median and 80 % interval of a quantity in one.

    Parameters
    ----------
    rows
        Table of an answer.

    Returns
    -------
    DataFrame of str
        A column a quantity.

    Examples
    --------
    >>> folded(pd.DataFrame({"mw_median": [2.0], "mw_low80": [1.0], "mw_high80": [3.0]}))["mw"].tolist()
    ['2 (1 to 3)']
    """
    columns: dict[str, list[str]] = {}
    for name in map(str, rows.columns):
        stem, _, last = name.rpartition("_")
        inner = [f"{stem}_{label}" if stem else label for label in SHOWN]
        if last in SHOWN and all(each in rows.columns for each in inner):
            if name == inner[0]:
                columns[stem] = [_spread(*cells) for cells in zip(*(rows[each] for each in inner), strict=True)]
        else:
            columns[name] = _dates(rows[name]) if pd.api.types.is_datetime64_any_dtype(rows[name]) else [
                figure(cell) for cell in rows[name]
            ]  # fmt: skip
    return pd.DataFrame(columns)


def _dates(days: pd.Series) -> list[str]:
    """Return days, or months where each is the first of one and the column says so."""
    months = days.name == "month" and bool((days.dropna().dt.day == 1).all())
    return [f"{day:%Y-%m}" if months else figure(day) for day in days]


def _spread(middle: Any, low: Any, high: Any) -> str:
    texts = [short(each) if abs(each) >= 10**_DECIMALS else figure(each) for each in (middle, low, high)]
    return texts[0] if texts[1] == texts[2] else f"{texts[0]} ({texts[1]} to {texts[2]})"


def figure(value: Any) -> str:
    """Return a cell as text: whole numbers with commas, others with three digits, nothing for a gap.

    Parameters
    ----------
    value
        Cell of a table.

    Returns
    -------
    str

    Examples
    --------
    >>> figure(1234567.8), figure(0.01234), figure(float("nan")), figure("a100"), figure(12.0)
    ('1,234,568', '0.0123', '', 'a100', '12')
    """
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else ""
    if not isinstance(value, int | float):
        return str(value)
    if value == int(value) or abs(value) >= 10**_DECIMALS:
        return f"{value:,.0f}"
    return f"{value:.{_DECIMALS}g}"


def _table(shown: pd.DataFrame, names: list[str]) -> Table:
    table = Table(show_edge=False)
    for name in shown.columns:
        table.add_column(name.replace("_", " "), justify="left" if name in names else "right", overflow="fold")
    for row in shown.itertuples(index=False):
        table.add_row(*map(escape, row))
    return table
