"""Read figures as sheets write them: decimal points and commas where told, products of columns, lengths of time."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.pipelines.sources.setting import limits
from shiftcast.pipelines.sources.sieve import Sieve

DECIMALS: Final = ("point", "comma")
DURATIONS: Final = {"duration": 0.0, "duration_ms": 1e-3, "duration_s": 1.0, "duration_min": 60.0, "duration_h": 3600.0}
_CLOCK: Final = re.compile(r"(?:(?P<days>\d+)[- ])?(?P<hours>\d+):(?P<minutes>\d{2}):(?P<seconds>\d{2}(?:\.\d+)?)")
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_COMMA: Final = "has a comma; say whether it divides thousands or decimals with a row decimal,,point or decimal,,comma"
_NO_NUMBER: Final = "is not a number; correct it or check for swapped columns"


def plain_figure(text: str, decimal: str) -> str:
    """Return a figure as a program reads it.

    Parameters
    ----------
    text
        Figure as a sheet writes it, such as ``1.234,50`` or ``(12)`` for minus twelve.
    decimal
        ``point`` or ``comma``: what divides decimals, the other one dividing thousands; empty to leave it as it is.

    Returns
    -------
    str
        Text with a point before decimals, or the text itself where it cannot be meant so.

    Examples
    --------
    >>> plain_figure("1.234,50", "comma"), plain_figure("(1,234.5)", "point"), plain_figure("12,5", "point")
    ('1234.50', '-1234.5', '12,5')
    """
    if not decimal:
        return text
    bare = re.sub(r"[\s'\u2019$\u20ac\u00a3]", "", text)
    if bare.startswith("(") and bare.endswith(")"):
        bare = f"-{bare[1:-1]}"
    mark, thousands = (",", ".") if decimal == "comma" else (".", ",")
    whole, _, part = bare.partition(mark)
    grouped = re.fullmatch(rf"[-+]?\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+|[-+]?\d*", whole)
    good = grouped is not None and re.fullmatch(r"\d*", part) is not None
    return whole.replace(thousands, "") + (f".{part}" if part else "") if good else text


def factors(expression: str, has: Sieve) -> list[str | float]:
    """Return the columns and numbers of a product such as ``nodes*gpus_per_node``.

    Parameters
    ----------
    expression
        A column, or names and numbers joined by ``*``.
    has
        Rows whose columns they are.

    Returns
    -------
    list
        Columns by their names in the file, and numbers.

    Raises
    ------
    UnreadableFileError
        If the file has no such column.
    """
    if has.has(expression):
        return [has.column(expression)]
    parts = [part.strip() for part in expression.split("*")]
    return [float(part) if _NUMBER.fullmatch(part) and not has.has(part) else has.column(part) for part in parts]


def product(
    sieve: Sieve, expression: str, rows: NDArray[np.bool_], *, decimal: str, looked: frozenset[str]
) -> pd.Series:
    """Return a product of columns; rows where a factor is no number are quarantined.

    Parameters
    ----------
    sieve
        Rows of a chunk.
    expression
        A column, or names and numbers joined by ``*``.
    rows
        Rows it is needed of, shape (rows,).
    decimal
        As in :func:`plain_figure`.
    looked
        Columns that a lookup table gave.

    Returns
    -------
    Series of float, shape (rows,)
        Products; NaN where a factor is no number.
    """
    whole = pd.Series(1.0, index=range(sieve.rows))
    for factor in factors(expression, sieve):
        if isinstance(factor, float):
            whole *= factor
            continue
        text = sieve.text(factor)
        values = pd.to_numeric(text.map(lambda each: plain_figure(each, decimal)), errors="coerce").astype(float)
        lost, empty = values.isna().to_numpy() & rows, (text == "").to_numpy()
        comma = text.str.contains(",", regex=False).to_numpy(dtype=bool)
        absent = "has no row in the lookup table; add one, or leave such rows out with a row where,..."
        sieve.fail(lost & empty, factor, absent if factor in looked else "is empty; a number is needed")
        sieve.fail(lost & comma, factor, _COMMA if not decimal else _NO_NUMBER)
        sieve.fail(lost, factor, _NO_NUMBER)
        whole *= values
    return whole


def seconds_of(sieve: Sieve, column: str, unit: str, rows: NDArray[np.bool_], *, decimal: str) -> pd.Series:
    """Return lengths of time [s]; rows where it is none are quarantined.

    Parameters
    ----------
    sieve
        Rows of a chunk.
    column
        Column of the file: figures in the unit, or clocks such as ``30:00:00`` and ``1-06:00:00``.
    unit
        Role it plays, such as ``duration_h``; ``duration`` takes clocks alone.
    rows
        Rows it is needed of, shape (rows,).
    decimal
        As in :func:`plain_figure`.

    Returns
    -------
    Series of float, shape (rows,)
        Seconds; NaN where it is no length.
    """
    text = sieve.text(column)
    figures = pd.to_numeric(text.map(lambda each: plain_figure(each, decimal)), errors="coerce").astype(float)
    clocks = text.map(_clock).astype(float)
    seconds = clocks.where(clocks.notna(), figures * DURATIONS[unit] if DURATIONS[unit] else np.nan)
    unread = seconds.isna().to_numpy() & rows
    named = ", ".join(name for name in DURATIONS if DURATIONS[name])
    sieve.fail(unread & figures.notna().to_numpy(), column, f"is a number without a unit; name its role {named}")
    sieve.fail(unread, column, "is no length of time such as 3600 or 1:00:00")
    high = limits()["duration"].high
    sieve.fail(
        ((seconds < 0) | (seconds > high)).to_numpy() & rows, column, f"lies outside 0 to {high:g} s; check the unit"
    )
    return seconds


def _clock(text: str) -> float:
    """Return the seconds of hours:minutes:seconds; NaN for another text, as 30:00 is either hours or minutes.

    Examples
    --------
    >>> _clock("1-06:00:30"), _clock("30:00")
    (108030.0, nan)
    """
    found = _CLOCK.fullmatch(text)
    if found is None:
        return float("nan")
    days, hours, minutes = (int(found[name] or 0) for name in ("days", "hours", "minutes"))
    return days * 86400.0 + hours * 3600.0 + minutes * 60.0 + float(found["seconds"])
