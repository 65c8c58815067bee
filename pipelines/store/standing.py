"""Decide which views of items stand: which of a load are new, which replace an earlier one, which tell nothing new.

Of the views of an item known on a day the one that is furthest on stands (waiting, running, over); of two that run, the
one seen last; of two that are over, the later known; of two known on one day, the one that says it is further, else the
later loaded.
"""

from __future__ import annotations

from typing import Final

import duckdb

from shiftcast.pipelines.engine.items import GONE
from shiftcast.pipelines.store.items import CONTENT, ITEM

KEY: Final = (
    "row(progress, CASE WHEN progress = 2 THEN 0 ELSE extent END, known_at, "
    "CASE WHEN progress = 2 THEN extent ELSE 0 END, entry)"
)
LAST: Final = 9_000_000_000  # number of the commit under way, after all others
_SOME: Final = {"again": "SELECT 1 FROM again LIMIT 1", "scope": "SELECT 1 FROM leads WHERE scope <> 0 LIMIT 1"}
_VIEW: Final = f"{ITEM}, progress, extent, scope, born"


def find_stored(database: duckdb.DuckDBPyConnection, *, restates: bool) -> None:
    """Make the tables of the stored parts that a load touches, ``met``, and of the views that stood, from their day on.

    What is told apart by source later is looked for by identity alone here: a join of numbers, which may be large.

    Parameters
    ----------
    database
        Connection with the views ``fresh``, ``held`` and ``stored`` (the same without commits), and the table
        ``again`` of commits of the same bytes.
    restates
        Whether all items of the sources of the load are touched.
    """
    database.execute(f"CREATE VIEW leads AS SELECT {_VIEW} FROM fresh WHERE lead;")
    some = {name: database.execute(query).fetchone() is not None for name, query in _SOME.items()}
    near = ["stored SEMI JOIN leads USING (id) WHERE lead"]
    near += ["held SEMI JOIN again USING (entry) WHERE lead"] * some["again"]
    near += ["stored SEMI JOIN leads USING (source, scope) WHERE lead AND scope <> 0"] * some["scope"]
    near += ["stored SEMI JOIN leads USING (source) WHERE lead"] * restates
    database.execute(f"CREATE TABLE near AS {' UNION '.join(f'SELECT id, born FROM {each}' for each in near)}")
    database.execute(
        f"CREATE TABLE met AS SELECT * FROM (FROM held {_born_near(database)}) SEMI JOIN near USING (id);"
        f"CREATE TABLE views AS SELECT {_VIEW}, measure, how = '{GONE}' AS gone, known_at, entry, {KEY} AS key "
        f"FROM met WHERE lead;"
        f"CREATE TABLE wins AS SELECT * EXCLUDE (top), lag(entry) OVER item AS earlier FROM (SELECT *, max(key) OVER "
        f"(PARTITION BY {ITEM} ORDER BY known_at RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS top FROM views) "
        f"WHERE key = top WINDOW item AS (PARTITION BY {ITEM} ORDER BY known_at)"
    )


def _born_near(database: duckdb.DuckDBPyConnection) -> str:
    """Return the condition that parts were born when those of ``near`` were, so that other files are not read."""
    ends = "SELECT count(born) = count(*) AND count(*) > 0, epoch_us(min(born)), epoch_us(max(born)) FROM near"
    whole, first, last = database.execute(ends).fetchall()[0]
    return f"WHERE born BETWEEN make_timestamptz({first}) AND make_timestamptz({last})" if whole else ""


