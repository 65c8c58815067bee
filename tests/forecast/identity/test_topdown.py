from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.calendars import covered_share, hours_in
from shiftcast.features.series import fiscal_revenue
from shiftcast.forecast.draws import Sampling, sample_assumptions
from shiftcast.forecast.hardware.generations import GenerationPrior, nvidia_generations
from shiftcast.forecast.identity import revenue as revenue_room
from shiftcast.forecast.identity.revenue import draw_revenue, fit_revenue
from shiftcast.forecast.identity.topdown import LEAF_NAMES, draw_top_down, fit_top_down
from shiftcast.forecast.volume import fit_volume
from shiftcast.pipelines.sources.beliefs import shipped_beliefs
from shiftcast.pipelines.sources.market import shipped_market

GENERATIONS = GenerationPrior(**shipped_beliefs().of("generations"))
MARKET = shipped_market()
ORIGIN = pd.Timestamp("2026-11-22", tz="UTC")
DRAWS = 200


@pytest.fixture(scope="module")
def assumed(record):
    return sample_assumptions(record.assumptions, draws=DRAWS, seed=20260826)


@pytest.fixture
def quick(monkeypatch):
    """Leave the slow members out where the shape of the forecast is not what is tested."""

    def fit(history, horizon, *, prior):
        return fit_volume(history, horizon, prior=prior, members=("last_value", "drift", "damped_trend"))

    monkeypatch.setattr(revenue_room, "fit_volume", fit)


def revenue(known_on, observations=None, *, origin=ORIGIN, through="2028Q4"):
    known = known_on(origin) if observations is None else known_on(origin, observations=observations)
    fit = fit_revenue(known, through)
    return draw_revenue(fit, Sampling(fit.quarters, DRAWS, 1))


def top_down(known_on, assumed, observations, through):
    fit = fit_top_down(known_on(observations=observations), through)
    return draw_top_down(fit, Sampling(fit.revenue.quarters, DRAWS, 1, assumed))


def test_reported_quarters_are_the_same_in_every_draw_and_conserve_what_was_reported(small_world, record):
    terms = small_world.top_down.revenue
    first = terms.first_forecast
    assert np.ptp(terms.total[:, : first - 1], axis=0).max() == 0
    assert np.ptp(terms.total[:, first], axis=0) > 0
    reported = fiscal_revenue(record.observations, "data_center", ORIGIN)
    through_2025 = reported[reported.index <= pd.Timestamp("2025-10-26", tz="UTC")].sum()
    fourth = reported[pd.Timestamp("2026-01-25", tz="UTC")] * 66 / 91
    calendar = terms.total[0, : terms.quarters.get_loc(pd.Timestamp("2025-12-31", tz="UTC")) + 1].sum()
    assert calendar == pytest.approx(through_2025 + fourth, rel=1e-9)


def test_the_first_forecast_quarter_is_the_first_not_wholly_reported(small_world):
    terms = small_world.top_down.revenue
    assert terms.quarters[terms.first_forecast] == pd.Timestamp("2026-09-30", tz="UTC")


def test_compute_is_a_share_of_data_centre_revenue(small_world):
    terms = small_world.top_down.revenue
    assert (terms.compute > 0).all()
    assert (terms.compute < terms.total).all()
    assert terms.company_ratio == pytest.approx(1.08, abs=0.02)


@pytest.mark.usefixtures("quick")
def test_the_company_ratio_is_missing_where_the_whole_was_not_reported(record, known_on):
    rows = record.observations[record.observations.definition != "company_total"]
    assert np.isnan(revenue(known_on, rows).company_ratio)


@pytest.mark.usefixtures("quick")
def test_a_record_that_starts_later_keeps_every_quarter_in_its_place(record, known_on):
    late = record.observations.period_end >= pd.Timestamp("2018-01-01", tz="UTC")
    whole, shorter = revenue(known_on), revenue(known_on, record.observations[late])
    at = whole.quarters.get_loc(pd.Timestamp("2025-12-31", tz="UTC"))
    assert shorter.total[:, at] == pytest.approx(whole.total[:, at])
    assert shorter.first_forecast == whole.first_forecast
    assert shorter.total[0, :8].sum() == 0


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("through", ["2026Q2", "2024Q4"])
def test_a_horizon_that_ends_in_the_past_names_the_last_reported_day(known_on, through):
    with pytest.raises(ValueError, match="revenue is reported to 2026-07-26; forecast through a quarter after it"):
        revenue(known_on, through=through)


