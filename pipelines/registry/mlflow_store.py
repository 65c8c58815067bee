"""MLflow store: opened once under a lock, one experiment, one registered model, the alias moved last.

The default store is ``mlruns/mlflow.db`` with artifacts in ``mlruns/artifacts``, both below the working directory;
``MLFLOW_TRACKING_URI`` points elsewhere. A fresh database is made in a temporary file and renamed, because MLflow
migrates a new one without a lock and two processes would ruin it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from shiftcast.pipelines.registry.bundle import BUNDLE
from shiftcast.pipelines.registry.quiet import quietly
from shiftcast.pipelines.registry.shared_store import (
    first_opening,
    is_server,
    made_experiment,
    moved_alias,
)
from shiftcast.pipelines.state.root import StoreError, check_place
from shiftcast.pipelines.state.secrets import said_of, without_secrets

MODEL: Final = "shiftcast"
CHAMPION: Final = "champion"
CHALLENGER: Final = "challenger"
DIGEST_TAG: Final = "shiftcast.digest"
MANIFEST_TAG: Final = "shiftcast.manifest"
REASON_TAG: Final = "shiftcast.reason"
ORIGIN_TAG: Final = "shiftcast.origin"
VERSION_TAG: Final = "shiftcast.version"  # of the code that made it
PROCESS_TAG: Final = "shiftcast.process"
FORMER_TAG: Final = "shiftcast.former"  # the champion before this one
STATE_TAG: Final = "shiftcast.state"
COMPLETE: Final = "complete"
_ABSENT: Final = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")  # what MLflow says of no model, no alias


@dataclass(frozen=True)
class Store:
    """An open MLflow store.

    Attributes
    ----------
    root
        Folder of all state.
    tracking_uri
        Where runs and models are tracked.
    experiment_id
        The experiment that runs are logged to.
    model
        The registered model whose versions are meant: the world's, or that of a fleet.
    """

    root: Path
    tracking_uri: str
    experiment_id: str
    model: str = MODEL

    @property
    def client(self) -> Any:
        """An MLflow client on this store."""
        from mlflow import MlflowClient  # noqa: PLC0415  (importing MLflow takes seconds)

        return MlflowClient(self.tracking_uri, self.tracking_uri)

    def use(self) -> None:
        """Let MLflow's own functions in this process work on this store."""
        _point_mlflow_at(self.tracking_uri, remember=bool(os.environ.get("MLFLOW_TRACKING_URI")))


@quietly()
def open_store(root: Path, *, make: bool = True, model: str = MODEL) -> Store:
    """Open the store.

    Parameters
    ----------
    root, make
        Folder of the store; whether to make a fresh one where there is none, then under the lock. Reading needs none.
    model
        The registered model whose versions are meant.

    Raises
    ------
    StoreError
        If there is none to read, or the database is not one that this MLflow can use.
    """
    import mlflow  # noqa: PLC0415  (importing MLflow takes seconds)
    from alembic.util.exc import CommandError  # noqa: PLC0415  (importing MLflow takes seconds)
    from mlflow.exceptions import MlflowException  # noqa: PLC0415  (importing MLflow takes seconds)
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415  (importing MLflow takes seconds)

    root = root.resolve()
    check_place(root)
    elsewhere = os.environ.get("MLFLOW_TRACKING_URI")
    uri = elsewhere or f"sqlite:///{root / 'mlflow.db'}"
    location = None if is_server(uri) else (root / "artifacts").as_uri()
    if not elsewhere:
        _check_database(root, make=make)
    try:
        _point_mlflow_at(uri, remember=bool(elsewhere))
        with first_opening(uri):
            experiment = mlflow.get_experiment_by_name(MODEL)
        if not experiment and not make:
            raise _no_store(root)
        found = experiment.experiment_id if experiment else made_experiment(MODEL, location)
    except (MlflowException, SQLAlchemyError, CommandError, OSError) as error:
        reason = without_secrets(f"{uri}: cannot be used ({said_of(error)})")
        raise StoreError(f"{reason}; nothing was changed; `shiftcast doctor` says what to do") from None
    if experiment and not elsewhere and experiment.artifact_location != location:
        raise StoreError(
            f"{root}: the store was made with its files in {experiment.artifact_location}, and MLflow keeps that "
            "address; move it back there, or run `shiftcast doctor --relocate` to give it the new one"
        )
    return Store(root, uri, str(found), model)


def _point_mlflow_at(uri: str, *, remember: bool) -> None:
    """Set MLflow's addresses for this process; it writes them to the environment, where only the user's belong."""
    import mlflow  # noqa: PLC0415  (importing MLflow takes seconds)

    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    if not remember:
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
            os.environ.pop(name, None)


