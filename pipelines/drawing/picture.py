"""A picture: how it is drawn at any width, what is seen in words, and the table behind it."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from textwrap import wrap
from typing import Any, Final

import pandas as pd

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.drawing.files import pdf_of, png_of
from shiftcast.pipelines.drawing.rendered import Spec, render
from shiftcast.pipelines.drawing.scales import LETTER
from shiftcast.pipelines.drawing.theme import FONT, INK, PAPER

WIDE, NARROW = 760, 350  # of a page's column, and of a phone's [px]
ENDINGS: Final = (".svg", ".png", ".pdf", ".html")
_TITLE_LETTER: Final = 7  # mean width of a letter of a title [px]
_FAMILIES: Final = f"'{FONT}', Arial, Helvetica, sans-serif"


@dataclass(frozen=True)
class Picture:
    """A picture that a page, a notebook and a file show alike.

    Attributes
    ----------
    title
        What it is of, in one line.
    draws
        Returns its Vega-Lite spec at a width [px].
    alt
        What is seen, in a sentence with its figures.
    table
        The figures behind it, with words at the heads of columns.
    asked
        What was asked, where the title is what was found.
    """

    title: str
    draws: Callable[[int], Spec]
    alt: str
    table: pd.DataFrame
    asked: str = ""

    def spec(self, width: int = WIDE) -> Spec:
        """Return its Vega-Lite spec at a width [px]."""
        return self.draws(width)

    def svg(self, width: int = WIDE, *, kind: str = "") -> str:
        """Return it as an ``svg`` element for a page, which has its own heading; the same picture, the same bytes.

        Parameters
        ----------
        width
            Of the box that it scales to [px]; letters are of the usual size there.
        kind
            A class of the element beside ``picture``.

        Returns
        -------
        str
            As :func:`pipelines.drawing.rendered.render` makes it.
        """
        return render(self.spec(width), self.alt, width=width, kind=kind)

    @cached_property
    def inline(self) -> str:
        """The picture for a column and for a phone, of which ``picture.css`` shows one."""
        return self.svg(WIDE, kind="wide") + self.svg(NARROW, kind="narrow")

    def whole(self, width: int = WIDE) -> str:
        """Return an SVG document that stands alone: with title, paper and letters of its own.

        Parameters
        ----------
        width
            About as wide as it is [px].

        Returns
        -------
        str
        """
        spec = self.spec(width)
        head = {} if "concat" in spec else spec.get("title", {})  # the name of the only panel, and its unit
        name = head.get("text", "")
        own = [" ".join(name) if isinstance(name, list) else name, head.get("subtitle", "")]
        below = [*wrap(self.asked, int(width / LETTER)), *filter(None, own)]
        title = {"text": wrap(self.title, width // _TITLE_LETTER), "frame": "bounds", "offset": 14,
                 "subtitle": below, "subtitlePadding": 5}  # fmt: skip
        text = render({**spec, "title": title}, self.alt, width=width)
        _, _, wide, high = text.partition('viewBox="')[2].partition('"')[0].split()
        head, _, body = text.partition(">")
        head += f' width="{wide}" height="{high}" color="{INK}" font-family="{_FAMILIES}"'
        return f'{head}><rect width="{wide}" height="{high}" fill="{PAPER}"/>{body}'

    def page(self, *, says: str = "", notes: tuple[str, ...] = ()) -> str:
        """Return a page that needs nothing beside itself: conclusion, picture, the table behind it, and notes.

        Parameters
        ----------
        says
            Conclusion, if there is one beside the title.
        notes
            How to read it.

        Returns
        -------
        str
            HTML.
        """
        style, script = asset("picture.css"), asset("picture.js")
        table = self.table.to_html(index=False, border=0, float_format=lambda value: f"{value:.4g}")
        told = [each for each in (self.asked, says.removeprefix(self.title).lstrip(". ")) if each]
        said = "".join(f"<p>{html.escape(each)}</p>" for each in told)
        listed = "".join(f"<li>{html.escape(note)}</li>" for note in notes)
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{html.escape(self.title)}</title><style>{style}</style></head>"
            f"<body><main><h1>{html.escape(self.title)}</h1>{said}<figure>{self.inline}</figure>"
            f'<details><summary>The figures as a table</summary><div class="scroll" tabindex="0">{table}</div>'
            f"</details>{f'<ul>{listed}</ul>' if listed else ''}</main><script>{script}</script></body></html>\n"
        )

    def save(self, path: str | Path, *, says: str = "", notes: tuple[str, ...] = (), width: int = WIDE) -> None:
        """Write it; the same picture gives the same bytes.

        Parameters
        ----------
        path
            File to write: ``.svg``, ``.png``, ``.pdf``, or ``.html`` with the table behind it.
        says, notes
            Conclusion and notes on a page.
        width
            About as wide as it is [px], where it is no page.

        Raises
        ------
        InputError
            If the file's ending is none of these.
        """
        file = Path(path)
        match file.suffix.lower():
            case ".svg":
                file.write_text(self.whole(width) + "\n", encoding="utf-8")
            case ".html":
                file.write_text(self.page(says=says, notes=notes), encoding="utf-8")
            case ".png":
                file.write_bytes(png_of(self.whole(width)))
            case ".pdf":
                file.write_bytes(pdf_of(self.whole(width)))
            case _:
                raise InputError(f"{file}: a picture ends with one of {', '.join(ENDINGS)}")

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Return what a notebook shows."""
        return {"image/svg+xml": self.whole(), "text/plain": self.alt}


def asset(name: str) -> str:
    """Return the style sheet ``picture.css`` or the script ``picture.js`` that pages with pictures share.

    Parameters
    ----------
    name
        Name of the file.

    Returns
    -------
    str
    """
    return resources.files("shiftcast.pipelines.drawing").joinpath(name).read_text(encoding="utf-8")
