"""Normalise rows to parts: the spans and points of each row in one table, with what identifies and labels it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from shiftcast.features.frames import DIMENSIONS, SPAN
from shiftcast.features.labels import COPY, UNSAID, copied, label_rows, settle
from shiftcast.pipelines.sources.chunks import Chunk
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.shapes import Normalised, Points, Source, Spans
from shiftcast.pipelines.sources.sieve import Sieve

__all__ = ["PART_SCHEMA", "Batch", "Normalised", "Points", "Source", "Spans", "normalise"]

_TEXT, _WHEN = pa.dictionary(pa.int32(), pa.string()), pa.timestamp("us", tz="UTC")
PART_SCHEMA: Final = pa.schema([
    *[(name, _TEXT) for name in DIMENSIONS], ("measure", _TEXT), ("unit", _TEXT), ("status", _TEXT), ("how", _TEXT),
    ("start", _WHEN), ("end", _WHEN), ("amount", pa.float64()), ("series", pa.string()), ("source", _TEXT),
    ("id", pa.uint64()), ("attempt", pa.uint64()), ("progress", pa.int8()), ("extent", pa.float64()),
    ("scope", pa.uint64()), ("born", _WHEN), ("lead", pa.bool_()),
    ("file", _TEXT), ("line", pa.int64()), ("named", pa.bool_()), ("stem", pa.uint64()), ("track", pa.string()),
    ("clue", _TEXT),
])  # fmt: skip
WAITS, RUNS, OVER = 0, 1, 2
MONTHS: Final = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    "nov(?:ember)?|dec(?:ember)?"
)
_UNTOLD: Final = re.compile(
    r"(?:19|20)\d\d(?:[-_]?(?:q[1-4]|w?\d\d))?(?:[-_]?\d\d)?(?:t?[-_]?\d{4,6}z?)?|\(\d+\)|"
    rf"(?<![a-z])(?:copy|{MONTHS})(?![a-z])"
)
CLUE_WIDTH: Final = 60  # letters of a name that a clue shows
_CLUE_KINDS: Final = 500


@dataclass(frozen=True)
class Batch:
    """A chunk as a table of ``PART_SCHEMA``.

    Attributes
    ----------
    parts
        Spans and points: of a span ``start, end`` and ``amount``, of a point its moment as ``start`` and its value as
        ``amount``. ``lead`` marks the first part of a row, ``named`` a row with an identity of its own.
    quarantined
        Rows that failed: ``source, line, column, value, reason``.
    rows, unresolved
        Number of rows read, and names that no table knows.
    fitted
        Rows that each labelling rule fits, shape (rules,).
    """

    parts: pa.Table
    quarantined: pd.DataFrame
    rows: int
    unresolved: tuple[str, ...]
    fitted: NDArray[np.int64]


def normalise(source: Source, chunk: Chunk, setting: Setting, feed: str = "") -> Batch:
    """Turn a chunk into parts, labelled and identified, with the rows that fail quarantined.

    Parameters
    ----------
    source, chunk, setting
        Kind of file, rows of it, and options of the load.
    feed
        Name of what the rows are of; kind and cluster if left out.

    Returns
    -------
    Batch
        Parts, and the quarantine.
    """
    sieve = Sieve(chunk, setting)
    parsed = source.normalise(sieve)
    clues = pd.DataFrame({**parsed.clues, "file": pd.Series(chunk.file, index=range(sieve.rows), dtype=object)})
    said, fitted = label_rows(clues, setting.rules)
    constants = {name: pd.Series(copied(clues, label), dtype=object) if label.startswith(COPY) else label
                 for name, label in setting.constants.items()}  # fmt: skip
    labels = settle(said, parsed.own, constants)
    for spans in parsed.held:
        backwards = (spans.end < spans.start).to_numpy()
        sieve.fail(backwards if spans.where is None else backwards & spans.where, "end",
                   "ends before it starts; check the columns and the zone")  # fmt: skip
    stem = "" if feed or (setting.cluster and not setting.guessed) else stem_of(chunk.file)
    shared = {**_facts(sieve, parsed, stem), "source": _sources(source, sieve, parsed, feed),
              "clue": _clue_text(parsed.clues, chunk.file, sieve.rows)}  # fmt: skip
    good, led, tables = ~sieve.bad, np.zeros(sieve.rows, dtype=bool), [PART_SCHEMA.empty_table()]
    shapes: tuple[Spans | Points, ...] = (*parsed.held, *parsed.read)
    for shape in shapes:
        rows = np.flatnonzero(good if shape.where is None else good & shape.where)
        own = {name: _over(shape.labels.get(name, ""), labels[name]) for name in DIMENSIONS}
        columns = {**shared, **own, **_columns(shape), "lead": pd.Series(~led), "file": chunk.file,
                   "line": pd.Series(chunk.lines)}  # fmt: skip
        led[rows] = True
        tables.append(_table(columns, rows))
    return Batch(pa.concat_tables(tables), sieve.faults(), len(chunk), parsed.unresolved, fitted)


def _columns(shape: Spans | Points) -> dict[str, object]:
    kind = {"measure": shape.measure, "unit": shape.unit, "status": shape.status}
    if isinstance(shape, Spans):
        return {**kind, "how": SPAN, "start": shape.start, "end": shape.end, "amount": shape.amount, "series": ""}
    return {**kind, "how": shape.how, "start": shape.at, "end": None, "amount": shape.value, "series": shape.series}


def _sources(source: Source, sieve: Sieve, parsed: Normalised, feed: str) -> pd.Series | str:
    """Return what each row's items are of: the feed, or the kind of file and the cluster."""
    if feed:
        return feed
    given = f"{source.name}/{sieve.setting.cluster}" if sieve.setting.cluster and source.clustered else source.name
    if parsed.cluster is None:
        return given
    return (source.name + "/" + parsed.cluster).where(parsed.cluster != "", given)


