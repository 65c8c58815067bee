from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit, softmax

from shiftcast.features.asof import known_by, latest_known, latest_vintage
from shiftcast.features.calendars import calendar_quarters
from shiftcast.forecast.draws import Sampling, sample_assumptions
from shiftcast.forecast.leaves import LEAVES
from shiftcast.forecast.split.share import draw_split, leaf_weights, split_state, split_statements
from shiftcast.forecast.statements.flows import growth_of_shares
from shiftcast.forecast.statements.prior import share_prior
from shiftcast.pipelines.sources.beliefs import shipped_beliefs
from shiftcast.pipelines.sources.market import shipped_market

PRIOR = share_prior(shipped_beliefs(), "share.split")
MARKET = shipped_market()
QUARTERS = calendar_quarters("2015Q1", "2027Q4")
KEYNOTE = pd.Timestamp("2026-03-16", tz="UTC")


def drawn(observations, draws=2000):
    return draw_split(
        split_state(observations, QUARTERS, market=MARKET, prior=PRIOR), MARKET.split, Sampling(QUARTERS, draws, 1)
    )


@pytest.fixture(scope="module")
def split(record):
    return drawn(latest_vintage(record.observations))


def test_the_share_is_pinned_where_the_reference_definition_reports_it(split):
    at = QUARTERS.get_loc(pd.Timestamp("2026-06-30", tz="UTC"))
    assert np.median(split.share[:, at]) == pytest.approx(0.547, abs=0.003)
    assert split.share[:, at + 4].std() > 5 * split.share[:, at].std()


def test_the_share_under_every_definition_is_the_reference_share_plus_a_constant_offset(split):
    assert set(split.by_definition) == {"recast_2", "recast_1", "large_csp", "top_five", "keynote"}
    assert np.array_equal(split.by_definition[MARKET.split.reference], split.share)
    for share in split.by_definition.values():
        gap = logit(share) - logit(split.share)
        np.testing.assert_allclose(gap, np.broadcast_to(gap[:, :1], gap.shape), atol=1e-6)


def test_the_keynote_figure_is_explained_by_its_definition_and_does_not_move_the_share(record, split):
    without = latest_vintage(record.observations[record.observations.definition != "keynote"])
    alone = drawn(without)
    assert np.abs(np.median(alone.share, axis=0) - np.median(split.share, axis=0)).max() < 0.015
    assert np.median(split.by_definition["keynote"][:, 44]) > np.median(split.share[:, 44])


def test_the_replay_on_the_keynote_day_uses_the_quarter_before_and_not_the_one_after(record):
    known = split_statements(latest_known(record.observations, KEYNOTE), MARKET)
    ends = set(known.period_end.dt.strftime("%Y-%m-%d"))
    assert "2026-01-25" in ends
    assert "2026-04-26" not in ends
    assert not known.definition.isin(["recast_1", "recast_2"]).any()


def test_a_statement_from_a_second_source_counts_once(record, split):
    again = record.observations.assign(source="copy of " + record.observations.source)
    twice = drawn(latest_vintage(pd.concat([record.observations, again])))
    assert twice.state.statements == split.state.statements
    assert twice.share.tobytes() == split.share.tobytes()


def test_bounds_growth_and_the_stock_are_heard_once_each(split):
    names = [each.name for each in split.state.inexact]
    assert len(set(names)) == len(names)
    kinds = {"at least", "at most", "just over", "just under", "about"}
    assert {each.wording for each in split.state.inexact} == kinds
    assert sum("epoch_top_five" in name for name in names) == 1
    assert 0 < split.ess <= 1


def test_growth_is_read_against_the_growth_of_the_whole(record):
    latest = latest_vintage(record.observations)
    statements = split_statements(latest, MARKET)
    grown = growth_of_shares(statements, latest, "_yoy")
    assert len(grown) == len(statements)
    doubled = grown[(grown["measure"] == "multiple") & (grown["bound"] == ">=")].iloc[0]
    assert doubled["definition"] == "large_csp"
    assert doubled["value"] == pytest.approx(2 * 14.514 / 30.771, rel=1e-3)


def test_as_of_the_keynote_day_nothing_published_later_changes_a_byte(record):
    seen = known_by(record.observations, KEYNOTE)
    later = record.observations[record.observations.known_at > KEYNOTE]
    spoiled = pd.concat([seen, later.assign(value=later.value * 0.5)])
    once, again = (drawn(latest_known(rows, KEYNOTE), 200) for rows in (seen, spoiled))
    assert once.share.tobytes() == again.share.tobytes()


def test_the_order_of_the_rows_does_not_matter(record, split):
    shuffled = latest_vintage(record.observations.sample(frac=1.0, random_state=4))
    assert drawn(shuffled).share.tobytes() == split.share.tobytes()


def test_an_origin_without_statements_says_which_and_what_to_do(record):
    early = latest_known(record.observations, pd.Timestamp("2016-01-01", tz="UTC"))
    with pytest.raises(ValueError, match=r"no statement about the hyperscale share .*choose a later origin or add one"):
        split_state(early, QUARTERS, market=MARKET, prior=PRIOR)


@pytest.mark.parametrize("segment", LEAVES)
def test_leaf_shares_sum_to_one_in_every_draw_and_period(record, segment):
    rows = record.assumptions
    if segment == "vendor_internal":
        row = rows.head(1).assign(name="leaf_share.vendor_internal.vendor_internal", low=1.0, mid=1.0, high=1.0)
        rows = pd.concat([rows, row])
    assumed = sample_assumptions(rows, draws=100, seed=1)
    shares = softmax(
        leaf_weights(Sampling(QUARTERS[:12], 100, 1, assumed), segment, base_period=5, drift=0.06), axis=-1
    )
    assert shares.shape == (100, 12, len(LEAVES[segment]))
    np.testing.assert_allclose(shares.sum(axis=-1), 1.0, rtol=1e-12)
    assert shares.min() > 0


def test_leaf_shares_at_the_base_period_are_the_assumed_weights_and_wander_both_ways(record):
    assumed = sample_assumptions(record.assumptions, draws=500, seed=1)
    shares = softmax(
        leaf_weights(Sampling(QUARTERS[:21], 500, 1, assumed), "hyperscale", base_period=10, drift=0.06), axis=-1
    )
    weights = np.stack([assumed[f"leaf_share.hyperscale.{leaf}"] for leaf in LEAVES["hyperscale"]], axis=-1)
    assert shares[:, 10] == pytest.approx(weights / weights.sum(axis=-1, keepdims=True))
    ratio = np.log(shares[..., 0] / shares[..., 1])
    wander = (ratio - ratio[:, [10]]).std(axis=0)
    assert wander[[0, 20]] == pytest.approx([0.06 * np.sqrt(20)] * 2, rel=0.1)


def test_shares_of_huge_log_weights_do_not_overflow():
    assert softmax(np.array([1000.0, 1000.0 + np.log(3.0)])) == pytest.approx([0.25, 0.75])
