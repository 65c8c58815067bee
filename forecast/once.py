"""Work out what follows from the same inputs once, for as long as a task that asks for it time and again goes on.

A bridge of two forecasts draws the record ten times, and a piece of news touches few of the fits behind a drawing. A
function marked :func:`once` gives back its own result while :func:`remembering` lasts, if all that it takes holds the
same bytes; elsewhere it is called as usual. It may read nothing but its arguments, and nobody may write to its result.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

import pandas as pd
from pandas.api.extensions import ExtensionArray

Given = ParamSpec("Given")
Result = TypeVar("Result")
_PROTOCOL: Final = 5
_PLAIN: Final = (type(None), bool, int, float, str, bytes, tuple)  # one such object may stand in many places


class _Memory:
    """Results by the digest of what they follow from; of two calls that give one back, the inner one names it."""

    def __init__(self) -> None:
        self._results: dict[bytes, Any] = {}
        self._own: dict[int, bytes] = {}

    def result(self, function: Callable[..., Any], given: tuple[Any, ...], named: Mapping[str, Any]) -> Any:
        """Return the result of a call, from memory where it was made before."""
        key = self._digest((function.__module__, function.__qualname__, given, dict(named)))
        if key not in self._results:
            found = function(*given, **named)
            self._results[key] = found
            if not isinstance(found, _PLAIN):
                self._own.setdefault(id(found), key)  # it stays referred to, so no other object takes its place
        return self._results[key]

    def _digest(self, called: object) -> bytes:
        """Return the digest of a call; results of this memory stand for themselves, whatever is in them."""
        digest = hashlib.blake2b(digest_size=32)
        _Pickler(digest, self._own).dump(called)
        return digest.digest()


class _Written:
    """What a pickler writes to: a digest."""

    def __init__(self, digest: Any) -> None:
        self.write = digest.update


class _Pickler(pickle.Pickler):
    """A pickler that writes equal contents alike, and names results which are known by the digest they are under."""

    def __init__(self, digest: Any, own: Mapping[int, bytes]) -> None:
        super().__init__(_Written(digest), protocol=_PROTOCOL)
        self._own = own
        self._met: dict[int, bytes] = {}  # records of this call that come again are named by their number
        self.fast = True  # or two equal texts would be written otherwise than one that is met twice

    def persistent_id(self, obj: object) -> bytes | None:
        known = self._own.get(id(obj))
        if known is None and hasattr(type(obj), "__dataclass_fields__"):
            known = self._met.get(id(obj))
            self._met.setdefault(id(obj), b"%d" % len(self._met))
        return known

    def reducer_override(self, obj: Any) -> Any:
        parts = _contents(obj)
        return NotImplemented if parts is None else (tuple, (parts,))


def _contents(held: Any) -> list[Any] | None:
    """Return what a table, column or index holds, however it is laid out in memory; nothing of anything else."""
    if isinstance(held, pd.DataFrame):
        return ["frame", held.index, list(held.columns), [held[name].array for name in held.columns]]
    if isinstance(held, pd.Series):
        return ["series", held.name, held.index, held.array]
    if isinstance(held, pd.Index):
        return ["index", list(held.names), getattr(held, "freqstr", None), held.array]
    if isinstance(held, pd.arrays.DatetimeArray):
        return ["days", str(held.dtype), held.asi8]
    if isinstance(held, pd.arrays.NumpyExtensionArray):
        return ["numbers", held.to_numpy()]
    return ["array", str(held.dtype), repr(held.tolist())] if isinstance(held, ExtensionArray) else None


_MEMORY: Final[ContextVar[_Memory | None]] = ContextVar("_MEMORY", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Keep the results of functions marked :func:`once` until the end of the block, in this thread.

    Yields
    ------
    None
        Within another such block, the outer one's memory goes on.
    """
    token = None if _MEMORY.get() else _MEMORY.set(_Memory())
    try:
        yield
    finally:
        if token is not None:
            _MEMORY.reset(token)


def once(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """Mark a pure function whose result is kept while :func:`remembering` lasts.

    Parameters
    ----------
    function
        Reads its arguments alone; they can be pickled.

    Returns
    -------
    callable
        The function, with a memory.

    Examples
    --------
    >>> calls = []
    >>> @once
    ... def doubled(number):
    ...     calls.append(number)
    ...     return 2 * number
    >>> with remembering():
    ...     [doubled(1), doubled(1), doubled(2)], calls
    ([2, 2, 4], [1, 2])
    >>> [doubled(1), doubled(1)], calls
    ([2, 2], [1, 2, 1, 1])
    """

    @wraps(function)
    def found(*given: Given.args, **named: Given.kwargs) -> Result:
        memory = _MEMORY.get()
        return function(*given, **named) if memory is None else memory.result(function, given, named)

    return found
