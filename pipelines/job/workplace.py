"""Working folder of a run: one a key, in which steps that were done before a kill are found again."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import pandas as pd

from shiftcast.pipelines.registry.bundle import AlteredBundleError, Bundle, read_bundle, write_bundle
from shiftcast.pipelines.state.ledger import DONE, Ledger
from shiftcast.pipelines.state.root import StoreError

WORKING: Final = "working"
_KEY_LETTERS: Final = 16


class Workplace:
    """The working folder of one key; those of other keys are removed, since the lock keeps their runs out.

    The folder comes with the first thing put into it, so that a run refused for its data leaves nothing behind.
    """

    def __init__(self, root: Path, ledger: Ledger) -> None:
        self._ledger = ledger
        self._folder = root / WORKING / ledger.key[:_KEY_LETTERS]
        for other in (root / WORKING).glob("*"):
            if other != self._folder:
                shutil.rmtree(other, ignore_errors=True)
        with suppress(OSError):  # it is not there, or holds what a run of this key left
            (root / WORKING).rmdir()

    def bundle(self, step: str, make: Callable[[], Bundle]) -> Bundle:
        """Return the bundle a step leaves, made now unless it is there and as it was left.

        Parameters
        ----------
        step
            Name of the step.
        make
            Makes the bundle.

        Returns
        -------
        Bundle
            As read from the folder.
        """
        left, folder = self._ledger.left(step), self._folder / step
        if left is not None:
            try:
                return read_bundle(folder, digest=left)
            except (AlteredBundleError, StoreError, OSError):
                pass  # it was removed or altered since, or other code made it, and is made again
        with self._ledger.step(step):
            manifest = write_bundle(make(), self.fresh(step))
        self._ledger.write(step, DONE, manifest)
        return read_bundle(folder, digest=manifest)

    def table(self, step: str, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """Return the table a step leaves, made now unless it is there and as it was left.

        Parameters
        ----------
        step
            Name of the step.
        make
            Makes the table.

        Returns
        -------
        DataFrame
            As read from the folder.
        """
        left, path = self._ledger.left(step), self._folder / f"{step}.parquet"
        if left is None or not path.is_file() or _sha256(path) != left:
            with self._ledger.step(step):
                made = make()
                made.to_parquet(self.fresh(path.name), index=False)
            self._ledger.write(step, DONE, _sha256(path))
        return pd.read_parquet(path)

    def fresh(self, name: str) -> Path:
        """Return a path in the folder, which is made if need be, at which nothing is.

        Parameters
        ----------
        name
            Name of the file or folder.

        Returns
        -------
        Path
            Path below the folder.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / name
        shutil.rmtree(path, ignore_errors=True)
        path.unlink(missing_ok=True)
        return path


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
