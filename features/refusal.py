"""Refuse input rows: every refusal names series, row, value and remedy."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.features.input_error import InputError

LARGEST: Final = 1e36  # of any unit; all operations of all accelerators in a year are some 1e29
TOO_LARGE: Final = "no figure is that large: correct it, or give it in a larger unit"
TIMES: Final = "a time or duration is no number: write hours, such as 12.5 for 12:30:00"


def refuse(rows: pd.DataFrame, bad: pd.Series, values: pd.Series, name: str, remedy: str) -> None:
    """Raise on the first bad row, naming series, row, value and remedy.

    Parameters
    ----------
    rows
        Columns ``series`` and ``row`` (1 for the first row below a file's header).
    bad
        Whether a row is at fault, shape (rows,).
    values
        Values of column ``name`` as the caller wrote them, shape (rows,).
    name
        Column at fault, for the message.
    remedy
        Last part of the message: how to correct the value.

    Raises
    ------
    ValueError
        If any row is bad.

    Examples
    --------
    >>> rows = pd.DataFrame({"series": ["web"], "row": [1]})
    >>> refuse(rows, pd.Series([True]), pd.Series([-3.0]), "value", "correct it")
    Traceback (most recent call last):
    shiftcast.InputError: series 'web', row 1: value is -3; correct it
    """
    if bad.any():
        at = int(bad.to_numpy().argmax())
        where = f"series {rows.series.iloc[at]!r}, row {rows.row.iloc[at]}"
        value = values.iloc[at]
        shown = f"{value:g}" if isinstance(value, float) else repr(value)
        raise InputError(f"{where}: {name} is {shown}; {remedy}")


def numbers_of(rows: pd.DataFrame, column: pd.Series, name: str) -> NDArray[np.float64]:
    """Return a column as numbers, NaN where a cell holds none; refuse times and durations, which are no amounts.

    Parameters
    ----------
    rows
        Columns ``series`` and ``row``, as :func:`refuse` takes them.
    column
        Any cells, shape (rows,).
    name
        Name of the column, for the refusal.

    Returns
    -------
    ndarray, shape (rows,)
        The cells as numbers.

    Raises
    ------
    ValueError
        If the column holds times or durations.

    Examples
    --------
    >>> numbers_of(pd.DataFrame({"series": ["web"], "row": [1]}), pd.Series(["7.5"]), "value").tolist()
    [7.5]
    """
    if column.dtype.kind in "mM":
        refuse(rows, column.notna().reset_index(drop=True), column.astype(str), name, TIMES)
    return np.asarray(pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan))


def text_of(column: pd.Series, name: str) -> NDArray[np.object_]:
    """Return a column as text, or refuse a row without any; rows are numbered from 1 on.

    Parameters
    ----------
    column
        Any cells, shape (rows,).
    name
        Name of the column, for the refusal.

    Returns
    -------
    ndarray of str, shape (rows,)
        The cells as text.

    Raises
    ------
    ValueError
        If a row is empty.

    Examples
    --------
    >>> text_of(pd.Series([7, 8]), "series").tolist()
    ['7', '8']
    """
    _refuse_empty(column, name, np.arange(1, len(column) + 1))
    return np.asarray(column.astype(str).to_numpy(dtype=object))


def coded(column: pd.Series, name: str, row: NDArray[np.int64]) -> pd.Series:
    """Return a column as categories in the order of their text, or refuse a row without any.

    Parameters
    ----------
    column
        Any cells, shape (rows,).
    name
        Name of the column, for the refusal.
    row
        Number of each row, shape (rows,), for the refusal.

    Returns
    -------
    Series, shape (rows,)
        Categorical of text, numbered from zero on.

    Raises
    ------
    ValueError
        If a row is empty.

    Examples
    --------
    >>> coded(pd.Series(["web", "api", "web"]), "series", np.arange(1, 4)).cat.codes.tolist()
    [1, 0, 1]
    """
    _refuse_empty(column, name, row)
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return column.astype(str).astype("category").reset_index(drop=True)
    used = column.cat.remove_unused_categories()
    used = used.cat.rename_categories(used.cat.categories.astype(str))
    return used.cat.reorder_categories(used.cat.categories.sort_values()).reset_index(drop=True)


def _refuse_empty(column: pd.Series, name: str, row: NDArray[np.int64]) -> None:
    empty = column.isna().to_numpy()
    if empty.any():
        raise InputError(f"row {row[empty.argmax()]}: {name} is empty; name it or drop the row")
