"""Weigh a workbook before it is opened: a small one can hold one long text in each of a million cells, or a far corner.

The library that reads workbooks lays a sheet out from its first to its last cell, with its own copy of each text.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, BinaryIO, Final

import numpy as np

CELLS: Final = 1 << 25  # from the first to the last cell of a sheet: some 1 GiB
TEXT: Final = 1 << 30  # bytes of the text of all cells
FREE: Final = 1 << 28  # bytes that any part may unpack to
RATIO: Final = 200  # times its own size that a part may unpack to beyond them
_BLOCK: Final = 1 << 22
_OVERLAP: Final = 1 << 10  # bytes of a tag that may lie across two blocks
_NARROW, _LOW = 26, 9_999  # columns A to Z, and rows of four digits
_FAR_COLUMN: Final = re.compile(rb"""\br\s*=\s*["']([A-Z]{2,3})\d""")
_FAR_ROW: Final = re.compile(rb"""\br\s*=\s*["'][A-Z]{0,3}(\d{5,8})["']""")
_SHARED: Final = re.compile(rb"""\bt\s*=\s*["']s["'][^>]*>\s*<v>\s*(\d+)""")
_STRING: Final = re.compile(rb"<si\b")
_ROW: Final = re.compile(rb"<table:table-row\b")
_ROWS: Final = re.compile(rb"""[^>]*?number-rows-repeated\s*=\s*["'](\d+)""")
_CELL: Final = re.compile(rb"""<table:table-cell\b[^>]*?number-columns-repeated\s*=\s*["'](\d+)["'][^>]*>""")
_FULL: Final = (b"office:value", b"office:string", b"office:date", b"office:time", b"office:boolean", b"<text:p")


def weigh_workbook(file: BinaryIO, name: str, refusal: Callable[[str], Exception]) -> None:
    """Raise if a workbook would take far more memory than it has bytes.

    Parameters
    ----------
    file
        A file that can seek; it is left at its start. One that is no archive, such as .xls, is not weighed.
    name
        Its name, for messages.
    refusal
        Makes the error of a message.

    Raises
    ------
    Exception
        What ``refusal`` makes, with what is too large, the limit and the remedy.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                if member.file_size > max(FREE, RATIO * member.compress_size):
                    raise refusal(
                        f"{name}: {member.compress_size:,} bytes of it unpack to {member.file_size:,}, more than "
                        f"{FREE >> 20} MiB and {RATIO} times their size; save it as CSV"
                    )
            for said in _faults(archive):
                raise refusal(f"{name}: {said}; save it as CSV, or without what lies far from its table")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        pass  # damaged or locked, which the library says of it
    finally:
        file.seek(0)


def _faults(archive: zipfile.ZipFile) -> Iterator[str]:
    names = archive.namelist()
    if "content.xml" in names:
        size = _laid_out(archive.read("content.xml"))
        if size > TEXT:
            yield f"its rows repeat cells to {size:,} bytes, more than {TEXT >> 20:,} MiB"
    lengths = _lengths(archive.read("xl/sharedStrings.xml")) if "xl/sharedStrings.xml" in names else np.zeros(0)
    for each in names:
        if each.startswith("xl/worksheets/") and each.endswith(".xml"):
            with archive.open(each) as sheet:
                yield from _sheet_faults(_blocks(sheet), lengths)


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    """Yield blocks that end where a tag does, as far as tags end within a kilobyte."""
    rest = b""
    while block := file.read(_BLOCK):
        whole = rest + block
        end = whole.rfind(b"</c>", len(whole) - _OVERLAP) + len(b"</c>")
        end = end if end >= len(b"</c>") else len(whole)
        yield whole[:end]
        rest = whole[end:]
    yield rest


def _sheet_faults(blocks: Iterator[bytes], lengths: np.ndarray) -> Iterator[str]:
    columns, rows, text = _NARROW, _LOW, 0
    for block in blocks:
        columns = max(columns, *map(_column, set(_FAR_COLUMN.findall(block))), 0)
        rows = max(rows, *map(int, _FAR_ROW.findall(block)), 0)
        if len(lengths):
            places = np.array(_SHARED.findall(block), dtype=np.int64)
            text += int(lengths[places[places < len(lengths)]].sum())
    if columns * rows > CELLS:
        yield f"a sheet reaches to column {columns:,} and row {rows:,}, over {CELLS:,} cells"
    if text > TEXT:
        yield f"the cells of a sheet hold {text:,} bytes of text, more than {TEXT >> 20:,} MiB"


def _column(letters: bytes) -> int:
    """Return the number of a column by its letters.

    Examples
    --------
    >>> _column(b"AA"), _column(b"XFD")
    (27, 16384)
    """
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _lengths(strings: bytes) -> np.ndarray:
    """Return the bytes of each shared string, with its tags.

    Examples
    --------
    >>> _lengths(b"<sst><si><t>ab</t></si><si/></sst>").tolist()
    [18, 11]
    """
    starts = [found.start() for found in _STRING.finditer(strings)]
    return np.diff([*starts, len(strings)])


def _laid_out(content: bytes) -> int:
    """Return the bytes of an .ods as its repeated cells and rows are laid out; empty ones at its ends are not.

    Examples
    --------
    >>> cell = b'<table:table-cell table:number-columns-repeated="9"/>'
    >>> _laid_out(b'<table:table-row table:number-rows-repeated="1000">' + cell)
    0
    """
    size = 0
    starts = [found.end() for found in _ROW.finditer(content)]
    for start, end in zip(starts, [*starts[1:], len(content)], strict=True):
        row = content[start:end]
        if any(mark in row for mark in _FULL):
            found = _ROWS.match(row)
            wide = [int(cell[1]) for cell in _CELL.finditer(row) if _is_full(cell[0])]
            size += (end - start) * max([1, *wide]) * (int(found[1]) if found else 1)
    return size


def _is_full(tag: bytes) -> bool:
    return not tag.endswith(b"/>") or any(mark in tag for mark in _FULL)
