"""Check volume histories: what is refused, and what is treated and counted.

One row is the volume of one series in one period, in the series' own unit. What is refused and what is treated
is listed at :func:`check_volume_rows`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.features.input_error import InputError
from shiftcast.features.instants import Clock
from shiftcast.features.refusal import LARGEST, TOO_LARGE, coded, numbers_of, refuse
from shiftcast.features.stamps import refuse_dates, utc_stamps

COLUMNS: Final = ("series", "group", "period_end", "value")
FLAGS: Final = ("censored", "queued", "refused")  # true, or a count above zero: demand went unserved
WORDS: Final = {"true": 1, "yes": 1, "y": 1, "t": 1, "false": 0, "no": 0, "n": 0, "f": 0}  # as flags are written
CAPACITY: Final = "capacity"
AT_CAPACITY: Final = 0.999  # of capacity, from which served volume says only how much demand there was at least
TREATMENTS: Final = {
    "zoned": "rows written in another zone than UTC: brought to UTC",
    "local": "rows of days or longer written in a zone: the local days as given",
    "mixed": "rows in files that mix zones: all brought to UTC",
    "clock_change": "local hours that came twice as clocks went back: the second is winter time",
    "empty": "rows without a value: a gap where later values follow, the future of a driver where none do",
    "repeated": "rows that repeat another to the letter: kept once",
    "censored": "values at capacity or flagged as queued, refused or censored: lower bounds of demand",
    "held_out": "values of periods that are not over: held out, so that the forecast begins with that period",
    "scaled": "values of periods that are not over: scaled up to the whole period",
    "kept": "values of periods that are not over: taken as whole ones",
    "fallen": "series whose last value is far below all that went before: taken as whole; if that period is not over, "
    "say up to which day the figures go (--as-of), or drop its row",
    "gaps": "periods missing inside histories: left unknown, never filled with zero",
    "shifted": "daily or longer periods an hour off their step as clocks changed: taken as whole ones",
    "uneven": "periods whose shares do not add up to the 1 or 100 of most others: taken in proportion, so check them",
    "constant": "series that never change",
    "zero": "series of zeros",
    "single": "series with one observation: frequency taken from their group, or from most series",
    "without_history": "series without any value: to borrow from their group",
    "short": "series with fewer observations than periods asked for",
}


@dataclass(frozen=True)
class Treatments:
    """How many rows or series were treated how, and the first of each by name.

    Attributes
    ----------
    counts
        Rows, series or periods by treatment, one of ``TREATMENTS``.
    first
        Name of the first series of each treatment, where known.

    Examples
    --------
    >>> both = Treatments({"gaps": 2}, {"gaps": "web"}) + Treatments({"gaps": 1}, {"gaps": "api"})
    >>> both.counts["gaps"], both.lines()
    (3, ("3 periods missing inside histories: left unknown, never filled with zero (first: 'web')",))
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    first: Mapping[str, str] = field(default_factory=dict)

    def __add__(self, other: Treatments) -> Treatments:
        """Return both together."""
        names = [name for name in TREATMENTS if name in {**self.counts, **other.counts}]
        return Treatments(
            {name: self.counts.get(name, 0) + other.counts.get(name, 0) for name in names},
            {**other.first, **self.first},
        )

    def lines(self) -> tuple[str, ...]:
        """Return one sentence for each treatment there was.

        Returns
        -------
        tuple of str
            Count, meaning and first name, in the order of ``TREATMENTS``.
        """
        return tuple(
            f"{self.counts[name]} {about}" + (f" (first: {self.first[name]!r})" if name in self.first else "")
            for name, about in TREATMENTS.items()
            if self.counts.get(name)
        )


def counted(flags: Mapping[str, NDArray[np.bool_]], names: pd.Series) -> Treatments:
    """Return how often each flag is true, and the name of the first.

    Parameters
    ----------
    flags
        By treatment, whether it applies to each row or series, shape (n,).
    names
        Series of each, shape (n,).

    Returns
    -------
    Treatments
        Counts and first names of the treatments that apply anywhere.

    Examples
    --------
    >>> counted({"zero": np.array([False, True])}, pd.Series(["a", "b"])).first
    {'zero': 'b'}
    """
    true = {name: flag for name, flag in flags.items() if flag.any()}
    return Treatments(
        {name: int(flag.sum()) for name, flag in true.items()},
        {name: str(names.iloc[int(flag.argmax())]) for name, flag in true.items()},
    )


def check_volume_rows(
    history: pd.DataFrame, *, drivers: tuple[str, ...] = (), clock: Clock | None = None
) -> tuple[pd.DataFrame, Treatments]:
    """Return the rows checked, typed and sorted by group, series and period, and what was treated.

    Parameters
    ----------
    history
        Columns ``series, period_end, value`` and, where known, ``group`` (one for all without it), ``capacity``
        [unit of the series], flags ``censored, queued, refused``, and the drivers. Its index numbers the rows
        from 0, as a reader of files leaves it.
    drivers
        Further columns to carry along, each a number.
    clock
        How dates are read: zone of those written without one, order of day and month, end of fiscal years.

    Returns
    -------
    tuple
        Rows ``row, series, group, period_end`` (UTC without a zone)``, value`` (NaN where empty)``, lower`` (the
        value is a lower bound) and the drivers; the caller's frame is left as it is, in any order. And the
        treatments.

    Raises
    ------
    ValueError
        On a missing column, an empty frame, a value or driver that is infinite or no number, a negative value, a
        date that is none, two different values for one period, or a series in two groups; each names series,
        row, value and remedy.

    Examples
    --------
    >>> rows = pd.DataFrame({"series": "web", "period_end": ["2025-02-28", "2025-01-31"], "value": [7.0, 5.0]})
    >>> check_volume_rows(rows)[0].value.tolist()
    [5.0, 7.0]
    """
    rows, treated = _typed(history, drivers, clock)
    flags = flagged(rows, history)
    capacity = _number(rows, history, CAPACITY) if CAPACITY in history.columns else np.full(len(rows), np.inf)
    refuse(rows, pd.Series(capacity <= 0), pd.Series(capacity), CAPACITY, "give what can be served, or leave it empty")
    with np.errstate(invalid="ignore"):
        rows["lower"] = (flags | (rows.value.to_numpy() >= AT_CAPACITY * capacity)) & rows.value.notna().to_numpy()
    refuse(rows, rows.value > LARGEST, rows.value, "value", TOO_LARGE)
    refuse(rows, rows.value < 0, rows.value, "value", "a volume cannot be negative: correct it or drop the row")
    rows = rows.sort_values(["group", "series", "period_end"], kind="stable", ignore_index=True)
    rows, repeated = _once(rows)
    found = counted({"empty": rows.value.isna().to_numpy(), "censored": rows.lower.to_numpy()}, rows.series)
    return rows, Treatments({**treated, "repeated": repeated}) + found


