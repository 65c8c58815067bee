"""Sum up on the workers what they gave, so that counts and remarks come to the driver and no rows do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

from shiftcast.features.volumes import TREATMENTS, Treatments
from shiftcast.pipelines.spread.batches import GROUP, PART
from shiftcast.pipelines.spread.worker import ERROR, TOLD

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
        The first hundred remarks of the fits, and of the series that borrow, by name, with the effective weight of
        their own data [1].
    tables
        Small tables by kind: averages with the ``count`` of rows behind each, or the first hundred rows.
    """

    series: int
    rows: Mapping[str, int]
    treatments: Treatments = field(default_factory=Treatments)
    won: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    borrowed: Mapping[str, float] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)


def first_fault(given: Any) -> tuple[str, int | None] | None:
    """Return the refusal of the first row that has one, if any.

    Parameters
    ----------
    given
        Spark DataFrame of what workers gave.

    Returns
    -------
    tuple or None
        Sentence, and the number of the row among all where it names one.
    """
    faults = _told(given).where(f"name = '{ERROR}'")
    found = faults.orderBy("number", "what").first()
    return None if found is None else (found.what, found.number)


def summarise(given: Any, kinds: tuple[str, ...], averaged: Mapping[str, tuple[str, ...]]) -> Manifest:
    """Return the summary of what workers gave.

    Parameters
    ----------
    given
        Spark DataFrame of what workers gave.
    kinds
        Kinds of rows.
    averaged
        Of kinds whose tables are wanted, the columns to average their numbers over; none for the first rows.

    Returns
    -------
    Manifest
        Counts, remarks and small tables.
    """
    from pyspark.sql import functions as F  # noqa: N812, PLC0415  (its usual name; an extra)

    counts = given.agg(*[F.count(kind).alias(kind) for kind in kinds]).first().asDict()
    told = _told(given)
    whole = told.where(~F.col("name").isin(BORROWED, NOTE)).groupBy("name", "what")
    place = F.struct(GROUP, PART)
    first = F.min_by("first", F.when(F.col("first").isNotNull(), place)).alias("first")
    facts = whole.agg(F.sum("number").alias("number"), first).collect()
    notes = told.where(f"name = '{NOTE}'").groupBy("what").agg(F.min(place).alias("at")).orderBy("at", "what")
    borrowers = told.where(f"name = '{BORROWED}'").orderBy(GROUP, PART, "what")
    treated = {row.what: row for row in facts if row.name == TREATED}
    named = [name for name in TREATMENTS if name in treated]
    won = sorted((row for row in facts if row.name == WON), key=lambda row: (-row.number, row.what))
    return Manifest(
        series=sum(row.number for row in facts if row.name == SERIES),
        rows=counts,
        treatments=Treatments({name: treated[name].number for name in named},
                              {name: treated[name]["first"] for name in named if treated[name]["first"]}),
        won={row.what: row.number for row in won},
        notes=tuple(row.what for row in notes.limit(_SHOWN).collect()),
        borrowed={row.what: row.weight for row in borrowers.limit(_SHOWN).collect()},
        tables={kind: _table(given, kind, over) for kind, over in averaged.items()},
    )  # fmt: skip


def _told(given: Any) -> Any:
    return given.where(f"{TOLD} IS NOT NULL").select(GROUP, PART, f"{TOLD}.*")


def _table(given: Any, kind: str, over: tuple[str, ...]) -> pd.DataFrame:
    """Return a kind of rows averaged, or its first rows."""
    from pyspark.sql import functions as F  # noqa: N812, PLC0415  (its usual name; an extra)

    rows = given.where(f"{kind} IS NOT NULL").select(f"{kind}.*")
    if over:
        numbers = [name for name, kind_of in rows.dtypes if name not in over and kind_of == "double"]
        rows = rows.groupBy(*over).agg(F.count(F.lit(1)).alias("count"), *[F.avg(name).alias(name) for name in numbers])
    found = rows.orderBy(*over).collect() if over else rows.limit(_SHOWN).collect()
    return pd.DataFrame([row.asDict() for row in found], columns=rows.columns)
