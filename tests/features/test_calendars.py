from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.features.calendars import (
    calendar_quarters,
    check_consecutive,
    covered_share,
    hours_in,
    nvidia_quarters,
    overlap_weights,
    quarter_end,
    quarter_label,
)


def utc(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC")


FISCAL = nvidia_quarters(utc("2040-12-31"))


@pytest.mark.parametrize(
    ("label", "start", "end"),
    [
        ("FY2016Q1", "2015-01-26", "2015-04-26"),
        ("FY2016Q4", "2015-10-26", "2016-01-31"),
        ("FY2021Q4", "2020-10-26", "2021-01-31"),
        ("FY2026Q4", "2025-10-27", "2026-01-25"),
        ("FY2027Q1", "2026-01-26", "2026-04-26"),
        ("FY2027Q2", "2026-04-27", "2026-07-26"),
        ("FY2027Q4", "2026-10-26", "2027-01-31"),
        ("FY2028Q4", "2027-11-01", "2028-01-30"),
    ],
)
def test_fiscal_quarters_are_those_the_company_reports(label, start, end):
    row = FISCAL.set_index("label").loc[label]
    assert (row.period_start, row.period_end) == (utc(start), utc(end))


def test_every_fiscal_year_ends_on_the_last_sunday_of_january():
    ends = FISCAL.loc[FISCAL.label.str.endswith("Q4"), "period_end"]
    assert (ends.dt.month == 1).all()
    assert (ends.dt.day_of_week == 6).all()
    assert ((ends + pd.Timedelta(days=7)).dt.month == 2).all()


def test_a_fiscal_year_has_53_weeks_in_2016_2021_2027_and_2033():
    weeks = FISCAL.groupby(FISCAL.label.str[:6]).apply(
        lambda year: ((year.period_end - year.period_start).dt.days + 1).sum() / 7
    )
    assert list(weeks.index[weeks == 53])[:4] == ["FY2016", "FY2021", "FY2027", "FY2033"]
    assert set(weeks) <= {52, 53} | {weeks.iloc[-1]}


def test_fiscal_quarters_follow_each_other_without_a_gap():
    gap = FISCAL.period_start.iloc[1:].to_numpy() - FISCAL.period_end.iloc[:-1].to_numpy()
    assert (gap == np.timedelta64(1, "D")).all()


def test_the_last_fiscal_quarter_holds_the_day_asked_for():
    assert nvidia_quarters(utc("2026-04-26")).iloc[-1].label == "FY2027Q1"
    assert nvidia_quarters(utc("2026-04-27")).iloc[-1].label == "FY2027Q2"


@given(st.dates(pd.Timestamp("2000-01-01").date(), pd.Timestamp("2099-12-31").date()))
def test_a_day_lies_in_the_quarter_of_its_label(day):
    day = pd.Timestamp(day, tz="UTC")
    end = quarter_end(quarter_label(day))
    assert end - pd.DateOffset(months=3) - pd.Timedelta(days=3) < day <= end
    assert quarter_label(end) == quarter_label(day)


@pytest.mark.parametrize("label", ["2027", "2027Q5", "27Q1", "Q12027", "2027-Q1", "", "FY27Q1"])
def test_a_label_of_another_form_is_refused_with_the_form_to_use(label):
    with pytest.raises(ValueError, match=f"quarter {label!r} is not of the form 2027Q4"):
        quarter_end(label)


def test_quarter_labels_are_read_in_either_case():
    assert quarter_end("2027q4") == quarter_end("2027Q4") == utc("2027-12-31")


def test_day_weights_split_a_fiscal_quarter_by_its_days():
    quarters = calendar_quarters("2026Q2", "2026Q3")
    weights = overlap_weights(pd.DatetimeIndex([utc("2026-04-27")]), pd.DatetimeIndex([utc("2026-07-26")]), quarters)
    assert weights[0] == pytest.approx([65 / 91, 26 / 91])


def test_mapping_fiscal_to_calendar_quarters_conserves_the_total():
    inside = FISCAL[FISCAL.period_end <= utc("2030-12-31")]
    amounts = np.random.default_rng(1).lognormal(size=len(inside))
    quarters = calendar_quarters("2015Q1", "2030Q4")
    weights = overlap_weights(pd.DatetimeIndex(inside.period_start), pd.DatetimeIndex(inside.period_end), quarters)
    assert weights.sum(axis=1) == pytest.approx(np.ones(len(inside)), rel=1e-12)
    assert (amounts @ weights).sum() == pytest.approx(amounts.sum(), rel=1e-12)


@given(st.integers(0, 4000), st.integers(0, 800))
def test_day_weights_of_any_period_inside_the_targets_sum_to_one(offset, length):
    start = utc("2015-01-01") + pd.Timedelta(days=offset)
    end = start + pd.Timedelta(days=length)
    weights = overlap_weights(pd.DatetimeIndex([start]), pd.DatetimeIndex([end]), calendar_quarters("2015Q1", "2030Q4"))
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1.0, rel=1e-12)


def test_a_period_outside_the_targets_weighs_nothing():
    early = pd.DatetimeIndex([utc("2014-01-01")]), pd.DatetimeIndex([utc("2014-12-31")])
    assert overlap_weights(*early, calendar_quarters("2015Q1", "2015Q4")).tolist() == [[0.0] * 4]


def test_a_window_covers_whole_quarters_wholly_and_the_rest_by_days():
    quarters = calendar_quarters("2026Q1", "2026Q4")
    covered = covered_share(utc("2026-02-15"), utc("2026-10-01"), quarters)
    assert covered == pytest.approx([45 / 90, 1.0, 1.0, 1 / 92])


def test_hours_of_the_four_quarters_add_up_to_the_year():
    assert hours_in(calendar_quarters("2027Q1", "2027Q4")).sum() == 8760
    assert hours_in(calendar_quarters("2028Q1", "2028Q4")).sum() == 8784


def test_a_missing_quarter_is_named_by_the_ends_around_it():
    ends = calendar_quarters("2025Q1", "2026Q1").delete(2)
    with pytest.raises(ValueError, match="2025-06-30 is followed by 2025-12-31; add the missing quarter"):
        check_consecutive(ends)


def test_quarters_out_of_order_are_refused():
    with pytest.raises(ValueError, match="2025-06-30 is followed by 2025-03-31"):
        check_consecutive(calendar_quarters("2025Q1", "2025Q2")[::-1])


def test_a_quarter_of_fourteen_weeks_is_no_gap():
    ends = pd.DatetimeIndex(FISCAL.period_end)
    check_consecutive(ends)
    with pytest.raises(ValueError, match="is followed by 2016-01-31"):
        check_consecutive(ends, days=97)
