"""Plan the aggregation once in Ibis: spans split over periods, points summed in them, both into usage cells."""

from __future__ import annotations

from typing import Final

import ibis
import ibis.expr.types as ir

from shiftcast.features.frames import DIMENSIONS
from shiftcast.pipelines.engine.periods import MICROSECONDS_HOUR, Periods

UNSERVED: Final = ("queued", "refused")
_LABELS: Final = (*DIMENSIONS, "measure", "unit", "source")
_CELL: Final = (*_LABELS, "how", "period")


def span_cells(spans: ir.Table, periods: Periods) -> ir.Table:
    """Return cells of spans: amount times the hours of each period they overlap.

    A span without length counts as a row of the period it stands in. One that is queued or refused adds no hours and
    makes the cells it touches lower bounds.

    Parameters
    ----------
    spans
        Frame ``SpanRows`` on the engine, checked by :func:`pipelines.engine.rules.check_spans`.
    periods
        Periods of the grain wanted.

    Returns
    -------
    Table
        Labels, ``how``, ``period`` (its number), ``value`` [unit of the row], ``rows`` and ``short`` (rows that were
        not served).
    """
    begin, end = (periods.dialect.microseconds(spans[name]) for name in ("start", "end"))
    rows = spans.mutate(begin=begin, over=end, served=~spans.status.isin(UNSERVED))
    first = periods.number(rows.begin)
    last = ibis.greatest(first, periods.number(rows.over - 1))
    rows = rows.mutate(period=ibis.range(first, last + 1).unnest())
    overlap = ibis.least(rows.over, periods.begin(rows.period + 1)) - ibis.greatest(
        rows.begin, periods.begin(rows.period)
    )
    hours = ibis.ifelse(rows.served, overlap, 0) / MICROSECONDS_HOUR
    rows = rows.mutate(value=rows.amount * hours, how=ibis.literal("sum"))
    return _summed(rows)


def point_cells(points: ir.Table, periods: Periods, hows: frozenset[str]) -> ir.Table:
    """Return cells of points, in the columns of :func:`span_cells`.

    Parameters
    ----------
    points
        Frame ``PointRows`` on the engine, checked by :func:`pipelines.engine.rules.check_points`.
    periods
        Periods of the grain wanted.
    hows
        The values of ``how`` that are there; a plan is made for no others. ``sum`` adds what was served, ``mean``
        averages, ``last`` takes the latest reading (of several at one moment the largest), and ``counter`` adds the
        growth since the reading before, a fall being a reset to zero; growth counts where it is read.

    Returns
    -------
    Table
        One row a cell; a counter's cells have ``how`` ``sum``.
    """
    rows = points.mutate(
        moment=periods.dialect.microseconds(points["at"]),
        served=~(points.status.isin(UNSERVED) & (points.how == "sum")),
    )
    rows = rows.mutate(period=periods.number(rows.moment))
    if hows <= {"sum"}:  # with no rows at all, too
        return _summed(rows)
    plans = {"sum": _summed, "mean": _mean, "last": _last, "counter": _counter}
    return together([plans[how](rows.filter(rows.how == how)) for how in sorted(hows)])


def together(cells: list[ir.Table]) -> ir.Table:
    """Return cells of several tables as one, those of the same labels and period added.

    Parameters
    ----------
    cells
        Tables of :func:`span_cells` and :func:`point_cells`.

    Returns
    -------
    Table
        One row a cell, ``value``, ``rows`` and ``short`` summed.
    """
    if len(cells) == 1:
        return cells[0]
    both = ibis.union(*cells)
    return both.group_by(list(_CELL)).agg(value=both.value.sum(), rows=both["rows"].sum(), short=both.short.sum())


def as_usage(cells: ir.Table, periods: Periods, *, evidence: str, confidence: str) -> ir.Table:
    """Return cells as the usage frame without ``known_at``, which is the store's to give.

    Parameters
    ----------
    cells
        Cells of :func:`together`.
    periods
        Periods that the cells are numbered by.
    evidence, confidence
        Who stands behind the rows, and whether they were read at their source; on every row.

    Returns
    -------
    Table
        Frame ``Usage`` without ``known_at``; a cell with unserved rows is a lower bound (``>=``).
    """
    return cells.select(
        *DIMENSIONS, "measure", "unit", "how",
        grain=ibis.literal(periods.grain),
        period_start=periods.dialect.instant(periods.begin(cells.period)),
        source=cells.source,
        value=cells.value,
        rows=cells["rows"].cast("float64"),
        bound=ibis.ifelse(cells.short > 0, ">=", "="),
        evidence=ibis.literal(evidence),
        confidence=ibis.literal(confidence),
    )  # fmt: skip


def _summed(rows: ir.Table) -> ir.Table:
    served = ibis.ifelse(rows.served, rows.value, 0.0)
    return rows.group_by(list(_CELL)).agg(
        value=served.sum(), rows=rows.count(), short=ibis.ifelse(rows.served, 0, 1).sum()
    )


def _mean(rows: ir.Table) -> ir.Table:
    cells = _summed(rows)
    return cells.mutate(value=cells.value / cells["rows"])


def _last(rows: ir.Table) -> ir.Table:
    moments = rows.group_by([*_CELL, "moment"]).agg(value=rows.value.max(), rows=rows.count())
    cells = moments.group_by(list(_CELL)).agg(value=moments.value.argmax(moments.moment), rows=moments["rows"].sum())
    return cells.mutate(short=ibis.literal(0, "int64"))


def _counter(rows: ir.Table) -> ir.Table:
    before = rows.value.lag().over(group_by=[*_LABELS, "series"], order_by=[rows.moment, rows.value])
    rows = rows.mutate(before=before)
    growth = ibis.ifelse(rows.value < rows.before, rows.value, rows.value - rows.before)
    return _summed(rows.mutate(value=growth.fill_null(0.0), how=ibis.literal("sum")))
