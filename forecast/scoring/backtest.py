"""Rolling-origin backtest on known-time data: the live path run at past origins and scored on the actuals.

Each origin sees the record through the one as-of cut. The naive benchmarks are always beside the model, their spread
calibrated in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.asof import latest_known
from shiftcast.features.frames import ALL, DataFrame, Observations, Scores, check, conform
from shiftcast.features.input_error import InputError
from shiftcast.features.scope import VENDOR
from shiftcast.features.series import fiscal_revenue, select
from shiftcast.forecast.capacity.procurement import BuildCosts, build_cost
from shiftcast.forecast.draws import stream
from shiftcast.forecast.scores import METRICS, pinball
from shiftcast.forecast.volume import SeriesPrior, VolumeFit, draw_volume, fit_volume

HORIZON: Final = 8  # quarters
FIRST_ORIGIN: Final = 20  # quarters of history at the first origin
NAIVE: Final = "last_value"
BENCHMARKS: Final = (NAIVE, "drift")
MODEL: Final = "shiftcast"


@dataclass(frozen=True)
class PastOrigin:
    """One past origin: what was fitted there on what was known.

    Attributes
    ----------
    made
        Day the last quarter of the history became known.
    history
        Reported revenue known then [USD], shape (quarters,).
    fits
        Model and benchmarks to their fits, horizon :data:`HORIZON`.
    """

    made: pd.Timestamp
    history: Array
    fits: Mapping[str, VolumeFit]

    def paths(self, model: str, *, draws: int, seed: int) -> Array:
        """Return draws of revenue ahead [USD], shape (draws, horizon); all models share their random numbers.

        Parameters
        ----------
        model
            A key of :attr:`fits`.
        draws
            Number of draws.
        seed
            Of the stream, named after the length of the history.

        Returns
        -------
        ndarray, shape (draws, horizon)
            Revenue [USD/quarter].
        """
        return draw_volume(self.fits[model], draws=draws, random=stream(seed, f"backtest.{len(self.history)}"))


def backtest_revenue(
    observations: DataFrame[Observations], origin: pd.Timestamp, *, prior: SeriesPrior, costs: BuildCosts,
    origins: Sequence[PastOrigin] | None = None, draws: int = 1000, seed: int = 1,
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
    prior
        Beliefs about the error of revenue.
    costs
        What building too little and too much costs.
    origins
        From :func:`past_origins`, where they are needed elsewhere too.
    draws, seed
        Draws of each forecast, and the seed of their streams.

    Returns
    -------
    DataFrame
        A checked scores frame for the model and the naive benchmarks.

    Raises
    ------
    ValueError
        If the history is too short for one past origin.
    """
    actual = reported_revenue(observations, origin)
    blocks = []
    for past in origins or past_origins(observations, actual, prior):
        ahead = actual.to_numpy()[len(past.history) : len(past.history) + HORIZON]
        for model in past.fits:
            paths = past.paths(model, draws=draws, seed=seed)[:, : len(ahead)]
            scores = score_level(paths, ahead, past.history, costs)
            horizons = np.arange(1, len(ahead) + 1, dtype=np.float64)
            blocks.append(score_rows(scores, horizons, made=past.made, model=model, definition="data_center"))
    return check(conform(pd.concat(blocks, ignore_index=True), Scores), Scores)


def reported_revenue(observations: DataFrame[Observations], origin: pd.Timestamp) -> pd.Series:
    """Return data-centre revenue known at an origin [USD], by the last day of the fiscal quarter.

    Parameters
    ----------
    observations
        Every vintage known by the origin.
    origin
        Last day of knowledge.

    Returns
    -------
    Series
        Revenue [USD/quarter] by last day of the fiscal quarter.

    Raises
    ------
    ValueError
        If the history is too short for one past origin.
    """
    actual = fiscal_revenue(latest_known(observations, origin), "data_center", origin)
    if len(actual) <= FIRST_ORIGIN:
        raise InputError(
            f"{len(actual)} quarters of revenue are known on {origin:%Y-%m-%d}; a backtest needs more than "
            f"{FIRST_ORIGIN}: choose a later origin"
        )
    return actual


def first_known(observations: DataFrame[Observations]) -> pd.Series:
    """Return the day each quarter's data-centre revenue became known, by the last day of the quarter.

    A part of it, such as a segment's, can be known days before or after.

    Parameters
    ----------
    observations
        Every vintage.

    Returns
    -------
    Series
        First ``known_at`` by ``period_end``, UTC.
    """
    rows = select(observations, measure="revenue", vendor=VENDOR, definition="data_center", stage="flow", segment=ALL)
    return rows.groupby("period_end")["known_at"].min()


def past_origins(observations: DataFrame[Observations], actual: pd.Series, prior: SeriesPrior) -> Iterator[PastOrigin]:
    """Yield every past origin that has a quarter of ``actual`` ahead of it, fitted on what was known there.

    Parameters
    ----------
    observations
        Every vintage.
    actual
        From :func:`reported_revenue`.
    prior
        Beliefs about the error of revenue, of the model and of every naive forecast.

    Returns
    -------
    Iterator of PastOrigin
        Oldest first.
    """
    days = first_known(observations)
    for length in range(FIRST_ORIGIN, len(actual)):
        made = pd.Timestamp(days[actual.index[length - 1]])
        history = fiscal_revenue(latest_known(observations, made), "data_center", made).to_numpy()
        naive = {name: fit_volume(history, HORIZON, prior=prior, members=(name,)) for name in BENCHMARKS}
        yield PastOrigin(made, history, {MODEL: fit_volume(history, HORIZON, prior=prior), **naive})


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
    """Return one row a horizon for the whole: the model's CRPS and build cost over the naive ones, and coverage.

    Parameters
    ----------
    scores
        A scores frame.

    Returns
    -------
    DataFrame
        ``horizon, crps_ratio, build_cost_ratio, mase, bias, coverage50, coverage80, coverage95, origins``, and a last
        row for all horizons.
    """
    whole = scores[(scores["measure"] == "log_revenue") & (scores["segment"] == ALL)]
    wide = whole.pivot_table(index=["origin", "horizon"], columns=["model", "metric"], values="value")
    rows = [_summary(group, f"{int(horizon)}") for horizon, group in wide.groupby(level="horizon")]
    return pd.DataFrame([*rows, _summary(wide, ALL)])


def _summary(group: pd.DataFrame, horizon: str) -> dict[str, object]:
    model = group[MODEL]
    return {
        "horizon": horizon,
        **{f"{name}_ratio": float(model[name].mean() / group[NAIVE][name].mean()) for name in ("crps", "build_cost")},
        **{name: float(model[name].mean()) for name in ("mase", "bias", "coverage50", "coverage80", "coverage95")},
        "origins": len(group.index.unique(level="origin")),
    }
