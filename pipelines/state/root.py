"""Locate the folder of all state, and define the error of a store that cannot be used."""

from __future__ import annotations

from pathlib import Path


class StoreError(ValueError):
    """A store that cannot be opened or used; nothing in it was changed."""


def default_root() -> Path:
    """Return the folder of all state: ``mlruns`` below the working directory.

    Returns
    -------
    Path
        Absolute path.
    """
    return Path.cwd() / "mlruns"
