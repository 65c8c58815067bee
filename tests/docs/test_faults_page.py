"""The page on faults is what was tried."""

import importlib.util
from pathlib import Path

import pytest

MAKER = Path(__file__).resolve().parents[2] / "docs" / "make_faults.py"


@pytest.fixture(scope="module")
def maker():
    spec = importlib.util.spec_from_file_location("make_faults", MAKER)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_the_page_is_up_to_date(maker):
    assert maker.PAGE.read_text(encoding="utf-8") == maker.page(), "run `python docs/make_faults.py`"


def test_the_first_trial_is_quoted_as_it_was(maker):
    assert [sum(each[at] for each in maker.FIRST.values()) for at in (0, 1)] == [627, 747]


def test_a_case_that_does_not_hold_is_told_in_the_count_and_in_the_list(maker):
    row = {"area": "clock", "case": "a `slow` one", "promise": "it is told", "checked": "the message", "held": "yes"}
    told = "\n".join(maker.lines([row, row | {"case": "a fast one", "held": "no"}]))
    assert "1 of 2 cases" in told
    assert "- clock: `a fast one`. Promised: it is told." in told
    assert "<code>a `slow` one</code>, <code>a fast one</code> (<b>not held</b>)." in told


def test_a_case_that_was_not_tried_counts_for_nothing(maker):
    row = {"area": "clock", "case": "a slow one", "promise": "it is told", "checked": "the message", "held": "yes"}
    told = "\n".join(maker.lines([row, row | {"case": "a later one", "held": "not tried"}]))
    assert "1 of 1 cases. 1 more were not tried yet." in told
    assert "| 1 of 1, 1 not tried |" in told
    assert "<code>a later one</code> (not tried)" in told
