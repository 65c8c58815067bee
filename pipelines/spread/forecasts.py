"""Forecast long series on Spark: files in and parts out where the workers are, every group by the function of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pyarrow as pa

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.engine.spark import plainly, session
from shiftcast.pipelines.spread.batches import BATCH, Together, deal
from shiftcast.pipelines.spread.manifest import Fault, Manifest, summarise
from shiftcast.pipelines.spread.reading import Place, find_place, find_row, read_rows
from shiftcast.pipelines.spread.worker import HERE, Answer, Worker, nested
from shiftcast.pipelines.spread.writing import check_free, is_text, write


@dataclass(frozen=True)
class Job:
    """A forecast for Spark.

    Attributes
    ----------
    file
        Path, folder, pattern or URI of CSV or Parquet files.
    columns
        Columns that the answer depends on.
    answer
        From the rows of a group to kinds of rows and frames of them, as :class:`spread.worker.Worker` takes it.
    shapes
        Columns by kind of rows.
    outputs
        Where each kind that is wanted goes.
    averaged
        As :func:`spread.manifest.summarise` takes it.
    together
        As :func:`spread.batches.deal` takes it.
    master
        As :func:`pipelines.engine.spark.session` takes it.
    """

    file: str
    columns: tuple[str, ...]
    answer: Answer
    shapes: Mapping[str, pa.Schema]
    outputs: Mapping[str, str]
    averaged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    together: Together | None = None
    master: str | None = None


def spread(job: Job) -> Manifest:
    """Make a forecast on Spark; nothing but its summary comes to this process.

    Parameters
    ----------
    job
        What is asked.

    Returns
    -------
    Manifest
        Counts and remarks; the rows are where the job wants them.

    Raises
    ------
    ValueError
        If Spark or the files cannot be reached, rows are refused, or the forecast cannot be written.
    """
    from pyspark import StorageLevel  # noqa: PLC0415  (an extra)
    from pyspark.sql.pandas.types import from_arrow_schema  # noqa: PLC0415  (an extra)

    spark = session(job.master)
    for target in job.outputs.values():
        check_free(spark, target)
    place = find_place(spark, job.file)
    rows = read_rows(spark, place, job.columns)
    with plainly(job.file):
        dealt = deal(rows, job.together, lambda number: find_row(spark, place, number))
    if not dealt.series:
        _refuse_empty(job, rows)
    schema = nested(job.shapes, frozenset(kind for kind, target in job.outputs.items() if is_text(target)))
    worker = Worker(job.answer, schema)
    batches = dealt.rows.repartition(dealt.batches, BATCH).groupBy(BATCH)
    given = batches.applyInArrow(lambda table: worker(table), from_arrow_schema(schema)).persist(StorageLevel.DISK_ONLY)  # noqa: PLW0108  (it counts arguments)
    try:
        with plainly(job.file):
            found = summarise(given, job.averaged)
        if isinstance(found, Fault):
            raise _refusal(spark, place, found)
        for kind, target in job.outputs.items():
            write(given, kind, target, found.rows.get(kind, 0))
    finally:
        given.unpersist()
        dealt.heads.unpersist()
    return found


def _refuse_empty(job: Job, rows: Any) -> None:
    """Raise what one machine says of a history without rows."""
    kept = [name for name in rows.columns if name in job.columns]
    try:
        list(job.answer(pd.DataFrame({name: [] for name in kept})))
    except InputError as problem:
        raise InputError(f"{job.file}: {problem}") from None


def _refusal(spark: Any, place: Place, fault: Fault) -> InputError:
    if fault.number is None:
        return InputError(f"{place.uri}: {fault.text}")
    with plainly(place.uri):
        file, row = find_row(spark, place, fault.number)
    return InputError(f"{file}: {fault.text.replace(HERE, f'row {row}', 1)}")
