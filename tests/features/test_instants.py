"""Moments of exports."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.features.instants import Clock, read_instants, read_relative

BERLIN = Clock("Europe/Berlin")


@pytest.mark.parametrize(("text", "utc"), [
    ("2025-08-01 9:31", "2025-08-01 07:31"), ("2023-11-16 18:17:03.9799600", "2023-11-16 17:17:03.979960"),
    ("1767225600", "2026-01-01"), ("1767225600000", "2026-01-01"), ("1767225600000000", "2026-01-01"),
    ("1767225600000000000", "2026-01-01"), ("20260316", "2026-03-15 23:00"), ("2026-01-01T00:00:00Z", "2026-01-01"),
    ("2026-01-01 00:00:00 UTC", "2026-01-01"), ("2026-10-25T02:30:00+0100", "2026-10-25 01:30"),
    ("2026/01/01 05:00 +02:00", "2026-01-01 03:00"), ("Thu, 01 Jan 2026 10:00:00 GMT", "2026-01-01 10:00"),
    ("Thu Jan  1 10:00:00 2026", "2026-01-01 09:00"), ("1 January 2026", "2025-12-31 23:00"),
    ("Jan 1, 2026 1:05 PM", "2026-01-01 12:05"), ("2026-01-01 12:00:00 AM", "2025-12-31 23:00"),
    ("2026-01-01 12:30 p.m.", "2026-01-01 11:30"), ("01-Jan-2026 13:00", "2026-01-01 12:00"),
    ("Jan 2026", "2025-12-31 23:00"), ("2026-01-01T10:00:00-05:30", "2026-01-01 15:30"),
])  # fmt: skip
def test_forms(text, utc):
    read = read_instants(pd.Series([text]), BERLIN)
    assert read.values.iloc[0] == pd.Timestamp(utc, tz="UTC")
    assert not any(mask.any() for mask, _ in read.faults)


@pytest.mark.parametrize(("text", "reason"), [
    ("03/04/2026", "--dates day-first"), ("25/04/2026 10:00 UTC", "--dates day-first"),
    ("2026-01-01 13:00 PM", "not a time"), ("1 Foo 2026", "not a time"), ("30 Feb 2026", "not a time"),
    ("2026-03-29 02:30", "skips or repeats"), ("2026-10-25 02:30", "skips or repeats"),
    ("1970-01-01", "outside 1990"), ("9e99", "not a time"), ("soon", "not a time"), ("2026-02-30", "not a time"),
])  # fmt: skip
def test_faults(text, reason):
    read = read_instants(pd.Series([text, "2026-01-01"]), BERLIN)
    assert [reason in why for mask, why in read.faults if mask.tolist() == [True, False]] == [True]
    assert read.values.isna().tolist() == [True, False]


@pytest.mark.parametrize(("text", "day", "month"), [
    ("03/04/2026", "2026-04-03", "2026-03-04"), ("3.4.26", "2026-04-03", "2026-03-04"),
    ("3-4-2026 5:00 PM", "2026-04-03 17:00", "2026-03-04 17:00"), ("25/04/2026", "2026-04-25", None),
    ("04/25/2026 10:00:00", None, "2026-04-25 10:00"),
    ("03/04/2026 10:00:00+02:00", "2026-04-03 08:00", "2026-03-04 08:00"),
    ("2026-04-03", "2026-04-03", "2026-04-03"),
])  # fmt: skip
def test_the_order_of_day_and_month_is_told_and_never_guessed(text, day, month):
    for order, right in (("day-first", day), ("month-first", month)):
        got = read_instants(pd.Series([text], dtype=object), Clock(order=order)).values.iloc[0]
        assert pd.isna(got) if right is None else got == pd.Timestamp(right, tz="UTC")


def test_another_order_is_refused():
    with pytest.raises(ValueError, match="--dates 'dmy' is none of day-first, month-first"):
        Clock(order="dmy")


@pytest.mark.parametrize("text", ["", "NULL", "Unknown", "None assigned", None, float("nan")])
def test_missing_is_no_fault(text):
    read = read_instants(pd.Series([text], dtype=object), Clock())
    assert read.values.isna().all()
    assert not any(mask.any() for mask, _ in read.faults)


def test_typed_columns_keep_their_zone_or_take_the_clocks():
    naive = pd.Series(pd.to_datetime(["2026-01-01"]))
    assert read_instants(naive, BERLIN).values.iloc[0] == pd.Timestamp("2025-12-31 23:00", tz="UTC")
    aware = naive.dt.tz_localize("Asia/Tokyo")
    assert read_instants(aware, BERLIN).values.iloc[0] == pd.Timestamp("2025-12-31 15:00", tz="UTC")


def test_relative_times_need_an_anchor_and_stay_within_a_century():
    with pytest.raises(ValueError, match="--anchor"):
        read_relative(pd.Series(["0"]), "s", Clock())
    clock = Clock(anchor=pd.Timestamp("2026-01-01", tz="UTC"))
    read = read_relative(pd.Series(["60", "x", "", "1e99"]), "s", clock)
    assert read.values.iloc[0] == pd.Timestamp("2026-01-01 00:01", tz="UTC")
    assert read.faults[0][0].tolist() == [False, True, False, False]
    assert sum(mask for mask, _ in read.faults).tolist() == [0, 1, 0, 1]


@given(st.lists(st.text(max_size=25) | st.integers().map(str) | st.floats().map(str), min_size=1, max_size=4))
def test_any_text_is_a_moment_missing_or_at_fault(texts):
    for clock in (Clock(), BERLIN, Clock(order="day-first")):
        read = read_instants(pd.Series(texts, dtype=object), clock)
        faults = sum(mask for mask, _ in read.faults)
        assert (faults <= 1).all()
        assert (read.values.notna().to_numpy() & (faults > 0)).sum() == 0
