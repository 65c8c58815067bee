"""Values that the shell completes for fields of questions, read from the record without loading a model."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

_ALL: Final = "all"
_RECORDS: Final = Path(__file__).parents[1] / "records"
_COLUMNS: Final[Mapping[str, tuple[str, str]]] = {
    "workload": ("workloads.csv", "workload"), "of": ("workloads.csv", "workload"),
    "technique": ("workloads.csv", "technique"), "generation": ("hardware.csv", "accelerator"),
    "claim": ("claims.csv", "claim"), "against": ("claims.csv", "claim"), "firm": ("memberships.csv", "firm"),
    "definition": ("memberships.csv", "definition"),
}  # fmt: skip
_SOFT: Final = ("workload", "of", "technique")  # fields that may also be ``all``


def completing(field: str) -> Callable[[str], list[str]] | None:
    """Return what completes a field's value, for typer.

    Parameters
    ----------
    field
        Field of a question.

    Returns
    -------
    callable
        Takes the letters typed so far and returns the values that begin with them; None where none are known.
    """

    def complete(incomplete: str) -> list[str]:
        return [name for name in names_of_field(field) if name.startswith(incomplete)]

    return complete if field in {*_COLUMNS, *_NAMED} else None


def names_of_field(field: str) -> list[str]:
    """Return the values of a field that are known beforehand.

    Parameters
    ----------
    field
        Field of a question.

    Returns
    -------
    list of str
        None where any text may stand.

    Examples
    --------
    >>> names_of_field("segment")
    ['all', 'hyperscale', 'rest', 'vendor_internal']
    """
    if field in _NAMED:
        return list(_NAMED[field]())
    if field not in _COLUMNS:
        return []
    name, column = _COLUMNS[field]
    with (_RECORDS / name).open(encoding="utf-8", newline="") as file:
        found = list(dict.fromkeys(row[column] for row in csv.DictReader(file)))
    return [*found, _ALL] if field in _SOFT else found


def _segments() -> Iterable[str]:
    from shiftcast.forecast.leaves import SEGMENT_OF  # noqa: PLC0415  (keeps --help fast)

    return dict.fromkeys([_ALL, *SEGMENT_OF.values(), "vendor_internal"])


def _leaves() -> Iterable[str]:
    from shiftcast.forecast.leaves import SEGMENT_OF  # noqa: PLC0415  (keeps --help fast)

    return [_ALL, *SEGMENT_OF]


def _measures() -> Iterable[str]:
    from shiftcast.forecast.views.part import MEASURES  # noqa: PLC0415  (keeps --help fast)

    return MEASURES


_NAMED: Final[Mapping[str, Callable[[], Iterable[str]]]] = {
    "segment": _segments, "leaf": _leaves, "measure": _measures,
}  # fmt: skip
