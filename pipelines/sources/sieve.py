"""Sieve a chunk: typed columns out, and each row that fails quarantined once, with its first fault."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.features.instants import MISSING, Instants, read_instants, read_relative
from shiftcast.pipelines.sources.chunks import Chunk
from shiftcast.pipelines.sources.setting import Setting, limits
from shiftcast.pipelines.sources.table import UnreadableFileError

_SHOWN = 80


class Sieve:
    """Columns of a chunk under any of their names; ``bad`` marks the rows quarantined so far, shape (rows,).

    Parameters
    ----------
    chunk
        Rows to read.
    setting
        Clock, labels and tables of names.
    """

    def __init__(self, chunk: Chunk, setting: Setting) -> None:
        self.chunk, self.setting = chunk, setting
        self.bad: NDArray[np.bool_] = np.zeros(len(chunk.cells), dtype=bool)
        self._texts: dict[str, pd.Series] = {}
        self._faults: list[tuple[int, str, str, str]] = list(chunk.quarantined)
        self._names = {column_key(str(name)): str(name) for name in reversed(list(chunk.cells.columns))}

    @property
    def rows(self) -> int:
        """Rows of the chunk that were cut into cells."""
        return len(self.chunk.cells)

    def faults(self) -> pd.DataFrame:
        """Return the quarantine of the chunk.

        Returns
        -------
        DataFrame
            ``source, line, column, value, reason``, one row a quarantined row.
        """
        table = pd.DataFrame(self._faults, columns=["line", "column", "value", "reason"])
        return table.assign(source=self.chunk.file)[["source", "line", "column", "value", "reason"]]

    def has(self, *names: str) -> bool:
        """Return whether the file has a column of one of these names.

        Parameters
        ----------
        *names
            Names the column may have; case and punctuation do not matter.

        Returns
        -------
        bool
            Whether one is there.
        """
        return any(column_key(name) in self._names for name in names)

    def column(self, *names: str) -> str:
        """Return the file's own name of a column.

        Parameters
        ----------
        *names
            Names the column may have.

        Returns
        -------
        str
            Name in the file, of the first that is there.

        Raises
        ------
        UnreadableFileError
            If it has none of them.
        """
        for name in names:
            if column_key(name) in self._names:
                return self._names[column_key(name)]
        have = ", ".join(map(str, self.chunk.cells.columns[:30]))
        raise UnreadableFileError(
            f"{self.chunk.file}: no column {' or '.join(map(repr, names[:4]))}; it has {have[:300]}; "
            "check the source, or describe the file with --map"
        )

    def text(self, *names: str) -> pd.Series:
        """Return a column as text.

        Parameters
        ----------
        *names
            Names the column may have.

        Returns
        -------
        Series of str, shape (rows,)
            Trimmed cells; empty where a cell is, or where the file has no such column.
        """
        if not self.has(*names):
            return pd.Series("", index=range(self.rows), dtype=object)
        name = self.column(*names)
        if name not in self._texts:
            cells = self.chunk.cells[name]
            known = cells.astype(object).where(cells.notna(), "") if cells.dtype != object else cells
            trimmed = ["" if (text := str(cell).strip()) in MISSING else text for cell in known]
            self._texts[name] = pd.Series(trimmed, dtype=object)
        return self._texts[name]

    def number(self, *names: str, limit: str = "reading", missing: float | None = None) -> pd.Series:
        """Return a column as numbers within a limit of the record; rows that are not are quarantined.

        Parameters
        ----------
        *names
            Names the column may have.
        limit
            Quantity of ``ingest_limits.csv``.
        missing
            Value of an empty cell; such rows are quarantined if there is none.

        Returns
        -------
        Series of float, shape (rows,)
            Numbers in the file's unit; NaN where a cell is none.

        Raises
        ------
        UnreadableFileError
            If there is no such column.
        """
        name = self.column(*names)
        text = self.text(*names)
        absent = (text == "").to_numpy()
        values = pd.to_numeric(text, errors="coerce").astype(np.float64)
        unreadable = values.isna().to_numpy() & ~absent
        commas = unreadable & text.str.contains(",", regex=False).to_numpy(dtype=bool)
        self.fail(commas, name, "has a comma; export it with a point for decimals and nothing between thousands")
        self.fail(unreadable, name, "is not a number; correct it or check for swapped columns")
        self.bound(values, limit, name)
        if missing is None:
            self.fail(absent, name, "is empty; a number is needed")
            return values
        return values.where(~absent, missing)

    def count(self, *names: str, limit: str) -> pd.Series:
        """Return a column as :meth:`number` does, zero where a cell is empty or the file has no such column.

        Parameters
        ----------
        *names
            Names the column may have.
        limit
            Quantity of ``ingest_limits.csv``.

        Returns
        -------
        Series of float, shape (rows,)
            Numbers in the file's unit.
        """
        if not self.has(*names):
            return pd.Series(0.0, index=range(self.rows))
        return self.number(*names, limit=limit, missing=0.0)

    def bound(self, values: pd.Series, limit: str, name: str) -> None:
        """Quarantine rows whose value lies outside a limit of the record.

        Parameters
        ----------
        values
            Value of each row, shape (rows,), in the limit's unit.
        limit
            Quantity of ``ingest_limits.csv``.
        name
            Column at fault.
        """
        range_ = limits()[limit]
        outside = ((values < range_.low) | (values > range_.high)).to_numpy()
        reason = f"lies outside {range_.low:g} to {range_.high:g} {range_.unit}; check the unit or for swapped columns"
        self.fail(outside, name, reason)

    def instant(self, *names: str, optional: bool = False, relative: str = "") -> pd.Series:
        """Return a column as moments; rows that are none are quarantined.

        Parameters
        ----------
        *names
            Names the column may have.
        optional
            Whether a cell may be empty.
        relative
            Unit (s, ms, us, ns) of times that count from the clock's anchor.

        Returns
        -------
        Series of datetime64[us, UTC], shape (rows,)
            Moments, missing where a cell is none.

        Raises
        ------
        UnreadableFileError
            If there is no such column, or no anchor for relative times.
        """
        name = self.column(*names)
        cells = self.chunk.cells[name].reset_index(drop=True)
        clock = self.setting.clock
        try:
            read: Instants = read_relative(cells, relative, clock) if relative else read_instants(cells, clock)
        except ValueError as error:
            raise UnreadableFileError(f"{self.chunk.file}: column {name!r}: {error}") from None
        for mask, reason in read.faults:
            self.fail(mask, name, reason)
        if not optional:
            self.fail((self.text(*names) == "").to_numpy(), name, "is empty; a time is needed")
        return read.values

    def fail(self, mask: NDArray[np.bool_], column: str, reason: str) -> None:
        """Quarantine rows that are not yet; the first fault of a row is the one it is kept with.

        Parameters
        ----------
        mask
            Whether a row is at fault, shape (rows,).
        column
            Column at fault.
        reason
            The fault and its remedy, as said of the cell.
        """
        fresh = np.flatnonzero(mask & ~self.bad)
        if len(fresh) == 0:
            return
        self.bad[fresh] = True
        cells = self.chunk.cells[column] if column in self.chunk.cells.columns else None
        for place in fresh:
            value = "" if cells is None else str(cells.iloc[place])[:_SHOWN]
            self._faults.append((int(self.chunk.lines[place]), column, value, reason))


def column_key(name: str) -> str:
    """Return the name of a column as it is compared: letters and digits in lower case.

    Parameters
    ----------
    name
        Name as a file writes it.

    Returns
    -------
    str
        Its letters and digits; the name itself where it has none.

    Examples
    --------
    >>> column_key("Submit_Time")
    'submittime'
    """
    return re.sub(r"[^a-z0-9]", "", name.lower()) or name


def first_text(sieve: Sieve, groups: Sequence[str]) -> pd.Series:
    """Return, for each row, the first of several columns that is not empty.

    Parameters
    ----------
    sieve
        Rows of a chunk.
    groups
        Names of columns, the first to look at first.

    Returns
    -------
    Series of str, shape (rows,)
        Text of each row; empty where all are.

    Examples
    --------
    >>> cells = pd.DataFrame({"a": ["", "x"], "b": ["y", "z"]}, dtype=object)
    >>> first_text(Sieve(Chunk(cells, np.array([2, 3]), "f"), Setting()), ("a", "b")).tolist()
    ['y', 'x']
    """
    found = pd.Series("", index=range(sieve.rows), dtype=object)
    for name in groups:
        found = found.where(found != "", sieve.text(name))
    return found
