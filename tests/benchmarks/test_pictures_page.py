"""The page of pictures shows what was measured, and what is measured keeps the report light."""

import sys
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import pictures as measured

sys.path.pop(0)


def test_the_page_shows_the_results():
    text = measured.PAGE.read_text(encoding="utf-8")
    table = measured.page_table(pd.read_csv(measured.RESULTS))
    assert text.split(measured.BEGIN)[1].split(measured.END)[0].strip() == table


def test_our_pictures_weigh_less_than_the_scripts_of_either_library():
    rows = pd.read_csv(measured.RESULTS).set_index("what")
    ours = rows.loc[measured.OURS, ["script_kb", "pictures_kb"]].sum()
    assert ours < rows.loc[measured.VEGA, "script_kb"] < rows.loc[measured.PLOTLY, "script_kb"]
