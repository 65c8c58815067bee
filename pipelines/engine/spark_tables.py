"""Make Ibis tables of what Spark reads, and carry files between this machine and a folder that its workers share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import ibis.expr.types as ir
import pyarrow as pa

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.engine.spark import is_local, plainly

_NANOS: Final = "NANOS"
_NANOS_AS_LONG: Final = "spark.sql.legacy.parquet.nanosAsLong"


def spark_parquet(paths: Sequence[str], backend: Any, instants: tuple[str, ...] = ()) -> ir.Table:
    """Return Parquet files as a table of Spark, read where the workers are.

    Parameters
    ----------
    paths
        Paths, folders, patterns or URIs, handed to Spark as they are.
    backend
        Ibis connection to Spark.
    instants
        Columns that are moments, which Spark reads as whole numbers where they are in nanoseconds.

    Returns
    -------
    Table
        All their rows.

    Raises
    ------
    ValueError
        If Spark cannot read them.
    """
    spark = backend._session
    with plainly(paths[0]):
        try:
            return table_of(spark.read.parquet(*paths), backend)
        except Exception as error:
            if _NANOS not in str(error):
                raise
        spark.conf.set(_NANOS_AS_LONG, "true")
        rows = spark.read.parquet(*paths)
        whole = [f"`{name}`" if (name, "bigint") not in {(each, kind) for each, kind in rows.dtypes if each in instants}
                 else f"timestamp_micros(`{name}` div 1000) AS `{name}`" for name in rows.columns]  # fmt: skip
        return table_of(rows.selectExpr(*whole), backend)


def of_session(table: ir.Table, backend: Any) -> ir.Table:
    """Return a table of another connection to the same Spark session, its rows left where they are.

    Parameters
    ----------
    table
        Table of Spark.
    backend
        Ibis connection to Spark.

    Returns
    -------
    Table
        The same rows.

    Raises
    ------
    ValueError
        If it is of another session.
    """
    if table.get_backend()._session is not backend._session:
        raise InputError("tables of two Spark sessions cannot be put together; make both in one")
    return table_of(rows_of(table), backend)


def rows_of(table: ir.Table) -> Any:
    """Return a table of Spark as Spark's own DataFrame.

    Parameters
    ----------
    table
        Table of Spark.

    Returns
    -------
    pyspark.sql.DataFrame
        The same rows, not computed.
    """
    own = table.get_backend()
    return own._session.sql(own.compile(table))


def as_table(rows: pa.Table, backend: Any) -> ir.Table:
    """Return rows in memory as a table of Spark, which sends them to its workers.

    Parameters
    ----------
    rows
        Rows that fit in memory.
    backend
        Ibis connection to Spark.

    Returns
    -------
    Table
        The same rows.
    """
    return table_of(backend._session.createDataFrame(rows), backend)


@contextmanager
def seen_by_workers(paths: Sequence[Path], backend: Any, work: str | None) -> Iterator[list[str]]:
    """Give where Spark's workers see files of this machine: if elsewhere, copies in a folder they share, for the while.

    Parameters
    ----------
    paths
        Files of this machine.
    backend
        Ibis connection to Spark.
    work
        URI of the folder that is shared.

    Yields
    ------
    list of str
        Path or URI of each.

    Raises
    ------
    ValueError
        If the workers are elsewhere and share no folder, or the files cannot be copied there, as by Spark Connect.
    """
    spark = backend._session
    if is_local(spark):
        yield [str(path) for path in paths]
        return
    if work is None:
        raise InputError(
            f"Spark's workers cannot see {paths[0]}; name a folder that they share (--work s3a://bucket/x)"
        )
    places = [f"{work.rstrip('/')}/{uuid4().hex}-{path.name}" for path in paths]
    try:
        with plainly(work):
            for path, place in zip(paths, places, strict=True):
                files, target, hadoop = _file_system(spark, place)
                files.copyFromLocalFile(hadoop.Path(path.as_uri()), target)
        yield places
    finally:
        with plainly(work):
            for place in places:
                drop(spark, place)


def bring(spark: Any, place: str, folder: Path) -> None:
    """Copy the files below a URI to a folder of this machine.

    Parameters
    ----------
    spark
        Spark session.
    place
        URI of a folder.
    folder
        Folder to make.

    Raises
    ------
    ValueError
        If the session is one of Spark Connect, which copies nothing here.
    """
    files, source, hadoop = _file_system(spark, place)
    files.copyToLocalFile(False, source, hadoop.Path(folder.as_uri()), True)


def drop(spark: Any, place: str) -> None:
    """Remove what is below a URI.

    Parameters
    ----------
    spark
        Spark session with a virtual machine of its own here.
    place
        URI of a folder.
    """
    files, target, _ = _file_system(spark, place)
    files.delete(target, True)


def _file_system(spark: Any, place: str) -> tuple[Any, Any, Any]:
    """Return the file system of a URI, its path there, and Hadoop's names."""
    if not hasattr(spark, "_jsc"):
        raise InputError("Spark Connect carries no files to this machine or from it; name a master spark://host:7077")
    hadoop = spark._jvm.org.apache.hadoop.fs
    path = hadoop.Path(place)
    return path.getFileSystem(spark._jsc.hadoopConfiguration()), path, hadoop


def table_of(rows: Any, backend: Any) -> ir.Table:
    """Return a DataFrame of Spark as a table.

    Parameters
    ----------
    rows
        Spark DataFrame.
    backend
        Ibis connection to its session.

    Returns
    -------
    Table
        The same rows, not computed.
    """
    name = f"shiftcast_{uuid4().hex}"
    rows.createOrReplaceTempView(name)
    return backend.table(name)
