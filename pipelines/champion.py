"""Opening a registered forecast in a notebook or a script."""

from __future__ import annotations

from pathlib import Path

from forecast.answers import Forecaster
from pipelines.bundle import Bundle, read_bundle
from pipelines.registry import (
    CHAMPION,
    MANIFEST_TAG,
    MODEL,
    Store,
    StoreError,
    bundle_folder,
    default_root,
    locked,
    open_store,
)


def open_forecaster(alias: str = CHAMPION, *, root: Path | None = None) -> Forecaster:
    """Open the forecast an alias points at, after checking its files against the registered digest.

    No code of the stored model is run.

    Parameters
    ----------
    alias
        Such as ``champion``.
    root
        Folder of the store; ``mlruns`` below the working directory if not given.

    Raises
    ------
    StoreError
        If there is no store or no such alias.
    AlteredBundleError
        If a file differs from its manifest.
    """
    return open_bundle(alias, root=root).forecaster


def open_bundle(alias: str = CHAMPION, *, root: Path | None = None) -> Bundle:
    """Open everything behind a registered forecast; see :func:`open_forecaster`."""
    folder = root or default_root()
    if not folder.is_dir():
        raise StoreError(f"{folder}: no store here; run `shiftcast run` first or give its folder")
    with locked(folder):
        store = open_store(folder)
    return read_version(store, _version(store, alias))


def read_version(store: Store, version: object) -> Bundle:
    """Read one version's bundle after checking it against the digest registered with it."""
    tags = getattr(version, "tags", {})
    return read_bundle(bundle_folder(store, version), digest=tags.get(MANIFEST_TAG))


def _version(store: Store, alias: str) -> object:
    from mlflow.exceptions import MlflowException  # noqa: PLC0415

    try:
        return store.client.get_model_version_by_alias(MODEL, alias)
    except MlflowException:
        raise StoreError(f"{store.root}: no model has the alias {alias!r}; run `shiftcast run` first") from None
