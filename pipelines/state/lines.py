"""Keep a file of JSON lines that is only appended to; a line that a kill cut short is passed over."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


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
    for line in path.read_bytes().split(b"\n") if path.exists() else ():
        try:
            yield json.loads(line)
        except (ValueError, RecursionError):
            continue
