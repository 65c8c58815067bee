"""Series keep the calendar of their dates: working days, half months, days of the month, fiscal weeks."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.features.panel import panels
from shiftcast.features.period_calendars import FISCAL, followed, listed_days, moved
from shiftcast.features.reading import Reading


def weeks(first, *lengths):
    return pd.Timestamp(first) + pd.to_timedelta(np.cumsum([0, *lengths]) * 7, unit="D")


def panel_of(dates, **reading):
    rows = pd.DataFrame({"series": "a", "period_end": pd.DatetimeIndex(dates).astype(str), "value": 1.0})
    (panel,), _ = panels(rows, reading=Reading(**reading))
    return panel


def ahead(dates, horizon, **given):
    return panel_of(dates, **given).ends(horizon)[0].astype("datetime64[D]").astype(str).tolist()


HALVES = [f"2024-{month:02}-{day}" for month in range(1, 9) for day in (15, pd.Period(f"2024-{month}").days_in_month)]
ON_30TH = [f"{m.year}-{m.month:02}-{min(30, m.days_in_month)}" for m in pd.period_range("2021-01", "2023-04", freq="M")]
CASES = {
    "business days": (pd.bdate_range("2024-01-01", "2024-06-28"), "B", ["2024-07-01", "2024-07-02", "2024-07-03",
                      "2024-07-04", "2024-07-05", "2024-07-08"]),
    "Sunday to Thursday": (pd.bdate_range("2024-01-01", "2024-02-08", freq="C", weekmask="Sun Mon Tue Wed Thu"), "B",
                           ["2024-02-11", "2024-02-12", "2024-02-13", "2024-02-14", "2024-02-15", "2024-02-18"]),
    "the 28th, last in February": ([f"{m}-28" for m in pd.period_range("2021-01", "2023-02", freq="M")], "ME",
                                   ["2023-03-28", "2023-04-28", "2023-05-28"]),
    "the 30th, last in April": (ON_30TH, "ME", ["2023-05-30", "2023-06-30", "2023-07-30", "2023-08-30", "2023-09-30",
                                "2023-10-30", "2023-11-30", "2023-12-30", "2024-01-30", "2024-02-29", "2024-03-30"]),
    "quarters on the 30th": (["2023-07-30", "2023-10-30", "2024-01-30", "2024-04-30"], "QE", ["2024-07-30"]),
    "fiscal quarters": (weeks("2023-04-30", *[13] * 10), "QE", ["2026-01-25", "2026-04-26", "2026-07-26", "2026-10-25",
                        "2027-01-31", "2027-05-02"]),
    "fiscal quarters over 53 weeks": (weeks("2020-01-26", *[13] * 3, 14, *[13] * 17), "QE", ["2025-07-27"]),
    "4-4-5": (weeks("2022-02-27", *[4, 5, 4] * 11, 4, 5), "4-4-5", ["2025-02-23", "2025-03-23", "2025-04-27"]),
    "4-5-4": (weeks("2023-01-28", *[4, 5, 4] * 3, 4, 5, 5, *[4, 5, 4] * 2), "4-4-5", ["2024-08-31", "2024-10-05"]),
    "semi-monthly": (HALVES, "SME", ["2024-09-15", "2024-09-30", "2024-10-15", "2024-10-31"]),
    "the 1st and 16th": (pd.date_range("2024-01-01", "2024-03-10", freq="SMS-16"), "SME", ["2024-03-16", "2024-04-01"]),
    "last working days": (pd.date_range("2024-01-01", "2024-08-31", freq="BME"), "ME", ["2024-09-30", "2024-10-31",
                          "2024-11-29", "2024-12-31"]),
    "first working days": (pd.date_range("2024-01-01", "2024-09-30", freq="BMS"), "ME", ["2024-10-01", "2024-11-01",
                           "2024-12-02"]),
    "weeks keep their day": (pd.date_range("2024-01-03", periods=9, freq="W-WED"), "W", ["2024-03-06"]),
    "years of 52 and 53 weeks": (["2019-12-29", "2020-12-27", "2021-12-26", "2022-12-25", "2023-12-31"], "YE",
                                 ["2024-12-29", "2025-12-28"]),
    "13 weeks without a long year": (weeks("2010-01-03", *[13] * 60), "91D", ["2025-03-16"]),
}  # fmt: skip


@pytest.mark.parametrize(("dates", "frequency", "expected"), CASES.values(), ids=CASES)
def test_dates_ahead_are_those_of_the_calendar_followed(dates, frequency, expected):
    panel = panel_of(dates)
    assert panel.frequency == frequency
    assert panel.values.shape == (1, len(dates))
    assert ahead(dates, len(expected)) == expected


@pytest.mark.parametrize("name", [name for name, (dates, *_) in CASES.items() if len(dates) > 5])
def test_a_missing_period_is_a_gap_and_times_are_as_given(name):
    dates, frequency, _ = CASES[name]
    dates = pd.DatetimeIndex(dates)
    panel = panel_of(dates.delete(3))
    assert panel.frequency == frequency
    assert np.isnan(panel.values[0]).tolist() == [at == 3 for at in range(len(dates))]
    assert panel.times()[0].astype("datetime64[D]").tolist() == dates.date.tolist()
    assert panel.cut(2).ends(2)[0].tolist() == panel.times()[0, -2:].tolist()


def test_working_days_have_weeks_of_five_and_a_forced_frequency_stays():
    dates = pd.bdate_range("2024-01-01", "2024-02-02")
    assert panel_of(dates).seasons == (5, 261)
    assert panel_of(dates, frequency="D").seasons == (7, 365)
    assert ahead(dates, 2, frequency="D") == ["2024-02-03", "2024-02-04"]


def test_a_day_at_a_weekend_makes_days_of_working_days():
    assert panel_of(pd.date_range("2024-01-01", "2024-02-03")).frequency == "D"
    with pytest.raises(ValueError, match="series 'a', row 13: its dates do not follow --frequency B; leave it out"):
        panel_of([*pd.bdate_range("2024-01-01", periods=12), pd.Timestamp("2024-01-21")], frequency="B")


def test_one_date_takes_the_calendar_of_its_group_or_of_working_days():
    assert ahead(["2024-06-28"], 1, frequency="B") == ["2024-07-01"]
    with pytest.raises(ValueError, match="every series has one date, which leaves open where periods of SME end"):
        panel_of(["2024-06-15"], frequency="SME")
    one = pd.DataFrame({"series": "a", "period_end": HALVES, "value": 1.0})
    two = pd.DataFrame({"series": "b", "period_end": HALVES[-1:], "value": 1.0})
    for frequency in (None, "SME"):
        (panel,), _ = panels(pd.concat([one, two], ignore_index=True), reading=Reading(frequency=frequency))
        assert panel.calendar.tolist() == ["half-15-31", "half-15-31"]


def test_series_of_one_step_and_unlike_calendars_share_a_panel():
    one = pd.DataFrame({"series": "fiscal", "period_end": weeks("2023-04-30", *[13] * 10), "value": 1.0})
    two = pd.DataFrame({"series": "plain", "period_end": pd.date_range("2023-03-31", periods=11, freq="QE")})
    (panel,), _ = panels(pd.concat([one, two.assign(value=2.0)], ignore_index=True))
    assert panel.calendar.tolist() == ["13-L-JAN-SUN", ""]
    assert panel.ends(1).astype("datetime64[D]").astype(str).ravel().tolist() == ["2026-01-25", "2025-12-31"]
    assert panel.take(np.array([1])).ends(1).astype("datetime64[D]").astype(str).tolist() == [["2025-12-31"]]


@pytest.mark.parametrize(("rule", "variation"), [("L", "last"), ("N", "nearest")])
@pytest.mark.parametrize("month", [1, 9, 12])
def test_fiscal_quarters_agree_with_pandas(rule, variation, month):
    offset = pd.offsets.FY5253Quarter(startingMonth=month, weekday=5, qtr_with_extra_week=4, variation=variation)
    name = f"13-{rule}-{pd.Timestamp(2024, month, 1):%b}-SAT".upper()
    right = pd.date_range("1990-01-01", "2060-01-01", freq=offset)
    assert np.isin(right.to_numpy().astype("datetime64[D]"), listed_days(name)).all()
    assert (np.diff(listed_days(name)).astype(int) >= 91).all()


@given(st.sampled_from(["ME", "QE", "YE"]), st.integers(0, 40_000), st.integers(5, 40), st.sampled_from("LN"))
def test_a_fiscal_history_is_continued_by_a_calendar_that_fits_it_all(frequency, start, count, rule):
    table = listed_days(f"{FISCAL[frequency][0]}-{rule}-JAN-SUN")
    days = table[table > np.datetime64("1900-01-01") + start][:count]
    found, calendar = followed(frequency, days)
    assert found in {frequency, "4-4-5"}
    back = moved(days[-1:], found, np.arange(1 - len(days), 1), np.array([calendar], dtype=object))[0]
    assert back.astype("datetime64[D]").tolist() == days.tolist()
