"""Volumes by category: joint draws of a total times draws of the shares of its categories, which add up to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import spearmanr

from shiftcast.features.arrays import Array, Integers
from shiftcast.features.bounds import check_draws
from shiftcast.features.input_error import InputError
from shiftcast.forecast.migration import ShareFit
from shiftcast.forecast.migration.draws import FittedPanel, series_draws
from shiftcast.forecast.migration.fit import period_ends
from shiftcast.forecast.migration.quantiles import LEVELS, summary
from shiftcast.forecast.volume.calibrate import Calibration
from shiftcast.forecast.volume.fitted import VolumesFit
from shiftcast.forecast.volume.paths import draw_volumes, volume_quantiles

DRAWS: Final = 2000  # that quantiles of a product are taken from
_BLOCK: Final = 200  # series drawn at once, so that memory does not grow with their number
_FEWEST: Final = 8  # changes of a total from which its correlation with shares is told
_APART: Final = 0.25  # of a period, that the ends of a total's periods and its shares' may lie apart


@dataclass(frozen=True)
class Levels:
    """Volumes of series and of their categories.

    Attributes
    ----------
    forecast
        ``series, category, period_end, statistic, quantile, value`` in the unit of each series. A row without a
        category is of the total, as :func:`volume_quantiles` has it.
    paths
        ``series, category, draw, period_end, value``: in every draw the categories add up to the total.
    note
        How totals and shares moved together in the past, which draws leave out.
    """

    forecast: pd.DataFrame
    paths: pd.DataFrame
    note: str


def joint_levels(fit: VolumesFit, shares: ShareFit, *, seed: int, kept: int = 0) -> Levels:
    """Return volumes by category from a fit of totals and one of shares, drawn independently of each other.

    The mean of a category is the mean of the total times that of its share, so that means add up as draws do;
    quantiles are those of the products of draws, and do not.

    Parameters
    ----------
    fit
        Fitted totals of one panel.
    shares
        Fitted shares; every series of the panel is among them.
    seed
        Seed of the named streams.
    kept
        Number of draws to return.

    Returns
    -------
    Levels
        Series in the order of the panel, the total of each before its categories.

    Raises
    ------
    ValueError
        If a series has no shares, or the periods of both do not match; or as :func:`features.bounds.check_draws`.
    """
    places = {name: (each, at) for each in shares.panels for at, name in enumerate(each.panel.series)}
    absent = [str(name) for name in fit.panel.series if name not in places]
    if absent:
        raise InputError(f"series {absent[0]!r} has no shares; add them, or forecast it in a file of its own")
    if kept:
        columns = sum(1 + len(each.panel.categories[at]) for each, at in (places[name] for name in fit.panel.series))
        check_draws(kept, seed, each=columns * fit.horizon, parts="series and categories times periods")
    totals, ends = volume_quantiles(fit), fit.panel.ends(fit.horizon)
    means = totals["value"].to_numpy().reshape(len(fit.panel.series), -1, fit.horizon)[:, 0]
    forecast: list[pd.DataFrame] = []
    paths: list[pd.DataFrame] = []
    for begin in range(0, len(fit.panel.series), _BLOCK):
        rows = np.arange(begin, min(begin + _BLOCK, len(fit.panel.series)))
        drawn = draw_volumes(_part(fit, rows), draws=max(DRAWS, kept), seed=seed).transpose("series", "draw", "step")
        for row, total in zip(rows, drawn.to_numpy(), strict=True):
            name, (fitted, at) = str(fit.panel.series[row]), places[fit.panel.series[row]]
            _refuse_other_periods(name, ends[row], fitted, at)
            parts = series_draws(fitted, at, len(total), seed)
            levels = total[:, :, None] * parts
            mean = means[row][:, None] * parts.mean(axis=0)
            statistics = np.concatenate([mean[None], summary(levels)[1:]])
            forecast.append(_rows(name, fitted.panel.categories[at], ends[row], statistics))
            if kept:
                paths.append(_draws(name, fitted.panel.categories[at], ends[row], total[:kept], levels[:kept]))
    none = pd.DataFrame({name: [] for name in ("series", "category", "draw", "period_end", "value")})
    drawn_paths = pd.concat(paths, ignore_index=True) if paths else none
    return Levels(_joined(totals, forecast), drawn_paths, _together(fit, places))


def _part(fit: VolumesFit, rows: Integers) -> VolumesFit:
    """Return the fit of some series; each has the same draws as among the others."""
    calibration = Calibration(fit.calibration.deviation[rows], fit.calibration.shape[rows])
    return replace(
        fit, panel=fit.panel.take(rows), scale=fit.scale.take(rows), path=fit.path[rows], calibration=calibration
    )


def _refuse_other_periods(name: str, ends: NDArray[np.datetime64], fitted: FittedPanel, at: int) -> None:
    theirs = period_ends(fitted.panel, at, fitted.roots.shape[1])[: len(ends)]
    apart = np.abs((theirs - ends[: len(theirs)]) / np.timedelta64(1, "D"))
    if len(theirs) < len(ends) or (apart > _APART * fitted.panel.step[at]).any():
        worst = int(np.argmax(apart > _APART * fitted.panel.step[at]))
        raise InputError(
            f"series {name!r}: a period ahead ends {ends[worst]:.10} for the total and {theirs[worst]:.10} for its "
            "shares; give both to the same last period, in the same step, of a day or longer"
        )


def _rows(name: str, categories: tuple[str, ...], ends: NDArray[np.datetime64], values: Array) -> pd.DataFrame:
    """Return statistics of shape (statistics, periods, categories) as rows, category by category."""
    levels, count = np.r_[np.nan, LEVELS], len(categories)
    return pd.DataFrame({
        "series": name,
        "category": np.repeat(np.asarray(categories, dtype=object), values[:, :, 0].size),
        "period_end": pd.DatetimeIndex(np.tile(ends, count * len(levels))).tz_localize("UTC"),
        "statistic": np.tile(np.repeat(np.where(np.isnan(levels), "mean", "quantile"), len(ends)), count),
        "quantile": np.tile(np.repeat(levels, len(ends)), count),
        "value": values.transpose(2, 0, 1).ravel(),
    })  # fmt: skip


def _draws(
    name: str, categories: tuple[str, ...], ends: NDArray[np.datetime64], total: Array, levels: Array
) -> pd.DataFrame:
    """Return draws of the total, shape (draws, periods), and of the categories as rows."""
    names = np.array([None, *categories], dtype=object)
    values = np.concatenate([total[None], levels.transpose(2, 0, 1)])
    draws = np.repeat(np.arange(1, len(total) + 1), len(ends))
    return pd.DataFrame({
        "series": name,
        "category": np.repeat(names, total.size),
        "draw": np.tile(draws, len(names)),
        "period_end": pd.DatetimeIndex(np.tile(ends, len(names) * len(total))).tz_localize("UTC"),
        "value": values.ravel(),
    })  # fmt: skip


def _joined(totals: pd.DataFrame, parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of each total before those of its categories."""
    plain = totals.astype({"series": object, "statistic": object})
    each = len(totals) // len(parts)
    frames = []
    for at, part in enumerate(parts):
        whole = plain.iloc[at * each : (at + 1) * each].copy()
        whole.insert(1, "category", np.full(each, None, dtype=object))
        frames += [whole, part.astype({"series": object})]
    return pd.concat(frames, ignore_index=True)


