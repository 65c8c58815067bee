"""Draw a timeline of moves: an operator a line, colour and shape by class, fill by event, a ring where ahead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from shiftcast.features.frames.rollouts import TECHNIQUES

SINCE: Final = pd.Timestamp("2013-01-01", tz="UTC")
_COLOURS: Final[Mapping[str, str]] = {"deep": "#8fc4b1", "sequence": "#1f5fa8", "llm": "#b0304a"}
_EDGES: Final[Mapping[str, str]] = {**_COLOURS, "deep": "#2a8a6a"}  # a pale mark needs a rim to be seen
_SHAPES: Final[Mapping[str, str]] = {"deep": "circle", "sequence": "diamond", "llm": "square"}
_OLDER: Final = ("#b9bdc2", "#767b80", "triangle-up")  # colour, rim and shape
_GREY: Final = "#555555"  # of marks that explain fills
_FILLS: Final[Mapping[str, float]] = {"test": 0.0, "partial": 0.45, "rollback": 0.0, "full": 1.0, "deployed": 1.0}
_EVENTS: Final[Mapping[str, str]] = {
    "test": "hollow: a test", "partial": "half: part of the traffic", "full": "solid: all of it",
    "deployed": "small: extent unstated",
}  # fmt: skip
_AHEAD: Final = ("offline", "nearline", "mixed")
_SIZE, _SMALL, _RING = 12, 7, 19  # of markers [px]
_APART: Final = pd.Timedelta(days=100)  # marks nearer than this cover each other
_LANE: Final = 0.6  # height of a lane more [rows]
_ROW, _AROUND = 19, 120  # height of a row, and of what is above and below all rows [px]


def timeline_figure(rows: pd.DataFrame) -> go.Figure:
    """Draw a panel: an operator a line, marks of class and event at the middle of when it may have happened.

    Parameters
    ----------
    rows
        Moves as :func:`newer_moves` returns them.

    Returns
    -------
    Figure
        One panel over the days since 2013.
    """
    rows = rows.assign(start=rows["period_start"].clip(lower=SINCE))
    rows["middle"] = rows["start"] + (rows["period_end"] - rows["start"]) / 2
    rows, ticks, bottom = _placed(rows.sort_values(["place", "middle"]))
    figure = go.Figure()
    _spans(figure, rows)
    for technique in TECHNIQUES:
        _marks(figure, rows[rows["technique_to"] == technique], technique)
    _legend(figure)
    figure.update_yaxes(
        tickvals=list(ticks.values()), ticktext=list(ticks), range=[bottom - 0.3, -0.7], ticks="", showline=False,
        gridcolor="#f0f0f0", showgrid=True, zeroline=False,
    )  # fmt: skip
    until = rows["period_end"].max() + 2 * _APART
    figure.update_xaxes(gridcolor="#e4e4e4", showgrid=True, dtick="M12", tickformat="%Y", range=[SINCE, until])
    figure.update_layout(
        template="simple_white", height=round(_ROW * bottom) + _AROUND, hovermode="closest",
        margin={"l": 150, "r": 20, "t": 20, "b": 30}, legend={"orientation": "h", "y": 1.0, "yanchor": "bottom"},
        font={"family": "system-ui, sans-serif", "size": 12},
    )  # fmt: skip
    return figure


def told(row: Mapping[str, Any]) -> str:
    """Return one move in words.

    Parameters
    ----------
    row
        Columns of the ledger.

    Returns
    -------
    str
        Surface, stage, classes, event, share and when.
    """
    share = "" if pd.isna(row["share_mid"]) else f" on {row['share_mid']:.0%}"
    return (
        f"{row['operator']}, {row['surface']}, {row['stage']}: {row['technique_from']} to {row['technique_to']}, "
        f"{row['event']}{share}, {row['period_start']:%Y-%m} to {row['period_end']:%Y-%m}, {row['serving']}"
    )


def _placed(rows: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, float], float]:
    """Return rows with the ``height`` of their mark, the height of each name, and that of the bottom [rows].

    Marks of one operator that would cover each other stand in lanes of its own.
    """
    heights: list[float] = []
    ticks, at = {}, 0.0
    for heading, part in rows.groupby("heading", sort=False):
        ticks[f"<b>{heading}</b>"], at = at, at + 1
        for operator, own in part.groupby("operator", sort=False):
            lanes = _lanes(list(own["middle"]))
            ticks[str(operator)] = at + _LANE * max(lanes) / 2
            heights += [at + _LANE * lane for lane in lanes]
            at += 1 + _LANE * max(lanes)
    return rows.assign(height=heights), ticks, at


def _lanes(days: list[pd.Timestamp]) -> list[int]:
    """Return for each day, in order, the first lane whose last mark is far enough before.

    Examples
    --------
    >>> _lanes([pd.Timestamp(day) for day in ("2025-01-01", "2025-02-01", "2025-03-01", "2025-06-01")])
    [0, 1, 2, 0]
    """
    last: list[pd.Timestamp] = []
    lanes = []
    for day in days:
        lane = next((at for at, before in enumerate(last) if day - before >= _APART), len(last))
        last[lane : lane + 1] = [day]
        lanes.append(lane)
    return lanes


def _spans(figure: go.Figure, rows: pd.DataFrame) -> None:
    """Draw from the first to the last day each move may have happened, and a ring where it computes ahead."""
    ends = [day for row in rows.itertuples() for day in (row.start, row.period_end, None)]
    heights = [height for row in rows.itertuples() for height in (row.height, row.height, None)]
    figure.add_scatter(
        x=ends, y=heights, mode="lines", line={"color": "#cfcfcf", "width": 2}, hoverinfo="skip", showlegend=False
    )
    ahead = rows[rows["serving"].isin(_AHEAD)]
    ring = {"symbol": "circle-open", "size": _RING, "color": "#333333", "line": {"width": 1}}
    figure.add_scatter(
        x=ahead["middle"], y=ahead["height"], mode="markers", marker=ring, hoverinfo="skip", showlegend=False
    )


def _marks(figure: go.Figure, rows: pd.DataFrame, technique: str) -> None:
    if rows.empty:
        return
    colour, rim, shape = _look(technique)
    marker = {
        "symbol": shape, "size": [_size(event) for event in rows["event"]],
        "color": [_faded(colour, _FILLS[event]) for event in rows["event"]], "line": {"color": rim, "width": 1.5},
        "opacity": 1,
    }  # fmt: skip
    figure.add_scatter(
        x=rows["middle"], y=rows["height"], mode="markers", marker=marker, name=technique, showlegend=False,
        text=[told(row) for row in rows.to_dict("records")], hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip


def _legend(figure: go.Figure) -> None:
    """Name colours and shapes, fills and the ring, whether or not a mark of each is in the panel."""
    classes = {}
    for name in (*_COLOURS, "older class"):
        colour, rim, shape = _look(name)
        line = {"color": rim, "width": 1.5}
        classes[name] = {"symbol": shape, "color": colour, "size": _SIZE, "line": line}
    line = {"color": _GREY, "width": 1.5}
    events = {
        name: {"symbol": "circle", "color": _faded(_GREY, _FILLS[event]), "line": line, "size": _size(event)}
        for event, name in _EVENTS.items()
    }
    ring = {"symbol": "circle-open", "color": "#333333", "size": _RING, "line": {"width": 1}}
    for name, marker in {**classes, **events, "ring around: computed offline or near-line": ring}.items():
        figure.add_scatter(x=[None], y=[None], mode="markers", name=name, marker={"opacity": 1, **marker})


def _look(technique: str) -> tuple[str, str, str]:
    """Return colour, rim and shape of a class of technique."""
    if technique not in _COLOURS:
        return _OLDER
    return _COLOURS[technique], _EDGES[technique], _SHAPES[technique]


def _size(event: str) -> int:
    return _SMALL if event == "deployed" else _SIZE


def _faded(colour: str, strength: float) -> str:
    """Return a colour mixed with white.

    Examples
    --------
    >>> _faded("#000000", 0.0), _faded("#1f5fa8", 1.0)
    ('#ffffff', '#1f5fa8')
    """
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(255 + strength * (part - 255)):02x}" for part in parts)
