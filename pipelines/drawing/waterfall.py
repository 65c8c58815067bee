"""Draw how a figure becomes another: the first, each step that adds or takes away, and the last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd

from shiftcast.forecast.telling.words import named
from shiftcast.pipelines.drawing.panels import value_axis
from shiftcast.pipelines.drawing.picture import Picture
from shiftcast.pipelines.drawing.rendered import Spec
from shiftcast.pipelines.drawing.rows import Rows
from shiftcast.pipelines.drawing.scales import Scale, scale_of
from shiftcast.pipelines.drawing.theme import BLUE, GREY, INK, VERMILION
from shiftcast.pipelines.drawing.words import bare, unit_text, valued, within

_THICK: Final = 14  # of a bar [px]
_MOST_TOLD: Final = 6


def waterfall(first: tuple[str, float], steps: pd.DataFrame, *, last: str, title: str, unit: str) -> Picture:
    """Return the picture of steps from one figure to another.

    Parameters
    ----------
    first
        Name and figure that it begins with.
    steps
        ``label`` and ``change``, and ``low80, high80`` of the change where known, in their order.
    last
        Name of the figure that it ends with, which is the first and all changes.
    title
        What it is of, or shows.
    unit
        Code of the unit.

    Returns
    -------
    Picture
    """
    rows = _walked(first, steps, last)
    told = [_told(row, unit) for row in rows.to_dict("records")]
    ends = rows[["start", "end"]].to_numpy(dtype=float).ravel()
    scale = scale_of(list(ends), log=False)
    left = len(told) - 1 - _MOST_TOLD
    more = f" {left} more steps are in the table." if left > 0 else ""
    alt = f"{title}. {'; '.join([*told[:-1][:_MOST_TOLD], told[-1]])}.{more}"
    return Picture(title, lambda width: _spec(rows, scale, unit, told, width), alt, _table(rows, unit))


def _walked(first: tuple[str, float], steps: pd.DataFrame, last: str) -> pd.DataFrame:
    """Return a row a bar: where it starts and ends, and what it changes; a figure itself starts at zero."""
    name, at = first
    rows: list[dict[str, Any]] = [{"label": name, "start": 0.0, "end": at, "kind": "figure"}]
    for row in steps.to_dict("records"):
        rows.append({**row, "start": at, "end": at + row["change"], "kind": "step"})
        at += row["change"]
    return pd.DataFrame([*rows, {"label": last, "start": 0.0, "end": at, "kind": "figure"}])


def _spec(rows: pd.DataFrame, scale: Scale, unit: str, told: Sequence[str], width: int) -> Spec:
    names, words = [named(label) for label in rows["label"]], [_words(row, unit) for row in rows.to_dict("records")]
    frame = Rows(names, words, told, [""] * len(rows), width)
    axis = value_axis(scale, frame.plot, share=unit == "share", title=unit_text(unit))
    x = {"type": "quantitative", "scale": scale.spec(), "axis": axis}
    values = [
        {"y": middle, "from": row["start"], "to": row["end"], "colour": _colour(row),
         "next": middle + frame.step if at + 1 < len(rows) else middle}
        for at, (middle, row) in enumerate(zip(frame.middles, rows.to_dict("records"), strict=True))
    ]  # fmt: skip
    colour = {"field": "colour", "type": "nominal", "scale": None}
    layers = [
        {"data": {"values": values}, "mark": {"type": "rule", "color": INK, "opacity": 0.5, "aria": False},
         "encoding": {"x": {"field": "to", **x}, "y": frame.y(), "y2": {"field": "next"}}},
        {"data": {"values": values}, "mark": {"type": "bar", "height": _THICK, "opacity": 1, "aria": False},
         "encoding": {"x": {"field": "from", **x}, "x2": {"field": "to"}, "y": frame.y(), "color": colour}},
    ]  # fmt: skip
    return frame.spec(layers)


def _colour(row: dict[str, Any]) -> str:
    if row["kind"] == "figure":
        return GREY
    return BLUE if row["change"] >= 0 else VERMILION


def _words(row: dict[str, Any], unit: str) -> str:
    if row["kind"] == "figure":
        return bare(row["end"], unit)
    sign = "+" if row["change"] > 0 else ""
    if pd.isna(row.get("low80")):
        return f"{sign}{bare(row['change'], unit)}"
    return f"{sign}{bare(row['change'], unit)} ({bare(row['low80'], unit)} to {bare(row['high80'], unit)})"


def _told(row: dict[str, Any], unit: str) -> str:
    if row["kind"] == "figure":
        return f"{named(row['label'])}: {valued(row['end'], unit)}"
    way = "adds" if row["change"] >= 0 else "takes away"
    interval = "" if pd.isna(row.get("low80")) else f" ({within(row['low80'], row['high80'], unit)})"
    return f"{named(row['label'])} {way} {valued(abs(row['change']), unit)}{interval}"


def _table(rows: pd.DataFrame, unit: str) -> pd.DataFrame:
    after = f" [{unit_text(unit)}]" if unit_text(unit) else ""
    heads = {"label": "what", "change": f"change{after}", "low80": f"8 in 10 from{after}",
             "high80": f"8 in 10 to{after}", "end": f"figure after it{after}"}  # fmt: skip
    return rows[[name for name in heads if name in rows]].rename(columns=heads)
