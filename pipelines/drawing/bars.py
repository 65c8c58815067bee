"""Draw figures of parts as bars, those with an interval as a bar from its low to its high end around a mark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from shiftcast.forecast.telling.words import named
from shiftcast.pipelines.drawing.panels import value_axis
from shiftcast.pipelines.drawing.picture import Picture
from shiftcast.pipelines.drawing.rendered import Spec
from shiftcast.pipelines.drawing.rows import Rows
from shiftcast.pipelines.drawing.scales import Scale, scale_of
from shiftcast.pipelines.drawing.theme import BLUE, COLOURS, INK
from shiftcast.pipelines.drawing.words import bare, unit_text, valued, within

_MOST_TOLD: Final = 5  # bars that the words of a picture name
_THICK, _TICK = 11, 17  # of a bar, and of the mark of a median [px]


def bars(rows: pd.DataFrame, *, title: str, unit: str, log: bool | None = None) -> Picture:
    """Return the picture of figures by part.

    Parameters
    ----------
    rows
        ``label`` and ``median``, and where known ``low80, high80``; ``group`` where bars stand below headings.
    title
        What it is of, or shows.
    unit
        Code of the unit.
    log
        Whether values are on a logarithmic axis; by itself where intervals range over more than a decade.

    Returns
    -------
    Picture
    """
    rows = rows.assign(**{name: "" for name in ("group",) if name not in rows}).reset_index(drop=True)
    spread = {"low80", "high80"} <= set(rows)
    values = rows[["median", *(["low80", "high80"] if spread else [])]].to_numpy(dtype=float).ravel()
    scale = scale_of(list(values), share=unit == "share", log=log if spread else False)
    told = [_told(row, unit) for row in rows.to_dict("records")]
    words = [_words(row, unit) for row in rows.to_dict("records")]
    return Picture(
        title, lambda width: _spec(rows, scale, unit, words, told, width), _alt(title, told), _table(rows, unit)
    )


def _spec(
    rows: pd.DataFrame, scale: Scale, unit: str, words: Sequence[str], told: Sequence[str], width: int
) -> Spec:  # fmt: skip
    frame = Rows(list(rows["label"].map(named)), words, told, list(rows["group"].map(named)), width)
    spread = {"low80", "high80"} <= set(rows)
    axis = value_axis(scale, frame.plot, share=unit == "share", title=unit_text(unit))
    floor = scale.low if scale.log else 0.0
    values = [
        {"y": middle, "median": max(scale.low, row["median"]), "from": max(scale.low, _known(row, "low80", floor)),
         "to": _known(row, "high80", row["median"]), "colour": COLOURS.get(str(row["label"]), BLUE)}
        for middle, row in zip(frame.middles, rows.to_dict("records"), strict=True) if pd.notna(row["median"])
    ]  # fmt: skip
    x = {"type": "quantitative", "scale": scale.spec(), "axis": axis}
    colour = {"field": "colour", "type": "nominal", "scale": None}
    mark = {"type": "bar", "height": _THICK, "opacity": 0.45 if spread else 1.0, "aria": False}
    layers: list[dict[str, Any]] = [
        {"data": {"values": values}, "mark": mark, "encoding": {
            "x": {"field": "from", **x}, "x2": {"field": "to"}, "y": frame.y(), "color": colour}},
    ]  # fmt: skip
    if spread:
        layers.append({"data": {"values": values}, "mark": {
            "type": "tick", "thickness": 3, "height": _TICK, "orient": "vertical", "opacity": 1, "aria": False,
        }, "encoding": {"x": {"field": "median", **x}, "y": frame.y(), "color": colour}})  # fmt: skip
    if scale.low < 0 < scale.high:
        zero = {key: value for key, value in x.items() if key != "field"}
        layers.append({"data": {"values": [{}]}, "mark": {"type": "rule", "color": INK, "aria": False},
                       "encoding": {"x": {"datum": 0, **zero}}})  # fmt: skip
    return frame.spec(layers)


def _known(row: Mapping[Any, Any], name: str, otherwise: float) -> float:
    """Return an end of the interval of a row; of a row without one, where its bar ends otherwise."""
    return float(row[name]) if pd.notna(row.get(name)) else otherwise


def _words(row: Mapping[str, Any], unit: str) -> str:
    if pd.isna(row["median"]):
        return "not known"
    if "low80" not in row or pd.isna(row["low80"]):
        return bare(row["median"], unit)
    return f"{bare(row['median'], unit)} ({bare(row['low80'], unit)} to {bare(row['high80'], unit)})"


def _told(row: Mapping[str, Any], unit: str) -> str:
    name = ", ".join(named(str(each)) for each in (row["group"], row["label"]) if each)
    if pd.isna(row["median"]):
        return f"{name}: not known"
    interval = f" ({within(row['low80'], row['high80'], unit)})" if pd.notna(row.get("low80")) else ""
    return f"{name}: {valued(row['median'], unit)}{interval}"


def _alt(title: str, told: Sequence[str]) -> str:
    more = f" {len(told) - _MOST_TOLD} more bars are in the table." if len(told) > _MOST_TOLD else ""
    return f"{title}. {'; '.join(told[:_MOST_TOLD])}.{more}"


def _table(rows: pd.DataFrame, unit: str) -> pd.DataFrame:
    after = f" [{unit_text(unit)}]" if unit_text(unit) else ""
    heads = {"group": "group", "label": "part", "median": f"median{after}", "low80": f"8 in 10 from{after}",
             "high80": f"8 in 10 to{after}"}  # fmt: skip
    if "low80" not in rows:
        heads["median"] = f"value{after}"
    shown = rows[[name for name in heads if name in rows and (name != "group" or rows[name].astype(bool).any())]]
    return shown.rename(columns=heads)
