"""The tables of the demand page are those of the results files."""

import runpy
from pathlib import Path

import pandas as pd

FOLDER = Path(__file__).parents[2] / "benchmarks"


def test_the_page_shows_what_was_measured():
    benchmark = runpy.run_path(str(FOLDER / "chain.py"))
    text = benchmark["tables"](pd.read_csv(benchmark["CHECKS"]), pd.read_csv(benchmark["REPLAY"]))
    page = benchmark["PAGE"].read_text(encoding="utf-8")
    assert page.split(benchmark["BEGIN"])[1].split(benchmark["END"])[0].strip() == text
    assert "| yes |" in text
