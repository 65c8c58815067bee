"""The modes of the split on the public record: what each hears, and what imposing takes."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.special import logit

from shiftcast.features.asof import latest_vintage
from shiftcast.forecast.draws import Sampling
from shiftcast.forecast.identity.fit import fit_world, with_split
from shiftcast.forecast.identity.world import build_world, draw_world
from shiftcast.forecast.known import Settings
from shiftcast.forecast.sixty_forty.modes import Imposed, claimed_share, observations_under
from shiftcast.forecast.sixty_forty.report import impose, sides, split_report
from shiftcast.forecast.split.share import draw_split, split_state
from shiftcast.forecast.statements.prior import share_prior
from shiftcast.forecast.views.part import forecast_periods, hyperscale_share
from shiftcast.pipelines.sources.beliefs import shipped_beliefs
from shiftcast.pipelines.sources.market import shipped_market
from shiftcast.pipelines.sources.public_record import read_record

PRIOR = share_prior(shipped_beliefs(), "share.split")
MARKET = shipped_market()
SETTINGS = Settings(draws=200, seed=7, through="2027Q4")
QUARTERS = pd.date_range("2020-03-31", "2027-12-31", freq="QE", tz="UTC")


@pytest.fixture(scope="module")
def record():
    return read_record()


def known_on(record, day):
    return record.as_of(pd.Timestamp(day, tz="UTC"))


@pytest.fixture(scope="module")
def known(record):
    return known_on(record, "2026-09-01")


@pytest.fixture(scope="module")
def fit(known):
    return fit_world(known, SETTINGS.through)


def report(fit, mode, *, base="revenue", definition="recast_2", **options):
    return split_report(fit, SETTINGS, Imposed(mode, 0.6, **options), base=base, definition=definition)


def split_of(observations):
    return draw_split(
        split_state(observations, QUARTERS, market=MARKET, prior=PRIOR), MARKET.split, Sampling(QUARTERS, 200, 7)
    )


def test_the_free_mode_does_not_hear_the_claim(known):
    free = observations_under(known.observations, Imposed("free", 0.6), MARKET)
    assert claimed_share(known.observations, MARKET) == pytest.approx(0.6)
    assert claimed_share(free, MARKET) is None
    assert len(free) == len(known.observations) - 1


def test_the_same_claim_twice_changes_nothing(known):
    claim = known.observations[known.observations["definition"] == "keynote"]
    again = claim.assign(source="a second newspaper")
    twice = latest_vintage(pd.concat([known.observations, again], ignore_index=True))
    once, doubled = split_of(known.observations), split_of(twice)
    np.testing.assert_array_equal(once.share, doubled.share)
    np.testing.assert_array_equal(once.by_definition["keynote"], doubled.by_definition["keynote"])


def test_nothing_published_after_the_as_of_day_is_used(record):
    before = known_on(record, "2026-03-16")
    published = before.observations[before.observations["definition"] != "judgement"]
    assert published["known_at"].max() <= pd.Timestamp("2026-03-16", tz="UTC")
    later = record.observations["known_at"] > pd.Timestamp("2026-03-16", tz="UTC")
    altered = record.observations.assign(value=record.observations["value"].where(~later, 0.99))
    again = known_on(dataclasses.replace(record, observations=altered), "2026-03-16")
    np.testing.assert_array_equal(split_of(before.observations).share, split_of(again.observations).share)
    fourth, first = (pd.Timestamp(day, tz="UTC") for day in ("2026-01-25", "2026-04-26"))
    about = before.observations[before.observations["measure"] == "share"]["period_end"]
    assert fourth in set(about)
    assert first not in set(about)


def test_a_prior_hears_the_claim_and_what_came_after(known):
    believed = observations_under(known.observations, Imposed("prior", 0.6, 0.3), MARKET)
    shares = believed[(believed["measure"] == "share") & (believed["segment"] == "hyperscale")]
    revenue = shares[(shares["base"] == "revenue") & (shares["leaf"] == "all")]
    assert revenue["known_at"].min() >= pd.Timestamp("2026-03-16", tz="UTC")
    assert claimed_share(believed, MARKET) is None


def test_a_prior_without_data_is_the_claim(record):
    share = split_of(
        observations_under(known_on(record, "2026-03-16").observations, Imposed("prior", 0.6, 0.05), MARKET)
    ).share
    at = QUARTERS.searchsorted(pd.Timestamp("2026-03-16", tz="UTC"))
    assert np.median(share[:, at]) == pytest.approx(0.6, abs=0.01)
    assert logit(share[:, at]).std() == pytest.approx(0.05, rel=0.3)
    with pytest.raises(ValueError, match="not known at this origin"):
        observations_under(known_on(record, "2026-02-26").observations, Imposed("prior", 0.6), MARKET)


@pytest.fixture(scope="module")
def free(known, fit):
    observations = observations_under(known.observations, Imposed("free", 0.6), MARKET)
    return draw_world(with_split(fit, observations), draws=SETTINGS.draws, seed=SETTINGS.seed).cube


@pytest.mark.parametrize("mode", ["free", pytest.param("prior", marks=pytest.mark.slow)])
def test_a_mode_fitted_alone_draws_what_a_fit_of_all_it_sees_draws(known, fit, mode):
    observations = observations_under(known.observations, Imposed(mode, 0.6), MARKET)
    anew = build_world(dataclasses.replace(known, observations=observations), SETTINGS).cube
    alone = draw_world(with_split(fit, observations), draws=SETTINGS.draws, seed=SETTINGS.seed).cube
    xr.testing.assert_identical(alone, anew)


@pytest.mark.parametrize(("base", "definition"), [
    ("revenue", "recast_2"), ("revenue", "large_csp"), ("gpu_hours", "recast_2"), ("accelerators", "recast_2"),
    ("watts", "recast_2"),
])  # fmt: skip
def test_fixed_gives_the_share_in_every_draw_and_keeps_the_total(free, base, definition):
    share, total = impose(free, Imposed("fixed", 0.6), base=base, definition=definition)
    ahead = forecast_periods(free)
    np.testing.assert_allclose(share[:, ahead], 0.6, atol=1e-9)
    np.testing.assert_allclose(total, sides(free, base)[0].sum(axis=-1), rtol=1e-9)
    before = hyperscale_share(free, base=base, definition=definition)
    np.testing.assert_array_equal(share[:, ~ahead], before[:, ~ahead])


def test_soft_runs_from_fixed_to_free(free):
    of = {"base": "revenue", "definition": "recast_2"}
    before, fixed = (impose(free, Imposed(mode, 0.6), **of)[0] for mode in ("free", "fixed"))
    for strength, wanted in ((np.inf, before), (0.0, fixed)):
        np.testing.assert_allclose(impose(free, Imposed("soft", 0.6, strength), **of)[0], wanted, atol=1e-9)


def test_a_total_that_may_move_is_reported(free):
    _, kept = impose(free, Imposed("fixed", 0.6), base="revenue", definition="recast_2")
    _, moved = impose(free, Imposed("fixed", 0.6, keep_total=False), base="revenue", definition="recast_2")
    assert np.abs(moved / kept - 1).max() > 1e-4


@pytest.mark.parametrize("mode", ["free", "observation", "fixed"])
def test_every_report_stands_beside_the_free_forecast(fit, mode):
    table = report(fit, mode).table
    assert {"free_median", "median", "strain", "divergence", "ess", "total_moved"} <= set(table)
    if mode == "free":
        np.testing.assert_array_equal(table["free_median"], table["median"])
        np.testing.assert_allclose(table["ess"], 1.0)
    if mode == "fixed":
        assert (table.loc[table["kind"] == "forecast", "median"].round(9) == 0.6).all()
    np.testing.assert_allclose(table["total_moved"], 0.0, atol=1e-6)


def test_concentration_and_refusals_come_with_every_split(fit):
    done = report(fit, "fixed")
    assert [each.over.split(",")[0] for each in done.concentration] == ["workloads", "leaves", "owners"]
    assert all(1 / each.effective == pytest.approx(each.hhi) for each in done.concentration)
    assert done.overconfident
    assert done.covers < 0.01
    assert set(done.refused_by_pooling) <= set(done.table["quarter"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("magic", 0.6), "mode 'magic'"), (("soft", 60.0), "give 0.6 for 60 %"), (("soft", 0.6, -1.0), "strength -1")],
)
def test_bad_modes_are_refused_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        Imposed(*arguments)


def test_base_and_definition_have_to_be_named(fit):
    with pytest.raises(TypeError, match="base"):
        split_report(fit, SETTINGS, Imposed("free", 0.6), definition="recast_2")
    with pytest.raises(ValueError, match="no hyperscale share on base 'tokens'"):
        report(fit, "free", base="tokens")
