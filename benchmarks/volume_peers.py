"""Forecast volumes with the peers people use: each takes a panel to quantiles, shape (series, horizon, levels).

Histories reach peers without gaps (straight lines between neighbours) and from each series' first value on.
Quantiles come from each peer's own intervals; the median of a peer without one is its point forecast.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import norm
from volume_cache import code
from volume_calibrated import LEVELS, Forecaster, calibrated, last_season, points

from shiftcast.features.panel import Panel
from shiftcast.forecast.volume import Outside

ASKED = 1  # raise it where a peer is asked otherwise, so that what was kept of it is not read
WIDTHS = sorted({round(100 * abs(1 - 2 * level)) for level in LEVELS} - {0})
OFFSETS = {"ME": "MS", "QE": "QS"}  # peers want one anchor; months and quarters are counted by their first day
LAGS = {
    "15min": [1, 2, 3, 4, 96, 192], "30min": [1, 2, 3, 48, 96], "h": [1, 2, 3, 24, 48, 168],
    "D": [1, 2, 3, 7, 14], "ME": [1, 2, 3, 6, 12], "QE": [1, 2, 3, 4],
}  # fmt: skip
ROLLING = {
    "15min": [(1, 4), (1, 96)], "30min": [(1, 2), (1, 48)], "h": [(1, 24), (24, 24)], "D": [(1, 7)],
    "ME": [(1, 3), (1, 12)], "QE": [(1, 4)],
}  # fmt: skip
PARTS = {
    "15min": ["hour", "minute", "dayofweek"], "30min": ["hour", "minute", "dayofweek"], "h": ["hour", "dayofweek"],
    "D": ["dayofweek"], "ME": ["month"], "QE": ["quarter"],
}  # fmt: skip


def long(panel: Panel) -> pd.DataFrame:
    """Return ``unique_id, ds, y`` of a panel, gaps filled."""
    frames = []
    for at, begun in enumerate(panel.start):
        y = pd.Series(panel.values[at, begun:]).interpolate(limit_direction="both")
        frames.append(pd.DataFrame({"unique_id": at, "ds": panel.times()[at, begun:], "y": y}))
    rows = pd.concat(frames, ignore_index=True)
    if panel.frequency in OFFSETS:
        rows["ds"] = rows.ds.dt.to_period(panel.frequency[0]).dt.to_timestamp()
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


def theta(season: int) -> object:
    """Return statsforecast's Theta, the standard one."""
    from statsforecast.models import Theta  # noqa: PLC0415  (a peer, present in its own environment only)

    return Theta(season_length=season)


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
        target_transforms=[*([Differences([1])] if kind in OFFSETS else []), LocalStandardScaler()],
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


@lru_cache
def pretrained() -> Outside:
    """Return fracast: a network pretrained on public series, used as it comes, 0.1 to 0.9 quantiles out."""
    from shiftcast.pipelines.series.pretrained import load  # noqa: PLC0415  (its library is in the peers' environment)

    return load(None)


def zero_shot(panel: Panel, horizon: int) -> np.ndarray:
    """Forecast with fracast; levels below 0.1 and above 0.9 go on as a normal distribution's would."""
    histories = [rows.y.to_numpy() for _, rows in long(panel).groupby("unique_id")]
    return widened(pretrained()(histories, horizon))


def widened(nine: np.ndarray) -> np.ndarray:
    """Return quantiles at all levels from those at 0.1 to 0.9, shape (..., 9).

    >>> widened(norm.ppf(np.arange(1, 10) / 10)).round(2)[[0, 1, 10, -1]].tolist()
    [-1.96, -1.64, 0.0, 1.96]
    """
    known = np.round(np.arange(1, 10) / 10, 1)
    middle = nine[..., 4]
    columns = []
    for level in LEVELS:
        edge = int(np.clip(round(level * 10), 1, 9)) if not 0.1 <= level <= 0.9 else 0
        if edge:
            columns.append(middle + (nine[..., edge - 1] - middle) * norm.ppf(level) / norm.ppf(known[edge - 1]))
            continue
        low = min(int(level * 10 + 1e-9) - 1, 7)
        part = (level - known[low]) / 0.1
        columns.append((1 - part) * nine[..., low] + part * nine[..., low + 1])
    return np.stack(columns, axis=-1)


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
    "seasonal naive": "statsforecast", "seasonal naive, calibrated": "statsforecast", "AutoETS": "statsforecast",
    "AutoARIMA": "statsforecast", "AutoTheta": "statsforecast", "Theta, calibrated": "statsforecast",
    "mlforecast XGBoost": "mlforecast", "Prophet": "prophet", "fracast": "fracast", "fracast, calibrated": "fracast",
}  # fmt: skip


def edition(name: str) -> str:
    """Return what the forecasts of a model depend on beside the data, to name what is kept of them."""
    own = code() if name not in NEEDS or "calibrated" in name else ""
    return " ".join([version(NEEDS[name]) if name in NEEDS else "", str(ASKED), own]).strip()


def peers(jobs: int = 1, cache: Path | None = None) -> dict[str, Forecaster]:
    """Return every peer; those of statsforecast on so many processes, which changes nothing but the time."""
    known = edition("AutoTheta")
    made = {
        "seasonal naive": statistical(seasonal_naive, 1),
        "seasonal naive, calibrated": calibrated("seasonal naive", last_season, cache, known),
        "AutoETS": statistical(auto_ets, jobs),
        "AutoARIMA": statistical(auto_arima, jobs),
        "AutoTheta": statistical(auto_theta, jobs),
        "Theta, calibrated": calibrated("Theta", points(theta, jobs), cache, known, 6),
        "mlforecast XGBoost": boosted,
        "Prophet": prophet,
        "fracast": zero_shot,
        "fracast, calibrated": calibrated("fracast", lambda _: pretrained(), cache, edition("fracast"), 6),
    }
    return {name: quiet(each) for name, each in made.items()}


def installed(jobs: int = 1, cache: Path | None = None) -> dict[str, Forecaster]:
    """Return the peers whose libraries are here, and say which are not."""
    here = {name: peer for name, peer in peers(jobs, cache).items() if find_spec(NEEDS[name])}
    for name in NEEDS.keys() - here.keys():
        print(f"{name} is not installed here and left out (see constraints.txt)")
    return here
