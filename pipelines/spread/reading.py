"""Read long series where Spark's workers are, every row with its number, and find the row of a number again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.engine.spark import plainly
from shiftcast.pipelines.series.files import PARQUET

CSV: Final = ".csv"
ROW: Final = "shiftcast_row"  # number of a row among all, in the order of files and lines
NAMES: Final = ("series", "group")
CORRUPT: Final = "shiftcast_corrupt"  # a line of a CSV with another number of cells than its header
_CSV: Final = {
    "header": True, "quote": '"', "escape": '"', "enforceSchema": False, "columnNameOfCorruptRecord": CORRUPT
}  # fmt: skip
_LISTED: Final = "binaryFile"


@dataclass(frozen=True)
class Place:
    """Files of one kind.

    Attributes
    ----------
    uri
        Path, folder, pattern or URI, as it was given.
    kind
        ``csv`` or ``parquet``.
    """

    uri: str
    kind: str


def is_uri(place: str) -> bool:
    """Return whether a place is named by a URI, such as ``s3a://bucket/file.csv``, and not by a path.

    Parameters
    ----------
    place
        Path or URI.

    Returns
    -------
    bool
        False for a path.

    Examples
    --------
    >>> is_uri("s3a://bucket/a.csv"), is_uri("folder/a.csv")
    (True, False)
    """
    return "://" in place


def find_place(spark: Any, uri: str) -> Place:
    """Return what kind of files a place holds, by the name of one of them.

    Parameters
    ----------
    spark
        Spark session.
    uri
        Path, folder, pattern or URI; handed to Spark as it is.

    Returns
    -------
    Place
        CSV where the name says nothing.

    Raises
    ------
    ValueError
        If Spark finds no file there.
    """
    for ending, kind in ((PARQUET, "parquet"), (CSV, "csv")):
        if uri.endswith(ending):
            return Place(uri, kind)
    with plainly(uri):
        files = spark.read.format(_LISTED).option("recursiveFileLookup", True).load(uri).select("path")
        names = [row.path for row in files.limit(1).collect()]
    if not names:
        raise InputError(f"{uri}: the folder has no files; give a CSV or Parquet file, a folder of them or a pattern")
    return Place(uri, "parquet" if names[0].endswith(PARQUET) else "csv")


def read_rows(spark: Any, place: Place, columns: tuple[str, ...]) -> Any:
    """Return the named columns that files have, and the number of each row.

    Parameters
    ----------
    spark
        Spark session.
    place
        Files; CSV cells stay text, for the workers to read as one machine does.
    columns
        Names to keep; those the files have not are left out.

    Returns
    -------
    pyspark.sql.DataFrame
        The columns, ``ROW`` and, of CSV, ``CORRUPT``.

    Raises
    ------
    ValueError
        If a file cannot be read.
    """
    from pyspark.sql import functions as F  # noqa: N812, PLC0415  (its usual name; an extra)

    with plainly(place.uri):
        rows = _scan(spark, place)
        there = [name for name in rows.columns if name in (*columns, CORRUPT)]
        cells = [_named_or_null(name) if place.kind == "csv" and name in NAMES else _column(name) for name in there]
        return rows.select(*cells, F.monotonically_increasing_id().alias(ROW))


def _scan(spark: Any, place: Place) -> Any:
    if place.kind == "parquet":
        return spark.read.parquet(place.uri)
    from pyspark.sql.types import StringType, StructField, StructType  # noqa: PLC0415  (an extra)

    names = spark.read.options(**_CSV).csv(place.uri).columns
    schema = StructType([StructField(name, StringType()) for name in (*names, CORRUPT)])
    return spark.read.options(**_CSV).schema(schema).csv(place.uri)


def _named_or_null(name: str) -> Any:
    """Return a column of names, null where a CSV has none."""
    from pyspark.sql import functions as F  # noqa: N812, PLC0415  (its usual name; an extra)

    return F.when(_column(name) != "", _column(name)).alias(name)


def _column(name: str) -> Any:
    from pyspark.sql import functions as F  # noqa: N812, PLC0415  (its usual name; an extra)

    return F.col(f"`{name.replace('`', '``')}`")


def find_row(spark: Any, place: Place, number: int) -> tuple[str, int]:
    """Return the file of a row and its number there, 1 for the first below the header; it reads the files once more.

    Parameters
    ----------
    spark
        Spark session.
    place
        Files that :func:`read_rows` read.
    number
        The row's ``ROW``.

    Returns
    -------
    tuple
        File, named as it was given where it was, and number of the row.
    """
    from pyspark.sql import functions as F  # noqa: N812, PLC0415  (its usual name; an extra)

    file, start = F.col("_metadata.file_path").alias("file"), F.col("_metadata.file_block_start").alias("start")
    rows = _scan(spark, place).select(file, start, F.monotonically_increasing_id().alias(ROW))
    blocks = rows.groupBy("file", "start").agg(F.min(ROW).alias("first"), F.count(ROW).alias("rows"))
    mine = blocks.where(F.col("first") <= number).orderBy(F.desc("first")).first()
    before = blocks.where((F.col("file") == mine.file) & (F.col("start") < mine.start)).agg(F.sum("rows")).first()[0]
    return _named(mine.file, place.uri), (before or 0) + number - mine.first + 1


def _named(file: str, given: str) -> str:
    """Return the name of a file as people wrote it: a path where they gave one, and three slashes in a URI of one."""
    path = unquote(urlsplit(file).path)
    if not is_uri(given):
        return path
    return f"file://{path}" if file.startswith("file:") else unquote(file)
