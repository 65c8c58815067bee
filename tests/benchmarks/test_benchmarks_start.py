"""Benchmarks are run by hand and rarely: here at least what they import is there."""

import runpy
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.filterwarnings("default")  # a script warns where a test would fail
@pytest.mark.parametrize(
    "name",
    [
        "backcast",
        "cube",
        "fleet_band",
        "fleet_odds",
        "hierarchical",
        "hierarchical_methods",
        "ingest",
        "labels",
        "plan_odds",
        "categories",
        "reconcile",
        "revenue",
        "series",
        "serving",
        "serving_work",
        "share_walks",
        "shares",
        "soak",
        "take_overs",
        "temporal",
        "volume",
    ],
)
def test_a_benchmark_tells_what_it_takes(name, monkeypatch, capsys):
    """Run the script in this process, where what all of them import is imported once."""
    monkeypatch.setattr(sys, "argv", [f"{name}.py", "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(FOLDER / f"{name}.py"), run_name="__main__")
    assert (ended.value.code, capsys.readouterr().out[:6]) == (0, "usage:")
