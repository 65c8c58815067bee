"""Database of a store: its schema compared with that of the MLflow in use, its addresses with its folder."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path
from typing import Final

from shiftcast.pipelines.registry.mlflow_store import MODEL
from shiftcast.pipelines.state.root import StoreError

DATABASE: Final = "mlflow.db"
BACKUP: Final = "mlflow.db.before-relocate"
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
        with contextlib.closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            (found,) = connection.execute("select version_num from alembic_version").fetchone()
    except (sqlite3.Error, TypeError) as error:
        return f"it cannot be read as an MLflow database ({error}); restore a copy or move it away"
    if found == head:
        return ""
    if found in {revision.revision for revision in script.walk_revisions()}:
        return f"its schema {found} is older than MLflow {__version__}'s; copy it, then run `mlflow db upgrade sqlite:///{database.absolute()}`"
    return f"its schema {found} is newer than MLflow {__version__} knows; install the MLflow that made it"


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
    shutil.copy2(root / DATABASE, root / BACKUP)
    changed = 0
    with contextlib.closing(sqlite3.connect(root / DATABASE)) as connection, connection:
        for table, column in _ADDRESSES:
            changed += connection.execute(
                f"update {table} set {column} = ? || substr({column}, ?) "  # noqa: S608  (names of ours)
                f"where {column} = ? or substr({column}, 1, ?) = ?",
                (new, len(old) + 1, old, len(old) + 1, f"{old}/"),
            ).rowcount
    return changed
