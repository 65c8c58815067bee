"""Read any table by a mapping file that gives each column its role, or by a query that gives columns of these names.

``start`` and ``end`` (or a duration, ``last_day`` or ``period``) with ``amount`` or ``total`` make spans, ``at`` with
``value`` makes points.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shiftcast.features.frames import DIMENSIONS
from shiftcast.pipelines.sources.chunks import Chunk
from shiftcast.pipelines.sources.formats.mapping import CLUE, ROLES, Described, Roles, checked, read_mapping
from shiftcast.pipelines.sources.formats.part import Part, check_column
from shiftcast.pipelines.sources.formats.rows import rows_of
from shiftcast.pipelines.sources.formats.sql import query_rows
from shiftcast.pipelines.sources.formats.words import nearest
from shiftcast.pipelines.sources.normal import Normalised, Points, Source, Spans
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.sieve import Sieve
from shiftcast.pipelines.sources.table import UnreadableFileError


def _read(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    described = read_mapping(setting.mapping)
    if described.query:
        yield from query_rows(rows_of(opened, setting), described.query)
        return
    seen: list[str] = []
    for chunk in rows_of(opened, setting, numbered=_numbered(described)):
        late = dict.fromkeys((name for name in seen if name not in chunk.cells), "")
        whole = replace(chunk, cells=chunk.cells.assign(**late))
        seen = seen or list(whole.cells.columns)
        yield _prepared(whole, described, setting)


def _numbered(described: Described) -> bool:
    """Return whether a mapping calls columns c1, c2, ... as those of a file without a header are called."""
    columns = [column for roles in described.sets for column in roles.columns.values()]
    return bool(columns) and all(part.strip()[:1] == "c" and part.strip()[1:].isdigit() for column in columns
                                 for part in column.split("*"))  # fmt: skip


def _prepared(chunk: Chunk, described: Described, setting: Setting) -> Chunk:
    """Return a chunk with the columns of lookup tables, without the rows that no set is about."""
    sieve = Sieve(chunk, setting)
    added: dict[str, list[str]] = {}
    for lookup in described.lookups:
        added |= lookup.found(sieve, setting)
    whole = Sieve(replace(chunk, cells=chunk.cells.assign(**added)), setting)
    kept = np.any([_rows(whole, roles) for roles in described.sets], axis=0)
    return replace(whole.chunk, cells=whole.chunk.cells[kept].reset_index(drop=True), lines=chunk.lines[kept])


def _rows(sieve: Sieve, roles: Roles) -> NDArray[np.bool_]:
    """Return the rows a set is about; refuse columns that are not there."""
    for role, column in roles.columns.items():
        check_column(sieve, role, column)
    kept = np.ones(sieve.rows, dtype=bool)
    for each in roles.filters:
        kept &= each.keeps(sieve)
    return kept


def _table(sieve: Sieve) -> Normalised:
    described = read_mapping(sieve.setting.mapping)
    looked = frozenset(name for lookup in described.lookups for name in lookup.values)
    if described.query:
        _check_names(sieve)
    sets = described.sets or (checked(Roles({str(name): str(name) for name in sieve.chunk.cells}, {})),)
    if described.query:
        _check_names(sieve)
    given = {name: {(each.columns.get(name), each.constants.get(name)) for each in sets} for name in DIMENSIONS}
    shared = [name for name in DIMENSIONS if len(given[name]) == 1]
    parts = [Part(sieve, roles, _rows(sieve, roles), looked) for roles in sets]
    first = parts[0]
    own, unresolved = first.labels(shared)
    made = []
    for part in parts:
        labels, more = part.labels([name for name in DIMENSIONS if name not in shared])
        made.append(replace(part.made(), labels=labels))
        unresolved += more
    clues = {role.removeprefix(CLUE): sieve.text(column) for role, column in first.roles.columns.items()
             if role.startswith(CLUE)}  # fmt: skip
    born = sieve.instant(first.roles.columns["born"], optional=True) if "born" in first.roles.columns else None
    return Normalised(
        tuple(each for each in made if isinstance(each, Spans)),
        tuple(each for each in made if isinstance(each, Points)),
        own, clues, first.optional("identity"), first.optional("track"), unresolved,
        attempt=first.optional("attempt"), born=born, progress=first.progress(), scope=first.optional("scope"),
        cluster=first.optional("cluster"),
    )  # fmt: skip


def _check_names(sieve: Sieve) -> None:
    for name in map(str, sieve.chunk.cells):
        if name not in ROLES and not name.startswith(CLUE):
            raise UnreadableFileError(
                f"--map: the query gives a column {name!r}, which is no role; nearest: {nearest(name, ROLES)}"
            )


TABLE: Final = Source(
    "table", "any table with a mapping file, --map (CSV, JSON, JSON lines, Parquet, workbooks)",
    _read, _table, "as the table", "absolute, UTC unless --zone; relative where the mapping says so",
    "as the mapping says; measures.csv lists the measures and their units",
    "as the mapping says; clue.NAME columns for rules", "what the table does not hold",
)  # fmt: skip
