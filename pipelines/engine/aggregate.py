"""Aggregate rows of any kind to usage, on DuckDB or Spark."""

from __future__ import annotations

import ibis.expr.types as ir

from shiftcast.features.frames import PointRows, SpanRows
from shiftcast.features.input_error import InputError
from shiftcast.pipelines.engine.inputs import Input, Rows, open_inputs
from shiftcast.pipelines.engine.periods import DIALECTS, Periods
from shiftcast.pipelines.engine.plan import as_usage, point_cells, span_cells, together
from shiftcast.pipelines.engine.rules import check_points, check_spans


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
        Rows of ``features.frames.SpanRows``: Parquet paths, an Ibis table, record batches, a pyarrow table or
        DataFrame. Amount times hours [in ``unit``] goes to the periods a span overlaps.
    points
        Rows of ``features.frames.PointRows``, likewise; ``status`` and ``series`` may be left out, ``line`` from both.
    grain
        Length of the periods, all UTC: minute, hour, day, week, month or quarter.
    engine, master
        ``duckdb``: streaming on this machine, in bounded memory; ``spark``: the same plan on a Spark master.
    evidence, confidence
        Who stands behind the rows, and whether they were read at their source.

    Returns
    -------
    Table
        Ibis table of the frame ``Usage`` without ``known_at``, one row a cell, in no order; for
        ``pipelines.engine.collect`` or ``stream``, or :meth:`pipelines.store.Store.append`.

    Raises
    ------
    ValueError
        If neither is given, a column is missing or of another type, a file is not Parquet, rows break a rule (they
        are counted by rule), or the engine, master or grain is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> from shiftcast.features.frames import DIMENSIONS
    >>> from shiftcast.pipelines.engine import collect
    >>> job = {**dict.fromkeys(DIMENSIONS, "all"), "measure": "gpu_hours", "unit": "accelerator_hour", "amount": 8.0,
    ...        "start": pd.Timestamp("2026-03-01T00:30Z"), "end": pd.Timestamp("2026-03-01T02:00Z"),
    ...        "status": "served", "source": "jobs.csv"}
    >>> collect(aggregate(spans=pd.DataFrame([job]))).value.sort_values().tolist()
    [4.0, 8.0]
    """
    if spans is None and points is None:
        raise InputError("there is nothing to aggregate; give spans, points or both")
    given = [(frame, rows) for frame, rows in ((SpanRows, spans), (PointRows, points)) if rows is not None]
    backend, inputs = open_inputs(given, engine, master)
    periods = Periods(grain, DIALECTS[backend])
    plans = {"spans": _spans, "points": _points}
    cells = [plans[name](rows, periods) for name, rows in inputs.items()]
    return as_usage(together(cells), periods, evidence=evidence, confidence=confidence)


def _spans(rows: Input, periods: Periods) -> ir.Table:
    check_spans(rows.parts)
    return span_cells(rows.table, periods)


def _points(rows: Input, periods: Periods) -> ir.Table:
    return point_cells(rows.table, periods, check_points(rows.parts))
