"""Each kind of picture shows the figures it is given, in marks and in words."""

import re

import numpy as np
import pandas as pd
import pytest

from shiftcast.forecast.views.passage import NOT_YET, Passage
from shiftcast.pipelines.drawing.bars import bars
from shiftcast.pipelines.drawing.crossings import crossings
from shiftcast.pipelines.drawing.fan import Look, fan
from shiftcast.pipelines.drawing.odds import odds
from shiftcast.pipelines.drawing.stream import stream
from shiftcast.pipelines.drawing.timeline import timeline
from shiftcast.pipelines.drawing.waterfall import waterfall

STEPS = pd.DataFrame({"label": ["volume", "throughput"], "change": [8.0, -3.0], "low80": [6.0, -5.0],
                      "high80": [9.0, -1.0]})  # fmt: skip


def panels(picture):
    spec = picture.spec()
    return spec.get("concat", [spec])


def marks(panel, kind):
    return [layer for layer in panel["layer"] if layer["mark"]["type"] == kind]


def lines_of(panel):
    return [[row["median"] for row in layer["data"]["values"]] for layer in marks(panel, "line")]


def test_a_fan_draws_its_medians_with_8_in_10_and_95_percent_below_them(look):
    rows = look.rows(hyperscale=8.0).assign(low95=1.0, high95=40.0)
    picture = fan(rows, title="Power", unit="MW_facility")
    (panel,) = panels(picture)
    np.testing.assert_allclose(lines_of(panel)[0], rows["median"])
    assert [layer["mark"]["type"] for layer in panel["layer"]][:3] == ["area", "area", "line"]
    assert list(picture.table) == [
        "when", *(f"{name} [megawatts at the meter]" for name in
                  ("median", "8 in 10 from", "8 in 10 to", "95 % from", "95 % to")),
    ]  # fmt: skip
    assert picture.alt.startswith("Power. hyperscale clouds: 8 megawatts at the meter in 2026 Q1, 22.8 megawatts")


def test_tails_that_would_flatten_a_fan_are_cut_off_at_the_panel(look):
    rows = look.rows(rest=8.0).assign(low95=1.0, high95=4000.0)
    (panel,) = panels(fan(rows, title="x", unit="MW_facility", look=Look(log=False)))
    widest = max(row["high95"] for row in marks(panel, "area")[0]["data"]["values"])
    assert widest == panel["layer"][0]["encoding"]["y"]["scale"]["domain"][1] < 50


def test_lines_over_decades_are_on_a_logarithmic_axis(look):
    (panel,) = panels(fan(look.rows(hyperscale=8e6, rest=5e3), title="x", unit="accelerator"))
    assert panel["layer"][0]["encoding"]["y"]["scale"]["type"] == "log"


def test_lines_are_named_at_their_ends_and_the_names_keep_apart(look):
    (panel,) = panels(fan(look.rows(deep=0.300, llm=0.301, sequence=0.302), title="x", unit="share"))
    labels = next(layer for layer in marks(panel, "text") if layer["encoding"]["text"]["field"] == "label")
    rows = labels["data"]["values"]
    assert [row["label"] for row in rows] == ["deep learning", "large language models", "sequence models"]
    low, high = labels["encoding"]["y"]["scale"]["domain"]
    places = sorted((row["y"] - low) / (high - low) * panel["height"] for row in rows)
    assert min(np.diff(places)) >= 12.9


def test_lines_of_one_panel_differ_by_dash_and_a_line_alone_has_none(look):
    (panel,) = panels(fan(look.rows(deep=0.2, llm=0.1), title="x", unit="share"))
    assert [layer["mark"].get("strokeDash") for layer in marks(panel, "line")] == [None, [7, 3]]
    (panel,) = panels(fan(look.rows(llm=0.1), title="x", unit="share"))
    assert "strokeDash" not in marks(panel, "line")[0]["mark"]


def test_statements_are_the_only_markers(small):
    (panel,) = panels(small)
    (points,) = marks(panel, "point")
    assert [row["value"] for row in points["data"]["values"]] == [6e6]
    assert points["mark"]["shape"] == "diamond"


def test_panels_have_units_of_their_own_and_the_same_axis_if_they_are_alike(look):
    rows = pd.concat([look.rows(a=2.0).assign(panel="rest", unit="accelerator"),
                      look.rows(a=9.0).assign(panel="hyperscale", unit="MW_facility")])  # fmt: skip
    found = panels(fan(rows, title="x", unit="accelerator"))
    assert [panel["title"]["subtitle"] for panel in found] == ["accelerators", "megawatts at the meter"]
    for alike in (True, False):
        found = panels(fan(rows, title="x", unit="accelerator", look=Look(alike=alike)))
        assert (len({str(panel["layer"][0]["encoding"]["y"]["scale"]) for panel in found}) == 1) is alike


