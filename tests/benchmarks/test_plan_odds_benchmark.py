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
    for (kind, risk), rows in measured.groupby(["kind", "risk"]):
        assert rows["short"].mean() == pytest.approx(risk, abs=0.05)
        if kind == "generated worlds":
            assert rows["short"].mean() == pytest.approx(risk, abs=0.03)
            assert rows["late"].mean() == pytest.approx(risk, abs=0.03)


def test_a_row_a_kind_and_risk():
    rows = pd.DataFrame({
        "kind": ["generated worlds"] * 2, "risk": [0.05] * 2, "short": [0.04, 0.06], "late": [0.05, 0.05],
    })  # fmt: skip
    assert plan_odds.page_table(rows).splitlines()[-1] == "| generated worlds | 2 | 5% | 5.0% | 4% to 6% | 5.0% |"
