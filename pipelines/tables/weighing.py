"""Weigh a workbook before it is opened: a small one can hold one long text in each of a million cells, or a far corner.

The library that reads workbooks lays a sheet out from its first to its last cell, with its own copy of each text.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import IO, BinaryIO, Final

import numpy as np

from shiftcast.pipelines.tables.trying import try_workbook
from shiftcast.pipelines.tables.unpacked import FREE, RATIO

CELLS: Final = 1 << 25  # from the first to the last cell of a sheet: some 1 GiB
TEXT: Final = 1 << 30  # bytes of the text of all cells
_BLOCK: Final = 1 << 22
_LONGEST: Final = 1 << 26  # bytes without the end of a cell
_OVERLAP: Final = 1 << 10  # bytes of a tag that may lie across two blocks
_NARROW, _LOW = 26, 9_999  # columns A to Z, and rows of four digits
_P: Final = rb"(?:[^\s<>/]*:)?"  # prefix of a tag
_FAR_COLUMN: Final = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{2,7})\d""")
_FAR_ROW: Final = re.compile(rb"""\br\s*=\s*["'][A-Za-z]{0,7}(\d{5,20})["']""")
_ATTRIBUTES: Final = rb"""(?:[^<>"']|"[^"<]*"|'[^'<]*')*"""
_SHARED: Final = re.compile(  # looks at each tag once, so that a hostile sheet takes no longer than another
    rb"<" + _P + rb"c(?=\s)(?=" + _ATTRIBUTES + rb"""?\st\s*=\s*["']s["'])""" + _ATTRIBUTES + rb"+>[^<]*"
    rb"(?:<(?!/?" + _P + rb"[cv][\s/>])[^<>]*>[^<]*)*<" + _P + rb"v(?:\s[^<>]*)?>\s*\+?(\d{1,18})"
)  # fmt: skip
_STRING: Final = re.compile(rb"<" + _P + rb"si(?=[\s/>])")
_NEXT_ROW: Final = re.compile(rb"<" + _P + rb"row(?=[\s/>])")
_PLACELESS_ROW: Final = re.compile(rb"<" + _P + rb"row(?=[\s/>])(?![^<>]*\sr\s*=)")
_PLACELESS_CELL: Final = re.compile(rb"<" + _P + rb"c(?=[\s/>])(?![^<>]*\sr\s*=)")
_CLOSED: Final = re.compile(rb"</" + _P + rb"(?:c|row)\s*>|<" + _P + rb"(?:c|row)(?:\s[^<>]*)?/>")
_COMMENT: Final = re.compile(rb"<!--.*?-->", re.DOTALL)
_MARKS: Final = re.compile(rb"<!\[CDATA\[|\]\]>")
_SHEET: Final = b"sheetData"
_STRINGS: Final = "xl/sharedstrings.xml"
_BINARY: Final = "xl/workbook.bin"  # of an .xlsb, whose sheets are no text
_ROW: Final = re.compile(rb"<table:table-row\b")
_ROWS: Final = re.compile(rb"""[^>]*?number-rows-repeated\s*=\s*["'](\d+)""")
_CELL: Final = re.compile(rb"""<table:table-cell\b[^>]*?number-columns-repeated\s*=\s*["'](\d+)["'][^>]*>""")
_FULL: Final = (b"office:value", b"office:string", b"office:date", b"office:time", b"office:boolean", b"<text:p")


