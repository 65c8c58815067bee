"""Tell which kinds of file a table may be by the names of its columns or JSON fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.sieve import column_key
from shiftcast.pipelines.sources.table import read_table

_DEPTH: Final = 6
_BRANCHES: Final = 3  # of an object or list that are looked into for names


@dataclass(frozen=True)
class Signature:
    """Columns that tell a kind of file.

    Attributes
    ----------
    source
        Name of the source.
    must, more
        Groups of names, one of each group: those that have to be there, and those that often are.
    starts
        Pattern of the first line, for text that has no columns.
    """

    source: str
    must: tuple[tuple[str, ...], ...]
    more: tuple[tuple[str, ...], ...]
    starts: str


@dataclass(frozen=True)
class Match:
    """A source that may read a file.

    Attributes
    ----------
    source
        Name of the source.
    columns
        Columns that speak for it, as the file writes them.
    """

    source: str
    columns: tuple[str, ...]


@cache
def signatures() -> tuple[Signature, ...]:
    """Return the signatures of all sources.

    Returns
    -------
    tuple of Signature
        In the order of ``source_signatures.csv``.
    """
    rows = read_table(RECORDS / "source_signatures.csv").to_dict("records")
    return tuple(Signature(row["reads"], _groups(row["must"]), _groups(row["any"]), row["starts"]) for row in rows)


def _groups(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(group.split("|")) for group in text.split(";") if group)


def rank_sources(names: Iterable[str], first_line: str = "") -> list[Match]:
    """Return the sources that may read a file, the likeliest first.

    Parameters
    ----------
    names
        Names of its columns or fields.
    first_line
        Start of its first line.

    Returns
    -------
    list of Match
        Sources all of whose needed columns are there, most columns first; none twice.

    Examples
    --------
    >>> [each.source for each in rank_sources(["TIMESTAMP", "ContextTokens", "GeneratedTokens"])]
    ['azure-llm']
    """
    known = {column_key(name): name for name in names}
    found: dict[str, Match] = {}
    for each in signatures():
        must = [_hit(group, known) for group in each.must]
        told = bool(each.starts) and re.fullmatch(each.starts, first_line) is not None
        if (must and all(must)) or told:
            columns = tuple(filter(None, [*must, *(_hit(group, known) for group in each.more)]))
            if each.source not in found or len(columns) > len(found[each.source].columns):
                found[each.source] = Match(each.source, columns or (first_line[:40],))
    return sorted(found.values(), key=lambda match: -len(match.columns))


def _hit(group: Sequence[str], known: Mapping[str, str]) -> str:
    return next((known[column_key(name)] for name in group if column_key(name) in known), "")


def field_names(value: object, depth: int = 0) -> set[str]:
    """Return names of fields anywhere in a JSON value, of the first few of each list and object.

    Parameters
    ----------
    value
        JSON value.
    depth
        Objects and lists it lies in.

    Returns
    -------
    set of str
        Names.

    Examples
    --------
    >>> sorted(field_names({"data": [{"start": 5}]}))
    ['data', 'start']
    """
    if depth == _DEPTH:
        return set()
    if isinstance(value, Mapping):
        inner = [field_names(each, depth + 1) for each in list(value.values())[:_BRANCHES]]
        return set(map(str, value)).union(*inner)
    if isinstance(value, list):
        return set().union(*(field_names(each, depth + 1) for each in value[:_BRANCHES]))
    return set()
