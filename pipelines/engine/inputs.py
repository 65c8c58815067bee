"""Open the inputs of the engine: files, Ibis tables or streams, brought to one backend.

A stream is written to a Parquet file in a scratch folder first, batch by batch: checking and aggregating read it
twice. The folder goes when the connection does. Spark is given URIs as they are and tables of its session as they are;
what is in memory here is sent to it, and a stream needs workers on this machine, that see the scratch folder.
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from shiftcast.features.frames import FrameModel, PointRows
from shiftcast.features.input_error import InputError
from shiftcast.pipelines.engine.arrow import arrow_schema, to_arrow
from shiftcast.pipelines.engine.connection import duckdb_connection
from shiftcast.pipelines.engine.stream import stream

Rows: TypeAlias = (
    ir.Table | str | Path | list[Path] | list[str] | pa.RecordBatchReader | pa.Table | pd.DataFrame | Iterable[Any]
)
ENGINES: Final = ("duckdb", "spark")
MEMORY: Final = "2500MB"  # of DuckDB; what it does not count stays below as much again
_OPTIONAL: Final = {PointRows.title: {"status": "served", "series": ""}}
_UNREAD: Final = ("line",)
_ASKED_SINGLY: Final = 64  # files


@dataclass(frozen=True)
class Input:
    """Rows of one frame on one backend, with the columns needed.

    Attributes
    ----------
    table
        All rows.
    parts
        The same rows file by file, for questions that DuckDB answers from the statistics of a single file only; the
        table itself where there is one file, or too many to ask one by one.
    """

    table: ir.Table
    parts: tuple[ir.Table, ...]


def open_inputs(
    given: Sequence[tuple[type[FrameModel], Rows]], engine: str, master: str | None
) -> tuple[str, dict[str, Input]]:
    """Return the backend's name and, by frame name, the rows on that backend.

    Parameters
    ----------
    given
        Pairs of a frame and its rows: Parquet paths, an Ibis table, record batches, a pyarrow table or DataFrame.
    engine
        ``duckdb`` or ``spark``.
    master
        Spark master, as in :func:`pipelines.engine.spark.session`.

    Returns
    -------
    tuple
        Name of the backend as Ibis has it (``duckdb, pyspark``), and the input of each frame by its name.

    Raises
    ------
    ValueError
        If the engine is unknown, a file cannot be read as Parquet, or a column is missing or of another type.
    """
    backend = open_backend(engine, master, [rows for _, rows in given])
    return backend.name, {frame.title: _as_input(rows, frame, backend) for frame, rows in given}


def open_backend(engine: str, master: str | None, given: Sequence[Rows] = ()) -> Any:
    """Return the Ibis connection of an engine.

    Parameters
    ----------
    engine
        ``duckdb`` or ``spark``.
    master
        Spark master, as in :func:`pipelines.engine.spark.session`.
    given
        Rows; the connection of a table among them is taken.

    Returns
    -------
    ibis.BaseBackend
        A connection that spills to a scratch folder.

    Raises
    ------
    ValueError
        If the engine is unknown.
    """
    if engine not in ENGINES:
        raise InputError(f"engine {engine!r} is not one of {', '.join(ENGINES)}")
    return _spark(master, given) if engine == "spark" else _duckdb(given)


def _duckdb(given: Sequence[Rows]) -> Any:
    """Return the connection of the first table that has one, or a new one that spills to a scratch folder."""
    for rows in given:
        if isinstance(rows, ir.Table) and rows.get_backend().name == "duckdb":
            return rows.get_backend()
    scratch = tempfile.TemporaryDirectory(prefix="shiftcast-")
    backend = duckdb_connection(memory_limit=MEMORY, temp_directory=scratch.name, preserve_insertion_order=False)
    weakref.finalize(backend, scratch.cleanup)
    return backend


def _spark(master: str | None, given: Sequence[Rows]) -> Any:
    """Return the connection of the first table of Spark, or one to the session of the master."""
    for rows in given:
        if isinstance(rows, ir.Table) and rows.get_backend().name == "pyspark":
            return rows.get_backend()
    from shiftcast.pipelines.engine.spark import session  # noqa: PLC0415  (an extra)

    return ibis.pyspark.connect(session(master))


def _as_input(rows: Rows, frame: type[FrameModel], backend: Any) -> Input:
    if isinstance(rows, str | Path):
        return _read([rows], frame, backend)
    if isinstance(rows, list) and all(isinstance(each, str | Path) for each in rows):
        return _read(rows, frame, backend)
    if isinstance(rows, ir.Table) and rows.get_backend() is backend:
        table = rows
    elif backend.name == "pyspark":
        table = _sent(rows, frame, backend)
    else:
        table = backend.read_parquet(_spool(rows, frame, backend))
    whole = _conform(table, frame)
    return Input(whole, (whole,))


def _sent(rows: Any, frame: type[FrameModel], backend: Any) -> ir.Table:
    """Return rows as a table of Spark: those of its session as they are, what is in memory sent, streams by a file."""
    from shiftcast.pipelines.engine.spark_tables import as_table, of_session, spark_parquet  # noqa: PLC0415  (an extra)

    if isinstance(rows, ir.Table) and rows.get_backend().name == "pyspark":
        return of_session(rows, backend)
    if isinstance(rows, pd.DataFrame | pa.Table):
        return as_table(pa.concat_tables(_arrow(each, frame, _schema(frame)) for each in _batches(rows)), backend)
    return spark_parquet([_spool(rows, frame, backend)], backend)


def _read(paths: list[Any], frame: type[FrameModel], backend: Any) -> Input:
    if backend.name == "pyspark":
        from shiftcast.pipelines.engine.spark_tables import spark_parquet  # noqa: PLC0415  (an extra)

        instants = tuple(name for name, column in frame.columns.items() if column.kind in {"instant", "date"})
        whole = _conform(spark_parquet([str(path) for path in paths], backend, instants), frame)
        return Input(whole, (whole,))
    fields = [field for path in paths for field in _parquet_schema(path)]
    if any(pa.types.is_timestamp(field.type) and field.type.unit == "ns" for field in fields):
        batches = (batch for path in paths for batch in pq.ParquetFile(path).iter_batches())
        paths = [_spool(batches, frame, backend)]  # Ibis does not know nanoseconds in UTC
    whole = _conform(backend.read_parquet([str(path) for path in paths], hive_partitioning=False), frame)
    if not 1 < len(paths) <= _ASKED_SINGLY:
        return Input(whole, (whole,))
    each = (backend.read_parquet(str(path), hive_partitioning=False) for path in paths)
    return Input(whole, tuple(_conform(table, frame) for table in each))


def _parquet_schema(path: str | Path) -> pa.Schema:
    try:
        return pq.read_schema(path)
    except (OSError, pa.ArrowInvalid) as error:
        text = str(error).splitlines()[0]
        raise InputError(f"{path}: cannot be read as Parquet ({text}); check the path or load the file again") from None


def _spool(rows: Any, frame: type[FrameModel], backend: Any) -> str:
    """Write a stream to a scratch file of the backend's, in the frame's types; return its path."""
    scratch = tempfile.TemporaryDirectory(prefix="shiftcast-")
    weakref.finalize(backend, scratch.cleanup)
    path = Path(scratch.name) / f"{frame.title}.parquet"
    schema = _schema(frame)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in _batches(rows):
            writer.write_table(_arrow(batch, frame, schema))
    return str(path)


def _schema(frame: type[FrameModel]) -> pa.Schema:
    return pa.schema([field for field in arrow_schema(frame) if field.name not in _UNREAD])


def _batches(rows: Any) -> Iterable[pa.Table]:
    if isinstance(rows, pd.DataFrame):
        return [to_arrow(rows)]
    if isinstance(rows, pa.Table):
        return [rows]
    return (pa.Table.from_batches([batch]) for batch in (stream(rows) if isinstance(rows, ir.Table) else rows))


def _arrow(batch: pa.Table, frame: type[FrameModel], schema: pa.Schema) -> pa.Table:
    columns = []
    for field in schema:
        if field.name in batch.column_names:
            columns.append(_cast(batch[field.name], field, frame))
        else:
            columns.append(pa.array([_default(frame, field.name)] * len(batch), field.type))
    return pa.table(columns, schema=schema)


def _cast(values: pa.ChunkedArray, field: pa.Field, frame: type[FrameModel]) -> pa.ChunkedArray:
    try:
        return values.cast(field.type, safe=not pa.types.is_timestamp(field.type))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise InputError(_wrong_type(frame, field.name, str(values.type))) from None


def _conform(table: ir.Table, frame: type[FrameModel]) -> ir.Table:
    """Return the frame's columns of a table, numbers as doubles; columns that may be left out are filled."""
    wanted = {"text": "is_string", "number": "is_numeric", "instant": "is_timestamp"}
    columns: dict[str, ir.Value] = {}
    for name, column in frame.columns.items():
        if name in _UNREAD:
            continue
        if name not in table.columns:
            columns[name] = ibis.literal(_default(frame, name))
            continue
        kind = table[name].type()
        if not getattr(kind, wanted[column.kind])():
            raise InputError(_wrong_type(frame, name, str(kind)))
        columns[name] = table[name] if column.kind != "number" or kind.is_float64() else table[name].cast("float64")
    return table.select(**columns)


def _default(frame: type[FrameModel], name: str) -> str:
    optional = _OPTIONAL.get(frame.title, {})
    if name not in optional:
        raise InputError(f"{frame.title}: column {name!r} is missing; the frame has {list(frame.columns)}")
    return optional[name]


def _wrong_type(frame: type[FrameModel], name: str, kind: str) -> str:
    column = frame.columns[name]
    return (
        f"{frame.title}: column {name!r} is of type {kind}, not {column.kind} ({column.description}); convert it first"
    )
