"""Files of another version of shiftcast, whole and not to be read: told as what they are, and nobody's first model."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.state.secrets import said_of


@contextlib.contextmanager
def as_another_wrote_it(folder: Path, anew: str) -> Iterator[None]:
    """Tell what cannot be read of files that are as registered: another version wrote them, in a way of its own.

    Parameters
    ----------
    folder
        Folder of the bundle.
    anew
        Command that registers one anew.

    Yields
    ------
    None
        While they are read.

    Raises
    ------
    StoreError
        With the remedy.
    """
    try:
        yield
    except (StoreError, MemoryError):
        raise
    except (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError) as error:
        raise StoreError(
            f"{folder}: its files are as registered and cannot be read ({type(error).__name__}: {said_of(error)}); "
            f"if another version of shiftcast made it, open it with that one, or register anew with `{anew}`"
        ) from None
