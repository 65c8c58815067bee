"""Read the headers of Parquet pages, which say what a page unpacks to and holds; the footer may say anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

PREFIXED: Final = 7  # the encoding by which a text shares the beginning of the one before (DELTA_BYTE_ARRAY)
_HEAD, _LONGEST = 1 << 10, 1 << 24  # bytes of a header read at first, and at most, as the library does
_BEYOND: Final = 100  # bytes by which some writers state a column too short
_DEPTH: Final = 16
_UNPACKED, _PACKED, _DATA, _NEWER = 2, 3, 5, 8  # fields of a header
_VALUES: Final = 1
_ENCODING: Final = {_DATA: 2, _NEWER: 4}
_YES, _NO, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 12
_WHOLE: Final = (4, 5, 6)
Fields: TypeAlias = "dict[int, int | Fields]"


@dataclass(frozen=True)
class Page:
    """What the header of one page says.

    Attributes
    ----------
    unpacked
        Bytes it unpacks to.
    values
        Values it holds, each of a list of its own; 0 of a dictionary.
    prefixed
        Whether each text is stored as what it adds to the one before.
    """

    unpacked: int
    values: int
    prefixed: bool


def pages_of(file: BinaryIO, column: pq.ColumnChunkMetaData) -> Iterator[Page]:
    """Yield the pages of a column of a row group that the library reads of it.

    Parameters
    ----------
    file
        A file that can seek.
    column
        What the footer says of the column.

    Yields
    ------
    Page
        In the order of the file.

    Raises
    ------
    ArrowInvalid
        If what should be a header is none.
    """
    place, first = column.data_page_offset, column.dictionary_page_offset or 0
    place = first if 0 < first < place else place
    end, seen = place + column.total_compressed_size + _BEYOND, 0
    while seen < column.num_values and place < end:
        fields, size = _header(file, place)
        kind = _NEWER if _NEWER in fields else _DATA
        data = fields.get(kind, {})
        held = data if isinstance(data, dict) else {}
        page = Page(_number(fields, _UNPACKED), _number(held, _VALUES), held.get(_ENCODING[kind]) == PREFIXED)
        seen += page.values
        place += size + _number(fields, _PACKED)
        yield page


def _header(file: BinaryIO, place: int) -> tuple[Fields, int]:
    """Return the fields of the header at a place, and its bytes."""
    length = _HEAD
    while True:
        file.seek(place)
        reader = _Compact(file.read(length))
        try:
            return reader.struct(0), reader.place
        except IndexError:
            if len(reader.data) < length or length >= _LONGEST:
                raise pa.ArrowInvalid("the header of a page ends early") from None
            length *= 8


def _number(fields: Fields, field: int) -> int:
    """Return a field that is a number from zero on."""
    number = fields.get(field, 0)
    if not isinstance(number, int) or number < 0:
        raise pa.ArrowInvalid("the header of a page holds no size")
    return number


class _Compact:
    """Bytes in Thrift's compact protocol, as https://github.com/apache/thrift/blob/master/doc/specs describes it."""

    def __init__(self, data: bytes) -> None:
        self.data, self.place = data, 0

    def struct(self, depth: int) -> Fields:
        """Return the whole numbers and structs of a struct by the number of their field."""
        fields: Fields = {}
        field = 0
        while (head := self._byte()) != 0:
            field = field + (head >> 4) if head >> 4 else self._signed()
            value = self._value(head & 15, depth)
            if value is not None:
                fields[field] = value
        return fields

    def _value(self, kind: int, depth: int) -> int | Fields | None:
        if depth > _DEPTH:
            raise pa.ArrowInvalid("the header of a page is nested too deep")
        if kind in _WHOLE:
            return self._signed()
        if kind == _STRUCT:
            return self.struct(depth + 1)
        if kind in {_LIST, _SET}:
            self._list(depth)
        elif kind == _BINARY:
            self._skip(self._varint())
        elif kind in {_BYTE, _DOUBLE}:
            self._skip(1 if kind == _BYTE else 8)
        elif kind not in {_YES, _NO}:
            raise pa.ArrowInvalid("the header of a page holds what none has")
        return None

    def _list(self, depth: int) -> None:
        head = self._byte()
        for _ in range(self._varint() if head >> 4 == 15 else head >> 4):
            if head & 15 in {_YES, _NO}:
                self._skip(1)
            else:
                self._value(head & 15, depth + 1)

    def _byte(self) -> int:
        self.place += 1
        return self.data[self.place - 1]

    def _skip(self, count: int) -> None:
        self.place += count
        if self.place > len(self.data):
            raise IndexError

    def _varint(self) -> int:
        number = shift = 0
        while (byte := self._byte()) & 0x80:
            number, shift = number | (byte & 0x7F) << shift, shift + 7
            if shift > 63:
                raise pa.ArrowInvalid("the header of a page holds a number that is too long")
        return number | byte << shift

    def _signed(self) -> int:
        number = self._varint()
        return (number >> 1) ^ -(number & 1)
