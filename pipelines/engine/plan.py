"""Plan the aggregation once in Ibis: spans split over periods, points summed in them, both into usage cells."""

from __future__ import annotations

from typing import Final

import ibis
import ibis.expr.types as ir

from shiftcast.features.frames import DIMENSIONS
from shiftcast.pipelines.engine.periods import MICROSECONDS_HOUR, Periods

UNSERVED: Final = ("queued", "refused")
CACHED: Final = "cached"  # an answer out of a cache is no work of a model, and none is missing for it
_LABELS: Final = (*DIMENSIONS, "measure", "unit", "source")
_CELL: Final = (*_LABELS, "how", "period", "known_at")  # the last where rows have one


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
        Labels, ``how``, ``period`` (its number), ``value`` [unit of the row], ``rows``, ``short`` (rows that were not
        served) and ``moment`` (of the reading that stands, where one does). Rows that have ``weight`` count it times,
        and those that have ``known_at`` are told apart by it.
    """
    begin, end = (periods.dialect.microseconds(spans[name]) for name in ("start", "end"))
    rows = spans.mutate(begin=begin, over=end, served=~spans.status.isin(UNSERVED), lacks=spans.status.isin(UNSERVED))
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
    summed = points.how == "sum"
    rows = points.mutate(
        moment=periods.dialect.microseconds(points["at"]),
        served=~(points.status.isin((*UNSERVED, CACHED)) & summed),
        lacks=points.status.isin(UNSERVED) & summed,
    )
    rows = rows.mutate(period=periods.number(rows.moment))
    if hows <= {"sum"}:  # with no rows at all, too
        return _summed(rows)
    plans = {"sum": _summed, "mean": _summed, "last": _last, "counter": _counter}
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
    latest = both.value.argmax(both.moment)
    return both.group_by(_keys(both)).agg(
        value=ibis.coalesce(ibis.ifelse(both.moment.max().notnull(), latest, ibis.null("float64")), both.value.sum()),
        rows=both["rows"].sum(), short=both.short.sum(), moment=both.moment.max(),
    )  # fmt: skip


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
    value = ibis.ifelse(cells.how == "mean", cells.value / cells["rows"], cells.value)
    return cells.select(
        *DIMENSIONS, "measure", "unit", "how",
        grain=ibis.literal(periods.grain),
        period_start=periods.dialect.instant(periods.begin(cells.period)),
        source=cells.source,
        value=value,
        rows=cells["rows"].cast("float64"),
        bound=ibis.ifelse(cells.short > 0, ">=", "="),
        evidence=ibis.literal(evidence),
        confidence=ibis.literal(confidence),
    )  # fmt: skip


def as_changes(cells: ir.Table, periods: Periods, *, evidence: str, confidence: str) -> ir.Table:
    """Return cells of items as the changes frame: what a load adds to each figure, and takes back of it.

    Parameters
    ----------
    cells
        Cells of rows with ``weight`` and ``known_at``.
    periods
        Periods that the cells are numbered by.
    evidence, confidence
        Who stands behind the rows, and whether they were read at their source; on every row.

    Returns
    -------
    Table
        Frame ``Changes``: ``total`` is a sum, of means the sum of readings, of stocks the latest reading.
    """
    begin = periods.begin(cells.period)
    return cells.select(
        *DIMENSIONS, "measure", "unit", "how",
        grain=ibis.literal(periods.grain),
        period_start=periods.dialect.instant(begin),
        known_at=cells.known_at,
        source=cells.source,
        total=cells.value,
        rows=cells["rows"].cast("float64"),
        short=cells.short.cast("float64"),
        moment=periods.dialect.instant(ibis.coalesce(cells.moment, begin)),
        evidence=ibis.literal(evidence),
        confidence=ibis.literal(confidence),
    )  # fmt: skip


def _keys(rows: ir.Table) -> list[str]:
    return [name for name in _CELL if name in rows.columns]


def _weight(rows: ir.Table) -> ir.NumericValue:
    """Return what each row counts: one, or what it says, -1 for a row that is taken back."""
    return rows.weight if "weight" in rows.columns else ibis.literal(1, "int64")


def _summed(rows: ir.Table) -> ir.Table:
    weight = _weight(rows)
    served = ibis.ifelse(rows.served, rows.value, 0.0)
    return (
        rows.group_by(_keys(rows))
        .agg(
            value=(served * weight if "weight" in rows.columns else served).sum(),
            rows=weight.sum() if "weight" in rows.columns else rows.count(),
            short=ibis.ifelse(rows.lacks, weight, 0).sum(),
        )
        .mutate(moment=ibis.null("int64"))
    )


def _last(rows: ir.Table) -> ir.Table:
    """Return the latest readings; of rows that are taken back only their number counts."""
    weighed = rows.mutate(counts=_weight(rows))
    stands = weighed.counts > 0
    moments = weighed.group_by([*_keys(rows), "moment"]).agg(
        value=weighed.value.max(where=stands), rows=weighed.counts.sum(), stands=stands.any()
    )
    cells = moments.group_by(_keys(rows)).agg(
        value=moments.value.argmax(moments.moment, where=moments.stands), rows=moments["rows"].sum(),
        moment=moments.moment.max(where=moments.stands),
    )  # fmt: skip
    cells = cells.mutate(value=cells.value.fill_null(0.0), short=ibis.literal(0, "int64"))
    return cells.select(*_keys(rows), "value", "rows", "short", "moment")


def _counter(rows: ir.Table) -> ir.Table:
    """Return growth; a series without a name is told apart by its labels, a named one goes on under other labels."""
    labels = [ibis.ifelse(rows.series == "", rows[name], "").name(f"of_{name}") for name in DIMENSIONS]
    side = ["weight"] if "weight" in rows.columns else []
    before = rows.value.lag().over(
        group_by=[*labels, "measure", "unit", "source", "series", *side], order_by=[rows.moment, rows.value]
    )
    rows = rows.mutate(before=before)
    growth = ibis.ifelse(rows.value < rows.before, rows.value, rows.value - rows.before)
    return _summed(rows.mutate(value=growth.fill_null(0.0), how=ibis.literal("sum")))
