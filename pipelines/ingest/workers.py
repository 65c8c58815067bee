"""Read the files of a load by Spark's workers: each takes whole files by URI, and leaves parts in a shared folder.

What rows tell of one item is found out here, beside the store: their parts, compressed, are copied to the spool.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import numpy as np
import pyarrow as pa

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.engine.spark import is_local, plainly, session
from shiftcast.pipelines.engine.spark_tables import bring, drop
from shiftcast.pipelines.ingest.reading import IngestRequest, ReadFile, batches_of
from shiftcast.pipelines.ingest.spool import QUARANTINE_SCHEMA, Collected, Counts, plain
from shiftcast.pipelines.sources.normal import PART_SCHEMA, Batch
from shiftcast.pipelines.sources.opening import STANDARD_INPUT, name_files
from shiftcast.pipelines.sources.table import UnreadableFileError

_TOLD: Final = pa.schema([
    ("path", pa.string()), ("content", pa.string()), ("members", pa.list_(pa.string())), ("rows", pa.int64()),
    ("quarantined", pa.int64()), ("fitted", pa.list_(pa.int64())), ("unresolved", pa.list_(pa.string())),
    ("fault", pa.string()),
])  # fmt: skip
_ONE_BY_ONE: Final = "spark.sql.execution.arrow.maxRecordsPerBatch"  # files handed to Python at once
_KINDS: Final = ("parts", "quarantined")


def read_by_workers(
    request: IngestRequest, folder: Path, progress: Callable[[str, int], None]
) -> tuple[list[ReadFile], Collected]:
    """Return the files of a load, and a spool of what they hold.

    Parameters
    ----------
    request
        Files and options; paths, folders, patterns and URIs are handed to Spark as they are.
    folder
        Empty folder for the spool.
    progress
        As in :func:`pipelines.ingest.load.ingest`.

    Returns
    -------
    tuple
        Files in the order of their names, and the spool.

    Raises
    ------
    UnreadableFileError
        If a file cannot be read at all.
    ValueError
        If Spark or the files cannot be reached, or an option names what workers cannot see.
    """
    spark = session(request.master)
    work = _work(spark, request, folder)
    listed = spark.read.format("binaryFile").option("recursiveFileLookup", True)
    whole = ", ".join(request.paths)
    with plainly(whole):
        found = sorted(row.path for row in listed.load(list(request.paths)).select("path").collect())
    if not found:
        raise UnreadableFileError(f"{whole}: names no file; check the path or the pattern")
    progress("reading by the workers of Spark", 0)
    reader = Reader(request, name_files([_given(path) for path in found]))
    before = spark.conf.get(_ONE_BY_ONE)
    spark.conf.set(_ONE_BY_ONE, "1")
    try:
        with plainly(whole):
            rows = listed.load(list(request.paths)).select("path", *_content(found))
            told = _parsed(rows, reader, work)
            for kind in _KINDS:
                bring(spark, f"{work}/{kind}", folder / kind)
            drop(spark, work)
    finally:
        spark.conf.set(_ONE_BY_ONE, before)
    fault = next((each["fault"] for each in told if each["fault"]), None)
    if fault:
        raise UnreadableFileError(fault)
    files = [ReadFile(bytes.fromhex(each["content"]), tuple(each["members"])) for each in told]
    return files, Collected(folder, _counted(told))


def _work(spark: Any, request: IngestRequest, folder: Path) -> str:
    if STANDARD_INPUT in request.paths:
        raise InputError("standard input is here and Spark's workers are not; name files, or leave out --engine spark")
    if is_local(spark):
        return (folder / "work").as_uri()
    if request.work is None:
        raise InputError("Spark's workers are not on this machine; name a folder they share (--work s3a://bucket/x)")
    if request.setting.instances is not None:
        raise InputError("--instances is a file of this machine, which Spark's workers cannot see; leave it out")
    return f"{request.work.rstrip('/')}/{uuid4().hex}"


def _given(path: str) -> str:
    """Return the path of a local file as people write it."""
    return unquote(urlsplit(path).path) if path.startswith("file:") else path


def _content(found: list[str]) -> list[str]:
    """Return the column of bytes; files of a file system that all workers have are opened by their path instead."""
    return [] if all(path.startswith("file:") for path in found) else ["content"]


@dataclass(frozen=True)
class Reader:
    """The reader of whole files on a worker.

    Attributes
    ----------
    request
        Kind of file and options.
    names
        Name of each path in records.
    """

    request: IngestRequest
    names: dict[str, str]

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the parts of files, the rows set aside, and what is to be told of each file.

        Parameters
        ----------
        batches
            Paths, and bytes where the file is not opened by its path.

        Yields
        ------
        RecordBatch
            Columns of :func:`parsed_schema`.
        """
        for batch in batches:
            for row in batch.to_pylist():
                path = _given(row["path"])
                yield from self._file(path, io.BytesIO(row["content"]) if "content" in row else None)

    def _file(self, path: str, content: io.BytesIO | None) -> Iterator[pa.RecordBatch]:
        digest, counts = hashlib.sha256(), Counts()
        members: list[str] = []
        fault = None
        try:
            for batch, member in batches_of(self.request, path, self.names[path], digest, content):
                if batch is None:
                    members.append(member)
                    continue
                counts.add(batch)
                yield from _given_rows(batch)
        except UnreadableFileError as problem:
            fault = str(problem)
        fitted = np.atleast_1d(counts.fitted).tolist()
        unresolved = [name for name, count in counts.unresolved.items() for _ in range(count)]
        told = {
            "path": path, "content": digest.hexdigest(), "members": members, "rows": counts.rows, "fault": fault,
            "quarantined": counts.quarantined, "fitted": fitted, "unresolved": unresolved,
        }  # fmt: skip
        yield from _as_kind("told", pa.Table.from_pylist([told], schema=_TOLD))


