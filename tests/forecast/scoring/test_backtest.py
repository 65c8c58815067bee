from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.asof import known_by, latest_known
from shiftcast.features.calendars import nvidia_quarters
from shiftcast.features.frames import Scores, check
from shiftcast.features.series import fiscal_revenue
from shiftcast.forecast.capacity.procurement import build_cost, build_costs
from shiftcast.forecast.draws import sample_assumptions
from shiftcast.forecast.identity.guidance import guidance_prior, guided_quarter
from shiftcast.forecast.identity.outlook import draw_outlook, fit_outlook
from shiftcast.forecast.scores import crps
from shiftcast.forecast.scoring.backtest import backtest_revenue, summarise
from shiftcast.forecast.scoring.past import (
    BENCHMARKS,
    FIRST_ORIGIN,
    GUIDED,
    HORIZON,
    MODEL,
    NAIVE,
    WAYS,
    past_origins,
    reported_revenue,
)
from shiftcast.forecast.supply.cut import soft_minimum
from shiftcast.forecast.supply.funding import WIDTH, fundable, read_buyers
from shiftcast.forecast.volume import series_prior
from shiftcast.pipelines.sources.beliefs import shipped_beliefs

REVENUE = series_prior(shipped_beliefs(), "volume.revenue")
ORIGIN = pd.Timestamp("2022-12-01", tz="UTC")
DRAWS = 200


def run(record, observations=None, origin: pd.Timestamp = ORIGIN) -> pd.DataFrame:
    rows = record.observations if observations is None else observations
    return backtest_revenue(rows, origin, assumptions=record.assumptions, prior=REVENUE, draws=DRAWS, seed=1)


@pytest.fixture(scope="module")
def scores(record):
    return run(record)


@pytest.fixture(scope="module")
def actual(record):
    return fiscal_revenue(latest_known(record.observations, ORIGIN), "data_center", ORIGIN)


def test_every_forecast_is_scored_on_every_metric_origin_and_horizon(scores, actual):
    check(scores, Scores)
    origins = len(actual) - FIRST_ORIGIN
    pairs = sum(min(HORIZON, len(actual) - length) for length in range(FIRST_ORIGIN, len(actual)))
    assert scores.origin.nunique() == origins
    assert scores.groupby(["model", "metric"]).size().unique().tolist() == [pairs]
    assert set(scores.model) == {MODEL, *BENCHMARKS, *GUIDED}


def test_no_score_is_of_a_quarter_known_after_the_origin_of_the_backtest(scores, record):
    assert scores.origin.max() < ORIGIN
    pd.testing.assert_frame_equal(run(record, known_by(record.observations, ORIGIN)), scores)


def test_a_scored_forecast_is_the_live_forecast_made_on_that_day_cut_to_what_can_be_funded(scores, record, actual):
    made = scores.origin.unique()[4]
    known, assumed = (
        latest_known(record.observations, made),
        sample_assumptions(record.assumptions, draws=DRAWS, seed=1),
    )
    reported = fiscal_revenue(known, "data_center", made)
    history = reported.to_numpy()
    guided = guided_quarter(known_by(record.observations, made), reported, guidance_prior(record.assumptions))
    wanted = draw_outlook(
        fit_outlook(history, HORIZON, guided, prior=REVENUE), draws=DRAWS, seed=1, name=f"backtest.{len(history)}"
    )  # fmt: skip
    ends = pd.DatetimeIndex(nvidia_quarters(ORIGIN)["period_end"])
    ends = ends[ends > reported.index[-1]][:HORIZON]
    most = fundable(read_buyers(known), ends, assumed, paid=reported, draws=DRAWS)
    paths = soft_minimum(wanted[:, : len(ends)], [most], assumed[WIDTH][:, None])
    actual = np.log(actual.to_numpy()[len(history) : len(history) + HORIZON])
    paths = paths[:, : len(actual)]

    def scored(metric):
        rows = scores[(scores.origin == made) & (scores.model == MODEL) & (scores.metric == metric)]
        return rows.sort_values("horizon").value

    np.testing.assert_allclose(scored("crps"), crps(np.log(paths), actual), rtol=1e-6)
    costs = build_costs(record.assumptions)
    np.testing.assert_allclose(scored("build_cost"), build_cost(paths, np.exp(actual), costs), rtol=1e-6)
    errors = np.abs(np.log(np.median(paths, axis=0)) - actual)
    scale = np.abs(np.diff(np.log(history))).mean()
    np.testing.assert_allclose(scored("mase"), errors / scale, rtol=1e-2)


def test_naive_forecasts_have_the_means_of_the_model():
    for name in BENCHMARKS:
        assert WAYS[f"{name}_guided"]._replace(members=None, bounded=True) == WAYS[MODEL]
        assert WAYS[name] == WAYS[f"{name}_guided"]._replace(guided=False)


def test_an_origin_hears_no_guidance_and_no_buyer_known_after_it(record):
    rows, origin = record.observations, pd.Timestamp("2021-06-30", tz="UTC")
    later = rows[(rows["known_at"] > origin) & rows["definition"].isin(["company_outlook", "operator_revenue"])]
    changed = pd.concat([rows.drop(later.index), later.assign(value=later["value"] * 3)])
    before, after = (
        [
            past
            for past in past_origins(each, reported_revenue(each, ORIGIN), record.assumptions, REVENUE)
            if past.made <= origin
        ]
        for each in (rows, changed)
    )
    assert [(past.guided, past.buyers) for past in before] == [(past.guided, past.buyers) for past in after]
    assert all(past.guided and past.buyers for past in before)


def test_a_figure_restated_later_does_not_reach_the_origins_before_it(scores, record, actual):
    restated = record.observations[
        (record.observations.definition == "data_center") & (record.observations.period_end == actual.index[-3])
    ]
    later = restated.assign(value=restated.value * 1.5, known_at=ORIGIN, source="restated")
    changed = run(record, pd.concat([record.observations, later], ignore_index=True))
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
    assert whole.crps == pytest.approx(means[MODEL])
    assert whole.crps_ratio == pytest.approx(means[MODEL] / means[NAIVE])
    assert whole.crps_over_drift_guided == pytest.approx(means[MODEL] / means["drift_guided"])
    assert whole.origins == scores.origin.nunique()
    second = scores[(scores.horizon == 2) & (scores.model == MODEL) & (scores.metric == "coverage80")]
    assert table.coverage80[1] == pytest.approx(second.value.mean())
    assert table.origins[1] == len(second)


def test_the_naive_benchmark_scores_one_against_itself(scores):
    twice = pd.concat([scores[scores.model != MODEL], scores[scores.model == NAIVE].assign(model=MODEL)])
    assert summarise(twice).crps_ratio.tolist() == pytest.approx([1.0] * (HORIZON + 1))


def test_the_model_beats_the_naive_benchmark_and_covers_most_of_what_came(scores):
    whole = summarise(scores).iloc[-1]
    assert whole.crps_ratio < 1
    assert whole.coverage80 > 0.6


def test_an_origin_with_too_short_a_history_is_refused_with_what_is_needed(record):
    with pytest.raises(ValueError, match=r"12 quarters of revenue are known on 2018-03-01; .* needs more than 20"):
        run(record, origin=pd.Timestamp("2018-03-01", tz="UTC"))
