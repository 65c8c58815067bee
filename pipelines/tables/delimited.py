"""Read what sheets export beside CSV of commas and points as such a CSV: workbooks, semicolons, decimal commas."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import BinaryIO, Final, cast

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.tables.parquet import check_width
from shiftcast.pipelines.tables.sheets import is_workbook, sheet_rows
from shiftcast.pipelines.tables.unpacked import DAMAGED, MARK, WHOLE, Unpacking, unpacked_stream

DELIMITERS: Final = (",", ";", "\t")
LINE: Final = 1 << 26  # bytes of a line: 16,384 cells as long as a sheet's can be do not fill one
_HEAD: Final = 1 << 20  # characters of a header
_UTF8: Final = "utf-8-sig"
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_OTHERS: Final = {
    b"PK\x03\x04": "is an archive, or a workbook without its ending; unpack it, or name it .xlsx or .ods",
    b"\xd0\xcf\x11\xe0": "is a workbook without its ending; name it .xls", b"PAR1\x15": "is Parquet; name it .parquet",
    b"ARROW1\x00": "is an Arrow file; write CSV or Parquet",
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
    try:
        with text_of(file) as lines:
            rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
    except csv.Error as error:
        raise InputError(f"{file}: {error}; repair the quoting") from None
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
    if isinstance(source, bytes):
        return io.BytesIO(source)
    file = source.open("rb")
    head = file.peek(MARK)
    other = next((said for mark, said in _OTHERS.items() if head.startswith(mark)), "")
    if other:
        file.close()
        raise InputError(f"{source}: {other}")
    unpacking = Unpacking(str(source), file.tell, InputError, ratio=WHOLE)
    stream = unpacked_stream(file, head[:MARK], unpacking)
    return cast("BinaryIO", io.BufferedReader(_Lines(stream or file, file, str(source))))


def text_of(source: Path | bytes) -> io.TextIOWrapper:
    """Return a CSV as text from its start.

    Parameters
    ----------
    source
        As :func:`plain_csv` gives it.

    Returns
    -------
    TextIOWrapper
        Of UTF-8, with or without its mark, or of UTF-16 with one; ends of lines as they are.
    """
    stream = cast("io.BufferedReader", opened(source))
    encoding = "utf-16" if isinstance(source, Path) and stream.peek(2)[:2] in _UTF16 else _UTF8
    return io.TextIOWrapper(stream, encoding=encoding, newline="")


class _Lines(io.RawIOBase):
    """A stream that hands on bytes, and refuses a line that is no row of a table, and a quote that has no end."""

    def __init__(self, raw: BinaryIO, file: BinaryIO, name: str) -> None:
        self._raw, self._file, self._name, self._since, self._quotes = raw, file, name, 0, 0

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
        self._quotes += data.count(b'"')
        if not data and self._quotes % 2:  # up to the end a reader would take all rows for one cell, or pass them over
            raise InputError(f"{self._name}: a quote has no end; close it or double it")
        return len(data)


def _form(file: Path) -> tuple[str, str]:
    """Return what stands between the names of a header, outside of quotes, and the encoding; too many are refused."""
    with text_of(file) as lines:
        try:
            head = lines.readline(_HEAD)
        except UnicodeDecodeError:
            return DELIMITERS[0], _UTF8
        bare = _QUOTED.sub("", head)
        found = max(DELIMITERS, key=bare.count)
        check_width(str(file), bare.count(found) + 1, InputError)
        return found, lines.encoding


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
