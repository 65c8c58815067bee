"""Opening a registered forecast in a notebook or a script."""

from __future__ import annotations

from pathlib import Path

from forecast.answers import Forecaster
from pipelines.bundle import Bundle, read_bundle
from pipelines.registry import (
    CHAMPION,
    MANIFEST_TAG,
    Store,
    StoreError,
    alias_version,
    bundle_folder,
    default_root,
    open_store,
)


def open_forecaster(alias: str = CHAMPION, *, root: Path | None = None) -> Forecaster:
    """Open the forecast an alias points at, after checking its files against the registered digest.

    It does not wait for a run that is under way, and writes nothing. No code of the stored model is run.

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
    store = open_store(root or default_root(), make=False)
    version = alias_version(store, alias)
    if version is None:
        raise StoreError(f"{store.root}: no model has the alias {alias!r}; run `shiftcast run` first")
    return read_version(store, version)


def read_version(store: Store, version: object) -> Bundle:
    """Read one version's bundle after checking it against the digest registered with it."""
    tags = getattr(version, "tags", {})
    return read_bundle(bundle_folder(store, version), digest=tags.get(MANIFEST_TAG))
