from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from shiftcast.forecast.beliefs import Beliefs
from shiftcast.forecast.fleet.borrowed import Ahead, Between, demand_of_holdings, pool_growth
from shiftcast.forecast.fleet.demand import Basis, forecast_demand
from shiftcast.forecast.fleet.facts import Fleet, Holding
from shiftcast.forecast.fleet.history import read_history
from shiftcast.forecast.fleet.planner import Planner
from shiftcast.forecast.fleet.wanted import Demand
from shiftcast.forecast.fleet.world import World, read_world
from shiftcast.forecast.known import Settings, basis_of
from shiftcast.pipelines.sources.beliefs import shipped_beliefs

BETWEEN = Between(0.4, 0.5, 0.0, 0.0)


def day(text):
    return pd.Timestamp(text, tz="UTC")


def world(yearly, sd=0.1, draws=500):
    """Return a world whose hours grow by a yearly log rate, with a spread that grows with time."""
    quarters = pd.date_range("2024-12-31", periods=17, freq="QE", tz="UTC")
    years = np.arange(17) / 4
    shock = sd * np.random.default_rng(1).standard_normal((draws, 1)) * np.sqrt(years)
    hours = 1e9 * np.exp(yearly * years + shock)
    return World("enterprise", quarters, hours, {"search": hours})


def own(log_sd, *, months=12, draws=4000):
    """Return flat demand of 100 hours a day with a spread by month."""
    first = pd.date_range("2026-01-01", periods=months, freq="MS", tz="UTC")
    parts = pd.DataFrame({"workload": ["search", "other"], "technique": ["deep", "deep"]})
    shock = np.random.default_rng(2).standard_normal((draws, 1)) * log_sd * np.sqrt(np.arange(1, months + 1))
    hours = 50 * first.days_in_month.to_numpy() * np.exp(shock)
    past = parts.assign(month=day("2025-12-01"), hours=1550.0)
    return Demand(
        parts, first, np.stack([hours, hours], axis=2), past, pd.DataFrame(), np.zeros(months), until=first[0]
    )


def pooled(log_sd, yearly=0.7):
    return pool_growth(
        own(log_sd), np.array([50.0, 50.0]), world(yearly), BETWEEN, since=day("2026-01-01"), years=1e6, seed=1
    )


def test_the_weight_is_that_of_the_inverse_variances():
    found = pooled(0.1)
    years = np.asarray((found.months + pd.Timedelta(days=15) - day("2026-01-01")) / pd.Timedelta(days=365.25))
    mine = 0.1**2 * np.arange(1, 13)
    other = 0.1**2 * years + 0.4**2 * years
    assert found.borrowed == pytest.approx(mine / (mine + other), rel=0.15)
    middle = np.log(np.median(found.total[:, -1]) / (100 * 31))
    assert middle == pytest.approx(found.borrowed[-1] * 0.7 * years[-1], rel=0.1)
    spread = np.log(found.total[:, -1]).std()
    assert spread == pytest.approx(np.sqrt(mine[-1] * other[-1] / (mine[-1] + other[-1])), rel=0.1)


def test_parts_add_up_to_the_pooled_total_and_a_sure_fleet_borrows_next_to_nothing():
    found = pooled(0.1)
    assert np.log(found.hours.sum(axis=2)).std(axis=0)[-1] < np.log(own(0.1).total).std(axis=0)[-1]
    assert pooled(0.001).borrowed.max() < 0.01
    assert (np.diff([pooled(sd).borrowed[-1] for sd in (0.01, 0.05, 0.2)]) > 0).all()


def test_the_borrowed_weight_falls_as_history_grows(usage):
    random = np.random.default_rng(3)
    walk = 1000 * np.exp(np.cumsum(random.normal(0.01, 0.04, 60)))
    weights = []
    for months in (6, 24, 48):
        first = day("2026-01-01") - pd.DateOffset(months=months)
        rows = usage({("search", "deep"): walk[-months:]}, grain="month", start=first.tz_localize(None))
        basis = Basis(shipped_beliefs(), world=world(0.7))
        made = forecast_demand(
            read_history(rows), Fleet("mine", leaf="enterprise"), through="2026Q4", basis=basis, draws=500
        )
        weights.append(made.borrowed.mean())
        assert "growth is borrowed from the world's (enterprise)" in " ".join(made.notes)
    assert weights[0] > weights[1] > weights[2]


def test_a_few_weeks_of_a_fleet_that_borrows_do_not_end_it(usage):
    random = np.random.default_rng(0)
    noise, walk = 0.1 * random.standard_normal((77, 3)), 0.02 * random.standard_normal((77, 3)).cumsum(axis=0)
    hours = np.exp(9 + noise + walk + 0.003 * np.arange(77)[:, None])
    rows = usage({("search", f"t{part}"): hours[:, part] for part in range(3)}, start="2026-01-05")
    basis = Basis(shipped_beliefs(), world=world(0.4))
    fleet = Fleet("new", leaf="enterprise")
    made = forecast_demand(read_history(rows), fleet, through="2028Q4", basis=basis, draws=200)
    assert (made.total[:, -1] > 0).mean() >= 0.99
    assert made.total[:, -1].mean() < 1.5 * np.median(made.total[:, -1])
    assert made.little == ""


