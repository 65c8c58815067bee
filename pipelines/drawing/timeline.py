"""Draw events by date, a name a line: colour and shape by class, fill by extent, a ring where computed ahead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Any, Final

import pandas as pd

from shiftcast.forecast.telling.words import named
from shiftcast.pipelines.drawing.panels import UNMARKED, Frame, Moments
from shiftcast.pipelines.drawing.picture import Picture
from shiftcast.pipelines.drawing.rendered import TIP, Spec
from shiftcast.pipelines.drawing.scales import LETTER, Scale
from shiftcast.pipelines.drawing.theme import GREY, INK, PAPER, colours
from shiftcast.pipelines.drawing.times import placed

FULL, PART, TRIAL, UNSTATED = "all", "part", "trial", "unstated"
_EXTENTS: Final[Mapping[str, str]] = {
    FULL: "solid: all of it", PART: "half: a part", TRIAL: "hollow: a test", UNSTATED: "small: extent unstated",
}  # fmt: skip
_SHAPES: Final = ("circle", "diamond", "square", "triangle-up")
_KNOWN: Final[Mapping[str, str]] = {"deep": "circle", "sequence": "diamond", "llm": "square"}
_OLDER: Final = "older classes"
_SIZE, _SMALL, _RING = 90, 34, 260  # of marks [px²]
_LANE, _ROW, _HEAD = 13, 20, 26  # heights of a lane more, of a row, and of a heading [px]
_APART: Final = 14  # marks nearer than this cover each other [px]
_MOST_NAME: Final = 120  # room of names [px]
_KEY: Final = 20  # height of a line of the key [px]


@dataclass(frozen=True)
class _Timeline:
    """Events, and how wide they are drawn."""

    rows: pd.DataFrame
    moments: Moments
    width: int

    @cached_property
    def left(self) -> int:
        return min(_MOST_NAME, ceil(LETTER * max(len(name) for name in self.rows["name"]))) + 10

    @cached_property
    def plot(self) -> int:
        return self.width - self.left - 16

    @cached_property
    def first(self) -> float:
        return float(int(self.rows["from"].min()))

    @cached_property
    def last(self) -> float:
        return float(self.rows["to"].max()) + (self.rows["to"].max() - self.first) * 0.03

    @cached_property
    def laid(self) -> tuple[pd.DataFrame, list[dict[str, Any]], int]:
        """Return rows with the height of their mark, names and headings with theirs, and that of all [px]."""
        rows, near = self.rows, _APART * (self.last - self.first) / self.plot
        heights, texts, at = [], [], 0.0
        for group, part in rows.groupby("group", sort=False):
            if group:
                texts.append({"y": at + _HEAD / 2, "text": str(group), "head": True})
                at += _HEAD
            for name, own in part.groupby("name", sort=False):
                lanes = _lanes(list(own["middle"]), near)
                heights += [at + _ROW / 2 + _LANE * lane for lane in lanes]
                texts.append(
                    {"y": at + _ROW / 2 + _LANE * max(lanes) / 2, "text": _cut(named(str(name))), "head": False}
                )
                at += _ROW + _LANE * max(lanes)
        return rows.assign(y=heights), texts, ceil(at)


def timeline(rows: pd.DataFrame, *, title: str, alt: str, moments: Moments = UNMARKED) -> Picture:
    """Return the picture of events.

    Parameters
    ----------
    rows
        ``group, name`` (the line it stands on), ``start, end`` (days between which it may have happened), ``kind`` (the
        class that gives colour and shape), ``extent`` (``all, part, trial`` or ``unstated``), ``ringed`` (whether it
        is computed ahead of the request) and ``says``; in the order of lines.
    title
        What it is of, or shows.
    alt
        What is seen, in a sentence with its figures.
    moments
        Moments that are marked by rules.

    Returns
    -------
    Picture
    """
    rows = rows.assign(
        **{"from": [placed(day)[0] for day in rows["start"]], "to": [placed(day)[0] for day in rows["end"]]}
    )
    rows = rows.assign(middle=(rows["from"] + rows["to"]) / 2)
    lines = rows.groupby(["group", "name"], sort=False).ngroup()
    rows = rows.assign(line=lines).sort_values(["line", "middle"], kind="stable").reset_index(drop=True)
    table = pd.DataFrame({"group": rows["group"], "who": rows["name"].map(named), "from": rows["start"].map(_day),
                          "to": rows["end"].map(_day), "what": rows["says"]})  # fmt: skip
    return Picture(title, lambda width: _spec(_Timeline(rows, moments, width)), alt, table)


def _spec(line: _Timeline) -> Spec:
    rows, texts, height = line.laid
    frame = Frame(line.plot, height, line.first, line.last, Scale(0.0, 1.0, ()))
    y = {"field": "y", "type": "quantitative", "scale": {"domain": [height, 0], "nice": False, "zero": False},
         "axis": None}  # fmt: skip
    looks = _looks(rows)
    marks = [_mark(row, *looks[row["kind"]]) for row in rows.to_dict("records")]
    spans = [{"from": row["from"], "to": row["to"], "y": row["y"]} for row in rows.to_dict("records")]
    layers: list[dict[str, Any]] = [
        {"data": {"values": spans}, "mark": {"type": "rule", "strokeWidth": 2, "color": INK, "opacity": 0.25,
                                             "aria": False},
         "encoding": {"x": frame.x("from"), "x2": {"field": "to"}, "y": y}},
        frame.times(),
        *line.moments.rules(frame),
        {"data": {"values": [row for row in marks if row["ringed"]]},
         "mark": {"type": "point", "shape": "circle", "size": _RING, "filled": False, "strokeWidth": 1, "stroke": INK,
                  "opacity": 0.8, "aria": False}, "encoding": {"x": frame.x(), "y": y}},
        _points(marks, {"x": frame.x(), "y": y, "description": {"field": "said"}}),
        *(_texts([row for row in texts if row["head"] is head], y, -line.left if head else -10, head)
          for head in (True, False)),
        *_key(looks, line.plot, line.left),
    ]  # fmt: skip
    return {"width": line.plot, "height": height, "layer": layers}


def _points(marks: list[dict[str, Any]], encoding: Mapping[str, Any]) -> dict[str, Any]:
    raw = {name: {"field": name, "type": "nominal", "scale": None} for name in ("shape", "fill", "stroke")}
    sizes = {name: {"field": name, "type": "quantitative", "scale": None} for name in ("size", "fillOpacity")}
    mark = {"type": "point", "strokeWidth": 1.5, "opacity": 1}
    return {"data": {"values": marks}, "mark": mark, "encoding": {**encoding, **raw, **sizes}}


def _mark(row: Mapping[str, Any], colour: str, shape: str) -> dict[str, Any]:
    hollow, small = row["extent"] == TRIAL, row["extent"] == UNSTATED
    return {
        "at": row.get("middle", 0.0), "y": row.get("y", 0.0), "shape": shape, "stroke": colour,
        "fill": PAPER if hollow else colour, "fillOpacity": 0.4 if row["extent"] == PART else 1.0,
        "size": _SMALL if small else _SIZE, "ringed": bool(row.get("ringed", False)),
        "said": f"{TIP}{row.get('says', '')}",
    }  # fmt: skip


def _texts(rows: list[dict[str, Any]], y: Mapping[str, Any], x: int, head: bool) -> dict[str, Any]:
    mark = {"type": "text", "align": "left" if head else "right", "baseline": "middle", "aria": False,
            "fontWeight": "bold" if head else "normal"}  # fmt: skip
    return {"data": {"values": rows}, "mark": mark, "encoding": {"x": {"value": x}, "y": y, "text": {"field": "text"}}}


def _looks(rows: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Return colour and shape of each class."""
    kinds = sorted(
        set(rows["kind"]), key=lambda kind: (kind not in _KNOWN, list(_KNOWN).index(kind) if kind in _KNOWN else kind)
    )
    paint = colours(kinds)
    return {kind: (paint[kind] if kind in _KNOWN else GREY, _KNOWN.get(kind, _SHAPES[-1])) for kind in kinds}


