"""Dates of any zone are brought to UTC, and the hours that clocks repeat or skip are told apart or refused."""

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.stamps import utc_stamps

ONE = pd.Series(["s"] * 9)


def utc(column, **given):
    values = pd.Series(column)
    stamps, counts = utc_stamps(values, ONE[: len(values)], **given)
    return pd.DatetimeIndex(stamps).strftime("%Y-%m-%dT%H:%M").tolist(), counts


def test_zones_are_brought_together_and_counted():
    stamps, counts = utc(["2024-05-01T02:00+02:00", "2024-05-01T01:00Z", "2024-05-01 02:00", "2024-05-02"])
    assert stamps == ["2024-05-01T00:00", "2024-05-01T01:00", "2024-05-01T02:00", "2024-05-02T00:00"]
    assert counts == {"zoned": 1, "mixed": 4, "clock_change": 0}


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
    stamps, counts = utc(pd.Series(pd.DatetimeIndex(["2024-05-01"], tz="Europe/Berlin")))
    assert stamps == ["2024-04-30T22:00"]
    assert counts["zoned"] == 1
    assert utc(pd.Series(pd.DatetimeIndex(["2024-05-01"], tz="UTC")))[1]["zoned"] == 0


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
