import numpy as np
import pandas as pd
import pytest

from shiftcast.features.asof import known_by
from shiftcast.features.frames import Overrides, Scores, check, conform, empty
from shiftcast.forecast.capacity.procurement import BuildCosts, build_cost
from shiftcast.forecast.identity.world import build_world
from shiftcast.forecast.known import Settings
from shiftcast.forecast.scores import crps
from shiftcast.forecast.scoring.actuals import actuals
from shiftcast.forecast.scoring.benchmarks import naive_draws, naive_revenue
from shiftcast.forecast.scoring.past import BENCHMARKS, MODEL
from shiftcast.forecast.scoring.scorecard import (
    Vintage,
    ahead_of,
    card_rows,
    card_summary,
    override_scores,
    target_rows,
    vintage_scores,
)
from shiftcast.forecast.views.part import Part, draws_of, periods
from shiftcast.forecast.volume import series_prior
from shiftcast.pipelines.sources.beliefs import shipped_beliefs
from shiftcast.pipelines.sources.market import shipped_market

BELIEFS = shipped_beliefs()
MARKET = shipped_market()
COSTS = BuildCosts(short=0.45, over=0.15)
AS_OF = pd.Timestamp("2026-11-20", tz="UTC")
ORIGIN = pd.Timestamp("2025-09-30", tz="UTC")
SPRING = pd.Timestamp("2026-06-30", tz="UTC")


@pytest.fixture(scope="module")
def actual(known_on):
    return actuals(known_on(AS_OF).history.observations, AS_OF, MARKET)


@pytest.fixture(scope="module")
def vintage(known_on):
    known = known_on(ORIGIN)
    cube = build_world(known, Settings(draws=100, through="2026Q4")).cube
    return Vintage("v3", ORIGIN, cube, known.observations, MARKET, BELIEFS)


@pytest.fixture(scope="module")
def card(vintage, actual):
    return vintage_scores(vintage, actual, COSTS)


def test_a_vintage_is_scored_as_its_draws_say(card, vintage, actual):
    (row,) = card[
        (card["model"] == MODEL) & (card["measure"] == "spending") & (card["segment"] == "all")
        & (card["period_end"] == SPRING)
    ].to_dict("records")  # fmt: skip
    actual = actual.loc[(actual["period_end"] == SPRING) & (actual["segment"] == "all"), "value"].to_numpy()
    at = int(np.flatnonzero(periods(vintage.cube) == SPRING)[0])
    draws = draws_of(vintage.cube, "spending", Part())[:, [at]]
    assert row["crps"] == pytest.approx(crps(np.log(draws), np.log(actual))[0])
    assert row["build_cost"] == pytest.approx(build_cost(draws, actual, COSTS)[0])
    assert (row["actual"], row["horizon"], row["vintage"]) == (actual[0], 4.0, "v3")
    assert row["low"] < row["median"] < row["high"]


def test_nothing_that_was_known_at_the_origin_is_scored(card, actual):
    assert (card["horizon"] >= 1).all()
    assert card["period_end"].min() == pd.Timestamp("2025-09-30", tz="UTC")
    assert ahead_of(actual, AS_OF).empty


def test_every_figure_has_the_naive_forecasts_beside_it(card):
    counts = card.groupby("model").size()
    assert set(counts.index) == {MODEL, *BENCHMARKS}
    assert len(set(counts)) == 1


def test_naive_forecasts_use_nothing_known_later(card, vintage, actual):
    target = actual[actual["period_end"] == SPRING].iloc[0]
    early = known_by(vintage.observations, ORIGIN)
    one, other = (
        naive_draws(rows, target, origin=ORIGIN, member="drift", draws=50, seed=1, market=MARKET, beliefs=BELIEFS)
        for rows in (vintage.observations, early)
    )
    np.testing.assert_array_equal(one, other)


