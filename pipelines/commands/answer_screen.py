"""Screen of an answer about hardware and money: figures, what they rest on, and notes; and the same as plain values."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
from rich.table import Table

from shiftcast.forecast.views.answer import Answer
from shiftcast.pipelines.commands.screen import wide_console


def answer_json(answer: Answer) -> dict[str, Any]:
    """Return an answer as plain values; what is missing is null.

    Parameters
    ----------
    answer
        The answer.

    Returns
    -------
    dict
        ``question, rows, assumed, notes``.
    """
    return {
        "question": answer.question, "rows": _plain(answer.table), "assumed": _plain(answer.assumed),
        "notes": list(answer.notes),
    }  # fmt: skip


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(table.to_json(orient="records", double_precision=15))
    return rows


def show(answer: Answer) -> None:
    """Print an answer for a person: figures, then its assumptions and notes.

    Parameters
    ----------
    answer
        The answer.
    """
    console = wide_console()
    console.print(f"[bold]{answer.question}[/bold]; medians with 80 % intervals")
    for rows in _alike(answer.table):
        listed = len(rows) > _ACROSS and len(_stems(rows)) <= _COLUMNS
        sheets = [rows.iloc[start : start + _ACROSS] for start in range(0, len(rows), _ACROSS)]
        for table in [_list(rows)] if listed else map(_sheet, sheets):
            console.print(table)
    headings = ("assumed", "10 %", "50 %", "90 %", "unit", "evidence", "source")
    assumed = Table(*headings, title="Rests on", title_justify="left")
    for row in answer.assumed.itertuples():
        assumed.add_row(row.name, f"{row.low:g}", f"{row.mid:g}", f"{row.high:g}", row.unit, row.evidence, row.source)
    console.print(assumed)
    for note in answer.notes:
        console.print(f"- {note}", markup=False)


_ACROSS, _COLUMNS = 4, 10  # rows that stand side by side, and quantities that a list has room for
_SCALES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e4, "k"))


def _alike(table: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the rows grouped by which figures they have, each without the columns it has none in."""
    kind = table.notna().apply(tuple, axis=1)
    return [rows.dropna(axis=1, how="all") for _, rows in table.groupby(kind, sort=False)]


def _sheet(rows: pd.DataFrame) -> Table:
    """Return a few rows side by side, a line a quantity."""
    sheet = Table(show_header=False)
    for stem in _stems(rows):
        sheet.add_row(stem.replace("_", " "), *(_cell(row, stem) for row in rows.to_dict("records")))
    return sheet


def _list(rows: pd.DataFrame) -> Table:
    """Return many rows below each other."""
    stems = _stems(rows)
    listed = Table(*(stem.replace("_", " ") for stem in stems))
    for row in rows.to_dict("records"):
        listed.add_row(*(_cell(row, stem) for stem in stems))
    return listed


def _stems(rows: pd.DataFrame) -> list[str]:
    """Return the quantities of a table, an interval counting as one."""
    return list(dict.fromkeys(str(name).removesuffix("_median").removesuffix("_low80").removesuffix("_high80")
                              for name in rows.columns))  # fmt: skip


def _cell(row: dict[Any, Any], stem: str) -> str:
    if f"{stem}_median" in row:
        low, high = _figure(row[f"{stem}_low80"]), _figure(row[f"{stem}_high80"])
        middle = _figure(row[f"{stem}_median"])
        return middle if low == high else f"{middle} ({low}-{high})"
    return _figure(row[stem]) if isinstance(row[stem], float) else str(row[stem])


def _figure(value: float) -> str:
    for scale, letter in _SCALES:
        if abs(value) >= scale:
            return f"{value / (1e3 if letter == 'k' else scale):.3g}{letter}"
    return f"{value:.4g}" if abs(value) >= 1e3 or value == 0 else f"{value:.3g}"
