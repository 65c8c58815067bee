"""Read the headers of Parquet pages, which say what a page unpacks to and holds; the footer may say anything.

No library that we depend on hands these headers out, only what the footer repeats of them, so that they are read here.
"""

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
_TYPE, _UNPACKED, _PACKED, _DATA, _NEWER = 1, 2, 3, 5, 8  # fields of a header
_KINDS: Final = {0: _DATA, 3: _NEWER}  # by the type; a dictionary holds no values
_VALUES: Final = 1
_ENCODING: Final = {_DATA: 2, _NEWER: 4}
_LEVELS: Final = {_DATA: (3, 4), _NEWER: (5, 6)}  # their encodings, and in newer pages their bytes
_SQUEEZED: Final = 7  # whether a newer page is packed
_RUNS: Final = 3  # the encoding of levels that is not long out of use
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
    place, packed
        First byte after its header, and bytes from there on.
    levels
        Bytes before its values that are never packed; ``None`` where they are packed with the values.
    plain
        Whether its values are not packed either.
    known
        Whether it says where its values begin.
    """

    unpacked: int
    values: int
    prefixed: bool
    place: int
    packed: int
    levels: int | None
    plain: bool
    known: bool


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
    end, seen, empty = place + column.total_compressed_size + _BEYOND, 0, False
    while seen < column.num_values and place < end:
        fields, size = _header(file, place)
        page = _page(fields, place + size)
        if page.values == 0 and empty:  # the dictionary is one without values; more would be headers without end
            raise pa.ArrowInvalid("the header of a page holds no values")
        empty |= page.values == 0
        seen += page.values
        place = page.place + page.packed
        yield page


def _page(fields: Fields, place: int) -> Page:
    """Return what a header says of the page that begins at a place."""
    if not {_TYPE, _UNPACKED, _PACKED} <= fields.keys():
        raise pa.ArrowInvalid("the header of a page holds no size")
    kind = _KINDS.get(_number(fields, _TYPE), 0)  # which the library goes by, whatever else is there
    data = fields.get(kind, {})
    held = data if isinstance(data, dict) else {}
    unpacked, packed = _number(fields, _UNPACKED), _number(fields, _PACKED)
    prefixed = kind in _ENCODING and held.get(_ENCODING[kind]) == PREFIXED
    levels = sum(_number(held, each) for each in _LEVELS[_NEWER]) if kind == _NEWER else None
    known = kind == _NEWER or (kind == _DATA and all(held.get(each) == _RUNS for each in _LEVELS[_DATA]))
    plain = kind == _NEWER and held.get(_SQUEEZED) == 0
    return Page(unpacked, _number(held, _VALUES), prefixed, place, packed, levels, plain, known)


def _header(file: BinaryIO, place: int) -> tuple[Fields, int]:
    """Return the fields of the header at a place, and its bytes."""
    length = _HEAD
    while True:
        file.seek(place)
        reader = Compact(file.read(length))
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


class Compact:
    """Bytes in Thrift's compact protocol, as https://github.com/apache/thrift/blob/master/doc/specs describes it.

    Parameters
    ----------
    data
        Bytes of it.
    """

    def __init__(self, data: bytes) -> None:
        self.data, self.place = data, 0

    def struct(self, depth: int) -> Fields:
        """Return the whole numbers, answers and structs of a struct by the number of their field.

        Parameters
        ----------
        depth
            Structs around it.

        Returns
        -------
        dict
            Numbers and dicts; 1 for yes and 0 for no.
        """
        fields: Fields = {}
        field = 0
        while (head := self._byte()) != 0:
            field = field + (head >> 4) if head >> 4 else self.signed()
            value = self._value(head & 15, depth)
            if value is not None:
                fields[field] = value
        return fields

    def _value(self, kind: int, depth: int) -> int | Fields | None:
        if depth > _DEPTH:
            raise pa.ArrowInvalid("the header of a page is nested too deep")
        if kind in _WHOLE:
            return self.signed()
        if kind == _STRUCT:
            return self.struct(depth + 1)
        if kind in {_LIST, _SET}:
            self._list(depth)
        elif kind == _BINARY:
            self._skip(self.varint())
        elif kind in {_BYTE, _DOUBLE}:
            self._skip(1 if kind == _BYTE else 8)
        elif kind in {_YES, _NO}:
            return int(kind == _YES)
        else:
            raise pa.ArrowInvalid("the header of a page holds what none has")
        return None

    def _list(self, depth: int) -> None:
        head = self._byte()
        for _ in range(self.varint() if head >> 4 == 15 else head >> 4):
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

    def varint(self) -> int:
        """Return a number from zero on.

        Returns
        -------
        int

        Raises
        ------
        ArrowInvalid
            If it has more bits than any.
        """
        number = shift = 0
        while (byte := self._byte()) & 0x80:
            number, shift = number | (byte & 0x7F) << shift, shift + 7
            if shift > 63:
                raise pa.ArrowInvalid("the header of a page holds a number that is too long")
        return number | byte << shift

    def signed(self) -> int:
        """Return a number of either sign.

        Returns
        -------
        int
        """
        number = self.varint()
        return (number >> 1) ^ -(number & 1)
