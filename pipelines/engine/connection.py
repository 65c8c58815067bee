"""Open DuckDB connections that print nothing: a progress bar would go to standard output, where JSON may stand."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import duckdb
import ibis


def duckdb_connection(**settings: Any) -> Any:
    """Return an Ibis connection to a DuckDB in memory.

    Parameters
    ----------
    **settings
        Settings of DuckDB, such as ``memory_limit="1GB"``.

    Returns
    -------
    ibis.BaseBackend
        A connection of its own.

    Examples
    --------
    >>> duckdb_connection().raw_sql("SELECT current_setting('enable_progress_bar')").fetchone()
    (False,)
    """
    backend = ibis.duckdb.connect(**settings)
    silence(backend.raw_sql)
    return backend


def silence(execute: Callable[[str], Any]) -> None:
    """Switch the progress bar off on the connection that a function executes on.

    Parameters
    ----------
    execute
        Runs a statement on the connection.
    """
    with suppress(duckdb.InvalidInputException):  # a notebook without ipywidgets has no bar to switch off
        execute("SET enable_progress_bar = false")


def one(database: duckdb.DuckDBPyConnection, query: str) -> Any:
    """Return the first value of a query.

    Parameters
    ----------
    database
        Connection to ask.
    query
        Query of one row.

    Returns
    -------
    object
        Its first column; ``None`` where there is no row.
    """
    row = database.execute(query).fetchone()
    return None if row is None else row[0]
