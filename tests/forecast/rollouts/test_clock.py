import numpy as np
import pandas as pd
import pytest

from shiftcast.forecast.rollouts.clock import number_of


@pytest.mark.parametrize(
    ("day", "number"),
    [
        ("2000-01-31", 1 / 3),
        ("2000-03-31", 1.0),
        ("2000-12-31", 4.0),
        ("2024-02-29", 96 + 2 / 3),
        ("2026-11-15", 107 + (1 + 15 / 30) / 3),
        ("1999-12-31", 0.0),
        ("1999-09-30", -1.0),
    ],
)
def test_a_day_is_the_quarters_to_its_end(day, number):
    assert number_of(pd.DatetimeIndex([day], tz="UTC"))[0] == pytest.approx(number, abs=1e-12)


def test_every_day_is_later_than_the_one_before_and_quarters_end_whole():
    days = pd.date_range("2019-01-01", "2024-12-31", tz="UTC")
    numbers = number_of(days)
    assert (np.diff(numbers) > 0).all()
    whole = days[np.isclose(numbers % 1, 0) | np.isclose(numbers % 1, 1)]
    assert whole.equals(pd.date_range("2019-03-31", "2024-12-31", freq="QE", tz="UTC"))


def test_a_series_is_read_as_its_days_are():
    days = pd.Series(pd.to_datetime(["2016-06-30", "2016-07-01"], utc=True), index=[7, 3])
    np.testing.assert_allclose(number_of(days), [66.0, 66.0 + 1 / 93])
