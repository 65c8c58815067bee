"""Refusals of input rows: every one names series, row, value and remedy."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def refuse(rows: pd.DataFrame, bad: pd.Series, values: pd.Series, name: str, remedy: str) -> None:
    """Raise on the first bad row, naming series, row, value and remedy.

    Parameters
    ----------
    rows
        Columns ``series`` and ``row`` (1 for the first row below a file's header).
    bad
        Whether a row is at fault.
    values
        What the caller wrote in column ``name``.

    Raises
    ------
    ValueError
        If any row is bad.

    Examples
    --------
    >>> rows = pd.DataFrame({"series": ["web"], "row": [1]})
    >>> refuse(rows, pd.Series([True]), pd.Series([-3.0]), "value", "correct it")
    Traceback (most recent call last):
    ValueError: series 'web', row 1: value is -3; correct it
    """
    if bad.any():
        at = int(bad.to_numpy().argmax())
        where = f"series {rows.series.iloc[at]!r}, row {rows.row.iloc[at]}"
        value = values.iloc[at]
        shown = f"{value:g}" if isinstance(value, float) else repr(value)
        raise ValueError(f"{where}: {name} is {shown}; {remedy}")


def text_of(column: pd.Series, name: str, row: NDArray[np.int64] | None = None) -> NDArray[np.object_]:
    """Return a column as text, or refuse a row without any; ``row`` numbers the rows, from 1 on without it.

    Raises
    ------
    ValueError
        If a row is empty.

    Examples
    --------
    >>> text_of(pd.Series([7, 8]), "series").tolist()
    ['7', '8']
    """
    empty = column.isna().to_numpy()
    if empty.any():
        at = int(empty.argmax())
        raise ValueError(f"row {at + 1 if row is None else row[at]}: {name} is empty; name it or drop the row")
    if isinstance(column.dtype, pd.CategoricalDtype):
        names = np.asarray(column.cat.categories.astype(str), dtype=object)
        return np.asarray(names[column.cat.codes.to_numpy()])
    return np.asarray(column.astype(str).to_numpy(dtype=object))
