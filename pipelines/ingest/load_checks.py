"""Check all rows of a load through DuckDB: gaps, clock jumps, counter resets, totals, unlabelled rows.

The connection holds the view ``filled`` of a spool, its parts with the ends of what still runs, and ``dropped``, the
rows that do not count; moments leave it as microseconds or as text.
"""

from __future__ import annotations

from typing import Any, Final

import duckdb
import pandas as pd

from shiftcast.features.labels import TAXONOMY, UNLABELLED
from shiftcast.pipelines.engine.connection import one

_GAPS: Final = 20  # listed, the longest
_CLUES: Final = 1000  # names of unlabelled rows of a measure listed, the largest
_SOURCES: Final = "SELECT DISTINCT source FROM parts ORDER BY source"
_SIZES: Final = (
    f"SELECT {', '.join(TAXONOMY)}, clue, measure, unit, status, file, line, CASE how "
    "WHEN 'span' THEN amount * (epoch_us(\"end\") - epoch_us(start)) / 3.6e9 WHEN 'sum' THEN amount END AS size "
    "FROM filled ANTI JOIN dropped USING (file, line)"
)
_GAP: Final = 1.5  # of the usual step: from there on a reading is missing
_OPEN: Final = "how = 'span' AND \"end\" IS NULL"
_SEEN: Final = "SELECT DISTINCT file, line, track, start AS t FROM parts WHERE track IS NOT NULL"


def last_moment(database: duckdb.DuckDBPyConnection) -> pd.Timestamp | None:
    """Return the last moment of a load.

    Parameters
    ----------
    database
        Connection with the views of a spool.

    Returns
    -------
    Timestamp or None
        Moment in UTC; ``None`` where the load holds no row.
    """
    return _moment(database, "max")


def stamp(moment: pd.Timestamp | None) -> str:
    """Return a moment as SQL.

    Parameters
    ----------
    moment
        Moment with a zone, or none.

    Returns
    -------
    str
        A literal of type ``TIMESTAMPTZ``.

    Examples
    --------
    >>> stamp(pd.Timestamp("2026-03-16", tz="UTC"))
    "TIMESTAMPTZ '2026-03-16T00:00:00+00:00'"
    """
    return "NULL::TIMESTAMPTZ" if moment is None else f"TIMESTAMPTZ '{moment.isoformat()}'"


def drop_late(database: duckdb.DuckDBPyConnection, last: pd.Timestamp | None) -> None:
    """Put the rows that have no end and start after ``last`` into the table ``dropped``.

    Parameters
    ----------
    database
        Connection with the views of a spool.
    last
        Moment up to which open spans run.
    """
    database.execute(
        "INSERT INTO dropped SELECT DISTINCT file, line, 'end', '', 'has no end and starts after --until' "
        f"FROM parts ANTI JOIN dropped USING (file, line) WHERE {_OPEN} AND start > {stamp(last)}"
    )


def findings(database: duckdb.DuckDBPyConnection, last: pd.Timestamp | None) -> dict[str, Any]:
    """Return the findings of the checks: window, open spans, gaps, clock jumps, resets, totals, unlabelled rows.

    Totals are amount times hours of spans, and sums of points that add up; readings and counters have none.

    Parameters
    ----------
    database
        Connection with the views of a spool and the rows that are dropped.
    last
        Moment up to which open spans run.

    Returns
    -------
    dict
        Plain values by name: ``first, last, open_spans, gaps, clock_jumps, counter_resets, sources, totals,
        unlabelled``.
    """
    database.execute(f"CREATE VIEW sizes AS {_SIZES}")
    first = _moment(database, "min")
    return {
        "first": None if first is None else first.isoformat(),
        "last": None if last is None else last.isoformat(),
        "open_spans": one(
            database,
            f"SELECT count(DISTINCT (file, line)) FROM parts ANTI JOIN dropped USING (file, line) WHERE {_OPEN}",
        ),
        "gaps": _gaps(database),
        "clock_jumps": _clock_jumps(database),
        "counter_resets": _resets(database),
        "sources": [str(name) for (name,) in database.execute(_SOURCES).fetchall()],
        "totals": _totals(database),
        "unlabelled": _unlabelled(database),
    }


def _moment(database: duckdb.DuckDBPyConnection, which: str) -> pd.Timestamp | None:
    of_part = "min(start)" if which == "min" else 'max(coalesce("end", start))'
    found = one(database, f"SELECT epoch_us({of_part}) FROM parts")
    return None if found is None else pd.Timestamp(found, unit="us", tz="UTC")


def _gaps(database: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Find missing stretches of regular series."""
    query = (
        f"WITH steps AS (SELECT track, t, lead(t) OVER (PARTITION BY track ORDER BY t) AS next FROM "
        f"(SELECT DISTINCT track, t FROM ({_SEEN}))), "
        "usual AS (SELECT track, median(epoch_us(next) - epoch_us(t)) AS step FROM steps GROUP BY track) "
        'SELECT track, (t + to_microseconds(step::BIGINT))::VARCHAR AS "from", next::VARCHAR AS "to", '
        "count(*) OVER () AS count "
        f"FROM steps JOIN usual USING (track) WHERE epoch_us(next) - epoch_us(t) > step * {_GAP} "
        f"ORDER BY epoch_us(next) - epoch_us(t) DESC, track, t LIMIT {_GAPS}"
    )
    found = database.execute(query).df()
    count = 0 if found.empty else int(found["count"].iloc[0])
    return {"count": count, "longest": _records(found.drop(columns="count"))}


def _clock_jumps(database: duckdb.DuckDBPyConnection) -> int:
    """Count readings of a series that are earlier than the one of the line before."""
    query = (
        "SELECT count(*) FROM (SELECT t, lag(t) OVER (PARTITION BY file, track ORDER BY line) AS before "
        f"FROM ({_SEEN})) WHERE t < before"
    )
    return int(one(database, query))


def _resets(database: duckdb.DuckDBPyConnection) -> int:
    query = (
        "SELECT count(*) FROM (SELECT amount, lag(amount) OVER (PARTITION BY source, series, measure ORDER BY start) "
        "AS before FROM parts WHERE how = 'counter') WHERE amount < before"
    )
    return int(one(database, query))


def _totals(database: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    query = (
        "SELECT measure, unit, status, count(*) AS rows, sum(size) AS total FROM sizes "
        "GROUP BY ALL ORDER BY measure, unit, status"
    )
    return _records(database.execute(query).df())


def _unlabelled(database: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Count rows that lack a label of the taxonomy, and list what they are called, the largest first."""
    counted = {
        name: one(database, f"SELECT count(DISTINCT (file, line)) FROM sizes WHERE {name} = '{UNLABELLED}'")
        for name in TAXONOMY
    }
    missing = " OR ".join(f"{name} = '{UNLABELLED}'" for name in TAXONOMY)
    largest = database.execute(
        f"SELECT clue, measure, unit, count(*) AS rows, sum(size) AS total FROM sizes WHERE {missing} "
        f"GROUP BY clue, measure, unit "
        f"QUALIFY row_number() OVER (PARTITION BY measure ORDER BY total DESC NULLS LAST, clue) <= {_CLUES} "
        "ORDER BY measure, total DESC NULLS LAST, clue"
    ).df()
    rows = one(database, f"SELECT count(DISTINCT (file, line)) FROM sizes WHERE {missing}")
    return {"rows": rows, "by_dimension": counted, "largest": _records(largest)}


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in table.to_dict("records")
    ]
