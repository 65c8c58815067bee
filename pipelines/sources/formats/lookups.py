"""Filter the rows of a table, and add columns to them from lookup tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import translate
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shiftcast.pipelines.sources.setting import Setting, instance_types
from shiftcast.pipelines.sources.sieve import Sieve
from shiftcast.pipelines.sources.table import UnreadableFileError, parse_table

_FORM: Final = re.compile(r"(?P<not>!|not )?(?P<how>=|in |~)(?P<what>.*)", re.DOTALL)
_BUILT_IN: Final = "instance_types"
_FILE: Final = re.compile(r"(?P<file>[^:]+\.csv):(?P<key>[^>]+)->(?P<values>.+)")


@dataclass(frozen=True)
class Filter:
    """A condition on the text of a column; letters of either case.

    Attributes
    ----------
    column
        Column of the file, or of a lookup table.
    fits
        Pattern of the texts that meet it.
    wanted
        Whether rows that fit are kept, or left out.
    """

    column: str
    fits: re.Pattern[str]
    wanted: bool

    def keeps(self, sieve: Sieve) -> NDArray[np.bool_]:
        """Return the rows it keeps.

        Parameters
        ----------
        sieve
            Rows of a chunk.

        Returns
        -------
        array of bool, shape (rows,)
            Whether a row is kept.

        Raises
        ------
        UnreadableFileError
            If the file has no such column.
        """
        text = sieve.text(sieve.column(self.column))
        fitting: NDArray[np.bool_] = text.str.lower().str.fullmatch(self.fits).to_numpy(dtype=bool)
        return fitting if self.wanted else ~fitting


@dataclass(frozen=True)
class Lookup:
    """A table that adds columns to the rows by a key.

    Attributes
    ----------
    column
        Column of the file that holds the key.
    values
        Names of the columns that it adds.
    rows
        Cells of these by key in lower case; ``None`` for the instance types.
    """

    column: str
    values: tuple[str, ...]
    rows: Mapping[str, tuple[str, ...]] | None

    def found(self, sieve: Sieve, setting: Setting) -> dict[str, list[str]]:
        """Return the columns that it adds; a row whose key is not there has empty cells.

        Parameters
        ----------
        sieve
            Rows of a chunk.
        setting
            Its instance types come before those that ship.

        Returns
        -------
        dict of str to list of str
            Cells by column.
        """
        known = self.rows
        if known is None:
            known = {key: (name, f"{count:g}") for key, (name, count) in instance_types(setting.instances).items()}
        keys = sieve.text(sieve.column(self.column)).str.lower()
        none = ("",) * len(self.values)
        return {name: [known.get(key, none)[place] for key in keys] for place, name in enumerate(self.values)}


def read_filter(row: Mapping[str, str]) -> Filter:
    """Read a row ``where,column,condition`` of a mapping.

    Parameters
    ----------
    row
        The condition is ``=text``, ``!=text``, ``in a;b``, ``not in a;b``, ``~pattern`` or ``!~pattern``; patterns know
        ``*`` and ``?``.

    Returns
    -------
    Filter
        The condition.

    Raises
    ------
    UnreadableFileError
        If it is none.

    Examples
    --------
    >>> read_filter({"column": "unit", "constant": "in Hrs;Hours"}).fits.fullmatch("hours") is not None
    True
    """
    found = _FORM.fullmatch(row.get("constant", ""))
    if not row["column"] or found is None:
        raise UnreadableFileError(
            f"--map: line {row.get('line')}: where {row['column']!r} {row.get('constant', '')!r}; give a column, and "
            "one of =text, !=text, in a;b, not in a;b, ~pattern, !~pattern"
        )
    what = found["what"].strip().lower()
    words = [re.escape(each.strip()) for each in (what.split(";") if found["how"] == "in " else [what])]
    pattern = translate(what) if found["how"] == "~" else "|".join(words)
    return Filter(row["column"], re.compile(pattern, re.DOTALL), not found["not"])


def read_lookup(row: Mapping[str, str]) -> Lookup:
    r"""Read a row ``lookup,column,table`` of a mapping.

    Parameters
    ----------
    row
        The table is ``instance_types``, which adds ``accelerator`` and ``count``, or ``file.csv:key->value;value``.

    Returns
    -------
    Lookup
        The table.

    Raises
    ------
    UnreadableFileError
        If it cannot be used.

    Examples
    --------
    >>> row = {"column": "sku", "constant": "s.csv:sku->gpus", "content": "sku,gpus\nA,8\n"}
    >>> read_lookup(row).rows
    {'a': ('8',)}
    """
    where = f"--map: line {row.get('line')}: lookup {row['column']!r} {row.get('constant', '')!r}"
    if row["column"] and row.get("constant") == _BUILT_IN:
        return Lookup(row["column"], ("accelerator", "count"), None)
    found = _FILE.fullmatch(row.get("constant", ""))
    if not row["column"] or found is None:
        raise UnreadableFileError(f"{where}; give a column, and {_BUILT_IN} or file.csv:key->value;value")
    table = parse_table(Path(found["file"]), row.get("content", "") + "\n")
    values = tuple(re.split(r"\s*[;,]\s*", found["values"].strip()))
    key = found["key"].strip()
    missing = [name for name in (key, *values) if name not in table]
    if missing:
        raise UnreadableFileError(f"{where}: {found['file']} has no column {missing[0]!r}")
    keys = table[key].str.strip().str.lower()
    if keys.duplicated().any():
        raise UnreadableFileError(f"{where}: {keys[keys.duplicated()].iloc[0]!r} is in {found['file']} twice")
    cells = table[list(values)].apply(lambda column: column.str.strip()).itertuples(index=False, name=None)
    return Lookup(row["column"], values, dict(zip(keys, cells, strict=True)))
