"""The band of a fleet's demand by month ahead: tables worked by hand, and the page shows what was measured."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import fleet_band

sys.path.pop(0)


def rows_of(**scores):
    """Return rows of both ways at one lead, of sets with the scores given."""
    return pd.concat([
        pd.DataFrame({
            "set": name, "fleet": [f"{name} {number}" for number in range(len(values))], "way": way, "lead": 12,
            "crps": 0.1 if way == "held" else 0.2, "position": np.linspace(0.05, 0.95, len(values)),
            "miss": 0.5 * np.asarray(values), "deviation": 0.5, "months": 20, "shared": "one",
        })
        for name, values in scores.items() for way in fleet_band.WAYS
    ])  # fmt: skip


def test_the_page_shows_what_was_measured():
    page = fleet_band.PAGE.read_text(encoding="utf-8")
    shown = page.split(fleet_band.BEGIN)[1].split(fleet_band.END)[0].strip()
    assert shown == fleet_band.page_text(*fleet_band.read_results())


def test_draws_held_to_a_walk_score_no_worse_a_year_ahead():
    measured = fleet_band.read_results()[0]
    year = measured[measured["lead"] == fleet_band.LEADS[-1]]
    assert len(year) == 2
    assert (year["crps"] <= year["free"]).all()


def test_a_table_by_lead_counts_what_central_intervals_held():
    table = fleet_band.by_lead(rows_of(generated=np.zeros(10), pypi=np.zeros(10)))
    assert table["group"].tolist() == ["generated fleets", "real monthly series"]
    assert table[["in50", "in80", "crps", "free"]].to_numpy() == pytest.approx(np.array([[0.4, 0.8, 0.1, 0.2]] * 2))


def test_series_that_share_a_year_count_once():
    rows = rows_of(pypi=np.zeros(4)).assign(position=[0.1, 0.1, 0.1, 0.9] * 2, shared=["a", "a", "a", "b"] * 2)
    table = fleet_band.by_history(rows).iloc[0]
    assert table[["fleets", "years", "least", "most"]].tolist() == [4, 2, 20, 20]
    assert table[["position", "error"]].tolist() == pytest.approx([0.5, 0.4])


def test_a_band_is_mended_by_what_the_other_sets_ask_for():
    wide = np.random.default_rng(2).standard_normal(4000)
    told = fleet_band.mended(rows_of(a=2 * wide + 1, b=2 * wide + 1, c=wide)).set_index("set")
    assert told.loc["c", ["shift", "scale"]].tolist() == pytest.approx([1.0, 2.0], abs=0.1)
    assert told.loc["c", "after"] > 1.2 * told.loc["c", "before"]
    alike = fleet_band.mended(rows_of(a=2 * wide + 1, b=2 * wide + 1)).set_index("set")
    assert (alike["after"] < 0.95 * alike["before"]).all()


def test_the_score_of_a_normal_forecast_is_that_of_its_draws():
    draws = 0.3 + 0.5 * np.random.default_rng(3).standard_normal(200_000)
    for came in (0.3, 1.0):
        drawn = float(fleet_band.crps(draws, np.array(came)))
        assert fleet_band.normal_crps(np.array(came - 0.3), np.array(0.5)) == pytest.approx(drawn, abs=0.005)
