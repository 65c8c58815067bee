"""Find the views of a load that tell of one item, and keep the one that is furthest on, whatever file it stands in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb

from shiftcast.pipelines.engine.connection import one
from shiftcast.pipelines.sources.normal import OVER
from shiftcast.pipelines.sources.table import UnreadableFileError
from shiftcast.pipelines.store.items import CONTENT, ITEM, lengths_of, quoted

_STEP: Final = 11400714819323198485  # the golden ratio of 2**64; moves equal rows of a file to identities of their own
_OTHER: Final = (
    "'the same stands in ' || first_value(file) OVER item || ' at line ' || first_value(line) OVER item || "
    "' with other figures; one of the two is wrong, remove it'"
)


def view_filled(database: duckdb.DuckDBPyConnection, last: str) -> None:
    """Make the view ``filled``: parts with the ends of what still runs, and how far each row is.

    What is over is as far as it says itself, and what an export tells in whole as the last day of its file: of two
    exports of a growing month the one that goes on further stands. What runs or waits is as far as the moment it was
    last seen. Equal rows of a file that have no identity are told apart by order: the first keeps the identity of its
    cells, so that the same rows in a later file are the same items.

    Parameters
    ----------
    database
        Connection with the view ``parts`` of a spool.
    last
        Moment up to which open spans run, as SQL.
    """
    end = f"CASE WHEN how = 'span' THEN coalesce(\"end\", {last}) END"
    database.execute(
        "CREATE TABLE reach AS SELECT file, epoch_us(date_trunc('day', max(born))) / 1e6 AS last FROM parts "
        "WHERE scope <> 0 GROUP BY file"
    )
    bills = one(database, "SELECT 1 FROM reach LIMIT 1") is not None
    parts = "(SELECT * FROM parts LEFT JOIN reach USING (file))" if bills else "(SELECT *, NULL AS last FROM parts)"
    reach = (
        f"coalesce(extent, CASE WHEN scope <> 0 THEN coalesce(last, 0) WHEN progress = {OVER} THEN 0 "
        f"ELSE epoch_us(coalesce({end}, start)) / 1e6 END)"
    )
    named = one(database, "SELECT coalesce(bool_and(named), true) FROM parts")
    place = "dense_rank() OVER (PARTITION BY named, source, file, id ORDER BY line) - 1"
    moved = f"((id::HUGEINT + ({place})::HUGEINT * {_STEP}) % 18446744073709551616)::UBIGINT"
    numbered = "" if named else f", CASE WHEN named THEN id ELSE {moved} END AS id"
    database.execute(
        f'CREATE VIEW filled AS SELECT * EXCLUDE (last) REPLACE ({end} AS "end", {reach} AS extent{numbered}) '
        f"FROM {parts}"
    )


def refuse_other_lengths(database: duckdb.DuckDBPyConnection) -> None:
    """Refuse a load in which two files tell of one day of a bill by charges of other lengths: it would count twice.

    Parameters
    ----------
    database
        Connection with the view ``filled``.

    Raises
    ------
    UnreadableFileError
        Naming two of the files.
    """
    database.execute(f"CREATE TABLE lengths AS {lengths_of('filled', 'file')}")
    found = database.execute(
        "SELECT a.place, a.lengths, b.place, b.lengths FROM lengths a JOIN lengths b USING (source, scope) "
        "WHERE a.place < b.place AND NOT list_has_any(a.lengths, b.lengths) ORDER BY ALL LIMIT 1"
    ).fetchone()
    if found is not None:
        raise UnreadableFileError(
            f"{found[0]}: charges are of {found[1][0]} hours, where {found[2]} tells of the same account, service and "
            f"day by charges of {found[3][0]} hours, and both would count; load bills of one granularity"
        )


def write_standing(database: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Write the parts of rows that stand, without what only the checks of a load need.

    Parameters
    ----------
    database
        Connection with the view ``filled`` and the table ``dropped``.
    path
        Parquet file to write.
    """
    some = one(database, "SELECT 1 FROM dropped LIMIT 1")
    standing = "filled ANTI JOIN dropped USING (file, line)" if some else "filled"
    database.execute(
        f"COPY (SELECT * EXCLUDE (file, line, stem, track, clue) FROM {standing}) "
        f"TO {quoted([path])[1:-1]} (FORMAT parquet, COMPRESSION zstd)"
    )


def drop_views(database: duckdb.DuckDBPyConnection, same_bytes: Sequence[str] = ()) -> None:
    """Put the rows that another row of the load stands for into the table ``dropped``.

    A row has a reason there if it contradicts the one that stands; a repeated or an earlier view has none.

    Parameters
    ----------
    database
        Connection with the view ``filled``: parts with the extent of each row.
    same_bytes
        Files whose bytes another file of the load has.
    """
    database.execute(
        'CREATE TABLE dropped (file VARCHAR, line BIGINT, "column" VARCHAR, value VARCHAR, reason VARCHAR)'
    )
    if same_bytes:
        database.execute("INSERT INTO dropped SELECT DISTINCT file, line, '', '', '' FROM filled WHERE file IN "
                         "(SELECT unnest(?::VARCHAR[]))", [list(same_bytes)])  # fmt: skip
    leads = "filled ANTI JOIN dropped USING (file, line) WHERE lead"
    database.execute(f"CREATE TABLE twins AS SELECT {ITEM} FROM {leads} GROUP BY ALL HAVING count(*) > 1")
    database.execute(
        f"CREATE TABLE contents AS SELECT file, line, {CONTENT} AS content FROM filled "
        f"SEMI JOIN twins USING ({ITEM}) GROUP BY file, line"
    )
    stands = "first_value({}) OVER item"
    database.execute(
        f"INSERT INTO dropped SELECT file, line, 'identity', clue, CASE WHEN content = {stands.format('content')} OR "
        f"progress < {OVER} OR extent <> {stands.format('extent')} THEN '' ELSE {_OTHER} END "
        f"FROM filled JOIN contents USING (file, line) ANTI JOIN dropped USING (file, line) WHERE lead "
        f'WINDOW item AS (PARTITION BY {ITEM} ORDER BY progress DESC, extent DESC, "end" DESC NULLS LAST, '
        "start DESC, content, file, line) QUALIFY row_number() OVER item > 1"
    )
    database.execute(
        "INSERT INTO dropped SELECT file, line, '', '', '' FROM filled ANTI JOIN dropped USING (file, line) "
        "SEMI JOIN (SELECT source, id FROM filled WHERE lead AND attempt <> 0) USING (source, id) "
        "WHERE lead AND attempt = 0"
    )


def alike_elsewhere(database: duckdb.DuckDBPyConnection) -> int:
    """Return how many rows without identity another file of the load has too, under a name that says something else.

    They count each: two parts of a fleet can be alike. Where they are one series, ``--cluster`` says so.

    Parameters
    ----------
    database
        Connection with the view ``parts`` of a spool.

    Returns
    -------
    int
        Number of rows.
    """
    cells = "source, xor(id, stem) AS cells"
    return int(one(
        database, f"SELECT coalesce(sum(rows), 0) FROM (SELECT {cells}, count(*) AS rows FROM parts WHERE lead AND NOT "
        "named GROUP BY ALL HAVING count(DISTINCT stem) > 1)",
    ))  # fmt: skip
