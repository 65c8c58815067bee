"""Frequencies are found, named and counted as calendars do."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.features.frequency import (
    DAY,
    MONTHS,
    TICKS,
    canonical,
    names_of,
    seasons,
    shifted,
    spacing,
    step_of,
    usual_gaps,
)


def found(dates):
    micros = pd.DatetimeIndex(dates).as_unit("us").asi8
    return names_of(usual_gaps(np.zeros(len(micros), dtype=int), micros), np.array([len(micros)]))[0]


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("min", "min"), ("5min", "5min"), ("15min", "15min"), ("h", "h"), ("6h", "6h"), ("D", "D"), ("W-WED", "W"),
        ("4W", "4W"), ("ME", "ME"), ("MS", "ME"), ("QE-JAN", "QE"), ("QS", "QE"), ("2QE", "2QE"), ("YE", "YE"),
        ("7min", "420s"), ("3D", "3D"), ("2YE", "2YE"), ("5ME", "5ME"),
    ],
)  # fmt: skip
def test_regular_dates_are_recognised(alias, name):
    assert found(pd.date_range("2019-01-31", periods=30, freq=alias)) == name
    assert canonical(alias) == name
    assert seasons(name) is not None


def test_missing_periods_do_not_hide_the_frequency():
    dates = pd.date_range("2019-01-31", periods=30, freq="ME")
    assert found(dates.delete([3, 4, 5, 11, 20])) == "ME"


@pytest.mark.parametrize(
    ("dates", "name"),
    [
        (["2025-01-31", "2025-02-28"], "ME"),
        (["2025-02-28", "2025-03-28"], "ME"),
        (["2018-01-09", "2018-02-01", "2018-03-01", "2018-04-01"], "ME"),
        (["2024-01-28", "2024-04-28", "2024-07-28", "2024-10-27"], "QE"),
        (["2024-03-30T00:00+00:00", "2024-03-30T23:00+00:00", "2024-03-31T23:00+00:00"], "D"),
        (["2024-01-01T00:00:02", "2024-01-01T01:00:01", "2024-01-01T02:00:03"], "h"),
    ],
)
def test_dates_as_people_write_them(dates, name):
    assert found(pd.to_datetime(dates, utc=True).tz_convert(None)) == name


def test_one_date_leaves_it_open():
    assert names_of(usual_gaps(np.array([0, 1]), np.array([0, 0])), np.array([1, 1])).tolist() == ["", ""]


@pytest.mark.parametrize("name", ["2B", "2SME", "much", "C", ""])
def test_uneven_or_unknown_frequencies_are_refused(name):
    with pytest.raises(ValueError, match=r"frequency .*; give a pandas offset"):
        canonical(name)


def test_a_name_that_is_not_canonical_is_refused():
    with pytest.raises(ValueError, match="frequency 'MS' is not canonical"):
        step_of("MS")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("15min", (96, 672)),
        ("h", (24, 168)),
        ("5D", (73,)),
        ("2W", (26,)),
        ("QE", (4,)),
        ("2ME", (6,)),
        ("5ME", ()),
        ("2YE", ()),
    ],
)
def test_seasons_by_hand(name, expected):
    assert seasons(name) == expected


def test_spacing_is_in_microseconds():
    assert spacing("W") == 7 * DAY
    assert spacing("QE") / spacing("ME") == pytest.approx(3.0)


@given(
    st.sampled_from([*MONTHS, *TICKS]),
    st.integers(-30, 30),
    st.dates(date(1995, 1, 1), date(2040, 1, 1)),
)
def test_moving_on_agrees_with_pandas(name, steps, day):
    end = pd.Timestamp(day) + pd.offsets.MonthEnd(0)
    months, micros = step_of(name)
    moved = pd.Timestamp(shifted(np.array([end.to_datetime64()]), name, np.array(steps))[0])
    expected = end + pd.offsets.MonthEnd(months * steps) if months else end + pd.Timedelta(microseconds=micros * steps)
    assert moved == expected


@given(st.integers(0, 27), st.integers(-24, 24))
def test_days_before_the_28th_keep_their_place(day, steps):
    end = pd.Timestamp("2024-01-01 13:30") + pd.Timedelta(days=day)
    moved = pd.Timestamp(shifted(np.array([end.to_datetime64()]), "ME", np.array([steps]))[0])
    assert moved == end + pd.DateOffset(months=steps)