def stem_of(file: str) -> str:
    """Return what a file's name says beside dates and copies, by which equal rows without identity are told apart.

    Parameters
    ----------
    file
        Name of the file, or of a member of an archive.

    Returns
    -------
    str
        Name without folders, endings, dates and marks of copies, in lower case.

    Examples
    --------
    >>> stem_of("may/usage-2026-05-01 (1).csv.gz"), stem_of("vc2.csv"), stem_of("2026-05/vc2_20260501.csv")
    ('usage', 'vc2', 'vc2')
    """
    name = file.rpartition("/")[2].rpartition(":")[2].lower().partition(".")[0]
    return _UNTOLD.sub("", name).strip(" _-")


def _facts(sieve: Sieve, parsed: Normalised, stem: str) -> dict[str, object]:
    """Return what identifies each row and orders its views."""
    named = pd.Series(False, index=range(sieve.rows))
    ids = np.zeros(sieve.rows, dtype=np.uint64)
    if parsed.identity is not None:
        named = parsed.identity.notna() & (parsed.identity != "")
        ids = _hashed(parsed.identity.where(named, ""))
    if not named.all():
        cells = sieve.chunk.cells.astype(str).astype(object)
        ids = np.where(named, ids, pd.util.hash_pandas_object(cells, index=False).to_numpy(np.uint64))
    none = np.zeros(sieve.rows, dtype=np.uint64)
    stems = np.where(named, none, _hashed(pd.Series([stem], dtype=object))[0] if stem else none)
    attempt, scope = (none if each is None else np.where(each == "", none, _hashed(each))
                      for each in (parsed.attempt, parsed.scope))  # fmt: skip
    ends = [spans.end.isna() & (True if spans.where is None else spans.where) for spans in parsed.held]
    runs = np.logical_or.reduce(ends) if ends else np.zeros(sieve.rows, dtype=bool)
    return {
        "id": pd.Series(ids ^ stems), "stem": pd.Series(stems), "named": named,
        "attempt": pd.Series(attempt), "scope": pd.Series(scope), "track": parsed.track, "born": _born(parsed),
        "progress": pd.Series(np.where(runs, RUNS, OVER)) if parsed.progress is None else parsed.progress,
        "extent": parsed.extent,
    }  # fmt: skip


def _hashed(texts: pd.Series) -> NDArray[np.uint64]:
    """Return 64 bits of each text, the same for all time: stored identities are compared by them."""
    hashed: NDArray[np.uint64] = pd.util.hash_array(texts.to_numpy(dtype=object), categorize=False)
    return hashed


def _born(parsed: Normalised) -> pd.Series:
    if parsed.born is not None:
        return parsed.born
    moments = [spans.start for spans in parsed.held] + [points.at for points in parsed.read]
    return pd.concat(moments, axis=1).min(axis=1) if moments else pd.Series(dtype="datetime64[us, UTC]")


def _over(own: pd.Series | str, settled: pd.Series | str) -> pd.Series | str:
    """Return labels with a span's own word before what was settled for its row."""
    if isinstance(own, str):
        return own or settled
    return own.where(own != "", settled)


def _table(columns: Mapping[str, object], rows: NDArray[np.int64]) -> pa.Table:
    picked = {name: values.iloc[rows] if isinstance(values, pd.Series) else values for name, values in columns.items()}
    arrays = [_array(picked[field.name], field.type, len(rows)) for field in PART_SCHEMA]
    return pa.table(arrays, schema=PART_SCHEMA)


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
    shown = set(clues) - UNSAID
    parts = [] if shown else [pd.Series(f"file={file}", index=range(rows), dtype=object)]
    for name, values in clues.items():
        if name in UNSAID:
            continue
        codes, known = pd.factorize(values)
        like = pd.Series([re.sub(r"[0-9]+", "#", str(each))[:CLUE_WIDTH] for each in known], dtype=object)
        counts = pd.Series(np.bincount(codes[codes >= 0], minlength=len(known)), dtype=np.int64).groupby(like).sum()
        common = set(counts.sort_values(ascending=False, kind="stable").index[:_CLUE_KINDS])
        like = like.where(like.isin(common), "*")  # the rest says nothing together
        written = np.array([f"{name}={each}" if each else "" for each in like], dtype=object)
        parts.append(pd.Series(written[codes] if len(known) else np.full(rows, "", dtype=object), dtype=object))
    text = parts[0]
    for part in parts[1:]:
        text = text.where(part == "", text.where(text == "", text + "; ") + part)
    return text
