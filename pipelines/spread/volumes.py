"""Forecast volumes on Spark by the function of one machine, group by group and part by part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from shiftcast.pipelines.series.volumes import CELLS, CHUNK, STEPS, VolumeAnswer, VolumeQuestion, forecast_volumes
from shiftcast.pipelines.spread.forecasts import Job, spread
from shiftcast.pipelines.spread.manifest import BORROWED, NOTE, SERIES, TREATED, WON, Manifest
from shiftcast.pipelines.spread.worker import TOLD, Remark, remark

_TEXT, _NUMBER, _WHEN = pa.string(), pa.float64(), pa.timestamp("us", tz="UTC")
SHAPES: Final = {
    "forecast": pa.schema([("series", _TEXT), ("period_end", _WHEN), ("statistic", _TEXT), ("quantile", _NUMBER),
                           ("value", _NUMBER)]),
    "paths": pa.schema([("series", _TEXT), ("draw", pa.int64()), ("period_end", _WHEN), ("value", _NUMBER)]),
    "weights": pa.schema([("part", pa.int64()), ("frequency", _TEXT), ("group", _TEXT), ("member", _TEXT),
                          ("weight", _NUMBER), ("error", _NUMBER), ("shipped", _NUMBER)]),
    "effects": pa.schema([("part", pa.int64()), ("frequency", _TEXT), ("group", _TEXT), ("driver", _TEXT),
                          ("prior_mean", _NUMBER), ("prior_sd", _NUMBER), ("mean", _NUMBER), ("sd", _NUMBER),
                          ("known", pa.bool_())]),
}  # fmt: skip


def spread_volumes(file: str, question: VolumeQuestion, outputs: dict[str, str], master: str | None) -> Manifest:
    """Forecast the volumes of files on Spark.

    Parameters
    ----------
    file
        Path, folder, pattern or URI of CSV or Parquet files.
    question
        Periods ahead and options.
    outputs
        Where ``forecast``, ``paths`` and ``weights`` go, those that are wanted.
    master
        As :func:`pipelines.engine.spark.session` takes it.

    Returns
    -------
    Manifest
        Summary; the rows are where the outputs are.

    Raises
    ------
    ValueError
        As :func:`pipelines.spread.spread`.
    """
    averaged = {"weights": ("frequency", "member"), "effects": ()}
    together = partial(_together, horizon=question.horizon)
    answer = partial(answers, question=question)
    return spread(Job(file, question.columns, answer, SHAPES, outputs, averaged, together, master))


def _together(longest: Any, horizon: int) -> Any:
    """Return how many series of a group one machine forecasts together, as a column of Spark."""
    from pyspark.sql import functions as F  # noqa: N812, PLC0415  (its usual name; an extra)

    by_cells = F.floor(F.lit(CELLS) / longest)
    return F.greatest(F.lit(1), F.least(F.lit(CHUNK), by_cells, F.lit(STEPS // horizon)))


def answers(history: pd.DataFrame, question: VolumeQuestion) -> Iterator[tuple[str, pd.DataFrame | Remark]]:
    """Yield the rows and remarks that the series of a group come to.

    Parameters
    ----------
    history
        Rows of a group.
    question
        Periods ahead and options.

    Yields
    ------
    tuple
        Kind of rows, one of ``SHAPES`` or ``told``, and the rows.

    Raises
    ------
    ValueError
        On bad input, as :func:`pipelines.series.volumes.forecast_volumes`.
    """
    for found, treated in forecast_volumes(history, question):
        for name, count in treated.counts.items():
            yield TOLD, remark(TREATED, name, count, first=treated.first.get(name))
        for answer in found:
            yield "forecast", answer.forecast
            if question.draws:
                yield "paths", answer.paths
            yield "weights", answer.weights
            yield "effects", answer.effects
            yield from ((TOLD, each) for each in _remarks(answer))


def _remarks(answer: VolumeAnswer) -> Iterator[Remark]:
    yield remark(SERIES, number=len(answer.panel.series))
    for name, count in Counter(answer.shipped.astype(str)).items():
        yield remark(WON, str(name), count)
    for note, series in answer.notes.items():
        yield remark(NOTE, note, len(series), first=series[0])
    borrowed = answer.data_weight < 1.0
    for name, weight in zip(answer.panel.series[borrowed], answer.data_weight[borrowed], strict=True):
        yield remark(BORROWED, str(name), weight=float(weight))
