"""Read Parquet of any origin in bounded memory: weighed by its pages first, then unpacked a piece at a time.

One entry of a dictionary may stand for millions of cells, so that text is read as its codes and its length told from
them before any cell is made of it. A text may also share its beginning with the one before, which no code stands for:
such text is read in pieces so short that each of its rows may be as long as a page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shiftcast.pipelines.tables.page_headers import pages_of
from shiftcast.pipelines.tables.prefixes import shared_bytes

ROWS: Final = 50_000
BATCH: Final = 1 << 26  # bytes of the cells that are held at once
COLUMNS: Final = 16_384  # as a sheet may have
_TEXT, _FIXED = "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"
_WORD: Final = 8  # bytes of a number, and of a place in a list
_SHOWN: Final = 80
_LISTS: Final = (
    pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list, pa.types.is_list_view,
    pa.types.is_large_list_view,
)  # fmt: skip


def parquet_batches(
    file: BinaryIO, name: str, refusal: Callable[[str], Exception], unpacked: Callable[[int], None]
) -> Iterator[pa.Table]:  # fmt: skip
    """Read a Parquet file batch by batch, the fields of nested columns as columns such as ``usage.gpus``.

    Parameters
    ----------
    file
        A file that can seek.
    name
        Its name, for messages.
    refusal
        Makes the error of a message.
    unpacked
        Is told of bytes before they are made of the file's, and raises where they are too many.

    Yields
    ------
    Table
        Up to 50,000 rows, and of large cells as many as hold some 64 MiB; text is text, not codes.

    Raises
    ------
    Exception
        What ``refusal`` makes, of a file that is damaged, is no Parquet, or has a column twice or too many columns.
    """
    try:
        plain = pq.ParquetFile(file)
        texts = _texts(plain, name, refusal)
        weights = [_weight(file, plain.metadata, group, unpacked) for group in range(plain.num_row_groups)]
        beyond = _beyond(sum(each.pages for each in weights), unpacked)
        prefixed = {each for weight in weights for each in weight.prefixed}
        file.seek(0)
        opened = pq.ParquetFile(file, read_dictionary=[each for each in texts if each not in prefixed])
        for group, weight in enumerate(weights):
            rows = plain.metadata.row_group(group).num_rows
            read = opened.iter_batches(batch_size=weight.rows_at_once(rows), row_groups=[group])
            tables = (_flat(pa.Table.from_batches([batch])) for batch in read)
            cut = (part for table in tables for part in _cut(table, beyond))
            yield from _joined(cut) if weight.prefixed else cut
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0][:_SHOWN]
        raise refusal(f"{name}: cannot be read as Parquet ({reason}); export it again") from None


def check_width(name: str, columns: int, refusal: Callable[[str], Exception]) -> None:
    """Raise if a table has more columns than a sheet may have.

    Parameters
    ----------
    name
        Name of the file, for the message.
    columns
        How many it has.
    refusal
        Makes the error of a message.

    Raises
    ------
    Exception
        What ``refusal`` makes, with both counts and the remedy.
    """
    if columns > COLUMNS:
        raise refusal(f"{name}: has {columns:,} columns, more than {COLUMNS:,}; export those that are needed")


def _texts(file: pq.ParquetFile, name: str, refusal: Callable[[str], Exception]) -> list[str]:
    """Return the paths of the columns of text, after a look at all names."""
    schema = file.metadata.schema
    check_width(name, len(schema), refusal)
    odd = next((field.name for field in file.schema_arrow if _is_extended(field.type)), None)
    if odd is not None:
        raise refusal(f"{name}: column {odd!r} is of an extension type; export it as text")
    names = Counter(_flat(file.schema_arrow.empty_table()).column_names)
    twice = sorted(each for each, count in names.items() if count > 1)
    if twice:
        raise refusal(f"{name}: column {twice[0]!r} is there twice; rename one of them")
    columns = map(schema.column, range(len(schema)))
    return [column.path for column in columns if column.physical_type == _TEXT]


def _is_extended(kind: pa.DataType) -> bool:
    """Return whether a type, or one within it, is not Parquet's own: its text is read whole, not as codes."""
    inner = (kind.field(place).type for place in range(kind.num_fields))
    return isinstance(kind, pa.BaseExtensionType) or any(map(_is_extended, inner))


