"""Long frames of forecasts (``unique_id, ds`` and a column a model) to and from arrays by node and period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.hierarchy.structure import Hierarchy

ALIASES: Final = {
    "unique_id": ("item_id", "series_id", "id"), "ds": ("timestamp", "date", "datetime", "time"),
    "y": ("target", "value", "actual"),
}  # fmt: skip
KEYS: Final = ("unique_id", "ds")


@dataclass(frozen=True)
class LongValues:
    """Values of a long frame laid out by node.

    Attributes
    ----------
    values
        Column name to array of shape (nodes, periods); NaN where the frame has no row.
    periods
        Values of ``ds``, ascending, shape (periods,).
    """

    values: dict[str, Array]
    periods: pd.Index


def mapped(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a long frame with its key columns renamed to ``unique_id`` and ``ds``, its actuals to ``y``.

    Parameters
    ----------
    frame
        Long frame under any of the usual column names (:data:`ALIASES`).

    Returns
    -------
    DataFrame
        The same rows; other columns keep their names.

    Raises
    ------
    ValueError
        If no column stands for ``unique_id`` or ``ds``.

    Examples
    --------
    >>> mapped(pd.DataFrame({"item_id": ["a"], "timestamp": ["2026-01-01"], "y": [1.0]})).columns.tolist()
    ['unique_id', 'ds', 'y']
    """
    names = {}
    for wanted, others in ALIASES.items():
        found = [name for name in others if name in frame]
        if wanted not in frame and found:
            names[found[0]] = wanted
    frame = frame.rename(columns=names)
    for wanted in KEYS:
        if wanted not in frame:
            raise InputError(f"column {wanted!r} is missing; the columns are {list(frame.columns)}")
    return frame


def lay_out(hierarchy: Hierarchy, frame: pd.DataFrame, *, need_bottom: bool = True) -> LongValues:
    """Return every numeric column of a long frame as an array by node and period.

    Parameters
    ----------
    hierarchy
        Hierarchy whose nodes the series are.
    frame
        Columns ``unique_id, ds`` and numeric columns.
    need_bottom
        Whether each bottom node has to have a row.

    Returns
    -------
    LongValues

    Raises
    ------
    ValueError
        If a series is not in the hierarchy, a bottom node has no rows, a row is given twice, or a column is a quantile
        or not numeric; it is named.
    """
    rows = pd.Index(hierarchy.names).get_indexer(frame["unique_id"].astype(str))
    _check_series(hierarchy, frame, rows, need_bottom=need_bottom)
    again = frame.duplicated(list(KEYS))
    if again.any():
        first = frame[again].iloc[0]
        raise InputError(f"series {first['unique_id']!r} has two rows for {first['ds']}; keep one")
    columns, periods = pd.factorize(frame["ds"], sort=True)
    return LongValues(
        {
            str(name): _filled(frame, name, rows, columns, (len(hierarchy.names), len(periods)))
            for name in _numeric(frame)
        },
        pd.Index(periods),
    )


def _numeric(frame: pd.DataFrame) -> list[str]:
    names = [name for name in frame.columns if name not in KEYS]
    if not names:
        raise InputError(f"there is no column of forecasts beside {list(KEYS)}")
    for name in names:
        if "-lo-" in str(name) or "-hi-" in str(name):
            raise InputError(f"column {name!r} is a quantile, and quantiles do not add up; give draws, a column each")
        if not pd.api.types.is_numeric_dtype(frame[name]):
            raise InputError(f"column {name!r} is not numeric, such as {frame[name].iloc[0]!r}; correct or drop it")
    return names


def _check_series(hierarchy: Hierarchy, frame: pd.DataFrame, rows: np.ndarray, *, need_bottom: bool) -> None:
    if (rows < 0).any():
        name = frame["unique_id"].iloc[int(np.argmax(rows < 0))]
        raise InputError(f"series {name!r} is an orphan: the hierarchy has no such node; add its edge or drop it")
    absent = np.setdiff1d(hierarchy.leaves, rows)
    if need_bottom and len(absent):
        raise InputError(f"bottom node {hierarchy.names[absent[0]]!r} has no forecast; add its rows or drop its edge")


def _filled(
    frame: pd.DataFrame, name: str, rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]
) -> Array:  # fmt: skip
    values = np.full(shape, np.nan)
    values[rows, columns] = frame[name].to_numpy(dtype=np.float64)
    return values


def to_long(hierarchy: Hierarchy, laid: LongValues) -> pd.DataFrame:
    """Return arrays by node and period as a long frame.

    Parameters
    ----------
    hierarchy
        Hierarchy whose nodes the rows of the arrays are.
    laid
        Arrays by column name and the periods.

    Returns
    -------
    DataFrame
        ``unique_id, ds`` and a column an array, sorted by series and period.
    """
    nodes, periods = len(hierarchy.names), len(laid.periods)
    table = pd.DataFrame({
        "unique_id": np.repeat(np.array(hierarchy.names, dtype=object), periods),
        "ds": np.tile(laid.periods.to_numpy(), nodes),
        **{name: values.ravel() for name, values in laid.values.items()},
    })  # fmt: skip
    return table.sort_values(list(KEYS), ignore_index=True)