def test_the_last_value_keeps_the_lean_of_its_past_errors_over_calendar_quarters(vintage):
    quarters = periods(vintage.cube)[-4:]
    prior, asked = series_prior(BELIEFS, "volume.revenue"), {"member": "last_value", "draws": 40000, "seed": 1}
    draws = naive_revenue(vintage.observations, quarters, origin=ORIGIN, prior=prior, **asked)
    rows = vintage.observations
    last = rows[(rows["definition"] == "data_center") & (rows["measure"] == "revenue")].sort_values("period_end")
    middle = np.median(draws, axis=0)
    assert last["value"].iloc[-1] < middle[0]
    assert (np.diff(middle) > 0).all()
    assert (np.diff(draws.std(axis=0)) > 0).all()


@pytest.mark.parametrize("change", [{"measure": "power"}, {"leaf": "sovereign"}])
def test_a_figure_without_a_naive_forecast_has_none(vintage, actual, change):
    target = pd.Series({**actual.iloc[-1].to_dict(), **change})
    assert (
        naive_draws(
            vintage.observations,
            target,
            origin=ORIGIN,
            member="drift",
            draws=10,
            seed=1,
            market=MARKET,
            beliefs=BELIEFS,
        )
        is None
    )


def test_one_quarter_can_be_asked_for(card, vintage, actual):
    mine = vintage_scores(vintage, actual, COSTS, period_end=SPRING)
    expected = card[card["period_end"] == SPRING].reset_index(drop=True)
    pd.testing.assert_frame_equal(mine, expected)


def test_the_card_is_a_scores_frame_in_which_vintages_are_told_apart(card):
    rows = check(card_rows(pd.concat([card, card.assign(vintage="v4")])), Scores)
    assert {"shiftcast v3", "shiftcast v4", "last_value", "drift"} == set(rows["model"])
    assert not rows.isna().any().any()


def test_the_summary_compares_on_the_same_figures(card):
    table = card_summary(card)
    whole = table[(table["measure"] == "spending") & (table["segment"] == "all")].iloc[0]
    mine, naive = (
        card[(card["model"] == name) & (card["measure"] == "spending") & (card["segment"] == "all")]
        for name in (MODEL, "last_value")
    )
    assert whole["figures"] == len(mine)
    assert whole["crps_over_last_value"] == pytest.approx(mine["crps"].mean() / naive["crps"].mean())
    assert card_summary(card, ("measure", "horizon"))["figures"].sum() == (card["model"] == MODEL).sum()


def test_a_quarter_is_shown_by_figure_with_the_model_first(card):
    shown = dict(target_rows(card, SPRING))
    assert "share of hyperscale, definition recast_2, base revenue" in shown
    assert shown["spending of all, definition recast_2"]["model"].tolist() == [MODEL, "last_value", "drift"]


def override(**changes):
    row = {"made_at": "2026-01-15", "who": "Ann", "segment": "all", "leaf": "all", "measure": "spending",
           "base": "none", "definition": "recast_2", "period_end": SPRING, "low": 6e10, "mid": 8e10, "high": 1e11,
           "unit": "USD/quarter", "reason": "order book"}  # fmt: skip
    return conform(pd.DataFrame([{**row, **changes}]), Overrides)


def test_an_override_is_scored_like_a_forecast(actual):
    (row,) = override_scores(override(), actual, COSTS).to_dict("records")
    assert (row["model"], row["vintage"], row["horizon"]) == ("override", "Ann", 3.0)
    assert [row["low"], row["median"], row["high"]] == pytest.approx([6e10, 8e10, 1e11], rel=0.01)
    assert row["coverage80"] == 1.0
    assert np.isnan(row["mase"])
    share = override(measure="share", base="revenue", segment="hyperscale", low=0.5, mid=0.55, high=0.6, unit="1")
    (row,) = override_scores(share, actual, COSTS).to_dict("records")
    assert row["median"] == pytest.approx(0.55, abs=0.002)


def test_an_override_made_when_the_figure_was_known_is_not_scored(actual):
    assert override_scores(override(made_at="2026-09-01"), actual, COSTS).empty
    assert override_scores(empty(Overrides), actual, COSTS).empty
