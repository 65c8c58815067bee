"""Read delimited text without losing a row: every cell as text, with the line it came from."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Final

import pandas as pd

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.tables.parquet import check_width
from shiftcast.pipelines.tables.whole_files import whole_text

CELLS: Final = 1 << 22  # of a file of records, which is held whole as text: some 1 GiB


class UnreadableFileError(InputError):
    """A file that cannot be read at all; the run ends and the last good state stays."""


def read_table(path: Path) -> pd.DataFrame:
    """Read a CSV file as text cells.

    Bytes that are not UTF-8 are kept as surrogates, and cells beyond the header as ``surplus``, for the row rules to
    find; missing cells are empty.

    Parameters
    ----------
    path
        CSV file with a header.

    Returns
    -------
    DataFrame
        Text columns as in the header; ``line``, the line each record starts on, the header being line 1; ``surplus``.

    Raises
    ------
    UnreadableFileError
        If the file is absent, empty, or holds NUL bytes, a quote without an end or a column twice.
    """
    return parse_table(path, read_text(path))


def read_text(path: Path) -> str:
    """Read a file of records as it is, bytes that are not UTF-8 as surrogates.

    Parameters
    ----------
    path
        CSV file.

    Returns
    -------
    str
        Its text.

    Raises
    ------
    UnreadableFileError
        If the file is absent, empty, no text, or holds NUL bytes; or is so large that it is no record.
    """
    try:
        text = whole_text(path, UnreadableFileError, errors="surrogateescape")
    except OSError as error:
        raise UnreadableFileError(
            f"{path}: cannot be read ({error.strerror}); check the path and its permissions"
        ) from None
    except UnicodeDecodeError:  # of UTF-16, which may end within a letter
        raise UnreadableFileError(f"{path}: is no text; save it as UTF-8") from None
    if not text.strip() or "\x00" in text:
        what = "is empty" if not text.strip() else "holds NUL bytes: it is not a text file"
        raise UnreadableFileError(f"{path}: {what}; put back the file or remove it from the record")
    return text


def parse_table(path: Path, text: str) -> pd.DataFrame:
    """Read the text of a CSV file as text cells.

    Parameters
    ----------
    path
        Where it is from, for messages.
    text
        Header and records.

    Returns
    -------
    DataFrame
        As :func:`read_table` returns it.

    Raises
    ------
    UnreadableFileError
        If it holds a quote without an end, a column twice, or too many cells.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[dict[str, object]] = []
    try:
        header = [name.strip() for name in next(reader)]
        _check_header(path, header)
        most = CELLS // max(len(header), 1)
        before = reader.line_num
        for cells in reader:
            if len(rows) == most:
                raise UnreadableFileError(f"{path}: has more than {CELLS:,} cells; keep the rows that are needed")
            if cells:
                found = dict(zip(header, cells, strict=False))
                surplus = ",".join(cells[len(header) :])
                rows.append({**dict.fromkeys(header, ""), **found, "line": before + 1, "surplus": surplus})
            before = reader.line_num
    except csv.Error as error:
        raise UnreadableFileError(f"{path}: line {reader.line_num}: {error}; repair the quoting") from None
    names = pd.Index([*header, "line", "surplus"], dtype=object)  # pandas' own text type refuses surrogates
    return pd.DataFrame([list(row.values()) for row in rows], columns=names, dtype=object)


def _check_header(path: Path, header: list[str]) -> None:
    check_width(str(path), len(header), UnreadableFileError)
    repeated = sorted({name for name in header if header.count(name) > 1 or name in {"line", "surplus"}})
    if repeated:
        raise UnreadableFileError(f"{path}: line 1: column {repeated[0]!r} is there twice or reserved; rename it")
