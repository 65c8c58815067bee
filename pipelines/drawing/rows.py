"""Pieces that pictures of rows share: names at the left, marks along one axis, words at the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Any, Final

from shiftcast.pipelines.drawing.panels import PHONE
from shiftcast.pipelines.drawing.rendered import TIP, Spec
from shiftcast.pipelines.drawing.scales import LETTER
from shiftcast.pipelines.drawing.theme import SMALL

_ROW, _ROW_PHONE, _HEAD = 26, 40, 30  # heights of a row, of one with its name above, and of a heading [px]
_MOST_NAME, _MOST_WORDS = 230, 210  # room of names and of words [px]
_DOWN: Final = 9  # of a mark below the middle of its row, and of its name above, on a phone [px]


@dataclass(frozen=True)
class Rows:
    """Rows of a picture and where they stand.

    Attributes
    ----------
    names, words, said
        What stands left and right of the marks, and what a pointer shows, by row.
    groups
        Heading that each row stands below; empty for none.
    width
        Of the whole picture [px].
    """

    names: Sequence[str]
    words: Sequence[str]
    said: Sequence[str]
    groups: Sequence[str]
    width: int

    @cached_property
    def phone(self) -> bool:
        """Whether names stand above marks."""
        return self.width < PHONE

    @cached_property
    def step(self) -> int:
        """Height of a row [px]."""
        return _ROW_PHONE if self.phone else _ROW

    @cached_property
    def _heads(self) -> list[tuple[str, float]]:
        return self._laid[1]

    @cached_property
    def _laid(self) -> tuple[list[float], list[tuple[str, float]], int]:
        """Return the middles of rows, headings with their middles, and the height of all [px]."""
        tops, heads, at, before = [], [], 0.0, ""
        for group in self.groups:
            if group != before:
                heads.append((group, at + _HEAD / 2))
                at, before = at + _HEAD, group
            tops.append(at + self.step / 2)
            at += self.step
        return tops, heads, ceil(at)

    @property
    def middles(self) -> list[float]:
        """Where marks stand, by row [px]."""
        return [round(middle + (_DOWN if self.phone else 0), 1) for middle in self._laid[0]]

    @property
    def height(self) -> int:
        """Height of all [px]."""
        return self._laid[2]

    @cached_property
    def left(self) -> int:
        """Room of names [px]."""
        return 0 if self.phone else _room(self.names, _MOST_NAME)

    @cached_property
    def right(self) -> int:
        """Room of words [px]."""
        return 0 if self.phone else _room(self.words, _MOST_WORDS)

    @cached_property
    def plot(self) -> int:
        """Room of marks [px]."""
        return max(120, self.width - self.left - self.right - 16)

    def _line(self, name: str, words: str) -> tuple[str, str]:
        """Return name and words as they fit: on a phone they share a line, and an interval in brackets gives way."""
        if not self.phone:
            return _cut(name, self.left), words
        if LETTER * (len(name) + len(words) + 1) > self.plot:
            words = words.partition(" (")[0]
        return _cut(name, self.plot - ceil(LETTER * len(words)) - 6), words

    def y(self, field: str = "y") -> dict[str, Any]:
        """Return the encoding of a column of heights [px]."""
        scale = {"domain": [self.height, 0], "nice": False, "zero": False}
        return {"field": field, "type": "quantitative", "scale": scale, "axis": None}

    def around(self) -> list[dict[str, Any]]:
        """Return layers of names, words, headings, and what a pointer shows."""
        up = -2 * _DOWN if self.phone else 0
        rows = [
            {"y": middle, "up": middle + up, **dict(zip(("name", "words"), self._line(name, words), strict=True)),
             "top": middle - self.step / 2 + up / 2, "under": middle + self.step / 2 + up / 2, "said": TIP + said}
            for middle, name, words, said in zip(self.middles, self.names, self.words, self.said, strict=True)
        ]  # fmt: skip
        named = _text(rows, "name", self.y("up"), 0 if self.phone else -10, "left" if self.phone else "right")
        told = _text(rows, "words", self.y("up"), self.plot if self.phone else self.plot + 10,
                     "right" if self.phone else "left")  # fmt: skip
        heads = [{"y": middle + 2, "head": head} for head, middle in self._heads if head]
        headed = _text(heads, "head", self.y(), 0 if self.phone else -self.left, "left", fontWeight="bold")
        pointed = {
            "data": {"values": rows}, "mark": {"type": "rect", "fill": "transparent", "stroke": None},
            "encoding": {"y": self.y("top"), "y2": {"field": "under"}, "x": {"value": 0}, "x2": {"value": self.plot},
                         "description": {"field": "said"}},
        }  # fmt: skip
        return [named, told, *([headed] if heads else []), pointed]

    def spec(self, layers: Sequence[dict[str, Any]]) -> Spec:
        """Return the spec of the picture with layers of marks.

        Parameters
        ----------
        layers
            Marks, lowest first.

        Returns
        -------
        dict
        """
        return {"width": self.plot, "height": self.height, "layer": [*layers, *self.around()]}


def _text(rows: Sequence[Any], field: str, y: dict[str, Any], x: int, align: str, **style: Any) -> dict[str, Any]:
    mark = {"type": "text", "align": align, "baseline": "middle", "aria": False, **style}
    return {"data": {"values": rows}, "mark": mark, "encoding": {"x": {"value": x}, "y": y, "text": {"field": field}}}


def _room(texts: Sequence[str], most: int) -> int:
    longest = max((len(text) for text in texts), default=0)
    return min(most, ceil(LETTER * longest) + 10) if longest else 0


def _cut(text: str, room: int) -> str:
    letters = max(8, int(room / (LETTER * SMALL / 12)))
    return text if len(text) <= letters else text[: letters - 1] + "…"
