"""Scores of a fleet's demand: the page shows what the script wrote, and what it scores is what it says."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import fleet
import fleet_traces

sys.path.pop(0)


def test_the_page_shows_the_results():
    text = fleet.PAGE.read_text(encoding="utf-8")
    assert text == fleet.page(pd.read_csv(fleet.RESULTS), text)


def test_every_set_and_peer_is_in_the_results():
    rows = pd.read_csv(fleet.RESULTS)
    scored = rows[rows["about"] == "scores"]
    assert set(fleet.SETS) <= set(scored["set"])
    assert {fleet.MODEL, *fleet.PEERS} == set(scored["what"])


def test_a_certain_and_right_forecast_scores_nothing_and_a_wrong_one_its_distance():
    truth = np.array([3.0, 5.0])
    assert fleet.crps(np.repeat(truth[:, None], len(fleet.LEVELS), axis=1), truth) == pytest.approx(0.0)
    assert fleet.crps(np.full((2, len(fleet.LEVELS)), 4.0), truth) == pytest.approx(1.0)


def test_odds_that_are_right_come_as_often_as_said():
    random = np.random.default_rng(1)
    drawn = random.normal(100, 10, (500, 40))
    origin = {"draws": drawn, "truth": random.normal(100, 10, 40), "past": np.full(7, 100.0)}
    rows = pd.DataFrame(fleet.odds({"a": [origin]}), columns=fleet.COLUMNS).pivot_table(
        index="set", columns="what", values="value"
    )
    assert (rows["said"] - rows["came"]).abs().max() < 0.25
    assert rows["said"].between(0, 1).all()


def test_growth_that_parts_share_is_none_between_them():
    shared = pd.DataFrame({"a": [1.0, 2.0, 8.0], "b": [10.0, 20.0, 80.0]})
    apart, every, mean, number = fleet.between(shared, 1)
    assert (round(apart, 9), number) == (0.0, 4)
    assert mean == pytest.approx(np.log(8) / 2)
    assert every == pytest.approx(np.std([np.log(2), np.log(4)] * 2))


def test_a_set_is_cut_at_its_origins():
    rows = fleet_traces.rows_of(pd.DataFrame({"a": np.arange(6.0), "b": np.ones(6)}), "made")
    table, names = fleet_traces.counted(rows)
    assert names == ["a", "b"]
    assert fleet_traces.until(table, 2).hours.sum(axis=1).tolist() == [1.0, 2.0, 3.0, 4.0]
    assert fleet_traces.Set(lambda _: rows, "hour", 2, 2, 1).cuts() == [2, 3]


def test_made_up_usage_is_forecast_within_the_size_asked_for():
    rows = fleet.size(120, 26, "month")
    assert rows[0][1] == "120 workloads, 26 months, 24 months ahead"
    assert rows[1][3] > 0
