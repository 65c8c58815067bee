"""Reckon counters across loads: their growth counts from the reading before, whichever load brought it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb

from shiftcast.pipelines.store.items import ITEM, quoted
from shiftcast.pipelines.store.standing import KEY

NEAR: Final = "INTERVAL 2 DAY"  # how far from the readings of a load its neighbours are looked for
_SERIES: Final = "source, series, measure, unit"


def has_counters(database: duckdb.DuckDBPyConnection) -> bool:
    """Return whether a load has readings of counters.

    Parameters
    ----------
    database
        Connection with the view ``fresh`` of its parts.

    Returns
    -------
    bool
        Whether one is there.
    """
    return database.execute("SELECT 1 FROM fresh WHERE how = 'counter' LIMIT 1").fetchone() is not None


def write_counters(database: duckdb.DuckDBPyConnection, day: str, path: Path, *, stored: bool) -> None:
    """Write the readings of the counters of a load with their neighbours: as they are with it, and as without it.

    The difference of the two growths is what the load changes, whether it lies before, after or between readings that
    are stored.

    Parameters
    ----------
    database
        Connection with the views ``fresh`` and, where parts are stored, ``held`` and ``applied``.
    day
        Day the load is known, as SQL.
    path
        File to write: parts with ``known_at`` and ``weight``, 1 with the load and -1 without it.
    stored
        Whether any parts are stored.
    """
    mine = f"SELECT * FROM {'applied' if stored else 'fresh'} WHERE how = 'counter'"
    with_it = f"SELECT *, {day} AS known_at, 1 AS weight FROM ({mine})"
    if stored:
        reach = f"SELECT {_SERIES}, min(start) - {NEAR} AS low, max(start) + {NEAR} AS high FROM ({mine}) GROUP BY ALL"
        database.execute(
            f"CREATE TABLE beside AS SELECT h.* EXCLUDE (known_at, entry) FROM held h JOIN ({reach}) USING ({_SERIES}) "
            f"WHERE how = 'counter' AND start BETWEEN low AND high AND known_at <= {day} "
            f"QUALIFY {KEY} = max({KEY}) OVER (PARTITION BY {ITEM})"
        )
        with_it += (
            f" UNION ALL BY NAME SELECT *, {day} AS known_at, 1 AS weight FROM beside ANTI JOIN ({mine}) "
            f"USING ({ITEM}) UNION ALL BY NAME SELECT *, {day} AS known_at, -1 AS weight FROM beside"
        )
    database.execute(f"COPY ({with_it}) TO {quoted([path])[1:-1]} (FORMAT parquet, COMPRESSION zstd)")
