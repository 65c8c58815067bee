"""Relabelling a firm changes history and offsets, never the total."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from shiftcast.features.asof import known_by, latest_known, latest_vintage
from shiftcast.features.frames import Memberships, conform
from shiftcast.features.membership import side_of
from shiftcast.features.series import select
from shiftcast.forecast.draws import Sampling, sample_assumptions
from shiftcast.forecast.split.membership import as_saved, moved_text, saved_moves
from shiftcast.forecast.split.relabel import firm_spend, purchases, relabel, vendor_spend
from shiftcast.forecast.split.share import draw_split, split_state
from shiftcast.forecast.statements.flows import flows
from shiftcast.forecast.statements.prior import share_prior
from shiftcast.pipelines.sources.beliefs import shipped_beliefs
from shiftcast.pipelines.sources.market import shipped_market
from shiftcast.pipelines.sources.public_record import read_record

PRIOR = share_prior(shipped_beliefs(), "share.split")
MARKET = shipped_market()
QUARTERS = pd.date_range("2022-03-31", "2028-12-31", freq="QE", tz="UTC")
DAY = pd.Timestamp("2026-09-01", tz="UTC")


@pytest.fixture(scope="module")
def observations():
    return latest_known(read_record().observations, DAY)


@pytest.fixture(scope="module")
def split(observations):
    return draw_split(
        split_state(observations, QUARTERS, market=MARKET, prior=PRIOR), MARKET.split, Sampling(QUARTERS, 300, 5)
    )


@pytest.fixture(scope="module")
def revenue():
    return np.random.default_rng(0).lognormal(np.log(60e9), 0.1, (300, len(QUARTERS)))


@pytest.fixture(scope="module")
def assumed():
    return sample_assumptions(read_record().assumptions, draws=300, seed=5)


@pytest.fixture(scope="module")
def bought(observations, assumed):
    return purchases(observations, assumed, "coreweave", QUARTERS, market=MARKET)


def moved(split, revenue, bought, **options):
    return relabel(split, revenue, bought, QUARTERS, **{"firm": "coreweave", "to": "hyperscale", **options})


def test_the_total_stays_in_every_draw(split, revenue, bought):
    for side in ("hyperscale", "rest"):
        np.testing.assert_allclose(moved(split, revenue, bought, to=side).levels.sum(axis=-1), revenue, rtol=1e-12)


def test_history_and_every_offset_move_by_the_firm(split, revenue, bought):
    done = moved(split, revenue, bought)
    at = np.flatnonzero(np.isfinite(bought[0]))
    assert (done.share[:, at] > split.share[:, at]).all()
    before, after = (done.offsets.set_index("definition")[name] for name in ("before", "after"))
    assert after["recast_2"] == pytest.approx(float((logit(split.share) - logit(done.share)).mean()))
    np.testing.assert_allclose(after - before, after["recast_2"])
    assert ((done.share > 0) & (done.share < 1)).all()


def test_each_share_is_told_with_the_interval_of_its_draws(split, revenue, bought):
    done = moved(split, revenue, bought)
    np.testing.assert_array_equal(done.table["after_low80"], np.quantile(done.share, 0.1, axis=0))
    np.testing.assert_array_equal(done.table["before_high80"], np.quantile(split.share, 0.9, axis=0))
    assert (done.table["firm_low80"] <= done.table["firm"]).all()


def test_nothing_moves_before_the_firm_spends_or_the_change_is_valid(split, revenue, bought):
    first = np.flatnonzero(np.isfinite(bought[0])).min()
    np.testing.assert_array_equal(moved(split, revenue, bought).share[:, :first], split.share[:, :first])
    early = pd.Timestamp("2026-01-01", tz="UTC") > QUARTERS
    since = moved(split, revenue, bought, since=~early)
    np.testing.assert_array_equal(since.share[:, early], split.share[:, early])
    assert (since.share[:, ~early] > split.share[:, ~early]).all()


def test_a_firms_part_is_its_own_row_of_spending_or_that_of_any_other(observations, assumed):
    spend = firm_spend(observations, "meta", QUARTERS, market=MARKET)
    middle = np.median(
        purchases(observations, assumed, "meta", QUARTERS, market=MARKET)[:, QUARTERS.get_indexer(spend.index)], axis=0
    )
    np.testing.assert_allclose(middle, 0.43 * spend, rtol=0.01)
    assert vendor_spend(assumed, "spacex") is assumed["vendor_spend.other"]
    assert np.median(vendor_spend(assumed, "google")) < np.median(vendor_spend(assumed, "meta"))


def test_what_firms_buy_agrees_with_the_independent_count(observations, assumed):
    revenue = flows(observations, QUARTERS, MARKET.owners)["revenue"]
    rows = latest_vintage(select(observations, measure="h100e", definition="epoch_owners", stage="stock"))
    added = rows.pivot_table(index="period_end", columns="operator", values="value").diff()
    for firm in ("meta", "microsoft", "amazon", "google", "oracle"):
        bought = np.median(purchases(observations, assumed, firm, QUARTERS, market=MARKET), axis=0)
        years = (QUARTERS.year >= 2024) & (QUARTERS.year <= 2025)
        part = (added[firm] / added.sum(axis=1)).reindex(QUARTERS).to_numpy()
        assert np.nansum(bought[years]) == pytest.approx(np.nansum((part * revenue)[years]), rel=0.06)


def saved(memberships, *rows):
    extra = pd.DataFrame([
        {"firm": firm, "definition": "recast_2", "segment": side, "valid_from": pd.Timestamp(day, tz="UTC"),
         "known_at": DAY, "evidence": "assumed", "confidence": "derived", "source": "shiftcast relabel", "note": ""}
        for firm, side, day in rows
    ])  # fmt: skip
    return conform(pd.concat([memberships, extra], ignore_index=True), Memberships)


def test_published_memberships_move_nobody(split, revenue, observations, assumed):
    rows = read_record().memberships
    assert saved_moves(rows, QUARTERS, MARKET.split.reference) == ()
    assert as_saved(split, revenue, observations, (), Sampling(QUARTERS, 300, 5, assumed), market=MARKET) is split


def test_saved_memberships_apply_from_their_day_and_can_be_taken_back(split, revenue, observations, assumed):
    changes = [("coreweave", "hyperscale", "2025-01-01"), ("coreweave", "rest", "2026-01-01"),
               ("meta", "rest", "2026-04-01"), ("oracle", "hyperscale", "2024-01-01")]  # fmt: skip
    rows = saved(read_record().memberships, *changes)
    (coreweave, meta) = saved_moves(rows, QUARTERS, MARKET.split.reference)
    assert (coreweave.firm, coreweave.to) == ("coreweave", "hyperscale")
    assert set(QUARTERS[coreweave.since].year) == {2025}
    assert QUARTERS[meta.since].min() == pd.Timestamp("2026-06-30", tz="UTC")
    moves, sampling = saved_moves(rows, QUARTERS, MARKET.split.reference), Sampling(QUARTERS, 300, 5, assumed)
    done = as_saved(split, revenue, observations, moves, sampling, market=MARKET)
    still = ~(coreweave.since | meta.since)
    np.testing.assert_array_equal(done.share[:, still], split.share[:, still])
    assert (done.share[:, coreweave.since] > split.share[:, coreweave.since]).all()
    assert (done.share[:, meta.since] < split.share[:, meta.since]).all()
    np.testing.assert_array_equal(done.by_definition["keynote"], split.by_definition["keynote"])
    assert (
        moved_text(saved_moves(rows, QUARTERS, MARKET.split.reference), QUARTERS)
        == "coreweave as hyperscale from 2025-03; meta as rest from 2026-06"
    )


def test_memberships_are_time_stamped():
    rows = read_record().memberships
    assert list(rows.columns) == list(Memberships.columns)
    assert side_of(rows, "meta", "large_csp") == "rest"
    assert side_of(rows, "meta", "recast_1") == "hyperscale"
    with pytest.raises(ValueError, match="'meta' has no membership under definition 'recast_1'; known are none"):
        side_of(known_by(rows, pd.Timestamp("2026-03-16", tz="UTC")), "meta", "recast_1")


def test_unknown_firms_and_sides_are_refused_by_name(split, revenue, bought, observations):
    with pytest.raises(ValueError, match="capital spending of 'nobody'"):
        firm_spend(observations, "nobody", QUARTERS, market=MARKET)
    with pytest.raises(ValueError, match="side 'cloud'"):
        moved(split, revenue, bought, to="cloud")


def test_a_part_that_the_record_contradicts_is_not_known_and_moves_neither_history_nor_offset(split, revenue, bought):
    far = bought.copy()
    at = np.flatnonzero(np.isfinite(bought[0]))
    far[:, at[:4]] = 10 * revenue[:, at[:4]]  # ten times all that was sold
    done, rest = moved(split, revenue, far), moved(split, revenue, np.where(np.isfinite(bought), bought, np.nan))
    assert done.beyond == tuple(done.table["quarter"].iloc[at[:4]])
    assert done.notes[0].count(f"{done.beyond[0]} to {done.beyond[-1]}") == 1
    part = (done.table["firm"] / (1 - done.table["before"])).to_numpy()
    assert part[at[:4]].max() < 2 * part[at[4:]].max()
    assert done.table["firm"].iloc[at[:4]].max() < 0.3
    offset = done.offsets.set_index("definition")["after"]["recast_2"]
    assert abs(offset - rest.offsets.set_index("definition")["after"]["recast_2"]) < 0.05
    assert rest.notes == ()


def test_quarters_in_which_nothing_moves_are_not_told_and_others_as_spans_of_neighbours(split, revenue, bought):
    far = bought.copy()
    at = np.flatnonzero(np.isfinite(bought[0]))[[0, 1, 3, 4, 6]]
    far[:, at] = 10 * revenue[:, at]
    labels = [f"{day.year}Q{day.quarter}" for day in QUARTERS[at]]
    said = moved(split, revenue, far).notes[0]
    assert f"In {labels[0]} to {labels[1]}, {labels[2]} to {labels[3]}, {labels[4]} that" in said
    later = np.arange(len(QUARTERS)) >= at[3]
    assert moved(split, revenue, far, since=later).beyond == (labels[3], labels[4])
    assert moved(split, revenue, far, since=np.arange(len(QUARTERS)) > at[-1]).notes == ()


def test_a_firm_that_would_buy_all_in_every_quarter_is_refused(split, revenue, bought):
    with pytest.raises(ValueError, match="'coreweave' would have bought all that its side did in every quarter"):
        moved(split, revenue, 10 * revenue + 0 * np.nan_to_num(bought))
