"""Read the sheets of a workbook, every cell as the text that a CSV would have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.tables.weighing import weigh_workbook
from shiftcast.pipelines.tables.workbook import TABLE

WORKBOOKS: Final = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
BETWEEN: Final = "#"  # a workbook and its sheet
_PANIC: Final = (
    "PanicException"  # of the library's Rust, on a damaged .xls; no exception class of Python's is its parent
)
_UNIT: Final = re.compile(r" \[[^\[\]]*\]$")
_SHOWN: Final = 12


def place_of(path: Path) -> tuple[Path, str]:
    """Return the file that a path names, and the sheet if it names one.

    Parameters
    ----------
    path
        ``book.xlsx``, or ``book.xlsx#Sheet``; a file that is there under the whole name is meant by it.

    Returns
    -------
    tuple
        Path and name of the sheet; no name where none is given.

    Examples
    --------
    >>> place_of(Path("in/book.xlsx#May 2026")), place_of(Path("in/a#b.csv"))
    ((PosixPath('in/book.xlsx'), 'May 2026'), (PosixPath('in/a#b.csv'), ''))
    """
    book, mark, sheet = path.name.partition(BETWEEN)
    if not mark or not book.lower().endswith(WORKBOOKS) or path.is_file():
        return path, ""
    return path.with_name(book), sheet


def is_workbook(path: Path) -> bool:
    """Return whether a path names a workbook, or a sheet of one.

    Parameters
    ----------
    path
        As :func:`place_of` takes it.

    Returns
    -------
    bool
        By the ending of its name.
    """
    return place_of(path)[0].name.lower().endswith(WORKBOOKS)


def sheet_rows(path: Path) -> tuple[str, list[list[str]]]:
    """Return the rows of a sheet: the header, and every row below it that is not empty.

    Parameters
    ----------
    path
        A workbook, or a sheet of it. Without a sheet the only one with rows is read, or the sheet ``table``, as this
        program writes it.

    Returns
    -------
    tuple
        Name of the sheet, and its rows as text of equal length; columns without a name are left out, and the unit that
        a heading such as ``power [MW]`` ends in.

    Raises
    ------
    ValueError
        If it cannot be read, has no such sheet, or several could be meant; the message names sheets and columns.
    """
    file, wanted = place_of(path)
    with file.open("rb") as content, readable(str(file), InputError):
        weigh_workbook(content, str(file), InputError)
        book = CalamineWorkbook.from_filelike(content)  # told by its bytes, as it was weighed
        visible = [each.name for each in book.sheets_metadata if each.visible == SheetVisibleEnum.Visible]
        names = [name for name in book.sheet_names if (name == wanted if wanted else name in visible)]
        full = {name: rows for name in names if (rows := _rows(book.get_sheet_by_name(name)))}
    if not full:
        have = ", ".join(map(repr, book.sheet_names))
        raise InputError(f"{file}: no sheet {wanted!r} with rows; it has {have}" if wanted else f"{file}: is empty")
    name = next(iter(full)) if len(full) == 1 else TABLE
    if name not in full:
        found = "; ".join(f"{each!r} with {_listed(rows[0])}" for each, rows in full.items())
        raise InputError(f"{file}: rows are in several sheets: {found}; name one: '{file}{BETWEEN}{next(iter(full))}'")
    return name, full[name]


@contextmanager
def readable(name: str, refusal: Callable[[str], Exception]) -> Iterator[None]:
    """Turn what the library raises of a workbook into an error that says what to do.

    Parameters
    ----------
    name
        The file, for the message.
    refusal
        Makes the error of a message.

    Yields
    ------
    None
        Nothing; the body of the ``with`` reads the workbook.

    Raises
    ------
    Exception
        What ``refusal`` makes, if the workbook is locked or damaged.
    """
    try:
        yield
    except PasswordError:
        raise refusal(f"{name}: is locked by a password; save it without one") from None
    except BaseException as error:
        if not isinstance(error, CalamineError) and type(error).__name__ != _PANIC:
            raise
        raise refusal(f"{name}: cannot be read as a workbook ({error}); save it again") from None


def cell_text(cell: object) -> str:
    """Return a cell as text: dates in ISO form, whole numbers without a point, durations as hours:minutes:seconds.

    Parameters
    ----------
    cell
        As the library gives it.

    Returns
    -------
    str
        Empty for an empty cell.

    Examples
    --------
    >>> [cell_text(each) for each in (8.0, date(2026, 3, 1), timedelta(hours=30), True)]
    ['8', '2026-03-01', '30:00:00', 'true']
    """
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return str(cell).strip()


def _rows(sheet: CalamineSheet) -> list[list[str]]:
    rows = [texts for row in sheet.to_python() if any(texts := [cell_text(cell) for cell in row])]
    named = [place for place, name in enumerate(rows[0]) if name] if rows else []
    header = [_UNIT.sub("", rows[0][place]) for place in named]
    return [header, *([row[place] for place in named] for row in rows[1:])] if rows else []


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
