from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.features.calendars import calendar_quarters
from shiftcast.forecast.views.crossing import first_passage
from shiftcast.forecast.views.passage import NOT_YET, passage

ENDS = calendar_quarters("2025Q1", "2026Q4")


def ask(share: np.ndarray, *, ends=ENDS, **options):
    return passage(share, ends, **({"above": 0.5, "level": 0.8, "first_ahead": 4} | options))


def steps(*crossed_at: int) -> np.ndarray:
    return np.array([np.where(np.arange(8) >= at, 0.6, 0.4) for at in crossed_at])


@given(st.integers(0, 10**6), st.integers(1, 9))
def test_first_passage_is_the_first_period_that_holds(seed, periods):
    holds = np.random.default_rng(seed).random((20, periods)) > 0.7
    expected = [next((t for t in range(periods) if row[t]), periods) for row in holds]
    assert first_passage(holds).tolist() == expected


def test_early_middle_and_late_are_quantiles_of_the_crossing_quarter():
    found = ask(steps(2, 3, 4, 5, 6))
    assert (found.early, found.middle, found.late) == ("2025Q3", "2026Q1", "2026Q3")
    assert (found.never, found.already, found.horizon) == (0.0, 0.4, "2026Q4")


def test_a_crossing_seen_in_the_first_quarter_happened_by_then():
    found = ask(steps(0, 0, 0))
    assert found.early == found.late == "by 2025Q1"
    assert found.already == 1.0


def test_a_share_that_does_not_cross_says_so_and_how_likely_that_is():
    found = ask(steps(8, 8, 8, 1))
    assert (found.middle, found.late, found.never) == (NOT_YET, NOT_YET, 0.75)


def test_a_share_that_fell_back_has_not_crossed_already_and_counts_from_when_it_crosses_again():
    found = ask(np.array([[0.4, 0.6, 0.4, 0.4, 0.4, 0.4, 0.4, 0.6], [0.4, 0.6, 0.4, 0.6, 0.4, 0.4, 0.4, 0.6]]))
    assert (found.early, found.late, found.already) == ("2025Q2", "2026Q4", 0.5)
    assert ask(np.array([[0.4, 0.6, 0.6, 0.4, 0.4, 0.4, 0.4, 0.4]])).never == 1.0


def test_each_year_ahead_has_the_odds_of_having_crossed_by_its_end():
    ends = calendar_quarters("2025Q1", "2027Q2")
    share = np.array([np.where(np.arange(10) >= at, 0.6, 0.4) for at in (2, 5, 7, 9, 10)])
    found = ask(share, ends=ends)
    assert found.by == {"2026": 0.6, "2027": 0.8}
    assert found.already == 0.2
    assert found.never == pytest.approx(0.2)
    assert sum(found.by.values()) > found.already


def test_dates_within_the_window_leave_out_what_has_crossed_and_what_never_does():
    few, found = ask(steps(0, 1, 5, 6, 7, 8, 8, 8)), ask(steps(*[0, 1, 5, 6, 7, 8, 8, 8] * 7))
    assert (few.draws_within, few.early_within, few.middle_within, few.late_within) == (3, None, "2026Q3", None)
    assert found.draws_within == 21
    assert (found.early_within, found.middle_within, found.late_within) == ("2026Q2", "2026Q3", "2026Q4")
    none = ask(steps(0, 8))
    assert (none.draws_within, none.early_within, none.middle_within, none.late_within) == (0, None, None, None)


def test_a_share_that_falls_back_ahead_keeps_its_first_crossing():
    assert ask(np.array([[0.4, 0.4, 0.4, 0.4, 0.6, 0.4, 0.4, 0.6]])).middle == "2026Q1"


def test_without_a_quarter_before_those_ahead_nothing_has_crossed_already():
    assert ask(steps(0, 8), first_ahead=0).already == 0.0


def test_a_share_that_only_touches_the_threshold_has_not_crossed():
    assert ask(np.full((3, 8), 0.5)).never == 1.0


@pytest.mark.parametrize("name", ["above", "level"])
@pytest.mark.parametrize("value", [0.0, 1.0, 60, -0.1, "half", None])
def test_a_threshold_or_level_outside_nought_to_one_is_named(name, value):
    with pytest.raises(ValueError, match=f"{name} is {value!r}; it must lie between 0 and 1, such as 0.5 for half"):
        ask(steps(1), **{name: value})


@given(st.integers(0, 10**6))
def test_a_higher_threshold_is_never_crossed_earlier(seed):
    share = np.random.default_rng(seed).random((50, 8))
    low, high = ask(share, above=0.4), ask(share, above=0.8)
    assert high.never >= low.never
    assert high.already <= low.already
