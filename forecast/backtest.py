"""Rolling-origin backtest on known-time data: the live path run at past origins and scored on what came.

Each origin sees the record through the one as-of cut. The naive benchmark is always beside the model, its spread
calibrated in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from features.asof import known_by
from features.frames import ALL, SCORES, check, conform
from features.series import fiscal_revenue
from forecast.draws import Array, stream
from forecast.scores import METRICS
from forecast.volume import draw_volume, fit_volume

HORIZON: Final = 8  # quarters
FIRST_ORIGIN: Final = 20  # quarters of history at the first origin
NAIVE: Final = "last_value"
MODEL: Final = "shiftcast"


def backtest_revenue(
    observations: pd.DataFrame, origin: pd.Timestamp, *, draws: int = 1000, seed: int = 1
) -> pd.DataFrame:
    """Score data-centre revenue forecasts made at every past quarter known by an origin.

    Scores are of log revenue, so that a decade of growth weighs alike: CRPS, interval scores and absolute errors
    read as relative errors.

    Parameters
    ----------
    observations
        Observation rows; cut again at every past origin.
    origin
        Last day of knowledge.

    Returns
    -------
    DataFrame
        A checked scores frame for the model and the naive benchmark.

    Raises
    ------
    ValueError
        If the history is too short for one past origin.
    """
    actual = fiscal_revenue(known_by(observations, origin), "data_center", origin)
    if len(actual) <= FIRST_ORIGIN:
        raise ValueError(
            f"{len(actual)} quarters of revenue are known on {origin:%Y-%m-%d}; a backtest needs more than "
            f"{FIRST_ORIGIN}: choose a later origin"
        )
    blocks = []
    for length, made in _origins(observations, actual):
        history = fiscal_revenue(known_by(observations, made), "data_center", made).to_numpy()
        ahead = np.log(actual.to_numpy()[length : length + HORIZON])
        fits = {MODEL: fit_volume(history, HORIZON), NAIVE: fit_volume(history, HORIZON, members=(NAIVE,))}
        for name, fit in fits.items():
            paths = np.log(draw_volume(fit, draws=draws, random=stream(seed, f"backtest.{length}")))
            blocks.append(_score_rows(paths[:, : len(ahead)], ahead, made=made, model=name))
    return check(conform(pd.concat(blocks, ignore_index=True), SCORES), SCORES)


def _origins(observations: pd.DataFrame, actual: pd.Series) -> Iterator[tuple[int, pd.Timestamp]]:
    """Yield the length of history and the day it became known, for every origin with a quarter to score."""
    days = observations[observations["definition"] == "data_center"].groupby("period_end")["known_at"].min()
    for length in range(FIRST_ORIGIN, len(actual)):
        yield length, pd.Timestamp(days[actual.index[length - 1]])


def _score_rows(paths: Array, actual: Array, *, made: pd.Timestamp, model: str) -> pd.DataFrame:
    scores = {metric: score(paths, actual) for metric, score in METRICS.items()}
    horizons = np.arange(1, len(actual) + 1, dtype=np.float64)
    table = pd.DataFrame({**scores, "horizon": horizons}).melt("horizon", var_name="metric", value_name="value")
    return table.assign(
        origin=made, segment=ALL, leaf=ALL, workload=ALL, technique=ALL, measure="log_revenue", base="none",
        definition="data_center", model=model, scenario="base",
    )  # fmt: skip


def summarise(scores: pd.DataFrame) -> pd.DataFrame:
    """Return one row a horizon: the model's CRPS over the naive one, coverage, and how many origins.

    Returns
    -------
    DataFrame
        ``horizon, crps_ratio, coverage50, coverage80, coverage95, origins``, and a last row for all horizons.
    """
    wide = scores.pivot_table(index=["origin", "horizon"], columns=["model", "metric"], values="value")
    rows = [_summary(group, f"{int(horizon)}") for horizon, group in wide.groupby(level="horizon")]
    return pd.DataFrame([*rows, _summary(wide, ALL)])


def _summary(group: pd.DataFrame, horizon: str) -> dict[str, object]:
    model = group[MODEL]
    return {
        "horizon": horizon,
        "crps_ratio": float(model["crps"].mean() / group[NAIVE]["crps"].mean()),
        **{name: float(model[name].mean()) for name in ("coverage50", "coverage80", "coverage95")},
        "origins": len(group.index.unique(level="origin")),
    }
