"""Cut files of any format into chunks of some thousand rows, every cell with its line, alike from here on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.pipelines.sources.formats.header import find_header, first_row, header_names
from shiftcast.pipelines.sources.lines import SHOWN, Records, read_records, split_cells
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.table import UnreadableFileError
from shiftcast.pipelines.sources.unpacking import check_values, parquet_tables
from shiftcast.pipelines.tables.letters import with_whole_letters
from shiftcast.pipelines.tables.parquet import ROWS, check_width

Row = Mapping[str, object]
_CELLS: Final = 1 << 25  # of rows of JSON that are held at once
_DOCUMENT_LIMIT: Final = 1 << 28  # bytes of one JSON document, which cannot be read piece by piece


@dataclass(frozen=True)
class Chunk:
    """Rows of one file.

    Attributes
    ----------
    cells
        Columns by name: text, or typed where the format has types.
    lines
        Line (or row) of each in its file, the header being line 1, shape (rows,).
    file
        Name of the file.
    quarantined
        Rows that could not be cut into cells: line, column, value, reason.
    """

    cells: pd.DataFrame
    lines: NDArray[np.int64]
    file: str
    quarantined: tuple[tuple[int, str, str, str], ...] = ()

    def __len__(self) -> int:
        return len(self.cells) + len(self.quarantined)


def delimited(
    opened: Opened,
    *,
    delimiter: str = "",
    header: Sequence[str] = (),
    quoted: bool = True,
    spill: bool = False,
    numbered: bool = False,
) -> Iterator[Chunk]:
    """Read delimited text, its header found under titles and notes, or Parquet under the same column names.

    Parameters
    ----------
    opened
        File to read.
    delimiter
        What stands between cells, by itself or by name (tab, space, semicolon, ...); space is any run of it. Found if
        left out.
    header
        Column names of a file without a header line.
    quoted
        Whether double quotes enclose cells.
    spill
        Whether the last column may hold the delimiter itself, as a Slurm job name can.
    numbered
        Whether there is no header line, and columns are c1, c2, ... unless the first line names them so.

    Yields
    ------
    Chunk
        Up to 50,000 rows.

    Raises
    ------
    UnreadableFileError
        If the file holds nothing, or names a column twice.
    """
    if opened.parquet:
        yield from parquet(opened)
        return
    if opened.workbook:
        raise UnreadableFileError(f"{opened.name}: is a workbook, which this source does not read; save it as CSV")
    names = list(header)
    seen = False
    for records in read_records(opened.stream, size=ROWS, quoted=quoted):
        if not seen and records.texts:
            place, delimiter = find_header(records.texts, delimiter, quoted=quoted)
            cells = split_cells(records.texts[place : place + 1], delimiter, quoted=quoted)[0]
            if numbered and "c1" not in cells:
                place, names = first_row(records.texts, delimiter, quoted=quoted)
                del records.texts[:place], records.lines[:place]
            elif not names:
                _refuse_header(opened.name, records, place, delimiter)
                names = header_names(opened.name, records.lines[place], cells)
                del records.texts[: place + 1], records.lines[: place + 1]
        seen = True
        yield _chunk(opened.name, names, records, delimiter or ",", quoted=quoted, spill=spill)
    if not seen:
        raise UnreadableFileError(f"{opened.name}: is empty; export it again")


def _refuse_header(file: str, records: Records, place: int, delimiter: str) -> None:
    """Raise if the header is a line that could not be read, and a row below it was taken for it."""
    for line, shown, reason in records.quarantined:
        if line < records.lines[place] and delimiter in shown:
            raise UnreadableFileError(f"{file}: line {line}: {reason}")


def _chunk(file: str, names: list[str], records: Records, delimiter: str, *, quoted: bool, spill: bool) -> Chunk:
    rows = split_cells(records.texts, delimiter, quoted=quoted)
    quarantined = [(line, "line", shown, reason) for line, shown, reason in records.quarantined]
    good: list[list[str]] = []
    lines: list[int] = []
    for line, row, text in zip(records.lines, rows, records.texts, strict=True):
        cells = (
            [*row[: len(names) - 1], delimiter.join(row[len(names) - 1 :])] if spill and len(row) > len(names) else row
        )
        if len(cells) == len(names):
            good.append(cells)
            lines.append(line)
        else:
            reason = f"{len(row)} cells where the header has {len(names)}; complete the row or quote the cell"
            quarantined.append((line, "line", text[:SHOWN], reason))
    columns = dict(zip(names, zip(*good, strict=True), strict=True)) if good else dict.fromkeys(names, ())
    frame = pd.DataFrame({name: np.array(cells, dtype=object) for name, cells in columns.items()})
    return Chunk(frame, np.array(lines, dtype=np.int64), file, tuple(quarantined))


def json_lines(opened: Opened, *, shape: Callable[[Row], Row] = lambda row: row) -> Iterator[Chunk]:
    """Read one JSON object a line; a line that is none is quarantined.

    Parameters
    ----------
    opened
        File to read.
    shape
        Done to each object, such as :func:`pipelines.sources.formats.flat.flatten`.

    Yields
    ------
    Chunk
        Up to 50,000 rows, every cell as text.

    Raises
    ------
    UnreadableFileError
        If the file holds nothing.
    """
    seen = False
    for records in read_records(opened.stream, size=ROWS, quoted=False):
        rows: list[Row] = []
        lines: list[int] = []
        quarantined = [(line, "line", shown, reason) for line, shown, reason in records.quarantined]
        for line, text in zip(records.lines, records.texts, strict=True):
            row = _object(text)
            if row is None:
                quarantined.append((line, "line", text[:SHOWN], "not a JSON object; one object a line is needed"))
            else:
                rows.append(shape(row))
                lines.append(line)
        seen = True
        yield from _cut(opened.name, rows, np.array(lines, dtype=np.int64), tuple(quarantined))
    if not seen:
        raise UnreadableFileError(f"{opened.name}: is empty; export it again")


def _object(text: str) -> Mapping[str, object] | None:
    try:
        row = with_whole_letters(json.loads(text), text)
    except (json.JSONDecodeError, RecursionError, ValueError):  # ValueError: a number of more than 4,300 digits
        return None
    return row if isinstance(row, dict) else None


def _cut(
    file: str, rows: Sequence[Row], lines: NDArray[np.int64], quarantined: tuple[tuple[int, str, str, str], ...] = ()
) -> Iterator[Chunk]:
    """Yield rows as chunks whose cells are few enough to be held: rows of many kinds have few fields in common."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    if len(names) * len(rows) > _CELLS and len(rows) > 1:
        half = len(rows) // 2
        yield from _cut(file, rows[:half], lines[:half], quarantined)
        yield from _cut(file, rows[half:], lines[half:])
        return
    check_width(file, len(names), UnreadableFileError)
    yield Chunk(_frame(names, rows), lines, file, quarantined)