def _together(fit: VolumesFit, places: dict[str, tuple[FittedPanel, int]]) -> str:
    """Return how changes of totals and of shares were correlated by rank, which independent draws leave out."""
    found, steps = [], []
    for name, values in zip(fit.panel.series, fit.panel.values, strict=True):
        fitted, at = places[name]
        history = fitted.panel.shares[at]
        length = min(len(values), int((~np.isnan(history[:, 0])).sum()))
        with np.errstate(divide="ignore", invalid="ignore"):
            growth = np.diff(np.log(values[len(values) - length :]))
        known = np.isfinite(growth)
        for k, category in enumerate(fitted.panel.categories[at]):
            moved = np.diff(history[len(history) - length :, k])[known]
            if known.sum() >= _FEWEST and np.ptp(moved) > 0 and np.ptp(growth[known]) > 0:
                found.append((abs(float(spearmanr(growth[known], moved).statistic)), f"{name} / {category}"))
                steps.append(known.sum())
    told = "totals and shares are drawn independently of each other"
    if not found:
        return f"{told}; the past is too short to say whether they moved together"
    size, where = max(found)
    chance = np.sqrt(2 / np.pi) / np.sqrt(np.mean(steps))
    usual = np.mean([each for each, _ in found])
    return (
        f"{told}; rank correlation of their past changes: {usual:.2f} in size on average ({chance:.2f} if there were "
        f"none), {size:.2f} at most ({where})"
    )
