"""Evaluation at rolling origins: CRPS and coverage of drawn shares, set by set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.forecast.migration.draws import series_draws
from shiftcast.forecast.migration.fit import fit_panel
from shiftcast.forecast.migration.learned import Learned
from shiftcast.forecast.migration.quantiles import LEVELS, summary
from shiftcast.forecast.migration.rolling import AHEAD, Origin
from shiftcast.forecast.migration.skill import liveliness
from shiftcast.forecast.scores import quantile_loss

HORIZONS: Final = np.array([1, 2, 4, 8, 12])
PINBALL: Final = np.array(LEVELS[1:-1])
VISIBLE: Final = 0.01  # share above which a category counts for coverage: smaller ones are covered trivially


def judge(origins: Sequence[Origin], learned: Callable[[str], Learned], *, draws: int, seed: int = 0) -> pd.DataFrame:
    """Score drawn shares at rolling origins.

    Parameters
    ----------
    origins
        Rolling origins.
    learned
        Function from the name of a set to the learned numbers to use for it.
    draws, seed
        Number of draws of each series, and their seed.

    Returns
    -------
    DataFrame
        A row a series, origin and horizon: ``set, kind`` (class of history) ``, horizon, crps`` [share, summed over
        categories] ``, inside80, inside95`` [1, over categories above one percent].
    """
    return pd.DataFrame([row for origin in origins for row in _rows(origin, learned(origin.set_name), draws, seed)])


def _rows(origin: Origin, learned: Learned, draws: int, seed: int) -> list[dict[str, object]]:
    """Return the scores of one panel at one origin."""
    fitted, kinds = fit_panel(origin.state, learned, AHEAD), liveliness(origin.state)
    out: list[dict[str, object]] = []
    for at, names in enumerate(origin.state.panel.categories):
        truth = origin.future[at, HORIZONS - 1, : len(names)]
        whole = ~np.isnan(truth).any(axis=1)
        if not whole.any():
            continue
        paths = series_draws(fitted, at, draws, seed)[:, HORIZONS[whole] - 1]
        last = origin.state.panel.shares[at, -1, : len(names)]
        for h, scores in zip(HORIZONS[whole], scored(summary(paths)[1:], truth[whole], last), strict=True):
            out.append({"set": origin.set_name, "kind": str(kinds[at]), "horizon": int(h), **scores})
    return out


def scored(quantiles: Array, truth: Array, last: Array) -> list[dict[str, float]]:
    """Return CRPS and coverage by horizon from quantiles.

    CRPS is twice the mean pinball loss over levels 0.05 to 0.95, summed over categories.

    Parameters
    ----------
    quantiles
        Quantiles at :data:`forecast.migration.quantiles.LEVELS` [share], shape (levels, H, K).
    truth
        Actual shares [1], shape (H, K).
    last
        Shares at the origin [1], shape (K,).

    Returns
    -------
    list of dict
        A dict a horizon: ``crps`` [share], ``inside80`` and ``inside95`` [1].

    References
    ----------
    Gneiting and Ranjan (2011), Comparing density forecasts, JBES 29(3).

    Examples
    --------
    >>> flat = np.full((21, 1, 1), 0.5)
    >>> scored(flat, np.array([[0.7]]), np.array([0.5]))[0]["crps"]
    0.2
    """
    miss = truth - quantiles[1:-1]
    level = PINBALL[:, None, None]
    crps = 2.0 * quantile_loss(miss, level).mean(axis=0).sum(axis=1)
    seen = np.maximum(truth, last) > VISIBLE
    out = []
    for h in range(len(truth)):
        inside = [
            float(
                ((truth[h] >= quantiles[low, h] - 1e-9) & (truth[h] <= quantiles[-1 - low, h] + 1e-9))[seen[h]].mean()
            )
            for low in (2, 0)
        ]
        out.append({"crps": round(float(crps[h]), 12), "inside80": inside[0], "inside95": inside[1]})
    return out
