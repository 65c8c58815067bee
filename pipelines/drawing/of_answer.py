"""The picture of an answer: fans over time where it has some, steps between two figures, else bars of its parts."""

from __future__ import annotations

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
    called,
    names_of,
    quantity_of,
    shown_rows,
    unit_of,
)  # fmt: skip
from shiftcast.pipelines.drawing.times import is_time

_LEVELS: Final = {"plan": "to plan for", "can_serve": "can be served", "limit": "budget"}
_MOST, _MOST_BARS, _MOST_LINES = 12, 20, 3  # panels, bars, and lines of one panel, that a picture has room for
_COUNTED: Final = "accelerator"  # unit of paths that name none


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
    if answer.paths is not None and len(answer.paths):
        return _of_paths(answer, answer.paths)
    return _of_table(answer)


def _title(answer: Answer, shown: int = 0, all_of: int = 0, what: str = "parts") -> str:
    left = f" ({shown} of {all_of} {what})" if all_of > shown else ""
    return plain_words(answer.question) + left


def _of_paths(answer: Answer, paths: pd.DataFrame) -> Picture:
    """Draw median and interval of each panel over time, and the levels they are held against."""
    panels = list(dict.fromkeys(paths["panel"].astype(str)))
    paths = paths[paths["panel"].astype(str).isin(panels[:_MOST])].reset_index(drop=True)
    levels = [name for name in _LEVELS if name in paths and paths[name].notna().any()]
    unit = paths["unit"].astype(str) if "unit" in paths else pd.Series(_COUNTED, index=paths.index)
    base = pd.DataFrame({"panel": paths["panel"].astype(str), "when": paths["x"], "unit": unit})
    main = base.assign(
        line="forecast" if levels else "", **{name: paths[name] for name in ("median", "low80", "high80")}
    )
    lines = [base.assign(line=_LEVELS[name], median=paths[name]).dropna(subset=["median"]) for name in levels]
    rows = pd.concat([main, *lines], ignore_index=True)
    if len(panels) == 1 and panels[0] == "":
        rows["panel"] = ""
    title = _title(answer, min(_MOST, len(panels)), len(panels), "panels")
    return fan(rows, title=title, unit=str(unit.iloc[0]), moments=_moments(answer, main))


def _of_table(answer: Answer) -> Picture:
    """Draw one quantity of a table, a line a part over time, or a bar a row."""
    table = shown_rows(answer)
    drawn = quantity_of(table, "" if answer.picture is None else answer.picture.y)
    shown = table[table[drawn.median].notna()]
    if shown.empty:
        raise InputError(NOTHING)
    if "unit" in shown:  # one axis has one unit
        shown = shown[shown["unit"] == shown["unit"].iloc[0]]
    if answer.picture is not None and answer.picture.kind == "steps":
        return odds(shown.rename(columns={"year": "when"}), title=_title(answer), moments=_moments(answer))
    unit = unit_of(answer, drawn, shown)
    time = next((name for name in TIMES if name in shown and len(set(shown[name])) > 1 and is_time(shown[name])), "")
    rows = _plain(shown, drawn)
    return _lines(answer, shown, rows, time, unit) if time else _bars(answer, shown, rows, unit)


def _plain(shown: pd.DataFrame, drawn: Drawn) -> pd.DataFrame:
    """Return the quantity by the names that pictures know."""
    found = {"median": shown[drawn.median].astype(float)}
    if drawn.low:
        found |= {"low80": shown[drawn.low].astype(float), "high80": shown[drawn.high].astype(float)}
    return pd.DataFrame(found)


def _lines(answer: Answer, shown: pd.DataFrame, rows: pd.DataFrame, time: str, unit: str) -> Picture:
    """Draw a line a part: in one panel where they are few, else a panel each."""
    names = names_of(shown, time)
    parts = [called(row) for row in shown[names].to_dict("records")] if names else [""] * len(shown)
    found = list(dict.fromkeys(parts))
    rows = rows.assign(when=shown[time], part=parts)
    if "kind" in shown:
        rows["kind"] = shown["kind"]
    rows = rows[rows["part"].isin(found[:_MOST])].drop_duplicates(["part", "when"])
    rows = rows.rename(columns={"part": "line" if len(found) <= _MOST_LINES else "panel"})
    if len(found) == 1:
        rows["line"] = ""
    title = _title(answer, min(_MOST, len(found)), len(found))
    return fan(rows, title=title, unit=unit, moments=_moments(answer, rows), look=Look(line=_line(rows)))


def _line(rows: pd.DataFrame) -> str:
    return "median" if "low80" in rows else "value"


def _bars(answer: Answer, shown: pd.DataFrame, rows: pd.DataFrame, unit: str) -> Picture:
    labels = [called(row) for row in shown[names_of(shown)].to_dict("records")]
    rows = rows.assign(label=labels).head(_MOST_BARS)
    return bars(rows, title=_title(answer, min(_MOST_BARS, len(shown)), len(shown), "rows"), unit=unit)


def _moments(answer: Answer, rows: pd.DataFrame | None = None) -> Moments:
    """Return the day that an answer sees the world from, and the last period that is no forecast."""
    today = answer.provenance.as_of if answer.provenance is not None else None
    reported: Any = None
    if rows is not None and "kind" in rows and len(set(rows["kind"])) > 1:
        reported = rows.loc[rows["kind"] != "forecast", "when"].max()
    return Moments(today, reported)
