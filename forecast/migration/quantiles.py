"""The output frame: mean and quantiles of share paths, taken at the very end, series by series."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.migration.draws import FittedPanel, series_draws
from forecast.migration.fit import Progress, ShareFit, check_draws, period_ends

Array = NDArray[np.float64]

LEVELS: Final = (0.025, *(round(0.05 * n, 2) for n in range(1, 20)), 0.975)
COLUMNS: Final = ("series", "period_end", "category", "statistic", "quantile", "value")


def share_quantiles(
    fit: ShareFit, *, draws: int, seed: int, progress: Progress | None = None
) -> pd.DataFrame:
    """Return ``series, period_end, category, statistic, quantile, value`` of every share.

    Sorted by series, statistic, quantile, period and category within the order of the fit. Means add up to
    one over the categories of a series and period; quantiles do not, and no one should add them.

    Raises
    ------
    ValueError
        On fewer than one draw.
    """
    check_draws(draws)
    parts, done = [], 0
    for fitted in fit.panels:
        parts.append(_panel_frame(fitted, draws, seed))
        done += len(fitted.panel.series)
        if progress is not None:
            progress(done)
    return _joined(parts)


def summary(paths: Array) -> Array:
    """Return mean and quantiles of draws, shape (1 + levels, ...), from draws, shape (draws, ...).

    Quantiles interpolate linearly between ordered draws.

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
            "period_end": np.concatenate(ends),
            "category": pd.Categorical(np.concatenate(category)),
            "quantile": levels,
            "value": np.concatenate(values),
        }
    )


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the panels' rows as one frame with text kept as codes."""
    whole = {
        name: pd.api.types.union_categoricals([part[name] for part in parts])
        for name in ("series", "category")
    }
    frame = pd.concat([part[["period_end", "quantile", "value"]] for part in parts], ignore_index=True)
    frame["series"], frame["category"] = whole["series"], whole["category"]
    frame["period_end"] = frame.period_end.dt.tz_localize("UTC")
    mean = frame["quantile"].isna().to_numpy()
    frame["statistic"] = pd.Categorical.from_codes(np.where(mean, 0, 1), pd.Index(["mean", "quantile"]))
    return frame[list(COLUMNS)]