def _frame(names: Sequence[str], rows: Sequence[Row]) -> pd.DataFrame:
    return pd.DataFrame({name: np.array([_cell(row.get(name)) for row in rows], dtype=object) for name in names})


def _cell(value: object) -> object:
    """Return a JSON value as a cell: lists and objects as their text, true and false as words."""
    if isinstance(value, dict | list | bool):
        return json.dumps(value)
    return "" if value is None else str(value)


def from_objects(file: str, rows: Sequence[Mapping[str, object]]) -> Iterator[Chunk]:
    """Cut objects of a JSON document into chunks.

    Parameters
    ----------
    file
        Name of the file.
    rows
        Objects, in order; their lines are their places, from 1.

    Yields
    ------
    Chunk
        Up to 50,000 rows, every cell as text.
    """
    for first in range(0, len(rows), ROWS):
        some = rows[first : first + ROWS]
        yield from _cut(file, some, np.arange(first + 1, first + 1 + len(some), dtype=np.int64))


def document(opened: Opened) -> object:
    """Read a whole JSON document.

    Parameters
    ----------
    opened
        File to read.

    Returns
    -------
    object
        Plain values, as :func:`json.loads` gives them; a list of documents that stand one after another.

    Raises
    ------
    UnreadableFileError
        If it is too large, or not JSON.
    """
    data = opened.stream.read(_DOCUMENT_LIMIT + 1)
    if len(data) > _DOCUMENT_LIMIT:
        raise UnreadableFileError(
            f"{opened.name}: a JSON document over {_DOCUMENT_LIMIT >> 20} MiB; export shorter windows or JSON lines"
        )
    try:
        return _documents(check_values(opened.name, data.decode(json.detect_encoding(data)).strip("\ufeff")))
    except UnreadableFileError:
        raise
    except (ValueError, RecursionError) as error:
        raise UnreadableFileError(f"{opened.name}: is not JSON ({str(error)[:SHOWN]}); export it again") from None


def _documents(text: str) -> object:
    """Return the value of a text, or a list of those that stand one after another."""
    decoder, place = json.JSONDecoder(), 0
    found: list[object] = []
    while (start := len(text) - len(text[place:].lstrip())) < len(text) or not found:
        value, place = decoder.raw_decode(text, start)
        found.append(value)
    return with_whole_letters(found[0] if len(found) == 1 else found, text)


def parquet(opened: Opened) -> Iterator[Chunk]:
    """Read Parquet rows as typed columns; a row's line is its place in the file, from 2 as under a header.

    Parameters
    ----------
    opened
        File to read.

    Yields
    ------
    Chunk
        Up to 50,000 rows, fewer where their cells are large.

    Raises
    ------
    UnreadableFileError
        If it is damaged or not Parquet, has a column twice, or unpacks to far more than its own size.
    """
    line = 2
    for batch in parquet_tables(opened.name, opened.stream):
        cells = batch.to_pandas()
        yield Chunk(cells, np.arange(line, line + len(cells), dtype=np.int64), opened.name)
        line += len(cells)