@dataclass(frozen=True)
class _Weight:
    """Bytes that a row group unpacks to: its pages with what its lists hold, all its cells, and the text of one row."""

    pages: int
    cells: int
    longest: int
    prefixed: frozenset[str]

    def rows_at_once(self, rows: int) -> int:
        """Return how many of its rows may be held at once."""
        return max(1, min(ROWS, BATCH * rows // max(self.cells, 1), BATCH // max(self.longest, 1)))


def _weight(file: BinaryIO, metadata: pq.FileMetaData, group: int, unpacked: Callable[[int], None]) -> _Weight:
    """Weigh a row group by the headers of its pages; its rows count too, since a page may hold any number of nothing.

    A text that shares its beginning with the one before is at most as long as its page; a row of a list may hold any
    number of them, so that there their lengths are read.
    """
    pages, cells, longest = metadata.row_group(group).num_rows * _WORD, 0, 0
    unpacked(pages)
    prefixed: set[str] = set()
    for place in range(len(metadata.schema)):
        column, kind = metadata.row_group(group).column(place), metadata.schema.column(place)
        size = kind.length if kind.physical_type == _FIXED else _WORD
        lists, text = kind.max_repetition_level > 0, 0
        for page in pages_of(file, column):
            made = size * page.values
            own = page.unpacked + (made if lists or size > _WORD else 0)
            unpacked(own)  # before more is read of it
            shared = 0
            if kind.physical_type == _TEXT and page.prefixed:
                prefixed.add(kind.path)
                shared = shared_bytes(file, page, column, kind) if lists else 0
                unpacked(shared)
            text = max(text, page.unpacked)
            pages, cells = pages + own + shared, cells + page.unpacked + made + shared
        longest += text if kind.path in prefixed else 0
    return _Weight(pages, cells, longest, frozenset(prefixed))


def _joined(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Yield short tables together, up to as many rows and bytes as one may have."""
    held: list[pa.Table] = []
    rows = size = 0
    for table in tables:
        if held and (rows + table.num_rows > ROWS or size + table.nbytes > BATCH):
            yield pa.concat_tables(held)
            held, rows, size = [], 0, 0
        held.append(table)
        rows, size = rows + table.num_rows, size + table.nbytes
    if held:
        yield pa.concat_tables(held)


def _beyond(pages: int, unpacked: Callable[[int], None]) -> Callable[[int], None]:
    """Return what is told of text, and tells of what the pages did not hold: cells that one entry stands for."""
    spare = pages

    def count(text: int) -> None:
        nonlocal spare
        unpacked(max(0, text - spare))
        spare = max(0, spare - text)

    return count


def _flat(table: pa.Table) -> pa.Table:
    while any(pa.types.is_struct(kind) for kind in table.schema.types):
        table = table.flatten()
    return table


def _cut(table: pa.Table, unpacked: Callable[[int], None]) -> Iterator[pa.Table]:
    """Yield a table in parts whose text is short enough to be held, as text."""
    size = sum(_length(chunk) for column in table.columns for chunk in column.chunks)
    if size > BATCH and table.num_rows > 1:
        half = table.num_rows // 2
        yield from _cut(table.slice(0, half), unpacked)
        yield from _cut(table.slice(half), unpacked)
        return
    unpacked(size)
    for place, column in enumerate(table.columns):
        if pa.types.is_dictionary(column.type):
            for chunk in column.chunks:
                chunk.dictionary.validate(full=True)  # text that is not UTF-8
            table = table.set_column(place, table.column_names[place], column.cast(column.type.value_type))
    yield table


def _length(array: pa.Array) -> int:
    """Return the bytes of the text that an array of codes stands for, those within lists and objects too.

    Examples
    --------
    >>> _length(pa.array(["ab", "ab", None]).dictionary_encode()), _length(pa.array([["ab"], []]))
    (4, 2)
    >>> _length(pa.array([["ab"], ["c"]], pa.list_(pa.string(), 1)))
    3
    """
    kind = array.type
    if pa.types.is_dictionary(kind):
        return int(pc.sum(pc.binary_length(array.dictionary).take(array.indices)).as_py() or 0)
    if pa.types.is_map(kind):
        first, last = array.offsets[0].as_py(), array.offsets[-1].as_py()
        return _length(array.values.slice(first, last - first))
    if pa.types.is_struct(kind) or any(is_kind(kind) for is_kind in _LISTS):
        inner = array.flatten()
        return sum(map(_length, inner)) if isinstance(inner, list) else _length(inner)
    if pa.types.is_string(kind) or pa.types.is_binary(kind) or pa.types.is_large_string(kind):
        return int(pc.sum(pc.binary_length(array)).as_py() or 0)
    return 0
