"""Read the rows of a table whatever it is written as: delimited text, JSON, JSON lines, Parquet or a workbook."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO, Final, cast

from shiftcast.pipelines.sources.chunks import Chunk, delimited, document, from_objects, json_lines, parquet
from shiftcast.pipelines.sources.formats.flat import flatten, rows_at
from shiftcast.pipelines.sources.formats.workbook import workbook
from shiftcast.pipelines.sources.lines import LINE_LIMIT, text_of
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.table import UnreadableFileError

_JSON: Final = ("{", "[")


def rows_of(
    opened: Opened, setting: Setting, *, header: Sequence[str] = (), numbered: bool = False, flat: bool = True
) -> Iterator[Chunk]:
    """Read the rows of a table of any format.

    Objects within a JSON object, and nested columns of Parquet, become columns named such as ``usage.gpus``.

    Parameters
    ----------
    opened
        File to read.
    setting
        Its delimiter, path and sheet say what the file does not tell.
    header
        Column names of delimited text without a header line.
    numbered
        Whether delimited text has no header line, and its columns are c1, c2, ... unless its first line says so.
    flat
        Whether objects within a JSON object become columns; else they are cells of JSON, as they are in CSV.

    Yields
    ------
    Chunk
        Up to 50,000 rows.

    Raises
    ------
    UnreadableFileError
        If it holds nothing, is damaged, or it does not say which of its lists or sheets is meant.
    """
    kind, whole = format_of(opened)
    if kind == "parquet":
        yield from parquet(whole)
    elif kind == "workbook":
        yield from workbook(whole, setting.sheet)
    elif kind == "JSON lines":
        if setting.path:
            raise UnreadableFileError(f"{opened.name}: is JSON lines, where --path has no meaning; leave it out")
        yield from json_lines(whole, shape=flatten if flat else dict)
    elif kind == "JSON":
        yield from from_objects(opened.name, rows_at(opened.name, document(whole), setting.path, flat=flat))
    else:
        yield from delimited(whole, delimiter=setting.delimiter, header=header, numbered=numbered)


def format_of(opened: Opened) -> tuple[str, Opened]:
    """Return what a file is written as, and the file with nothing of it read.

    Parameters
    ----------
    opened
        File that nothing was read of.

    Returns
    -------
    tuple of str and Opened
        ``parquet, workbook, JSON, JSON lines`` or ``delimited text``.

    Raises
    ------
    UnreadableFileError
        If it is HTML or XML, as some sites name .xls.
    """
    if opened.parquet or opened.workbook:
        return "parquet" if opened.parquet else "workbook", opened
    first = opened.first_line()
    if first.startswith("<"):
        raise UnreadableFileError(
            f"{opened.name}: is HTML or XML; open it in a spreadsheet and save it as .xlsx or CSV"
        )
    if not first.startswith(_JSON) or (first.startswith("[") and first[1:].strip()[:1] not in {"", *_JSON}):
        return "delimited text", opened
    head = opened.stream.read(LINE_LIMIT)
    again = cast("BinaryIO", io.BufferedReader(cast("io.RawIOBase", _Again(head, opened.stream))))
    return ("JSON lines" if _is_lines(head) else "JSON"), replace(opened, stream=again)


def _is_lines(head: bytes) -> bool:
    """Return whether text begins with a JSON object that its line holds whole and is no document of rows."""
    lines = text_of(io.BytesIO(head)).read().strip().split("\n", 1)
    try:
        row = json.loads(lines[0])
    except (ValueError, RecursionError):
        return len(lines) > 1 and lines[0].startswith("{") and lines[1].lstrip().startswith("{")
    return isinstance(row, dict) and (len(lines) > 1 or not _holds_rows(row))


def _holds_rows(row: dict[str, object]) -> bool:
    return any(
        any(isinstance(each, dict | list) for each in part) if isinstance(part, list) else _holds_rows(part)
        for part in row.values() if isinstance(part, list | dict)
    )  # fmt: skip


class _Again(io.RawIOBase):
    """A stream whose first bytes were read already."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = io.BytesIO(head), rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._head.read(len(buffer)) or self._rest.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
