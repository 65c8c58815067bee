"""Long frames of forecasts (``unique_id, ds`` and a column a model) to and from arrays by node and period."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.hierarchy.structure import Hierarchy

KEYS: Final = ("unique_id", "ds")
ALIASES: Final = {
    "unique_id": ("item_id", "series_id", "id", "series"),
    "ds": ("timestamp", "date", "datetime", "time", "period_end"),
}  # fmt: skip
ACTUAL: Final = "y"
ACTUALS: Final = ("target", "actual", "value")
_EDGE: Final = r"(?:lo|hi|low|high|lower|upper)"
_QUANTILE: Final = re.compile(
    rf"0?\.\d+|\d+(\.\d+)?\s?%|(.*[-_. ])?(quantile|percentile|median|{_EDGE}|"
    rf"({_EDGE}|q|ql|qu|p|pct|quantile|percentile)[-_. ]?(0?\.\d+|\d{{1,2}}(\.\d+)?)\s?%?)",
    flags=re.IGNORECASE,
)


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
    """Return a long frame with its key columns renamed to ``unique_id`` and ``ds``.

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
        If no column stands for ``unique_id`` or ``ds``, or two do.

    Examples
    --------
    >>> mapped(pd.DataFrame({"item_id": ["a"], "timestamp": ["2026-01-01"], "value": [1.0]})).columns.tolist()
    ['unique_id', 'ds', 'value']
    """
    names = {}
    for wanted, others in ALIASES.items():
        found = [name for name in (wanted, *others) if name in frame]
        if not found:
            raise InputError(
                f"column {wanted!r} is missing, or {', '.join(others)}; the columns are {list(frame.columns)}"
            )
        if len(found) > 1:
            raise InputError(f"columns {found[0]!r} and {found[1]!r} both stand for {wanted!r}; drop or rename one")
        names[found[0]] = wanted
    return frame.rename(columns=names)


def with_actuals(insample: pd.DataFrame, forecasts: Collection[str]) -> pd.DataFrame:
    """Return an in-sample frame with its keys renamed as :func:`mapped` does, and its actuals to ``y``.

    Parameters
    ----------
    insample
        Long frame of actual and fitted values.
    forecasts
        Columns of the forecasts: one named so holds fitted values where another can be the actual ones.

    Returns
    -------
    DataFrame
        The same rows; columns of fitted values keep their names.

    Raises
    ------
    ValueError
        If no column stands for the actual values, or several do.

    Examples
    --------
    >>> rows = pd.DataFrame({"series": ["a"], "ds": [1], "actual": [1.0], "value": [2.0]})
    >>> with_actuals(rows, ["value"]).columns.tolist()
    ['unique_id', 'ds', 'y', 'value']
    """
    frame = mapped(insample)
    if ACTUAL in frame:
        return frame
    found = [name for name in ACTUALS if name in frame]
    found = [name for name in found if name not in forecasts] or found
    if len(found) != 1:
        raise InputError(f"in-sample columns {list(insample.columns)} lack 'y', the actual values; name them so")
    return frame.rename(columns={found[0]: ACTUAL})


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
        If a series is not in the hierarchy, a bottom node has no rows, a row is given twice or has no name or period,
        or a column is a quantile, not numeric or infinite; it is named.
    """
    names = _numeric(frame)
    _refuse_missing_keys(frame)
    rows = pd.Index(hierarchy.names).get_indexer(frame["unique_id"].astype(str))
    _check_series(hierarchy, frame, rows, need_bottom=need_bottom)
    again = frame.duplicated(list(KEYS))
    if again.any():
        first = frame[again].iloc[0]
        raise InputError(f"series {first['unique_id']!r} has two rows for {first['ds']}; keep one")
    columns, periods = pd.factorize(frame["ds"], sort=True)
    shape = (len(hierarchy.names), len(periods))
    return LongValues(
        {str(name): _filled(frame, name, rows, columns, shape) for name in names}, pd.Index(periods)
    )  # fmt: skip


def _numeric(frame: pd.DataFrame) -> list[str]:
    names = [name for name in frame.columns if name not in KEYS]
    if not names:
        raise InputError(f"there is no column of forecasts beside {list(KEYS)}")
    for name in names:
        if _QUANTILE.fullmatch(str(name).strip()):
            raise InputError(
                f"column {name!r} is a quantile by its name, and quantiles do not add up; give draws, a column each or "
                "the file that `shiftcast volume --paths` writes, or rename it if it is none"
            )
        if str(name).startswith("Unnamed: "):
            raise InputError(f"column {frame.columns.get_loc(name) + 1} has no name; name it or drop it")
        if not pd.api.types.is_numeric_dtype(frame[name]):
            raise InputError(f"column {name!r} is not numeric, such as {frame[name].iloc[0]!r}; correct or drop it")
    return names


def _refuse_missing_keys(frame: pd.DataFrame) -> None:
    for name in KEYS:
        missing = frame[name].isna().to_numpy()
        if missing.any():
            raise InputError(f"row {int(missing.argmax()) + 1}: {name!r} is empty; fill it in or drop the row")


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
    given = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isinf(given).any():
        at = frame.iloc[int(np.isinf(given).argmax())]
        raise InputError(
            f"series {at['unique_id']!r}, {at['ds']}: {name!r} is infinite; correct it, or leave it empty where a "
            "node above the bottom has no forecast"
        )
    values = np.full(shape, np.nan)
    values[rows, columns] = given
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
        ``unique_id, ds`` and a column an array, sorted by series and, as the arrays are, by period.
    """
    nodes, periods = len(hierarchy.names), len(laid.periods)
    table = pd.DataFrame({
        "unique_id": np.repeat(np.array(hierarchy.names, dtype=object), periods),
        "ds": np.tile(laid.periods.to_numpy(), nodes),
        **{name: values.ravel() for name, values in laid.values.items()},
    })  # fmt: skip
    return table.sort_values("unique_id", kind="stable", ignore_index=True)
