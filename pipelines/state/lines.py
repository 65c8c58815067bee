"""Keep a file of JSON lines that is only appended to; a line that a kill cut short is passed over."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

Line = Mapping[str, Any]
_TORN: Final = object()  # what a line holds that is not whole


def append_lines(path: Path, *lines: Mapping[str, Any]) -> None:
    """Append lines, and wait until they are on the disk.

    Parameters
    ----------
    path
        The file; it is made.
    lines
        What each line holds, as JSON takes it.
    """
    with path.open("a+b") as file:
        file.seek(max(file.seek(0, os.SEEK_END) - 1, 0))
        torn = file.read(1) not in {b"", b"\n"}
        file.write(b"\n" * torn + b"".join(json.dumps(line).encode() + b"\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())


def whole_lines(path: Path) -> Iterator[Any]:
    """Yield what the lines of a file hold, oldest first; lines that are not whole are passed over.

    Parameters
    ----------
    path
        The file; none is as an empty one.

    Yields
    ------
    Any
        The next whole line.
    """
    for _, line in _read(path):
        if line is not _TORN:
            yield line


def lines_that_go(path: Path, goes: Callable[[Line], bool]) -> tuple[int, int]:
    """Return how many lines of a file go, and how much that gives back; nothing is changed.

    Parameters
    ----------
    path
        The file; none is as an empty one.
    goes
        Whether a line goes; those that are not whole stay.

    Returns
    -------
    tuple of int
        Lines, and their size [bytes].
    """
    gone = [len(raw) + 1 for raw, leaves in _judged(path, goes) if leaves]
    return len(gone), sum(gone)


def keep_lines(path: Path, goes: Callable[[Line], bool]) -> None:
    """Write a file anew without the lines that go, in one step; the caller keeps others from appending to it.

    Parameters
    ----------
    path
        The file.
    goes
        As in :func:`lines_that_go`.
    """
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("wb") as file:
        file.write(b"".join(raw + b"\n" for raw, leaves in _judged(path, goes) if not leaves))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _judged(path: Path, goes: Callable[[Line], bool]) -> Iterator[tuple[bytes, bool]]:
    for raw, line in _read(path):
        yield raw, isinstance(line, dict) and goes(line)


def _read(path: Path) -> Iterator[tuple[bytes, Any]]:
    """Yield every line of a file without its end, and what it holds, if it is whole."""
    raws = path.read_bytes().split(b"\n") if path.exists() else []
    for raw in raws[:-1] if raws and not raws[-1] else raws:
        try:
            yield raw, json.loads(raw)
        except (ValueError, RecursionError):
            yield raw, _TORN
