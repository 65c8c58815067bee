"""Forecast volumes with the peers people use: each takes a panel to quantiles, shape (series, horizon, levels).

Histories reach peers without gaps (straight lines between neighbours) and from each series' first value on.
Quantiles come from each peer's own intervals; the median of a peer without one is its point forecast.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

from shiftcast.features.panel import Panel

LEVELS = np.array([0.025, *np.round(np.arange(1, 20) * 0.05, 2), 0.975])
WIDTHS = sorted({round(100 * abs(1 - 2 * level)) for level in LEVELS} - {0})
OFFSETS = {"ME": "MS"}  # peers want one anchor; months are counted by their first day
LAGS = {"h": [1, 2, 3, 24, 48, 168], "D": [1, 2, 3, 7, 14], "ME": [1, 2, 3, 6, 12]}
ROLLING = {"h": [(1, 24), (24, 24)], "D": [(1, 7)], "ME": [(1, 3), (1, 12)]}
PARTS = {"h": ["hour", "dayofweek"], "D": ["dayofweek"], "ME": ["month"]}

Forecaster = Callable[[Panel, int], np.ndarray]


def long(panel: Panel) -> pd.DataFrame:
    """Return ``unique_id, ds, y`` of a panel, gaps filled."""
    frames = []
    for at, begun in enumerate(panel.start):
        y = pd.Series(panel.values[at, begun:]).interpolate(limit_direction="both")
        frames.append(pd.DataFrame({"unique_id": at, "ds": panel.times()[at, begun:], "y": y}))
    rows = pd.concat(frames, ignore_index=True)
    if panel.frequency in OFFSETS:
        rows["ds"] = rows.ds.dt.to_period("M").dt.to_timestamp()
    return rows


def from_widths(table: pd.DataFrame, name: str, horizon: int) -> np.ndarray:
    """Return quantiles from the columns ``name``, ``name-lo-80``, ``name-hi-80``, ..."""
    table = table.sort_values(["unique_id", "ds"])
    columns = []
    for level in LEVELS:
        width = round(100 * abs(1 - 2 * level))
        columns.append(name if width == 0 else f"{name}-{'lo' if level < 0.5 else 'hi'}-{width}")
    return table[columns].to_numpy(dtype=float).reshape(-1, horizon, len(LEVELS))


def statistical(build: Callable[[int], object], jobs: int) -> Forecaster:
    """Return the forecaster of a statsforecast model, given how to build it for a season length."""

    def forecast(panel: Panel, horizon: int) -> np.ndarray:
        from statsforecast import StatsForecast  # noqa: PLC0415  (a peer, present in its own environment only)

        model = build(panel.seasons[0] if panel.seasons else 1)
        offset = OFFSETS.get(panel.frequency, panel.frequency)
        table = StatsForecast([model], freq=offset, n_jobs=jobs).forecast(df=long(panel), h=horizon, level=WIDTHS)
        return from_widths(table, repr(model), horizon)

    return forecast


def seasonal_naive(season: int) -> object:
    """Return statsforecast's SeasonalNaive."""
    from statsforecast.models import SeasonalNaive  # noqa: PLC0415  (a peer, present in its own environment only)

    return SeasonalNaive(season_length=season)


def auto_ets(season: int) -> object:
    """Return statsforecast's AutoETS."""
    from statsforecast.models import AutoETS  # noqa: PLC0415  (a peer, present in its own environment only)

    return AutoETS(season_length=season)


def auto_arima(season: int) -> object:
    """Return statsforecast's AutoARIMA, approximated while it searches."""
    from statsforecast.models import AutoARIMA  # noqa: PLC0415  (a peer, present in its own environment only)

    return AutoARIMA(season_length=season, approximation=True)


def auto_theta(season: int) -> object:
    """Return statsforecast's AutoTheta."""
    from statsforecast.models import AutoTheta  # noqa: PLC0415  (a peer, present in its own environment only)

    return AutoTheta(season_length=season)


def boosted(panel: Panel, horizon: int) -> np.ndarray:
    """Forecast with mlforecast and XGBoost: lags, rolling means, calendar, conformal intervals."""
    from mlforecast import MLForecast  # noqa: PLC0415  (a peer, present in its own environment only)
    from mlforecast.lag_transforms import RollingMean  # noqa: PLC0415  (a peer, present in its own environment only)
    from mlforecast.target_transforms import Differences, LocalStandardScaler  # noqa: PLC0415  (a peer, present in its own environment only)
    from mlforecast.utils import PredictionIntervals  # noqa: PLC0415  (a peer, present in its own environment only)
    from xgboost import XGBRegressor  # noqa: PLC0415  (a peer, present in its own environment only)

    kind = panel.frequency
    rolling: dict[int, list[object]] = {}
    for lag, window in ROLLING[kind]:
        rolling.setdefault(lag, []).append(RollingMean(window))
    model = MLForecast(
        models={"XGB": XGBRegressor(n_estimators=200, max_depth=5, learning_rate=0.05, random_state=0, n_jobs=1)},
        freq=OFFSETS.get(kind, kind),
        lags=LAGS[kind],
        lag_transforms=rolling,
        date_features=PARTS[kind],
        target_transforms=[*([Differences([1])] if kind == "ME" else []), LocalStandardScaler()],
    )  # fmt: skip
    rows = long(panel)
    model.fit(rows, static_features=[], prediction_intervals=PredictionIntervals(n_windows=2, h=horizon))
    return from_widths(model.predict(horizon, level=WIDTHS), "XGB", horizon)


def prophet(panel: Panel, horizon: int) -> np.ndarray:
    """Forecast with Prophet, series by series; quantiles of its own draws."""
    from prophet import Prophet  # noqa: PLC0415  (a peer, present in its own environment only)

    out = []
    for _, rows in long(panel).groupby("unique_id"):
        np.random.seed(0)  # noqa: NPY002  (Prophet draws from the global generator)
        model = Prophet(uncertainty_samples=1000).fit(rows[["ds", "y"]], seed=0)
        offset = OFFSETS.get(panel.frequency, panel.frequency)
        ahead = model.make_future_dataframe(horizon, freq=offset, include_history=False)
        out.append(np.quantile(model.predictive_samples(ahead)["yhat"], LEVELS, axis=1).T)
    return np.array(out)


def quiet(forecaster: Forecaster) -> Forecaster:
    """Return the forecaster with the warnings and logs of its libraries off; they are not ours to mend."""

    def forecast(panel: Panel, horizon: int) -> np.ndarray:
        logging.disable(logging.WARNING)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return forecaster(panel, horizon)
        finally:
            logging.disable(logging.NOTSET)

    return forecast


NEEDS = {
    "seasonal naive": "statsforecast", "AutoETS": "statsforecast", "AutoARIMA": "statsforecast",
    "AutoTheta": "statsforecast", "mlforecast XGBoost": "mlforecast", "Prophet": "prophet",
}  # fmt: skip


def peers(jobs: int = 1) -> dict[str, Forecaster]:
    """Return every peer; those of statsforecast on so many processes, which changes nothing but the time."""
    return {
        "seasonal naive": quiet(statistical(seasonal_naive, 1)),
        "AutoETS": quiet(statistical(auto_ets, jobs)),
        "AutoARIMA": quiet(statistical(auto_arima, jobs)),
        "AutoTheta": quiet(statistical(auto_theta, jobs)),
        "mlforecast XGBoost": quiet(boosted),
        "Prophet": quiet(prophet),
    }
