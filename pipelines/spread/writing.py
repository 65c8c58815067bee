"""Write what workers gave where they are, or, of a Spark on this machine, to one file as the other engine writes it."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pyarrow.parquet as pq

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.engine.spark import NO_FILE, is_local, plainly
from shiftcast.pipelines.spread.batches import GROUP, PART
from shiftcast.pipelines.spread.reading import CSV, is_uri
from shiftcast.pipelines.spread.worker import AT
from shiftcast.pipelines.tables.formulas import HARMLESS, RISKY
from shiftcast.pipelines.tables.places import PARQUET
from shiftcast.pipelines.tables.writing import table_writer


def is_text(place: str) -> bool:
    """Return whether a place takes CSV; Parquet else.

    Parameters
    ----------
    place
        File, folder or URI to write to.

    Returns
    -------
    bool
        By its ending.
    """
    return place.rstrip("/").endswith(CSV)


def check_free(spark: Any, place: str) -> None:
    """Raise if something is at a place that parts are to be written to, or a file's folder is not there.

    Parameters
    ----------
    spark
        Spark session.
    place
        File, folder or URI to write to.

    Raises
    ------
    ValueError
        If a folder of parts is there: what it holds is not replaced.
    """
    if _one_file(spark, place):
        if not Path(place).parent.is_dir():
            raise InputError(f"folder {str(Path(place).parent)!r} is not there; make it, or write somewhere else")
        return
    try:
        with plainly(place):
            there = spark.read.format("binaryFile").load(place).select("path").limit(1).count() > 0
    except InputError as problem:
        if NO_FILE not in str(problem):
            raise
        return
    if there:
        raise InputError(f"{place}: has files already; name another place, or remove them")


def write(given: Any, kind: str, place: str, rows: int) -> None:
    """Write one kind of rows.

    Parameters
    ----------
    given
        Spark DataFrame of what workers gave.
    kind
        Kind of rows.
    place
        Folder or URI, whose parts the workers write; or a file, of a Spark on this machine.
    rows
        How many rows there are.

    Raises
    ------
    ValueError
        If the place cannot be written to, or not all rows can be read there: workers wrote to disks of their own.
    """
    mine = given.where(f"{kind} IS NOT NULL")
    spark = given.sparkSession
    if _one_file(spark, place):
        _write_file(mine, kind, Path(place))
        return
    with plainly(place):
        own = mine.select(f"{kind}.*")
        parts, written = own.write.mode("append"), spark.read.schema(own.schema)
        if is_text(place):
            parts = _guarded(own).write.mode("append")
            parts.option("header", True).option("emptyValue", "").csv(place)
            found = written.option("header", True).option("multiLine", True).csv(place).count()
        else:
            parts.parquet(place)
            found = written.parquet(place).count()
    if found != rows:
        raise InputError(
            f"{place}: {found} of {rows} rows can be read there; the workers write to disks of their own: name a "
            "place that they all share, such as an object store"
        )


def _guarded(rows: Any) -> Any:
    """Return rows whose text no spreadsheet runs as a formula, as :mod:`pipelines.tables.formulas` has it."""
    from pyspark.sql import functions as f  # noqa: PLC0415  (an extra)

    texts = {name: f.col(f"`{name}`") for name, kind in rows.dtypes if kind == "string"}
    risky = {name: text.rlike(RISKY) & ~text.rlike(HARMLESS) for name, text in texts.items()}
    return rows.withColumns({name: f.when(risky[name], f.concat(f.lit("'"), text)).otherwise(text)
                             for name, text in texts.items()})  # fmt: skip


def _one_file(spark: Any, place: str) -> bool:
    return not is_uri(place) and place.endswith((CSV, PARQUET)) and is_local(spark)


def _write_file(rows: Any, kind: str, file: Path) -> None:
    """Write rows to one file, group by group, by way of parts beside it."""
    scratch = Path(mkdtemp(prefix=f".{file.stem}.", dir=file.parent.resolve()))
    try:
        with plainly(str(file)):
            ordered = rows.orderBy(GROUP, PART, AT).select(f"{kind}.*")
            ordered.write.mode("append").parquet(scratch.as_uri())
        with table_writer(file) as append:
            for part in sorted(scratch.glob("*.parquet")):
                with pq.ParquetFile(part) as rows_of:
                    for batch in rows_of.iter_batches():
                        append(batch.to_pandas())
    finally:
        shutil.rmtree(scratch)
