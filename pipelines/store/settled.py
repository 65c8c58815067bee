"""Read a store once more where a compaction took the files from under a reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import duckdb

from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.state.secrets import said_of

UNREAD: Final = (StoreError, duckdb.Error, OSError)  # how a reader fails where files are gone
_TRIES: Final = 3
_Result = TypeVar("_Result")


class Logged(Protocol):
    """A store as far as it is read here."""

    @property
    def folder(self) -> Path:
        """Folder of the store."""

    def entries(self) -> list[Any]:
        """Return the entries of its log."""


def settled(
    store: Logged, read: Callable[[], _Result], *, whole: Callable[[_Result], bool] = lambda _: True
) -> _Result:
    """Return what a reader finds while nobody writes to the store, or at least what it finds at last.

    Parameters
    ----------
    store
        The store.
    read
        The reader; it is called again where it fails, or finds no whole store, and the log has changed meanwhile.
    whole
        Whether what it found is of a sound store.

    Returns
    -------
    object
        What it found.

    Raises
    ------
    StoreError
        If it fails and the log stayed as it was, or fails over and over; in one line.
    """
    for left in reversed(range(_TRIES)):
        seen = store.entries()
        try:
            found = read()
        except UNREAD as error:
            if not left or store.entries() == seen:
                cause = said_of(error)
                raise StoreError(f"{store.folder}: {cause}") if isinstance(error, duckdb.Error) else error from None
        else:
            if whole(found) or not left or store.entries() == seen:
                return found
    raise AssertionError  # the last time round returns or raises


def settled_parts(store: Logged, read: Callable[[], Iterator[_Result]]) -> Iterator[_Result]:
    """Return the parts that a reader yields, once more from the first where a compaction came before it.

    Parameters
    ----------
    store
        The store.
    read
        The reader, which has read all of the store once it yields a part, as that of :func:`engine.stream.stream`.

    Returns
    -------
    iterator
        Its parts.

    Raises
    ------
    StoreError
        As :func:`settled` does.
    """
    return settled(store, lambda: _begun(read()))


def _begun(parts: Iterator[_Result]) -> Iterator[_Result]:
    return chain([*islice(parts, 1)], parts)
