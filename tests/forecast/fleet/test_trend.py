"""Growth of a fleet that borrows none: worked by hand, and its properties."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from shiftcast.forecast.beliefs import Beliefs
from shiftcast.forecast.fleet.demand import Basis, forecast_demand
from shiftcast.forecast.fleet.facts import Fleet
from shiftcast.forecast.fleet.history import Counted, read_history
from shiftcast.forecast.fleet.trend import Trend, regrown
from shiftcast.pipelines.sources.beliefs import shipped_beliefs

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
    assert notes == (
        f"growth of {np.expm1(mean):.0%} a year: {weight:.0%} of that is assumed (fleet.trend.usual), the rest its own",
    )


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