def weigh_workbook(file: BinaryIO, name: str, refusal: Callable[[str], Exception]) -> None:
    """Raise if a workbook would take far more memory than it has bytes.

    What is no archive of text, such as .xls and .xlsb, or a damaged one, is opened in a process of bounded memory.

    Parameters
    ----------
    file
        A file that can seek; it is left at its start.
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
        weighed = _is_weighed(file, name, refusal)
    finally:
        file.seek(0)
    if not weighed:
        try_workbook(file, name, refusal)


def _is_weighed(file: BinaryIO, name: str, refusal: Callable[[str], Exception]) -> bool:
    """Return whether all of a workbook could be weighed, and raise if it is too heavy."""
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
            return _BINARY not in map(str.lower, archive.namelist())
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        return False  # damaged or locked, which the library says of it


def _faults(archive: zipfile.ZipFile) -> Iterator[str]:
    names = archive.namelist()
    if "content.xml" in names:
        size = _laid_out(archive.read("content.xml"))
        if size > TEXT:
            yield f"its rows repeat cells to {size:,} bytes, more than {TEXT >> 20:,} MiB"
    lowered = {each.lower(): each for each in names}  # as the library finds them
    lengths = _lengths(archive.read(lowered[_STRINGS])) if _STRINGS in lowered else np.zeros(0, dtype=np.int64)
    for each in names:  # a sheet may be any of them
        with archive.open(each) as part:
            yield from _sheet_faults(_blocks(part), lengths)


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    """Yield blocks that end where a cell or a row does."""
    rest = b""
    while block := file.read(_BLOCK):
        whole, since = rest + block, max(0, len(rest) - _OVERLAP)
        last = _last_end(whole, max(since, len(whole) - _OVERLAP)) or _last_end(whole, since)
        end = last or (len(whole) if len(whole) > _LONGEST else 0)
        if end:
            yield whole[:end]
        rest = whole[end:]
    yield rest


def _last_end(block: bytes, since: int) -> int:
    """Return where the last cell or row ends that ends beyond a place; 0 if none does."""
    found = deque(_CLOSED.finditer(block, since), maxlen=1)
    return found[0].end() if found else 0


def _read(block: bytes) -> bytes:
    """Return a block without comments, and without the marks of text that holds no tags."""
    last = block.rfind(b"-->") + 1
    return _MARKS.sub(b"", _COMMENT.sub(b"", block[: last + 2]) + block[last + 2 :] if last else block)


def _sheet_faults(blocks: Iterator[bytes], lengths: np.ndarray) -> Iterator[str]:
    columns, rows, text, placeless, widest, last = _NARROW, _LOW, 0, 0, 0, 0
    begun, before = False, b""
    for block in blocks:
        begun = begun or _SHEET in before + block
        before = block[-len(_SHEET) :]
        if not begun:
            continue
        columns = max(columns, *map(_column, set(_FAR_COLUMN.findall(block))), 0)
        rows = max(rows, *map(int, _FAR_ROW.findall(block)), 0)
        placeless += len(_PLACELESS_ROW.findall(block))
        wide, last = _widths(block, last)
        widest = max(widest, wide)
        if len(lengths):
            text += max(_shared(each, lengths) for each in ((block, _read(block)) if b"<!" in block else (block,)))
    columns, rows = max(columns, _further(columns, _NARROW) + widest), max(rows, _further(rows, _LOW) + placeless)
    if columns * rows > CELLS:
        yield f"a sheet reaches to column {columns:,} and row {rows:,}, over {CELLS:,} cells"
    if text > TEXT:
        yield f"the cells of a sheet hold {text:,} bytes of text, more than {TEXT >> 20:,} MiB"


def _shared(block: bytes, lengths: np.ndarray) -> int:
    places = np.array(_SHARED.findall(block), dtype=np.int64)
    return int(lengths[places[places < len(lengths)]].sum())


def _further(most: int, usual: int) -> int:
    """Return from where cells without a place may go on: the start, where none has a place that is far."""
    return most if most > usual else 0


def _widths(block: bytes, carried: int) -> tuple[int, int]:
    """Return the most cells without a place that a row of a block has, and those of its last row.

    Examples
    --------
    >>> _widths(b"<c/><row><c/><c/></row><x:row><x:c/>", 4)
    (5, 1)
    """
    cells = [found.start() for found in _PLACELESS_CELL.finditer(block)]
    starts = [found.start() for found in _NEXT_ROW.finditer(block)] if cells else _NEXT_ROW.findall(block)[-1:]
    if not cells:
        return carried, 0 if starts else carried
    counts = np.bincount(np.searchsorted(starts, cells), minlength=len(starts) + 1)
    counts[0] += carried
    return int(counts.max()), int(counts[-1])


def _column(letters: bytes) -> int:
    """Return the number of a column by its letters.

    Examples
    --------
    >>> _column(b"AA"), _column(b"xfd")
    (27, 16384)
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def _lengths(strings: bytes) -> np.ndarray:
    """Return the bytes of each shared string, with its tags.

    Examples
    --------
    >>> _lengths(b"<sst><si><t>ab</t></si><si/></sst>").tolist()
    [18, 11]
    """
    strings = _read(strings) if b"<!" in strings else strings
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
    for start, end in pairwise([*starts, len(content)]):
        row = content[start:end]
        if any(mark in row for mark in _FULL):
            found = _ROWS.match(row)
            wide = [int(cell[1]) for cell in _CELL.finditer(row) if _is_full(cell[0])]
            size += (end - start) * max([1, *wide]) * (int(found[1]) if found else 1)
    return size


def _is_full(tag: bytes) -> bool:
    return not tag.endswith(b"/>") or any(mark in tag for mark in _FULL)
