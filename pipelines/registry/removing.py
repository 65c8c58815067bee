"""Remove what a store holds of a version, a model or a run: files before the line that names them, so none is lost."""

from __future__ import annotations

import posixpath
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlparse
from urllib.request import url2pathname

from shiftcast.pipelines.registry.mlflow_store import Store
from shiftcast.pipelines.registry.quiet import quietly

_ACTIVE: Final = "active"
_GONE: Final = "RESOURCE_DOES_NOT_EXIST"


def model_of_version(version: Any) -> str | None:
    """Return the logged model of a version; a search leaves ``model_id`` out, the source always names it.

    Parameters
    ----------
    version
        MLflow's model version.

    Returns
    -------
    str or None
        None where the version was made of something else.
    """
    kind, _, rest = str(version.source).partition(":/")
    name = rest.strip("/")
    return version.model_id or (name if kind == "models" and name and "/" not in name else None)


def address_of(store: Store, version: Any) -> str:
    """Return all that says where the files of a version lie; names of runs and of logged models stand in it.

    Parameters
    ----------
    store, version
        The store, and MLflow's model version, of whatever model.

    Returns
    -------
    str
        Its source, and where this is no logged model the address that it stands for.
    """
    source = str(version.source)
    if model_of_version(version) is not None:
        return source
    return f"{source} {store.client.get_model_version_download_uri(version.name, version.version)}"


@quietly()
def size_of(store: Store, address: str) -> int:
    """Return the size of the files at an address of the store.

    Parameters
    ----------
    store, address
        The store, and the address of a run's or a model's files.

    Returns
    -------
    int
        Bytes; 0 where there are none, or they lie outside the store.
    """
    if not _is_within(store, address):
        return 0
    folder = _folder(address)
    if folder is not None:
        return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir()) if folder.is_dir() else 0
    return _size_below(_repository(store, address), None)


@quietly()
def remove_files(store: Store, address: str) -> None:
    """Remove the files at an address of the store; those outside it stay.

    Parameters
    ----------
    store, address
        The store, and the address of a run's or a model's files.
    """
    if not _is_within(store, address):
        return
    folder = _folder(address)
    if folder is None:
        _repository(store, address).delete_artifacts()
        return
    own = folder.parent if folder.name == "artifacts" else folder  # of a run, whose files lie one folder deeper
    shutil.rmtree(own, ignore_errors=not own.exists())


def remove_version(store: Store, version: Any) -> None:
    """Remove a version with its run, its model and all their files.

    The version goes first, so that nobody reads half of one. What a death then leaves is a model and a run without a
    version, which `shiftcast doctor` finds, and the next removal.

    Parameters
    ----------
    store, version
        The store of its model, and MLflow's model version.
    """
    model, run = model_of_version(version), version.run_id
    store.client.delete_model_version(store.model, version.version)
    logged, of = existing(store.client.get_logged_model, model), existing(store.client.get_run, run)
    if logged is not None:
        remove_model(store, logged)
    if of is not None:
        remove_run(store, of)


def existing(get: Callable[[str], Any], name: str | None) -> Any | None:
    """Return what the registry holds under a name.

    Parameters
    ----------
    get
        Function of MLflow's client that asks for it.
    name
        Of a run or a logged model; ``None`` where there is none.

    Returns
    -------
    object or None
        ``None`` where it was deleted for good, by hand or by ``mlflow gc``.
    """
    from mlflow.exceptions import MlflowException  # noqa: PLC0415  (importing MLflow takes seconds)

    try:
        return get(name) if name else None
    except MlflowException as error:
        if error.error_code != _GONE:
            raise
        return None


def remove_model(store: Store, model: Any) -> None:
    """Remove a logged model, files first.

    Parameters
    ----------
    store, model
        The store, and MLflow's logged model.
    """
    remove_files(store, model.artifact_location)
    store.client.delete_logged_model(model.model_id)


def remove_run(store: Store, run: Any) -> None:
    """Remove a run, files first.

    Parameters
    ----------
    store, run
        The store, and MLflow's run.
    """
    remove_files(store, run.info.artifact_uri)
    if run.info.lifecycle_stage == _ACTIVE:
        store.client.delete_run(run.info.run_id)


def _is_within(store: Store, address: str) -> bool:
    """Return whether an address lies below the files of our experiment, and so is none of another tool's."""
    base = str(store.client.get_experiment(store.experiment_id).artifact_location).rstrip("/")
    return posixpath.normpath(address).startswith(f"{posixpath.normpath(base)}/") and ".." not in address.split("/")


def _folder(address: str) -> Path | None:
    """Return the folder of an address on this machine."""
    found = urlparse(address)
    return Path(url2pathname(found.path)) if found.scheme in {"", "file"} else None


def _repository(store: Store, address: str) -> Any:
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository  # noqa: PLC0415  (importing MLflow takes seconds)

    return get_artifact_repository(address, tracking_uri=store.tracking_uri)


def _size_below(repository: Any, path: str | None) -> int:
    found = repository.list_artifacts(path)
    return sum(_size_below(repository, each.path) if each.is_dir else int(each.file_size or 0) for each in found)
