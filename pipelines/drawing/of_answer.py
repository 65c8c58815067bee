"""The picture of an answer: fans over time where it has some, steps between two figures, else bars of its parts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from shiftcast.features.input_error import InputError
from shiftcast.forecast.telling.words import plain_words
from shiftcast.forecast.views.answer import SHOWN, Answer
from shiftcast.pipelines.drawing.bars import bars
from shiftcast.pipelines.drawing.fan import Look, fan
from shiftcast.pipelines.drawing.odds import odds
from shiftcast.pipelines.drawing.panels import Moments
from shiftcast.pipelines.drawing.picture import Picture
from shiftcast.pipelines.drawing.quantities import (
    NOTHING,
    TIMES,
    Drawn,
    by_row,
    called,
    names_of,
    quantity_of,
    shown_rows,
    unit_of,
)
from shiftcast.pipelines.drawing.stream import stream
from shiftcast.pipelines.drawing.times import is_time, periods
from shiftcast.pipelines.drawing.waterfall import waterfall

_LEVELS: Final = {"plan": "to plan for", "can_serve": "can be served", "limit": "budget"}
_BESIDE: Final[Mapping[str, Mapping[str, Drawn]]] = {
    "free_median": {
        "free": Drawn("free", "free_median", "free_low80", "free_high80"),
        "imposed": Drawn("median", "median", "low80", "high80"),
    },
    "offset_after": {"as it is": Drawn("before", "before"), "relabelled": Drawn("after", "after")},
}  # column that tells a table of two lines apart, and their quantities
_MOST, _MOST_BARS, _MOST_LINES = 12, 20, 4  # panels, bars, and lines of one panel, that a picture has room for
_COUNTED: Final = "accelerator"  # unit of paths that name none
_ODDS: Final = "odds_"
_NONE: Final = "nothing"  # what is left of the odds of limits
_LIMITS: Final = {"power": "facility power"}  # elsewhere the name of a measure
_SENTENCE: Final = re.compile(r"(?<=[a-z0-9%)])\.\s+(?=[A-Z0-9])")
_LONGEST: Final = 170  # letters of a heading


def draw(answer: Answer) -> Picture:
    """Return the picture of an answer to any question.

    Parameters
    ----------
    answer
        Answer with its table, and its paths where it has some.

    Returns
    -------
    Picture
        Of its paths, else of one quantity of its table: a line a part over time, or a bar a row.

    Raises
    ------
    InputError
        If nothing of the answer can be drawn.
    """
    picture, asked = _drawn(answer), plain_words(answer.question)
    return picture if picture.title.startswith(asked) else replace(picture, asked=asked)


def _drawn(answer: Answer) -> Picture:
    if answer.paths is not None and len(answer.paths):
        return _of_paths(answer, answer.paths)
    table = shown_rows(answer)
    if answer.picture is not None and answer.picture.kind == "steps":
        rows = table.rename(columns={"year": "when"}).dropna()
        return odds(_some(rows), title=_title(answer), moments=_moments(answer))
    if answer.picture is not None and answer.picture.x == "factor" and "mean" in table:
        return steps_of(table, _title(answer))
    if answer.picture is not None and answer.picture.y == "odds" and "quarter" in table:
        return _odds(answer, table)
    beside = next((two for column, two in _BESIDE.items() if column in table and "quarter" in table), None)
    return _beside(answer, table, beside) if beside else _of_table(answer, table)


def _title(answer: Answer, shown: int = 0, all_of: int = 0, what: str = "parts") -> str:
    """Return the first sentence of the answer, if it is short, else what was asked, and how much of it is drawn."""
    first = _SENTENCE.split(plain_words(answer.says))[0]
    title = first if first and len(first) <= _LONGEST else plain_words(answer.question)
    return title + (f" ({shown} of {all_of} {what} are drawn)" if all_of > shown else "")


def _some(rows: pd.DataFrame) -> pd.DataFrame:
    if rows.empty:
        raise InputError(NOTHING)
    return rows


def _of_paths(answer: Answer, paths: pd.DataFrame) -> Picture:
    """Draw median and interval of each panel over time, and the levels they are held against."""
    panels = list(dict.fromkeys(paths["panel"].astype(str)))
    paths = paths[paths["panel"].astype(str).isin(panels[:_MOST])].reset_index(drop=True)
    levels = [name for name in _LEVELS if name in paths and paths[name].notna().any()]
    unit = paths["unit"].astype(str) if "unit" in paths else pd.Series(_COUNTED, index=paths.index)
    base = pd.DataFrame({"panel": paths["panel"].astype(str), "when": paths["x"], "unit": unit})
    main = base.assign(line="forecast" if levels else "", **{name: paths[name] for name in SHOWN})
    lines = [base.assign(line=_LEVELS[name], median=paths[name]).dropna(subset=["median"]) for name in levels]
    rows = pd.concat([main, *lines], ignore_index=True)
    title = _title(answer, min(_MOST, len(panels)), len(panels), "panels")
    return fan(rows, title=title, unit=str(unit.iloc[0]), moments=_moments(answer))


def steps_of(table: pd.DataFrame, title: str) -> Picture:
    """Return how the first figure of an attribution becomes the last, factor by factor, on the mean.

    Parameters
    ----------
    table
        Table of an answer to ``attribute``, whose parts add up.
    title
        What the picture says.

    Returns
    -------
    Picture
    """
    first, last = table.iloc[0], table.iloc[-1]
    steps = table.iloc[1:-1].rename(columns={"factor": "label", "mean": "change"})
    return waterfall(
        (str(first["factor"]), float(first["mean"])), steps[["label", "change", "low80", "high80"]],
        last=str(last["factor"]), title=title, unit=str(first["unit"]),
    )  # fmt: skip


def _odds(answer: Answer, table: pd.DataFrame) -> Picture:
    """Draw which limit is how likely the one that binds, or that none does, quarter by quarter."""
    none = (1 - table.filter(regex=f"^{_ODDS}").sum(axis=1)).round(9).clip(lower=0.0)
    table = table.assign(**{f"{_ODDS}{_NONE}": none})
    names = [name for name in table if str(name).startswith(_ODDS) and table[name].any()]
    rows = table.melt("quarter", names, "part", "share").rename(columns={"quarter": "when"})
    rows["part"] = rows["part"].str.removeprefix(_ODDS).replace(_LIMITS)
    return stream(_some(rows), title=_title(answer), moments=_moments(answer))


def _beside(answer: Answer, table: pd.DataFrame, lines: Mapping[str, Drawn]) -> Picture:
    """Draw two quantities of a table on one axis."""
    rows = pd.concat([drawn.rows(table).assign(when=table["quarter"], line=line) for line, drawn in lines.items()])
    unit = unit_of(answer, next(iter(lines.values())), table)
    return fan(rows, title=_title(answer), unit=unit, moments=_moments(answer, table))


def _of_table(answer: Answer, table: pd.DataFrame) -> Picture:
    """Draw one quantity of a table, a line a part over time, or a bar a row."""
    drawn = quantity_of(table, "" if answer.picture is None else answer.picture.y)
    shown = _some(table[table[drawn.median].notna()])
    unit = unit_of(answer, drawn, shown)
    time = next((name for name in TIMES if name in shown and len(set(shown[name])) > 1 and is_time(shown[name])), "")
    if time:
        units = shown["unit"] if by_row(answer, drawn, shown) else None
        return _lines(answer, shown, drawn.rows(shown), time, unit, units)
    total = len(shown)
    if by_row(answer, drawn, shown):  # one axis has one unit
        shown = shown[shown["unit"] == shown["unit"].iloc[0]]
    labels = [called(row) for row in shown[names_of(shown)].to_dict("records")]
    rows = drawn.rows(shown).assign(label=labels).head(_MOST_BARS)
    return bars(rows, title=_title(answer, min(_MOST_BARS, len(shown)), total, "rows"), unit=unit)


def _lines(
    answer: Answer, shown: pd.DataFrame, rows: pd.DataFrame, time: str, unit: str, units: pd.Series | None
) -> Picture:  # fmt: skip
    """Draw a line a part: in one panel where they are few, else a panel each, or a panel a group of few lines."""
    names = names_of(shown, time)
    last, groups = names[-1:], names[:-1]
    fits = not last or shown.groupby(groups or time)[last[0]].nunique().max() <= _MOST_LINES
    fits = fits and (units is None or len(set(units)) == 1)
    panels, lines = (groups, last) if fits else (names, [])
    cells = shown[names].to_dict("records")
    rows = rows.assign(
        when=periods(shown[time]),
        panel=[called({name: cell[name] for name in panels}) if panels else "" for cell in cells],
        line=[called({name: cell[name] for name in lines}) if lines else "" for cell in cells],
        **({} if units is None else {"unit": units}),
    )
    found = list(dict.fromkeys(rows["panel"]))
    rows = rows[rows["panel"].isin(found[:_MOST])].drop_duplicates(["panel", "line", "when"])
    look = Look(line="median" if "low80" in rows else "value")
    title = _title(answer, min(_MOST, len(found)), len(found))
    return fan(rows, title=title, unit=unit, moments=_moments(answer, shown, time), look=look)


def _moments(answer: Answer, rows: pd.DataFrame | None = None, time: str = "quarter") -> Moments:
    """Return the day that an answer sees the world from, and the last period that is no forecast."""
    today = answer.provenance.as_of if answer.provenance is not None else None
    reported: Any = None
    if rows is not None and "kind" in rows and len(set(rows["kind"])) > 1:
        reported = periods(rows.loc[rows["kind"] != "forecast", time].sort_values())[-1]
    return Moments(today, reported)
