"""Deal groups of series to batches: small groups many to a batch, a large one in the parts of one machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.spread.reading import ROW

GROUP, SERIES, PART, BATCH = "shiftcast_group", "shiftcast_series", "shiftcast_part", "shiftcast_batch"
ALL: Final = "all"  # group of series that name none
_SMALL: Final = 500  # series of small groups in a batch, about
_MOST: Final = 20_000  # batches of small groups


@dataclass(frozen=True)
class Dealt:
    """Rows with what batch they are of.

    Attributes
    ----------
    rows
        Spark DataFrame with ``GROUP``, ``PART`` and ``BATCH``.
    batches
        How many there are, about.
    series
        Number of series.
    heads
        What is kept of each series until the rows are read.
    """

    rows: Any
    batches: int
    series: int
    heads: Any


Together = Callable[[Any], Any]


def deal(rows: Any, together: Together | None, locate: Callable[[int], tuple[str, int]]) -> Dealt:
    """Return rows with the batch of each.

    Parameters
    ----------
    rows
        Spark DataFrame of :func:`spread.reading.read_rows`.
    together
        From the column of the longest series of a group [row] to the column of how many of its series are forecast
        together at most; groups stay whole where not given.
    locate
        From the number of a row among all to its file and its number there.

    Returns
    -------
    Dealt
        The rows, unordered.

    Raises
    ------
    ValueError
        If a series is in two groups.
    """
    from pyspark.sql import functions as F  # noqa: N812, PLC0415  (its usual name; an extra)

    group = F.coalesce(F.col("group").cast("string"), F.lit(ALL)) if "group" in rows.columns else F.lit(ALL)
    series = F.col("series").cast("string") if "series" in rows.columns else F.lit(None).cast("string")
    named = rows.withColumns({GROUP: group, SERIES: series})
    heads = named.groupBy(GROUP, SERIES).agg(F.count(ROW).alias("rows"), F.min(ROW).alias("first")).persist()
    _refuse_two_groups(heads, locate)
    groups = heads.groupBy(GROUP).agg(F.count("first").alias("size"), F.max("rows").alias("longest"))
    parts = F.lit(1) if together is None else F.ceil(F.col("size") / together(F.col("longest")))
    groups = groups.withColumn("parts", parts)
    facts = groups.agg(
        F.sum("size").alias("series"), F.sum(F.when(F.col("parts") > 1, F.col("parts"))).alias("parts"),
        F.sum(F.when(F.col("parts") == 1, F.col("size"))).alias("small"),
    ).first()  # fmt: skip
    buckets = max(1, min(_MOST, -(-(facts.small or 0) // _SMALL)))
    none = F.lit(None).cast("int")
    named = _in_parts(named, heads, groups) if facts.parts else named.withColumn(PART, none)
    small = F.pmod(F.xxhash64(GROUP), F.lit(buckets)).cast("string")
    whole = F.concat(F.col(PART).cast("string"), F.lit("|"), F.col(GROUP))
    batch = F.when(F.col(PART).isNull(), small).otherwise(whole)
    dealt = named.withColumns({BATCH: batch, PART: F.coalesce(F.col(PART), F.lit(0))}).drop(SERIES)
    return Dealt(dealt, buckets + int(facts.parts or 0), int(facts.series or 0), heads)


def _in_parts(rows: Any, heads: Any, groups: Any) -> Any:
    """Return rows with the part of their series, cut as one machine does: some first ones have one more."""
    from pyspark.sql import Window  # noqa: PLC0415  (an extra)
    from pyspark.sql import functions as F  # noqa: N812, PLC0415  (its usual name; an extra)

    place = F.row_number().over(Window.partitionBy(GROUP).orderBy(SERIES)) - 1
    large = heads.join(groups.where(F.col("parts") > 1), GROUP).withColumn("place", place)
    each, longer = F.floor(F.col("size") / F.col("parts")), F.col("size") % F.col("parts")
    most = longer * (each + 1)
    part = F.when(F.col("place") < most, F.floor(F.col("place") / (each + 1))).otherwise(
        longer + F.floor((F.col("place") - most) / each)
    )
    mine = large.select(F.col(GROUP).alias("of"), F.col(SERIES).alias("name"), part.cast("int").alias(PART))
    same = rows[GROUP].eqNullSafe(mine["of"]) & rows[SERIES].eqNullSafe(mine["name"])
    return rows.join(mine, same, "left").drop("of", "name")


def _refuse_two_groups(heads: Any, locate: Callable[[int], tuple[str, int]]) -> None:
    from pyspark.sql import Window  # noqa: PLC0415  (an extra)
    from pyspark.sql import functions as F  # noqa: N812, PLC0415  (its usual name; an extra)

    again = F.row_number().over(Window.partitionBy(SERIES).orderBy("first"))
    named = heads.where(F.col(SERIES).isNotNull())
    found = named.withColumn("again", again).where("again > 1").orderBy("first").first()
    if found is not None:
        file, row = locate(found["first"])
        name, group = found[SERIES], found[GROUP]
        raise InputError(f"{file}: series {name!r}, row {row}: also in another group than {group!r}; keep one")
