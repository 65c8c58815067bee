"""Draw fans over time: median, 8 in 10 and 95 % of each line, a panel a part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import pandas as pd

from shiftcast.features.frames import ALL
from shiftcast.forecast.telling.words import named
from shiftcast.pipelines.drawing.panels import (
    AXIS,
    UNMARKED,
    Frame,
    Moments,
    end_labels,
    grid_of,
    headed,
    label_room,
    together,
    words_of_marks,
)  # fmt: skip
from shiftcast.pipelines.drawing.picture import NARROW, Picture
from shiftcast.pipelines.drawing.rendered import TIP, Spec
from shiftcast.pipelines.drawing.scales import WHOLE, Scale, scale_of
from shiftcast.pipelines.drawing.theme import GREY, MILD, PALE, PAPER, colours, dash_of
from shiftcast.pipelines.drawing.times import periods, placed
from shiftcast.pipelines.drawing.words import unit_text, valued, within

_BANDS: Final = (("low95", "high95", PALE), ("low80", "high80", MILD))
_LEVELS: Final = (("low80", "8 in 10 from"), ("high80", "8 in 10 to"),
                  ("low95", "95 % from"), ("high95", "95 % to"))  # fmt: skip
_TALL, _SMALLER = 260, 150  # height of a panel alone, and among many [px]
_MANY: Final = 4
_HEADROOM: Final = 1.5  # of 95 % intervals over those of 80 %, within which they are wholly shown
_SHORTER: Final = 0.75  # of the time of all panels, below which a panel has its own
_MOST_TOLD: Final = 4  # lines that the words of a picture name
_ENOUGH: Final = 1e-4  # of a year, beside the first and last moment


@dataclass(frozen=True)
class Look:
    """How panels over time look.

    Attributes
    ----------
    columns
        Most panels side by side; by itself if ``None``.
    log
        Whether values are on a logarithmic axis; by itself where they range over more than a decade.
    alike
        Whether all panels have the axis of the largest.
    whole
        Whether the axis of shares reaches from 0 to 100 % however low they are.
    line
        What a line is, at the head of its column of the table.
    told
        Whether panels and lines are names of the record, which are said in words.
    """

    columns: int | None = None
    log: bool | None = None
    alike: bool = False
    whole: bool = False
    line: str = "median"
    told: bool = True


PLAIN: Final = Look()


@dataclass(frozen=True)
class _Fan:
    """What all panels of a picture share."""

    rows: pd.DataFrame
    unit: str
    moments: Moments
    stated: pd.DataFrame
    colours: Mapping[str, str]
    look: Look
    units: Mapping[str, str] = field(default_factory=dict)

    @property
    def panels(self) -> list[str]:
        return list(dict.fromkeys(self.rows["panel"]))

    def name(self, code: str) -> str:
        return named(code) if self.look.told else code

    def unit_of(self, panel: str) -> str:
        return self.units.get(panel, self.unit)


def fan(
    rows: pd.DataFrame, *, title: str, unit: str, moments: Moments = UNMARKED,
    stated: pd.DataFrame | None = None, look: Look = PLAIN,
) -> Picture:  # fmt: skip
    """Return the picture of quantiles over time.

    Parameters
    ----------
    rows
        ``when`` (a quarter, month, year or day), ``median``, and where known ``low80, high80, low95, high95``;
        ``line`` and ``panel`` where there are several, and ``unit`` where panels differ.
    title
        What it is of, or shows.
    unit
        Code of the unit, such as ``share`` or ``USD/quarter``.
    moments
        Moments that are marked by rules.
    stated
        Statements, the only markers: ``when, value, says``, and ``line`` and ``panel`` as in ``rows``.
    look
        How the panels look.

    Returns
    -------
    Picture
    """
    rows = _whole(rows)
    stated = _whole(pd.DataFrame(columns=["when", "value", "says"]) if stated is None else stated)
    units = dict(zip(rows["panel"], rows["unit"], strict=True)) if "unit" in rows else {}
    shared = _Fan(rows, unit, moments, stated, colours(rows["line"]), look, units)
    return Picture(title, lambda width: _spec(shared, width), _alt(shared, title), _table(shared))


def _whole(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with all columns, and where and how each moment is placed."""
    rows = rows.assign(**{name: "" for name in ("panel", "line") if name not in rows})
    found = [placed(each) for each in periods(rows["when"])]
    rows = rows.assign(at=[at for at, _ in found], called=[words for _, words in found])
    return rows.reset_index(drop=True)


