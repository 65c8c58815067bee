"""Quantiles of the many small parts of a fleet, whose draws are kept as one part only."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.forecast.draws import QUANTILES, quantile_table
from shiftcast.forecast.fleet.history import Counted
from shiftcast.forecast.fleet.parts import panel_of
from shiftcast.forecast.volume import Priors, draw_volumes, fit_volumes
from shiftcast.forecast.volume.members import QUICK

TOGETHER: Final = {"day": 7, "week": 4, "month": 1}  # periods that are forecast as one
BLOCK: Final = 500  # parts that are fitted and drawn at once
DRAWS: Final = 200  # of each, for its quantiles by month
_FEWEST: Final = 5  # of them that a history holds, else they are forecast one by one
_CELLS: Final = 10_000  # draws by period, above which fewer draws are made


def small_parts(table: Counted, grain: str, names: list[str], weights: Array, *, priors: Priors, seed: int) -> Array:
    """Return mean and quantiles of every part by month.

    Parameters
    ----------
    table, grain, names
        Histories of the parts.
    weights
        Which part of each period ahead belongs to each month [1], shape (periods, months).
    priors
        Beliefs about series of one's own; only quick members are run.
    seed
        Seed of the named streams.

    Returns
    -------
    ndarray, shape (1 + levels, months, parts)
        Accelerator-hours: the mean, then the quantiles of :data:`forecast.draws.QUANTILES`.
    """
    quick = replace(priors, members=QUICK)
    table, weights = _folded(table, weights, TOGETHER[grain])
    horizon = len(weights)
    draws = min(DRAWS, max(_CELLS // horizon, len(QUANTILES)))
    out = []
    for begin in range(0, len(names), BLOCK):
        rows = slice(begin, begin + BLOCK)
        block = Counted(table.starts, table.hours[:, rows], table.lower[:, rows])
        fit = fit_volumes(
            panel_of(block, grain, names[rows], f"small {begin}"), horizon=horizon, priors=quick, seed=seed
        )
        quick = replace(quick, bend=fit.scale.bend)  # chosen on the first block for all
        drawn = draw_volumes(fit, draws=draws, seed=seed).transpose("draw", "step", "series").to_numpy()
        out.append(quantile_table(np.einsum("dpk,pm->dmk", drawn, weights, optimize=True)))
    return np.concatenate(out, axis=2)


def _folded(table: Counted, weights: Array, number: int) -> tuple[Counted, Array]:
    """Return histories of so many periods as one, up to the last, and the weights of as many ahead."""
    count = len(table.starts) // number
    if number == 1 or count < _FEWEST:
        return table, weights
    hours, lower = table.hours[-count * number :], table.lower[-count * number :]
    shape = (count, number, table.hours.shape[1])
    spare = -len(weights) % number
    ahead = np.pad(weights, ((0, spare), (0, 0))).reshape(-1, number, weights.shape[1]).mean(axis=1)
    starts = table.starts[-count * number :: number]
    return Counted(starts, hours.reshape(shape).sum(axis=1), np.asarray(lower.reshape(shape).any(axis=1))), ahead


def small_rows(values: Array, labels: pd.DataFrame, months: pd.DatetimeIndex, total: Array) -> pd.DataFrame:
    """Return rows of the small parts, their means scaled to that of all of them together.

    Parameters
    ----------
    values
        From :func:`small_parts`.
    labels
        Labels of the parts, one row each.
    months
        First days of the months, shape (months,).
    total
        Mean hours of all of them by month as forecast together, shape (months,).

    Returns
    -------
    DataFrame
        Labels, ``month, statistic, quantile, hours``, as the quantiles of :class:`Demand` have them.
    """
    summed = values[0].sum(axis=1)
    scaled = values * np.where(summed > 0, total / np.where(summed > 0, summed, 1.0), 1.0)[None, :, None]
    levels = np.r_[np.nan, QUANTILES]
    each = len(months) * len(levels)
    number = len(labels)
    rows = {
        name: pd.Categorical.from_codes(np.repeat(pd.factorize(column)[0], each), pd.unique(column))
        for name, column in labels.items()
    }
    return pd.DataFrame({
        **rows,
        "month": np.tile(np.repeat(months, len(levels)), number),
        "statistic": pd.Categorical.from_codes(np.tile(np.isfinite(levels).astype(int), len(months) * number),
                                               ["mean", "quantile"]),
        "quantile": np.tile(levels, len(months) * number),
        "hours": scaled.transpose(2, 1, 0).ravel(),
    })  # fmt: skip
