"""Read what sheets export beside CSV of commas and points as such a CSV: workbooks, semicolons, decimal commas."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.tables.parquet import check_width
from shiftcast.pipelines.tables.sheets import is_workbook, sheet_rows

DELIMITERS: Final = (",", ";", "\t")
_HEAD: Final = 1 << 20  # characters of a header
_QUOTED: Final = re.compile(r'(?:^|(?<=[,;\t]))"(?:[^"]|"")*"')
_POINT: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_COMMA: Final = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d*)(,\d*)?([eE][+-]?\d+)?")
_THOUSANDS: Final = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")  # or thousandths


def plain_csv(file: Path, text: Collection[str]) -> Path | bytes:
    """Return a table as CSV with commas between cells and points before decimals.

    Parameters
    ----------
    file
        A workbook, a sheet of one, or delimited text whose header has commas, semicolons or tabs between its names.
    text
        Columns that are names or dates, and no numbers whatever they look like.

    Returns
    -------
    Path or bytes
        The file itself where it is such a CSV; otherwise one made of it, in UTF-8.

    Raises
    ------
    ValueError
        If it cannot be read, a workbook does not say which sheet is meant, or a comma may divide thousands or decimals.
    """
    if is_workbook(file):
        _, rows = sheet_rows(file)
        return _written(rows)
    delimiter = _delimiter(file)
    if delimiter == DELIMITERS[0]:
        return file
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
    except csv.Error as error:
        raise InputError(f"{file}: {error}; repair the quoting") from None
    return _written(_with_points(rows, text, str(file), sure=delimiter == ";"))


def opened(source: Path | bytes) -> Path | io.BytesIO:
    """Return a CSV for a reader to read from its start.

    Parameters
    ----------
    source
        As :func:`plain_csv` gives it.

    Returns
    -------
    Path or BytesIO
        A path, or a stream at its start.
    """
    return io.BytesIO(source) if isinstance(source, bytes) else source


def _delimiter(file: Path) -> str:
    """Return what stands between the names of a header, outside of quotes, after a look at how many they are."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            head = lines.readline(_HEAD)
    except UnicodeDecodeError:
        return DELIMITERS[0]
    bare = _QUOTED.sub("", head)
    found = max(DELIMITERS, key=bare.count)
    check_width(str(file), bare.count(found) + 1, InputError)
    return found


def _with_points(rows: list[list[str]], text: Collection[str], file: str, *, sure: bool) -> list[list[str]]:
    """Return rows with points before decimals, in the columns that hold nothing but numbers with commas there."""
    if not rows:
        return rows
    places = [place for place, name in enumerate(rows[0]) if name not in text]
    columns = {place: [row[place].strip() for row in rows[1:] if place < len(row)] for place in places}
    chosen = {place for place, cells in columns.items() if not any(map(_has_point, cells))}
    commas = [cell for place in sorted(chosen) for cell in columns[place] if "," in cell and _COMMA.fullmatch(cell)]
    if not commas:
        return rows
    if not sure and all(_THOUSANDS.fullmatch(cell) for cell in commas):
        raise InputError(
            f"{file}: {commas[0]!r} has a comma before thousands or decimals; write it with a point or without a comma"
        )
    return [rows[0], *([_pointed(cell) if place in chosen else cell for place, cell in enumerate(row)]
                       for row in rows[1:])]  # fmt: skip


def _has_point(cell: str) -> bool:
    """Return whether a cell has a point before decimals.

    Examples
    --------
    >>> [_has_point(cell) for cell in ("1.5", "1.234", "1.234,5", "a.b")]
    [True, False, False, False]
    """
    return _POINT.fullmatch(cell) is not None and _COMMA.fullmatch(cell) is None


def _pointed(cell: str) -> str:
    """Return a number with a point before its decimals; other cells as they are.

    Examples
    --------
    >>> [_pointed(cell) for cell in ("1.234,5", "0,5", "a,b", "")]
    ['1234.5', '0.5', 'a,b', '']
    """
    bare = cell.strip()
    return bare.replace(".", "").replace(",", ".") if bare and _COMMA.fullmatch(bare) else cell


def _written(rows: Sequence[Sequence[str]]) -> bytes:
    made = io.StringIO(newline="")
    csv.writer(made, lineterminator="\n").writerows(rows)
    return made.getvalue().encode()