@pytest.mark.parametrize(("growth", "step", "seed"), [(0.0008, 0.01, 1), (0.0, 0.005, 2), (0.0004, 0.02, 3)])
def test_every_further_month_of_one_fleet_takes_weight_from_the_world_and_its_report_says_so(
    growth, step, seed, usage, known_on
):
    random = np.random.default_rng(seed)
    end, today = day("2026-01-01"), basis_of(known_on(day("2026-11-22")), Settings(draws=200, seed=1))
    days = 1000 * np.exp(np.cumsum(random.normal(growth, step, 730)) + random.normal(0, 0.1, 730))
    weights = []
    for months in (2, 6, 12, 24):
        known = (end - (end - pd.DateOffset(months=months))).days
        rows = usage({("search", "deep"): days[-known:]}, start=(end - pd.Timedelta(days=known)).tz_localize(None))
        fleet = Planner(Fleet("mine", leaf="enterprise"), rows, replace(today, origin=end), world=world(0.7))
        demand, told = fleet.demand("2026Q4"), fleet.forecast(through="2026Q4")
        weights.append(demand.borrowed.mean())
        shown = told.table.loc[told.table["workload"] == "all", "borrowed"]
        assert shown.iloc[-1] == pytest.approx(demand.borrowed[-3:].mean(), abs=0.02)
        assert any(f"{demand.borrowed[0]:.0%} of it at first, {demand.borrowed[-1]:.0%}" in each for each in told.notes)
    assert (np.diff(weights) < 0).all(), weights


def test_without_usage_the_level_is_what_is_held_and_the_growth_is_the_worlds():
    fleet = Fleet("mine", leaf="enterprise", busy=0.5, holdings=(Holding("h100", 16, day("2025-01-01")),))
    ahead = Ahead(pd.date_range("2026-01-01", periods=12, freq="MS", tz="UTC"), day("2026-01-01"), 2000, 1)
    made = demand_of_holdings(fleet, world(0.7), ahead, between=BETWEEN, assumptions=pd.DataFrame({"name": []}))
    assert (made.borrowed == 1.0).all()
    assert np.median(made.total[:, 0]) == pytest.approx(16 * 12 * 31 * np.exp(0.7 * 15.5 / 365.25), rel=0.05)
    assert np.median(made.total[:, -1]) == pytest.approx(16 * 12 * 31 * np.exp(0.7 * 349.5 / 365.25), rel=0.05)
    assert "50% busy as given" in made.notes[0]


def test_how_busy_a_fleet_is_comes_from_the_record_where_it_does_not_say(record):
    fleet = Fleet("mine", leaf="enterprise", holdings=(Holding("h100", 16, day("2025-01-01")),))
    basis = Basis(shipped_beliefs(), record.assumptions, world=world(0.7))
    made = forecast_demand(None, fleet, through="2026-06", basis=basis, origin=day("2026-01-20"), draws=1000)
    assert made.months[0] == day("2026-01-01")
    assert np.median(made.total[:, 0]) == pytest.approx(16 * 24 * 31 * 0.3, rel=0.1)
    assert "assumed 30% busy (utilisation.enterprise)" in made.notes[0]


def test_a_fleet_of_nothing_is_refused():
    with pytest.raises(
        ValueError, match="no usage is stored that was known on 2026-01-01, and there is no forecast of the world"
    ):
        forecast_demand(None, Fleet("mine"), through="2026Q4", basis=Basis(Beliefs({})), origin=day("2026-01-01"))
    ahead = Ahead(pd.date_range("2026-01-01", periods=2, freq="MS", tz="UTC"), day("2026-01-01"), 5, 1)
    with pytest.raises(ValueError, match="nothing is held on 2026-01-01; ingest usage, or write"):
        demand_of_holdings(Fleet("mine"), world(0.1), ahead, between=BETWEEN, assumptions=pd.DataFrame({"name": []}))


def test_the_world_of_a_fleet_is_its_leaf_or_those_it_is_like(small_world):
    one = read_world(small_world.cube, Fleet("mine", leaf="sovereign"))
    two = read_world(small_world.cube, Fleet("mine", like=("sovereign", "enterprise")))
    every = read_world(small_world.cube, Fleet("mine"))
    assert (one.hours < two.hours).all() and (two.hours < every.hours).all()  # noqa: PT018  (one order)
    assert one.shares["recsys"].sum(axis=2) == pytest.approx(np.ones(one.shares["recsys"].shape[:2]))
    assert one.techniques["recsys"][-1] == "llm"
    growth = one.growth("recsys", one.quarters[8], pd.date_range("2027-01-01", periods=3, freq="MS", tz="UTC"))
    assert growth.shape == (len(one.hours), 3)
    with pytest.raises(ValueError, match="leaf 'moon' is not forecast; choose of internal"):
        read_world(small_world.cube, Fleet("mine", leaf="moon"))


def test_what_the_world_does_not_reach_is_said():
    far = Demand(**vars(own(0.1)) | {"months": pd.date_range("2028-06-01", periods=12, freq="MS", tz="UTC")})
    made = pool_growth(far, np.array([50.0, 50.0]), world(0.7), BETWEEN, since=day("2028-06-01"), years=1.0, seed=1)
    assert "the world is forecast to 2028Q4: its growth is taken to stop there" in made.notes
    old = pool_growth(own(0.1), np.array([50.0, 50.0]), world(0.7), BETWEEN, since=day("2024-01-01"), years=1.0, seed=1)
    assert "the world is told from 2024Q4: no growth of it is known before" in old.notes
