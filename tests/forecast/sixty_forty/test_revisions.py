"""Revisions of the split, statement by statement."""

import pandas as pd
import pytest

from shiftcast.features.asof import known_by
from shiftcast.forecast.sixty_forty.revisions import revisions
from shiftcast.forecast.statements.prior import share_prior
from shiftcast.pipelines.sources.beliefs import shipped_beliefs
from shiftcast.pipelines.sources.market import shipped_market
from shiftcast.pipelines.sources.public_record import read_record

PRIOR = share_prior(shipped_beliefs(), "share.split")
MARKET = shipped_market()
QUARTERS = pd.date_range("2020-03-31", "2028-12-31", freq="QE", tz="UTC")


def on(day):
    return pd.Timestamp(day, tz="UTC")


@pytest.fixture(scope="module")
def observations():
    return known_by(read_record().observations, on("2026-09-01"))


def test_each_statement_starts_where_the_last_one_ended(observations):
    table = revisions(observations, QUARTERS, market=MARKET, prior=PRIOR, since=on("2026-03-16"))
    assert table["known_at"].is_monotonic_increasing
    assert set(table["definition"]) == {"epoch_top_five", "recast_1", "recast_2"}
    assert (table["revision"] - (table["after"] - table["before"])).abs().max() == 0
    recast = table[table["definition"] == "recast_2"].iloc[-1]
    assert recast["after"] == pytest.approx(0.547, abs=0.002)
    assert abs(recast["revision_end"]) < 0.2


def test_nothing_new_revises_nothing(observations):
    assert revisions(observations, QUARTERS, market=MARKET, prior=PRIOR, since=on("2026-09-01")).empty


def test_a_day_before_any_statement_is_refused(observations):
    with pytest.raises(ValueError, match="no statement about the split was known on 2019-01-01"):
        revisions(observations, QUARTERS, market=MARKET, prior=PRIOR, since=on("2019-01-01"))
