"""Turn the rows of a table by the roles of a mapping into one measure's spans or points, with labels and identity."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.pipelines.sources.accelerators import name_accelerators
from shiftcast.pipelines.sources.formats.figures import DURATIONS, factors, product, seconds_of
from shiftcast.pipelines.sources.formats.mapping import Roles
from shiftcast.pipelines.sources.formats.words import STATUSES, known_labels, measure_fault, measures
from shiftcast.pipelines.sources.normal import Points, Spans
from shiftcast.pipelines.sources.setting import instance_types
from shiftcast.pipelines.sources.sieve import Sieve
from shiftcast.pipelines.sources.table import UnreadableFileError

_HOURS: Final = re.compile(r"(?<![A-Za-z])(?:hours|hrs)(?![A-Za-z])|[a-z]Hours(?![a-z])")
_PRODUCTS: Final = ("amount", "total", "value")
_PROGRESS: Final = {"queued": 0, "running": 1}
_OVER: Final = 2


def check_column(sieve: Sieve, role: str, column: str) -> None:
    """Refuse a column that is not there, or that cannot play its role.

    Parameters
    ----------
    sieve
        Rows of a chunk.
    role
        Role it plays.
    column
        Column, or columns joined by ``*`` or ``+``.

    Raises
    ------
    UnreadableFileError
        Naming the remedy.
    """
    if column.isdigit() and not sieve.has(column):
        raise UnreadableFileError(
            f"{sieve.chunk.file}: no column {column!r} for {role}; columns of a file without a header are c1 (the "
            "first), c2, ... in --map, and a file that white space divides needs --delimiter space"
        )
    if role == "amount" and _HOURS.search(column):
        raise UnreadableFileError(
            f"--map: amount {column!r} counts hours, and an amount is multiplied by the hours it is held; name its "
            "role total"
        )
    if role in _PRODUCTS:
        factors(column, sieve)
    else:
        for part in columns_of(sieve, column):
            sieve.column(part)


def columns_of(sieve: Sieve, column: str) -> list[str]:
    """Return the columns that make up a role of words.

    Parameters
    ----------
    sieve
        Rows of a chunk.
    column
        Column, or columns joined by ``+``.

    Returns
    -------
    list of str
        Names.
    """
    return [column] if sieve.has(column) else [part.strip() for part in column.split("+")]


@dataclass(frozen=True)
class Part:
    """The rows of a chunk by the roles of one set.

    Attributes
    ----------
    sieve
        Rows of the chunk.
    roles
        Roles of the set.
    rows
        Rows the set is about, shape (rows,).
    looked
        Columns that a lookup table gave.
    """

    sieve: Sieve
    roles: Roles
    rows: NDArray[np.bool_]
    looked: frozenset[str]

    def made(self) -> Spans | Points:
        """Return the spans or points of the set.

        Returns
        -------
        Spans or Points
            Without labels of their own.

        Raises
        ------
        UnreadableFileError
            If a column is not there, or a constant is no figure.
        """
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
        words = [self.sieve.text(self.sieve.column(part)) for part in columns_of(self.sieve, self.roles.columns[role])]
        return words[0] if len(words) == 1 else pd.DataFrame(dict(enumerate(words))).agg("|".join, axis=1)

    def labels(self, names: list[str]) -> tuple[dict[str, pd.Series | str], tuple[str, ...]]:
        """Return labels of some dimensions, and words and names that no table knows.

        Parameters
        ----------
        names
            Dimensions; those without a role are left out.

        Returns
        -------
        tuple
            Labels by dimension, and faults and names.

        Raises
        ------
        UnreadableFileError
            If the accelerator is an instance type.
        """
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
        """Return how far each row is, by its status: 0 waits, 1 runs, 2 is over.

        Returns
        -------
        Series of int, shape (rows,), or None
            None where no column tells.
        """
        if "status" not in self.roles.columns:
            return None
        words = self.sieve.text(self.roles.columns["status"]).str.lower()
        return words.map(lambda each: _PROGRESS.get(each, _OVER)).astype("int64")

    def optional(self, role: str) -> pd.Series | None:
        """Return words of a role that may be left out; missing where a cell is empty.

        Parameters
        ----------
        role
            Role such as ``identity``.

        Returns
        -------
        Series of str, shape (rows,), or None
            None where nothing plays the role.
        """
        if not self.roles.has(role):
            return None
        words = self._words(role)
        every = pd.Series(words, index=range(self.sieve.rows), dtype=object)
        return every.where(every.str.strip("|") != "", None)


def _later(moments: pd.Series, zone: str, grain: str) -> pd.Series:
    """Return moments a calendar's step later, by the clock of a zone."""
    step = pd.DateOffset(months=3) if grain == "quarter" else pd.DateOffset(**{f"{grain}s": 1})
    return (moments.dt.tz_convert(zone) + step).dt.tz_convert("UTC").astype("datetime64[us, UTC]")
