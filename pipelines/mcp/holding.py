"""The forecast that an alias points at, held open and opened anew when the alias moves."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from shiftcast.forecast.answers import Forecaster
from shiftcast.pipelines.registry.answers import unchanged
from shiftcast.pipelines.registry.champion import read_version
from shiftcast.pipelines.registry.mlflow_store import (
    ORIGIN_TAG,
    REASON_TAG,
    Store,
    alias_version,
    all_versions,
    open_store,
)
from shiftcast.pipelines.state.root import StoreError


class Held:
    """A store's version behind an alias; several threads may ask.

    Parameters
    ----------
    root
        Folder of the store.
    alias
        Such as ``champion``.
    """

    def __init__(self, root: Path, alias: str) -> None:
        self._root, self._alias = root, alias
        self._lock, self._number = threading.Lock(), ""
        self._opened: Store | None = None
        self._forecaster: Forecaster | None = None

    def forecaster(self) -> Forecaster:
        """Return the forecast, read and checked again only where the alias has moved.

        Returns
        -------
        Forecaster
            The forecast.

        Raises
        ------
        StoreError
            If no version has the alias.
        AlteredBundleError
            If a file differs from its manifest.
        """
        with self._lock:
            version = alias_version(self._store, self._alias)
            if version is None:
                raise StoreError(
                    f"{self._store.root}: no model has the alias {self._alias!r}; run `shiftcast run` first"
                )
            if self._forecaster is None or self._number != str(version.version):
                self._forecaster = unchanged(read_version(self._store, version)).forecaster
                self._number = str(version.version)
            return self._forecaster

    @property
    def _store(self) -> Store:
        """The store, opened when it is first asked: fleets are answered without one."""
        if self._opened is None:
            self._opened = open_store(self._root, make=False)
        return self._opened

    def versions(self) -> list[dict[str, Any]]:
        """Return the registered versions, newest first.

        Returns
        -------
        list of dict
            ``version, as_of, reason, answers``; the last says whether it is the one that answers here.

        Raises
        ------
        StoreError
            If there is no store.
        """
        with self._lock:
            chosen = alias_version(self._store, self._alias)
            found = sorted(all_versions(self._store), key=lambda each: -int(each.version))
        return [
            {"version": str(each.version), "as_of": each.tags.get(ORIGIN_TAG), "reason": each.tags.get(REASON_TAG),
             "answers": chosen is not None and each.version == chosen.version}
            for each in found
        ]  # fmt: skip
