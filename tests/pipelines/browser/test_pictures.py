"""A picture's page in Chromium: keyboard and pointer reach every figure, a phone has its own width, dark is seen."""

import pandas as pd
import pytest

from shiftcast.pipelines.drawing.fan import fan
from shiftcast.pipelines.drawing.panels import Moments

QUARTERS = [f"{year}Q{quarter}" for year in range(2026, 2029) for quarter in (1, 2, 3, 4)]
SEEN = "(name) => getComputedStyle(document.querySelector(`svg.picture.${name}`)).display !== 'none'"
TIP = "document.querySelector('.tip:not([hidden])')?.textContent ?? ''"
RULES = """[...document.querySelectorAll('svg.picture.wide line')].filter((each) => each.getAttribute('y2') != '0')
  .map((each) => parseFloat(getComputedStyle(each).strokeWidth))"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    rows = pd.DataFrame({"when": QUARTERS, "median": range(10, 22), "low80": range(5, 17), "high80": range(15, 27)})
    picture = fan(rows, title="Power", unit="MW_facility", moments=Moments("2026-11-22", "2026Q3"))
    file = tmp_path_factory.mktemp("picture") / "power.html"
    picture.save(file, says="So much.", notes=("One note.",))
    return file


def test_the_arrow_keys_say_each_figure_and_escape_ends_it(look, page):
    shown = look.open(page)
    shown.keyboard.press("Tab")
    for key, said in (("ArrowRight", "2026 Q1"), ("ArrowRight", "2026 Q2"), ("End", "2028 Q4"), ("Home", "2026 Q1")):
        shown.keyboard.press(key)
        assert shown.evaluate(TIP).startswith(said)
    assert shown.evaluate(TIP) == "2026 Q1\n10 megawatts at the meter (8 in 10: 5 to 15)"
    shown.keyboard.press("Escape")
    assert shown.evaluate(TIP) == ""


def test_a_pointer_says_the_figure_below_it(look, page):
    shown = look.open(page)
    box = shown.query_selector("svg.picture.wide").bounding_box()
    shown.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2)
    assert shown.evaluate(TIP).startswith("2028 Q4\n21 megawatts")


@pytest.mark.parametrize(("width", "name", "other"), [(390, "narrow", "wide"), (1280, "wide", "narrow")])
def test_one_of_the_two_widths_is_shown_and_nothing_overflows(look, page, width, name, other):
    shown = look.open(page, width=width, dark=True)
    assert [shown.evaluate(SEEN, each) for each in (name, other)] == [True, False]
    assert look.too_wide(shown) == []
    assert look.faults(shown) == []
    look.shot(shown, f"picture-{width}-dark")


def test_rules_are_seen_and_text_turns_with_the_page(look, page):
    light, dark = (look.open(page, dark=each) for each in (False, True))
    assert min(light.evaluate(RULES)) > 0
    ink = "getComputedStyle(document.querySelector('svg.picture text')).fill"
    assert light.evaluate(ink) == "rgb(27, 31, 36)"
    assert dark.evaluate(ink) == "rgb(230, 233, 236)"