def parsed_schema() -> pa.Schema:
    """Return the columns that workers give: a struct a kind of rows, null in rows of another kind.

    Returns
    -------
    Schema
        ``parts``, ``quarantined`` and ``told``; Spark has no unsigned numbers, identities keep their bits.
    """
    shapes = {"parts": plain(PART_SCHEMA), "quarantined": QUARANTINE_SCHEMA, "told": _TOLD}
    return pa.schema([
        (kind, pa.struct([pa.field(each.name, _signed(each.type)) for each in shape])) for kind, shape in shapes.items()
    ])  # fmt: skip


def _signed(kind: pa.DataType) -> pa.DataType:
    return pa.int64() if kind == pa.uint64() else kind


def _given_rows(batch: Batch) -> Iterator[pa.RecordBatch]:
    yield from _as_kind("parts", batch.parts.cast(plain(PART_SCHEMA)))
    aside = batch.quarantined.astype({"line": "int64"})
    yield from _as_kind("quarantined", pa.Table.from_pandas(aside, schema=QUARANTINE_SCHEMA, preserve_index=False))


def _as_kind(kind: str, rows: pa.Table) -> Iterator[pa.RecordBatch]:
    schema = parsed_schema()
    fields = schema.field(kind).type
    for batch in rows.to_batches():
        cells = [column.view(pa.int64()) if column.type == pa.uint64() else column for column in batch.columns]
        own = pa.StructArray.from_arrays(cells, fields=list(fields))
        columns = [own if field.name == kind else pa.nulls(len(own), field.type) for field in schema]
        yield pa.record_batch(columns, schema=schema)


def _parsed(rows: Any, reader: Reader, work: str) -> list[dict[str, Any]]:
    """Write parts and rows set aside below a folder that the workers share; return what they tell of files, by path."""
    from pyspark import StorageLevel  # noqa: PLC0415  (an extra)
    from pyspark.sql.pandas.types import from_arrow_schema  # noqa: PLC0415  (an extra)

    given = rows.mapInArrow(lambda batches: reader(batches), from_arrow_schema(parsed_schema()))  # noqa: PLW0108  (it counts arguments)
    given = given.persist(StorageLevel.DISK_ONLY)
    try:
        told = [row.told.asDict() for row in given.where("told IS NOT NULL").select("told").collect()]
        for kind in _KINDS:
            given.where(f"{kind} IS NOT NULL").select(f"{kind}.*").write.parquet(f"{work}/{kind}")
    finally:
        given.unpersist()
    return sorted(told, key=lambda each: str(each["path"]))


def _counted(told: list[dict[str, Any]]) -> Counts:
    counts = Counts()
    for each in told:
        counts.rows += each["rows"]
        counts.quarantined += each["quarantined"]
        counts.fitted = counts.fitted + np.array(each["fitted"], dtype=np.int64)
        for name in each["unresolved"]:
            counts.unresolved[name] = counts.unresolved.get(name, 0) + 1
    return counts
