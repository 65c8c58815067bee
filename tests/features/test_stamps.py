"""Dates of any zone are brought to UTC, and the hours that clocks repeat or skip are told apart or refused."""

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.instants import Clock
from shiftcast.features.stamps import remedy, utc_stamps

ONE = pd.Series(["s"] * 9)


def utc(column, **clock):
    values = pd.Series(column)
    stamps, counts = utc_stamps(values, ONE[: len(values)], Clock(**clock))
    return pd.DatetimeIndex(stamps).strftime("%Y-%m-%dT%H:%M").tolist(), counts


def test_zones_are_brought_together_and_counted():
    stamps, counts = utc(["2024-05-01T02:00+02:00", "2024-05-01T01:00Z", "2024-05-01 02:00", "2024-05-02"])
    assert stamps == ["2024-05-01T00:00", "2024-05-01T01:00", "2024-05-01T02:00", "2024-05-02T00:00"]
    assert counts == {"zoned": 1, "local": 0, "mixed": 4, "clock_change": 0}


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["2024-05-01", "2024-05-02"]),
        pd.Series(["2024-05-01", "2024-05-02"], dtype="category"),
        pd.Series(pd.to_datetime(["2024-05-01", "2024-05-02"])),
        pd.Series(pd.to_datetime(["2024-05-01", "2024-05-02"])).astype("category"),
        pd.Series([20240501, 20240502]),
        pd.Series([pd.Timestamp("2024-05-01").date(), pd.Timestamp("2024-05-02").date()]),
    ],
    ids=["text", "coded", "times", "coded times", "numbers", "days"],
)
def test_every_way_to_hold_a_date_reads_alike(column):
    stamps, counts = utc(column)
    assert stamps == ["2024-05-01T00:00", "2024-05-02T00:00"]
    assert sum(counts.values()) == 0


def test_times_with_a_zone_are_counted():
    stamps, counts = utc(pd.Series(pd.DatetimeIndex(["2024-05-01T06:00"], tz="Europe/Berlin")))
    assert stamps == ["2024-05-01T04:00"]
    assert counts["zoned"] == 1
    assert utc(pd.Series(pd.DatetimeIndex(["2024-05-01T06:00"], tz="UTC")))[1]["zoned"] == 0


def test_what_is_no_date_is_not_a_time():
    assert np.isnat(utc_stamps(pd.Series(["soon", None, "31/12/2024"]), ONE[:3])[0]).all()


def test_the_second_of_two_equal_local_hours_is_winter_time():
    stamps, counts = utc(
        ["2024-10-27 01:00", "2024-10-27 02:00", "2024-10-27 02:00", "2024-10-27 03:00"], zone="Europe/Berlin"
    )
    assert stamps == [f"2024-10-{day}:00" for day in ("26T23", "27T00", "27T01", "27T02")]
    assert counts["clock_change"] == 1


def test_dates_with_a_zone_of_their_own_keep_it():
    stamps, _ = utc(["2024-05-01T00:00Z", "2024-05-01T00:00"], zone="Europe/Berlin")
    assert stamps == ["2024-05-01T00:00", "2024-04-30T22:00"]


def test_a_skipped_hour_and_an_unknown_zone_are_refused():
    with pytest.raises(ValueError, match="series 's': 2024-03-31 02:30:00 was skipped by the clocks of Europe/Berlin"):
        utc(["2024-03-31 02:30"], zone="Europe/Berlin")
    with pytest.raises(ValueError, match="zone 'Mars' is unknown"):
        utc(["2024-03-31 02:30"], zone="Mars")


MONTH_ENDS = ["2022-01-31", "2022-02-28", "2022-03-31", "2022-04-30", "2022-10-31", "2022-11-30"]
IN_BERLIN = pd.DatetimeIndex(MONTH_ENDS).tz_localize("Europe/Berlin")


@pytest.mark.parametrize(
    ("column", "clock"),
    [
        (IN_BERLIN, {}),
        ([day.isoformat() for day in IN_BERLIN], {}),
        (MONTH_ENDS, {"zone": "Europe/Berlin"}),
        ([f"{day:%Y-%m-%dT%H:%MZ}" for day in IN_BERLIN.tz_convert("UTC")], {"zone": "Europe/Berlin"}),
        ([f"{day:%Y-%m-%d %H:%M:%S%z}" for day in IN_BERLIN], {"zone": "Asia/Tokyo"}),
    ],
    ids=["times", "text", "zone of the file", "UTC text", "zone of their own"],
)
def test_local_month_ends_stay_the_days_they_are(column, clock):
    stamps, counts = utc(column, **clock)
    assert stamps == [f"{day}T00:00" for day in MONTH_ENDS]
    assert counts == {"zoned": 0, "local": 6, "mixed": 0, "clock_change": 0}


def test_local_days_over_a_clock_change_come_once():
    days = pd.date_range("2024-10-25", "2024-10-30").strftime("%Y-%m-%d").tolist()
    assert utc(days, zone="Europe/Berlin")[0] == [f"{day}T00:00" for day in days]
    assert utc(["2024-10-27T23:59:59+01:00"])[0] == ["2024-10-27T23:59"]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Jan-22", "2022-01-31"), ("2022Q1", "2022-03-31"), ("2022-W05", "2022-02-06"), ("20220131", "2022-01-31"),
        ("202202", "2022-02-28"), ("2022-02", "2022-02-28"), ("2022", "2022-12-31"), ("1643587200", "2022-01-31"),
        ("1643587200000", "2022-01-31"), ("3 Feb 2022", "2022-02-03"), ("2022/02/03", "2022-02-03"),
        ("Q3 2022", "2022-09-30"), ("January 2022", "2022-01-31"), ("2022-W05-3", "2022-02-02"),
    ],
)  # fmt: skip
def test_names_of_periods_stand_for_their_last_day(text, day):
    assert utc([text])[0] == [f"{day}T00:00"]


def test_the_order_of_day_and_month_and_the_end_of_fiscal_years_are_told():
    assert utc(["03/04/2026"], order="day-first")[0] == ["2026-04-03T00:00"]
    assert utc(["03/04/2026"], order="month-first")[0] == ["2026-03-04T00:00"]
    assert utc(["FY22 Q3", "Q4 FY2022", "FY22"], fiscal_end=1)[0] == [
        f"{day}T00:00" for day in ("2021-10-31", "2022-01-31", "2022-01-31")
    ]
    with pytest.raises(ValueError, match="--fiscal-end 13 is no month; give 1 to 12"):
        Clock(fiscal_end=13)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("01/02/2022", "--dates day-first or --dates month-first"),
        ("25/04/2022", "--dates day-first or --dates month-first"),
        ("FY22 Q3", "--fiscal-end 1"),
        ("22-Jan", "write dates as 2027-12-31"),
        ("Jan 22", "write dates as 2027-12-31"),
        ("44927", "write dates as 2027-12-31"),
        ("0022-01-31", "write dates as 2027-12-31"),
        ("2022-13", "write dates as 2027-12-31"),
    ],
)
def test_what_a_date_lacks_is_said(text, said):
    assert np.isnat(utc_stamps(pd.Series([text]), ONE[:1])[0]).all()
    assert said in remedy(text)
