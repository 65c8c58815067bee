"""Count the values of a JSON document before they are held, and the bytes that Parquet unpacks to."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO, Final

import pyarrow as pa

from shiftcast.pipelines.sources.table import UnreadableFileError
from shiftcast.pipelines.tables.parquet import parquet_batches
from shiftcast.pipelines.tables.unpacked import Unpacking

VALUES: Final = 20_000_000  # of one JSON document: some 2 GiB of memory
_ENDS: Final = (",", "[", "{")  # each begins at most one value


def check_values(name: str, text: str) -> str:
    """Return the text of a JSON document if its values are few enough to be held at once.

    Parameters
    ----------
    name
        Name of the file, for the message.
    text
        The document; commas and brackets within its strings are counted too.

    Returns
    -------
    str
        The same text.

    Raises
    ------
    UnreadableFileError
        If it may hold more than :data:`VALUES`.
    """
    count = sum(map(text.count, _ENDS))
    if count > VALUES:
        raise UnreadableFileError(
            f"{name}: a JSON document of {count:,} values, more than {VALUES:,}; export shorter windows, or one object "
            "a line"
        )
    return text


def parquet_tables(name: str, stream: BinaryIO) -> Iterator[pa.Table]:
    """Yield the rows of Parquet piece by piece, held to a multiple of its own size.

    Parameters
    ----------
    name
        Name of the file, for the message.
    stream
        Its bytes; it can seek.

    Yields
    ------
    Table
        As :func:`pipelines.tables.parquet.parquet_batches` does.

    Raises
    ------
    UnreadableFileError
        If it is damaged or not Parquet, has a column twice, or unpacks to far more than its own size.
    """
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    unpacking = Unpacking(name, lambda: size, UnreadableFileError, "export it as CSV")
    yield from parquet_batches(stream, name, UnreadableFileError, unpacking.add)
