"""Database of a store: its schema compared with that of the MLflow in use, its addresses with its folder."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path
from typing import Final

from shiftcast.pipelines.registry.mlflow_store import MODEL
from shiftcast.pipelines.registry.quiet import quietly
from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.state.secrets import said_of

DATABASE: Final = "mlflow.db"
_COPY: Final = f"{DATABASE}.before-"
BACKUP: Final = f"{_COPY}relocate"
_ADDRESSES: Final = (
    ("experiments", "artifact_location"), ("runs", "artifact_uri"), ("logged_models", "artifact_location"),
    ("model_versions", "source"), ("model_versions", "storage_location"),
)  # fmt: skip


def schema_fault(database: Path) -> str:
    """Return how a database's schema differs from that of the MLflow in use and what to do, or nothing.

    Parameters
    ----------
    database
        File of the database.

    Returns
    -------
    str
        The fault and its remedy; empty if there is none.
    """
    from alembic.script import ScriptDirectory  # noqa: PLC0415  (with MLflow, seconds)
    from mlflow import __version__  # noqa: PLC0415  (importing MLflow takes seconds)
    from mlflow.store.db.utils import _get_alembic_config  # noqa: PLC0415  (importing MLflow takes seconds)

    script = ScriptDirectory.from_config(_get_alembic_config(""))  # type: ignore[no-untyped-call]
    (head,) = script.get_heads()
    try:
        found = _revision(database)
    except (sqlite3.Error, TypeError) as error:
        return f"it cannot be read as an MLflow database ({error}); restore a copy or move it away"
    if found == head:
        return ""
    if found in {revision.revision for revision in script.walk_revisions()}:
        says = "run `shiftcast doctor --migrate`, which keeps a copy"
        return f"its schema {found} is older than MLflow {__version__}'s; {says}"
    return f"its schema {found} is newer than MLflow {__version__} knows; install the MLflow that made it"


@quietly()
def migrate(root: Path) -> Path | None:
    """Bring a database to the schema of the MLflow in use, beside a copy of what it was; call it under the lock.

    A copy is migrated and takes its place whole, so that one that dies leaves the database as it was.

    Parameters
    ----------
    root
        Folder of the store.

    Returns
    -------
    Path or None
        The copy; ``None`` where there is nothing to migrate.

    Raises
    ------
    StoreError
        If the database cannot be read, is newer than the MLflow in use, or cannot be migrated.
    """
    from mlflow.store.db.utils import _upgrade_db  # noqa: PLC0415  (importing MLflow takes seconds)
    from sqlalchemy import create_engine, pool  # noqa: PLC0415  (it takes part of a second)

    database = root.resolve() / DATABASE
    fault = schema_fault(database)
    if not fault:
        return None
    if "is older than" not in fault:
        raise StoreError(f"{database}: {fault}")
    kept, making = root.resolve() / f"{_COPY}{_revision(database)}", root.resolve() / f"mlflow.making.{os.getpid()}.db"
    for copy in (kept, making):
        _copy(database, copy)
    try:
        _upgrade_db(create_engine(f"sqlite:///{making}", poolclass=pool.NullPool))  # type: ignore[no-untyped-call]
    except Exception as error:
        making.unlink(missing_ok=True)
        raise StoreError(f"{database}: cannot be migrated ({said_of(error)}); it is as it was") from error
    making.replace(database)
    return kept


def _revision(database: Path) -> str:
    """Return the revision of a database's schema."""
    with contextlib.closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        (found,) = connection.execute("select version_num from alembic_version").fetchone()
    return str(found)


def _copy(database: Path, copy: Path) -> None:
    """Copy a database as its transactions left it, whole or not at all."""
    fresh = copy.with_name(f"{copy.name}.new")
    fresh.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(database)) as here, contextlib.closing(sqlite3.connect(fresh)) as there:
        here.backup(there)
    fresh.replace(copy)


def copies(root: Path) -> list[Path]:
    """Return the copies of the database that were made before its addresses or its schema changed.

    Parameters
    ----------
    root
        Folder of the store.

    Returns
    -------
    list of Path
        Files beside it, in alphabetical order.
    """
    return sorted(path for path in root.glob(f"{_COPY}*") if path.is_file() and not path.name.endswith(".new"))


def moved_from(root: Path) -> str | None:
    """Return the address the store was made at, if it is not where it is now.

    Parameters
    ----------
    root
        Folder of the store.

    Returns
    -------
    str or None
        Address as a ``file://`` URI.
    """
    database = root.resolve() / DATABASE
    if not database.exists():
        return None
    with contextlib.closing(sqlite3.connect(database)) as connection:
        query = "select artifact_location from experiments where name = ? and artifact_location like 'file://%'"
        row = connection.execute(query, (MODEL,)).fetchone()
    here = (root.resolve() / "artifacts").as_uri()
    return str(row[0]) if row and row[0] != here else None


def relocate(root: Path) -> int:
    """Give every address of a store that was moved its new place; call it under the lock.

    A copy of the database is kept beside it. Files are not touched, so their manifests still hold.

    Parameters
    ----------
    root
        Folder of the store.

    Returns
    -------
    int
        How many addresses were changed.

    Raises
    ------
    StoreError
        If the artifacts did not move along.
    """
    root = root.resolve()
    old, new = moved_from(root), (root / "artifacts").as_uri()
    if old is None:
        return 0
    if not (root / "artifacts").is_dir():
        raise StoreError(f"{root}: has no folder 'artifacts'; move it here from {old} too")
    _copy(root / DATABASE, root / BACKUP)
    changed = 0
    with contextlib.closing(sqlite3.connect(root / DATABASE)) as connection, connection:
        for table, column in _ADDRESSES:
            changed += connection.execute(
                f"update {table} set {column} = ? || substr({column}, ?) "  # noqa: S608  (names of ours)
                f"where {column} = ? or substr({column}, 1, ?) = ?",
                (new, len(old) + 1, old, len(old) + 1, f"{old}/"),
            ).rowcount
    return changed
