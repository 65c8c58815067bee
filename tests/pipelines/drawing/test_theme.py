"""Every colour is seen on a white and on a dark page, and a deuteranope tells deep learning from LLMs."""

import numpy as np
import pytest

from shiftcast.pipelines.drawing.picture import asset
from shiftcast.pipelines.drawing.theme import COLOURS, DARK, PALETTE, PAPER, colours, dash_of

DEUTERANOPIA = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
)
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = TO_XYZ @ np.ones(3)


def linear(colour):
    parts = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def luminance(colour):
    return float(TO_XYZ[1] @ linear(colour))


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lab(values):
    x, y, z = np.cbrt(TO_XYZ @ values / WHITE)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def seen(colour):
    """Return a colour as a deuteranope sees it, by Machado, Oliveira and Fernandes (2009), in CIELAB."""
    return lab(np.clip(DEUTERANOPIA @ linear(colour), 0, 1))


@pytest.mark.parametrize("colour", sorted({*PALETTE, *COLOURS.values()}))
def test_a_colour_stands_out_from_white_and_from_a_dark_page_by_three_to_one(colour):
    assert contrast(colour, PAPER) >= 3
    assert contrast(colour, DARK) >= 3


def test_the_style_sheet_has_the_pages_that_colours_are_held_against():
    assert f"--paper: {PAPER}" in asset("picture.css")
    assert f"--paper: {DARK}" in asset("picture.css")


def test_a_deuteranope_tells_deep_learning_from_llms_by_colour_lightness_and_dash():
    deep, llm = seen(COLOURS["deep"]), seen(COLOURS["llm"])
    assert np.linalg.norm(deep - llm) > 60
    assert abs(lab(linear(COLOURS["deep"]))[0] - lab(linear(COLOURS["llm"]))[0]) > 10
    assert dash_of("deep") != dash_of("llm")


@pytest.mark.parametrize("pair", [("hyperscale", "rest"), ("deep", "sequence"), ("sequence", "llm")])
def test_a_deuteranope_tells_lines_of_one_panel_apart(pair):
    one, other = (seen(COLOURS[name]) for name in pair)
    assert np.linalg.norm(one - other) > 20


def test_names_of_the_record_keep_their_colour_in_words_and_others_take_what_is_free():
    assert colours(["llm"]) == {"llm": COLOURS["llm"]}
    found = colours(["large language models", "mine", "yours"])
    assert found["large language models"] == COLOURS["llm"]
    assert len(set(found.values())) == 3
