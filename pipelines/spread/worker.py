"""Answer the groups of one batch on a worker: rows as one machine reads them, refusals as rows with their place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.series.files import EMPTY, TEXT
from shiftcast.pipelines.spread.batches import BATCH, GROUP, PART
from shiftcast.pipelines.spread.reading import CORRUPT, ROW
from shiftcast.pipelines.tables.plain import as_table

Answer = Callable[[pd.DataFrame], Iterable[tuple[str, pd.DataFrame]]]
AT: Final = "shiftcast_at"  # place of a row within what a group and part gave
TOLD: Final = "told"
ERROR, ROWS = "error", "rows"  # remarks of the worker itself: a refusal, and how many rows of a kind it gave
HERE: Final = "row \N{BULLET}"  # in the text of a refusal, until the row's own number is known
SAID: Final = pa.schema([("name", pa.string()), ("what", pa.string()), ("first", pa.string()),
                         ("number", pa.int64()), ("weight", pa.float64())])  # fmt: skip
_NUMBERED: Final = re.compile(r"\brow (\d+)\b")


def nested(shapes: Mapping[str, pa.Schema], dated_as_text: frozenset[str] = frozenset()) -> pa.Schema:
    """Return the columns of what workers give: place, and a struct a kind of rows, null in rows of another kind.

    Parameters
    ----------
    shapes
        Columns by kind of rows.
    dated_as_text
        Kinds that go to a CSV: their times are text.

    Returns
    -------
    Schema
        ``GROUP, PART, AT`` and the kinds, ``told`` among them.
    """
    place = [(GROUP, pa.string()), (PART, pa.int32()), (AT, pa.int64())]
    kinds = [(kind, _shape(each, text=kind in dated_as_text)) for kind, each in {**shapes, TOLD: SAID}.items()]
    return pa.schema([*place, *kinds])


def _shape(columns: pa.Schema, *, text: bool) -> pa.DataType:
    moved = [
        pa.field(each.name, pa.string()) if text and pa.types.is_timestamp(each.type) else each for each in columns
    ]
    return pa.struct(moved)


@dataclass(frozen=True)
class Worker:
    """The answer to every group of a batch.

    Attributes
    ----------
    answer
        From the rows of a group to kinds of rows and frames of them; ``told`` are remarks of the summary.
    schema
        Columns of what is given, of :func:`nested`.
    """

    answer: Answer
    schema: pa.Schema

    def __call__(self, table: pa.Table) -> pa.Table:
        """Return what the groups of a batch come to.

        Parameters
        ----------
        table
            Rows of the batch, in any order.

        Returns
        -------
        Table
            Columns of the schema, group by group.
        """
        rows = table.sort_by(ROW)
        numbers, names, part = rows[ROW].to_numpy(), rows[GROUP].to_pandas(), rows[PART][0].as_py()
        kept = [name for name in rows.column_names if name not in {ROW, GROUP, PART, BATCH, CORRUPT}]
        frame = typed(rows.select(kept), text=CORRUPT in rows.column_names).to_pandas()
        corrupt = rows[CORRUPT].is_valid().to_numpy() if CORRUPT in rows.column_names else np.zeros(len(rows), bool)
        out: list[pa.Table] = []
        for name, at in sorted(names.groupby(names).indices.items()):
            mine = frame.iloc[at].reset_index(drop=True)
            out += self._group(mine, numbers[at], corrupt[at], (str(name), part))
        return pa.concat_tables([self.schema.empty_table(), *out])

    def _group(
        self, rows: pd.DataFrame, numbers: NDArray[np.int64], corrupt: NDArray[np.bool_], place: tuple[str, int]
    ) -> Iterator[pa.Table]:
        """Yield what a group comes to; of one that is refused the refusal alone."""
        given: list[pa.Table] = []
        start, counts = 0, Counter[str]()
        try:
            _refuse_corrupt(corrupt)
            for kind, frame in self.answer(rows):
                own = frame.assign(part=place[1] + 1) if "part" in frame.columns else frame
                given.append(self._nested(kind, own, place, start))
                start += len(frame)
                counts[kind] += len(frame)
            rows_of = {kind: count for kind, count in counts.items() if kind != TOLD}
            given += [self._nested(TOLD, remark(ROWS, kind, count), place, 0) for kind, count in rows_of.items()]
        except InputError as problem:
            yield self._nested(TOLD, refused(str(problem), numbers), place, 0)
        else:
            yield from given

    def _nested(self, kind: str, frame: pd.DataFrame, place: tuple[str, int], start: int) -> pa.Table:
        fields = self.schema.field(kind).type
        dated = any(pa.types.is_timestamp(field.type) for field in fields)
        table = as_table(frame[[field.name for field in fields]], text=not dated)
        cells = [table[field.name].cast(field.type).combine_chunks() for field in fields]
        own = {
            GROUP: pa.repeat(pa.scalar(place[0]), len(frame)),
            PART: pa.repeat(pa.scalar(place[1], pa.int32()), len(frame)),
            AT: pa.array(np.arange(start, start + len(frame))),
            kind: pa.StructArray.from_arrays(cells, fields=list(fields)),
        }
        columns = [own[field.name] if field.name in own else pa.nulls(len(frame), field.type) for field in self.schema]
        return pa.table(columns, schema=self.schema)


def _refuse_corrupt(corrupt: NDArray[np.bool_]) -> None:
    if corrupt.any():
        row = int(corrupt.argmax()) + 1
        raise InputError(f"row {row}: has another number of cells than the header; correct the line")


def refused(text: str, numbers: NDArray[np.int64]) -> pd.DataFrame:
    """Return a refusal as a remark, the row it names by the number that the row has among all.

    Parameters
    ----------
    text
        Sentence that numbers the rows of a group from 1.
    numbers
        Number of each row of the group among all, shape (rows,).

    Returns
    -------
    DataFrame
        ``name, what, number, weight``; no number where the sentence names no row.

    Examples
    --------
    >>> refused("series 'a', row 2: value is -1; correct it", np.array([70, 90])).number.tolist()
    [90]
    """
    found = _NUMBERED.search(text)
    if found is None or not 0 < int(found.group(1)) <= len(numbers):
        return remark(ERROR, text)
    here = f"{text[: found.start()]}{HERE}{text[found.end() :]}"
    return remark(ERROR, here, int(numbers[int(found.group(1)) - 1]))


def remark(
    name: str, what: str = "", number: int | None = None, weight: float | None = None, first: str | None = None
) -> pd.DataFrame:
    """Return one remark of the summary.

    Parameters
    ----------
    name, what
        Kind of remark, and what it is on.
    number, weight
        A count or place, and a weight [1], if any.
    first
        The first series it is on, if it counts series.

    Returns
    -------
    DataFrame
        ``name, what, first, number, weight``, one row.
    """
    cells = {"name": [name], "what": [what], "first": [first], "number": [number], "weight": [weight]}
    return pd.DataFrame(cells).astype({"first": object, "number": "Int64", "weight": float})


def typed(rows: pa.Table, *, text: bool) -> pa.Table:
    """Return rows with the types that :func:`pipelines.series.files.read_series` gives them.

    Parameters
    ----------
    rows
        Some of its columns.
    text
        Whether all cells are text, as those of a CSV.

    Returns
    -------
    Table
        Text as codes; of a CSV numbers as numbers, or as text where one of them is none.

    Examples
    --------
    >>> typed(pa.table({"series": ["a"], "value": [" 7.5"], "queued": ["no"]}), text=True).schema.types[1:]
    [DataType(double), DataType(string)]
    """
    columns = {}
    for name in rows.column_names:
        column = rows[name]
        if text:
            column = pc.if_else(pc.is_in(column, pa.array(EMPTY)), pa.scalar(None, pa.string()), column)
            column = column if name in TEXT else _number(column)
        columns[name] = column.dictionary_encode() if pa.types.is_string(column.type) and name in TEXT else column
    return pa.table(columns).unify_dictionaries()


def _number(column: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return pc.utf8_trim_whitespace(column).cast(pa.float64())
    except pa.ArrowInvalid:
        return column
