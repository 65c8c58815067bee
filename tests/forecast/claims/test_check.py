"""The registry of claims, and claims checked against a cube."""

import numpy as np
import pandas as pd
import pytest

from shiftcast.forecast.claims.check import check_claim
from shiftcast.forecast.claims.odds import ClaimReading
from shiftcast.forecast.claims.registry import distinct, find, predecessor
from shiftcast.forecast.identity.world import build_world
from shiftcast.forecast.known import Settings
from shiftcast.pipelines.sources.beliefs import shipped_beliefs
from shiftcast.pipelines.sources.public_record import read_record

READING = ClaimReading(**shipped_beliefs().of("claims"))
DAY = pd.Timestamp("2026-09-01", tz="UTC")


@pytest.fixture(scope="module")
def known():
    rows = read_record()
    return rows.as_of(DAY)


@pytest.fixture(scope="module")
def cube(known):
    return build_world(known, Settings(draws=200, seed=3)).cube


@pytest.fixture(scope="module")
def claims(known):
    return distinct(known.claims)


def test_the_same_statement_from_two_sources_counts_once(known):
    again = known.claims[known.claims["claim"] == "nvda-gtc26-1t"].assign(claim="zz-gtc26-1t", source="elsewhere")
    twice = distinct(pd.concat([known.claims, again], ignore_index=True))
    assert len(twice) == len(distinct(known.claims))
    assert twice.loc[twice["claim"] == "nvda-gtc26-1t", "sources"].item() == 2


def test_readings_keep_their_weights(claims):
    both = find(claims, "nvda-gtc26-one-third")
    assert both["weight"].tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"unit": ""}, "without a unit"),
        ({"low": np.nan, "high": np.nan}, "neither a low nor a high"),
        ({"weight": 0.4}, "sum to 0.4"),
    ],
)
def test_bad_claims_are_refused_by_name(known, change, message):
    one = known.claims[known.claims["claim"] == "nvda-gtc26-1t"].assign(**change)
    with pytest.raises(ValueError, match=f"'nvda-gtc26-1t'.*{message}"):
        distinct(one)
    with pytest.raises(ValueError, match="'nobody' was not known"):
        find(known.claims, "nobody")


def test_a_vintage_knows_the_one_before(claims):
    assert predecessor(claims, "nvda-gtc26-1t") == "nvda-gtc-dc25-500b"
    assert predecessor(claims, "nvda-gtc-dc25-500b") is None


def test_odds_are_given_under_each_definition_and_stage(cube, claims):
    odds = check_claim(cube, claims, "nvda-gtc26-60-40", reading=READING).odds
    flows = odds[odds["stage"] == "flow of revenue"].set_index("definition")["at_least"]
    assert set(flows.index) == {"recast_2", "recast_1", "large_csp", "top_five", "keynote"}
    assert flows["keynote"] > flows["recast_2"]
    assert odds["stage"].str.startswith(("stock", "forward")).sum() == 3


def test_the_growth_needed_is_what_the_odds_turn_on(cube, claims):
    done = check_claim(cube, claims, "nvda-gtc26-1t", reading=READING)
    easier = claims.assign(low=claims["low"].where(claims["claim"] != "nvda-gtc26-1t", 0.8e12))
    assert check_claim(cube, easier, "nvda-gtc26-1t", reading=READING).growth_needed < done.growth_needed
    as_said = done.odds.set_index(["definition", "stage"]).loc[("as its products", "revenue")]
    assert (as_said["median"] > 1e12) == (done.growth_forecast > done.growth_needed)
    orders = done.odds[done.odds["stage"].str.startswith("order")]
    assert len(orders) == 3


def test_the_bridge_adds_up(cube, claims):
    bridge = check_claim(cube, claims, "nvda-gtc26-1t", reading=READING).bridge
    assert bridge["before"] == "nvda-gtc-dc25-500b"
    assert bridge["from"] + bridge["window"] + bridge["scope"] + bridge["rate"] == pytest.approx(bridge["to"])
    assert bridge["window"] > 0
    same = check_claim(cube, claims, "nvda-gtc26-1t", reading=READING, against="nvda-gtc26-1t").bridge
    assert [same[name] for name in ("window", "scope", "rate")] == pytest.approx([0, 0, 0])


def test_a_bridge_without_a_window_says_why(cube, claims):
    bridge = check_claim(cube, claims, "nvda-gtc26-60-40", reading=READING, against="nvda-gtc26-one-third").bridge
    assert bridge["note"]


def test_a_speakers_past_claims_are_scored(cube, claims):
    past = check_claim(cube, claims, "nvda-guidance-fy27q3", reading=READING).past.set_index("claim")
    assert past.loc["nvda-guidance-fy27q1", "actual"] == pytest.approx(81.6e9, rel=0.02)
    assert past.loc["nvda-guidance-fy27q1", "held"] == 0.0
    assert (past["held"].between(0, 1)).all()
    assert "nvda-guidance-fy27q3" not in past.index


def test_what_cannot_be_judged_says_why(cube, claims):
    done = check_claim(cube, claims, "nvda-gtc26-one-third", reading=READING)
    assert done.odds["note"].str.len().min() > 0
    assert np.isnan(done.growth_needed)
