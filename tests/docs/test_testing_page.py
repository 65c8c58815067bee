"""The page of mutants says what was recorded, and each survivor has its reason."""

import importlib.util
from pathlib import Path

MAKER = Path(__file__).resolve().parents[2] / "docs" / "make_testing.py"


def test_the_page_is_up_to_date_and_every_survivor_explained():
    spec = importlib.util.spec_from_file_location("make_testing", MAKER)
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    text = maker.PAGE.read_text(encoding="utf-8")
    assert maker.page(text) == text, "run `python docs/make_testing.py`"
    assert "not explained yet" not in text, "say in benchmarks/mutants.csv why it may survive, or add a test"
