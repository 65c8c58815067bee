"""The picture of an answer shows the quantity it describes, a line a part over time, or a bar a row."""

import pandas as pd
import pytest
from matplotlib.figure import Figure

from shiftcast.features.input_error import InputError
from shiftcast.forecast.views.answer import Answer, Picture
from shiftcast.pipelines.publish.answer_plot import _table, quantity_of, save_answer

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


def answer(table, picture=None, **more):
    return Answer("What <b>?", table, pd.DataFrame(), ("read & weigh",), picture=picture, **more)


def drawn(given):
    figure = Figure()
    _table(figure, given)
    return figure.axes[0]


def test_a_fan_has_a_line_a_part_of_the_first_unit_and_says_where_the_forecast_begins():
    axis = drawn(answer(HOURS))
    assert [line.get_label() for line in axis.lines] == ["a", "b", "forecast from here"]
    assert axis.lines[1].get_ydata().tolist() == [4.0, 5.0]
    assert axis.get_ylabel() == "median [hour]"


def test_bars_are_named_by_what_tells_rows_apart_and_reach_to_their_interval():
    axis = drawn(answer(COST, units={"usd": "USD/million"}))
    assert [label.get_text() for label in axis.get_xticklabels()] == ["x 4 y", "x 5 y", "y 4 y"]
    assert [patch.get_height() for patch in axis.patches] == [1.0, 2.0, 3.0]
    assert axis.get_ylabel() == "usd [USD/million]"


def test_the_quantity_that_the_picture_describes_is_drawn():
    table = COST.assign(energy_median=7.0, energy_low80=6.0, energy_high80=8.0)
    assert quantity_of(table).name == "usd"
    assert quantity_of(table, "energy").high == "energy_high80"
    assert quantity_of(pd.DataFrame({"draw": [3], "value": [1.0]})).median == "value"


def test_odds_by_year_are_steps():
    row = pd.DataFrame({"says": ["x"], "by_2026": [0.1], "by_2027": [0.4]})
    axis = drawn(answer(row, Picture("steps", "year", "by", "table", "odds")))
    assert axis.lines[0].get_ydata().tolist() == [0.1, 0.4]


def test_quantiles_that_stand_below_each_other_are_a_fan():
    rows = [{"period_end": end, "statistic": "quantile", "quantile": level, "value": level * 10}
            for end in ("2026-12-31", "2027-03-31") for level in (0.1, 0.5, 0.9)]  # fmt: skip
    axis = drawn(answer(pd.DataFrame(rows)))
    assert axis.lines[0].get_ydata().tolist() == [5.0, 5.0]


@pytest.mark.parametrize("ending", ["png", "svg", "html"])
def test_the_same_answer_gives_the_same_bytes(tmp_path, ending):
    files = [tmp_path / f"{name}.{ending}" for name in "ab"]
    for file in files:
        save_answer(answer(HOURS, says="Three hours."), file)
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_page_holds_words_picture_and_notes_and_no_markup_of_theirs(tmp_path):
    save_answer(answer(COST, says="One dollar."), tmp_path / "a.html")
    page = (tmp_path / "a.html").read_text()
    assert page.index("One dollar.") < page.index("<svg") < page.index("read &amp; weigh")
    assert "What &lt;b&gt;?" in page
    assert "http-equiv" not in page


@pytest.mark.parametrize("table", [pd.DataFrame({"name": ["a"]}), COST.assign(usd_median=float("nan"))])
def test_what_has_no_figures_is_refused(table):
    with pytest.raises(InputError, match="no figures to draw; leave --plot out"):
        drawn(answer(table))
