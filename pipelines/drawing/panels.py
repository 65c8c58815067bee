"""Pieces that panels over time share: axes, rules with their words, labels at the ends of lines, words of marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from textwrap import wrap
from typing import Any, Final

from shiftcast.pipelines.drawing.rendered import TIP, Spec
from shiftcast.pipelines.drawing.scales import Scale, apart
from shiftcast.pipelines.drawing.theme import INK, PAPER, SMALL
from shiftcast.pipelines.drawing.times import ended, placed, ticks_of

PHONE: Final = 500  # widths below it are a phone's [px]
AXIS: Final = 44  # room of the labels of values [px]
_GAP: Final = 22  # between panels [px]
_LABEL_LETTER: Final = 6.8  # mean width of a letter of a label, which is bold [px]
_LINE: Final = SMALL + 2  # height of a label [px]
_HEAD_LETTER: Final = 8  # mean width of a letter of a heading [px]
_TICK_LABEL: Final = 46  # room of the label of a value [px]
_RULE_LABEL: Final = 66  # room of the words of a rule [px]
_MOST_LETTERS: Final = 26
_NUMBERS: Final = (
    "datum.value != 0 && abs(datum.value) < 1 ? format(datum.value, '~g') : "
    "replace(format(datum.value, '~s'), 'G', 'B')"
)
_PERCENT: Final = "format(datum.value, '~%')"


@dataclass(frozen=True)
class Frame:
    """Where a panel draws.

    Attributes
    ----------
    width, height
        Of its box [px].
    first, last
        Its years, with fractions.
    scale
        Its values.
    share
        Whether values are parts of a whole.
    """

    width: int
    height: int
    first: float
    last: float
    scale: Scale
    share: bool = False

    def x(self, field: str = "at") -> dict[str, Any]:
        """Return the encoding of a column of years."""
        marks, _ = ticks_of(self.first, self.last, self.width)
        return {
            "field": field, "type": "quantitative", "scale": {"domain": [self.first, self.last], "nice": False},
            "axis": {"title": None, "values": marks, "labels": False, "tickSize": 4},
        }  # fmt: skip

    def times(self) -> dict[str, Any]:
        """Return the layer that names periods below the panel."""
        _, names = ticks_of(self.first, self.last, self.width)
        return {
            "data": {"values": [{"at": at, "name": name} for at, name in names]},
            "mark": {"type": "text", "baseline": "top", "aria": False},
            "encoding": {"x": self.x(), "y": {"value": self.height + 7}, "text": {"field": "name"}},
        }  # fmt: skip

    def y(self, field: str) -> dict[str, Any]:
        """Return the encoding of a column of values."""
        return {
            "field": field, "type": "quantitative", "scale": self.scale.spec(), "stack": None,
            "axis": {
                "title": None, "values": list(self.scale.ticks), "grid": True,
                "labelExpr": _PERCENT if self.share else _NUMBERS, "labelOverlap": self.scale.log,
            },
        }  # fmt: skip


@dataclass(frozen=True)
class Moments:
    """Moments that a picture over time marks by rules.

    Attributes
    ----------
    today
        Day that the figures are seen from.
    reported
        Last period that firms have reported.
    """

    today: Any = None
    reported: Any = None

    def rules(self, frame: Frame) -> list[dict[str, Any]]:
        """Return the layers of a panel."""
        layers: list[dict[str, Any]] = []
        if self.reported is not None:
            layers += _rule(frame, ended(self.reported), "reports end", dashed=True)
        if self.today is not None:
            layers += _rule(frame, placed(self.today)[0], "today")
        return layers


UNMARKED: Final = Moments()


def value_axis(scale: Scale, width: int, *, share: bool, title: str = "") -> dict[str, Any]:
    """Return the axis of values that run from left to right, at the foot of a picture of rows.

    Parameters
    ----------
    scale, width
        Its values, and its length [px].
    share
        Whether values are parts of a whole.
    title
        Unit in words.

    Returns
    -------
    dict
    """
    every = max(1, ceil(len(scale.ticks) * _TICK_LABEL / width))
    return {
        "title": title or None, "values": list(scale.ticks)[::every], "grid": True, "domain": False, "tickSize": 0,
        "labelExpr": _PERCENT if share else _NUMBERS, "labelPadding": 6, "labelOverlap": False,
    }  # fmt: skip


def grid_of(count: int, width: int, columns: int | None, *, labelled: bool = False) -> tuple[int, int]:
    """Return how many panels stand side by side, and the room of each [px].

    Parameters
    ----------
    count, width
        Number of panels, and the room of all [px].
    columns
        Most side by side; by itself if ``None``.
    labelled
        Whether lines have labels, which need room.

    Returns
    -------
    tuple of int
    """
    phone = width < PHONE
    most = (2 if count > 4 else 1) if phone else {1: 1, 2: 2, 4: 2}.get(count, 3)
    most = min(most, 1 if phone else 2) if labelled else most
    side = min(count, columns or most, most if phone else count)
    return side, (width - _GAP * (side - 1)) // side


def together(panels: Sequence[Mapping[str, Any]], side: int) -> Spec:
    """Return a spec of panels in rows.

    Parameters
    ----------
    panels, side
        Their specs, and how many stand side by side.

    Returns
    -------
    dict
    """
    if len(panels) == 1:
        return dict(panels[0])
    return {"concat": list(panels), "columns": side, "align": "each"}


def headed(name: str, unit: str, width: int) -> dict[str, Any]:
    """Return the heading of a panel: its name in lines that fit, and its unit below.

    Parameters
    ----------
    name, unit
        In words; either may be empty.
    width
        Of the panel [px].

    Returns
    -------
    dict
    """
    if not name:
        return {"text": unit, "fontWeight": "normal", "fontSize": SMALL}
    return {
        "text": wrap(name, max(12, width // _HEAD_LETTER), break_long_words=False),
        **({"subtitle": unit} if unit else {}),
    }


def short(label: str) -> str:
    """Return a label that fits beside a line.

    Examples
    --------
    >>> short("a-name-that-is-longer-than-others")
    'a-name-that-is-longer-tha…'
    """
    return label if len(label) <= _MOST_LETTERS else label[: _MOST_LETTERS - 1] + "…"


def label_room(labels: Sequence[str]) -> int:
    """Return the room of labels at the ends of lines [px]."""
    return ceil(max((_LABEL_LETTER * len(short(label)) for label in labels), default=0)) + 10 if labels else 6


def end_labels(frame: Frame, ends: Sequence[tuple[str, float, str]]) -> dict[str, Any]:
    """Return labels right of a panel that do not cover each other.

    Parameters
    ----------
    frame
        Of the panel.
    ends
        Label, value and colour of each line.

    Returns
    -------
    dict
        A layer.
    """
    wanted = [frame.height * (1 - frame.scale.place(value)) for _, value, _ in ends]
    places = apart(wanted, gap=_LINE, low=_LINE / 2, high=frame.height - _LINE / 2)
    rows = [
        {"at": frame.last, "y": frame.scale.value(1 - place / frame.height), "label": short(label), "colour": colour}
        for (label, _, colour), place in zip(ends, places, strict=True)
    ]
    return {
        "data": {"values": rows},
        "mark": {"type": "text", "align": "left", "baseline": "middle", "dx": 7, "fontWeight": "bold", "aria": False},
        "encoding": {"x": frame.x(), "y": frame.y("y"), "text": {"field": "label"},
                     "color": {"field": "colour", "type": "nominal", "scale": None}},
    }  # fmt: skip


def _rule(frame: Frame, at: float, words: str, *, dashed: bool = False) -> list[dict[str, Any]]:
    """Return an upright rule with its words at the top: left of it where it is dashed and has room there, else right.

    Parameters
    ----------
    frame, at
        Of the panel, and the year with its fraction.
    words
        What it marks.
    dashed
        Whether it is dashed.

    Returns
    -------
    list of dict
        Layers; none where it stands outside the panel.
    """
    if not frame.first <= at <= frame.last:
        return []
    style = {"strokeDash": [4, 3]} if dashed else {}
    left = dashed and (at - frame.first) / (frame.last - frame.first) * frame.width > _RULE_LABEL
    where = {"x": {**frame.x(), "datum": at}}
    del where["x"]["field"]
    return [
        {"data": {"values": [{}]}, "encoding": where,
         "mark": {"type": "rule", "strokeWidth": 3, "color": PAPER, "opacity": 0.6, "aria": False}},
        {"data": {"values": [{}]}, "encoding": where,
         "mark": {"type": "rule", "strokeWidth": 1.2, "color": INK, "aria": False, **style}},
        {"data": {"values": [{}]},
         "encoding": {**where, "y": {"value": -13 if dashed and not left else -2}, "text": {"value": words}},
         "mark": {"type": "text", "align": "right" if left else "left", "dx": -3 if left else 3,
                  "baseline": "bottom", "fontSize": SMALL - 1, "opacity": 0.85, "aria": False}},
    ]  # fmt: skip


def words_of_marks(frame: Frame, said: Mapping[float, str]) -> dict[str, Any]:
    """Return unseen columns that hold what is said at each moment.

    Parameters
    ----------
    frame, said
        Of the panel, and words by year with its fraction.

    Returns
    -------
    dict
        A layer.
    """
    moments = sorted(said)
    edges = [frame.first, *((a + b) / 2 for a, b in pairwise(moments)), frame.last]
    rows = [
        {"at": round(edges[at], 6), "to": round(edges[at + 1], 6), "said": TIP + said[moment]}
        for at, moment in enumerate(moments)
    ]
    return {
        "data": {"values": rows}, "mark": {"type": "rect", "fill": "transparent", "stroke": None},
        "encoding": {"x": frame.x(), "x2": {"field": "to"}, "y": {"value": 0}, "y2": {"value": frame.height},
                     "description": {"field": "said"}},
    }  # fmt: skip
