"""Sum up on the workers what they gave, so that counts and remarks come to the driver and no rows do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

from shiftcast.features.volumes import TREATMENTS, Treatments
from shiftcast.pipelines.spread.batches import GROUP, PART
from shiftcast.pipelines.spread.worker import ERROR, ROWS, TOLD

TREATED, WON, NOTE, BORROWED, SERIES = "treated", "won", "note", "borrowed", "series"
_SHOWN: Final = 100  # notes, borrowers and rows of drivers that come to the driver


@dataclass(frozen=True)
class Manifest:
    """The outcome of a forecast that workers made.

    Attributes
    ----------
    series
        How many there are.
    rows
        Rows by kind, as written.
    treatments
        What was treated in the history.
    won
        For how many series each member, or their combination, ships.
    notes, borrowed
        The first hundred remarks of the fits, each with the number of series it is about and the first of them, and of
        the series that borrow, by name, with the effective weight of their own data [1].
    tables
        Small tables by kind, of those that have rows: averages with the ``count`` of rows behind each, or the first
        hundred rows.
    """

    series: int
    rows: Mapping[str, int]
    treatments: Treatments = field(default_factory=Treatments)
    won: Mapping[str, int] = field(default_factory=dict)
    notes: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    borrowed: Mapping[str, float] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """A refusal of a worker.

    Attributes
    ----------
    text
        Sentence, its row left open.
    number
        Number of the row among all; None where the sentence names none.
    """

    text: str
    number: int | None


def summarise(given: Any, averaged: Mapping[str, tuple[str, ...]]) -> Manifest | Fault:
    """Return the summary of what workers gave, or the first of their refusals.

    Parameters
    ----------
    given
        Spark DataFrame of what workers gave.
    averaged
        Of kinds whose tables are wanted, the columns to average their numbers over; none for the first rows.

    Returns
    -------
    Manifest or Fault
        Counts, remarks and small tables.
    """
    told = _told(given)
    faults = [Fault(row.what, row.first_number) for row in told if row.name == ERROR]
    if faults:
        return min(faults, key=lambda fault: (-1 if fault.number is None else fault.number, fault.text))
    treated = {row.what: row for row in told if row.name == TREATED}
    named = [name for name in TREATMENTS if name in treated]
    won = sorted((row for row in told if row.name == WON), key=lambda row: (-row.number, row.what))
    rows = {row.what: row.number for row in told if row.name == ROWS}
    return Manifest(
        series=sum(row.number for row in told if row.name == SERIES),
        rows=rows,
        treatments=Treatments({name: treated[name].number for name in named},
                              {name: treated[name].first_of for name in named if treated[name].first_of}),
        won={row.what: row.number for row in won},
        notes={row.what: (row.number, row.first_of) for row in told if row.name == NOTE},
        borrowed={row.what: row.weight for row in told if row.name == BORROWED},
        tables={kind: _table(given, kind, over) for kind, over in averaged.items() if rows.get(kind)},
    )  # fmt: skip


def _told(given: Any) -> list[Any]:
    """Return remarks added up, the first hundred of each name where they are of single series."""
    from pyspark.sql import Window  # noqa: PLC0415  (an extra)
    from pyspark.sql import functions as F  # noqa: N812, PLC0415  (its usual name; an extra)

    remarks = given.where(f"{TOLD} IS NOT NULL").select(GROUP, PART, f"{TOLD}.*")
    place = F.struct(GROUP, PART)
    whole = remarks.groupBy("name", "what").agg(
        F.sum("number").alias("number"), F.min("number").alias("first_number"), F.max("weight").alias("weight"),
        F.min_by("first", F.when(F.col("first").isNotNull(), place)).alias("first_of"), F.min(place).alias("at"),
    )  # fmt: skip
    rank = F.row_number().over(Window.partitionBy("name").orderBy(F.asc_nulls_first("first_number"), "at", "what"))
    first = whole.withColumn("rank", rank).where(F.col("rank") <= _SHOWN).collect()
    return sorted(first, key=lambda row: (row.name, row.rank))


def _table(given: Any, kind: str, over: tuple[str, ...]) -> pd.DataFrame:
    """Return a kind of rows averaged, or its first rows."""
    from pyspark.sql import functions as F  # noqa: N812, PLC0415  (its usual name; an extra)

    rows = given.where(f"{kind} IS NOT NULL").select(f"{kind}.*")
    if over:
        numbers = [name for name, kind_of in rows.dtypes if name not in over and kind_of == "double"]
        means = [F.avg(name).alias(name) for name in numbers]
        rows = rows.groupBy(*over).agg(F.count(F.lit(1)).alias("count"), *means)
    found = rows.orderBy(*over).collect() if over else rows.limit(_SHOWN).collect()
    return pd.DataFrame([row.asDict() for row in found], columns=rows.columns)
