"""Benchmarks are run by hand and rarely: here at least what they import is there."""

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.parametrize(
    "name", ["backcast", "cube", "hierarchical", "ingest", "reconcile", "serving", "shares", "volume"]
)
def test_a_benchmark_tells_what_it_takes(name):
    words = [sys.executable, str(FOLDER / f"{name}.py"), "--help"]
    done = subprocess.run(words, check=False, capture_output=True, text=True)  # noqa: S603
    assert (done.returncode, done.stdout[:6]) == (0, "usage:"), done.stderr
