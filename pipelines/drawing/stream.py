"""Draw how parts of a whole change over time: bands that stack to 100 %, each named inside or at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from shiftcast.forecast.spoken import percent
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
)
from shiftcast.pipelines.drawing.picture import Picture
from shiftcast.pipelines.drawing.rendered import Spec
from shiftcast.pipelines.drawing.scales import WHOLE
from shiftcast.pipelines.drawing.theme import PAPER, colours
from shiftcast.pipelines.drawing.times import placed

_HEIGHT: Final = 240
_MOST_TOLD: Final = 4
_HALF: Final = 1 / 8  # on each side of a moment that stands alone [year]
_SEEN: Final = 0.005  # a share from which a band is named


def stream(rows: pd.DataFrame, *, title: str, moments: Moments = UNMARKED) -> Picture:
    """Return the picture of shares of a whole, stacked.

    Parameters
    ----------
    rows
        ``when, part, share``, parts in the order that they stack from below; ``panel`` where there are several. Shares
        of a moment are scaled to add up to one.
    title
        What it is of, or shows.
    moments
        Moments that are marked by rules.

    Returns
    -------
    Picture
    """
    rows = _stacked(rows.assign(**{name: "" for name in ("panel",) if name not in rows}))
    paint = colours(rows["part"])
    return Picture(title, lambda width: _spec(rows, paint, moments, width), _alt(rows, title), _table(rows))


def _stacked(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with where each moment is placed, and where each band begins and ends."""
    found = [placed(each) for each in rows["when"]]
    rows = rows.assign(at=[at for at, _ in found], called=[words for _, words in found])
    moment = ["panel", "at"]
    whole = rows.groupby(moment)["share"].transform("sum")
    rows["share"] = (rows["share"] / whole.where(whole > 0)).fillna(0.0)
    rows["high"] = rows.groupby(moment)["share"].cumsum().clip(upper=1.0)
    return rows.assign(low=(rows["high"] - rows["share"]).clip(lower=0.0)).reset_index(drop=True)


def _spec(rows: pd.DataFrame, paint: Mapping[str, str], moments: Moments, width: int) -> Spec:
    panels = list(dict.fromkeys(rows["panel"]))
    side, room = grid_of(len(panels), width, None, labelled=True)
    within = max(90, room - AXIS - label_room([named(part) for part in paint]))
    return together([_panel(rows[rows["panel"] == name], paint, moments, within) for name in panels], side)


def _panel(rows: pd.DataFrame, paint: Mapping[str, str], moments: Moments, width: int) -> dict[str, Any]:
    first, last = float(rows["at"].min()), float(rows["at"].max())
    half = _HALF if first == last else 0.0
    frame = Frame(width, _HEIGHT, first - half, last + half, WHOLE, share=True)
    mark = {"type": "area", "stroke": PAPER, "strokeWidth": 1, "opacity": 1, "aria": False}
    layers = [
        {"data": {"values": _wide(own, half)},
         "mark": {**mark, "color": paint[part]},
         "encoding": {"x": frame.x(), "y": frame.y("low"), "y2": {"field": "high"}}}
        for part, own in rows.groupby("part", sort=False)
    ]  # fmt: skip
    ends = [
        (named(row["part"]), (row["low"] + row["high"]) / 2, paint[row["part"]])
        for row in rows[rows["at"] == last].to_dict("records") if row["share"] >= _SEEN
    ]  # fmt: skip
    times = frame.times()
    if half:  # its own name, not those of its days
        times["data"] = {"values": [{"at": first, "name": str(rows["called"].iloc[0])}]}
    layers += [times, *moments.rules(frame), words_of_marks(frame, _said(rows)), end_labels(frame, ends)]
    name = str(rows["panel"].iloc[0])
    return {
        "width": width,
        "height": _HEIGHT,
        "layer": layers,
        **({"title": headed(named(name), "", width)} if name else {}),
    }


def _wide(own: pd.DataFrame, half: float) -> list[dict[Any, Any]]:
    """Return the edge of a band; that of one moment reaches to both sides of it, as an area needs two ends."""
    edge = own[["at", "low", "high"]]
    if half:
        edge = pd.concat([edge.assign(at=edge["at"] - half), edge.assign(at=edge["at"] + half)])
    return list(edge.round(4).to_dict("records"))


def _said(rows: pd.DataFrame) -> dict[float, str]:
    said = {}
    for at, own in rows.groupby("at", sort=True):
        told = [f"{named(row['part'])}: {percent(row['share'])}" for row in own[::-1].to_dict("records")]
        said[float(str(at))] = "\n".join([str(own["called"].iloc[0]), *told])
    return said


def _alt(rows: pd.DataFrame, title: str) -> str:
    told = []
    for panel, own in rows.groupby("panel", sort=False):
        start, end = own["at"].min(), own["at"].max()
        first, last = own[own["at"] == start], own[own["at"] == end]
        moved = first.merge(last, on="part", suffixes=("", "_last")).sort_values("share_last", ascending=False)
        parts = [
            (f"{named(row['part'])} from {percent(row['share'])} to {percent(row['share_last'])}"
             if start < end else f"{named(row['part'])} {percent(row['share'])}")
            for row in moved.head(_MOST_TOLD).to_dict("records")
        ]  # fmt: skip
        when = " to ".join(dict.fromkeys((str(first["called"].iloc[0]), str(last["called"].iloc[0]))))
        told.append(f"{f'{named(str(panel))}, ' if panel else ''}{when}: {', '.join(parts)}")
    return f"{title}. {'; '.join(told)}."


def _table(rows: pd.DataFrame) -> pd.DataFrame:
    wide = rows.pivot_table("share", ["panel", "at", "called"], "part", sort=False, observed=True)
    wide = wide.rename(columns=named).reset_index().drop(columns="at").rename(columns={"called": "when"})
    shown: Sequence[str] = [name for name in wide if name != "panel" or wide["panel"].astype(bool).any()]
    wide.columns.name = None
    return wide[list(shown)].round(4)
