"""Growth of a fleet that borrows none: worked by hand, and its properties."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri

from shiftcast.forecast.beliefs import Beliefs
from shiftcast.forecast.fleet.demand import Basis, forecast_demand
from shiftcast.forecast.fleet.facts import Fleet
from shiftcast.forecast.fleet.history import Counted, read_history
from shiftcast.forecast.fleet.trend import Trend, regrown, rests_on, within_walk
from shiftcast.forecast.spoken import percent
from shiftcast.pipelines.sources.beliefs import shipped_beliefs

PAGE = Path(__file__).parents[3] / "docs" / "fleet_demand.md"
TREND = Trend(usual=0.3, apart=0.25, own=0.4, own_years=0.5)


def counted(total, grain="MS"):
    starts = pd.date_range(end="2026-12-01", periods=len(total), freq=grain, tz="UTC")
    hours = np.asarray(total, dtype=float)[:, None]
    return Counted(starts, hours, np.zeros(hours.shape, dtype=bool))


def test_a_straight_history_is_weighed_by_its_years():
    months = 25  # two years of steps, which show no spread: that of half a year of belief is left
    mean, variance, weight = TREND.learned(100 * np.exp(0.6 / 12 * np.arange(months)), "month")
    known = 0.5 * 0.4**2 / (2 + 0.5) / 2
    assert weight == pytest.approx(known / (known + 0.25**2))
    assert mean == pytest.approx(weight * 0.3 + (1 - weight) * 0.6)
    assert variance == pytest.approx(weight * 0.25**2)


def test_the_weight_of_what_is_assumed_falls_as_history_grows_and_idle_months_tell_nothing():
    walk = 1000 * np.exp(np.cumsum(np.random.default_rng(3).normal(0.01, 0.04, 60)))
    weights = [TREND.learned(walk[-months:], "month")[2] for months in (1, 6, 24, 60)]
    assert weights == sorted(weights, reverse=True)
    assert weights[0] == 1.0
    walk[-10] = 0.0
    assert TREND.learned(walk, "month") == TREND.learned(walk[-9:], "month")
    assert TREND.learned(np.zeros(5), "month") == (0.3, 0.0625, 1.0)


def test_days_and_weeks_tell_the_growth_that_months_do():
    days = 100 * np.exp(0.6 / 365 * np.arange(28 * 20))
    weeks = days.reshape(-1, 7).sum(axis=1)
    assert TREND.learned(days, "day")[0] == pytest.approx(TREND.learned(weeks, "week")[0], abs=0.01)


def test_a_flat_forecast_grows_as_learned_and_keeps_its_season():
    season = np.tile(1 + 0.3 * np.sin(2 * np.pi * np.arange(12) / 12), 4)
    table = counted(100 * season[:36])
    drawn = np.repeat(100 * season[None, :24, None], 4000, axis=0)
    made, notes = regrown(drawn, table, "month", TREND, seed=1)
    mean, variance, weight = TREND.learned(table.hours[:, 0], "month")
    grown = np.log(made[:, :, 0] / drawn[:, :, 0])
    years = (np.arange(24) + 0.5) / 12
    np.testing.assert_allclose(np.median(grown, axis=0), mean * years, atol=0.02)
    np.testing.assert_allclose(grown.std(axis=0), np.sqrt(variance) * years, rtol=0.05)
    said = f"its own, drawn by {weight:.0%} towards {np.expm1(0.3):.0%}, which is assumed (fleet.trend.usual)"
    assert notes == (f"growth of {np.expm1(mean):.0%} a year: {said}",)


def test_a_forecast_that_falls_in_later_years_grows_in_them_as_in_the_first():
    years = np.arange(36) // 12
    fallen = np.repeat((100 * np.array([1.0, 0.5, 0.1])[years])[None, :, None], 999, axis=0)
    made, _ = regrown(fallen, counted(np.full(36, 100.0)), "month", TREND, seed=1)
    mean, _, _ = TREND.learned(np.full(36, 100.0), "month")
    ends = np.log(np.median(made[:, [11, 23, 35], 0], axis=0) / 100)
    np.testing.assert_allclose(ends, mean * (np.arange(1, 4) - 0.5 / 12), atol=0.1)


def test_less_than_a_year_and_an_idle_fleet_stay_as_they_are():
    drawn = np.ones((3, 11, 1))
    assert regrown(drawn, counted(np.ones(30)), "month", TREND, seed=1) == (drawn, ())
    none = np.zeros((3, 12, 1))
    assert regrown(none, counted(np.ones(30)), "month", TREND, seed=1)[0] is none


def test_a_forecast_alone_says_what_of_its_growth_is_assumed_and_an_older_one_stays(usage):
    rows = usage({("search", "deep"): 1000 * np.exp(0.01 * np.arange(30))}, grain="month", start="2023-07-01")
    history = read_history(rows)
    beliefs = shipped_beliefs()

    def demand(basis):
        return forecast_demand(history, Fleet("mine"), through="2026-03", basis=basis, draws=200)

    assert any("is assumed (fleet.trend.usual)" in note for note in demand(Basis(beliefs)).notes)
    older = Beliefs({name: value for name, value in beliefs.items() if not name.startswith("fleet.trend")})
    assert not any("fleet.trend" in note for note in demand(Basis(older)).notes)


def drawn_apart(power, *, scale=0.5, draws=999, months=36, start=0.0):
    score = ndtri((np.random.default_rng(4).permutation(draws) + 0.5) / draws)
    years = np.arange(months) / 12
    return 100 * np.exp(score[:, None] * np.sqrt(start**2 + (scale * years**power) ** 2))[:, :, None]


def test_draws_no_wider_than_a_walk_stay_as_they_are():
    narrow = drawn_apart(0.5, scale=0.35, start=0.1)
    held, notes = within_walk(narrow, counted(np.full(3, 100.0)), "month", TREND)
    np.testing.assert_allclose(held, narrow, rtol=1e-9)
    assert notes == ()


def test_draws_whose_variance_grows_with_the_cube_of_time_are_held_to_a_walk():
    wild = drawn_apart(1.5, scale=2.0, start=0.1)
    held, notes = within_walk(wild, counted(np.full(3, 100.0)), "month", TREND)
    logs = np.log(held[:, :, 0] / 100)
    score, years = ndtri(0.9), np.arange(36) / 12
    np.testing.assert_allclose(
        np.quantile(logs, 0.9, axis=0), np.minimum(score * np.sqrt(0.1**2 + 0.4**2 * years),
                                                   score * np.sqrt(0.1**2 + 4 * years**3)), rtol=0.01,
    )  # fmt: skip
    np.testing.assert_array_equal(np.argsort(held[:, -1, 0]), np.argsort(wild[:, -1, 0]))
    assert wild[:, -1].mean() > 1e6
    assert held[:, -1].mean() < 1000
    assert "fleet.growth.own" in notes[0]


def test_parts_keep_their_shares_and_draws_that_fell_to_nought_are_lifted_to_the_walk():
    wild = drawn_apart(1.5, scale=2.0, start=0.1)
    wild[:, -6:][wild[:, -1, 0] < 1e-2] = 0.0
    held, _ = within_walk(np.concatenate([wild, 3 * wild], axis=2), counted(np.full(3, 100.0)), "month", TREND)
    np.testing.assert_allclose(held[:, :, 1], 3 * held[:, :, 0], rtol=1e-9)
    assert (held > 0).all()


@pytest.mark.parametrize(("past", "share"), [([100.0, 0.0, 100.0], 0.3), ([100.0, 100.0, 100.0], 0.0)])
def test_months_ahead_idle_as_they_are_drawn_where_months_of_the_history_did(past, share):
    calm = drawn_apart(0.5, scale=0.1, start=0.1, draws=1000)
    calm[np.argsort(calm[:, 6, 0])[:300], 6] = 0.0  # one month, the lowest draws of it
    held, notes = within_walk(calm, counted(past), "month", TREND)
    assert (held[:, 6] == 0).mean() == share
    if share:
        np.testing.assert_allclose(held, calm, rtol=1e-9)
        assert notes == ()


@pytest.mark.parametrize("side", [-1, 1])
def test_a_band_that_is_held_on_one_side_alone_is_said_to_be(side):
    wild = drawn_apart(1.5, scale=2.0, start=0.1)
    one_sided = np.where(side * (wild - 100) > 0, wild, 100 + 1e-6 * (wild - 100))
    assert "fleet.growth.own" in within_walk(one_sided, counted(np.full(3, 100.0)), "month", TREND)[1][0]


def test_a_fleet_that_idles_at_first_may_idle_on():
    some = drawn_apart(0.5, scale=0.1, start=0.1)
    some[:300] = 0.0
    held, _ = within_walk(some, counted(np.full(3, 100.0)), "month", TREND)
    assert (held[:300] == 0).all()
    none = np.zeros((9, 12, 1))
    assert (within_walk(none, counted(np.full(3, 100.0)), "month", TREND)[0] == 0).all()


def test_a_forecast_of_three_years_from_eleven_weeks_is_held_as_the_page_says_and_says_what_it_rests_on(
    usage, monkeypatch
):
    random = np.random.default_rng(0)
    noise, walk = 0.1 * random.standard_normal((77, 3)), 0.02 * random.standard_normal((77, 3)).cumsum(axis=0)
    hours = np.exp(9 + noise + walk + 0.003 * np.arange(77)[:, None])
    rows = usage({("recsys", f"t{part}"): hours[:, part] for part in range(3)}, start="2026-10-12")
    history, basis = read_history(rows), Basis(shipped_beliefs())

    def demand():
        made = forecast_demand(history, Fleet("new"), through="2029Q4", basis=basis, draws=2000)
        return made, made.total[:, -1] / np.median(made.total[:, -1])

    made, last = demand()
    page = PAGE.read_text(encoding="utf-8")
    told = re.search(r"now it is ([\d.]+) times, 8 in 10 between ([\d.]+) and ([\d.]+)\. ", page).groups()
    assert [last.mean(), *np.quantile(last, (0.1, 0.9))] == pytest.approx([float(each) for each in told], rel=0.1)
    assert f"*{made.little}*" in page
    monkeypatch.setattr("shiftcast.forecast.fleet.demand.within_walk", lambda hours, *_: (hours, ()))
    _, free = demand()
    assert free.mean() > 100
    assert (free == 0).mean() == pytest.approx(0.25, abs=0.05)
    assert made.said("Much.").startswith("Much. This rests on 11 weeks of usage, too few to show a change over a year")


def test_a_history_of_more_than_a_year_or_a_forecast_of_less_is_not_said_to_rest_on_little():
    assert rests_on(counted(np.ones(13)), "month", TREND, 24) == ""
    assert rests_on(counted(np.ones(5)), "month", TREND, 11) == ""
    assert rests_on(counted(np.ones(1)), "month", TREND, 12).startswith("This rests on 1 month of usage")


def test_what_is_assumed_of_growth_is_said_apart_from_the_growth_it_is_drawn_from():
    falling = counted(100 * 0.85 ** np.arange(9))
    mean, _, weight = TREND.learned(falling.hours[:, 0], "month")
    assert np.expm1(mean) < -0.3
    assert (
        f"its growth of {percent(np.expm1(mean))} a year is drawn by {percent(weight)} towards an assumed "
        f"{percent(np.expm1(0.3))}. Read"
    ) in rests_on(falling, "month", TREND, 12)
