"""From written rows to cells."""

from pathlib import Path

import numpy as np
import pytest

from shiftcast.features.input_error import InputError
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.pipelines.trace.cells import stated_in
from shiftcast.pipelines.trace.written import Written

NONE = dict.fromkeys(("segment", "leaf", "workload", "technique"), "")
PUBLISHED = {"as_of": "2026-11-20", "segment": "rest", "leaf": "sovereign", "workload": "all", "technique": "all",
             "measure": "power", "period_end": "2027-12-31", "quantile": "0.9", "value": "12.5", "scenario": "base",
             "base": "none", "definition": "recast_2"}  # fmt: skip
ANSWER = {"quarter": "2027Q1", "measure": "power", "mean": "3", "q100": "1", "q500": "2", "as_of": "2026-11-20"}


def written(cells, *, column="", notes=None):
    return Written(Path("a.csv"), 3, column, cells, notes or {})


def test_a_published_row_names_its_own_cell():
    found = stated_in(written(PUBLISHED), NONE, "2026-11-20")
    assert (found.statistic, found.value) == ("0.9", 12.5)
    assert found.asked == {"measure": "power", "period": "2027Q4", "segment": "rest", "leaf": "sovereign",
                           "workload": "all", "technique": "all"}  # fmt: skip
    mean = {name: cell for name, cell in PUBLISHED.items() if name != "quantile"}
    assert stated_in(written(mean), NONE, "2026-11-20").statistic == "mean"
    share = stated_in(written(PUBLISHED | {"measure": "share", "base": "revenue"}), NONE, "2026-11-20")
    assert (share.asked["base"], share.asked["stated_under"]) == ("revenue", "recast_2")


def test_an_answer_takes_its_part_from_options_or_from_the_command_beside_it():
    assert stated_in(written(ANSWER), NONE, "2026-11-20").asked["leaf"] == "all"
    for command in ("shiftcast ask quantiles measure=power leaf=edge", "shiftcast quantiles power --leaf edge"):
        told = written(ANSWER, notes={"command": command})
        assert stated_in(told, NONE, "2026-11-20").asked["leaf"] == "edge"
        assert stated_in(told, NONE | {"leaf": "sovereign"}, "2026-11-20").asked["leaf"] == "sovereign"


@pytest.mark.parametrize(("column", "statistic", "value"), [("", "0.5", 2), ("q100", "0.1", 1), ("mean", "mean", 3)])
def test_the_column_says_which_statistic_is_meant(column, statistic, value):
    found = stated_in(written(ANSWER, column=column), NONE, "2026-11-20")
    assert (found.statistic, found.value) == (statistic, value)


def test_the_figure_is_compared_with_the_one_that_the_forecast_gives():
    draws = np.arange(101.0)
    stated = stated_in(written(PUBLISHED | {"value": "90.00000001"}), NONE, "2026-11-20")
    assert stated.compared(draws, "a.csv:3") == "a.csv:3 states 90; the 0.9 quantile of this forecast is 90: the same"
    other = stated_in(written(PUBLISHED | {"value": "91"}), NONE, "2026-11-20")
    assert "91; the 0.9 quantile of this forecast is 90: another figure" in other.compared(draws, "a.csv:3")
    mean = stated_in(written(ANSWER, column="mean"), NONE, "2026-11-20")
    assert "the mean of this forecast is 50" in mean.compared(draws, "a.csv:3")


@pytest.mark.parametrize(
    ("cells", "column", "error", "says"),
    [
        (PUBLISHED | {"as_of": "2026-01-01"}, "", OutOfSupportError, "is of the forecast of 2026-01-01, and this one"),
        (PUBLISHED | {"scenario": "lift power"}, "", OutOfSupportError, "is under scenario 'lift power'"),
        (PUBLISHED | {"value": "high"}, "", InputError, "holds 'high' where a figure is looked for"),
        (ANSWER, "quarter", InputError, "has the figures mean, q100, q500; name one, as a.csv:3:mean"),
    ],
)  # fmt: skip
def test_a_row_of_another_forecast_or_without_a_figure_is_refused(cells, column, error, says):
    with pytest.raises(error, match=says):
        stated_in(written(cells, column=column), NONE, "2026-11-20")


def test_a_row_of_another_kind_is_no_cell():
    assert stated_in(written({"generation": "x", "usd": "3"}), NONE, "2026-11-20") is None
    assert stated_in(written({"measure": "power", "year": "2027"}), NONE, "2026-11-20") is None
