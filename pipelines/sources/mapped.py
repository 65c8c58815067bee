"""Read any table by a mapping file that gives each column its role, or by a query that gives columns of these names.

``start`` and ``end`` (or a duration, ``last_day`` or ``period``) with ``amount`` or ``total`` make spans, ``at`` with
``value`` makes points.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.features.frames import DIMENSIONS
from shiftcast.pipelines.sources.accelerators import name_accelerators
from shiftcast.pipelines.sources.chunks import Chunk
from shiftcast.pipelines.sources.formats.figures import DURATIONS, factors, product, seconds_of
from shiftcast.pipelines.sources.formats.mapping import CLUE, ROLES, Described, Roles, checked, read_mapping
from shiftcast.pipelines.sources.formats.rows import rows_of
from shiftcast.pipelines.sources.formats.sql import query_rows
from shiftcast.pipelines.sources.formats.words import STATUSES, known_labels, measure_fault, measures, nearest
from shiftcast.pipelines.sources.normal import Normalised, Points, Source, Spans
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.setting import Setting, instance_types
from shiftcast.pipelines.sources.sieve import Sieve
from shiftcast.pipelines.sources.table import UnreadableFileError

_HOURS: Final = re.compile(r"(?<![A-Za-z])(?:hours|hrs)(?![A-Za-z])|[a-z]Hours(?![a-z])")
_PRODUCTS: Final = ("amount", "total", "value")
_PROGRESS: Final = {"queued": 0, "running": 1}
_OVER: Final = 2


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
        _check(sieve, role, column)
    kept = np.ones(sieve.rows, dtype=bool)
    for each in roles.filters:
        kept &= each.keeps(sieve)
    return kept


def _check(sieve: Sieve, role: str, column: str) -> None:
    if column.isdigit() and not sieve.has(column):
        raise UnreadableFileError(
            f"{sieve.chunk.file}: no column {column!r} for {role}; columns of a file without a header are c1 (the "
            "first), c2, ... in --map, and a file that white space divides needs --delimiter space"
        )
    if role == "amount" and _HOURS.search(column):
        raise UnreadableFileError(
            f"--map: amount {column!r} counts hours, and an amount is multiplied by the hours it is held; name its role "
            "total"
        )
    if role in _PRODUCTS:
        factors(column, sieve)
    else:
        for part in _parts(sieve, column):
            sieve.column(part)


def _parts(sieve: Sieve, column: str) -> list[str]:
    return [column] if sieve.has(column) else [part.strip() for part in column.split("+")]


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
    parts = [_Part(sieve, roles, _rows(sieve, roles), looked) for roles in sets]
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


@dataclass(frozen=True)
class _Part:
    """The rows of a chunk by the roles of one set."""

    sieve: Sieve
    roles: Roles
    rows: NDArray[np.bool_]
    looked: frozenset[str]

    def made(self) -> Spans | Points:
        """Return the spans or points of the set."""
        measure, unit = self._measured()
        status, relative = self._status(), self.roles.constants.get("relative", "")
        if self.roles.has("value"):
            at = self.sieve.instant(self.roles.columns["at" if self.roles.has("at") else "start"], relative=relative)
            how = self._chosen("how", ("sum", "mean", "last", "counter")) if self.roles.has("how") else self._how()
            series = self._words("series") if self.roles.has("series") else ""
            return Points(at, self._figure("value"), measure, unit, how, status, self.rows, series)
        start = self.sieve.instant(self.roles.columns["start"], relative=relative)
        end = self._end(start, relative)
        return Spans(start, end, self._amount(start, end), measure, unit, status, self.rows)

    def _amount(self, start: pd.Series, end: pd.Series) -> pd.Series:
        """Return what is held all along: the amount itself, or a total over the hours of its span."""
        role = "total" if self.roles.has("total") else "amount"
        amount, column = self._figure(role), self.roles.columns.get(role, "")
        self.sieve.fail((amount < 0).to_numpy() & self.rows, column, "is below zero")
        if role == "amount":
            return amount
        hours = (end - start).dt.total_seconds() / 3600.0
        self.sieve.fail(
            ~(hours > 0).to_numpy() & self.rows, column, "has no length of time to be spread over; give an end"
        )
        return amount / hours.where(hours > 0)

    def _figure(self, role: str) -> pd.Series:
        scale = self.roles.scales.get(role, 1.0)
        if role in self.roles.columns:
            column = self.roles.columns[role]
            values = scale * product(self.sieve, column, self.rows, decimal=self.roles.constants.get("decimal", ""),
                                     looked=self.looked)  # fmt: skip
        else:
            try:
                values = pd.Series(scale * float(self.roles.constants[role]), index=range(self.sieve.rows))
            except ValueError:
                raise UnreadableFileError(f"--map: {role} is {self.roles.constants[role]!r}, not a number") from None
            column = role
        measure = self.roles.constants.get("measure", "")
        limit = measures()[measure].limit if measure in measures() and role != "total" else "reading"
        self.sieve.bound(values.where(self.rows, 0.0), limit, column)
        return values

    def _end(self, start: pd.Series, relative: str) -> pd.Series:
        columns, sieve = self.roles.columns, self.sieve
        if "end" in columns:
            return sieve.instant(columns["end"], optional=True, relative=relative)
        zone = sieve.setting.clock.zone
        if "last_day" in columns:
            last = sieve.instant(columns["last_day"], relative=relative)
            return _later(last, zone, "day")
        if "period" in self.roles.constants:
            return _later(start, zone, self.roles.constants["period"])
        role = next((each for each in DURATIONS if each in columns), "")
        if not role:
            raise UnreadableFileError("--map: end, last_day and durations are columns, and period is a constant")
        seconds = seconds_of(sieve, columns[role], role, self.rows, decimal=self.roles.constants.get("decimal", ""))
        seconds *= self.roles.scales.get(role, 1.0)
        inside = seconds.where(seconds.abs() < 4e9)
        return (start + pd.to_timedelta((inside * 1e6).round(), unit="us")).astype("datetime64[us, UTC]")

    def _measured(self) -> tuple[pd.Series | str, pd.Series | str]:
        """Return measure and unit, known words both; rows where a column holds another word are quarantined."""
        measure = self._words("measure")
        unit = self._words("unit") if self.roles.has("unit") else ""
        if isinstance(measure, str) and isinstance(unit, str):
            return measure, unit or measures()[measure].unit
        both = pd.DataFrame({"measure": measure, "unit": unit}, index=range(self.sieve.rows)).astype(object)
        faults = {pair: measure_fault(*pair) for pair in set(both.itertuples(index=False, name=None))}
        found = pd.Series([faults[pair] for pair in both.itertuples(index=False, name=None)], dtype=object)
        named = self.roles.columns.get("measure") or self.roles.columns["unit"]
        for fault in filter(None, dict.fromkeys(found)):
            self.sieve.fail((found == fault).to_numpy() & self.rows, named, f"gives a {fault}")
        own = both["measure"].map(lambda each: measures()[each].unit if each in measures() else "")
        return both["measure"], both["unit"].where(both["unit"] != "", own)

    def _status(self) -> pd.Series | str:
        if not self.roles.has("status"):
            return "served"
        words = self._words("status")
        return words if isinstance(words, str) else self._chosen("status", STATUSES, "served")

    def _how(self) -> str:
        measure = self.roles.constants.get("measure", "")
        return measures()[measure].how if measure in measures() else "sum"

    def _chosen(self, role: str, known: tuple[str, ...], empty: str = "") -> pd.Series | str:
        """Return words of a column that may be some alone; rows with another word are quarantined."""
        words = self._words(role)
        if isinstance(words, str):
            return words
        lower = words.str.lower().where(words != "", empty)
        reason = f"is not one of {', '.join(known)}; translate it with a row lookup,... of --map"
        self.sieve.fail(~lower.isin(known).to_numpy(dtype=bool) & self.rows, self.roles.columns[role], reason)
        return lower

    def _words(self, role: str) -> pd.Series | str:
        if role in self.roles.constants:
            return self.roles.constants[role]
        words = [self.sieve.text(self.sieve.column(part)) for part in _parts(self.sieve, self.roles.columns[role])]
        return words[0] if len(words) == 1 else pd.DataFrame(dict(enumerate(words))).agg("|".join, axis=1)

    def labels(self, names: list[str]) -> tuple[dict[str, pd.Series | str], tuple[str, ...]]:
        """Return labels of some dimensions, and words and names that no table knows."""
        own: dict[str, pd.Series | str] = {}
        unresolved: tuple[str, ...] = ()
        for name in filter(self.roles.has, names):
            words = self._words(name)
            if name == "accelerator":
                named = name_accelerators(self._no_instances(words))
                own |= {each: label for each, label in named.labels.items() if each == name or not self.roles.has(each)}
                unresolved += named.unresolved
            elif isinstance(words, str):
                own[name] = words
            else:
                own[name], faults = known_labels(name, words)
                unresolved += faults
        return own, unresolved

    def _no_instances(self, words: pd.Series | str) -> pd.Series:
        names = pd.Series(words, index=range(self.sieve.rows), dtype=object) if isinstance(words, str) else words
        known = instance_types(self.sieve.setting.instances)
        typed = next((each for each in names.unique() if str(each).lower() in known), "")
        if typed:
            column = self.roles.columns.get("accelerator", "")
            raise UnreadableFileError(
                f"{self.sieve.chunk.file}: accelerator {typed!r} is an instance type; put the rows "
                f"lookup,{column},instance_types and accelerator,accelerator, into --map and multiply by its count: "
                "amount*count"
            )
        return names

    def progress(self) -> pd.Series | None:
        """Return how far each row is, by its status."""
        if "status" not in self.roles.columns:
            return None
        words = self.sieve.text(self.roles.columns["status"]).str.lower()
        return words.map(lambda each: _PROGRESS.get(each, _OVER)).astype("int64")

    def optional(self, role: str) -> pd.Series | None:
        """Return words of a role that may be left out; missing where a cell is empty."""
        if not self.roles.has(role):
            return None
        words = self._words(role)
        every = pd.Series(words, index=range(self.sieve.rows), dtype=object)
        return every.where(every.str.strip("|") != "", None)


def _later(moments: pd.Series, zone: str, grain: str) -> pd.Series:
    """Return moments a calendar's step later, by the clock of a zone."""
    step = pd.DateOffset(months=3) if grain == "quarter" else pd.DateOffset(**{f"{grain}s": 1})
    return (moments.dt.tz_convert(zone) + step).dt.tz_convert("UTC").astype("datetime64[us, UTC]")


TABLE: Final = Source(
    "table", "any table with a mapping file, --map (CSV, JSON, JSON lines, Parquet, workbooks)",
    _read, _table, "as the table", "absolute, UTC unless --zone; relative where the mapping says so",
    "as the mapping says; measures.csv lists the measures and their units",
    "as the mapping says; clue.NAME columns for rules", "what the table does not hold",
)  # fmt: skip
