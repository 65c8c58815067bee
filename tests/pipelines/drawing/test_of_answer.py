"""The picture of an answer shows the quantity it describes, a line a part over time, or a bar a row."""

import re

import pandas as pd
import pytest

from shiftcast import draw
from shiftcast.features.input_error import InputError
from shiftcast.forecast.views.answer import Answer, Picture
from shiftcast.pipelines.drawing.quantities import quantity_of
from shiftcast.pipelines.drawing.rendered import TIP
from shiftcast.pipelines.registry.answers import questions

HOURS = pd.DataFrame({
    "quarter": ["2026Q4", "2027Q1"] * 3, "kind": ["estimate", "forecast"] * 3,
    "vendor": ["a", "a", "b", "b", "cpu", "cpu"],
    "q100": [1.0, 2, 3, 4, 5, 6], "q500": [2.0, 3, 4, 5, 6, 7], "q900": [3.0, 4, 5, 6, 7, 8],
    "unit": ["hour"] * 4 + ["core_hour"] * 2,
})  # fmt: skip
COST = pd.DataFrame({
    "generation": ["x", "x", "y"], "life": [4.0, 5.0, 4.0], "usd_median": [1.0, 2.0, 3.0],
    "usd_low80": [0.5, 1.0, 2.0], "usd_high80": [2.0, 3.0, 5.0],
})  # fmt: skip
REDRAWN = ("impose", "contract", "learn_next", "newcomer", "regret", "scenario", "audit", "check")  # slow, or refused


def answer(table, picture=None, **more):
    return Answer("What <b>?", table, pd.DataFrame(), ("read & weigh",), picture=picture, **more)


def test_a_fan_has_a_panel_a_part_where_units_differ_and_says_where_reports_end(look):
    picture = draw(answer(HOURS))
    assert [panel["title"].get("subtitle") for panel in picture.spec()["concat"]] == [
        "hours",
        "hours",
        "CPU core-hours",
    ]
    assert "reports end" in look.texts(picture.svg())
    assert picture.table["median"].tolist() == [2.0, 3, 4, 5, 6, 7]


def test_parts_of_one_unit_are_lines_of_one_panel(look):
    picture = draw(answer(HOURS.head(4)))
    assert {"a", "b"} <= set(look.texts(picture.svg()))
    assert "2027 Q1\na: 3 hours (8 in 10: 2 to 4)\nb: 5 hours (8 in 10: 4 to 6)" in look.tips(picture.svg())


def test_bars_are_named_by_what_tells_rows_apart_and_reach_to_their_interval(look):
    picture = draw(answer(COST, units={"usd": "USD/million"}))
    assert picture.table["part"].tolist() == ["x, 4 years", "x, 5 years", "y, 4 years"]
    assert list(picture.table)[1:] == [
        f"{name} [US dollars a million]" for name in ("median", "8 in 10 from", "8 in 10 to")
    ]
    assert "x, 4 years: 1 US dollars a million (8 in 10: 0.5 to 2)" in look.tips(picture.svg())


def test_the_quantity_that_the_picture_describes_is_drawn():
    table = COST.assign(energy_median=7.0, energy_low80=6.0, energy_high80=8.0)
    assert quantity_of(table).name == "usd"
    assert quantity_of(table, "energy").high == "energy_high80"
    assert quantity_of(pd.DataFrame({"draw": [3], "value": [1.0]})).median == "value"


def test_odds_by_year_are_steps():
    row = pd.DataFrame({"says": ["x"], "by_2026": [0.1], "by_2027": [0.4]})
    picture = draw(answer(row, Picture("steps", "year", "by", "table", "odds")))
    assert picture.table["probability"].tolist() == [0.1, 0.4]


def test_quantiles_that_stand_below_each_other_are_a_fan():
    rows = [{"period_end": pd.Timestamp(end), "statistic": "quantile", "quantile": level, "value": level * 10}
            for end in ("2026-12-31", "2027-03-31") for level in (0.025, 0.1, 0.5, 0.9, 0.975)]  # fmt: skip
    picture = draw(answer(pd.DataFrame(rows)))
    assert picture.table["when"].tolist() == ["2026 Q4", "2027 Q1"]
    assert picture.table[["median", "95 % from"]].to_numpy().tolist() == [[5.0, 0.25]] * 2