def _spec(fan: _Fan, width: int) -> Spec:
    panels = fan.panels
    side, room = grid_of(len(panels), width, fan.look.columns, labelled=_many_lines(fan))
    labels = [fan.name(line) for line in dict.fromkeys(fan.rows["line"]) if _many_lines(fan)]
    box = max(90, room - AXIS - label_room(labels))
    height = _TALL if len(panels) <= _MANY and width > NARROW else _SMALLER if len(panels) > _MANY else 200
    return together([_panel(fan, name, (box, height), room - AXIS) for name in panels], side)


def _many_lines(fan: _Fan) -> bool:
    return bool(fan.rows.groupby("panel")["line"].nunique().max() > 1)


def _scale(fan: _Fan, panel: str) -> Scale:
    rows = fan.rows if fan.look.alike else fan.rows[fan.rows["panel"] == panel]
    dots = fan.stated if fan.look.alike else fan.stated[fan.stated["panel"] == panel]
    names = [name for name in ("median", "low80", "high80") if name in rows]
    if fan.look.whole:
        return WHOLE
    values = [*rows[names].to_numpy(dtype=float).ravel(), *dots["value"].astype(float)]
    if "high95" in rows and rows["high95"].max() <= _HEADROOM * max(values, default=0.0):
        values += [*rows["high95"], *rows["low95"]]  # wider tails are cut off, so that they do not flatten the rest
    return scale_of(
        values, share=fan.unit_of(panel) == "share", log=fan.look.log, ticks=5 if len(fan.panels) <= _MANY else 4
    )


def _panel(fan: _Fan, panel: str, size: tuple[int, int], room: int) -> dict[str, Any]:
    rows = fan.rows[fan.rows["panel"] == panel]
    unit, half = fan.unit_of(panel), _half(fan.rows)
    first, last = _span(fan, rows)
    frame = Frame(*size, round(first - half, 6), round(last + half, 6), _scale(fan, panel), unit == "share")
    lines = [_line(fan, frame, str(name), own) for name, own in rows.groupby("line", sort=False)]
    layers = [layer for bands in lines for layer in bands[:-1]] + [bands[-1] for bands in lines]  # lines lie on top
    layers += [frame.times(), *fan.moments.rules(frame)]
    layers.append(words_of_marks(frame, _said(fan, rows, unit)))
    layers += _dots(fan, frame, panel)
    if _many_lines(fan):
        ends = rows.dropna(subset=["median"]).sort_values("at").groupby("line", sort=False).tail(1)
        layers.append(end_labels(frame, [
            (fan.name(row["line"]), row["median"], fan.colours[row["line"]]) for row in ends.to_dict("records")
        ]))  # fmt: skip
    return {
        "width": size[0],
        "height": size[1],
        "layer": layers,
        "title": headed(fan.name(panel), unit_text(unit), room),
    }


def _span(fan: _Fan, rows: pd.DataFrame) -> tuple[float, float]:
    """Return the time of a panel: that of all, unless its own is much shorter."""
    whole, own = ((float(each["at"].min()), float(each["at"].max())) for each in (fan.rows, rows))
    return own if own[1] - own[0] < _SHORTER * (whole[1] - whole[0]) else whole


def _half(rows: pd.DataFrame) -> float:
    """Return half the distance of two moments [year]."""
    moments = sorted(set(rows["at"]))
    return max(min((b - a for a, b in pairwise(moments)), default=1.0) / 2, _ENOUGH)


