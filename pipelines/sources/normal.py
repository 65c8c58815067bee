"""Normalise rows to spans and points, the two shapes that every source brings its rows into."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from shiftcast.features.frames import DIMENSIONS
from shiftcast.features.labels import apply_rules, settle
from shiftcast.pipelines.sources.chunks import Chunk
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.sieve import Sieve

_TEXT, _WHEN = pa.dictionary(pa.int32(), pa.string()), pa.timestamp("us", tz="UTC")
_SHARED: Final = [(name, _TEXT) for name in DIMENSIONS]
_BESIDE: Final = [("identity", pa.string()), ("track", pa.string()), ("clue", _TEXT)]  # for the checks; not stored
SPAN_SCHEMA: Final = pa.schema([
    *_SHARED, ("start", _WHEN), ("end", _WHEN), ("amount", pa.float64()), ("measure", _TEXT), ("unit", _TEXT),
    ("status", _TEXT), ("source", _TEXT), ("line", pa.int64()), *_BESIDE,
])  # fmt: skip
POINT_SCHEMA: Final = pa.schema([
    *_SHARED, ("at", _WHEN), ("measure", _TEXT), ("unit", _TEXT), ("value", pa.float64()), ("how", _TEXT),
    ("status", _TEXT), ("series", pa.string()), ("source", _TEXT), ("line", pa.int64()), *_BESIDE,
])  # fmt: skip
_CLUE_WIDTH: Final = 60
_CLUE_KINDS: Final = 500
_PRIVATE: Final = {"user"}  # rules may look at it; reports and proposals do not show it


@dataclass(frozen=True)
class Spans:
    """Amounts held from one moment to another.

    Attributes
    ----------
    start, end
        Moments, UTC, half-open; a missing start is the load's first moment, a missing end its last.
    amount
        Amount held, in what times hours gives ``unit``.
    measure, unit, status
        Of all rows, or one a row; columns of the frame ``SpanRows``.
    where
        Rows it holds for; all if left out.
    labels
        Labels of these spans by dimension; they come before those of the row.
    """

    start: pd.Series
    end: pd.Series
    amount: pd.Series
    measure: pd.Series | str = "gpu_hours"
    unit: pd.Series | str = "accelerator_hour"
    status: pd.Series | str = "served"
    where: NDArray[np.bool_] | None = None
    labels: Mapping[str, pd.Series | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Points:
    """Readings at moments.

    Attributes
    ----------
    at, value
        Moments [UTC] and readings [unit], shape (rows,).
    measure, unit, status
        As in :class:`Spans`.
    how
        How readings become one figure of a period: ``sum, mean, last`` or ``counter``.
    where, labels
        As in :class:`Spans`.
    series
        Series a counter's readings belong to.
    """

    at: pd.Series
    value: pd.Series
    measure: pd.Series | str
    unit: pd.Series | str
    how: pd.Series | str = "sum"
    status: pd.Series | str = "served"
    where: NDArray[np.bool_] | None = None
    series: pd.Series | str = ""
    labels: Mapping[str, pd.Series | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Normalised:
    """Spans and points of a chunk, with all that labels and checks them.

    Attributes
    ----------
    held, read
        Its spans and points; one row of the file may give several.
    own
        Labels the file itself gives, by dimension.
    clues
        Names of the rows, by field, for the labelling rules.
    identity
        Text that names the item a row tells of within its source and cluster: a job, request, charge, bucket. It holds
        nothing that changes as the item goes on, such as its end or state. Rows without one are told apart by all
        their cells, and equal rows of one file by their order.
    attempt
        What tells items of one identity apart once they began, such as the start of array tasks that share an id;
        empty for a row that has not begun, which any begun one replaces.
    born
        Moment [UTC] that every export gives the item alike, such as its submission or the start of its charge period;
        the start of its first span or its first reading if left out. Earlier views are looked for on its day.
    progress
        0 where the item waits, 1 where it runs, 2 where it is over (all if left out): of two views of one item the
        one further on stands, of two equally far the later known.
    extent
        Number that grows as the item goes on and orders views that are equally far, such as requests of a bucket; the
        last moment of the row if left out.
    scope
        Text that names what an export tells in whole, such as the day of an account in a bill: a later export that
        repeats rows of it withdraws those it no longer has.
    cluster
        Cluster that the file itself names, a row.
    track
        Regular series of readings that a row belongs to, for gaps and clock jumps.
    unresolved
        Names that no table knows.
    """

    held: tuple[Spans, ...] = ()
    read: tuple[Points, ...] = ()
    own: Mapping[str, pd.Series | str] = field(default_factory=dict)
    clues: Mapping[str, pd.Series] = field(default_factory=dict)
    identity: pd.Series | None = None
    track: pd.Series | None = None
    unresolved: tuple[str, ...] = ()
    attempt: pd.Series | None = None
    born: pd.Series | None = None
    progress: pd.Series | None = None
    extent: pd.Series | None = None
    scope: pd.Series | None = None
    cluster: pd.Series | None = None


@dataclass(frozen=True)
class Source:
    """A kind of file.

    Attributes
    ----------
    name, about
        Name on the command line, and a description.
    read
        Cuts an opened file into chunks.
    normalise
        Turns a chunk into spans and points.
    grain, time_base, units, labels, blind
        What its rows are about, how its times count, the measures it gives, what it labels by itself, and what it
        cannot know; shown by ``shiftcast ingest --list`` and in the report.
    relative
        Whether its times need ``--anchor``.
    """

    name: str
    about: str
    read: Callable[[Opened, Setting], Iterator[Chunk]]
    normalise: Callable[[Sieve], Normalised]
    grain: str
    time_base: str
    units: str
    labels: str
    blind: str
    relative: bool = False


@dataclass(frozen=True)
class Batch:
    """A chunk as tables of the two schemas.

    Attributes
    ----------
    spans, points
        Tables of ``SPAN_SCHEMA`` and ``POINT_SCHEMA``.
    quarantined
        Rows that failed: ``source, line, column, value, reason``.
    rows, unresolved
        Number of rows read, and names that no table knows.
    """

    spans: pa.Table
    points: pa.Table
    quarantined: pd.DataFrame
    rows: int
    unresolved: tuple[str, ...]


def normalise(source: Source, chunk: Chunk, setting: Setting) -> Batch:
    """Turn a chunk into normalised rows, labelled, with those that fail quarantined.

    Parameters
    ----------
    source, chunk, setting
        Kind of file, rows of it, and options of the load.

    Returns
    -------
    Batch
        Rows of both shapes, and the quarantine.
    """
    sieve = Sieve(chunk, setting)
    parsed = source.normalise(sieve)
    clues = pd.DataFrame({**parsed.clues, "file": pd.Series(chunk.file, index=range(sieve.rows), dtype=object)})
    labels = settle(apply_rules(clues, setting.rules), parsed.own, setting.constants)
    for spans in parsed.held:
        backwards = (spans.end < spans.start).to_numpy()
        sieve.fail(backwards if spans.where is None else backwards & spans.where, "end",
                   "ends before it starts; check the columns and the zone")  # fmt: skip
    beside = _Beside(sieve, labels, parsed, _clue_text(parsed.clues, chunk.file, sieve.rows))
    spans_ = [_span_table(each, beside) for each in parsed.held]
    points = [_point_table(each, beside) for each in parsed.read]
    return Batch(
        pa.concat_tables([SPAN_SCHEMA.empty_table(), *spans_]),
        pa.concat_tables([POINT_SCHEMA.empty_table(), *points]),
        sieve.faults(), len(chunk), parsed.unresolved,
    )  # fmt: skip


@dataclass(frozen=True)
class _Beside:
    sieve: Sieve
    labels: Mapping[str, pd.Series | str]
    parsed: Normalised
    clue: pd.Series


def _kept(beside: _Beside, where: NDArray[np.bool_] | None) -> NDArray[np.int64]:
    good = ~beside.sieve.bad
    return np.flatnonzero(good if where is None else good & where)


def _common(beside: _Beside, rows: NDArray[np.int64], labels: Mapping[str, pd.Series | str]) -> dict[str, object]:
    sieve, parsed = beside.sieve, beside.parsed
    return {
        **{name: _some(_over(labels.get(name, ""), beside.labels[name]), rows) for name in DIMENSIONS},
        "source": sieve.chunk.file,
        "line": sieve.chunk.lines[rows],
        "identity": None if parsed.identity is None else parsed.identity.iloc[rows],
        "track": None if parsed.track is None else parsed.track.iloc[rows],
        "clue": beside.clue.iloc[rows],
    }


def _over(own: pd.Series | str, settled: pd.Series | str) -> pd.Series | str:
    """Return labels with a span's own word before what was settled for its row."""
    if isinstance(own, str):
        return own or settled
    return own.where(own != "", settled)


