"""Draw the answer to a question: fans over quarters where it has some, else bars of its parts with intervals."""

from __future__ import annotations

import html
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure

from shiftcast.features.input_error import InputError
from shiftcast.forecast.views.answer import Answer

_LEVELS: Final = {"plan": "to plan for", "can_serve": "can be served", "limit": "budget"}
_TIMES: Final = ("quarter", "month", "year", "period_end", "date")
_INTERVALS: Final = (("median", "low80", "high80"), ("q500", "q100", "q900"))
_MOST: Final = 8  # lines of a fan, or bars
_SAME_BYTES: Final = {"svg.hashsalt": "shiftcast"}


class Drawn(NamedTuple):
    """What a picture shows of a table.

    Attributes
    ----------
    name
        The quantity.
    median, low, high
        Its columns; the last two are empty where it has no interval.
    """

    name: str
    median: str
    low: str = ""
    high: str = ""


def save_answer(answer: Answer, file: Path) -> None:
    """Write the picture of an answer; the same answer gives the same bytes.

    Parameters
    ----------
    answer
        Answer with its table, and its paths where it has some.
    file
        Picture to write: ``.png``, ``.svg``, or ``.html`` with the conclusion and the picture on one page.

    Raises
    ------
    InputError
        If nothing of the answer can be drawn.
    """
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    figure.suptitle(answer.question, fontsize=10, wrap=True)
    if answer.paths is not None:
        _paths(figure, answer.paths)
    else:
        _table(figure, answer)
    with rc_context(_SAME_BYTES):
        if file.suffix.lower() == ".html":
            file.write_text(_page(answer, figure), encoding="utf-8")
        else:
            figure.savefig(file, metadata={"Date": None} if file.suffix.lower() == ".svg" else None)


def quantity_of(table: pd.DataFrame) -> Drawn:
    """Return the first quantity of a table that can be drawn: one with an interval if there is one.

    Parameters
    ----------
    table
        Table of an answer.

    Returns
    -------
    Drawn
        Its name and columns.

    Raises
    ------
    InputError
        If no column is a figure.

    Examples
    --------
    >>> quantity_of(pd.DataFrame({"life": [4.0], "usd_median": [1.0], "usd_low80": [0.5], "usd_high80": [2.0]})).name
    'usd'
    """
    for name in map(str, table.columns):
        stem, _, last = name.rpartition("_")
        for three in _INTERVALS:
            names = [f"{stem}_{each}" if stem else each for each in three]
            if last == three[0] and all(each in table for each in names):
                return Drawn(stem or "median", *names)
    figures = [str(name) for name in table.select_dtypes("number") if name not in _TIMES]
    if not figures:
        raise InputError("this answer has no figures to draw; leave --plot out")
    return Drawn(figures[0], figures[0])


def _paths(figure: Figure, paths: pd.DataFrame) -> None:
    """Draw median and 80 % interval of each panel over time, and the levels they are held against."""
    axis = figure.subplots()
    for name, rows in paths.groupby("panel", sort=False):
        (line,) = axis.plot(rows["x"], rows["median"], label=str(name))
        axis.fill_between(rows["x"], rows["low80"], rows["high80"], alpha=0.2, color=line.get_color(), linewidth=0)
        for level in [each for each in _LEVELS if each in rows]:
            axis.plot(rows["x"], rows[level], linestyle="--", color=line.get_color(), label=_LEVELS[level])
    axis.tick_params(axis="x", rotation=90, labelsize=7)
    axis.set(ylabel=paths["unit"].iloc[0] if "unit" in paths else "accelerators", ylim=(0, None))
    axis.legend(fontsize=8)


def _table(figure: Figure, answer: Answer) -> None:
    """Draw the first quantity of a table, a line a part over time, or a bar a row."""
    drawn, table, axis = quantity_of(answer.table), answer.table, figure.subplots()
    shown = table[table[drawn.median].notna()]
    time = next((name for name in _TIMES if name in shown and len(set(shown[name])) > 1), "")
    unit = answer.units.get(drawn.name) or (str(shown["unit"].iloc[0]) if "unit" in shown and len(shown) else "")
    axis.set_ylabel(f"{drawn.name.replace('_', ' ')}{f' [{unit}]' if unit not in {'', '1'} else ''}")
    if time:
        for label, rows in _parts(shown, time):
            x = rows[time].astype(str).str.slice(0, 10)
            (line,) = axis.plot(x, rows[drawn.median], label=label)
            if drawn.low:
                axis.fill_between(x, rows[drawn.low], rows[drawn.high], alpha=0.2, color=line.get_color(), linewidth=0)
        if len(axis.lines) > 1:
            axis.legend(fontsize=8)
    else:
        bars = shown.head(_MOST)
        middle = bars[drawn.median].to_numpy(dtype=float)
        reach = np.abs(np.stack([bars[drawn.low], bars[drawn.high]]).astype(float) - middle) if drawn.low else None
        names = [_named(row) for row in bars[_labels(bars)].to_dict("records")]
        axis.bar(range(len(bars)), middle, yerr=reach, capsize=3, tick_label=names)
    axis.tick_params(axis="x", rotation=90, labelsize=7)


def _parts(shown: pd.DataFrame, time: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the rows of each part by name, the largest first that a picture has room for."""
    labels = [name for name in _labels(shown) if name != time]
    if not labels:
        yield "", shown
        return
    for key, rows in list(shown.groupby(labels, sort=False))[:_MOST]:
        yield _named(dict(zip(labels, key, strict=True))), rows


def _labels(shown: pd.DataFrame) -> list[str]:
    """Return the columns that tell rows apart: names that differ, and a life in years."""
    names = [str(name) for name in shown if not pd.api.types.is_numeric_dtype(shown[name]) or name == "life"]
    return [name for name in names if len(set(shown[name].map(str))) > 1][:3] or names[:1]


def _named(row: dict[str, object]) -> str:
    return " ".join(f"{value:g} y" if name == "life" else str(value)[:24] for name, value in row.items())


def _page(answer: Answer, figure: Figure) -> str:
    """Return a page that needs nothing beside itself: the conclusion, the picture and the notes."""
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None})
    notes = "".join(f"<li>{html.escape(note)}</li>" for note in answer.notes)
    picture = drawn.getvalue()[drawn.getvalue().index("<svg") :]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(answer.question)}</title>'
        f"<p><b>{html.escape(answer.says or answer.question)}</b></p>{picture}"
        f"<ul>{notes}</ul></html>\n"
    )