def test_names_of_a_user_stay_as_they_are(look):
    rows = look.rows(a=2.0).assign(panel="my_llm_series/long")
    assert panels(fan(rows, title="x", unit="", look=Look(told=False)))[0]["title"]["text"] == ["my_llm_series/long"]


def test_names_of_any_letters_are_drawn_and_a_line_that_ends_early_is_named_where_it_ends(look):
    rows = look.rows(**{"a\x1b[1m<&": 2.0, "b": 9.0})
    rows.loc[rows["line"].eq("b") & rows["when"].ge("2028"), "median"] = np.nan
    picture = fan(rows, title="t\x07", unit="", look=Look(told=False))
    assert {"a[1m<&", "b"} <= set(look.texts(picture.svg()))
    assert "2027 Q4" in picture.alt


def test_a_bar_without_a_name_is_drawn(look):
    picture = bars(pd.DataFrame({"label": [""], "median": [3.0]}), title="x", unit="")
    assert look.tips(picture.svg()) == [": 3"]


def test_a_stream_stacks_to_the_whole_and_names_what_is_left_at_the_end(look):
    rows = pd.DataFrame({"when": ["2026Q1"] * 3 + ["2026Q2"] * 3, "part": ["table", "deep", "llm"] * 2,
                         "share": [2.0, 6.0, 2.0, 0.0, 3.0, 1.0]})  # fmt: skip
    picture = stream(rows, title="Techniques")
    (panel,) = panels(picture)
    tops = [[row["high"] for row in layer["data"]["values"]] for layer in marks(panel, "area")]
    np.testing.assert_allclose(tops, [[0.2, 0.0], [0.8, 0.75], [1.0, 1.0]])
    named = look.texts(picture.svg())
    assert "large language models" in named
    assert "lookup tables" not in named
    assert "deep learning from 60 % to 75 %" in picture.alt


def test_bars_reach_from_the_low_to_the_high_end_around_a_mark(look):
    rows = pd.DataFrame(
        {"label": ["recsys", "search"], "median": [3.0, 2.0], "low80": [2.0, 1.0], "high80": [5.0, 4.0]}
    )
    picture = bars(rows, title="Cost", unit="USD/(h accelerator)")
    (panel,) = panels(picture)
    (bar,), (tick,) = marks(panel, "bar"), marks(panel, "tick")
    assert [(row["from"], row["to"]) for row in bar["data"]["values"]] == [(2.0, 5.0), (1.0, 4.0)]
    assert [row["median"] for row in tick["data"]["values"]] == [3.0, 2.0]
    assert "recommendation: 3 US dollars an accelerator-hour (8 in 10: 2 to 5)" in look.tips(picture.svg())


def test_on_a_phone_names_stand_above_bars(look):
    rows = pd.DataFrame({"label": ["a name that is rather long"], "median": [3e6], "low80": [2e6], "high80": [5e6]})
    picture = bars(rows, title="x", unit="USD")
    assert "3 million (2 million to 5 million)" in look.texts(picture.svg(760))
    assert "3 million" in look.texts(picture.svg(350))


def test_a_waterfall_walks_from_the_first_figure_to_the_last():
    picture = waterfall(("2026", 10.0), STEPS, last="2028", title="Hours", unit="hour")
    (panel,) = panels(picture)
    ends = [(row["from"], row["to"]) for row in marks(panel, "bar")[0]["data"]["values"]]
    assert ends == [(0.0, 10.0), (10.0, 18.0), (18.0, 15.0), (0.0, 15.0)]
    assert "throughput takes away 3 hours (8 in 10: -5 to -1); 2028: 15 hours." in picture.alt
    assert picture.table["figure after it [hours]"].tolist() == [10.0, 18.0, 15.0, 15.0]


def test_odds_run_from_never_to_surely_however_low():
    picture = odds(pd.DataFrame({"when": ["2027", "2028"], "probability": [0.01, 0.02]}), title="LLMs past half")
    (panel,) = panels(picture)
    assert panel["layer"][0]["encoding"]["y"]["scale"]["domain"] == [0.0, 1.0]
    assert list(picture.table) == ["when", "probability"]


def passage(early, middle, late, *, already=0.1, never=0.2):
    return Passage(early, middle, late, 0.8, already, {"2028": 0.4}, never, "2032Q4", 9, None, None, None)


