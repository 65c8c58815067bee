"""Read what sheets export beside CSV of commas and points as such a CSV: workbooks, semicolons, decimal commas."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Final, cast

import numpy as np

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.tables.parquet import check_width
from shiftcast.pipelines.tables.sheets import is_workbook, sheet_rows
from shiftcast.pipelines.tables.unpacked import DAMAGED, MARK, WHOLE, Unpacking, unpacked_stream

DELIMITERS: Final = (",", ";", "\t")
LINE: Final = 1 << 26  # bytes of a line: 16,384 cells as long as a sheet's can be do not fill one
_HEAD: Final = 1 << 20  # characters of a header
_UTF8: Final = "utf-8-sig"
_END: Final = ("\n", "end")  # a row after the last
_BROTLI: Final = ".br"
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PACKINGS: Final = "which is not read; unpack it, or pack it with gzip or zstd"
_OTHERS: Final = {
    b"PK\x03\x04": "is an archive, or a workbook without its ending; unpack it, or name it .xlsx or .ods",
    b"\xd0\xcf\x11\xe0": "is a workbook without its ending; name it .xls", b"PAR1\x15": "is Parquet; name it .parquet",
    b"ARROW1\x00": "is an Arrow file; write CSV or Parquet", b"\x04\x22\x4d\x18": f"is packed as LZ4, {_PACKINGS}",
}  # fmt: skip
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
    delimiter, encoding = _form(file)
    if (delimiter, encoding) == (DELIMITERS[0], _UTF8):
        return file
    with text_of(file) as lines:
        rows = [row for row in _rows(lines, delimiter, file) if row]
    return _written(_with_points(rows, text, str(file), sure=delimiter == ";"))


def opened(source: Path | bytes) -> BinaryIO:
    """Return a CSV for a reader to read from its start, unpacked where it is packed.

    Parameters
    ----------
    source
        As :func:`plain_csv` gives it.

    Returns
    -------
    BinaryIO
        A stream at its start, whose bytes and lines are counted as they are read.

    Raises
    ------
    ValueError
        If it is no text; as it is read, if it is damaged, a line is too long, a quote has no end, or it unpacks
        to far more than its size.
    """
    return io.BytesIO(source) if isinstance(source, bytes) else _stream(source, lambda: _check_quotes(source))


def _stream(source: Path, at_end: Callable[[], None] = lambda: None) -> BinaryIO:
    """Return the bytes of a file, unpacked; what is done at the end of one whose quotes are in doubt may refuse it."""
    file = source.open("rb")
    head = file.peek(MARK)
    other = next((said for mark, said in _OTHERS.items() if head.startswith(mark)), "")
    if other or source.suffix.lower() == _BROTLI:  # which begins with no mark of its own
        file.close()
        raise InputError(f"{source}: {other or f'is packed as Brotli, {_PACKINGS}'}")
    unpacking = Unpacking(str(source), file.tell, InputError, ratio=WHOLE)
    stream = unpacked_stream(file, head[:MARK], unpacking)
    return cast("BinaryIO", io.BufferedReader(_Lines(stream or file, file, str(source), at_end)))


def text_of(source: Path | bytes, errors: str = "strict") -> io.TextIOWrapper:
    """Return a CSV as text from its start; whether its quotes end is for who reads its rows.

    Parameters
    ----------
    source
        As :func:`plain_csv` gives it.
    errors
        What is done about bytes that are no letters, as :meth:`bytes.decode` takes it.

    Returns
    -------
    TextIOWrapper
        Of UTF-8, with or without its mark, or of UTF-16 with one; ends of lines as they are.
    """
    stream = cast("io.BufferedReader", io.BytesIO(source) if isinstance(source, bytes) else _stream(source))
    encoding = "utf-16" if isinstance(source, Path) and stream.peek(2)[:2] in _UTF16 else _UTF8
    return io.TextIOWrapper(stream, encoding=encoding, errors=errors, newline="")


class _Lines(io.RawIOBase):
    """A stream that hands on bytes, refuses a line that is no row of a table, and asks about quotes in doubt."""

    def __init__(self, raw: BinaryIO, file: BinaryIO, name: str, at_end: Callable[[], None]) -> None:
        self._raw, self._file, self._name, self._since, self._quotes = raw, file, name, 0, 0
        self._at_end, self._doubtful = at_end, False

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._raw.close()
        self._file.close()
        super().close()

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            data = self._raw.read(len(buffer))
        except (*DAMAGED, OSError) as error:
            raise InputError(f"{self._name}: is cut short or damaged ({error}); fetch it again") from None
        buffer[: len(data)] = data
        last = data.rfind(b"\n")
        self._since = self._since + len(data) if last < 0 else len(data) - last - 1
        if self._since > LINE:
            raise InputError(
                f"{self._name}: a line of it is longer than {LINE >> 20} MiB; check that it is text with line ends"
            )
        self._count(data)
        if not data and (self._doubtful or self._quotes % 2):
            self._at_end()
        return len(data)

    def _count(self, data: bytes) -> None:
        """Count quotes, and note whether a line ends after an odd number of them, as within an open one."""
        if b'"' not in data:
            self._doubtful |= bool(self._quotes % 2) and b"\n" in data
            return
        held = np.frombuffer(data, dtype=np.uint8)
        quotes, ends = np.flatnonzero(held == ord('"')), np.flatnonzero(held == ord("\n"))
        self._doubtful |= bool(((self._quotes + np.searchsorted(quotes, ends)) % 2).any())
        self._quotes += len(quotes)


def _check_quotes(file: Path) -> None:
    """Raise if a quote of a CSV has no end: a reader would take all rows for one cell, or pass them over.

    Their number does not tell: one that stands within a cell, such as an inch mark, opens none.
    """
    with text_of(file, "surrogateescape") as lines:
        head = lines.readline(_HEAD)
        for _ in _rows(chain((head,), lines), _divider(head), file):
            pass


def _rows(lines: Iterator[str], delimiter: str, file: Path) -> Iterator[list[str]]:
    """Yield the rows of a CSV, and raise at the end if the last goes on within a quote."""
    row: list[str] = []
    rows = csv.reader(chain(lines, _END), delimiter=delimiter)
    try:
        for following in rows:
            yield row
            row = following
    except csv.Error as error:
        raise InputError(f"{file}: {error}; repair the quoting") from None
    if row != [_END[-1]]:
        raise InputError(f"{file}: a quote has no end; close it or double it")


def _form(file: Path) -> tuple[str, str]:
    """Return what stands between the names of a header, outside of quotes, and the encoding; too many are refused."""
    with text_of(file) as lines:
        try:
            head = lines.readline(_HEAD)
        except UnicodeDecodeError:
            return DELIMITERS[0], _UTF8
        found = _divider(head)
        check_width(str(file), _QUOTED.sub("", head).count(found) + 1, InputError)
        return found, lines.encoding


def _divider(head: str) -> str:
    """Return what stands between the names of a header, outside of quotes."""
    return max(DELIMITERS, key=_QUOTED.sub("", head).count)


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
