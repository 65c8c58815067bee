"""Locate the folder of all state, and define the error of a store that cannot be used."""

from __future__ import annotations

from contextvars import ContextVar
from pathlib import Path
from typing import Final

_ADDRESSED: Final = "?%\\"  # and whatever cannot be printed, which is written out on its way to a file
CHOSEN: Final[ContextVar[Path | None]] = ContextVar("CHOSEN", default=None)  # folder that the call under way names


class StoreError(ValueError):
    """A store that cannot be opened or used; nothing in it was changed."""


def check_place(root: Path) -> None:
    """Raise if a folder cannot hold state: what keeps it is given its path as an address.

    Parameters
    ----------
    root
        Folder of state; it need not be there yet.

    Raises
    ------
    StoreError
        Naming the letter that an address reads otherwise.
    """
    found = next((letter for letter in str(root) if letter in _ADDRESSED or not letter.isprintable()), None)
    if found is not None:
        raise StoreError(
            f"{str(root)!r}: holds {found!r}, which an address reads otherwise, and would be kept elsewhere; "
            "rename the folder, or give another --root"
        )


def default_root() -> Path:
    """Return the folder of all state: the one that the call names, or ``mlruns`` below the working directory.

    Returns
    -------
    Path
        Absolute path.

    Raises
    ------
    StoreError
        If the working directory is there no more.
    """
    chosen = CHOSEN.get()
    if chosen is not None:
        return chosen
    try:
        return Path.cwd() / "mlruns"
    except FileNotFoundError:
        raise StoreError("the working directory was removed; go to one that is there, or give --root") from None
