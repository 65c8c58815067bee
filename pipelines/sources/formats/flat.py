"""Flatten JSON objects to rows, and find the rows of a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from shiftcast.pipelines.sources.table import UnreadableFileError

_DEPTH: Final = 20
_SHOWN: Final = 12
_NAMES: Final = ("columns", "fields", "header", "headers")
_ROWS: Final = ("rows", "data", "values")


def flatten(row: Mapping[str, object], before: str = "", depth: int = 0) -> dict[str, object]:
    """Return an object with the fields of objects within it beside its own, under names such as ``usage.gpus``.

    Parameters
    ----------
    row
        JSON object.
    before
        Put in front of every name.
    depth
        Objects it lies in already; below 20 they are left as they are.

    Returns
    -------
    dict
        Plain values and lists by name.

    Examples
    --------
    >>> flatten({"id": 1, "usage": {"gpus": 8, "tags": ["a"]}})
    {'id': 1, 'usage.gpus': 8, 'usage.tags': ['a']}
    """
    found: dict[str, object] = {}
    for name, value in row.items():
        if isinstance(value, Mapping) and value and depth < _DEPTH:
            found |= flatten(value, f"{before}{name}.", depth + 1)
        else:
            found[before + name] = value
    return found


def rows_at(file: str, document: object, path: str, *, flat: bool = True) -> list[dict[str, object]]:
    """Return the rows of a document, each with the plain fields of what holds it.

    Parameters
    ----------
    file
        Name of the file, for messages.
    document
        JSON value.
    path
        Place of the rows, such as ``data.results``; lists on the way are gone through, and the fields beside the way
        are named as the path is: ``data.start_time``. Found if empty.
    flat
        Whether to flatten the rows.

    Returns
    -------
    list of dict
        Rows in their order.

    Raises
    ------
    UnreadableFileError
        If nothing is there, or several lists could be meant.

    Examples
    --------
    >>> page = {"data": [{"start": 5, "results": [{"tokens": 7}, {"tokens": 8}]}]}
    >>> rows_at("f", page, "data.results")
    [{'data.start': 5, 'tokens': 7}, {'data.start': 5, 'tokens': 8}]
    """
    whole = _unfolded(document)
    place = path or _found(file, whole)
    found = _walk(whole, place.split(".") if place else [], "", {})
    rows = [{**beside, **(flatten(row) if flat else row)} for beside, row in found]
    if not rows:
        have = ", ".join(list(_lists(whole, ""))[:_SHOWN]) or "no list of objects"
        raise UnreadableFileError(f"{file}: nothing at --path {place!r}; the document has {have}")
    return rows


def _unfolded(value: object) -> object:
    """Return a JSON value whose tables of lists are lists of objects: names apart (columns and rows), or first."""
    if isinstance(value, Mapping):
        names: list[object] = next((value[key] for key in _NAMES if isinstance(value.get(key), list)), [])
        key = next((key for key in _ROWS if _is_table(value.get(key), len(names))), "")
        if names and key:
            named = [str(each.get("name", "")) if isinstance(each, Mapping) else str(each) for each in names]
            return {**{name: part for name, part in value.items() if part is not names},
                    key: [dict(zip(named, row, strict=True)) for row in value[key]]}  # fmt: skip
        return {name: _unfolded(part) for name, part in value.items()}
    if isinstance(value, list) and _is_table(value, 0) and all(isinstance(name, str) for name in value[0]):
        return [dict(zip(value[0], row, strict=True)) for row in value[1:]]
    return value


def _is_table(value: object, width: int) -> bool:
    """Return whether a value is a list of equally long lists, as long as ``width`` if that is not 0."""
    return (
        isinstance(value, list) and bool(value) and all(isinstance(row, list) for row in value)
        and {len(row) for row in value} == {width or len(value[0])}
    )  # fmt: skip


def _found(file: str, document: object) -> str:
    """Return the one place of rows in a document; empty for a list, or an object that is a row itself."""
    if not isinstance(document, Mapping):
        return ""
    places = list(_lists(document, ""))
    if len(places) > 1:
        named = ", ".join(places[:_SHOWN])
        raise UnreadableFileError(f"{file}: rows may be at {named}; say which with --path {places[0]}")
    return places[0] if places else ""


def _lists(value: object, path: str) -> Iterator[str]:
    """Yield the paths of the lists of objects in a document, not those within such lists."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _lists(part, f"{path}.{name}" if path else str(name))
    elif (
        isinstance(value, Sequence) and not isinstance(value, str) and any(isinstance(each, Mapping) for each in value)
    ):
        yield path


def _walk(
    value: object, steps: list[str], path: str, beside: dict[str, object]
) -> Iterator[tuple[dict[str, object], Mapping[str, object]]]:
    """Yield rows, the plain fields of what holds each before it."""
    if isinstance(value, list):
        for each in value:
            yield from _walk(each, steps, path, beside)
    elif not steps:
        yield beside, value if isinstance(value, Mapping) else {"value": value}
    elif isinstance(value, Mapping):
        plain = {f"{path}{name}": each for name, each in value.items() if not isinstance(each, list | Mapping)}
        step = next((n for n in range(len(steps), 0, -1) if ".".join(steps[:n]) in value), 0)
        if step:
            name = ".".join(steps[:step])
            yield from _walk(value[name], steps[step:], f"{path}{name}.", {**beside, **plain})
