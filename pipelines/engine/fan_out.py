"""Fit many series, one call a group: in this process, in several, or on Spark, with equal results."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

import ibis.expr.types as ir
import pandas as pd

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.engine.inputs import ENGINES

Rows = TypeVar("Rows", pd.DataFrame, ir.Table)
Fit = Callable[[pd.DataFrame], pd.DataFrame]
_ROW: Final = "shiftcast_row"
_CHUNKS: Final = 4  # batches of groups a process gets: enough to even out slow ones, few enough to be cheap


def fan_out(
    rows: Rows, key: str | list[str], fit: Fit, engine: str = "duckdb", *, workers: int = 1,
    master: str | None = None,
) -> Rows:  # fmt: skip
    """Return ``fit`` of the rows of each key, one below the other in the order of the keys.

    Parameters
    ----------
    rows
        Long frame, such as the history of many series; or an Ibis table of a Spark session, whose rows stay there.
    key
        Column or columns that name a series.
    fit
        From the rows of one series, in the order given (a table has none), to a frame of always the same columns and
        types; it may not
        depend on other series. For several processes and Spark it must be importable, as a function of a module is.
    engine
        ``duckdb`` is this machine; ``spark`` hands the series to Spark's workers.
    workers
        Processes on this machine; 1 is a plain loop.
    master
        Spark master, as in :func:`pipelines.engine.aggregate`.

    Returns
    -------
    DataFrame or Table
        The key columns, then those of the fits; of a table a table of the same session, in no order and not computed.

    Raises
    ------
    ValueError
        If a key column is missing, the engine is unknown, or a fit fails, naming the series.

    Examples
    --------
    >>> rows = pd.DataFrame({"series": ["b", "a", "a"], "value": [3.0, 1.0, 2.0]})
    >>> fan_out(rows, "series", lambda mine: pd.DataFrame({"total": [mine.value.sum()]})).to_numpy().tolist()
    [['a', 3.0], ['b', 3.0]]
    """
    keys = [key] if isinstance(key, str) else list(key)
    missing = [name for name in keys if name not in rows]
    if missing:
        raise InputError(f"column {missing[0]!r} of the key is missing; the rows have {list(rows.columns)}")
    if engine not in ENGINES:
        raise InputError(f"engine {engine!r} is not one of {', '.join(ENGINES)}")
    if isinstance(rows, ir.Table):
        return _of_table(rows, _One(keys, fit))
    if rows.empty:
        return rows[keys]
    groups = (group for _, group in rows.groupby(keys, sort=True, dropna=False))
    one = _One(keys, fit)
    if engine == "spark":
        return _spark(rows, one, one(next(groups)), master)
    parts = _pooled(one, list(groups), workers) if workers > 1 else map(one, groups)
    return pd.concat(parts, ignore_index=True)


@dataclass(frozen=True)
class _One:
    """The fit of one series, its key put in front, its failure named."""

    keys: list[str]
    fit: Fit

    def __call__(self, group: pd.DataFrame) -> pd.DataFrame:
        group = group.reset_index(drop=True)
        name: dict[str, Any] = {key: group[key].iloc[0] for key in self.keys}
        try:
            result = self.fit(group)
        except Exception as error:
            raise InputError(f"the fit of {name} failed: {error}; correct its rows or leave the series out") from error
        own = result.drop(columns=self.keys, errors="ignore").reset_index(drop=True)
        front = group[self.keys].iloc[[0] * len(own)].reset_index(drop=True)
        return pd.concat([front, own], axis=1)


def _pooled(one: _One, groups: list[pd.DataFrame], workers: int) -> Iterator[pd.DataFrame]:
    size = max(1, len(groups) // (workers * _CHUNKS))
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(one, groups, chunksize=size)


def _spark(rows: pd.DataFrame, one: _One, example: pd.DataFrame, master: str | None) -> pd.DataFrame:
    from shiftcast.pipelines.engine.spark import fan_out_spark, session  # noqa: PLC0415  (an extra)

    numbered = session(master).createDataFrame(rows.assign(**{_ROW: range(len(rows))}))
    result = fan_out_spark(numbered, one.keys, partial(_in_order, one=one), example).toPandas()
    for name, dtype in example.dtypes.items():
        if isinstance(dtype, pd.DatetimeTZDtype) and result[name].dt.tz is None:
            result[name] = result[name].dt.tz_localize("UTC")
    return result.astype(example.dtypes.to_dict()).sort_values(one.keys, kind="stable", ignore_index=True)


def _in_order(group: pd.DataFrame, one: _One) -> pd.DataFrame:
    return one(group.sort_values(_ROW).drop(columns=_ROW))


def _of_table(rows: ir.Table, one: _One) -> ir.Table:
    """Return the fits of a table of Spark; the first group's comes here, for its columns."""
    from shiftcast.pipelines.engine.spark import fan_out_spark  # noqa: PLC0415  (an extra)
    from shiftcast.pipelines.engine.spark_tables import rows_of, table_of  # noqa: PLC0415  (likewise)

    backend, whole = rows.get_backend(), rows_of(rows)
    first = whole.select(*one.keys).limit(1)
    example = one(whole.join(first, one.keys).toPandas())
    return table_of(fan_out_spark(whole, one.keys, one, example), backend)
