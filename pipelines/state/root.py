"""Where all state lives, and the error of a store that cannot be used."""

from __future__ import annotations

from pathlib import Path


class StoreError(ValueError):
    """A store that cannot be opened or used; nothing in it was changed."""


def default_root() -> Path:
    """Return ``mlruns`` below the working directory."""
    return Path.cwd() / "mlruns"
