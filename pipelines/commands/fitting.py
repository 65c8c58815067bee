"""Tables on a screen of any width: what finds no room is wrapped, laid on its side, split or listed, and never cut."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text, TextType

_FILE_WIDTH: Final = 118
_MOST_LINES: Final = 4  # that a wrapped cell takes before its table is shown another way
_SIDE_BY_SIDE: Final = 6  # most rows that are laid on their side
_NUMBER: Final = r"[-+~<>=$(]*\d\S*( (thousand|million|billion|trillion))?"
_FIGURE: Final = re.compile(rf"{_NUMBER}( (to|-) {_NUMBER}|( [(]?[-+]?\d\S*( (to|-) [-+]?\d\S*)?)?( \d+%)?)")


class FittingConsole(Console):
    """A console whose tables lose no figure, however narrow it is."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print as rich does, each table in a form that fits; its cells are text, and no markup.

        Parameters
        ----------
        *objects
            What to print.
        **options
            As rich takes them.
        """
        if not any(isinstance(each, Table) for each in objects):
            super().print(*objects, **options)
            return
        for each in objects:
            for piece in fitted(each, self) if isinstance(each, Table) else [each]:
                super().print(piece, **options)


def wide_console() -> FittingConsole:
    """Return a console on standard output, wide enough for most tables where that is a file or a pipe.

    Returns
    -------
    FittingConsole
        As wide as the terminal or ``COLUMNS``, else 118 columns.
    """
    console = FittingConsole(highlight=False)
    told = console.is_terminal or os.environ.get("COLUMNS", "").isdecimal()
    return console if told else FittingConsole(highlight=False, width=_FILE_WIDTH)


def fitted(table: Table, console: Console) -> list[RenderableType]:
    """Return a table in the first form in which none of its words is cut.

    As it is; with wrapped text; on its side, where it has few rows; as several tables with the same first columns; as
    a list of records.

    Parameters
    ----------
    table
        The table.
    console
        Where it goes.

    Returns
    -------
    list of renderables
        The table itself, or what stands in for it.
    """
    table, width = _part(table, range(len(table.columns)), title=table.title), console.width
    texts = _texts(table)
    if _outer(table, [_most(each) for each in texts]) <= width:
        return [table]
    wrapped = _widths(table, texts, width)
    if wrapped is not None:
        return [_narrowed(table, wrapped)]
    side = _on_its_side(table)
    if table.row_count <= _SIDE_BY_SIDE and _outer(side, [_most(each) for each in _texts(side)]) <= width:
        return [side]
    sheets = [_part(table, places) for places in _sheets(table, texts, width)]
    title = [table.title] if table.title is not None else []
    return [*title, *(sheets or _records(table))]


def _texts(table: Table) -> list[list[str]]:
    """Return the text of each column, its heading first."""
    headings = [str(each.header) if table.show_header else "" for each in table.columns]
    return [[heading, *map(str, each.cells)] for heading, each in zip(headings, table.columns, strict=True)]


def _most(texts: Sequence[str]) -> int:
    return max((cell_len(line) for text in texts for line in text.splitlines()), default=0)


def _least(texts: Sequence[str], column: Column) -> int:
    """Return the width below which a column would cut a word or break a figure."""
    if column.no_wrap:
        return _most(texts)
    words = (match for text in texts for match in ([text] if _FIGURE.fullmatch(text) else text.split()))
    return max((cell_len(word) for word in words), default=0)


def _outer(table: Table, widths: Sequence[int]) -> int:
    """Return the width of a table with its lines and padding."""
    edges = 0 if table.box is None else len(widths) - 1 + 2 * table.show_edge
    left, right = table.padding[3], table.padding[1]
    return sum(widths) + edges + len(widths) * (left + right) - (0 if table.pad_edge else left + right)


def _widths(table: Table, texts: list[list[str]], width: int) -> list[int] | None:
    """Return widths at which text wraps to few lines and no word is cut; none if there are no such."""
    least = [_least(each, column) for each, column in zip(texts, table.columns, strict=True)]
    most = [_most(each) for each in texts]
    spare = width - _outer(table, least)
    if spare < 0:
        return None
    found = list(least)
    order = sorted(range(len(least)), key=lambda each: most[each] - least[each])
    for left, place in zip(range(len(order), 0, -1), order, strict=True):  # short columns have what they want first
        more = min(most[place] - least[place], spare // left)
        found[place], spare = least[place] + more, spare - more
    lines = max(-(-high // max(1, each)) for high, each in zip(most, found, strict=True))
    return found if lines <= _MOST_LINES else None


def _narrowed(table: Table, widths: Sequence[int]) -> Table:
    for column, width in zip(table.columns, widths, strict=True):
        column.width, column.overflow = width, "fold"
    return table


def _on_its_side(table: Table) -> Table:
    """Return a table with a line a column, its rows side by side."""
    side = Table(show_header=False, title=table.title, title_justify="left", box=table.box, show_edge=table.show_edge)
    for column in table.columns:
        side.add_row(column.header if table.show_header else "", *column.cells)
    return side


def _sheets(table: Table, texts: list[list[str]], width: int) -> list[list[int]]:
    """Return the columns of several tables that fit, each with the columns that name a row; none if one has no room."""
    keys = _keys(table, texts, width)
    sheets: list[list[int]] = []
    for place in range(len(keys), len(texts)):
        if not sheets or _outer(table, [_most(texts[each]) for each in (*sheets[-1], place)]) > width:
            sheets.append([*keys])
        sheets[-1].append(place)
    fits = all(_outer(table, [_most(texts[each]) for each in sheet]) <= width for sheet in sheets)
    return sheets if fits and 1 < len(sheets) < len(texts) - len(keys) else []


def _keys(table: Table, texts: list[list[str]], width: int) -> list[int]:
    """Return the leading columns that hold names and take no more than half the screen; the first at least."""
    keys = [0]
    for place in range(1, len(texts)):
        figures = any(_FIGURE.fullmatch(text) for text in texts[place][1:])
        if figures or _outer(table, [_most(texts[each]) for each in (*keys, place)]) > width // 2:
            break
        keys.append(place)
    return keys


def _part(table: Table, places: Sequence[int], title: TextType | None = None) -> Table:
    """Return a table of some columns of another, every cell as text."""
    part = Table(title=title, title_justify="left", show_header=table.show_header, box=table.box,
                 show_edge=table.show_edge, show_lines=table.show_lines)  # fmt: skip
    for column in (table.columns[place] for place in places):
        part.add_column(_text(column.header), justify=column.justify, no_wrap=column.no_wrap)
    cells = zip(*(table.columns[place].cells for place in places), strict=True)
    for row, each in zip(table.rows, cells, strict=True):
        part.add_row(*map(_text, each), end_section=row.end_section)
    return part


def _text(cell: RenderableType) -> RenderableType:
    return Text(cell) if isinstance(cell, str) else cell


def _records(table: Table) -> Iterator[RenderableType]:
    """Yield each row as lines of label and value."""
    labels = [str(each.header) for each in table.columns]
    for cells in zip(*(each.cells for each in table.columns), strict=True):
        first, *others = [(label, cell) for label, cell in zip(labels, cells, strict=True) if str(cell)]
        yield _line(*first)
        for label, cell in others:
            yield Padding(_line(label, cell), (0, 0, 0, 2))


def _line(label: str, cell: RenderableType) -> Text:
    return Text(f"{label}: {cell}" if label else str(cell))
