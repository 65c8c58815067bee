"""One entry for the aggregation: rows of any kind in, usage out, on DuckDB or Spark."""

from __future__ import annotations

import ibis.expr.types as ir

from features.frames import POINTS, SPANS
from pipelines.engine.inputs import Rows, open_inputs
from pipelines.engine.periods import DIALECTS, Periods
from pipelines.engine.plan import as_usage, point_cells, span_cells, together
from pipelines.engine.rules import check_points, check_spans


def aggregate(
    *,
    spans: Rows | None = None,
    points: Rows | None = None,
    grain: str = "hour",
    engine: str = "duckdb",
    master: str | None = None,
    evidence: str = "measured",
    confidence: str = "verified",
) -> ir.Table:
    """Return the usage that spans and points come to, not yet computed.

    Parameters
    ----------
    spans
        Rows of the frame ``features.frames.SPANS``: a Parquet path or several, an Ibis table, record batches, a pyarrow
        table or a DataFrame. Amount times hours [in ``unit``] goes to the periods a span overlaps. ``line`` is not
        read.
    points
        Rows of the frame ``POINTS``; ``status`` and ``series`` may be left out.
    grain
        Length of the periods: minute, hour, day, week, month or quarter, all UTC.
    engine
        ``duckdb``: streaming on this machine, in bounded memory; ``spark``: the same plan on Spark.
    master
        Spark master; the running session's, or this machine, if left out.
    evidence, confidence
        Who stands behind the rows, and whether they were read at their source.

    Returns
    -------
    Table
        Ibis table of the frame ``USAGE`` without ``known_at``, one row a cell, in no order. Read it with
        ``to_pandas`` or :func:`pipelines.engine.stream`, or give it to ``pipelines.store.Store.append``.

    Raises
    ------
    ValueError
        If neither is given, a column is missing or of the wrong type, a file is not Parquet, or rows break a rule
        (they are counted by rule), or the engine or grain is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> from features.frames import DIMENSIONS
    >>> job = {**dict.fromkeys(DIMENSIONS, "all"), "start": pd.Timestamp("2026-03-01T00:30Z"),
    ...        "end": pd.Timestamp("2026-03-01T02:00Z"), "amount": 8.0, "measure": "gpu_hours",
    ...        "unit": "accelerator_hour", "status": "served", "source": "jobs.csv", "line": 2.0}
    >>> usage = aggregate(spans=pd.DataFrame([job])).to_pandas().sort_values("period_start")
    >>> usage.value.tolist(), usage.period_start.dt.hour.tolist()
    ([4.0, 8.0], [0, 1])
    """
    if spans is None and points is None:
        raise ValueError("there is nothing to aggregate; give spans, points or both")
    given = [(SPANS, spans), (POINTS, points)]
    backend, tables = open_inputs([(frame, rows) for frame, rows in given if rows is not None], engine, master)
    periods = Periods(grain, DIALECTS[backend])
    cells = []
    if spans is not None:
        check_spans(tables["spans"])
        cells.append(span_cells(tables["spans"], periods))
    if points is not None:
        hows = check_points(tables["points"])
        cells.append(point_cells(tables["points"], periods, hows))
    return as_usage(together(cells), periods, evidence=evidence, confidence=confidence)
