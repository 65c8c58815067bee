"""Rows of many columns added up to one series a combination of a few of them, with totals above."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.input_error import InputError
from shiftcast.features.refusal import refuse, text_of
from shiftcast.features.volumes import CAPACITY, FLAGS, flagged

PARTED: Final = " / "  # between the parts of a name
TOTAL: Final = "total"  # of everything


def added_up(history: pd.DataFrame, by: Sequence[str], *, totals: bool = False) -> pd.DataFrame:
    """Return rows added up by some of their columns, as a volume history.

    Parameters
    ----------
    history
        ``period_end, value``, the columns of ``by``, and where known ``capacity`` and the flags of unserved demand. Its
        index numbers the rows from 0.
    by
        Columns whose combinations become series, such as ``workload, technique``; the first is the group.
    totals
        Whether sums over the last column, the last two and so on are series too, and ``total``, the sum of all.

    Returns
    -------
    DataFrame
        ``series`` (values joined by ``/``)``, group, period_end, value``, one row a series and period. A period in
        which any row added up has no value has none; one without rows stays missing. Capacity is added up where every
        row has one, and ``censored`` holds where any row is flagged.

    Raises
    ------
    ValueError
        If a column is missing or given twice, a name is empty or made in two ways, or a value is no number.

    Examples
    --------
    >>> rows = pd.DataFrame({"workload": "ads", "technique": ["deep", "llm", "llm"], "period_end": "2026-01-31",
    ...                      "value": [1.0, 2.0, 4.0]})
    >>> added_up(rows, ["workload", "technique"], totals=True).set_index("series")["value"].to_dict()
    {'ads / deep': 1.0, 'ads / llm': 6.0, 'ads': 7.0, 'total': 7.0}
    """
    check_columns(history.columns, by)
    _refuse_missing(history, ("period_end", "value"))
    parts = [pd.Series(text_of(history[name], name), index=history.index) for name in by]
    names = joined(parts)
    _refuse_two_ways(names, parts)
    cells = _cells(history, names)
    depths = range(len(by), -1 if totals else len(by) - 1, -1)
    heads = [(joined(parts[:depth]), parts[0]) if depth else (TOTAL, TOTAL) for depth in depths]
    frames = [_summed(cells, series, group) for series, group in heads]
    done = pd.concat(frames, ignore_index=True)
    again = done.duplicated(["series", "period_end"])
    if again.any():
        raise InputError(
            f"series {done['series'][again].iloc[0]!r} is also the name of a total; rename it or leave totals out"
        )
    return done


def over_categories(history: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return volumes by category as the volumes of their series, and as share rows.

    Parameters
    ----------
    history
        ``series, category, period_end, value`` and, where known, ``group``, ``capacity`` and flags.

    Returns
    -------
    tuple
        Sums over categories, ``series, group, period_end, value``, without a value where one of them has none; and
        ``series, group, period_end, category, value`` of the other periods.

    Raises
    ------
    ValueError
        If a column is missing, a name is empty, or a value is no number.

    Examples
    --------
    >>> rows = pd.DataFrame({"series": "ads", "category": ["deep", "llm"], "period_end": "2026", "value": [1.0, 2.0]})
    >>> over_categories(rows)[0]["value"].tolist()
    [3.0]
    """
    _refuse_missing(history, ("series", "period_end", "value"))
    series = pd.Series(text_of(history["series"], "series"), index=history.index)
    group = pd.Series("all", index=history.index)
    if "group" in history:
        group = group.where(history["group"].isna(), history["group"].astype(str))
    cells = _cells(history, series).assign(category=text_of(history["category"], "category"))
    missing = cells.assign(series=series, none=cells["value"].isna()).groupby(["series", "period_end"])["none"]
    shares = cells.assign(series=series, group=group)[["series", "group", "period_end", "category", "value"]]
    return _summed(cells, series, group), shares[~missing.transform("any")].reset_index(drop=True)


