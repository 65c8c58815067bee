"""Check, conform and begin frames by their contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pandas as pd

from shiftcast.features.frames.model import AnyFrame, Column, FrameModel
from shiftcast.features.input_error import InputError

if TYPE_CHECKING:
    from shiftcast.features.frames.model import DataFrame


def empty(frame: type[AnyFrame]) -> DataFrame[AnyFrame]:
    """Return a frame with no rows.

    Parameters
    ----------
    frame
        Contract of the frame.

    Returns
    -------
    DataFrame
        Its columns in their dtypes, shape (0, columns).

    Examples
    --------
    >>> from shiftcast.features.frames import Quarantine
    >>> list(empty(Quarantine).columns)
    ['source', 'line', 'column', 'value', 'reason']
    """
    rows = pd.DataFrame({name: pd.Series(dtype=column.dtype) for name, column in frame.columns.items()})
    return cast("DataFrame[AnyFrame]", rows)


def conform(rows: pd.DataFrame, frame: type[AnyFrame]) -> DataFrame[AnyFrame]:
    """Return ``rows`` with the frame's columns in order, its dtypes and its sort order; values are not judged.

    Parameters
    ----------
    rows
        At least the frame's columns; others are left out.
    frame
        Contract of the frame.

    Returns
    -------
    DataFrame
        The same rows in the frame's dtypes, sorted by its key.

    Raises
    ------
    ValueError
        If a column is missing.
    """
    missing = [name for name in frame.columns if name not in rows]
    if missing:
        raise InputError(f"{frame.title}: column {missing[0]!r} is missing; the frame has {list(frame.columns)}")
    typed = pd.DataFrame({name: _typed(rows[name], column) for name, column in frame.columns.items()})
    return cast("DataFrame[AnyFrame]", typed.sort_values(list(frame.key), kind="stable", ignore_index=True))


def _typed(values: pd.Series, column: Column) -> pd.Series:
    if column.kind in {"date", "instant"}:
        return pd.to_datetime(values, utc=True).astype(column.dtype)
    if column.kind == "number":
        return pd.to_numeric(values).astype(column.dtype)
    return values.astype(column.dtype)


def check(rows: pd.DataFrame, frame: type[AnyFrame]) -> DataFrame[AnyFrame]:
    """Return ``rows`` unchanged if they keep the frame's contract.

    Parameters
    ----------
    rows
        The frame to check.
    frame
        Its contract.

    Returns
    -------
    DataFrame
        The very rows that were given.

    Raises
    ------
    ValueError
        Naming the frame, the first offending column, value and row, and how many there are.

    Examples
    --------
    >>> from shiftcast.features.frames import Quarantine
    >>> check(empty(Quarantine), Quarantine).shape
    (0, 5)
    """
    from pandera.errors import SchemaErrors  # noqa: PLC0415  (a forecast that is only asked checks no frame)

    try:
        frame.to_schema().validate(rows, lazy=True)
    except SchemaErrors as error:
        raise InputError(_first_failure(frame, error.failure_cases)) from None
    return cast("DataFrame[AnyFrame]", rows)


def _first_failure(frame: type[FrameModel], cases: pd.DataFrame) -> str:
    first = cases.iloc[0]
    fails = f"fails {first['check']!r} ({len(cases)} failures in all)"
    if first["column"] not in frame.columns:  # a fault of the table's columns, not of a row
        return f"{frame.title}: column {first['failure_case']!r} {fails}; the frame has {list(frame.columns)}"
    value = first["failure_case"].item() if hasattr(first["failure_case"], "item") else first["failure_case"]
    return (
        f"{frame.title}: column {first['column']!r} has {value!r} at row {first['index']} "
        f"which {fails}; correct the row or set it aside"
    )
