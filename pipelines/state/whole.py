"""Write a small file of state whole: a reader sees the one before or this one, even if the machine goes down."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def write_whole(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON object in one step.

    Parameters
    ----------
    path
        File to write; the folder is there.
    content
        The object.
    """
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def read_whole(path: Path) -> dict[str, Any]:
    """Read a JSON object that :func:`write_whole` wrote.

    Parameters
    ----------
    path
        File to read.

    Returns
    -------
    dict
        Empty where the file is not there, or is damaged.
    """
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