def edges_of(history: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Return the hierarchy of the series and totals that :func:`added_up` makes.

    Parameters
    ----------
    history
        Rows with the columns of ``by``.
    by
        Columns whose combinations are series.

    Returns
    -------
    DataFrame
        ``parent, child``, as reconciliation reads it.

    Raises
    ------
    ValueError
        If a column is missing or a name is empty.

    Examples
    --------
    >>> edges_of(pd.DataFrame({"workload": ["ads"], "technique": ["llm"]}), ["workload", "technique"]).values.tolist()
    [['total', 'ads'], ['ads', 'ads / llm']]
    """
    check_columns(history.columns, by)
    heads = history[list(by)].drop_duplicates()
    parts = [pd.Series(text_of(heads[name], name)) for name in by]
    above = [pd.Series(TOTAL, index=parts[0].index), *(joined(parts[:depth]) for depth in range(1, len(by) + 1))]
    rows = [pd.DataFrame({"parent": up, "child": down}) for up, down in pairwise(above)]
    return pd.concat(rows).drop_duplicates(ignore_index=True)


def check_columns(there: Sequence[str] | pd.Index, by: Sequence[str]) -> None:
    """Refuse columns to add up by that a table has not, or that are named twice.

    Parameters
    ----------
    there
        Columns of the table.
    by
        Columns to add up by.

    Raises
    ------
    ValueError
        Naming the column, and the nearest one there is.
    """
    for at, name in enumerate(by):
        if name not in there:
            near = get_close_matches(name, [str(each) for each in there], n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"the columns are {', '.join(map(str, there))}"
            raise InputError(f"column {name!r} to add up by is missing; {hint}")
        if name in by[:at] or name in {"period_end", "value"}:
            raise InputError(f"column {name!r} cannot be added up by; name each column once, and no date or value")


def _refuse_missing(history: pd.DataFrame, wanted: Sequence[str]) -> None:
    for name in wanted:
        if name not in history:
            raise InputError(f"column {name!r} is missing; the columns are {', '.join(map(str, history.columns))}")


def joined(parts: Sequence[pd.Series]) -> pd.Series:
    """Return names of parts joined by ``/``.

    Parameters
    ----------
    parts
        Text by row, one a column.

    Returns
    -------
    Series
        Text by row.
    """
    out = parts[0]
    for part in parts[1:]:
        out = out + PARTED + part
    return out


def _refuse_two_ways(names: pd.Series, parts: Sequence[pd.Series]) -> None:
    """Raise where two combinations have one name, as a part holds the mark between parts."""
    heads = pd.concat([names, *parts], axis=1, ignore_index=True).drop_duplicates()
    twice = heads[0].duplicated()
    if twice.any():
        raise InputError(f"series {heads[0][twice].iloc[0]!r} is named by two combinations; rename one of its parts")


def _cells(history: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """Return what is added up as numbers: values, whether one is missing, capacity and flags."""
    where = pd.DataFrame({"series": names.to_numpy(), "row": np.arange(1, len(history) + 1)})
    out = pd.DataFrame({"period_end": text_of(history["period_end"], "period_end")}, index=history.index)
    for name in ("value", CAPACITY):
        if name not in history:
            continue
        given = history[name]
        out[name] = pd.to_numeric(given, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        given = given.astype(float) if pd.api.types.is_numeric_dtype(given) else given
        bad = np.isinf(out[name]) | (out[name].isna() & given.notna()) | (out[name] < 0)
        refuse(where, bad, given, name, "give a finite number, zero or more, or leave it empty where none was measured")
    if any(name in history for name in FLAGS):
        out[FLAGS[0]] = flagged(where, history)
    return out


def _summed(cells: pd.DataFrame, series: pd.Series | str, group: pd.Series | str) -> pd.DataFrame:
    """Return the cells of each series and period as one row."""
    keyed = cells.assign(series=series, group=group)
    grouped = keyed.groupby(["series", "group", "period_end"], sort=True)
    out = grouped["value"].sum().reset_index()
    for name in ("value", CAPACITY):
        if name in cells:
            whole = grouped[name].count().to_numpy() == grouped[name].size().to_numpy()
            out[name] = np.where(whole, grouped[name].sum().to_numpy(), np.nan)
    if FLAGS[0] in cells:
        out[FLAGS[0]] = grouped[FLAGS[0]].any().to_numpy()
    return out
