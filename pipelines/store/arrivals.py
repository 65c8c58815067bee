"""Take in the views of a load beside those that are stored: write what is new, and what that takes back.

A view loaded late may have stood for a while only: what it changes is reckoned day by day, so that what is known as of
any day is what it would be had every view been loaded on the day it was known. A view that says what stands on its day
already is not kept: rolling exports would else fill the store with one thing said many times.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import pandas as pd
import pyarrow.parquet as pq

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.engine.connection import one
from shiftcast.pipelines.engine.items import GONE
from shiftcast.pipelines.engine.plan import UNSERVED
from shiftcast.pipelines.store.items import ITEM, lengths_of, quoted, view_stored, write_months
from shiftcast.pipelines.store.log import Entry
from shiftcast.pipelines.store.standing import LAST, find_stored, judge

_MOVED: Final = 0.9  # of the items of a load that are stored, equal, under another cluster: then it is the same cluster


@dataclass(frozen=True)
class Merged:
    """What a load comes to beside the store.

    Attributes
    ----------
    items
        Rows by name of the files of items written.
    changed
        Files of parts with ``known_at`` and ``weight``, for the engine.
    told
        ``known``, the rows that told nothing new; ``beside``, by source and measure the new rows without identity in a
        period of which others are stored; ``replaced``, by source, measure and unit the items whose earlier view was
        taken back, and the total of it.
    """

    items: dict[str, int]
    changed: list[Path]
    told: dict[str, Any]


@dataclass(frozen=True)
class Arrival:
    """A load beside the store.

    Attributes
    ----------
    parts
        Parquet file of its parts.
    day
        Day it is known, midnight UTC.
    restates
        Whether items of its sources that it does not have are withdrawn.
    guessed
        Whether its clusters are guesses.
    content
        SHA-256 of the bytes it came from; a former load of the same ones, under other options, is restated.
    """

    parts: Path
    day: pd.Timestamp
    restates: bool = False
    guessed: bool = False
    content: str = ""


def merge(
    database: duckdb.DuckDBPyConnection, load: Arrival, entries: list[Entry], stored: list[Path], again: list[int],
    fresh: Path, scratch: Path,
) -> Merged:  # fmt: skip
    """Write the items of a load that are new or go beyond what is stored, and what that takes back.

    Parameters
    ----------
    database
        Scratch connection with the view ``fresh`` of the load's parts.
    load
        The load.
    entries, stored
        Visible entries of the log, and files of stored items born in the months of the load.
    again
        Numbers of the commits that loaded the same bytes under other options.
    fresh, scratch
        Folder of the new batch, and one for what it takes back.

    Returns
    -------
    Merged
        Files written, and what to tell.

    Raises
    ------
    ValueError
        If its items are stored already under another cluster, and its own is a guess.
    """
    day = f"TIMESTAMPTZ '{load.day.isoformat()}'"
    if not stored:
        items = write_months(database, "SELECT * FROM fresh", fresh, load.parts)
        return Merged(items, [], {"known": 0, "replaced": [], "beside": []})
    view_stored(database, entries, stored)
    database.execute("CREATE TABLE again AS SELECT unnest(?::BIGINT[]) AS entry", [again])
    if not again:
        _refuse_moved(database, guessed=load.guessed)
    find_stored(database, restates=load.restates)
    if not (again or load.restates):
        _refuse_other_lengths(database)
    judge(database, day, restates=load.restates)
    mark = f"true AS lead, '{GONE}' AS how"
    gone = f"SELECT {ITEM}, progress, extent, scope, born, {mark} FROM judged WHERE gone AND NOT idle"
    changes = one(database, "SELECT 1 FROM idle UNION ALL SELECT 1 FROM judged WHERE gone LIMIT 1")
    whole = load.parts if changes is None else None
    items = write_months(database, f"SELECT * FROM applied UNION ALL BY NAME {gone}", fresh, whole)
    path = scratch / "corrections.parquet"
    _write_corrections(database, day, path)
    told = {"known": one(database, "SELECT count(*) FROM idle"), "replaced": _replaced(database, day, path),
            "beside": _beside(database)}  # fmt: skip
    return Merged(items, [path] if pq.read_metadata(path).num_rows else [], told)


def _replaced(database: duckdb.DuckDBPyConnection, day: str, path: Path) -> list[dict[str, Any]]:
    """Return what the load takes back on its day: by source, measure and unit the items, and their total."""
    hours = "CASE how WHEN 'span' THEN (epoch_us(\"end\") - epoch_us(start)) / 3.6e9 WHEN 'sum' THEN 1 END"
    table = database.execute(
        f"SELECT source, measure, unit, count(DISTINCT ({ITEM})) AS items, sum(amount * {hours}) AS total "
        f"FROM read_parquet({quoted([path])}) WHERE weight < 0 AND known_at = {day} "
        f"AND status NOT IN {UNSERVED} GROUP BY ALL ORDER BY ALL"
    ).df()
    return [{str(name): None if pd.isna(value) else value for name, value in row.items()}
            for row in table.to_dict("records")]  # fmt: skip


def _beside(database: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Return the new rows without identity that fall into a period of their source that others stand in already.

    They may be a correction, which nothing but an identity could tell, or further rows: both count.
    """
    if one(database, "SELECT 1 FROM applied WHERE NOT named LIMIT 1") is None:
        return []
    columns = f'{ITEM}, measure, start, coalesce("end", start) AS over'
    new = f"SELECT {columns} FROM {{}} WHERE lead AND NOT named"
    stands = f"SELECT h.* FROM ({new.format('held')} AND how <> '{GONE}') h ANTI JOIN fresh USING ({ITEM})"
    table = database.execute(
        f"SELECT source, measure, n.rows AS rows, count(*) AS stored FROM (SELECT source, measure, count(*) AS rows, "
        f"min(start) AS low, max(over) AS high FROM ({new.format('applied')}) GROUP BY ALL) n JOIN ({stands}) s "
        "USING (source, measure) WHERE s.start < high AND s.over > low OR s.start BETWEEN low AND high GROUP BY ALL "
        "ORDER BY ALL"
    ).df()
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _refuse_moved(database: duckdb.DuckDBPyConnection, *, guessed: bool) -> None:
    """Raise if nearly all items of a source of the load are stored, equal, under another cluster of the same kind.

    Clusters that the user named are two, whatever their items; but not a named one and none at all.
    """
    apart = "other <> source" if guessed else "NOT contains(other, '/') AND contains(source, '/')"
    facts = "id, attempt, start, coalesce(\"end\", start) AS over, amount, measure, split_part(source, '/', 1) AS kind"
    mine = f"SELECT source, {facts} FROM fresh WHERE lead"
    found = database.execute(
        f"SELECT source, any_value(rows), other, count(*) AS same FROM ({mine}) JOIN (SELECT source, count(*) AS rows "
        f"FROM fresh WHERE lead GROUP BY source) USING (source) JOIN (SELECT source AS other, {facts} FROM held WHERE "
        f"lead) USING (id, attempt, kind, start, over, amount, measure) WHERE {apart} GROUP BY source, other "
        f"HAVING same >= {_MOVED} * any_value(rows) ORDER BY same DESC, other LIMIT 1"
    ).fetchone()
    if found is not None:
        source, rows, other, same = found
        name = str(other).partition("/")[2]
        remedy = f"say {f'--cluster {name}' if name else f'--feed {other}'} if that is their cluster"
        own = ", or --cluster and a name of its own if they are those of another" if guessed else ""
        raise InputError(f"{same} of {rows} items of {source!r} are stored already as {other!r}: {remedy}{own}")


