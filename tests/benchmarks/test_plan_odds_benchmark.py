"""The page on plans shows what the benchmark measured."""

import sys
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import plan_odds

sys.path.pop(0)


def test_the_page_shows_what_was_measured():
    page = plan_odds.PAGE.read_text(encoding="utf-8")
    shown = page.split(plan_odds.BEGIN)[1].split(plan_odds.END)[0].strip()
    assert shown == plan_odds.page_table(pd.read_csv(plan_odds.RESULTS))


def test_plans_are_short_and_orders_late_about_as_often_as_planned_for():
    measured = pd.read_csv(plan_odds.RESULTS)
    for risk, rows in measured[measured["kind"] == plan_odds.GENERATED].groupby("risk"):
        assert rows["short"].mean() == pytest.approx(risk, abs=0.03)
        assert rows["late"].mean() == pytest.approx(risk, abs=0.03)


@pytest.mark.parametrize("part", ["all/all", "hyperscale/all", "rest/all"])
def test_plans_of_the_past_hold_their_risk_once_they_are_told_where_the_line_is_drawn_today(part):
    measured = pd.read_csv(plan_odds.RESULTS)
    told = measured[(measured["kind"] == plan_odds.TOLD) & (measured["part"] == part)]
    assert len(told) == len(plan_odds.RISKS) * sum(map(len, plan_odds.PAST.values()))
    for risk, rows in told.groupby("risk"):
        assert rows["short"].mean() <= risk


def test_the_sentences_say_what_was_measured():
    page, measured = plan_odds.PAGE.read_text(encoding="utf-8"), pd.read_csv(plan_odds.RESULTS)
    short = 100 * measured.groupby(["kind", "part", "risk"])["short"].mean()

    def told(kind, part, digits):
        return digits.format(*short[kind, part])

    few, later = "{:.1f} and {:.0f} %", plan_odds.TOLD
    now = told(plan_odds.LATER, "hyperscale/all", "short {:.1f} % of the time at 5 % and {:.0f} % at 20 %")
    assert f"Plans for hyperscale were {now}" in page
    assert f"plans for hyperscale are short {told(later, 'hyperscale/all', few)}" in page
    assert f"for the rest {told(later, 'rest/all', few)}, as the whole fleet is" in page
    assert short[later, "all/all"].tolist() == pytest.approx(short[later, "rest/all"].tolist(), abs=1)
    assert f"their plans are short {told(later, 'rest/sovereign', '{:.0f} and {:.0f} %')}." in page


def test_a_row_a_kind_and_part():
    rows = pd.DataFrame({
        "kind": [plan_odds.GENERATED] * 4, "part": ["all/all", "rest/all"] * 2, "risk": [0.05, 0.05, 0.2, 0.2],
        "short": [0.04, 0.06, 0.2, 0.2], "late": [0.05] * 4,
    })  # fmt: skip
    later = pd.DataFrame({"kind": plan_odds.LATER, "part": "rest/sovereign", "risk": [0.05, 0.2], "short": 0.1})
    assert plan_odds.page_table(pd.concat([rows, later])).splitlines()[-2:] == [
        "| generated worlds | every part | 2 | 5.0% (4% to 6%) | 20.0% (20% to 20%) | 5.0% | 5.0% |",
        "| later worlds | rest/sovereign | 1 | 10.0% (10% to 10%) | 10.0% (10% to 10%) |  |  |",
    ]
