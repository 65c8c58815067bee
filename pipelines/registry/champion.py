"""Open a registered forecast in a notebook or a script."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from shiftcast.forecast.answers import Forecaster
from shiftcast.pipelines.registry.answers import unchanged
from shiftcast.pipelines.registry.bundle import BUNDLE, Bundle, read_bundle
from shiftcast.pipelines.registry.mlflow_store import CHAMPION, MANIFEST_TAG, Store, alias_version, open_store
from shiftcast.pipelines.registry.model_files import private_copy
from shiftcast.pipelines.state.root import StoreError, default_root
from shiftcast.pipelines.state.secrets import said_of


def open_forecaster(alias: str = CHAMPION, *, root: Path | str | None = None) -> Forecaster:
    """Open the forecast an alias points at, after checking its files against the registered digest.

    It does not wait for a run that is under way, and writes nothing. No code of the stored model is run.

    Parameters
    ----------
    alias
        Such as ``champion``.
    root
        Folder of the store; ``mlruns`` below the working directory if not given.

    Returns
    -------
    Forecaster
        The forecast.

    Raises
    ------
    StoreError
        If there is no store or no such alias.
    AlteredBundleError
        If a file differs from its manifest.
    ChangedAnswerError
        If another version of shiftcast or of its libraries made it and the present ones would answer otherwise.
    """
    return open_bundle(alias, root=Path(root) if root else None).forecaster


def open_bundle(alias: str = CHAMPION, *, root: Path | None = None) -> Bundle:
    """Open everything behind a registered forecast; see :func:`open_forecaster`.

    Parameters
    ----------
    alias
        Such as ``champion``.
    root
        Folder of the store; ``mlruns`` below the working directory if not given.

    Returns
    -------
    Bundle
        Cube, tables and summary.

    Raises
    ------
    StoreError
        If there is no store or no such alias.
    """
    store = open_store(root or default_root(), make=False)
    version = alias_version(store, alias)
    if version is None:
        raise StoreError(f"{store.root}: no model has the alias {alias!r}; run `shiftcast run` first")
    return unchanged(read_version(store, version))


def read_version(store: Store, version: Any) -> Bundle:
    """Read one version's bundle after checking all its files against what was registered with it.

    Parameters
    ----------
    store
        The MLflow store.
    version
        MLflow's model version.

    Returns
    -------
    Bundle
        The forecast.

    Raises
    ------
    StoreError
        If its files cannot be had.
    AlteredBundleError
        If one of them, code included, differs from its manifest.
    """
    with checked_files(store, version) as folder:
        bundle = read_bundle(folder / "artifacts" / BUNDLE, digest=version.tags.get(MANIFEST_TAG))
        return replace(bundle, version=str(version.version))


@contextlib.contextmanager
def checked_files(store: Store, version: Any) -> Iterator[Path]:
    """Hold a private copy of a version's files, all as they were registered.

    Parameters
    ----------
    store
        The MLflow store.
    version
        MLflow's model version.

    Yields
    ------
    Path
        Folder of the copy, removed afterwards.

    Raises
    ------
    StoreError
        If its files cannot be had.
    AlteredBundleError
        If one of them, code included, differs from its manifest.
    """
    from mlflow.exceptions import MlflowException  # noqa: PLC0415  (importing MLflow takes seconds)

    store.use()
    with contextlib.ExitStack() as held:
        try:
            folder = held.enter_context(private_copy(version))
        except (MlflowException, OSError) as error:
            raise StoreError(
                f"model version {version.version}: its files cannot be read ({said_of(error)}); "
                "if the store was moved, move it back or run `shiftcast run` to register anew"
            ) from None
        yield folder
