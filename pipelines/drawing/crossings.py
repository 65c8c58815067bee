"""Draw when shares pass a threshold: a bar of dates, with "already" and "not by" at its ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd

from shiftcast.forecast.spoken import percent
from shiftcast.forecast.telling.words import named
from shiftcast.forecast.views.passage import NOT_YET, Passage
from shiftcast.pipelines.drawing.panels import Frame, Moments
from shiftcast.pipelines.drawing.picture import Picture
from shiftcast.pipelines.drawing.rendered import Spec
from shiftcast.pipelines.drawing.rows import Rows
from shiftcast.pipelines.drawing.scales import Scale
from shiftcast.pipelines.drawing.theme import BLUE, COLOURS
from shiftcast.pipelines.drawing.times import ended, placed

Row = tuple[str, str, Passage]
_THICK, _TICK, _HEAD = 11, 17, 60  # of a bar, of a median [px], and of an arrow's head [px²]
_BY: Final = "by "


def crossings(rows: Sequence[Row], *, title: str, today: Any) -> Picture:
    """Return the picture of when shares pass a threshold.

    Parameters
    ----------
    rows
        Heading, name and what is known of its passage, from the top.
    title
        What it is of, the threshold among it.
    today
        Day that the odds are seen from; a rule marks it, and time begins with its year.

    Returns
    -------
    Picture
        A bar from the early to the late end of the interval; one that begins before today, or ends after the horizon,
        has an arrow's head there.
    """
    words = [_words(passage) for _, _, passage in rows]
    told = [f"{_name(row)}: {_sentence(row[2])}" for row in rows]
    return Picture(title, lambda width: _spec(rows, today, words, told, width), f"{title}. {'; '.join(told)}.",
                   _table(rows))  # fmt: skip


def _spec(rows: Sequence[Row], today: Any, words: Sequence[str], told: Sequence[str], width: int) -> Spec:
    frame = Rows([named(name) for _, name, _ in rows], words, told, [group for group, _, _ in rows], width)
    first, last = int(placed(today)[0]), max(ended(passage.horizon) for _, _, passage in rows)
    box = Frame(frame.plot, frame.height, float(first), last, Scale(0.0, 1.0, ()))
    values = [_bar(row, y, first, last) for row, y in zip(rows, frame.middles, strict=True)]
    shown = [each for each in values if each["to"] > each["from"]]
    x, colour = box.x, {"field": "colour", "type": "nominal", "scale": None}
    layers: list[dict[str, Any]] = [
        box.times(),
        *Moments(today).rules(box),
        {"data": {"values": shown}, "mark": {"type": "bar", "height": _THICK, "opacity": 0.45, "aria": False},
         "encoding": {"x": x("from"), "x2": {"field": "to"}, "y": frame.y(), "color": colour}},
        {"data": {"values": [each for each in values if each["at"] is not None]},
         "mark": {"type": "tick", "thickness": 3, "height": _TICK, "orient": "vertical", "opacity": 1, "aria": False},
         "encoding": {"x": x(), "y": frame.y(), "color": colour}},
        *[
            {"data": {"values": [each for each in values if each[side]]}, "mark": {
                "type": "point", "shape": f"triangle-{where}", "size": _HEAD, "filled": True, "opacity": 1,
                "aria": False,
            }, "encoding": {"x": {"value": edge}, "y": frame.y(), "color": colour}}
            for side, where, edge in (("already", "left", 4), ("beyond", "right", frame.plot - 4))
        ],
    ]  # fmt: skip
    return frame.spec(layers)


def _bar(row: Row, y: float, first: int, last: float) -> dict[str, Any]:
    """Return from when to when the bar of a row goes, and whether it goes on at either end."""
    _, name, passage = row
    early, middle, late = (_when(each, first, last) for each in (passage.early, passage.middle, passage.late))
    newest = named(name).rpartition(" and ")[2]
    known = [COLOURS[each] for each in COLOURS if each in (name, *name.split()) or named(each) == newest]
    return {
        "y": y, "from": early, "to": late, "at": middle if first < middle < last else None,
        "already": passage.early.startswith(_BY), "beyond": passage.late == NOT_YET,
        "colour": known[0] if known else BLUE,
    }  # fmt: skip


def _when(label: str, first: int, last: float) -> float:
    if label.startswith(_BY):
        return float(first)
    return last if label == NOT_YET else max(float(first), placed(label)[0])


def _words(passage: Passage) -> str:
    """Return the date and what of the odds lies outside, in few words."""
    if passage.already >= passage.level:
        return f"already ({percent(passage.already)})"
    if passage.never >= passage.level:
        return f"not by {passage.horizon[:4]} ({percent(passage.never)})"
    if passage.middle == NOT_YET:
        return f"not by {passage.horizon[:4]}: {percent(passage.never)}"
    middle = "already" if passage.middle.startswith(_BY) else placed(passage.middle)[1]
    return f"{middle}; not by {passage.horizon[:4]}: {percent(passage.never)}"


def _sentence(passage: Passage) -> str:
    """Return the odds at both ends and the date between, in words.

    Examples
    --------
    >>> _sentence(Passage("2028Q3", "2030Q1", NOT_YET, 0.8, 0.015, {}, 0.45, "2032Q4", 9, None, None, None))
    'already with 2 %, not by 2032 Q4 with 45 %; 8 in 10: 2028 Q3 to after 2032 Q4, middle 2030 Q1'
    """
    end = placed(passage.horizon)[1]
    early, middle, late = (
        f"after {end}" if each == NOT_YET else each if each.startswith(_BY) else placed(each)[1]
        for each in (passage.early, passage.middle, passage.late)
    )
    odds = f"already with {percent(passage.already)}, not by {end} with {percent(passage.never)}"
    return f"{odds}; {10 * passage.level:.0f} in 10: {early} to {late}, middle {middle}"


def _name(row: Row) -> str:
    return ", ".join(named(each) for each in row[:2] if each)


def _table(rows: Sequence[Row]) -> pd.DataFrame:
    years = list(dict.fromkeys(year for _, _, passage in rows for year in passage.by))
    return pd.DataFrame([
        {"of": group, "what": named(name), "already": passage.already,
         **{f"by the end of {year}": passage.by.get(year) for year in years},
         f"not by {passage.horizon}": passage.never, "early end": passage.early, "middle": passage.middle,
         "late end": passage.late}
        for group, name, passage in rows
    ])  # fmt: skip
