"""Answer the groups of one batch on a worker: rows as one machine reads them, refusals as rows with their place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.series.files import TEXT, typed, unmarked
from shiftcast.pipelines.spread.batches import BATCH, GROUP, PART
from shiftcast.pipelines.spread.reading import CORRUPT, ROW
from shiftcast.pipelines.tables.plain import as_table

Remark: TypeAlias = dict[str, object]
Answer = Callable[[pd.DataFrame], Iterable[tuple[str, pd.DataFrame | Remark]]]
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
        From the rows of a group to kinds of rows and frames of them, or ``told`` and a remark of the summary.
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
        frame = _as_read(rows.select(kept), text=CORRUPT in rows.column_names).to_pandas()
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
        told: list[Remark] = []
        start, counts = 0, Counter[str]()
        try:
            _refuse_corrupt(corrupt)
            for kind, found in self.answer(rows):
                if isinstance(found, dict):
                    told.append(found)
                    continue
                own = found.assign(part=place[1] + 1) if "part" in found.columns else found
                given.append(self._nested(kind, own, place, start))
                start += len(found)
                counts[kind] += len(found)
        except InputError as problem:
            yield self._told([refused(str(problem), numbers)], place)
            return
        yield from given
        yield self._told([*told, *(remark(ROWS, kind, count) for kind, count in counts.items())], place)

    def _told(self, remarks: list[Remark], place: tuple[str, int]) -> pa.Table:
        return self._placed(TOLD, pa.Table.from_pylist(remarks, schema=SAID), place, 0)

    def _nested(self, kind: str, frame: pd.DataFrame, place: tuple[str, int], start: int) -> pa.Table:
        fields = self.schema.field(kind).type
        dated = any(pa.types.is_timestamp(field.type) for field in fields)
        table = as_table(frame[[field.name for field in fields]], text=not dated)
        return self._placed(kind, table, place, start)

    def _placed(self, kind: str, table: pa.Table, place: tuple[str, int], start: int) -> pa.Table:
        """Return rows of a kind as a column of the schema, beside their place."""
        fields = self.schema.field(kind).type
        cells = [table[field.name].cast(field.type).combine_chunks() for field in fields]
        own = {
            GROUP: pa.repeat(pa.scalar(place[0]), len(table)),
            PART: pa.repeat(pa.scalar(place[1], pa.int32()), len(table)),
            AT: pa.array(np.arange(start, start + len(table))),
            kind: pa.StructArray.from_arrays(cells, fields=list(fields)),
        }
        columns = [own[field.name] if field.name in own else pa.nulls(len(table), field.type) for field in self.schema]
        return pa.table(columns, schema=self.schema)


def _refuse_corrupt(corrupt: NDArray[np.bool_]) -> None:
    if corrupt.any():
        row = int(corrupt.argmax()) + 1
        raise InputError(f"row {row}: has another number of cells than the header; correct the line")


def refused(text: str, numbers: NDArray[np.int64]) -> Remark:
    """Return a refusal as a remark, the row it names by the number that the row has among all.

    Parameters
    ----------
    text
        Sentence that numbers the rows of a group from 1.
    numbers
        Number of each row of the group among all, shape (rows,).

    Returns
    -------
    dict
        Remark of :func:`remark`; no number where the sentence names no row.

    Examples
    --------
    >>> refused("series 'a', row 2: value is -1; correct it", np.array([70, 90]))["number"]
    90
    """
    found = _NUMBERED.search(text)
    if found is None or not 0 < int(found.group(1)) <= len(numbers):
        return remark(ERROR, text)
    here = f"{text[: found.start()]}{HERE}{text[found.end() :]}"
    return remark(ERROR, here, int(numbers[int(found.group(1)) - 1]))


def remark(
    name: str, what: str = "", number: int | None = None, weight: float | None = None, first: str | None = None
) -> Remark:
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
    dict
        ``name, what, first, number, weight``.
    """
    return {"name": name, "what": what, "first": first, "number": number, "weight": weight}


def _as_read(rows: pa.Table, *, text: bool) -> pa.Table:
    """Return rows with the types that one machine reads; all cells of a CSV are text."""
    if text:
        return unmarked(typed(rows, TEXT)).unify_dictionaries()
    coded = [name for name in rows.column_names if name in TEXT and pa.types.is_string(rows[name].type)]
    for name in coded:
        rows = rows.set_column(rows.column_names.index(name), name, rows[name].dictionary_encode())
    return rows.unify_dictionaries()
