"""Find the header of a table under the titles and notes that reports put above it, and what divides its cells."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from shiftcast.pipelines.sources.lines import split_cells
from shiftcast.pipelines.sources.table import UnreadableFileError
from shiftcast.pipelines.tables.parquet import check_width

DELIMITERS: Final = ",;\t|"
SAMPLE: Final = 50
_NAMED: Final = {"\\t": "\t", "tab": "\t", "space": " ", "comma": ",", "semicolon": ";", "pipe": "|"}
_FIGURE: Final = re.compile(r"[-+]?[\d.,]*\d%?|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*")

_DAY: Final = re.compile(r"(?:19|20)\d{2}|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*")
_PLAIN: Final = re.compile(r"(?!(?:19|20)\d{2}$)[-+]?[\d.,]*")  # a figure that is no year, or none at all


def find_header(texts: Sequence[str], delimiter: str, *, quoted: bool) -> tuple[int, str]:
    """Return which of the first records of a text is its header, and the delimiter.

    Parameters
    ----------
    texts
        First records, the file's first in front.
    delimiter
        Delimiter, by itself or by name (tab, space, ...); found if empty.
    quoted
        Whether double quotes enclose cells.

    Returns
    -------
    tuple of int and str
        Place of the header, and the delimiter; the first record where no other one is a header for certain.

    Examples
    --------
    >>> find_header(["GPU report, May", "", "job;gpus;hours", "1;8;2,5"], "", quoted=True)
    (2, ';')
    """
    some = list(texts[:SAMPLE])
    given = _NAMED.get(delimiter, delimiter)
    plain = given or max(DELIMITERS, key=some[0].count)
    sizes = [len(row) for row in split_cells(some[:2], plain, quoted=quoted)]
    best = plain if given or (sizes[0] > 1 and sizes[0] == sizes[-1]) else _divider(some, plain, quoted=quoted)
    place = header_place(split_cells(some, best, quoted=quoted))
    return (place, best) if place or best == plain or len(split_cells(some[:1], best)[0]) > 1 else (0, plain)


def _divider(texts: Sequence[str], plain: str, *, quoted: bool) -> str:
    """Return the delimiter that divides most records into equally many cells."""
    best, most = plain, (0, 0)
    for each in DELIMITERS:
        sizes = Counter(len(row) for row in split_cells(list(texts), each, quoted=quoted))
        (size, count), found = sizes.most_common(1)[0], (0, 0)
        if size > 1:
            found = (count, size)
        if found > most:
            best, most = each, found
    return best


def header_place(rows: Sequence[Sequence[str]]) -> int:
    """Return which of the first rows is the header: the first full one of the usual width, if it holds no figure.

    Parameters
    ----------
    rows
        Cells of the first rows.

    Returns
    -------
    int
        Place of the header; 0 where no later row is one for certain.

    Examples
    --------
    >>> header_place([["Costs 2026", "", ""], ["day", "gpus", "cost"], ["2026-01-01", "8", "5"]])
    1
    >>> header_place([["2026-01-01", "8", "5"], ["2026-01-02", "8", "5"]])
    0
    """
    width = Counter(len(row) for row in rows).most_common(1)[0][0]
    filled = [sum(bool(cell.strip()) for cell in row) if len(row) == width else 0 for row in rows]
    first = next((place for place, count in enumerate(filled) if 2 * count > max(filled)), 0)
    return first if width > 1 and _is_header(rows, first) else 0


def _is_header(rows: Sequence[Sequence[str]], place: int) -> bool:
    """Return whether a row holds no figure, or only days and years above columns of figures, as wide sheets do."""
    cells = [cell.strip() for cell in rows[place]]
    figures = [column for column, cell in enumerate(cells) if _FIGURE.fullmatch(cell)]
    below = rows[place + 1] if place + 1 < len(rows) and len(rows[place + 1]) == len(cells) else ()
    return not figures or (
        bool(below) and len(figures) < len(cells) and all(_DAY.fullmatch(cells[column]) for column in figures)
        and all(_PLAIN.fullmatch(below[column].strip()) for column in figures)
    )  # fmt: skip


def first_row(texts: Sequence[str], delimiter: str, *, quoted: bool) -> tuple[int, list[str]]:
    """Return where the rows of a text without a header begin, below notes such as ``; made by``, and names of columns.

    Parameters
    ----------
    texts
        First records.
    delimiter
        Delimiter.
    quoted
        Whether double quotes enclose cells.

    Returns
    -------
    tuple of int and list of str
        Place of the first row, and ``c1, c2, ...``.

    Examples
    --------
    >>> first_row(["; made by hand", "1 0 8", "2 5 8"], " ", quoted=True)
    (1, ['c1', 'c2', 'c3'])
    """
    notes = next((n for n, text in enumerate(texts) if not text.lstrip().startswith((";", "#"))), len(texts))
    sizes = [len(row) for row in split_cells(list(texts[notes : notes + SAMPLE]), delimiter, quoted=quoted)]
    width = Counter(sizes).most_common(1)[0][0] if sizes else 1
    return notes, [f"c{place}" for place in range(1, width + 1)]


def header_names(file: str, line: int, cells: Sequence[str]) -> list[str]:
    """Return the names of a header's columns; one without a name is called by its place.

    Parameters
    ----------
    file
        Name of the file, for the message.
    line
        Line of the header in it.
    cells
        Cells of the header.

    Returns
    -------
    list of str
        A name a column, none twice.

    Raises
    ------
    UnreadableFileError
        If a name is there twice, or there are too many.
    """
    check_width(file, len(cells), UnreadableFileError)
    names = [cell.strip() for cell in cells]
    twice = sorted(name for name, count in Counter(names).items() if name and count > 1)
    if twice:
        raise UnreadableFileError(f"{file}: line {line}: column {twice[0]!r} is there twice; rename one of them")
    return [name or f"column {place}" for place, name in enumerate(names, 1)]
