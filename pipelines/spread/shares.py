"""Forecast shares on Spark by the function of one machine, group by group: groups are walls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from shiftcast.pipelines.spread.forecasts import Job, spread
from shiftcast.pipelines.spread.manifest import SERIES, TREATED, Manifest
from shiftcast.pipelines.spread.worker import TOLD, Remark, remark

_TEXT, _NUMBER, _WHEN = pa.string(), pa.float64(), pa.timestamp("us", tz="UTC")
SHAPES: Final = {
    "forecast": pa.schema([("series", _TEXT), ("period_end", _WHEN), ("category", _TEXT), ("statistic", _TEXT),
                           ("quantile", _NUMBER), ("value", _NUMBER)]),
    "skill": pa.schema([("histories", _TEXT), ("horizon", pa.int64()), ("ratio", _NUMBER)]),
}  # fmt: skip
Forecast = Callable[[pd.DataFrame], tuple[pd.DataFrame, list[Any]]]


def spread_shares(
    file: str, columns: tuple[str, ...], forecast: Forecast, outputs: dict[str, str], master: str | None
) -> Manifest:
    """Forecast the shares of files on Spark.

    Parameters
    ----------
    file
        Path, folder, pattern or URI of CSV or Parquet files.
    columns
        Columns that the answer depends on.
    forecast
        From the histories of a group to its quantile frame and its fits; importable where the workers are.
    outputs
        Where ``forecast`` goes.
    master
        As :func:`pipelines.engine.spark.session` takes it.

    Returns
    -------
    Manifest
        Summary; its table ``skill`` has mean ``ratio`` and ``count`` of series by ``histories, horizon``.

    Raises
    ------
    ValueError
        As :func:`pipelines.spread.spread`.
    """
    averaged = {"skill": ("histories", "horizon")}
    return spread(Job(file, columns, partial(answers, forecast=forecast), SHAPES, outputs, averaged, None, master))


def answers(history: pd.DataFrame, forecast: Forecast) -> Iterator[tuple[str, pd.DataFrame | Remark]]:
    """Yield the rows and remarks that the series of a group come to.

    Parameters
    ----------
    history
        Rows of a group.
    forecast
        As :func:`spread_shares` takes it.

    Yields
    ------
    tuple
        Kind of rows, one of ``SHAPES`` or ``told``, and the rows.

    Raises
    ------
    ValueError
        On bad input.
    """
    found, fits = forecast(history)
    yield "forecast", found
    for fit in fits:
        yield TOLD, remark(SERIES, number=len(fit.series))
        for name, count in fit.treated.counts.items():
            yield TOLD, remark(TREATED, name, count, first=fit.treated.first.get(name))
        yield "skill", fit.skill.dropna()
