"""Relabelling a firm changes history and offsets, never the total."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from features.asof import known_by
from features.membership import MEMBERSHIPS, side_of
from forecast.sixty_forty.relabel import firm_spend, relabel
from forecast.split import draw_split
from pipelines.relabel_command import read_memberships
from pipelines.sources.public_record import RECORDS, read_record

QUARTERS = pd.date_range("2022-03-31", "2028-12-31", freq="QE", tz="UTC")
DAY = pd.Timestamp("2026-09-01", tz="UTC")


@pytest.fixture(scope="module")
def observations():
    return known_by(read_record().observations, DAY)


@pytest.fixture(scope="module")
def split(observations):
    return draw_split(observations, QUARTERS, draws=300, seed=5)


@pytest.fixture(scope="module")
def revenue():
    return np.random.default_rng(0).lognormal(np.log(60e9), 0.1, (300, len(QUARTERS)))


@pytest.fixture(scope="module")
def spend(observations):
    return firm_spend(observations, "coreweave", QUARTERS)


def moved(split, revenue, spend, **options):
    return relabel(split, revenue, spend, QUARTERS, **{"firm": "coreweave", "to": "hyperscale", "seed": 5, **options})


def test_the_total_stays_in_every_draw(split, revenue, spend):
    for side in ("hyperscale", "rest"):
        np.testing.assert_allclose(moved(split, revenue, spend, to=side).levels.sum(axis=-1), revenue, rtol=1e-12)


def test_history_and_every_offset_move_by_the_firm(split, revenue, spend):
    done = moved(split, revenue, spend)
    at = QUARTERS.get_indexer(spend.index)
    assert (done.share[:, at] > split.share[:, at]).all()
    before, after = (done.offsets.set_index("definition")[name] for name in ("before", "after"))
    assert after["recast_2"] == pytest.approx(float((logit(split.share) - logit(done.share)).mean()))
    np.testing.assert_allclose(after - before, after["recast_2"])
    assert ((done.share > 0) & (done.share < 1)).all()


def test_nothing_moves_before_the_firm_spends_or_the_change_is_valid(split, revenue, spend):
    first = QUARTERS.get_indexer(spend.index).min()
    np.testing.assert_array_equal(moved(split, revenue, spend).share[:, :first], split.share[:, :first])
    since = moved(split, revenue, spend, valid_from=pd.Timestamp("2026-01-01", tz="UTC"))
    early = pd.Timestamp("2026-01-01", tz="UTC") > QUARTERS
    np.testing.assert_array_equal(since.share[:, early], split.share[:, early])
    assert (since.share[:, ~early] > split.share[:, ~early]).all()


def test_the_same_seed_gives_the_same_draws(split, revenue, spend):
    np.testing.assert_array_equal(moved(split, revenue, spend).share, moved(split, revenue, spend).share)


def test_memberships_are_time_stamped():
    rows = read_memberships(RECORDS)
    assert list(rows.columns) == list(MEMBERSHIPS.columns)
    assert side_of(rows, "meta", "large_csp") == "rest"
    assert side_of(rows, "meta", "recast_1") == "hyperscale"
    with pytest.raises(ValueError, match="'meta' has no membership under definition 'recast_1'; known are none"):
        side_of(known_by(rows, pd.Timestamp("2026-03-16", tz="UTC")), "meta", "recast_1")


def test_unknown_firms_and_sides_are_refused_by_name(split, revenue, spend, observations):
    with pytest.raises(ValueError, match="capital spending of 'nobody'"):
        firm_spend(observations, "nobody", QUARTERS)
    with pytest.raises(ValueError, match="side 'cloud'"):
        moved(split, revenue, spend, to="cloud")
