"""Read a mapping file: which column of a table, or which constant, plays which role; filters, lookup tables, sets.

A row is ``role,column,constant``, with ``scale`` and ``set`` where they are needed. Rows of one set give one measure;
rows without a set belong to every one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pandas as pd

from shiftcast.features.date_texts import SECONDS
from shiftcast.features.frames import DIMENSIONS, POINT_HOW
from shiftcast.features.frames.vocabulary import GRAINS
from shiftcast.pipelines.sources.formats.figures import DECIMALS, DURATIONS
from shiftcast.pipelines.sources.formats.lookups import Filter, Lookup, read_filter, read_lookup
from shiftcast.pipelines.sources.formats.words import STATUSES, label_fault, measure_fault, nearest
from shiftcast.pipelines.sources.table import UnreadableFileError, read_table, read_text

_TIMES: Final = ("start", "end", "last_day", "period", "at", "born")
_REST: Final = ("amount", "total", "value", "measure", "unit", "how", "status", "identity", "attempt", "scope",
         "cluster", "track", "series", "relative", "decimal")  # fmt: skip
ROLES: Final = (*_TIMES, *DURATIONS, *_REST, *DIMENSIONS)
CLUE: Final = "clue."
_SQL: Final = "sql"
_STEPS: Final = ("where", "lookup")
_ENDS: Final = ("end", "last_day", "period", *DURATIONS)
_WORDS: Final[Mapping[str, Sequence[str]]] = {
    "how": POINT_HOW, "status": STATUSES, "decimal": DECIMALS, "period": GRAINS, "relative": tuple(SECONDS),
}  # fmt: skip


@dataclass(frozen=True)
class Roles:
    """Roles of one set of a mapping.

    Attributes
    ----------
    columns
        Column of the file by role; a product of columns for figures.
    constants
        Text for all rows by role.
    scales
        Factor by role.
    filters
        Rows the set is about; all if empty.
    """

    columns: Mapping[str, str]
    constants: Mapping[str, str]
    scales: Mapping[str, float] = field(default_factory=dict)
    filters: tuple[Filter, ...] = ()

    def has(self, *roles: str) -> bool:
        """Return whether one of some roles is given at all.

        Parameters
        ----------
        *roles
            Some of :data:`ROLES`, or ``clue.NAME``.

        Returns
        -------
        bool
            True for a column and for a constant.
        """
        return any(role in self.columns or role in self.constants for role in roles)


@dataclass(frozen=True)
class Described:
    """A mapping.

    Attributes
    ----------
    sets
        Roles of each set, one or more.
    lookups
        Tables that add columns.
    query
        SQL that gives the roles instead; empty for none.
    """

    sets: tuple[Roles, ...] = ()
    lookups: tuple[Lookup, ...] = ()
    query: str = ""


def read_map(path: Path) -> pd.DataFrame:
    """Read a mapping file, with the lookup tables it names and what they hold, or a query.

    Parameters
    ----------
    path
        CSV of ``role, column, constant``, or a file whose name ends in ``.sql``.

    Returns
    -------
    DataFrame
        Rows for :func:`read_mapping`; ``content`` holds the text of a lookup table, found beside the mapping.

    Raises
    ------
    UnreadableFileError
        If one of the files cannot be read.
    """
    if path.suffix.lower() == ".sql":
        return pd.DataFrame([{"role": _SQL, "column": "", "constant": read_text(path), "line": 1}])
    table = read_table(path)
    if "role" not in table or "constant" not in table:
        return table
    named = [str(text).partition(":")[0] if role == "lookup" else "" for role, text in
             zip(table["role"].str.strip(), table["constant"].str.strip(), strict=True)]  # fmt: skip
    return table.assign(content=[read_text(path.parent / name) if name.endswith(".csv") else "" for name in named])


def read_mapping(table: pd.DataFrame | None) -> Described:
    """Read a mapping table.

    Parameters
    ----------
    table
        Rows of ``role, column, constant``, and ``scale, set, line, content`` where there are such.

    Returns
    -------
    Described
        Enough roles in each set for spans or for points.

    Raises
    ------
    UnreadableFileError
        If there is none, or a row of it is no role, or a word is not known, or too few roles are played.

    Examples
    --------
    >>> rows = [("at", "ts", ""), ("value", "n", ""), ("measure", "", "requests")]
    >>> read_mapping(pd.DataFrame(rows, columns=["role", "column", "constant"])).sets[0].columns
    {'at': 'ts', 'value': 'n'}
    """
    if table is None or not {"role", "column"} <= set(table.columns):
        raise UnreadableFileError("the source 'table' needs --map FILE: role,column,constant (docs/ingest/tables.md)")
    rows = [{str(key): str(value or "").strip() for key, value in row.items()} for row in table.to_dict("records")]
    if rows and rows[0]["role"] == _SQL:
        return Described(query=rows[0]["constant"])
    names = list(dict.fromkeys(row["set"] for row in rows if row.get("set"))) or [""]
    sets = tuple(_roles([row for row in rows if row.get("set", "") in {"", name}], name) for name in names)
    return Described(sets, tuple(read_lookup(row) for row in rows if row["role"] == "lookup"))


def checked(roles: Roles, name: str = "") -> Roles:
    """Return roles that suffice for spans or for points.

    Parameters
    ----------
    roles
        Roles of a set.
    name
        Name of the set, for the message.

    Returns
    -------
    Roles
        The same.

    Raises
    ------
    UnreadableFileError
        If they do not suffice, or a constant is not known.
    """
    of = f" of set {name!r}" if name else ""
    spans = roles.has("amount", "total") and roles.has("start") and roles.has(*_ENDS)
    points = roles.has("value") and roles.has("at", "start")
    if roles.has("amount", "total") == roles.has("value") or not (spans or points) or not roles.has("measure"):
        raise UnreadableFileError(
            f"--map{of}: give start, end (or a duration, last_day or period) and amount or total, or else at and "
            "value; and measure with both"
        )
    words = roles.constants
    alone = "measure" in words and "unit" not in roles.columns
    faults = [measure_fault(words["measure"], words.get("unit", "")) if alone else ""]
    faults += [label_fault(each, words[each]) for each in DIMENSIONS if each in words]
    faults += [f"{role} {words[role]!r} is none of {', '.join(known)}" for role, known in _WORDS.items()
               if role in words and words[role] not in known]  # fmt: skip
    for found in filter(None, faults):
        raise UnreadableFileError(f"--map{of}: {found}")
    return roles


def _roles(rows: Sequence[Mapping[str, str]], name: str) -> Roles:
    columns: dict[str, str] = {}
    constants: dict[str, str] = {}
    scales: dict[str, float] = {}
    for row in rows:
        role, column, constant = row["role"], row["column"], row.get("constant", "")
        if role in _STEPS:
            continue
        if not (role in ROLES or role.startswith(CLUE)) or bool(column) == bool(constant):
            raise UnreadableFileError(
                f"--map: line {row.get('line')}: role {role!r}, column {column!r}, constant {constant!r}; nearest "
                f"roles: {nearest(role, {*ROLES, *_STEPS})}; give one of them or clue.NAME, and either a column or a "
                "constant"
            )
        (columns if column else constants)[role] = column or constant
        if row.get("scale"):
            scales[role] = _scale(row)
    filters = tuple(read_filter(row) for row in rows if row["role"] == "where")
    return checked(Roles(columns, constants, scales, filters), name)


def _scale(row: Mapping[str, str]) -> float:
    try:
        return float(row["scale"])
    except ValueError:
        raise UnreadableFileError(f"--map: line {row.get('line')}: scale {row['scale']!r} is not a number") from None
