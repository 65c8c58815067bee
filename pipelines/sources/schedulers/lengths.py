"""Read how long the jobs of a table ran, in the unit that its column's name, or its starts and ends, tell."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.pipelines.sources.schedulers.walltimes import walltimes
from shiftcast.pipelines.sources.setting import limits
from shiftcast.pipelines.sources.sieve import Sieve
from shiftcast.pipelines.sources.table import UnreadableFileError

_LENGTHS: Final = ("duration", "runtime", "elapsed", "elapsedtime", "walltime", "wallclock", "wallclocktime",
                   "jobduration", "executiontime", "exectime", "runduration", "run")  # fmt: skip
_UNITS: Final[Mapping[str, float]] = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("ms", "msec", "millis", "milliseconds"), 1e-3),
    **dict.fromkeys(("m", "min", "mins", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hours"), 3600.0),
    **dict.fromkeys(("d", "days"), 86400.0),
}
_NAMED: Final = {f"{name}{joint}{unit}": seconds
                 for name, joint, (unit, seconds) in product(_LENGTHS, ("", "in"), _UNITS.items())}  # fmt: skip
_BARE: Final = tuple(name for name in _LENGTHS if name != "run")
_AGREES: Final = 0.02  # of the length: what rounding and a scheduler's own cycle leave between two counts of it


def has_length(sieve: Sieve) -> bool:
    """Return whether a table says how long its jobs ran.

    Parameters
    ----------
    sieve
        Rows of a chunk.

    Returns
    -------
    bool
        Whether a column does.
    """
    return sieve.has(*_BARE, *_NAMED, "hours")


def lengths(sieve: Sieve, span: pd.Series) -> pd.Series:
    """Return how long jobs ran.

    Parameters
    ----------
    sieve
        Rows of a chunk.
    span
        Time from start to end where both are known, NaN elsewhere [s], shape (rows,).

    Returns
    -------
    Series of float, shape (rows,)
        Seconds [s]; NaN where a cell is empty, or no column says it.

    Raises
    ------
    UnreadableFileError
        If the unit shows neither in the column's name nor in the table's starts and ends, and the numbers are no
        usual count of seconds.
    """
    for name, unit in ({"hours": _UNITS["hours"]} | _NAMED).items():
        if sieve.has(name):
            return walltimes(sieve, name, bare=unit)
    if not sieve.has(*_BARE):
        return pd.Series(np.nan, index=range(sieve.rows))
    numbers = pd.to_numeric(sieve.text(*_BARE), errors="coerce")
    return walltimes(sieve, *_BARE, bare=_unit(sieve, numbers, span))


def _unit(sieve: Sieve, numbers: pd.Series, span: pd.Series) -> float:
    """Return the unit [s] of a column whose name tells none."""
    ratio = (span / numbers)[(numbers > 0) & (span > 0)].median()
    for seconds in (1.0, 1e-3, 60.0, 3600.0):
        if abs(ratio / seconds - 1) <= _AGREES:
            return seconds
    usual, middle = limits()["plain_duration"], numbers[numbers > 0].median()
    if not np.isnan(ratio) or middle < usual.low or middle > usual.high:
        name = sieve.column(*_BARE)
        raise UnreadableFileError(
            f"{sieve.chunk.file}: column {name!r}: its unit is not told, and half of its values lie "
            f"{'below' if middle < usual.low else 'above'} {middle:g}; rename it to {name}_s, {name}_ms, {name}_min or "
            f"{name}_h"
        )
    return 1.0
