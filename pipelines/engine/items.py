"""Turn the parts of items, spans and points in one table, into what they change of each figure, here or on Spark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pandas as pd

from shiftcast.features.frames import SPAN, Changes, empty
from shiftcast.pipelines.engine.arrow import to_arrow
from shiftcast.pipelines.engine.inputs import open_backend
from shiftcast.pipelines.engine.periods import DIALECTS, Periods
from shiftcast.pipelines.engine.plan import as_changes, point_cells, span_cells, together
from shiftcast.pipelines.engine.stream import collect

GONE: Final = "gone"  # of the only part of a view that withdraws its item


@dataclass(frozen=True)
class Group:
    """Parquet files of parts, alike in their columns.

    Attributes
    ----------
    paths
        Files; columns are labels, ``measure, unit, status, how`` (``span`` or as of a point), ``start, end, amount,
        series, source``, and ``weight`` where rows count other than once.
    known_at
        Day all of them were known, midnight UTC; ``None`` where a column ``known_at`` says it.
    """

    paths: Sequence[Path]
    known_at: pd.Timestamp | None = None


@contextmanager
def changes_of(
    groups: Sequence[Group], grain: str, *, engine: str = "duckdb", master: str | None = None,
    work: str | None = None, evidence: str = "measured", confidence: str = "verified",
) -> Iterator[ir.Table]:  # fmt: skip
    """Give what parts change of each figure, computed when it is read; copies of parts for workers go afterwards.

    Parameters
    ----------
    groups
        Parts; amount times hours goes to the periods a span overlaps.
    grain
        Length of the periods, all UTC: minute, hour, day, week, month or quarter.
    engine, master
        As in :func:`pipelines.engine.aggregate`.
    work
        URI of a folder that Spark's workers share, where they are not on this machine.
    evidence, confidence
        Who stands behind the rows, and whether they were read at their source.

    Yields
    ------
    Table
        Ibis table of the frame ``Changes``, one row a figure and day.

    Raises
    ------
    ValueError
        If the engine, master or grain is unknown.
    """
    backend = open_backend(engine, master)
    periods = Periods(grain, DIALECTS[backend.name])
    with ExitStack() as copies:
        tables = [(group, _read(group, backend, work, copies)) for group in groups]
        cells = [_dated(cell, group) for group, table in tables for cell in _cells(table, periods)]
        if cells:
            yield as_changes(together(cells), periods, evidence=evidence, confidence=confidence)
        else:
            yield ibis.memtable(to_arrow(empty(Changes)))


def _read(group: Group, backend: Any, work: str | None, copies: ExitStack) -> ir.Table:
    if backend.name == "duckdb":
        return backend.read_parquet([str(path) for path in group.paths], hive_partitioning=False)
    from shiftcast.pipelines.engine.spark_tables import seen_by_workers, spark_parquet  # noqa: PLC0415  (an extra)

    return spark_parquet(copies.enter_context(seen_by_workers(group.paths, backend, work)), backend)


def _dated(cells: ir.Table, group: Group) -> ir.Table:
    """Return cells with the day that the rows of a group were known; one day of all need not be grouped by."""
    day = cells.known_at if group.known_at is None else ibis.literal(group.known_at)
    return cells.mutate(known_at=day.cast(dt.Timestamp("UTC", scale=6)))


def _cells(table: ir.Table, periods: Periods) -> list[ir.Table]:
    """Return the cells of a group; counters of rows without weight are left to the group that has their neighbours."""
    hows = frozenset(collect(table[["how"]].distinct())["how"])
    points = hows - {SPAN, GONE} - (set() if "weight" in table.columns else {"counter"})
    found = []
    if SPAN in hows:
        found.append(span_cells(table.filter(table.how == SPAN) if len(hows) > 1 else table, periods))
    if points:
        mine = table if hows == points else table.filter(table.how.isin(sorted(points)))
        found.append(point_cells(mine.mutate(at=mine.start, value=mine.amount), periods, points))
    return [together(found)] if found else []
