"""DuckDB connections that print nothing: a progress bar would go to standard output, where JSON may stand."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import duckdb
import ibis


def duckdb_connection(**settings: Any) -> Any:
    """Return an Ibis connection to a DuckDB in memory, with the settings given.

    Examples
    --------
    >>> duckdb_connection().raw_sql("SELECT current_setting('enable_progress_bar')").fetchone()
    (False,)
    """
    backend = ibis.duckdb.connect(**settings)
    silence(backend.raw_sql)
    return backend


def silence(execute: Callable[[str], Any]) -> None:
    """Switch the progress bar off on the connection that a function executes on."""
    with suppress(duckdb.InvalidInputException):  # a notebook without ipywidgets has no bar to switch off
        execute("SET enable_progress_bar = false")