def _span_table(spans: Spans, beside: _Beside) -> pa.Table:
    rows = _kept(beside, spans.where)
    columns = _common(beside, rows, spans.labels) | {
        "start": spans.start.iloc[rows], "end": spans.end.iloc[rows], "amount": spans.amount.iloc[rows],
        "measure": _some(spans.measure, rows), "unit": _some(spans.unit, rows), "status": _some(spans.status, rows),
    }  # fmt: skip
    return _table(columns, SPAN_SCHEMA, len(rows))


def _point_table(points: Points, beside: _Beside) -> pa.Table:
    rows = _kept(beside, points.where)
    columns = _common(beside, rows, points.labels) | {
        "at": points.at.iloc[rows], "value": points.value.iloc[rows], "measure": _some(points.measure, rows),
        "unit": _some(points.unit, rows), "how": _some(points.how, rows), "status": _some(points.status, rows),
        "series": _some(points.series, rows),
    }  # fmt: skip
    return _table(columns, POINT_SCHEMA, len(rows))


def _some(values: pd.Series | str, rows: NDArray[np.int64]) -> pd.Series | str:
    return values if isinstance(values, str) else values.iloc[rows]


def _table(columns: Mapping[str, object], schema: pa.Schema, rows: int) -> pa.Table:
    return pa.table([_array(columns[field.name], field.type, rows) for field in schema], schema=schema)


