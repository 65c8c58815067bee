"""The pages of a desk by their paths, laid out as HTML, and the files beside them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final, NamedTuple

import pandas as pd
from jinja2 import ChoiceLoader, Environment, PackageLoader, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from shiftcast.features.input_error import InputError
from shiftcast.forecast.questions.kinds import unknown
from shiftcast.pipelines.desk import overview
from shiftcast.pipelines.desk.address import RefusedError
from shiftcast.pipelines.desk.asked import ask_page, demand_page
from shiftcast.pipelines.desk.content import Content
from shiftcast.pipelines.desk.divided import split_page
from shiftcast.pipelines.desk.fleets import Fleets, fleet_page
from shiftcast.pipelines.desk.opened import Opened
from shiftcast.pipelines.desk.what_if import what_if_page
from shiftcast.pipelines.desk.why import why_page
from shiftcast.pipelines.pages.render import cells, environment, linked, script, style
from shiftcast.pipelines.serving.reply import Reply
from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.state.secrets import without_secrets

_HTML: Final = b"text/html; charset=utf-8"
_KINDS: Final = {".css": b"text/css; charset=utf-8", ".js": b"text/javascript; charset=utf-8", ".svg": b"image/svg+xml"}
_SHARED: Final[Mapping[str, Callable[[], str]]] = {"style.css": style, "page.js": script}  # with the report
_KEPT: Final = 32  # pages, of about half a megabyte each
_FOUND: Final = 200
_OWN: Final = ("desk.css", "desk.js", "icon.svg")


class Page(NamedTuple):
    """A page of the desk.

    Attributes
    ----------
    path, label
        Its address, and its name in the list of pages.
    make
        Makes its content from the forecast and the fields of the address.
    beside
        Whether it is listed at the foot of pages rather than at their head.
    lasts
        Whether nothing but the forecast and the address makes it, so that it is the same as long as the desk is open.
    """

    path: str
    label: str
    make: Callable[[Opened, Mapping[str, str]], Content]
    beside: bool = False
    lasts: bool = True


class Pages:
    """Makes the page of an address.

    Parameters
    ----------
    opened
        The forecast.
    """

    def __init__(self, opened: Opened) -> None:
        fleets = Fleets()
        self._opened = opened
        self._pages = {page.path: page for page in (
            Page("/", "Answer", overview.answer_page), Page("/demand", "Demand", demand_page),
            Page("/techniques", "Techniques", overview.techniques_page), Page("/split", "Split", split_page),
            Page("/what-if", "What if", what_if_page),
            Page("/fleet", "My fleet", lambda each, fields: fleet_page(each, fleets, fields), lasts=False),
            Page("/why", "Why this number", why_page), Page("/claims", "Claims", overview.claims_page),
            Page("/scorecard", "Scorecard", overview.scorecard_page), Page("/ask", "Ask", ask_page),
            Page("/limits", "What binds", overview.limits_page, beside=True),
            Page("/moves", "Who moved", overview.moves_page, beside=True),
            Page("/assumptions", "Assumptions", overview.assumptions_page, beside=True),
            Page("/sources", "Sources and words", overview.sources_page, beside=True),
        )}  # fmt: skip
        self._kept: OrderedDict[tuple[object, ...], Reply] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, path: str, fields: Mapping[str, str]) -> Reply:
        """Return the page of an address.

        Parameters
        ----------
        path, fields
            The address.

        Returns
        -------
        Reply
            HTML.

        Raises
        ------
        RefusedError
            If there is no such page, or a field is not known to it.
        """
        if path not in self._pages:
            raise RefusedError(unknown(path, tuple(self._pages), "page"), 404)
        address = (path, *fields.items())
        with self._lock:
            kept = self._kept.get(address)
            if kept is not None:
                self._kept.move_to_end(address)
        if kept is not None:
            return kept
        reply = self._made(path, fields)
        if self._pages[path].lasts and reply.status == _FOUND:
            self._keep(address, reply)
        return reply

    def _keep(self, address: tuple[object, ...], reply: Reply) -> None:
        """Keep a page for when it is loaded again: its pictures take most of the time, and the forecast stays."""
        with self._lock:
            self._kept[address] = reply
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)

    def _made(self, path: str, fields: Mapping[str, str]) -> Reply:
        try:
            content = self._pages[path].make(self._opened, fields)
        except InputError as error:
            raise RefusedError(str(error)) from None
        except StoreError as error:
            raise RefusedError(str(error), 503) from None
        return self._laid_out(path, content)

    @staticmethod
    def file(path: str) -> Reply | None:
        """Return a file that pages share.

        Parameters
        ----------
        path
            Its address.

        Returns
        -------
        Reply or None
            None where there is no such file.
        """
        name = path.removeprefix("/")
        if name not in (*_SHARED, *_OWN):
            return None
        return Reply(200, _file(name).encode(), kind=_KINDS[Path(name).suffix])

    def refusal(self, status: int, message: str) -> Reply:
        """Return the page that says why a request is refused.

        Parameters
        ----------
        status
            HTTP status.
        message
            The fault and its remedy.

        Returns
        -------
        Reply
        """
        return self._laid_out("", Content("refused", "This cannot be shown", fault=message, status=status))

    def _laid_out(self, path: str, content: Content) -> Reply:
        content = replace(content, fault=without_secrets(content.fault))
        title = content.title or content.views[0].title
        text = _templates().get_template("desk.html.jinja").render(
            content=content, views=content.views, title=title, pages=self._pages.values(), path=path,
            opened={"version": self._opened.bundle.version or "?", "as_of": self._opened.as_of},
        )  # fmt: skip
        return Reply(content.status, text.encode(), kind=_HTML)


@cache
def _templates() -> Environment:
    found = environment()
    own = PackageLoader("shiftcast.pipelines.desk")
    found.loader = own if found.loader is None else ChoiceLoader([own, found.loader])
    found.filters |= {"cells": _cells, "linked": _linked}
    return found


@cache
def _file(name: str) -> str:
    made = _SHARED.get(name)
    if made is not None:
        return made()
    return resources.files(__package__).joinpath("static", name).read_text(encoding="utf-8")


@pass_context
def _cells(context: Context, table: pd.DataFrame) -> list[list[str]]:
    """Return the cells of a table; those of its first column as links where the page knows one behind them."""
    into = context.get("content").into
    return [[_led(row[0], into), *row[1:]] if row else row for row in cells(table)]


def _led(text: str, into: Mapping[str, str]) -> str:
    return Markup('<a href="{}">{}</a>').format(into[text], text) if text in into else text


def _linked(text: object) -> Markup:
    """Return text escaped, with its addresses as links; what is a link already as it is."""
    return text if isinstance(text, Markup) else linked(text)
