"""Rolling-origin backtest on known-time data: the live path run at past origins and scored on the actuals.

Each origin sees the record through the one as-of cut. Naive forecasts are always beside the model on equal footing:
they keep the lean and spread of their own past errors and have its spread prior, with guidance as the next quarter and
without. The model is scored as it ships, cut to what buyers can fund.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.frames import ALL, AssumptionRows, DataFrame, Observations, Scores, check, conform
from shiftcast.forecast.capacity.procurement import BuildCosts, build_cost, build_costs
from shiftcast.forecast.scores import METRICS, pinball
from shiftcast.forecast.scoring.past import (
    BENCHMARKS,
    GUIDED,
    HORIZON,
    MODEL,
    FittedOrigin,
    fitted_origins,
    reported_revenue,
)
from shiftcast.forecast.volume import SeriesPrior


def backtest_revenue(
    observations: DataFrame[Observations], origin: pd.Timestamp, *, assumptions: DataFrame[AssumptionRows],
    prior: SeriesPrior, origins: Sequence[FittedOrigin] | None = None, draws: int = 1000, seed: int = 1,
) -> DataFrame[Scores]:  # fmt: skip
    """Score data-centre revenue forecasts made at every past quarter known by an origin.

    Scores are of log revenue, so that a decade of growth weighs alike: CRPS, interval scores and absolute errors read
    as relative errors. ``mase`` is over the mean absolute change a quarter in the history (Hyndman and Koehler 2006),
    ``pinball`` is at the procurement quantile, ``build_cost`` a share of the actual revenue.

    Parameters
    ----------
    observations
        Every vintage known by then; cut again at every past origin.
    origin
        Last day of knowledge.
    assumptions
        Costs of building, beliefs about guidance, and what buyers can fund; of today at every past origin.
    prior
        Beliefs about the error of revenue.
    origins
        From :func:`forecast.scoring.past.fitted_origins`, where they are needed elsewhere too.
    draws, seed
        Draws of each forecast, and the seed of their streams.

    Returns
    -------
    DataFrame
        A checked scores frame for the model and the naive forecasts.

    Raises
    ------
    ValueError
        If the history is too short for one past origin, or an assumption is missing.
    """
    actual, costs = reported_revenue(observations, origin), build_costs(assumptions)
    blocks = []
    for each in origins or fitted_origins(observations, actual, assumptions, prior):
        history = each.past.history
        ahead = actual.to_numpy()[len(history) : len(history) + HORIZON]
        horizons = np.arange(1, len(ahead) + 1, dtype=np.float64)
        for model in each.fits:
            paths = each.paths(model, draws=draws, seed=seed)[:, : len(ahead)]
            scores = score_level(paths, ahead, history, costs)
            blocks.append(score_rows(scores, horizons, made=each.past.made, model=model, definition="data_center"))
    return check(conform(pd.concat(blocks, ignore_index=True), Scores), Scores)


def score_level(paths: Array, actual: Array, history: Array, costs: BuildCosts) -> dict[str, Array]:
    """Score draws of a positive level on the log scale, and on its own for what building to them cost.

    Parameters
    ----------
    paths
        Draws, shape (draws, n).
    actual
        Actuals, shape (n,), in the unit of the draws.
    history
        The series up to the origin, in the same unit; for the scale of ``mase``.
    costs
        Costs of building too little and too much, for ``pinball`` and ``build_cost``.

    Returns
    -------
    dict
        Metric to scores, shape (n,).
    """
    logs, log_actual = np.log(paths), np.log(actual)
    scores = {metric: score(logs, log_actual) for metric, score in METRICS.items()}
    scores["mase"] = scores["absolute_error"] / np.abs(np.diff(np.log(history))).mean()
    scores["pinball"] = pinball(logs, log_actual, costs.quantile)
    return {**scores, "build_cost": build_cost(paths, actual, costs)}


def score_rows(
    scores: Mapping[str, Array], horizons: Array, *, made: pd.Timestamp, model: str, definition: str,
    segment: str = ALL,
) -> pd.DataFrame:  # fmt: skip
    """Return scores of shape (n,) each as rows of the scores frame, not yet in its dtypes.

    Parameters
    ----------
    scores
        Metric to scores, shape (n,).
    horizons
        Quarters ahead, shape (n,).
    made
        Origin of the forecast.
    model
        Name of the model.
    definition
        Definition of what is scored.
    segment
        Segment of what is scored.

    Returns
    -------
    DataFrame
        Columns of the scores frame, n rows a metric.
    """
    count = len(horizons)
    return pd.DataFrame(
        {
            "origin": made, "horizon": np.tile(np.asarray(horizons, dtype=np.float64), len(scores)),
            "segment": segment, "leaf": ALL, "workload": ALL, "technique": ALL,
            "measure": "log_revenue", "base": "none", "definition": definition, "model": model, "scenario": "base",
            "metric": np.repeat(list(scores), count), "value": np.concatenate(list(scores.values())),
        }
    )  # fmt: skip


def summarise(scores: DataFrame[Scores]) -> pd.DataFrame:
    """Return one row a horizon for the whole: CRPS and build cost, also over the naive forecasts', and coverage.

    Parameters
    ----------
    scores
        A scores frame.

    Returns
    -------
    DataFrame
        ``horizon, crps, build_cost``, both over the last value's (``crps_ratio, build_cost_ratio``), CRPS over that of
        drift and of both with guidance (``crps_over_NAME``), ``mase, bias, coverage50, coverage80, coverage95,
        origins``, and a last row for all horizons.
    """
    whole = scores[(scores["measure"] == "log_revenue") & (scores["segment"] == ALL)]
    wide = whole.pivot_table(index=["origin", "horizon"], columns=["model", "metric"], values="value")
    rows = [_summary(group, f"{int(horizon)}") for horizon, group in wide.groupby(level="horizon")]
    return pd.DataFrame([*rows, _summary(wide, ALL)])


def _summary(group: pd.DataFrame, horizon: str) -> dict[str, object]:
    mean = group.mean()
    naive, *others = BENCHMARKS + GUIDED
    return {
        "horizon": horizon,
        **{name: float(mean[MODEL, name]) for name in ("crps", "build_cost")},
        **{f"{name}_ratio": float(mean[MODEL, name] / mean[naive, name]) for name in ("crps", "build_cost")},
        **{f"crps_over_{name}": float(mean[MODEL, "crps"] / mean[name, "crps"]) for name in others},
        **{name: float(mean[MODEL, name]) for name in ("mase", "bias", "coverage50", "coverage80", "coverage95")},
        "origins": len(group.index.unique(level="origin")),
    }
