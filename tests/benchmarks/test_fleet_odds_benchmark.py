"""Odds of a fleet, said and come true: the page shows what the script wrote, and cases are counted as it says."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shiftcast.forecast.fleet.trend import Trend
from shiftcast.forecast.known import Settings, basis_of

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import fleet_odds

sys.path.pop(0)


def test_the_page_shows_the_results():
    page = fleet_odds.PAGE.read_text(encoding="utf-8")
    shown = page.split(fleet_odds.BEGIN)[1].split(fleet_odds.END)[0].strip()
    assert shown == fleet_odds.page_table(pd.read_csv(fleet_odds.RESULTS))


def test_the_page_shows_which_way_the_odds_lean():
    page = fleet_odds.PAGE.read_text(encoding="utf-8")
    shown = page.split(fleet_odds.LEANS_BEGIN)[1].split(fleet_odds.LEANS_END)[0].strip()
    assert shown == fleet_odds.leans_table(pd.read_csv(fleet_odds.LEANS))


def test_what_came_beyond_what_was_said_counts_a_series_once_and_a_year_once():
    rows = pd.DataFrame({
        "set": "s", "question": "full", "fleet": ["a", "a", "b", "c"], "year": ["1", "1", "1", "2"],
        "said": [0.5, 0.5, 0.75, 0.5], "came": [True, False, True, False],
    })  # fmt: skip
    table = fleet_odds.leans(rows)
    assert table[["by", "number"]].to_numpy().tolist() == [["fleet", 3], ["year", 2]]
    years = [0.25 / 3, -0.5]  # fleets of the first year: cases of 0.5 and -0.5, and one of 0.25
    assert table["more"].tolist() == pytest.approx([(0 + 0.25 - 0.5) / 3, np.mean(years)], abs=1e-4)
    assert table["error"].tolist() == pytest.approx(
        [np.std([0, 0.25, -0.5], ddof=1) / 3**0.5, np.std(years, ddof=1) / 2**0.5], abs=1e-4
    )
    assert fleet_odds.leans(rows.assign(year=rows["fleet"]))["by"].tolist() == ["fleet"]


def test_series_of_one_panel_have_the_year_ahead_in_common():
    truth = fleet_odds.Truth(np.ones((36, 1)), np.ones(36))
    first, second, other = (fleet_odds.Job("real", f"pypi {at}", truth, 100_000 + 100 * at + back)
                            for at, back in ((0, 12), (3, 12), (3, 24)))  # fmt: skip
    assert first.year == second.year != other.year
    assert fleet_odds.Job("made", "1", truth, 1).year != fleet_odds.Job("made", "2", truth, 2).year


def test_both_questions_are_answered_for_generated_fleets_in_every_tenth():
    table = pd.read_csv(fleet_odds.RESULTS)
    made = table[table["set"] == "generated fleets"]
    assert made.groupby("question")["tenth"].nunique().to_dict() == {"full": 10, "over budget": 10}


def test_cases_are_counted_by_tenths():
    rows = pd.DataFrame({"set": "s", "question": "full", "fleet": [1, 1, 2, 2], "said": [0.0, 0.05, 0.95, 1.0],
                         "came": [False, True, True, True]})  # fmt: skip
    table = fleet_odds.tenths(rows)
    assert table["tenth"].tolist() == [0, 9]
    assert table["cases"].tolist() == [2, 2]
    assert table["fleets"].tolist() == [1, 1]
    assert table["said"].tolist() == [0.025, 0.975]
    assert table["came"].tolist() == [0.5, 1.0]


def test_a_tenth_that_is_missed_is_said_to_be():
    row = {"set": "s", "question": "full", "tenth": 3, "cases": 40, "fleets": 40, "said": 0.35, "came": 0.5}
    assert fleet_odds.page_table(pd.DataFrame([row])).endswith("| 35.0% | 50.0% | 15.0 points, missed |")
    assert fleet_odds.page_table(pd.DataFrame([row | {"cases": 3}])).endswith("| too few |")


def test_the_store_of_a_made_fleet_holds_its_past_and_nothing_of_the_year_ahead():
    truth = fleet_odds.made(3)
    usage = fleet_odds.usage_of(truth)
    hours = usage[usage["measure"] == "gpu_hours"]
    assert (usage["period_start"] < fleet_odds.FIRST).all()
    assert hours["value"].sum() == pytest.approx(truth.hours[: -fleet_odds.AHEAD].sum())
    np.testing.assert_array_equal(fleet_odds.made(3).hours, truth.hours)


def test_growth_told_is_set_beside_growth_that_came_by_parts_and_fifths():
    months = np.arange(36)
    straight = [fleet_odds.Truth(np.exp(rate * months[:, None]), np.ones(36)) for rate in (0.0, 0.01, 0.02, 0.03, 0.04)]
    listed = [fleet_odds.Job("s", str(number), truth, number) for number, truth in enumerate(straight)]
    table = fleet_odds.growths(listed, Trend(usual=0.3, apart=0.25, own=0.4, own_years=0.5)).set_index(["by", "which"])
    assert table.loc["parts", "fleets"].tolist() == [5]
    np.testing.assert_allclose(table.loc["fifth", "came"], [0, 0.12, 0.24, 0.36, 0.48], atol=1e-9)
    weight = table.loc["fifth", "assumed"]
    np.testing.assert_allclose(table.loc["fifth", "told"], weight * 0.3 + (1 - weight) * table.loc["fifth", "came"])


@pytest.mark.slow
def test_odds_of_a_few_made_fleets_score_better_than_even_odds(record, monkeypatch):
    monkeypatch.setattr(fleet_odds, "DRAWS", 200)
    basis = replace(basis_of(record.as_of(fleet_odds.FIRST), Settings(draws=200)), origin=fleet_odds.FIRST)
    rows = pd.DataFrame(
        [row for number in range(8) for row in fleet_odds.cases(fleet_odds.made(number), basis, number)]
    )
    assert len(rows) == 8 * 2 * fleet_odds.CASES
    assert ((rows["said"].astype(float) - rows["came"].astype(float)) ** 2).mean() < 0.25
