"""Count what the texts of a Parquet page share with those before them, before any of them is made.

The library makes such texts without a bound, and a few bytes may stand for millions.
"""

from __future__ import annotations

from typing import BinaryIO, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from shiftcast.pipelines.tables.page_headers import Compact, Page

_MOST: Final = 1 << 26  # bytes of a page that is unpacked for it, and of its lengths
_BLOCK, _PART = 128, 32  # numbers of which blocks and their parts hold a multiple
_NUMBER: Final = 8  # bytes
_CODECS: Final = ("SNAPPY", "GZIP", "ZSTD", "BROTLI")  # LZ4 has two forms that bytes do not tell apart
_BITS: Final = 64
_MASK: Final = (1 << _BITS) - 1
_WORD: Final = 4  # bytes of the length of levels


def shared_bytes(file: BinaryIO, page: Page, column: pq.ColumnChunkMetaData, kind: pq.ColumnSchema) -> int:
    """Return the bytes that the texts of a page take from those before them.

    Parameters
    ----------
    file
        A file that can seek.
    page
        One whose texts are stored as what each adds to the one before.
    column
        What the footer says of its column.
    kind
        The column in the schema.

    Returns
    -------
    int
        As many as there could be, each text as long as the page, where the page does not tell.
    """
    most = page.values * page.unpacked
    if not page.known or max(page.unpacked, page.packed, page.values * _NUMBER) > _MOST:
        return most
    try:
        lengths = _numbers(_values(file, page, column, kind), page.values)
    except (IndexError, ValueError, pa.ArrowException, OSError):  # the library says what is wrong with it
        return most
    sound = len(lengths) == 0 or (lengths.min() >= 0 and lengths.max() <= page.unpacked)
    return int(lengths.sum()) if sound else most


def _values(file: BinaryIO, page: Page, column: pq.ColumnChunkMetaData, kind: pq.ColumnSchema) -> bytes:
    """Return the bytes of the values of a page, unpacked, without the levels before them."""
    file.seek(page.place)
    data = file.read(page.packed)
    levels = page.levels or 0
    data, size = data[levels:], page.unpacked - levels
    if column.compression != "UNCOMPRESSED" and not page.plain:
        if column.compression not in _CODECS or size < 0:
            raise ValueError
        data = pa.decompress(data, decompressed_size=size, codec=column.compression.lower(), asbytes=True)
    if page.levels is None:
        for level in (kind.max_repetition_level, kind.max_definition_level):
            if level:
                data = data[_WORD + int.from_bytes(data[:_WORD], "little") :]
    return data


def _numbers(data: bytes, most: int) -> NDArray[np.int64]:
    """Return numbers that are stored as blocks of steps (DELTA_BINARY_PACKED), at most so many.

    Examples
    --------
    >>> _numbers(bytes([128, 1, 4, 5, 2, 2, 0, 0, 0, 0]), 5).tolist()
    [1, 2, 3, 4, 5]
    >>> _numbers(bytes([128, 1, 4, 3, 0, 3, 2, 0, 0, 0, 0b1001, *bytes(7)]), 3).tolist()
    [0, -1, -1]
    """
    reader = Compact(data)
    block, parts, count, first = reader.varint(), reader.varint(), reader.varint(), reader.signed()
    if count > most or not block or not parts or block % _BLOCK or block % (parts * _PART):
        raise ValueError
    each, steps, at = block // parts, np.zeros(count, dtype=np.uint64), 1
    steps[:1] = first & _MASK
    while at < count:
        least = np.uint64(reader.signed() & _MASK)
        widths = data[reader.place : reader.place + parts]
        reader.place += len(widths)
        if len(widths) < parts:
            raise IndexError
        for width in widths:
            held = min(each, count - at)
            if held > 0:
                steps[at : at + held] = least + _unpacked(reader, width, each, held) if width else least
                at += held
    return np.cumsum(steps.view(np.int64))  # wraps as the library's do


def _unpacked(reader: Compact, width: int, count: int, held: int) -> NDArray[np.uint64]:
    """Return the first of some numbers of as many bits each, and go on behind all of them."""
    size = count * width // 8
    data = reader.data[reader.place : reader.place + size]
    reader.place += size
    if width > _BITS or len(data) < size:
        raise IndexError
    bits = np.unpackbits(np.frombuffer(data, dtype=np.uint8), bitorder="little", count=held * width)
    return bits.reshape(held, width).astype(np.uint64) @ (np.uint64(1) << np.arange(width, dtype=np.uint64))