def _typed(history: pd.DataFrame, drivers: tuple[str, ...], clock: Clock | None) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return text, dates and numbers in their types."""
    for name in ("series", "period_end", "value", *drivers):
        if name not in history.columns:
            raise InputError(f"column {name!r} is missing; give {', '.join(COLUMNS)} (group may be left out)")
    reserved = [name for name in drivers if name in (*COLUMNS, *FLAGS, CAPACITY)]
    if reserved:
        raise InputError(f"driver {reserved[0]!r} is a column with a meaning of its own; rename it")
    if history.empty:
        raise InputError("the history has no rows; give at least one period of one series")
    whole = pd.api.types.is_integer_dtype(history.index.dtype)
    number = history.index.to_numpy() + 1 if whole else np.arange(1, len(history) + 1)
    rows = pd.DataFrame({"row": number, "series": coded(history["series"], "series", number)})
    rows["group"] = _groups(history, number)
    rows["period_end"], treated = utc_stamps(history["period_end"], rows.series, clock)
    refuse_dates(rows, history["period_end"])
    rows["value"] = _number(rows, history, "value")
    for name in drivers:
        rows[name] = _number(rows, history, name)
    return rows, treated


def _groups(history: pd.DataFrame, number: NDArray[np.int64]) -> pd.Series:
    """Return the group of each row: ``all`` where none is given."""
    if "group" not in history.columns:
        return coded(pd.Series("all", index=history.index, dtype="category"), "group", number)
    group = history["group"]
    if group.isna().any():
        group = group.astype(object).where(group.notna(), "all")
    return coded(group, "group", number)


def _number(rows: pd.DataFrame, history: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Return a column as finite numbers, NaN where empty; refuse what is neither."""
    value = numbers_of(rows, history[name], name)
    bad = np.isinf(value) | (np.isnan(value) & history[name].notna().to_numpy())
    refuse(rows, pd.Series(bad), history[name], name, "give a finite number, or leave it empty where none was measured")
    return np.asarray(value)


def flagged(rows: pd.DataFrame, history: pd.DataFrame) -> NDArray[np.bool_]:
    """Return whether a row is flagged as demand that went unserved; refuse words that say neither.

    Parameters
    ----------
    rows
        ``series`` and ``row`` of every row, to name it by.
    history
        The same rows, with any of the columns ``censored, queued, refused``.

    Returns
    -------
    ndarray, shape (rows,)
        True where one of them is true or a count above zero.

    Raises
    ------
    ValueError
        If a flag is neither a count nor a known word.
    """
    out = np.zeros(len(history), dtype=bool)
    for name in (flag for flag in FLAGS if flag in history.columns):
        code, said = pd.factorize(history[name])
        words = [str(cell).strip().lower() or "0" for cell in said]
        number = pd.to_numeric(pd.Series([WORDS.get(word, word) for word in words], dtype=object), errors="coerce")
        count = np.append(number.to_numpy(dtype=float), 0.0)[code]  # an empty cell flags nothing
        bad = pd.Series(np.isnan(count) | (count < 0))
        refuse(rows, bad, history[name], name, f"give a count, or one of {', '.join(WORDS)}, or leave it empty")
        out |= count > 0
    return out


def _once(rows: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return sorted rows without those that repeat another, or refuse two values for one period."""
    series, group, ends = rows.series.cat.codes.to_numpy(), rows.group.cat.codes.to_numpy(), rows.period_end.to_numpy()
    new = np.r_[True, (series[1:] != series[:-1]) | (group[1:] != group[:-1])]
    again = ~new & np.r_[False, ends[1:] == ends[:-1]]
    copied = again.copy()
    for name in rows.columns.difference(["row", "series", "group", "period_end"]):
        column = rows[name].to_numpy(dtype=float)
        copied[1:] &= (column[1:] == column[:-1]) | (np.isnan(column[1:]) & np.isnan(column[:-1]))
    different = again & ~copied
    if different.any():
        row = rows[different].iloc[0]
        raise InputError(
            f"series {row.series!r}, row {row.row}: a second value ({row.value:g}) for "
            f"{row.period_end:%Y-%m-%d %H:%M}; "
            "keep one row per series and period, or, if clocks went back in that hour, name the zone (--zone)"
        )
    runs = np.bincount(series[new])
    if (runs > 1).any():
        row = rows[new & (series == runs.argmax())].iloc[1]
        raise InputError(f"series {row.series!r}, row {row.row}: also in another group than {row.group!r}; keep one")
    return rows[~copied].reset_index(drop=True), int(copied.sum())