def test_paths_are_held_against_their_levels(look):
    paths = pd.DataFrame({"panel": "H100", "x": ["2026-11", "2026-12"], "unit": "GPU-hours a month",
                          "median": [4.0, 5.0], "low80": [3.0, 4.0], "high80": [5.0, 6.0], "limit": 7.0})  # fmt: skip
    svg = draw(answer(HOURS, paths=paths)).svg()
    assert {"H100", "GPU-hours a month", "budget", "forecast"} <= set(look.texts(svg))
    assert "Nov 2026\nforecast: 4 GPU-hours a month (8 in 10: 3 to 5)\nbudget: 7 GPU-hours a month" in look.tips(svg)


def test_factors_of_a_change_are_a_waterfall():
    table = pd.DataFrame({"factor": ["2026Q4", "volume", "2028Q4"], "mean": [2.0, 1.0, 3.0], "low80": [1.0, 0.5, 2.0],
                          "high80": [3.0, 2.0, 4.0], "unit": "hour"})  # fmt: skip
    picture = draw(answer(table, Picture("bars", "factor", "", "table", "")))
    assert picture.table["figure after it [hours]"].tolist() == [2.0, 3.0, 3.0]


def test_more_parts_than_there_is_room_for_are_counted():
    table = pd.DataFrame({"name": [f"n{at}" for at in range(30)], "value": range(30)})
    picture = draw(answer(table))
    assert len(picture.table) == 20
    assert picture.title == "What <b>? (20 of 30 rows are drawn)"


def test_what_was_found_is_the_title_and_what_was_asked_stands_below(look):
    picture = draw(answer(COST, says="One dollar (8 in 10: 0.5 to 2). It may change."))
    assert (picture.title, picture.asked) == ("One dollar (8 in 10: 0.5 to 2)", "What <b>?")
    assert {picture.title, picture.asked} <= set(look.texts(picture.whole()))


@pytest.mark.parametrize("table", [pd.DataFrame({"name": ["a"]}), COST.assign(usd_median=float("nan")), HOURS.head(0)])
def test_what_has_no_figures_is_refused(table):
    with pytest.raises(InputError, match="no figures to draw; leave --plot out"):
        draw(answer(table))


def test_every_question_has_a_picture(finished):
    bundle = finished.result.bundle
    asked = [each for each in questions(bundle) if each["question"] not in REDRAWN]
    assert len(asked) > 15
    for question in asked:
        picture = draw(bundle.forecaster.answer(question))
        assert TIP in str(picture.spec()), question
        assert len(picture.table), question
        assert re.search(r"\d", picture.alt), question


LIMITS = pd.DataFrame({
    "quarter": ["2027Q3", "2027Q4"], "odds_power": [0.1, 0.25], "odds_memory": [0.0, 0.0],
    "odds_packaging": [0.0, 0.25],
})  # fmt: skip
OF_LIMITS = Picture("bars", "quarter", "odds", "table", "")


def test_odds_of_limits_stay_what_they_are_and_the_rest_is_that_nothing_binds():
    picture = draw(answer(LIMITS, OF_LIMITS))
    assert picture.table.to_dict("list") == {
        "when": ["2027 Q3", "2027 Q4"], "facility power": [0.1, 0.25], "packaging": [0.0, 0.25], "nothing": [0.9, 0.5],
    }  # fmt: skip
    assert "facility power from 10 % to 25 %" in picture.alt


def test_limits_of_one_quarter_none_of_which_binds_are_drawn(look):
    picture = draw(answer(LIMITS.head(1).assign(odds_power=0.0), OF_LIMITS))
    assert picture.table.to_dict("list") == {"when": ["2027 Q3"], "nothing": [1.0]}
    assert {"2027 Q3", "nothing"} <= set(look.texts(picture.svg()))
    assert "nan" not in picture.svg().lower()


def test_rows_of_other_units_that_are_not_drawn_are_counted():
    table = pd.DataFrame({"name": ["a", "b", "c"], "value": [1.0, 2.0, 3.0], "unit": ["hour", "hour", "core_hour"]})
    picture = draw(answer(table))
    assert (len(picture.table), picture.title) == (2, "What <b>? (2 of 3 rows are drawn)")


def test_a_file_has_the_name_and_the_unit_of_its_only_panel(look):
    paths = pd.DataFrame({"panel": "H100", "x": ["2026-11", "2026-12"], "unit": "GPU-hours a month",
                          "median": [4.0, 5.0], "low80": [3.0, 4.0], "high80": [5.0, 6.0]})  # fmt: skip
    whole = draw(answer(HOURS, paths=paths)).whole()
    assert [each.text for each in look.parts(whole, "tspan")] == ["H100", "GPU-hours a month"]
