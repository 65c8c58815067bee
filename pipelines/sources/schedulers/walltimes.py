"""Read lengths of time as schedulers write them: ``1-10:00:00``, ``17:05``, ``3600``."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.pipelines.sources.sieve import Sieve

_FORM: Final = re.compile(r"(?:(\d+)-)?(\d+(?:\.\d+)?)(?::(\d+))?(?::(\d+(?:\.\d+)?))?(?: ?(?:s|second(?:\(s\)|s)?))?")
_NONE: Final = frozenset({"", "unlimited", "partition_limit", "not_set", "invalid", "infinite", "-", "-1"})
_DAY, _HOUR, _MINUTE = 86400.0, 3600.0, 60.0


@lru_cache(maxsize=1 << 16)
def read_walltime(text: str, bare: float = 1.0) -> float | None:
    """Read a length of time.

    Parameters
    ----------
    text
        ``D-HH[:MM[:SS]]``, ``HH:MM:SS``, ``MM:SS`` or a number.
    bare
        Unit of a number without a colon [s].

    Returns
    -------
    float or None
        Seconds [s]; NaN where the text says that there is none, such as ``UNLIMITED``; None where it is no length.

    Examples
    --------
    >>> read_walltime("1-10:00:00"), read_walltime("17:05"), read_walltime("90", 60.0), read_walltime("1-06")
    (122400.0, 1025.0, 5400.0, 108000.0)
    >>> read_walltime("soon")
    """
    if text.lower() in _NONE:
        return np.nan
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    days, *clock = found.groups()
    first, second, third = (float(each or 0) for each in clock)
    if days is not None:
        return float(days) * _DAY + first * _HOUR + second * _MINUTE + third
    if clock[2] is not None:
        return first * _HOUR + second * _MINUTE + third
    return first * _MINUTE + second if clock[1] is not None else first * bare


def walltimes(sieve: Sieve, *names: str, bare: float = 1.0) -> pd.Series:
    """Return a column as lengths of time; rows that hold none are quarantined.

    Parameters
    ----------
    sieve
        Rows of a chunk.
    *names
        Names the column may have.
    bare
        Unit of a number without a colon [s].

    Returns
    -------
    Series of float, shape (rows,)
        Seconds [s]; NaN where there is none, or the file has no such column.
    """
    if not sieve.has(*names):
        return pd.Series(np.nan, index=range(sieve.rows))
    read = [read_walltime(text, bare) for text in sieve.text(*names)]
    lost = np.array([each is None for each in read], dtype=bool)
    sieve.fail(lost, sieve.column(*names), "is not a length of time such as 1-10:00:00, 17:05 or 3600")
    seconds = pd.Series([np.nan if each is None else each for each in read], dtype=float)
    sieve.bound(seconds, "duration", sieve.column(*names))
    return seconds