def _no_store(root: Path) -> StoreError:
    return StoreError(f"{root}: no store here; run `shiftcast run` first or give its folder")


def _check_database(root: Path, *, make: bool) -> None:
    database = root / "mlflow.db"
    if not database.exists():
        if not make:
            raise _no_store(root)
        _make_database(database)
    with database.open("rb") as file:
        start = file.read(15)
    if start != b"SQLite format 3":
        raise StoreError(f"{database}: is not a SQLite database; move it away and run again, nothing was changed")


def _make_database(database: Path) -> None:
    """Migrate a database in a temporary file and rename it, so that a kill leaves none rather than half of one."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore  # noqa: PLC0415  (importing MLflow takes seconds)

    root = database.parent
    for leftover in root.glob("mlflow.making.*"):  # of a process that died; the lock keeps others out
        leftover.unlink()
    making = root / f"mlflow.making.{os.getpid()}.db"
    store = SqlAlchemyStore(f"sqlite:///{making}", (root / "artifacts").as_uri())  # type: ignore[no-untyped-call]
    store.engine.dispose()
    making.rename(database)


def find_version(store: Store, digest: str) -> Any | None:
    """Return the newest complete model version made from the same data, code and settings, or ``None``.

    Parameters
    ----------
    store, digest
        The store, and SHA-256 of what the forecast depends on.
    """
    found = [
        version for version in all_versions(store)
        if version.tags.get(DIGEST_TAG) == digest and version.tags.get(STATE_TAG) == COMPLETE
    ]  # fmt: skip
    return max(found, key=lambda version: int(version.version), default=None)


def all_versions(store: Store) -> list[Any]:
    """Return every version of the model, complete or not, in no order."""
    named = f"name='{store.model}'"
    return list(paged(partial(store.client.search_model_versions, named, max_results=1000)))


def paged(search: Callable[..., Any]) -> Iterator[Any]:
    """Yield what a search of MLflow finds, asking for its pages one after another.

    Parameters
    ----------
    search
        Function of MLflow's client that takes ``page_token``, with what is searched for.

    Yields
    ------
    object
        The next found.
    """
    token = None
    while True:
        page = search(page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def model_names(store: Store) -> list[str]:
    """Return the names of all registered models of the store, in alphabetical order."""
    found = paged(partial(store.client.search_registered_models, max_results=1000))
    return sorted(each.name for each in found)


def champion_version(store: Store) -> Any | None:
    """Return the version the alias ``champion`` points at, or ``None``."""
    return alias_version(store, CHAMPION)


def alias_version(store: Store, alias: str) -> Any | None:
    """Return the version an alias points at, or ``None`` where the store says there is no such alias.

    Parameters
    ----------
    store, alias
        The store, and an alias such as ``champion``.

    Raises
    ------
    StoreError
        If the store could not be asked.
    """
    from mlflow.exceptions import MlflowException  # noqa: PLC0415  (importing MLflow takes seconds)

    try:
        return store.client.get_model_version_by_alias(store.model, alias)
    except MlflowException as error:
        if error.error_code in _ABSENT:
            return None
        reason = without_secrets(f"{store.tracking_uri}: cannot be asked ({said_of(error)})")
        raise StoreError(f"{reason}; try again") from None


@quietly()
def bundle_folder(store: Store, version: Any) -> Path:
    """Return the local folder of a version's bundle.

    Parameters
    ----------
    store, version
        The store, and MLflow's model version.

    Raises
    ------
    StoreError
        If its files are not where the store says.
    """
    import mlflow  # noqa: PLC0415  (importing MLflow takes seconds)
    from mlflow.exceptions import MlflowException  # noqa: PLC0415  (importing MLflow takes seconds)

    store.use()
    try:
        local = Path(mlflow.artifacts.download_artifacts(artifact_uri=f"models:/{store.model}/{version.version}"))
    except (MlflowException, OSError) as error:
        raise StoreError(
            f"model version {version.version}: its files cannot be read ({said_of(error)}); "
            "if the store was moved, move it back or run `shiftcast run` to register anew"
        ) from None
    return local / "artifacts" / BUNDLE


def promote(store: Store, version: Any, *, alias: str, reason: str, former: Any | None = None) -> None:
    """Move an alias to a version, then write down why; a version without a reason still has to be decided on.

    A new champion first carries the number of the ``former`` one, so that there is always a way back.

    Parameters
    ----------
    store, version, alias, reason, former
        The store, MLflow's model version, the alias and why it moves, and the version it leaves.
    """
    if alias == CHAMPION and former is not None and former.version != version.version:
        store.client.set_model_version_tag(store.model, version.version, FORMER_TAG, str(former.version))
    moved_alias(store.client, store.model, alias, version.version)
    store.client.set_model_version_tag(store.model, version.version, REASON_TAG, reason)