def _key(looks: Mapping[str, tuple[str, str]], plot: int, left: int) -> list[dict[str, Any]]:
    """Return layers that name classes, extents and the ring, in lines above the panel."""
    classes = {named(kind) if kind in _KNOWN else _OLDER: look for kind, look in looks.items()}
    shown = [(name, _mark({"extent": FULL}, *look)) for name, look in classes.items()]
    shown += [(words, _mark({"extent": extent}, GREY, "circle")) for extent, words in _EXTENTS.items()]
    shown += [("ring: computed ahead of the request", {**_mark({"extent": TRIAL}, INK, "circle"), "size": _RING * 0.7})]
    x, line, rows = -left + 8.0, 0, []
    for name, mark in shown:
        wide = LETTER * len(name) + 26
        if x + wide > plot and x > -left + 8:
            x, line = -left + 8.0, line + 1
        rows.append({**mark, "x": x, "line": line, "name": name})
        x += wide
    layers = []
    for row in rows:
        top = {"value": -24 - _KEY * (rows[-1]["line"] - row["line"])}
        point = _points([row], {"x": {"value": row["x"]}, "y": top})
        layers.append({**point, "mark": {**point["mark"], "aria": False}})
        layers.append({"data": {"values": [row]}, "mark": {"type": "text", "align": "left", "dx": 9, "aria": False,
                                                           "baseline": "middle"},
                       "encoding": {"x": {"value": row["x"]}, "y": top, "text": {"field": "name"}}})  # fmt: skip
    return layers


def _lanes(middles: list[float], near: float) -> list[int]:
    """Return for each moment, in order, the first lane whose last mark is far enough before.

    Examples
    --------
    >>> _lanes([2025.0, 2025.1, 2025.15, 2025.5], 0.2)
    [0, 1, 2, 0]
    """
    last: list[float] = []
    lanes = []
    for middle in middles:
        lane = next((at for at, before in enumerate(last) if middle - before >= near), len(last))
        last[lane : lane + 1] = [middle]
        lanes.append(lane)
    return lanes


def _cut(name: str) -> str:
    letters = int(_MOST_NAME / LETTER)
    return name if len(name) <= letters else name[: letters - 1] + "…"


def _day(day: Any) -> str:
    return str(day)[:10]
