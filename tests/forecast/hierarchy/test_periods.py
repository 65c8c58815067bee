"""Periods of long frames are read by the parser that volumes and shares have."""

import datetime as dt

import pandas as pd
import pytest

from shiftcast.features.instants import Clock
from shiftcast.forecast.hierarchy.periods import in_time


def frame(periods, **more):
    return pd.DataFrame({"series": [f"s{at}" for at in range(len(periods))], "date": periods, **more})


def ordered(periods, **clock):
    """Return the periods in the order that reconciliation puts them."""
    return pd.factorize(in_time(frame(periods), Clock(**clock))["date"], sort=True)[1].tolist()


@pytest.mark.parametrize(
    ("periods", "clock", "expected"),
    [
        (["2026-10-31", "2026-9-30"], {}, ["2026-9-30", "2026-10-31"]),
        (["2026Q2", "2026-03-31", "Q1'26"], {}, ["2026-03-31", "2026Q2"]),
        (["01/03/2026", "15/02/2026"], {"order": "day-first"}, ["15/02/2026", "01/03/2026"]),
        (["01/03/2026", "02/01/2026"], {"order": "month-first"}, ["01/03/2026", "02/01/2026"]),
        (["FY26 Q1", "FY25 Q4"], {"fiscal_end": 1}, ["FY25 Q4", "FY26 Q1"]),
        (
            [dt.date(2026, 3, 1), dt.date(2026, 2, 1)],
            {},
            [dt.date(2026, 2, 1), dt.date(2026, 3, 1)],
        ),
        (
            ["2026-03-01T01:00+02:00", "2026-03-01T00:30+01:00"],
            {},
            ["2026-03-01T01:00+02:00", "2026-03-01T00:30+01:00"],
        ),
    ],
)
def test_dates_are_in_the_order_of_time_and_named_as_written(periods, clock, expected):
    assert ordered(periods, **clock) == expected


@pytest.mark.parametrize("periods", [[1, 2], pd.to_datetime(["2026-03-01", "2026-02-01"]), ["step 2", "step 1"]])
def test_numbers_times_and_names_that_are_no_dates_are_left(periods):
    given = frame(periods)
    pd.testing.assert_frame_equal(in_time(given, Clock()), given)


@pytest.mark.parametrize(
    ("periods", "said"),
    [
        (["03/04/2026", "03/05/2026"], "series 's0', row 1: date is '03/04/2026'; has day and month in either order"),
        (["FY22 Q3"], r"row 1: date is 'FY22 Q3'; is of a fiscal year; .* --fiscal-end"),
        (["2026-03-31", "soon"], "series 's1', row 2: date is 'soon'; write dates as 2027-12-31"),
    ],
)
def test_what_could_be_another_day_is_refused(periods, said):
    with pytest.raises(ValueError, match=said):
        in_time(frame(periods), Clock())


def test_an_empty_period_is_left_for_its_row_to_be_named():
    assert in_time(frame(["2026-03-31", None, "2026-02-28"]), Clock())["date"].isna().tolist() == [False, True, False]
