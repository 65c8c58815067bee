"""Read request logs and usage reports from any of their containers, nested cells unfolded into columns."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np

from shiftcast.pipelines.sources.chunks import Chunk, from_objects, json_lines
from shiftcast.pipelines.sources.documents import documents
from shiftcast.pipelines.sources.formats.rows import rows_of
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.setting import Setting

MORE: Final = "further pages"
_LISTS: Final = ("data", "results", "items", "observations", "logs", "rows")
_NESTED: Final = ("usage", "metadata", "usageDetails", "usage_details", "costDetails", "cost_details", "response",
                  "cache_creation", "input", "output", "amount", "prompt_tokens_details", "metrics")  # fmt: skip
_TELLING: Final = re.compile(
    r"token|status|cache|cost|total|created|attempt|retr|error_(code|class)|usage\.\w+$|usage_?details\.|amount\.|"
    r"metrics\.|model$|\bid$", re.IGNORECASE,
)  # fmt: skip
_PAGE: Final = re.compile(r'\{\s*$|"(?:data|results|items)"\s*:\s*\[')
_DEPTH: Final = 5


def read_records(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    """Read a table of any format, one JSON object a line, an array, or pages of an API's answer.

    Parameters
    ----------
    opened, setting
        File to read, and options of the load.

    Yields
    ------
    Chunk
        Rows with the cells of nested values beside them, ``usage.prompt_tokens`` for one.
    """
    first = opened.first_line()
    if setting.path:
        chunks: Iterator[Chunk] = (_bare(chunk, setting.path) for chunk in rows_of(opened, setting))
    elif first.startswith("[") or (first.startswith("{") and _PAGE.search(first)):
        chunks = from_objects(opened.name, _records(documents(opened)))
    else:
        chunks = json_lines(opened) if first.startswith("{") else rows_of(opened, setting)
    for chunk in chunks:
        yield _unfolded(chunk)


def _bare(chunk: Chunk, path: str) -> Chunk:
    """Return a chunk with what stands beside the way to its rows under the plain names that reports give it."""
    steps = path.split(".")
    above = [".".join(steps[:depth]) + "." for depth in range(len(steps) - 1, 0, -1)]
    have = set(chunk.cells.columns)
    plain = {name: name.removeprefix(each) for each in reversed(above) for name in have if name.startswith(each)}
    return replace(chunk, cells=chunk.cells.rename(columns={old: new for old, new in plain.items() if new not in have}))


def _records(whole: list[object]) -> list[Mapping[str, Any]]:
    """Return the records of all pages; those of the last one say whether further pages are missing."""
    last = whole[-1]
    pages = last.get("meta") if isinstance(last, dict) else None
    missing = isinstance(last, dict) and last.get("has_more") is True
    if isinstance(pages, dict) and {"page", "totalPages"} <= set(pages):
        missing = float(pages["page"] or 0) < float(pages["totalPages"] or 0)
    rows = list(_rows(whole, {}))
    return [{**row, MORE: "true"} for row in rows] if missing else rows


def _rows(value: object, above: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the innermost records, each with the plain values that stand above it, such as its bucket's times."""
    if isinstance(value, list):
        for each in value:
            yield from _rows(each, above)
    elif isinstance(value, dict):
        whole = isinstance(value.get("usage"), dict)  # an answer to a request, whatever else it lists
        inner = [] if whole else [name for name in _LISTS if _holds_records(value.get(name))]
        if not inner:
            yield {**above, **value}
        shared = {key: each for key, each in value.items() if not isinstance(each, dict | list) and key != "has_more"}
        for name in inner:
            yield from _rows(value[name], {**above, **shared})
    else:
        yield {"value": value}


def _holds_records(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def _unfolded(chunk: Chunk) -> Chunk:
    """Return a chunk with a column for each telling value within cells that hold JSON objects."""
    cells = chunk.cells
    more: dict[str, np.ndarray] = {}
    for name in [each for each in cells.columns if each in _NESTED]:
        for place, cell in enumerate(cells[name]):
            for path, value in _leaves(str(name), _object(cell), _DEPTH):
                more.setdefault(path, np.full(len(cells), "", dtype=object))[place] = value
    new = {path: values for path, values in more.items() if path not in cells.columns}
    return replace(chunk, cells=cells.assign(**new)) if new else chunk


def _object(cell: object) -> object:
    if isinstance(cell, dict):
        return cell
    if not isinstance(cell, str) or not cell.startswith("{"):
        return None
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        return None


def _leaves(path: str, value: object, depth: int) -> Iterator[tuple[str, str]]:
    """Yield the plain values of an object that tell of tokens, cost, status or identity, by their dotted path."""
    if not isinstance(value, dict) or depth == 0:
        return
    for key, each in value.items():
        inner = f"{path}.{key}"
        if isinstance(each, dict):
            yield from _leaves(inner, each, depth - 1)
        elif each is not None and not isinstance(each, list) and _TELLING.search(inner):
            yield inner, json.dumps(each) if isinstance(each, bool) else str(each)
