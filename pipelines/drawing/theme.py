"""Colours, dashes and type of every picture: Okabe and Ito's colours, each seen on white and on a dark page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from shiftcast.forecast.telling.words import named

INK, PAPER, DARK = "#1b1f24", "#ffffff", "#14181d"  # of text and rules, of a page, and of a dark page
BLUE, ORANGE, GREEN, PINK, VERMILION, SKY, GREY = (
    "#0072b2", "#c47f00", "#009e73", "#c4699b", "#d55e00", "#3a97d3", "#7a7f85",
)  # fmt: skip
PALETTE: Final = (BLUE, ORANGE, GREEN, PINK, SKY, VERMILION, GREY)
COLOURS: Final[Mapping[str, str]] = {
    "all": GREY, "hyperscale": BLUE, "rest": ORANGE,
    "table": GREY, "lexical": GREY, "collaborative": PINK, "content": SKY, "deep": BLUE, "sequence": GREEN,
    "llm": ORANGE, "generative": ORANGE, "training": BLUE, "recsys": GREEN, "search": ORANGE, "ads": PINK,
    "unallocated": GREY,
}  # fmt: skip
DASHES: Final[Mapping[str, tuple[int, ...]]] = {"llm": (7, 3), "generative": (7, 3), "sequence": (2, 2), "rest": (7, 3)}
_KNOWN: Final[Mapping[str, str]] = {**{named(name): colour for name, colour in COLOURS.items()}, **COLOURS}
FONT: Final = "Liberation Sans"
SMALL, MIDDLE = 11, 12  # of letters [px]
FAINT, PALE, MILD = 0.16, 0.16, 0.30  # opacity of grid lines, of 95 % and of 80 % bands
CONFIG: Final[Mapping[str, Any]] = {
    "background": None, "font": FONT, "padding": 4,
    "view": {"stroke": None},
    "concat": {"spacing": 22},
    "axis": {
        "labelColor": INK, "labelFontSize": SMALL, "titleColor": INK, "titleFontSize": SMALL,
        "titleFontWeight": "normal",
        "gridColor": INK, "gridOpacity": FAINT, "domain": False, "tickColor": INK, "tickOpacity": 0.5, "aria": False,
    },
    "axisX": {"domain": True, "domainColor": INK, "domainOpacity": 0.5, "grid": False},
    "axisY": {"ticks": False, "labelPadding": 6},
    "text": {"fontSize": SMALL, "color": INK},
    "rule": {"color": INK, "strokeWidth": 1},
    "title": {
        "anchor": "start", "frame": "group", "color": INK, "fontSize": 13, "fontWeight": "bold", "offset": 8,
        "subtitleColor": INK, "subtitleFontSize": SMALL,
    },
}  # fmt: skip


def colours(names: Iterable[str]) -> dict[str, str]:
    """Return a colour for each name: that of a known part, else the next of the palette that is still free.

    Parameters
    ----------
    names
        Names of lines, in their order.

    Returns
    -------
    dict

    Examples
    --------
    >>> colours(["deep", "llm", "mine"])
    {'deep': '#0072b2', 'llm': '#c47f00', 'mine': '#009e73'}
    """
    names = list(dict.fromkeys(names))
    if len(names) == 1 and names[0] in {"", "all"}:
        return {names[0]: BLUE}
    given = {name: _KNOWN[name] for name in names if name in _KNOWN}
    free = [colour for colour in PALETTE if colour not in given.values()] or list(PALETTE)
    others = [name for name in names if name not in given]
    given |= {name: free[at % len(free)] for at, name in enumerate(others)}
    return {name: given[name] for name in names}


def dash_of(name: str) -> tuple[int, ...]:
    """Return the dashes of a line that stands beside others; none for a whole line.

    Parameters
    ----------
    name
        Of the line, as the record has it or in words.

    Returns
    -------
    tuple of int

    Examples
    --------
    >>> dash_of("large language models"), dash_of("deep")
    ((7, 3), ())
    """
    return next((dashes for code, dashes in DASHES.items() if name in {code, named(code)}), ())