def judge(database: duckdb.DuckDBPyConnection, day: str, *, restates: bool) -> None:
    """Make the table ``judged``, of the arrivals that meet a stored item, and ``idle``, the rows that change nothing.

    An arrival is a view of the load, or withdraws an item that the load should have and has not. ``before`` is the
    commit of the view that stood on its day, ``until`` the first later day on which another stands.

    Parameters
    ----------
    database
        Connection with the tables of :func:`find_stored`.
    day
        Day the load is known, as SQL.
    restates
        Whether items of its sources that it does not have are withdrawn.
    """
    _find_lost(database, day, restates=restates)
    stamp = f"{day} AS known_at, {LAST} AS entry"
    content = f"SELECT {ITEM}, {CONTENT} AS content FROM"
    database.execute(
        f"CREATE TABLE arrivals AS SELECT *, {KEY} AS key FROM (SELECT {_VIEW}, false AS gone, {stamp} FROM leads "
        f"SEMI JOIN wins USING ({ITEM}) UNION ALL SELECT {_VIEW}, true, {stamp} FROM lost);"
        f"CREATE TABLE same AS SELECT {ITEM}, true AS same FROM ({content} fresh SEMI JOIN standing USING ({ITEM}) "
        f"GROUP BY {ITEM}) SEMI JOIN ({content} met SEMI JOIN standing USING ({ITEM}, entry) GROUP BY {ITEM}) "
        f"USING ({ITEM}, content);"
        f"CREATE TABLE ends AS SELECT a.source, a.id, a.attempt, min(w.known_at) AS until FROM arrivals a JOIN wins w "
        f"USING ({ITEM}) WHERE w.known_at > {day} AND w.key > a.key GROUP BY ALL;"
        f"CREATE TABLE judged AS SELECT a.*, s.entry AS before, e.until, coalesce(s.key > a.key, false) OR "
        f"NOT a.gone AND coalesce(same, false) AS idle FROM arrivals a LEFT JOIN standing s USING ({ITEM}) "
        f"LEFT JOIN ends e USING ({ITEM}) LEFT JOIN same USING ({ITEM});"
        f"CREATE TABLE idle AS SELECT {ITEM} FROM judged WHERE idle AND NOT gone UNION SELECT {ITEM} FROM leads "
        "SEMI JOIN (SELECT source, id FROM views WHERE attempt <> 0) USING (source, id) WHERE attempt = 0;"
        f"CREATE VIEW applied AS SELECT * FROM fresh ANTI JOIN idle USING ({ITEM})"
    )


def _find_lost(database: duckdb.DuckDBPyConnection, day: str, *, restates: bool) -> None:
    """Make the tables ``standing``, of the views that stood on the day, and ``lost``, of those that the load withdraws.

    Lost are items that a load of the same bytes gave and this one does not, jobs that waited and have begun, lines of
    the days of a bill that it repeats other lines of (as far as it reaches: an export that goes on further stands),
    and, if it restates its sources, all else of theirs.
    """
    missing = f"FROM standing ANTI JOIN leads USING ({ITEM})"
    measures, sources = (f"(SELECT DISTINCT {name} FROM fresh WHERE lead)" for name in ("measure", "source"))
    begun = "(SELECT source, id FROM leads WHERE attempt <> 0)"
    rest = f" UNION SELECT {_VIEW} {missing} SEMI JOIN {sources} USING (source) WHERE NOT gone" if restates else ""
    database.execute(
        f"CREATE TABLE standing AS SELECT * FROM wins WHERE known_at <= {day} "
        f"QUALIFY key = max(key) OVER (PARTITION BY {ITEM});"
        f"CREATE TABLE lost AS SELECT {_VIEW} {missing} SEMI JOIN again USING (entry) SEMI JOIN {measures} "
        f"USING (measure) WHERE NOT gone UNION SELECT {_VIEW} FROM standing SEMI JOIN {begun} USING (source, id) "
        f"WHERE attempt = 0 AND NOT gone{rest};"
        f"CREATE TABLE scopes AS SELECT source, scope, max(l.extent) AS reach FROM standing s JOIN leads l USING "
        f"({ITEM}, scope) WHERE NOT gone AND scope <> 0 GROUP BY ALL;"
        f"INSERT INTO lost SELECT {ITEM}, progress, reach, scope, born FROM standing JOIN scopes USING (source, scope) "
        f"ANTI JOIN leads USING ({ITEM}) ANTI JOIN lost USING ({ITEM}) WHERE NOT gone"
    )