def _refuse_other_lengths(database: duckdb.DuckDBPyConnection) -> None:
    """Raise if a day of a bill is stored by charges of other lengths: by day and by hour it would count twice."""
    stored = lengths_of("(SELECT h.* FROM met h SEMI JOIN leads USING (source, scope))", "'stored'")
    found = database.execute(
        f"SELECT m.source, m.lengths, s.lengths FROM ({lengths_of('fresh', chr(39) + chr(39))}) m JOIN ({stored}) s "
        "USING (source, scope) WHERE NOT list_has_any(m.lengths, s.lengths) ORDER BY ALL LIMIT 1"
    ).fetchone()
    if found is not None:
        source, mine, theirs = found
        raise InputError(
            f"{source}: charges of this bill are of {mine[0]} hours, where the same account, service and day is stored "
            f"by charges of {theirs[0]} hours, and would count twice; load bills of one granularity, or --restates to "
            "have this one in the place of all that is stored"
        )


def _write_corrections(database: duckdb.DuckDBPyConnection, day: str, path: Path) -> None:
    """Write the parts that change beside those of the load: taken back where the load stands, and given again after it.

    A stored view that stood from a later day on, and does not any more, had taken back the one before it: that is
    undone. On the day from which a later view stands, it takes back the load's instead of the one it had.
    """
    real = f"(SELECT * FROM judged ANTI JOIN idle USING ({ITEM}) WHERE NOT idle)"
    later = f"{real} a JOIN wins w USING ({ITEM}) WHERE w.known_at > {day}"
    hidden, next_ = f"{later} AND w.key < a.key", f"{later} AND w.known_at = a.until"
    item = ", ".join(f"a.{name}" for name in ITEM.split(", "))
    database.execute(
        f"CREATE TABLE events AS SELECT {ITEM}, before AS entry, {day} AS known_at, -1 AS weight FROM {real} "
        f"UNION ALL SELECT {item}, w.entry, w.known_at, -1 FROM {hidden} "
        f"UNION ALL SELECT {item}, w.earlier, w.known_at, 1 FROM {hidden} "
        f"UNION ALL SELECT {item}, w.earlier, w.known_at, 1 FROM {next_} "
        f"UNION ALL SELECT {item}, {LAST}, w.known_at, -1 FROM {next_} AND NOT a.gone"
    )
    parts = (
        f"SELECT h.* EXCLUDE (known_at, entry), e.known_at, e.weight FROM met h JOIN events e USING ({ITEM}, entry) "
        f"UNION ALL BY NAME SELECT f.*, e.known_at, e.weight FROM fresh f JOIN events e USING ({ITEM}) "
        f"WHERE e.entry = {LAST}"
    )
    database.execute(
        f"COPY (SELECT * FROM ({parts}) WHERE how NOT IN ('{GONE}', 'counter')) TO {quoted([path])[1:-1]} "
        "(FORMAT parquet, COMPRESSION zstd)"
    )
