"""Read the sheets of a workbook: the header found under titles, dates typed, cells merged over rows filled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fnmatch import fnmatch

import numpy as np
import pandas as pd
from python_calamine import CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from shiftcast.pipelines.sources.chunks import Chunk
from shiftcast.pipelines.sources.formats.header import SAMPLE, header_names, header_place
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.table import UnreadableFileError
from shiftcast.pipelines.tables.parquet import ROWS
from shiftcast.pipelines.tables.sheets import cell_text, readable
from shiftcast.pipelines.tables.weighing import weigh_workbook


def workbook(opened: Opened, sheet: str = "") -> Iterator[Chunk]:
    """Read a sheet of a workbook, or all that a pattern names; a row's line is its row in the sheet.

    Parameters
    ----------
    opened
        File to read.
    sheet
        Name of the sheet, or a pattern with ``*`` and ``?``; the only one that holds rows if empty.

    Yields
    ------
    Chunk
        Up to 50,000 rows, every cell as text.

    Raises
    ------
    UnreadableFileError
        If it is locked, damaged or far larger than its bytes, or it does not say which sheet is meant.
    """
    weigh_workbook(opened.stream, opened.name, UnreadableFileError)
    with readable(opened.name, UnreadableFileError):
        book = CalamineWorkbook.from_filelike(opened.stream)
        sheets = _chosen(opened.name, book, sheet)
    for each in sheets:
        yield from _rows(opened.name if len(sheets) == 1 else f"{opened.name}:{each.name}", each)


def _chosen(file: str, book: CalamineWorkbook, sheet: str) -> list[CalamineSheet]:
    visible = [each.name for each in book.sheets_metadata if each.visible == SheetVisibleEnum.Visible]
    names = [name for name in book.sheet_names if (fnmatch(name, sheet) or name == sheet if sheet else name in visible)]
    full = [each for each in map(book.get_sheet_by_name, names) if each.height]
    have = ", ".join(map(repr, book.sheet_names))
    if not full:
        raise UnreadableFileError(
            f"{file}: no sheet {sheet!r} with rows; it has {have}" if sheet else f"{file}: is empty"
        )
    if len(full) > 1 and not sheet:
        raise UnreadableFileError(
            f"{file}: rows are in the sheets {', '.join(repr(each.name) for each in full)}; name one with --sheet, or "
            "several alike with a pattern such as --sheet '*'"
        )
    return full


def _rows(file: str, sheet: CalamineSheet) -> Iterator[Chunk]:
    rows = [[cell_text(cell) for cell in row] for row in _filled(file, sheet)]
    some = [place for place, row in enumerate(rows) if any(row)]
    head = some[header_place([rows[place] for place in some[:SAMPLE]])]
    names = header_names(file, head + 1, rows[head])
    below = [place for place in some if place > head]
    if not below:
        raise UnreadableFileError(f"{file}: no row below the header in row {head + 1}; name another --sheet")
    for first in range(0, len(below), ROWS):
        places = below[first : first + ROWS]
        cells = pd.DataFrame({
            name: np.array([rows[place][column] for place in places], dtype=object) for column, name in enumerate(names)
        })  # fmt: skip
        yield Chunk(cells, np.array(places, dtype=np.int64) + 1, file)


def _filled(file: str, sheet: CalamineSheet) -> list[list[object]]:
    """Return the cells of a sheet, words and dates merged over several rows in each of them; a figure counts once."""
    rows: list[list[object]] = [list(row) for row in sheet.to_python(skip_empty_area=False)]
    spare = sheet.height * sheet.width
    for (first, left), (last, right) in sheet.merged_cell_ranges or ():
        spare -= max(0, min(last, len(rows) - 1) - first)
        if spare < 0:
            raise UnreadableFileError(f"{file}: merged cells lie over each other; save the sheet as CSV")
        value = rows[first][left] if first < len(rows) and left < len(rows[first]) else ""
        if isinstance(value, str | date) and left == right:
            for row in rows[first + 1 : last + 1]:
                row[left] = value
    return rows
