"""Give a peer this project's means: its points from rolling origins are the only member, calibrated as ours are.

So its intervals are made of its own errors, and what is left of a difference is the forecast's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from volume_cache import kept

from shiftcast.features.panel import Panel
from shiftcast.forecast.volume import Outside, fit_groups, outside_member, own_priors, volume_quantiles
from shiftcast.forecast.volume.combine import WARM
from shiftcast.forecast.volume.past import Past
from shiftcast.pipelines.sources.beliefs import shipped_beliefs

LEVELS = np.array([0.025, *np.round(np.arange(1, 20) * 0.05, 2), 0.975])

Forecaster = Callable[[Panel, int], np.ndarray]


def ours(panel: Panel, horizon: int, **settings: Any) -> np.ndarray:
    """Forecast with this project's own model, some of its priors changed."""
    priors = replace(own_priors(shipped_beliefs()), **settings)
    rows = pd.concat([volume_quantiles(fit) for fit in fit_groups(panel, horizon=horizon, priors=priors)])
    rows = rows[rows.statistic == "quantile"]
    order = pd.Categorical(rows["series"].astype(str), categories=panel.series)
    rows = rows.assign(order=order.codes).sort_values(["order", "period_end", "quantile"])
    return rows.value.to_numpy().reshape(len(panel.series), horizon, len(LEVELS))


def calibrated(
    name: str, outside: Callable[[int], Outside], cache: Path | None, edition: str, most: int = 1000
) -> Forecaster:
    """Return a forecaster of a peer's points that is calibrated on its rolling origins as this project's model is.

    The points, which depend on the histories alone, are kept. A slow peer is asked at so many origins, evenly spaced.
    """

    def forecast(panel: Panel, horizon: int) -> np.ndarray:
        season = panel.seasons[0] if panel.seasons else 1
        points = outside(season)

        def known(histories: Sequence[np.ndarray], ahead: int) -> np.ndarray:
            called = f"{name} points {season} {ahead} {edition} {len(histories)}"
            return kept(cache, called, np.concatenate(histories), lambda: points(histories, ahead))[0]

        def member(past: Past) -> np.ndarray:
            last = len(past.origins) - 1
            asked = np.unique(np.linspace(min(WARM, last), last, min(most, last + 1)).round().astype(int))
            out = np.full(
                (len(past.z), len(past.origins), past.horizon), np.nan
            )  # an origin not asked at is not scored
            out[:, asked] = outside_member(name, known)(replace(past, origins=past.origins[asked]))
            return out

        return ours(panel, horizon, outside={name: member}, members=(name,))

    return forecast


def last_season(season: int) -> Outside:
    """Return the seasonal naive as a callable from histories to points."""

    def forecast(histories: Sequence[np.ndarray], horizon: int) -> np.ndarray:
        return np.array([np.resize(h[-season:] if len(h) >= season else h[-1:], horizon) for h in histories])

    return forecast


def points(build: Callable[[int], object], jobs: int) -> Callable[[int], Outside]:
    """Return how to make a statsforecast model a callable from histories to points, given a season length."""

    def outside(season: int) -> Outside:
        def forecast(histories: Sequence[np.ndarray], horizon: int) -> np.ndarray:
            from statsforecast import StatsForecast  # noqa: PLC0415  (a peer, present in its own environment only)
            from statsforecast.models import Naive  # noqa: PLC0415  (likewise)

            rows = pd.DataFrame({
                "unique_id": np.repeat(np.arange(len(histories)), [len(h) for h in histories]),
                "ds": np.concatenate([np.arange(len(h)) for h in histories]), "y": np.concatenate(histories),
            })  # fmt: skip
            made = StatsForecast([build(season)], freq=1, n_jobs=jobs, fallback_model=Naive())
            table = made.forecast(df=rows, h=horizon).sort_values(["unique_id", "ds"])
            return table.iloc[:, -1].to_numpy(dtype=float).reshape(-1, horizon)

        return forecast

    return outside
