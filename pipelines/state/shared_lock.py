"""Hold a lock of a PostgreSQL database, so that runs of several machines on one tracking store come one at a time.

The lock belongs to the session: a process or machine that dies, or loses its connection, holds it no longer.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from shiftcast.pipelines.process import this_process
from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.state.secrets import said_of, without_secrets

TRACKING: Final = "MLFLOW_TRACKING_URI"
LOCK_DATABASE: Final = "SHIFTCAST_LOCK_DATABASE"
_POSTGRESQL: Final = ("postgresql://", "postgresql+")
_KEY: Final = 4_175_392_860_117_253_009  # of the runs of all models: any number that no other program takes
_POLL_SECONDS: Final = 0.5
_LONGEST_NAME: Final = 63  # bytes of an application's name that PostgreSQL keeps
_OURS: Final = "locktype = 'advisory' AND granted AND objsubid = 1 AND (classid::bigint << 32) | objid::bigint = :key"
_DATABASE: Final = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
_MINE: Final = f"SELECT count(*) FROM pg_locks WHERE {_OURS} AND {_DATABASE} AND pid = pg_backend_pid()"  # noqa: S608  (our own words)
_SINCE: Final = "to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
_BOTH: Final = "pg_locks JOIN pg_stat_activity USING (pid)"
_HOLDER: Final = f"SELECT application_name, {_SINCE} FROM {_BOTH} WHERE {_OURS} AND pg_locks.{_DATABASE}"  # noqa: S608  (our own words)
_SESSION: Final = {  # a server that hears nothing of a machine for a minute ends its session, and none that is idle
    "tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3",
    "idle_session_timeout": "0",
}  # fmt: skip
_CLIENT: Final = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 60_000,
                  "connect_timeout": 30}  # fmt: skip


class HeldElsewhereError(Exception):
    """Another session holds the lock; its text names who."""


class SessionLock:
    """The lock as its holder sees it.

    Parameters
    ----------
    connection
        Connection whose session holds it.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def held(self) -> bool:
        """Return whether the session still holds the lock; a session that ended does not, nor one that came after it.

        Returns
        -------
        bool
        """
        from sqlalchemy import text  # noqa: PLC0415  (it takes part of a second)
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415  (it takes part of a second)

        try:
            return bool(self._connection.execute(text(_MINE), {"key": _KEY}).scalar())
        except SQLAlchemyError:
            return False


def lock_address(environment: Mapping[str, str]) -> str | None:
    """Return the address of the database that keeps machines apart.

    Parameters
    ----------
    environment
        Variables of the process.

    Returns
    -------
    str or None
        The one named for it, else the tracking store where that is a PostgreSQL; ``None`` where there is neither.

    Raises
    ------
    StoreError
        If the one named for it is no PostgreSQL: nothing would keep machines apart.

    Examples
    --------
    >>> lock_address({"MLFLOW_TRACKING_URI": "postgresql://db/mlflow"})
    'postgresql://db/mlflow'
    >>> lock_address({"MLFLOW_TRACKING_URI": "http://127.0.0.1:5000"}) is None
    True
    """
    own = environment.get(LOCK_DATABASE, "").strip()
    if own and not own.startswith(_POSTGRESQL):
        said = without_secrets(f"{LOCK_DATABASE}={own}")
        raise StoreError(f"{said}: is no address of a PostgreSQL; begin it with postgresql://, or unset it")
    found = own or environment.get(TRACKING, "")
    return found if found.startswith(_POSTGRESQL) else None


@contextlib.contextmanager
def session_lock(address: str, *, wait: float) -> Iterator[SessionLock]:
    """Hold the lock of a database.

    Parameters
    ----------
    address
        Address of a PostgreSQL.
    wait
        Longest wait for it [s].

    Yields
    ------
    SessionLock
        While it is held.

    Raises
    ------
    HeldElsewhereError
        If another session holds it for that long.
    StoreError
        If the database cannot be used.
    """
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415  (it takes part of a second)

    with contextlib.ExitStack() as opened:
        try:
            connection = opened.enter_context(_session(address))
            _take(connection, wait=wait)
        except (SQLAlchemyError, ImportError) as error:
            reason = without_secrets(f"{address}: cannot be used ({said_of(error)})")
            raise StoreError(f"{reason}, so that runs of other machines cannot be kept out") from None
        yield SessionLock(connection)


@contextlib.contextmanager
def _session(address: str) -> Iterator[Any]:
    """Hold a session of its own that says who it is; it never gives its lock up by being idle."""
    from sqlalchemy import create_engine, make_url, pool, text  # noqa: PLC0415  (it takes part of a second)

    url = make_url(address)
    kept = {name: value for name, value in _CLIENT.items() if name not in url.query}
    engine = create_engine(
        url, poolclass=pool.NullPool, isolation_level="AUTOCOMMIT", pool_reset_on_return=None,
        connect_args=kept if url.get_driver_name().startswith("psycopg") else {},
    )  # fmt: skip
    with engine.connect() as connection:
        named = {**_SESSION, "application_name": f"shiftcast {this_process()}"[:_LONGEST_NAME]}
        for name, value in named.items():
            setting = "SELECT set_config(name, :value, false) FROM pg_settings WHERE name = :name"  # where it is known
            connection.execute(text(setting), {"name": name, "value": value})
        yield connection


def _take(connection: Any, *, wait: float) -> None:
    from sqlalchemy import text  # noqa: PLC0415  (it takes part of a second)

    until = time.monotonic() + wait
    while not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _KEY}).scalar():
        left = until - time.monotonic()
        if left <= 0:
            raise HeldElsewhereError(_holder(connection))
        time.sleep(min(_POLL_SECONDS, left))


def _holder(connection: Any) -> str:
    from sqlalchemy import text  # noqa: PLC0415  (it takes part of a second)

    name, since = connection.execute(text(_HOLDER), {"key": _KEY}).first() or (None, None)
    who = (name or "").removeprefix("shiftcast ")
    return f"another run (process {who}, since {since})" if who and since else "another run"
