"""Check all rows of a load through DuckDB: duplicates, gaps, clock jumps, counter resets, totals, unlabelled rows.

The connection holds the views ``spans`` and ``points`` of a spool; moments leave it as microseconds or as text.
"""

from __future__ import annotations

from typing import Any, Final

import duckdb
import pandas as pd

from shiftcast.features.labels import TAXONOMY, UNLABELLED

SHOWN: Final = 20
_GAP: Final = 1.5  # of the usual step: from there on a reading is missing
_SEEN: Final = (
    'SELECT source, line, track, "at" AS t FROM points WHERE track IS NOT NULL UNION '
    "SELECT source, line, track, start FROM spans WHERE track IS NOT NULL"
)


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


def drop_rows(database: duckdb.DuckDBPyConnection, last: pd.Timestamp | None) -> pd.DataFrame:
    """Find rows whose identity an earlier row has, and open spans that start after ``last``.

    Their places stay in the table ``dropped``.

    Parameters
    ----------
    database
        Connection with the views of a spool.
    last
        Moment up to which open spans run.

    Returns
    -------
    DataFrame
        ``source, line, column, value, reason``.
    """
    database.execute(
        "CREATE TABLE dropped AS WITH rows AS (SELECT DISTINCT source, line, identity FROM "
        "(SELECT source, line, identity FROM spans UNION ALL SELECT source, line, identity FROM points) "
        "WHERE identity IS NOT NULL), "
        "firsts AS (SELECT identity, min((source, line)) AS kept FROM rows GROUP BY identity HAVING count(*) > 1) "
        "SELECT source, line, 'identity' AS \"column\", identity AS value, 'the same stands in ' || kept[1] || "
        "' at line ' || kept[2] || '; remove one of the two' AS reason "
        "FROM rows JOIN firsts USING (identity) WHERE (source, line) <> kept"
    )
    database.execute(
        "INSERT INTO dropped SELECT DISTINCT source, line, 'end', '', 'has no end and starts after --until' "
        f'FROM spans ANTI JOIN dropped USING (source, line) WHERE "end" IS NULL AND start > {stamp(last)}'
    )
    return database.execute("SELECT * FROM dropped ORDER BY source, line").df()


def findings(database: duckdb.DuckDBPyConnection, last: pd.Timestamp | None) -> dict[str, Any]:
    """Return the findings of the checks: window, open spans, gaps, clock jumps, resets, totals, unlabelled rows.

    Totals are amount times hours of spans, and sums of points that add up; readings and counters have none.

    Parameters
    ----------
    database
        Connection with the views of a spool and the table of :func:`drop_rows`.
    last
        Moment up to which open spans run.

    Returns
    -------
    dict
        Plain values by name: ``first, last, open_spans, gaps, clock_jumps, counter_resets, totals, unlabelled``.
    """
    database.execute(f"CREATE VIEW sizes AS {_sizes(last)}")
    first = _moment(database, "min")
    return {
        "first": None if first is None else first.isoformat(),
        "last": None if last is None else last.isoformat(),
        "open_spans": _one(database, 'SELECT count(*) FROM spans WHERE "end" IS NULL'),
        "gaps": _gaps(database),
        "clock_jumps": _clock_jumps(database),
        "counter_resets": _resets(database),
        "totals": _totals(database),
        "unlabelled": _unlabelled(database),
    }


def _one(database: duckdb.DuckDBPyConnection, query: str) -> Any:
    row = database.execute(query).fetchone()
    return None if row is None else row[0]


def _moment(database: duckdb.DuckDBPyConnection, which: str) -> pd.Timestamp | None:
    of_span = "start" if which == "min" else 'coalesce("end", start)'
    found = _one(database, f"SELECT epoch_us({which}(m)) FROM (SELECT {which}({of_span}) AS m FROM spans UNION ALL "
                 f'SELECT {which}("at") FROM points)')  # fmt: skip
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
        f"ORDER BY epoch_us(next) - epoch_us(t) DESC, track, t LIMIT {SHOWN}"
    )
    found = database.execute(query).df()
    count = 0 if found.empty else int(found["count"].iloc[0])
    return {"count": count, "longest": _records(found.drop(columns="count"))}


def _clock_jumps(database: duckdb.DuckDBPyConnection) -> int:
    """Count readings of a series that are earlier than the one of the line before."""
    query = (
        "SELECT count(*) FROM (SELECT t, lag(t) OVER (PARTITION BY source, track ORDER BY line) AS before "
        f"FROM ({_SEEN})) WHERE t < before"
    )
    return int(_one(database, query))


def _resets(database: duckdb.DuckDBPyConnection) -> int:
    query = (
        'SELECT count(*) FROM (SELECT value, lag(value) OVER (PARTITION BY source, series, measure ORDER BY "at") '
        "AS before FROM points WHERE how = 'counter') WHERE value < before"
    )
    return int(_one(database, query))


def _sizes(last: pd.Timestamp | None) -> str:
    shared = f"{', '.join(TAXONOMY)}, clue, measure, unit, status, source, line"
    hours = f'(epoch_us(coalesce("end", {stamp(last)})) - epoch_us(start)) / 3.6e9'
    return (
        f"SELECT {shared}, amount * {hours} AS size FROM spans ANTI JOIN dropped USING (source, line) UNION ALL "
        f"SELECT {shared}, CASE how WHEN 'sum' THEN value END FROM points ANTI JOIN dropped USING (source, line)"
    )


def _totals(database: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    query = (
        "SELECT measure, unit, status, count(*) AS rows, sum(size) AS total FROM sizes "
        "GROUP BY ALL ORDER BY measure, unit, status"
    )
    return _records(database.execute(query).df())


def _unlabelled(database: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Count rows that lack a label of the taxonomy, and list what they are called, the largest first."""
    counted = {
        name: _one(database, f"SELECT count(DISTINCT (source, line)) FROM sizes WHERE {name} = '{UNLABELLED}'")
        for name in TAXONOMY
    }
    missing = " OR ".join(f"{name} = '{UNLABELLED}'" for name in TAXONOMY)
    largest = database.execute(
        f"SELECT clue, measure, unit, count(*) AS rows, sum(size) AS total FROM sizes WHERE {missing} "
        f"GROUP BY clue, measure, unit "
        f"QUALIFY row_number() OVER (PARTITION BY measure ORDER BY total DESC NULLS LAST, clue) <= {SHOWN} "
        "ORDER BY measure, total DESC NULLS LAST, clue"
    ).df()
    rows = _one(database, f"SELECT count(DISTINCT (source, line)) FROM sizes WHERE {missing}")
    return {"rows": rows, "by_dimension": counted, "largest": _records(largest)}


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in table.to_dict("records")
    ]