def _array(values: object, kind: pa.DataType, rows: int) -> pa.Array:
    if values is None:
        return pa.nulls(rows, kind)
    if isinstance(values, str):
        if pa.types.is_dictionary(kind):
            return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype=np.int32)), pa.array([values]))
        return pa.array([values] * rows, kind)
    if pa.types.is_dictionary(kind):
        codes, names = pd.factorize(pd.Series(values, dtype=object))
        return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(list(names), pa.string()))
    if pa.types.is_timestamp(kind):
        moments = pd.Series(values).dt.tz_convert(None).to_numpy()
        return pa.Array.from_pandas(moments, type=pa.timestamp("us")).cast(kind)
    return pa.Array.from_pandas(values, type=kind)


def _clue_text(clues: Mapping[str, pd.Series], file: str, rows: int) -> pd.Series:
    """Return what a row is called in one text, numbers as #, so that like rows are counted together."""
    shown = set(clues) - _PRIVATE
    parts = [] if shown else [pd.Series(f"file={file}", index=range(rows), dtype=object)]
    for name, values in clues.items():
        if name in _PRIVATE:
            continue
        codes, known = pd.factorize(values)
        like = [re.sub(r"[0-9]+", "#", str(each))[:_CLUE_WIDTH] for each in known]
        if len(set(like)) > _CLUE_KINDS:
            like = ["*"] * len(like)  # names that are all different say nothing together
        written = np.array([f"{name}={each}" if each else "" for each in like], dtype=object)
        parts.append(pd.Series(written[codes] if len(known) else np.full(rows, "", dtype=object), dtype=object))
    text = parts[0]
    for part in parts[1:]:
        text = text.where(part == "", text.where(text == "", text + "; ") + part)
    return text
