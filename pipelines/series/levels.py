"""Forecast series by their own periods and by longer ones that add up: sums, or every level forecast and reconciled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.features.levels import Ahead, at_level
from shiftcast.features.panel import Panel
from shiftcast.features.reading import Reading
from shiftcast.features.volumes import Treatments
from shiftcast.forecast.hierarchy.temporal import agreed_draws
from shiftcast.forecast.migration.quantiles import LEVELS as QUANTILES
from shiftcast.pipelines.series.volumes import VolumeAnswer, VolumeQuestion, forecast_volumes

SUMMED, AGREED = "summed", "agreed"
FEWEST: Final = 400  # draws that quantiles of levels are read from, at least


def forecast_levels(
    history: pd.DataFrame, question: VolumeQuestion, also: tuple[str, ...], *, how: str = SUMMED
) -> Iterator[tuple[list[VolumeAnswer], Treatments]]:
    """Yield answers by the series' own periods and by longer ones; sums over periods agree in every draw and mean.

    Parameters
    ----------
    history
        Rows as :func:`pipelines.series.volumes.forecast_volumes` wants them.
    question
        Periods ahead and options.
    also
        Longer periods, as :func:`features.levels.check_level` takes them.
    how
        ``summed`` from the shortest periods, or ``agreed``: each level is forecast, then all are reconciled.

    Yields
    ------
    tuple
        As :func:`pipelines.series.volumes.forecast_volumes`, with a column ``frequency`` in forecast and paths.

    Raises
    ------
    ValueError
        On what that refuses, where periods do not fill a longer one, the horizon ends before any is complete, or
        ``how`` is another word.
    """
    if how not in {SUMMED, AGREED}:
        raise InputError(f"--levels {how!r} is neither {SUMMED} nor {AGREED}")
    asked = replace(question, draws=max(question.draws, FEWEST))
    for answers, treated in forecast_volumes(history, asked):
        yield [_levelled(answer, asked, also, how, question.draws) for answer in answers], treated


def _levelled(answer: VolumeAnswer, asked: VolumeQuestion, also: tuple[str, ...], how: str, kept: int) -> VolumeAnswer:
    """Return an answer by all levels, with so many draws kept as paths."""
    panel, horizon = answer.panel, asked.horizon
    short = answer.paths.value.to_numpy(dtype=float, copy=True).reshape(len(panel.series), -1, horizon)
    levels = {level: at_level(panel, level, horizon) for level in also}
    for level, (_, ahead) in levels.items():
        if not any(len(each.ends) for each in ahead):
            raise InputError(f"--also {level!r}: no such period is over within {horizon} of {panel.frequency}; "
                             "ask for a longer --horizon, or leave it out")  # fmt: skip
    if how == AGREED:
        short = _agreed(panel, short, levels, asked)
    names, ends = pd.Index(panel.series), panel.ends(horizon)
    parts = [(panel.frequency, at, ends[at], short[at]) for at in range(len(names))]
    for level, (_, ahead) in levels.items():
        parts += [(level, at, each.ends, _summed(short[at], each)) for at, each in enumerate(ahead) if len(each.ends)]
    frames = [_quantiles(*part) for part in parts]
    drawn = [_drawn(*part[:3], part[3][:kept]) for part in parts] if kept else []
    return replace(answer, forecast=_named(frames, names), paths=_named(drawn, names) if kept else answer.paths)


def _agreed(
    panel: Panel, short: Array, levels: dict[str, tuple[pd.DataFrame, tuple[Ahead, ...]]], asked: VolumeQuestion
) -> Array:
    """Return draws of short periods that take in forecasts of the longer ones."""
    long = {level: _long_draws(panel, level, *found, asked) for level, found in levels.items()}
    out = short.copy()
    for at in range(len(panel.series)):
        each = [(found[1][at].member, found[1][at].known, long[level][at]) for level, found in levels.items()]
        out[at] = agreed_draws(short[at], *(list(part) for part in zip(*each, strict=True)))
    return out


def _long_draws(
    panel: Panel, level: str, rows: pd.DataFrame, ahead: tuple[Ahead, ...], asked: VolumeQuestion
) -> list[Array]:
    """Return the draws of each series' longer periods, forecast by themselves; NaN where they cannot be."""
    out = [np.full((asked.draws, len(each.ends)), np.nan) for each in ahead]
    enough = rows.groupby("series").value.transform("count") > 1
    rows = rows[enough.to_numpy(dtype=bool)].reset_index(drop=True)
    if rows.empty:
        return out
    place = {name: at for at, name in enumerate(panel.series)}
    gaps = rows.value.isna().groupby(rows["series"]).sum().max()  # a gap at the end moves where the forecast begins
    most = max(len(each.ends) for each in ahead) + int(gaps)
    reading = Reading(frequency=level.partition("-")[0], partial="keep")
    for answers, _ in forecast_volumes(
        rows, replace(asked, horizon=most, drivers=(), elasticities={}, reading=reading)
    ):
        for answer in answers:
            drawn = answer.paths.value.to_numpy(dtype=float).reshape(len(answer.panel.series), asked.draws, most)
            for name, ends, draws in zip(answer.panel.series, answer.panel.ends(most), drawn, strict=True):
                at = place[name]
                column = np.searchsorted(ends, ahead[at].ends)
                there = ends[np.minimum(column, most - 1)] == ahead[at].ends
                out[at][:, there] = draws[:, column[there]]
    return out


def _summed(draws: Array, ahead: Ahead) -> Array:
    """Return draws by longer periods, shape (draws, longer)."""
    return np.asarray(
        ahead.known + np.stack([draws[:, ahead.member == at].sum(axis=1) for at in range(len(ahead.ends))], axis=1)
    )


def _quantiles(frequency: str, at: int, ends: Array, draws: Array) -> pd.DataFrame:
    """Return mean and quantiles by period of one series."""
    levels = np.r_[np.nan, QUANTILES]
    values = np.concatenate([draws.mean(axis=0)[None], np.quantile(draws, QUANTILES, axis=0)])
    return pd.DataFrame(
        {
            "series": at, "frequency": frequency, "period_end": np.tile(ends, len(levels)),
            "statistic": np.repeat(np.where(np.isnan(levels), "mean", "quantile"), len(ends)),
            "quantile": np.repeat(levels, len(ends)), "value": values.ravel(),
        }
    )  # fmt: skip


def _drawn(frequency: str, at: int, ends: Array, draws: Array) -> pd.DataFrame:
    number, horizon = draws.shape
    return pd.DataFrame(
        {
            "series": at, "frequency": frequency, "draw": np.repeat(np.arange(1, number + 1), horizon),
            "period_end": np.tile(ends, number), "value": draws.ravel(),
        }
    )  # fmt: skip


def _named(frames: list[pd.DataFrame], names: pd.Index) -> pd.DataFrame:
    """Return the rows of all series and levels, named, series by series."""
    rows = pd.concat(frames, ignore_index=True)
    ends = pd.DatetimeIndex(rows.period_end).tz_localize("UTC")
    return rows.assign(series=pd.Categorical.from_codes(rows["series"], names), period_end=ends)
