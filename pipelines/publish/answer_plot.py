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
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from shiftcast.features.input_error import InputError
from shiftcast.forecast.views.answer import Answer

_LEVELS: Final = {"plan": "to plan for", "can_serve": "can be served", "limit": "budget"}
_TIMES: Final = ("quarter", "month", "year", "period_end", "date")
_INTERVALS: Final = (("median", "low80", "high80"), ("q500", "q100", "q900"))
_MOST, _MOST_BARS = 8, 20  # lines, and bars, that a picture has room for
_FIRST: Final = ("after", "median")  # quantities drawn before others
_LEVELS_DRAWN: Final = {0.1: "q100", 0.5: "q500", 0.9: "q900"}
_NOTHING: Final = "this answer has no figures to draw; leave --plot out"
_BY: Final = "by_"
_UNNAMED: Final = ("kind", "unit", "source", "evidence", "note", "known_at", "statement", "says", "row")
_UNTOLD: Final = ("", "1", "share", "see unit")
_SALT: Final = "shiftcast"  # of names within an SVG, so that the same picture has the same bytes


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
    with rc_context({"svg.hashsalt": _SALT}):
        if file.suffix.lower() == ".html":
            file.write_text(_page(answer, figure), encoding="utf-8")
        else:
            figure.savefig(file, metadata={"Date": None} if file.suffix.lower() == ".svg" else None)


def quantity_of(table: pd.DataFrame, wanted: str = "") -> Drawn:
    """Return the quantity of a table that is drawn: the one wanted, else the first, one with an interval if there is.

    Parameters
    ----------
    table
        Table of an answer.
    wanted
        Stem of the quantity that the answer's picture shows; may be empty.

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
    spreads = {}
    for name in map(str, table.columns):
        stem, _, last = name.rpartition("_")
        for three in _INTERVALS:
            names = [f"{stem}_{each}" if stem else each for each in three]
            if last == three[0] and all(each in table for each in names):
                spreads[stem or "median"] = Drawn(stem or "median", *names)
    figures = [str(name) for name in table.select_dtypes("number") if name not in {*_TIMES, "draw"}]
    chosen = next((each for each in (wanted, *_FIRST) if each in spreads), "")
    if wanted in figures and not chosen:
        return Drawn(wanted, wanted)
    if not spreads and not figures:
        raise InputError(_NOTHING)
    return spreads.get(chosen) or next(iter(spreads.values()), None) or Drawn(figures[0], figures[0])


def _shown(answer: Answer) -> pd.DataFrame:
    """Return the rows that are drawn: odds a row a year, and quantiles side by side, where the table has them apart."""
    table = answer.table
    if answer.picture is not None and answer.picture.kind == "steps":
        odds = {name.removeprefix(_BY): value for name, value in table.iloc[0].items() if str(name).startswith(_BY)}
        return pd.DataFrame({"year": list(odds), "probability": list(odds.values())})
    if {"statistic", "quantile", "value"} <= set(table):
        rows = table[table["quantile"].isin(_LEVELS_DRAWN)]
        keys = [name for name in table if name not in {"statistic", "quantile", "value"} and rows[name].notna().all()]
        wide = rows.assign(quantile=rows["quantile"].map(_LEVELS_DRAWN))
        return wide.pivot_table("value", keys, "quantile", observed=True).reset_index()
    return table


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
    """Draw one quantity of a table, a line a part over time, or a bar a row."""
    table, axis = _shown(answer), figure.subplots()
    drawn = quantity_of(table, "" if answer.picture is None else answer.picture.y)
    shown = table[table[drawn.median].notna()]
    if shown.empty:
        raise InputError(_NOTHING)
    if "unit" in shown:  # one axis has one unit
        shown = shown[shown["unit"] == shown["unit"].iloc[0]]
    units = [answer.units.get(each, "") for each in (drawn.name, drawn.median)]
    unit = next((each for each in units if each not in _UNTOLD), str(shown["unit"].iloc[0]) if "unit" in shown else "")
    axis.set_ylabel(f"{drawn.name.replace('_', ' ')}{f' [{unit}]' if unit not in _UNTOLD else ''}")
    time = next((name for name in _TIMES if name in shown and len(set(shown[name])) > 1), "")
    (_lines if time else _bars)(axis, shown, drawn, time)
    axis.tick_params(axis="x", rotation=90, labelsize=7)


def _lines(axis: Axes, shown: pd.DataFrame, drawn: Drawn, time: str) -> None:
    for label, rows in _parts(shown, time):
        x = rows[time].astype(str).str.slice(0, 10)
        (line,) = axis.plot(x, rows[drawn.median], label=label)
        if drawn.low:
            axis.fill_between(x, rows[drawn.low], rows[drawn.high], alpha=0.2, color=line.get_color(), linewidth=0)
    if "kind" in shown and len(set(shown["kind"])) > 1:
        first = shown.loc[shown["kind"] == "forecast", time].astype(str).min()
        axis.axvline(first[:10], color="grey", linewidth=0.8, linestyle=":", label="forecast from here")
    if len(axis.lines) > 1:
        axis.legend(fontsize=8)


def _bars(axis: Axes, shown: pd.DataFrame, drawn: Drawn, _: str) -> None:
    bars = shown.head(_MOST_BARS)
    middle = bars[drawn.median].to_numpy(dtype=float)
    reach = np.abs(np.stack([bars[drawn.low], bars[drawn.high]]).astype(float) - middle) if drawn.low else None
    names = [_named(row) for row in bars[_labels(bars)].to_dict("records")]
    axis.bar(range(len(bars)), middle, yerr=reach, capsize=3, tick_label=names)


def _parts(shown: pd.DataFrame, time: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the rows of each part by name, the largest first that a picture has room for."""
    labels = _labels(shown, time)
    if not labels:
        yield "", shown
        return
    for key, rows in list(shown.groupby(labels, sort=False))[:_MOST]:
        yield _named(dict(zip(labels, key, strict=True))), rows


def _labels(shown: pd.DataFrame, time: str = "") -> list[str]:
    """Return the first columns of names that tell the rows of a part, or of one moment, apart."""
    named = [str(name) for name in shown if name not in {time, *_UNNAMED} and _is_name(shown[name])]
    differ = [name for name in named if len(set(shown[name].map(str))) > 1]
    for count in range(0 if time else 1, len(differ)):
        if not shown.duplicated([*differ[:count], *([time] if time else [])]).any():
            return differ[:count]
    return differ or named[:1]


def _is_name(column: pd.Series) -> bool:
    if pd.api.types.is_datetime64_any_dtype(column):
        return False
    return column.name in {"life", "draw"} or not pd.api.types.is_numeric_dtype(column)


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