@pytest.mark.usefixtures("quick")
def test_an_origin_before_any_revenue_names_the_definition(known_on):
    with pytest.raises(ValueError, match="no NVIDIA revenue under definition 'data_center' was known on 2015-01-01"):
        revenue(known_on, origin=pd.Timestamp("2015-01-01", tz="UTC"))


def test_spending_of_the_leaves_is_the_revenue_and_the_vendor_buys_nothing(small_world):
    top = small_world.top_down
    np.testing.assert_allclose(top.spending.sum(axis=-1), top.revenue.total, rtol=1e-9)
    assert (top.spending[..., -1] == 0).all()
    assert (top.spending[..., :-1] > 0).all()


def test_the_hyperscale_leaves_hold_the_hyperscale_share(small_world):
    top = small_world.top_down
    np.testing.assert_allclose(top.spending[..., :2].sum(axis=-1), top.split.share * top.revenue.total, rtol=1e-9)


def test_shipped_accelerators_cost_what_compute_sold_for(small_world):
    top = small_world.top_down
    sold = (top.fleet.shipped[:, :, :-1] * top.price[:, None, None, :]).sum(axis=(2, 3))
    np.testing.assert_allclose(sold, top.revenue.compute, rtol=1e-9)


def test_busy_hours_never_exceed_the_hours_of_the_live_fleet(small_world):
    top = small_world.top_down
    there = top.fleet.live.sum(axis=-1) * hours_in(top.revenue.quarters)[None, :, None]
    assert (top.hours < there).all()
    assert (top.hours >= 0).all()


def test_sovereign_revenue_of_the_stated_year_is_met(small_world):
    top = small_world.top_down
    start, end = (pd.Timestamp(day, tz="UTC") for day in ("2025-01-27", "2026-01-25"))
    year = top.spending[..., LEAF_NAMES.index("sovereign")] @ covered_share(start, end, top.revenue.quarters)
    assert (year > 27e9).mean() > 0.95  # "over 30 billion", give or take 1.5
    assert 30e9 < np.median(year) < 36e9
    assert top.leaf_news["leaf"].tolist() == ["sovereign"]
    assert top.leaf_news["after"].item() > top.leaf_news["before"].item()


@pytest.mark.usefixtures("quick")
def test_relabelling_statements_about_the_split_changes_no_total(record, known_on, assumed):
    relabelled = record.observations.assign(
        definition=record.observations.definition.replace({"recast_1": "top_five", "large_csp": "recast_1"})
    )
    worlds = [top_down(known_on, assumed, rows, "2027Q4") for rows in (record.observations, relabelled)]
    assert not np.isclose(worlds[0].split.share, worlds[1].split.share).all()
    for term in (lambda top: top.spending.sum(axis=-1), lambda top: top.fleet.shipped.sum(axis=(2, 3))):
        np.testing.assert_allclose(term(worlds[0]), term(worlds[1]), rtol=1e-9)


@pytest.mark.usefixtures("quick")
def test_without_an_independent_count_prices_are_the_catalogues_and_the_gap_is_missing(record, known_on, assumed):
    rows = record.observations[record.observations.measure != "h100e"]
    top = top_down(known_on, assumed, rows, "2026Q4")
    assert np.isnan(top.h100e_gap)
    np.testing.assert_allclose(
        np.median(top.price, axis=0), nvidia_generations(record.hardware, GENERATIONS).price, rtol=0.12
    )


def test_prices_meet_the_independent_count_and_the_gap_is_told(small_world):
    assert 0.3 < small_world.top_down.h100e_gap < 3.0
    assert (small_world.top_down.price > 0).all()


def test_a_belief_changed_in_the_record_moves_the_forecast(known_on, record):
    rows = record.belief_rows
    wider = rows.assign(value=rows["value"].where(rows["name"] != "volume.revenue.sigma", rows["value"] * 2))
    as_shipped, changed = (
        fit_revenue(known_on(ORIGIN, belief_rows=each), "2027Q4").ahead.deviation for each in (rows, wider)
    )
    assert changed[-1] > 1.02 * as_shipped[-1]
