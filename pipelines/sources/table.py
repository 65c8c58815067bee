"""Reading delimited text without losing a row: every cell as text, with the line it came from."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd


class UnreadableFileError(ValueError):
    """A file that cannot be read at all; the run ends and the last good state stays."""


def read_table(path: Path) -> pd.DataFrame:
    """Read a CSV file as text cells.

    Bytes that are not UTF-8 are kept as surrogates, for the row rules to find. A record with too few or too many
    cells keeps what it has; missing cells are empty.

    Returns
    -------
    DataFrame
        Text columns as in the header, and ``line``: the line each record starts on, the header being line 1.

    Raises
    ------
    UnreadableFileError
        If the file is absent, empty, or holds NUL bytes.
    """
    try:
        text = path.read_text(encoding="utf-8-sig", errors="surrogateescape")
    except OSError as error:
        raise UnreadableFileError(
            f"{path}: cannot be read ({error.strerror}); check the path and its permissions"
        ) from None
    if not text.strip() or "\x00" in text:
        what = "is empty" if not text.strip() else "holds NUL bytes: it is not a text file"
        raise UnreadableFileError(f"{path}: {what}; put back the file or remove it from the record")
    return _records(path, text)


def _records(path: Path, text: str) -> pd.DataFrame:
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    rows: list[dict[str, object]] = []
    try:
        header = [name.strip() for name in next(reader)]
        before = reader.line_num
        for cells in reader:
            if cells:
                found = dict(zip(header, cells, strict=False))
                rows.append({**dict.fromkeys(header, ""), **found, "line": before + 1})
            before = reader.line_num
    except csv.Error as error:
        raise UnreadableFileError(f"{path}: line {reader.line_num}: {error}; repair the quoting") from None
    return pd.DataFrame(rows, columns=[*header, "line"])
