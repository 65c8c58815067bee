"""Read any CSV, Parquet or JSON-lines table by a short mapping file that gives each column its role.

The mapping is a CSV of ``role,column,constant``: a role is taken from a column of the file, or is one constant for all
rows. ``start`` and ``end`` (or ``duration_s``) with ``amount`` make spans, ``at`` with ``value`` makes points.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from shiftcast.features.frames import DIMENSIONS, POINT_HOW
from shiftcast.pipelines.sources.chunks import Chunk, delimited, json_lines
from shiftcast.pipelines.sources.normal import Normalised, Points, Source, Spans
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.sieve import Sieve
from shiftcast.pipelines.sources.table import UnreadableFileError

_TIMES: Final = ("at", "start", "end")
_REST: Final = ("duration_s", "amount", "value", "measure", "unit", "how", "status", "identity", "track", "series",
                "relative")  # fmt: skip
ROLES: Final = (*_TIMES, *_REST, *DIMENSIONS)
_CLUE: Final = "clue."


@dataclass(frozen=True)
class Roles:
    """Columns and constants of a mapping.

    Attributes
    ----------
    columns
        Column of the file by role.
    constants
        Text for all rows by role.
    """

    columns: Mapping[str, str]
    constants: Mapping[str, str]

    def has(self, role: str) -> bool:
        """Return whether a role is given at all.

        Parameters
        ----------
        role
            One of :data:`ROLES`, or ``clue.NAME``.

        Returns
        -------
        bool
            True for a column and for a constant.
        """
        return role in self.columns or role in self.constants


def read_mapping(table: pd.DataFrame | None) -> Roles:
    """Read a mapping table.

    Parameters
    ----------
    table
        Rows of ``role, column, constant``, and ``line`` where known.

    Returns
    -------
    Roles
        Enough roles for spans or for points, not for both.

    Raises
    ------
    UnreadableFileError
        If there is none, or a row of it is no role, or too few roles are played.

    Examples
    --------
    >>> rows = [("at", "ts", ""), ("value", "n", ""), ("measure", "", "requests"), ("unit", "", "request")]
    >>> read_mapping(pd.DataFrame(rows, columns=["role", "column", "constant"])).columns
    {'at': 'ts', 'value': 'n'}
    """
    if table is None or not {"role", "column"} <= set(table.columns):
        raise UnreadableFileError("the source 'table' needs --map FILE with role,column,constant; see docs/ingest.md")
    columns: dict[str, str] = {}
    constants: dict[str, str] = {}
    for row in table.to_dict("records"):
        role, column, constant = (str(row.get(key, "") or "").strip() for key in ("role", "column", "constant"))
        if not (role in ROLES or role.startswith(_CLUE)) or bool(column) == bool(constant):
            raise UnreadableFileError(
                f"--map: line {row.get('line')}: role {role!r}, column {column!r}, constant {constant!r}; give one of "
                f"{', '.join(ROLES)} or clue.NAME, and either a column or a constant"
            )
        (columns if column else constants)[role] = column or constant
    known = Roles(columns, constants)
    spans = known.has("start") and known.has("amount") and (known.has("end") or known.has("duration_s"))
    points = known.has("at") and known.has("value")
    if spans == points or not (known.has("measure") and known.has("unit")):
        raise UnreadableFileError(
            "--map: give start, end (or duration_s) and amount, or else at and value; and measure and unit with both"
        )
    return known


def _read(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    del setting
    yield from json_lines(opened) if opened.first_line().startswith("{") else delimited(opened)


def _table(sieve: Sieve) -> Normalised:
    known = read_mapping(sieve.setting.mapping)
    relative = known.constants.get("relative", "")
    own = {name: _words(sieve, known, name) for name in DIMENSIONS if known.has(name)}
    clues = {role.removeprefix(_CLUE): sieve.text(column) for role, column in known.columns.items()
             if role.startswith(_CLUE)}  # fmt: skip
    spans: tuple[Spans, ...] = ()
    read: tuple[Points, ...] = ()
    measure, unit = _words(sieve, known, "measure"), _words(sieve, known, "unit")
    status = _words(sieve, known, "status") if known.has("status") else "served"
    for words, name in ((measure, "measure"), (unit, "unit")):
        if isinstance(words, pd.Series):
            sieve.fail((words == "").to_numpy(), sieve.column(known.columns[name]), f"is empty; the {name} is needed")
    if known.has("at"):
        at = sieve.instant(known.columns["at"], relative=relative)
        how = _how(sieve, known)
        series = _words(sieve, known, "series") if known.has("series") else ""
        read = (Points(at, _numbers(sieve, known, "value"), measure, unit, how, status, series=series),)
    else:
        start = sieve.instant(known.columns["start"], relative=relative)
        end = _end(sieve, known, start, relative)
        amount = _numbers(sieve, known, "amount")
        sieve.fail((amount < 0).to_numpy(), known.columns.get("amount", ""), "is below zero")
        spans = (Spans(start, end, amount, measure, unit, status),)
    return Normalised(spans, read, own, clues, _optional(sieve, known, "identity"), _optional(sieve, known, "track"))


def _words(sieve: Sieve, known: Roles, role: str) -> pd.Series | str:
    return known.constants[role] if role in known.constants else sieve.text(sieve.column(known.columns[role]))


def _numbers(sieve: Sieve, known: Roles, role: str) -> pd.Series:
    if role in known.columns:
        return sieve.number(known.columns[role])
    try:
        return pd.Series(float(known.constants[role]), index=range(sieve.rows))
    except ValueError:
        raise UnreadableFileError(f"--map: {role} is {known.constants[role]!r}, not a number") from None


def _end(sieve: Sieve, known: Roles, start: pd.Series, relative: str) -> pd.Series:
    if "end" in known.columns:
        return sieve.instant(known.columns["end"], optional=True, relative=relative)
    seconds = sieve.number(known.columns["duration_s"], limit="duration")
    inside = seconds.where(seconds.abs() < 4e9)
    return (start + pd.to_timedelta((inside * 1e6).round(), unit="us")).astype("datetime64[us, UTC]")


def _how(sieve: Sieve, known: Roles) -> pd.Series | str:
    how = _words(sieve, known, "how") if known.has("how") else "sum"
    if isinstance(how, pd.Series):
        strange = ~how.isin(POINT_HOW).to_numpy(dtype=bool)
        sieve.fail(strange, sieve.column(known.columns["how"]), f"is not one of {', '.join(POINT_HOW)}")
    elif how not in POINT_HOW:
        raise UnreadableFileError(f"--map: how is {how!r}, not one of {', '.join(POINT_HOW)}")
    return how


def _optional(sieve: Sieve, known: Roles, role: str) -> pd.Series | None:
    if role not in known.columns:
        return None
    words = sieve.text(sieve.column(known.columns[role]))
    return words.where(words != "", None)


TABLE: Final = Source(
    "table", "any table with a mapping file, --map (CSV, Parquet, JSON lines)",
    _read, _table, "as the table", "absolute, UTC unless --zone; relative where the mapping says so",
    "as the mapping says",
    "as the mapping says; clue.NAME columns for rules", "what the table does not hold",
)  # fmt: skip