def _line(fan: _Fan, frame: Frame, name: str, rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return bands and the median of a line."""
    names = [each for each in ("low95", "high95", "low80", "high80", "median") if each in rows]
    shown = rows[["at", *names]].sort_values("at").dropna(subset=["median"])
    shown = shown.assign(**{each: frame.scale.kept(shown[each].astype(float)) for each in names}).round(10)
    data, x, colour = {"values": shown.to_dict("records")}, frame.x(), fan.colours[name]
    layers: list[dict[str, Any]] = [
        {"data": data, "mark": {"type": "area", "color": colour, "opacity": faint, "aria": False},
         "encoding": {"x": x, "y": frame.y(low), "y2": {"field": high}}}
        for low, high, faint in _BANDS if low in shown and shown[low].notna().any()
    ]  # fmt: skip
    dash = {"strokeDash": list(dash_of(name))} if dash_of(name) and _many_lines(fan) else {}
    mark = {"type": "line", "color": colour, "strokeWidth": 2, "strokeJoin": "round", "aria": False, **dash}
    return [*layers, {"data": data, "mark": mark, "encoding": {"x": x, "y": frame.y("median")}}]


def _dots(fan: _Fan, frame: Frame, panel: str) -> list[dict[str, Any]]:
    """Return the statements of a panel."""
    dots = fan.stated[(fan.stated["panel"] == panel) & fan.stated["at"].between(frame.first, frame.last)]
    rows = [
        {"at": row["at"], "value": row["value"], "colour": fan.colours.get(row["line"], GREY),
         "said": f"{TIP}{row['called']}\n{row['says']}"}
        for row in dots.to_dict("records")
    ]  # fmt: skip
    if not rows:
        return []
    mark = {"type": "point", "shape": "diamond", "size": 70, "filled": True, "stroke": PAPER, "strokeWidth": 1,
            "opacity": 1}  # fmt: skip
    return [{"data": {"values": rows}, "mark": mark, "encoding": {
        "x": frame.x(), "y": frame.y("value"), "fill": {"field": "colour", "type": "nominal", "scale": None},
        "description": {"field": "said"},
    }}]  # fmt: skip


def _said(fan: _Fan, rows: pd.DataFrame, unit: str) -> dict[float, str]:
    """Return what is said at each moment of a panel: its name, and each line's median and 8 in 10 interval."""
    moments: dict[float, list[dict[Any, Any]]] = {}
    for row in rows.dropna(subset=["at"]).sort_values("at", kind="stable").to_dict("records"):
        moments.setdefault(row["at"], []).append(row)
    said = {}
    for at, own in moments.items():
        told = [f"{own[0]['called']}"]
        for row in own:
            name = f"{fan.name(row['line'])}: " if len(own) > 1 else ""
            told += [] if pd.isna(row["median"]) else [f"{name}{_with_interval(row, unit)}"]
        said[float(str(at))] = "\n".join(told)
    return said


def _with_interval(row: Mapping[str, Any], unit: str) -> str:
    value = valued(row["median"], unit)
    low, high = row.get("low80"), row.get("high80")
    if low is None or high is None or pd.isna(low) or low == high:
        return value
    return f"{value} ({within(low, high, unit)})"


def _alt(fan: _Fan, title: str) -> str:
    """Return where each line begins and ends, in words."""
    rows = fan.rows.dropna(subset=["median"]).sort_values("at")
    told = []
    for (panel, line), own in list(rows.groupby(["panel", "line"], sort=False)):
        first, last, unit = own.iloc[0], own.iloc[-1], fan.unit_of(str(panel))
        name = ", ".join(fan.name(each) for each in dict.fromkeys([str(panel), str(line)]) if each not in {"", ALL})
        told.append(
            f"{f'{name}: ' if name else ''}{valued(first['median'], unit)} in {first['called']}, "
            f"{_with_interval(last, unit)} in {last['called']}"
        )
    more = f" {len(told) - _MOST_TOLD} more lines are in the table." if len(told) > _MOST_TOLD else ""
    return f"{title}. {'; '.join(told[:_MOST_TOLD])}.{more}"


def _table(fan: _Fan) -> pd.DataFrame:
    unit = unit_text(fan.unit)
    kept: dict[str, Any] = {}
    for name, words in (("panel", "panel"), ("line", "line"), ("called", "when")):
        if len(set(fan.rows[name])) > 1 or name == "called":
            kept[words] = fan.rows[name].map(fan.name) if name != "called" else fan.rows[name]
    if len(set(fan.units.values())) > 1:
        kept["unit"] = fan.rows["unit"].map(unit_text)
    for name, words in (("median", fan.look.line), *_LEVELS):
        if name in fan.rows:
            kept[f"{words} [{unit}]" if unit and "unit" not in kept else words] = fan.rows[name]
    return pd.DataFrame(kept)
