"""Read lines and delimited records of untrusted text, in bounded memory, none lost.

A line longer than the limit, bytes that are not UTF-8 and a quote without an end cost the rows they are in, not the
file. Every record carries the line it starts on, the header being line 1.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO, Final

LINE_LIMIT: Final = 1 << 20  # characters; the longest honest line seen is a node list of some 30,000
BATCH: Final = 1 << 25  # characters of the records that are held at once
RECORD_LINES: Final = 200  # lines one quoted cell may run over
SHOWN: Final = 80
_KEPT: Final = "shiftcast-kept"
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
TOO_LONG: Final = f"line is longer than {LINE_LIMIT} characters; check that the file is text with line ends"
NOT_UTF8: Final = "bytes are not UTF-8; save the file as UTF-8"


@dataclass
class Records:
    """Some consecutive records of a text.

    Attributes
    ----------
    texts
        Text of each record.
    lines
        Line each record starts on, the header being line 1.
    quarantined
        Line, start of the text, and reason of each record that cannot be used.
    """

    texts: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    quarantined: list[tuple[int, str, str]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.texts) + len(self.quarantined)


def text_of(stream: BinaryIO) -> io.TextIOWrapper:
    """Return a byte stream as text: UTF-8, or UTF-16 by its mark; bad bytes kept as surrogates.

    Parameters
    ----------
    stream
        Bytes of a file.

    Returns
    -------
    TextIOWrapper
        Decoded text, every line end as a line feed.
    """
    buffered = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(stream)  # type: ignore[type-var]
    encoding = "utf-16" if buffered.peek(2)[:2] in _UTF16 else "utf-8-sig"
    return io.TextIOWrapper(buffered, encoding=encoding, errors=_KEPT, newline=None)


def _kept(error: UnicodeError) -> tuple[str, int]:
    """Keep bad bytes as surrogates; Python's own handler keeps none below 128, of which UTF-16 may end in one."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC80 | byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(_KEPT, _kept)


def read_records(stream: BinaryIO, *, size: int, quoted: bool = True) -> Iterator[Records]:
    """Cut text into records, ``size`` at a time or fewer long ones; blank lines are no records.

    Parameters
    ----------
    stream
        Bytes of a file.
    size
        Records at a time.
    quoted
        Whether a cell in double quotes may run over several lines.

    Yields
    ------
    Records
        The next ``size`` records, fewer at the end and where they hold more than :data:`BATCH` characters.
    """
    records = _quoted(_lines(text_of(stream))) if quoted else _lines(text_of(stream))
    while some := _some(records, size):
        batch = Records()
        for number, text, reason in some:
            if reason:
                batch.quarantined.append((number, text[:SHOWN], reason))
            else:
                batch.lines.append(number)
                batch.texts.append(text)
        yield batch


def _some(records: Iterator[tuple[int, str, str]], size: int) -> list[tuple[int, str, str]]:
    some: list[tuple[int, str, str]] = []
    held = 0
    for record in islice(records, size):
        some.append(record)
        held += len(record[1])
        if held > BATCH:
            break
    return some


def split_cells(texts: list[str], delimiter: str, *, quoted: bool = True) -> list[list[str]]:
    """Return each record's cells.

    Parameters
    ----------
    texts
        Records, one a text.
    delimiter
        Character between cells, or several; a space is any run of white space.
    quoted
        Whether double quotes enclose cells.

    Returns
    -------
    list of list of str
        Cells of each record, in order.

    Examples
    --------
    >>> split_cells(['a,"b,c"', "1,2"], ",")
    [['a', 'b,c'], ['1', '2']]
    """
    if delimiter == " ":
        return [text.split() for text in texts]
    if not quoted or len(delimiter) > 1:
        return [text.split(delimiter) for text in texts]
    csv.field_size_limit(LINE_LIMIT * 2)
    return list(csv.reader(texts, delimiter=delimiter))


def _lines(text: io.TextIOWrapper) -> Iterator[tuple[int, str, str]]:
    """Yield number, text and, where the line cannot be used, the reason."""
    number = 0
    while line := text.readline(LINE_LIMIT):
        number += 1
        if len(line) == LINE_LIMIT and not line.endswith("\n"):
            while (rest := text.readline(LINE_LIMIT)) and not rest.endswith("\n"):
                pass
            yield number, line, TOO_LONG
        elif not line.isascii() and not _is_utf8(line):
            yield number, line.encode("utf-8", "surrogateescape").decode("latin-1"), NOT_UTF8
        elif "\x00" in line:
            yield number, line.replace("\x00", "?"), "line holds NUL bytes; it is not text"
        elif not line.isspace():
            yield number, line.removesuffix("\n"), ""


def _is_utf8(line: str) -> bool:
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _quoted(lines: Iterator[tuple[int, str, str]]) -> Iterator[tuple[int, str, str]]:
    """Join the lines of a quoted cell; a quote that never ends costs its own line, and the rest is read again."""
    waiting: deque[tuple[int, str, str]] = deque()
    while True:
        first = waiting.popleft() if waiting else next(lines, None)
        if first is None:
            return
        number, text, reason = first
        if reason or text.count('"') % 2 == 0:
            yield first
            continue
        joined, held = [first], len(text)
        while (following := waiting.popleft() if waiting else next(lines, None)) is not None:
            joined.append(following)
            held += len(following[1])
            if following[2] or len(joined) > RECORD_LINES or held > LINE_LIMIT or following[1].count('"') % 2:
                break
        if len(joined) > 1 and held <= LINE_LIMIT and joined[-1][1].count('"') % 2 and not joined[-1][2]:
            yield number, "\n".join(part for _, part, _ in joined), ""
        else:
            waiting.extendleft(reversed(joined[1:]))
            yield number, text, "a quote has no end; close it or double it"
