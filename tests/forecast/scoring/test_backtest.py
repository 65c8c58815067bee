from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.asof import known_by, latest_known
from shiftcast.features.frames import Scores, check
from shiftcast.features.series import fiscal_revenue
from shiftcast.forecast.capacity.procurement import BuildCosts, build_cost
from shiftcast.forecast.draws import stream
from shiftcast.forecast.scores import crps
from shiftcast.forecast.scoring.backtest import (
    BENCHMARKS,
    FIRST_ORIGIN,
    HORIZON,
    MODEL,
    NAIVE,
    backtest_revenue,
    summarise,
)
from shiftcast.forecast.volume import draw_volume, fit_volume, series_prior
from shiftcast.pipelines.sources.beliefs import shipped_beliefs

REVENUE = series_prior(shipped_beliefs(), "volume.revenue")

ORIGIN = pd.Timestamp("2022-12-01", tz="UTC")
DRAWS = 200
COSTS = BuildCosts(short=0.45, over=0.15)


def run(observations: pd.DataFrame, origin: pd.Timestamp = ORIGIN) -> pd.DataFrame:
    return backtest_revenue(observations, origin, prior=REVENUE, costs=COSTS, draws=DRAWS, seed=1)


@pytest.fixture(scope="module")
def scores(record):
    return run(record.observations)


@pytest.fixture(scope="module")
def actual(record):
    return fiscal_revenue(latest_known(record.observations, ORIGIN), "data_center", ORIGIN)


def test_both_models_are_scored_on_every_metric_origin_and_horizon(scores, actual):
    check(scores, Scores)
    origins = len(actual) - FIRST_ORIGIN
    pairs = sum(min(HORIZON, len(actual) - length) for length in range(FIRST_ORIGIN, len(actual)))
    assert scores.origin.nunique() == origins
    assert scores.groupby(["model", "metric"]).size().unique().tolist() == [pairs]
    assert set(scores.model) == {MODEL, *BENCHMARKS}


def test_no_score_is_of_a_quarter_known_after_the_origin_of_the_backtest(scores, record):
    assert scores.origin.max() < ORIGIN
    pd.testing.assert_frame_equal(run(known_by(record.observations, ORIGIN)), scores)


def test_a_scored_forecast_is_the_live_forecast_made_on_that_day(scores, record, actual):
    made = scores.origin.unique()[4]
    history = fiscal_revenue(latest_known(record.observations, made), "data_center", made)
    paths = draw_volume(
        fit_volume(history.to_numpy(), HORIZON, prior=REVENUE),
        draws=DRAWS,
        random=stream(1, f"backtest.{len(history)}"),
    )
    actual = np.log(actual.to_numpy()[len(history) : len(history) + HORIZON])
    expected = crps(np.log(paths)[:, : len(actual)], actual)
    rows = scores[(scores.origin == made) & (scores.model == MODEL) & (scores.metric == "crps")]
    np.testing.assert_allclose(rows.sort_values("horizon").value, expected, rtol=1e-6)
    cost = scores[(scores.origin == made) & (scores.model == MODEL) & (scores.metric == "build_cost")]
    np.testing.assert_allclose(
        cost.sort_values("horizon").value, build_cost(paths[:, : len(actual)], np.exp(actual), COSTS), rtol=1e-6
    )
    mase = scores[(scores.origin == made) & (scores.model == MODEL) & (scores.metric == "mase")]
    errors = np.abs(np.log(np.median(paths, axis=0))[: len(actual)] - actual)
    scale = np.abs(np.diff(np.log(history))).mean()
    np.testing.assert_allclose(mase.sort_values("horizon").value, errors / scale, rtol=1e-2)


def test_a_figure_restated_later_does_not_reach_the_origins_before_it(scores, record, actual):
    restated = record.observations[
        (record.observations.definition == "data_center") & (record.observations.period_end == actual.index[-3])
    ]
    later = restated.assign(value=restated.value * 1.5, known_at=ORIGIN, source="restated")
    changed = run(pd.concat([record.observations, later], ignore_index=True))
    last = scores.origin.unique()[-2:]
    pd.testing.assert_frame_equal(
        *(table[table.origin.isin(last)].reset_index(drop=True) for table in (scores, changed))
    )
    assert not changed.value.equals(scores.value)


def test_the_summary_is_the_mean_of_the_scores_by_horizon_and_over_all(scores):
    table = summarise(scores)
    assert table.horizon.tolist() == [str(step) for step in range(1, HORIZON + 1)] + ["all"]
    means = scores[scores.metric == "crps"].groupby("model").value.mean()
    whole = table.iloc[-1]
    assert whole.crps_ratio == pytest.approx(means[MODEL] / means[NAIVE])
    assert whole.origins == scores.origin.nunique()
    second = scores[(scores.horizon == 2) & (scores.model == MODEL) & (scores.metric == "coverage80")]
    assert table.coverage80[1] == pytest.approx(second.value.mean())
    assert table.origins[1] == len(second)


def test_the_naive_benchmark_scores_one_against_itself(scores):
    naive = scores[scores.model == NAIVE]
    twice = pd.concat([naive, naive.assign(model=MODEL)])
    assert summarise(twice).crps_ratio.tolist() == pytest.approx([1.0] * (HORIZON + 1))


def test_the_model_beats_the_naive_benchmark_and_covers_most_of_what_came(scores):
    whole = summarise(scores).iloc[-1]
    assert whole.crps_ratio < 1
    assert whole.coverage80 > 0.6


def test_an_origin_with_too_short_a_history_is_refused_with_what_is_needed(record):
    with pytest.raises(ValueError, match=r"12 quarters of revenue are known on 2018-03-01; .* needs more than 20"):
        run(record.observations, pd.Timestamp("2018-03-01", tz="UTC"))
