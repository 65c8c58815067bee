"""Read the rows of an Ibis table, whole or part by part.

Ibis 12 cannot stream from DuckDB 2, and warns where it makes a DataFrame under pandas 3.1: parts come through a Parquet
file, and DataFrames by way of Arrow.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


def stream(table: ir.Table, *, rows_at_once: int = 250_000) -> Iterator[pa.RecordBatch]:
    """Yield the rows of an Ibis table in its order, part by part; Spark collects them first.

    Parameters
    ----------
    table
        Table on DuckDB or Spark.
    rows_at_once
        Most rows of a part.

    Yields
    ------
    RecordBatch
        The next rows.

    Examples
    --------
    >>> import ibis
    >>> [part.num_rows for part in stream(ibis.range(5).unnest().name("n").as_table(), rows_at_once=2)]
    [2, 2, 1]
    """
    if table.get_backend().name != "duckdb":
        yield from table.to_pyarrow_batches(chunk_size=rows_at_once)
        return
    with tempfile.TemporaryDirectory(prefix="shiftcast-") as scratch:
        path = Path(scratch) / "rows.parquet"
        table.to_parquet(path)
        with pq.ParquetFile(path) as file:
            yield from file.iter_batches(batch_size=rows_at_once)


def collect(table: ir.Table) -> pd.DataFrame:
    """Return all rows of an Ibis table, which has to fit in memory.

    Parameters
    ----------
    table
        Table on DuckDB or Spark.

    Returns
    -------
    DataFrame
        Its columns, in its order of rows.

    Examples
    --------
    >>> import ibis
    >>> collect(ibis.range(2).unnest().name("n").as_table()).n.tolist()
    [0, 1]
    """
    return table.to_pyarrow().to_pandas()