@pytest.mark.parametrize(
    ("found", "bar", "words"),
    [
        (passage("2028Q3", "2030Q1", "2031Q4"), (2028.625, 2031.875, 2030.125), "2030 Q1; not by 2032: 20 %"),
        (passage("by 2026Q3", "2030Q1", NOT_YET), (2026.0, 2033.0, 2030.125), "2030 Q1; not by 2032: 20 %"),
        (passage(NOT_YET, NOT_YET, NOT_YET, never=0.97), (2033.0, 2033.0, None), "not by 2032 (97 %)"),
        (passage("by 2026Q3", "by 2026Q3", "by 2026Q3", already=0.9), (2026.0, 2026.0, None), "already (90 %)"),
    ],
)
def test_a_crossing_is_a_bar_with_already_and_not_by(found, bar, words, look):
    picture = crossings([("Search", "llm", found)], title="Half of requests", today="2026-11-22")
    (panel,) = panels(picture)
    (row,) = next(iter(marks(panel, "bar")))["data"]["values"] or [None]
    if row is not None:
        assert (row["from"], row["to"], row["at"]) == bar
    else:
        assert bar[0] == bar[1]
    shown = [layer for layer in marks(panel, "point") if layer["data"]["values"]]
    assert len(shown) == found.early.startswith("by") + (found.late == NOT_YET)
    assert {words, "today", "large language models", "Search"} <= set(look.texts(picture.svg()))
    assert f"not by 2032 Q4 with {100 * found.never:.0f} %" in picture.alt


def test_events_that_would_cover_each_other_stand_in_lanes_and_ends_of_it_look_different(look):
    rows = pd.DataFrame({
        "group": "hyperscale", "name": ["meta", "meta", "google"], "start": pd.to_datetime(["2025-01-01"] * 3),
        "end": pd.to_datetime(["2025-02-01"] * 3), "kind": ["llm", "deep", "lexical"],
        "extent": ["trial", "all", "unstated"], "ringed": [True, False, False], "says": ["one", "two", "three"],
    })  # fmt: skip
    picture = timeline(rows, title="Moves", alt="Three moves.")
    points = marks(panels(picture)[0], "point")
    one, two, three = points[1]["data"]["values"]
    assert one["y"] != two["y"]
    assert (one["fill"], two["fill"]) == ("#ffffff", "#0072b2")
    assert [row["shape"] for row in (one, two, three)] == ["square", "circle", "triangle-up"]
    assert [len(points[0]["data"]["values"]), three["size"] < two["size"]] == [1, True]
    svg = picture.svg()
    assert look.tips(svg) == ["one", "two", "three"]
    assert {"older classes", "hollow: a test", "google"} <= set(look.texts(svg))
    assert re.search('class="paper"', svg)


def test_a_stream_of_one_moment_is_as_wide_as_its_quarter_and_named_by_it(look):
    rows = pd.DataFrame({"when": ["2027Q4"] * 2, "part": ["deep", "llm"], "share": [3.0, 1.0]})
    picture = stream(rows, title="Techniques")
    (panel,) = panels(picture)
    edges = [[(row["at"], row["high"]) for row in layer["data"]["values"]] for layer in marks(panel, "area")]
    assert edges == [[(2027.75, 0.75), (2028.0, 0.75)], [(2027.75, 1.0), (2028.0, 1.0)]]
    assert {"2027 Q4", "deep learning", "large language models"} <= set(look.texts(picture.svg()))
    assert picture.alt == "Techniques. 2027 Q4: deep learning 75 %, large language models 25 %."


def test_a_moment_without_any_share_is_empty_and_not_unknown():
    rows = pd.DataFrame({"when": ["2026Q1"] * 2 + ["2026Q2"] * 2, "part": ["deep", "llm"] * 2, "share": [0, 0, 3, 1]})
    picture = stream(rows, title="Techniques")
    assert picture.table[["deep learning", "large language models"]].to_numpy().tolist() == [[0, 0], [0.75, 0.25]]
    assert "nan" not in picture.alt


def test_a_bar_without_an_interval_among_others_begins_at_nought():
    rows = pd.DataFrame({"label": ["a", "b"], "median": [3.0, 2.0], "low80": [2.0, np.nan], "high80": [5.0, np.nan]})
    (panel,) = panels(bars(rows, title="Cost", unit=""))
    (bar,) = marks(panel, "bar")
    assert [(row["from"], row["to"]) for row in bar["data"]["values"]] == [(2.0, 5.0), (0.0, 2.0)]
