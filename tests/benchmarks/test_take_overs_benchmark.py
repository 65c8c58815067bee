"""Panels of take-overs: surfaces of the ledger by hand, and the tables that documentation shows."""

import runpy
from pathlib import Path

import pandas as pd
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def benchmark():
    """Return the names of the script."""
    return runpy.run_path(str(FOLDER / "take_overs.py"))


def test_pages_show_what_was_measured(benchmark):
    text = benchmark["tables"](pd.read_csv(benchmark["RESULTS"]))
    for page in benchmark["PAGES"]:
        shown = page.read_text(encoding="utf-8").split(benchmark["BEGIN"])[1].split(benchmark["END"])[0]
        assert shown.strip() == text


def test_crps_by_hand(benchmark):
    levels = benchmark["LEVELS"]
    assert benchmark["crps"](levels * 0.0 + 0.5, 0.7) == pytest.approx(0.2)


def test_a_surface_stands_tests_and_ramps(benchmark):
    panel = benchmark["operator_panel"](FOLDER.parent / "pipelines" / "records")
    wide = panel[panel.series == "google|bert_english"].pivot_table(index="period", columns="category", values="share")
    assert wide.sum(axis=1).tolist() == pytest.approx([1.0] * len(wide))
    assert wide.loc["2015-03-31", "deep"] == 0.0
    assert wide.loc["2020-12-31", "deep"] == pytest.approx(0.99)
    assert wide["deep"].is_monotonic_increasing


def test_the_readme_tells_the_scores_of_the_file(benchmark):
    table = pd.read_csv(benchmark["RESULTS"])
    after = table[(table["panel"] == "16 sets") & (table["label"] == "after")].set_index("measure")["value"]
    inside, inside95 = (f"{100 * after[name]:.0f} %" for name in ("inside", "inside95"))
    told = (
        f"CRPS {after['ratio']:.3f} of a random walk's, 80 % intervals cover {inside}, 95 % intervals {inside95}, "
        f"worst set {after['worst']:.2f}"
    )
    assert told in (FOLDER.parent / "README.md").read_text(encoding="utf-8")
