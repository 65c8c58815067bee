"""Lay views out as one page that works offline, and as one page of plain words; names of the record are escaped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

import pandas as pd
from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup, escape

from shiftcast.forecast.spoken import number
from shiftcast.pipelines.drawing.picture import asset
from shiftcast.pipelines.pages.view import View, command_of

STYLE, SCRIPT = "style.css", "page.js"
LONG: Final = 12  # rows from which a table is folded up
_REPORT, _BRIEF = "report.html.jinja", "brief.md.jinja"
_LOOSE: Final = re.compile(r"(?<=\d) (?=%|million\b|billion\b|trillion\b)")
_ADDRESS: Final = re.compile(r"https?://[^\s<>\"'()\[\]{}]+[^\s<>\"'()\[\]{}.,;:]")


@dataclass(frozen=True)
class About:
    """What a page says of the forecast that it is of.

    Attributes
    ----------
    origin, scope
        Day it was made, and what it is a forecast of.
    draws, seed
        Joint draws, and the seed of every random number.
    warnings
        What a reader has to know before the first figure.
    """

    origin: str
    scope: str
    draws: int
    seed: int
    warnings: tuple[str, ...] = ()


def environment() -> Environment:
    """Return the templates of pages, with the filters that they use.

    Returns
    -------
    Environment
        Everything is escaped but what a filter made itself; ``macros.html.jinja`` has a macro for a whole view.
    """
    made = Environment(
        loader=PackageLoader("shiftcast.pipelines.pages"),
        autoescape=select_autoescape(enabled_extensions=("html.jinja",)),
        trim_blocks=True, lstrip_blocks=True, finalize=_held,
    )  # fmt: skip
    made.filters.update(linked=linked, cells=cells, command=command_of, long=_is_long)
    return made


def style() -> str:
    """Return the style sheet of pages, that of pictures included."""
    return asset("picture.css") + _own(STYLE)


def script() -> str:
    """Return the script of pages, that of pictures included: words of marks, and folded parts opened for print."""
    return asset("picture.js") + _own(SCRIPT)


def report_page(views: Sequence[View], about: About) -> str:
    """Return the report: every view on one page that needs nothing beside itself.

    Parameters
    ----------
    views
        The answer first.
    about
        The forecast they are of.

    Returns
    -------
    str
        HTML; the same views give the same bytes.
    """
    inlined = {"style": Markup(style()), "script": Markup(script())}  # noqa: S704  (our own files)
    return environment().get_template(_REPORT).render(views=views, about=about, **inlined)


def brief_page(view: View, about: About) -> str:
    """Return the answer on one page of plain words.

    Parameters
    ----------
    view
        The headline.
    about
        The forecast it is of.

    Returns
    -------
    str
        Markdown.
    """
    return environment().get_template(_BRIEF).render(view=view, about=about)


def linked(text: object) -> Markup:
    """Return text escaped, with its addresses as links.

    Parameters
    ----------
    text
        Such as a source.

    Returns
    -------
    Markup

    Examples
    --------
    >>> str(linked("see https://example.org/a_b, <b>"))
    'see <a href="https://example.org/a_b" rel="noreferrer">https://example.org/a_b</a>, &lt;b&gt;'
    """
    said, parts, at = str(_held(str(text))), [], 0
    for found in _ADDRESS.finditer(said):
        address = escape(found[0])
        parts += [escape(said[at : found.start()]), Markup('<a href="{0}" rel="noreferrer">{0}</a>').format(address)]
        at = found.end()
    return Markup("").join([*parts, escape(said[at:])])


def cells(table: pd.DataFrame) -> list[list[str]]:
    """Return the cells of a table as text; numbers to three digits, a dash where one is missing.

    Parameters
    ----------
    table
        Of a view, or behind a picture.

    Returns
    -------
    list of list of str
    """
    return [[_cell(value) for value in row] for row in table.itertuples(index=False, name=None)]


def _held(value: Any) -> Any:
    """Return text whose figures keep their unit on the same line.

    Examples
    --------
    >>> _held("55 % of 2 million") == "55\u00a0% of 2\u00a0million"
    True
    """
    return _LOOSE.sub("\u00a0", value) if type(value) is str else value


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None or pd.isna(value):
        return "-"
    return number(float(value)) if isinstance(value, float | int) else str(value)


def _is_long(table: pd.DataFrame) -> bool:
    return len(table) > LONG


def _own(name: str) -> str:
    return resources.files(__package__).joinpath("templates", name).read_text(encoding="utf-8")
