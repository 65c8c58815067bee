"""Settings of a load beside its files: clock, labels, limits and the tables of names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Final

import pandas as pd

from shiftcast.features.instants import Clock
from shiftcast.features.labels import Rules, no_rules
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.table import UnreadableFileError, read_table

_WORDS: Final = 12
_COUNT: Final = re.compile(r"\d{1,9}(\.\d{0,30}|/\d{1,9})?|\.\d{1,30}", re.ASCII)


@dataclass(frozen=True)
class Limit:
    """The range of a quantity in one row; a value outside is a unit error or a swapped column.

    Attributes
    ----------
    low, high
        Ends of the range.
    unit
        Unit of both.
    """

    low: float
    high: float
    unit: str


@dataclass(frozen=True)
class Names:
    """Accelerator names as exports write them.

    Attributes
    ----------
    fragments
        Fragment of a name, generation and vendor; longest fragment first.
    """

    fragments: tuple[tuple[str, str, str], ...]

    def find(self, text: str) -> tuple[str, str] | None:
        """Return generation and vendor of a name; None where no fragment begins one of its words, or words in a row.

        Parameters
        ----------
        text
            Name as an export writes it.

        Returns
        -------
        tuple or None
            Generation and vendor.
        """
        words = re.findall(r"[a-z0-9]+", text.lower())[:_WORDS]
        runs = ["".join(words[first:last]) for first in range(len(words)) for last in range(first + 1, first + 4)]
        for fragment, accelerator, vendor in self.fragments:
            if any(run.startswith(fragment) and not run[len(fragment) :][:1].isdigit() for run in runs):
                return accelerator, vendor
        return None


@dataclass(frozen=True)
class Setting:
    """Everything that decides how files are read.

    Attributes
    ----------
    clock
        Zone and anchor of times.
    rules
        Labelling rules of the user.
    constants
        Labels of rows that neither the file nor a rule labels, by dimension.
    mapping
        Description of a generic file, by source column.
    instances
        File of the user that adds instance types to those known.
    cluster
        Cluster the rows are of where the file names none; taken from the file's folder if empty.
    guessed
        Whether the cluster is the name of a folder, and not the user's word.
    delimiter
        Character between cells; found in the header if empty.
    path
        Place of the rows in a JSON document, such as ``data.items``; found if empty.
    sheet
        Sheet of a workbook; the first if empty.
    """

    clock: Clock = field(default_factory=Clock)
    rules: Rules = field(default_factory=no_rules)
    constants: Mapping[str, str] = field(default_factory=dict)
    mapping: pd.DataFrame | None = None
    instances: Path | None = None
    cluster: str = ""
    guessed: bool = False
    delimiter: str = ""
    path: str = ""
    sheet: str = ""


@cache
def limits() -> Mapping[str, Limit]:
    """Return the range of each quantity that one row may hold.

    Returns
    -------
    Mapping
        Quantity to its range.

    Examples
    --------
    >>> limits()["utilisation"]
    Limit(low=0.0, high=100.0, unit='%')
    """
    rows = read_table(RECORDS / "ingest_limits.csv").to_dict("records")
    return {str(row["quantity"]): Limit(float(row["low"]), float(row["high"]), str(row["unit"])) for row in rows}


@cache
def accelerator_names() -> Names:
    """Return the names of accelerators known to ingest.

    Returns
    -------
    Names
        Fragments, longest first.

    Examples
    --------
    >>> accelerator_names().find("NVIDIA H100 SXM5 80GB")
    ('h100', 'nvidia')
    >>> accelerator_names().find("tesla")
    """
    rows = read_table(RECORDS / "accelerator_names.csv").to_dict("records")
    fragments = [(str(row["fragment"]), str(row["accelerator"]), str(row["vendor"])) for row in rows]
    return Names(tuple(sorted(fragments, key=lambda each: (-len(each[0]), each[0]))))


def instance_types(extra: Path | None = None) -> Mapping[str, tuple[str, float]]:
    """Return the accelerator and how many of it each instance type holds, the user's rows before those that ship.

    Parameters
    ----------
    extra
        CSV of ``instance, accelerator, count``; a count may have decimals or be a fraction, such as 1/6.

    Returns
    -------
    Mapping
        Instance type in lower case to accelerator and count.

    Raises
    ------
    UnreadableFileError
        If a row of it cannot be used, naming its line.

    Examples
    --------
    >>> instance_types()["g5.4xlarge"]
    ('a10g', 1.0)
    """
    known: dict[str, tuple[str, float]] = {}
    for path in (RECORDS / "instance_types.csv", *(() if extra is None else (extra,))):
        for row in read_table(path).to_dict("records"):
            name, accelerator, count = (str(row.get(key, "")).strip() for key in ("instance", "accelerator", "count"))
            high = limits()["accelerators"].high
            if not name or not accelerator or not _is_count(count, high):
                raise UnreadableFileError(
                    f"{path}: line {row['line']}: instance {name!r} with {count!r} of {accelerator!r}; "
                    "give instance, accelerator and a count above zero, such as 8, 0.125 or 1/7"
                )
            known[name.lower()] = (accelerator, float(Fraction(count)))
    return known


def _is_count(text: str, high: float) -> bool:
    if not _COUNT.fullmatch(text):  # 1e999999999 would be written out, digit by digit
        return False
    try:
        return 0 < Fraction(text) <= high
    except (ValueError, ZeroDivisionError):
        return False
