"""Locate the folder of all state, and define the error of a store that cannot be used."""

from __future__ import annotations

from contextvars import ContextVar
from pathlib import Path
from typing import Final

CHOSEN: Final[ContextVar[Path | None]] = ContextVar("CHOSEN", default=None)  # folder that the call under way names


class StoreError(ValueError):
    """A store that cannot be opened or used; nothing in it was changed."""


def default_root() -> Path:
    """Return the folder of all state: the one that the call names, or ``mlruns`` below the working directory.

    Returns
    -------
    Path
        Absolute path.
    """
    return CHOSEN.get() or Path.cwd() / "mlruns"
