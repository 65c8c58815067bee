import numpy as np
import pandas as pd
import pytest

from shiftcast.features.asof import known_by, latest_known
from shiftcast.features.frames import Scores, check
from shiftcast.forecast.capacity.procurement import BuildCosts
from shiftcast.forecast.scoring.leaf_backtest import backtest, backtest_segments, naive_share, scored_statements
from shiftcast.forecast.scoring.past import MODEL, NAIVE, fitted_origins, reported_revenue
from shiftcast.forecast.statements.prior import share_prior
from shiftcast.forecast.volume import series_prior
from shiftcast.pipelines.sources.beliefs import shipped_beliefs
from shiftcast.pipelines.sources.market import shipped_market

REVENUE = series_prior(shipped_beliefs(), "volume.revenue")
PRIOR = share_prior(shipped_beliefs(), "share.split")
MARKET = shipped_market()
ORIGIN = pd.Timestamp("2024-06-01", tz="UTC")
COSTS = BuildCosts(short=0.45, over=0.15)


@pytest.fixture(scope="module")
def origins(record):
    actual = reported_revenue(record.observations, ORIGIN)
    every = list(fitted_origins(record.observations, actual, record.assumptions, REVENUE))
    return every[-5:]


def segments(observations, origins):
    return pd.concat(
        backtest_segments(observations, ORIGIN, market=MARKET, prior=PRIOR, costs=COSTS, origins=origins, draws=100),
        ignore_index=True,
    )


@pytest.fixture(scope="module")
def scores(record, origins):
    return segments(record.observations, origins)


def test_both_segments_are_scored_under_the_definition_of_each_later_statement(scores, record, origins):
    stated = scored_statements(latest_known(record.observations, ORIGIN), MARKET)
    assert set(scores.segment) == {"hyperscale", "rest"}
    assert set(scores.definition) == {"large_csp"}
    later = [(stated["known_at"] > each.past.made).sum() for each in origins]
    mine = scores[(scores.model == MODEL) & (scores.metric == "crps") & (scores.segment == "rest")]
    assert mine.groupby("origin").size().tolist() == [count for count in later if count]
    assert not scores.duplicated(list(Scores.key)).any()


def test_a_bound_is_not_scored_against(record):
    stated = scored_statements(latest_known(record.observations, ORIGIN), MARKET)
    assert set(stated.bound) <= {"=", "~"}
    assert ((stated.period_end - stated.period_start).dt.days < 100).all()


def test_rows_known_after_the_origin_change_no_score(scores, record, origins):
    early = segments(known_by(record.observations, ORIGIN), origins)
    pd.testing.assert_frame_equal(early, scores)


def test_what_comes_later_does_not_reach_an_earlier_origin(scores, record, origins):
    changed = record.observations.copy()
    changed.loc[changed.known_at > origins[-1].past.made, "sd"] *= 2
    pd.testing.assert_frame_equal(segments(changed, origins), scores)


def test_the_naive_share_is_the_last_under_its_definition_and_spreads_as_a_random_walk():
    ends = pd.to_datetime(["2025-01-26", "2025-04-27", "2025-07-27"], utc=True)
    rows = pd.DataFrame({"definition": ["a", "a", "b"], "value": [0.5, 0.55, 0.7], "period_end": ends})
    target = pd.Timestamp("2026-04-26", tz="UTC")
    assert naive_share(rows, "a", target, np.zeros(1), 0.12)[0] == pytest.approx(0.55)
    assert naive_share(rows, "c", target, np.zeros(1), 0.12)[0] == pytest.approx(0.7)
    draws = naive_share(rows, "a", target, np.random.default_rng(1).standard_normal(20_000), PRIOR.volatility)
    assert np.log(draws / (1 - draws)).std() == pytest.approx(2 * PRIOR.volatility, rel=0.03)


def test_the_backtest_joins_whole_and_segments(known_on):
    known = known_on(pd.Timestamp("2023-12-01", tz="UTC"))
    scores = check(backtest(known, draws=50), Scores)
    assert set(scores.segment) == {"all", "hyperscale", "rest"}
    assert {MODEL, NAIVE, "drift"} == set(scores[scores.segment != "all"].model)
    assert {"crps", "wis", "coverage50", "coverage80", "coverage95", "pit", "bias", "mase", "pinball",
            "build_cost", "absolute_error"} == set(scores.metric)  # fmt: skip
