"""A small fan, and an SVG taken apart."""

from types import SimpleNamespace
from xml.etree.ElementTree import fromstring

import numpy as np
import pandas as pd
import pytest

from shiftcast.pipelines.drawing.fan import fan
from shiftcast.pipelines.drawing.panels import Moments

QUARTERS = [f"{year}Q{quarter}" for year in range(2026, 2029) for quarter in (1, 2, 3, 4)]
SVG = "{http://www.w3.org/2000/svg}"


def fan_rows(**lines):
    """Return rows of lines that start at a level and grow by a tenth a quarter."""
    rows = [
        {"line": name, "when": when, "median": level * 1.1**at, "low80": level * 1.1**at * np.exp(-0.02 * at),
         "high80": level * 1.1**at * np.exp(0.02 * at)}
        for name, level in lines.items() for at, when in enumerate(QUARTERS)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def parts(svg, tag):
    return [each for each in fromstring(svg).iter() if each.tag.removeprefix(SVG) == tag]  # noqa: S314  (likewise)


@pytest.fixture(scope="session")
def look():
    """Return what tests take out of an SVG: elements by tag, words, and words of marks."""
    return SimpleNamespace(
        parts=parts,
        texts=lambda svg: [each.text for each in parts(svg, "text")],
        tips=lambda svg: [each.text for each in parts(svg, "title")],
        rows=fan_rows,
    )


@pytest.fixture(scope="session")
def small():
    rows = fan_rows(hyperscale=8e6, rest=5e6)
    stated = pd.DataFrame({"line": ["rest"], "when": ["2026Q2"], "value": [6e6], "says": ["a <b>: at least 6 million"]})
    return fan(rows, title="Accelerators & <more>", unit="accelerator", moments=Moments("2026-11-22", "2026Q3"),
               stated=stated)  # fmt: skip
