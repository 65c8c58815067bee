"""Output frame of the share model: mean and quantiles of share paths, taken after all draws, series by series."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.bounds import check_draws
from shiftcast.forecast.migration.draws import FittedPanel, series_draws
from shiftcast.forecast.migration.fit import Progress, ShareFit, period_ends

LEVELS: Final = (0.025, *(round(0.05 * n, 2) for n in range(1, 20)), 0.975)
COLUMNS: Final = ("series", "period_end", "category", "statistic", "quantile", "value")


def share_quantiles(fit: ShareFit, *, draws: int, seed: int, progress: Progress | None = None) -> pd.DataFrame:
    """Return mean and quantiles of every share as a long frame.

    Means add up to one over the categories of a series and period; quantiles do not and are never added.

    Parameters
    ----------
    fit
        The fitted share model.
    draws
        Number of draws.
    seed
        Seed of the named streams.
    progress
        Called with the number of series done, panel by panel.

    Returns
    -------
    DataFrame
        ``series, period_end, category, statistic, quantile, value`` [share], sorted by series, statistic, quantile,
        period and category within the order of the fit.

    Raises
    ------
    ValueError
        As :func:`features.bounds.check_draws`.
    """
    return _joined(list(quantile_parts(fit, draws=draws, seed=seed, progress=progress)))


def quantile_parts(fit: ShareFit, *, draws: int, seed: int, progress: Progress | None = None) -> Iterator[pd.DataFrame]:
    """Yield the rows of :func:`share_quantiles` panel by panel, so that memory does not grow with the series.

    Parameters
    ----------
    fit
        The fitted share model.
    draws
        Number of draws.
    seed
        Seed of the named streams.
    progress
        Called with the number of series done, panel by panel.

    Yields
    ------
    DataFrame
        Rows of one panel, its text columns categorical.

    Raises
    ------
    ValueError
        On fewer than one draw.
    """
    check_draws(draws, seed)
    done = 0
    for fitted in fit.panels:
        yield _panel_frame(fitted, draws, seed)
        done += len(fitted.panel.series)
        if progress is not None:
            progress(done)


def summary(paths: Array) -> Array:
    """Return mean and quantiles of draws, interpolated linearly between ordered draws.

    Parameters
    ----------
    paths
        Draws [share], shape (draws, ...).

    Returns
    -------
    ndarray, shape (1 + levels, ...)
        The mean, then quantiles at :data:`LEVELS`.

    Examples
    --------
    >>> summary(np.arange(101.0)[:, None])[[0, 1, -1], 0].tolist()
    [50.0, 2.5, 97.5]
    """
    ordered = np.sort(paths, axis=0)
    at = np.asarray(LEVELS) * (len(paths) - 1)
    below = np.floor(at).astype(int)
    above = np.minimum(below + 1, len(paths) - 1)
    weight = (at - below).reshape((-1,) + (1,) * (paths.ndim - 1))
    low, high = ordered[below], ordered[above]
    return np.concatenate([paths.mean(axis=0)[None], low + weight * (high - low)])


def _panel_frame(fitted: FittedPanel, draws: int, seed: int) -> pd.DataFrame:
    """Return the rows of one panel as codes and values."""
    panel, horizon = fitted.panel, fitted.roots.shape[1]
    statistics = len(LEVELS) + 1
    values, series, category, ends = [], [], [], []
    for at, names in enumerate(panel.categories):
        values.append(summary(series_draws(fitted, at, draws, seed)).ravel())
        series.append(np.full(statistics * horizon * len(names), at, dtype=np.int32))
        category.append(np.tile(np.asarray(names, dtype=object), statistics * horizon))
        ends.append(np.tile(np.repeat(period_ends(panel, at, horizon), len(names)), statistics))
    sizes = [horizon * len(names) for names in panel.categories]
    levels = np.concatenate([np.repeat(np.r_[np.nan, LEVELS], size) for size in sizes])
    return pd.DataFrame(
        {
            "series": pd.Categorical.from_codes(np.concatenate(series), pd.Index(panel.series)),
            "period_end": pd.DatetimeIndex(np.concatenate(ends)).tz_localize("UTC"),
            "category": pd.Categorical(np.concatenate(category)),
            "statistic": pd.Categorical.from_codes(1 - np.isnan(levels), pd.Index(["mean", "quantile"])),
            "quantile": levels,
            "value": np.concatenate(values),
        }
    )


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the panels' rows as one frame with text kept as codes."""
    frame = pd.concat([part[["period_end", "quantile", "value"]] for part in parts], ignore_index=True)
    for name in ("series", "category", "statistic"):
        frame[name] = pd.api.types.union_categoricals([part[name] for part in parts])
    return frame[list(COLUMNS)]
