"""Histories are summed to longer periods that theirs fill, and only where all of one is there."""

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.levels import at_level, check_level
from shiftcast.features.panel import panels


def panel_of(dates, values=None):
    values = np.ones(len(dates)) if values is None else values
    (panel,), _ = panels(pd.DataFrame({"series": "a", "period_end": dates, "value": values}))
    return panel


def shown(days):
    return pd.DatetimeIndex(days).strftime("%Y-%m-%d").tolist()


def test_only_whole_months_are_history_and_what_is_past_of_the_next_is_known():
    rows, (ahead,) = at_level(panel_of(pd.date_range("2024-01-10", "2024-04-12")), "ME", 50)
    assert shown(rows.period_end) == ["2024-02-29", "2024-03-31"]
    assert rows.value.tolist() == [29.0, 31.0]
    assert shown(ahead.ends) == ["2024-04-30", "2024-05-31"]
    assert ahead.known.tolist() == [12.0, 0.0]
    assert ahead.member.tolist() == [0] * 18 + [1] * 31 + [-1]


def test_hours_belong_to_the_day_in_which_they_end():
    rows, (ahead,) = at_level(panel_of(pd.date_range("2024-01-01T01:00", "2024-01-03T00:00", freq="h")), "D", 24)
    assert (shown(rows.period_end), rows.value.tolist()) == (["2024-01-01", "2024-01-02"], [24.0, 24.0])
    assert (shown(ahead.ends), ahead.known.tolist()) == (["2024-01-03"], [0.0])


def test_a_gap_leaves_a_week_unknown_but_a_holiday_is_nothing():
    days = pd.date_range("2024-01-01", "2024-01-21")
    rows, _ = at_level(panel_of(days.delete(9)), "W", 7)
    np.testing.assert_array_equal(rows.value, [7.0, np.nan, 7.0])
    working = pd.bdate_range("2024-01-01", "2024-01-19")
    rows, (ahead,) = at_level(panel_of(working.delete(6)), "W", 5)
    assert rows.value.tolist() == [5.0, 4.0, 5.0]
    assert shown(ahead.ends) == ["2024-01-28"]


def test_a_period_that_began_before_the_series_is_left_out():
    _, (ahead,) = at_level(panel_of(pd.date_range("2024-01-10", "2024-01-20")), "ME", 40)
    assert shown(ahead.ends) == ["2024-02-29"]
    assert ahead.member.tolist() == [-1] * 11 + [0] * 29


@pytest.mark.parametrize(("base", "level"), [("h", "D"), ("15min", "W"), ("D", "W-WED"), ("B", "ME"), ("ME", "QE-JAN")])
def test_periods_that_fill_longer_ones_are_taken(base, level):
    check_level(base, level)


@pytest.mark.parametrize(
    ("base", "level", "said"),
    [
        ("W", "ME", "periods of W do not fill it; give the series by D"),
        ("4-4-5", "QE", "periods of 4-4-5 do not fill it; give the series by ME"),
        ("5D", "W", "periods of 5D do not fill it"),
        ("D", "D", "periods of D do not fill it"),
        ("25200s", "D", "periods of 25200s do not fill it"),
        ("D", "fortnight", "is none of D, W, ME, QE, YE"),
    ],
)
def test_periods_that_do_not_nest_are_refused(base, level, said):
    with pytest.raises(ValueError, match=f"--also '{level}'.*{said}"):
        check_level(base, level)


def test_an_unknown_anchor_is_refused():
    with pytest.raises(ValueError, match="--also 'W-NEW' has no such anchor; give one such as W-WED or QE-JAN"):
        at_level(panel_of(pd.date_range("2024-01-01", "2024-01-21")), "W-NEW", 7)
