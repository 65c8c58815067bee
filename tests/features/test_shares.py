"""What is refused names series and row; what is treated is treated as documented."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.features.instants import Clock
from shiftcast.features.share_grid import future_ends, share_panels
from shiftcast.features.shares import check_share_rows, uneven_sums
from shiftcast.features.volumes import check_volume_rows


def rows(values, *, dates=None, series="s", group="g", names="abcdefgh"):
    """Return long rows of one series from a list of period rows."""
    dates = dates or [f"{2000 + t}-12-31" for t in range(len(values))]
    return pd.DataFrame(
        [
            {"series": series, "group": group, "period_end": day, "category": names[k], "value": value}
            for day, period in zip(dates, values, strict=True)
            for k, value in enumerate(period)
        ]
    )


def panel(frame, frequency=None):
    """Return the only panel of a frame."""
    (only,) = share_panels(check_share_rows(frame), frequency)
    return only


GOOD = rows([[1.0, 3.0], [2.0, 2.0], [3.0, 1.0]])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"value": -0.1}, r"series 's', row 3: value is -0\.1; a share, count or level cannot be negative"),
        ({"value": np.inf}, r"series 's', row 3: value is inf; give a finite number"),
        ({"value": "much"}, r"series 's', row 3: value is nan; give a finite number"),
        ({"period_end": "soon"}, r"series 's', row 3: period_end is 'soon'; write dates as 2027-12-31"),
        ({"category": None}, r"row 3: category is empty"),
        ({"series": None}, r"row 3: series is empty"),
        ({"category": "b"}, r"series 's', row 4: a second value for 'b' on 2001-12-31; keep one"),
        ({"group": "h"}, r"series 's', row 3: also in another group than 'h'"),
    ],
)
def test_bad_row_is_refused_by_series_and_row(change, said):
    frame = GOOD.astype(object)
    for column, value in change.items():
        frame.loc[2, column] = value
    with pytest.raises(ValueError, match=said):
        check_share_rows(frame)


@pytest.mark.parametrize("column", ["value", "n"])
def test_durations_are_no_amounts(column):
    with pytest.raises(ValueError, match=f"series 's', row 1: {column} is .*; a time or duration is no number: write"):
        check_share_rows(GOOD.assign(**{column: pd.to_timedelta(["12:30:00"] * len(GOOD))}))


def test_missing_column_is_named():
    with pytest.raises(ValueError, match="column 'category' is missing"):
        check_share_rows(GOOD.drop(columns="category"))


def test_empty_history_is_refused():
    with pytest.raises(ValueError, match="no rows"):
        check_share_rows(GOOD.iloc[:0])


def test_sample_size_must_be_positive():
    with pytest.raises(ValueError, match=r"series 's', row 1: n is 0; a sample size is a positive count"):
        check_share_rows(GOOD.assign(n=[0, 1, 1, 1, 1, 1]))


def test_a_million_categories_are_refused():
    many = pd.DataFrame({"series": "s", "period_end": "2020-12-31", "category": np.arange(10**6), "value": 1.0})
    with pytest.raises(ValueError, match="series 's', row 1: 1000000 categories, at most 200; keep the largest"):
        check_share_rows(many)


def test_two_frequencies_in_one_series_are_refused():
    dates = ["2020-01-31", "2020-02-29", "2020-03-31", "2020-04-30", "2020-05-05"]
    dates += ["2020-12-31", "2021-12-31", "2022-12-31", "2023-12-31"]
    with pytest.raises(ValueError, match=r"series 's': 2020-04-30 and 2020-05-05 fall into one period of 30 days"):
        panel(rows([[1.0, 1.0]] * 9, dates=sorted(dates)))


def test_a_series_without_a_group_is_in_that_of_all_as_a_file_is_read_too():
    frame = pd.concat([GOOD, GOOD.assign(series="u", group=None)], ignore_index=True)
    for each in (frame, frame.astype({"group": "category"})):
        groups = check_share_rows(each).groupby("series")["group"].unique()
        assert [list(names) for names in groups] == [["g"], ["all"]]


def test_last_period_of_zeros_is_refused():
    with pytest.raises(ValueError, match=r"series 's', row 5: every value of the last period is 0; drop"):
        check_share_rows(rows([[1.0, 1.0], [1.0, 1.0], [0.0, 0.0]]))


def test_inner_period_of_zeros_is_a_missing_period():
    found = panel(rows([[1.0, 3.0], [0.0, 0.0], [3.0, 1.0], [3.0, 1.0]]))
    assert found.shares[0] == pytest.approx(np.array([[0.25, 0.75], [0.5, 0.5], [0.75, 0.25], [0.75, 0.25]]))


def test_periods_of_zeros_tell_the_step_of_a_series_with_one_other():
    dates = ["2025-01-31", "2025-02-28", "2025-03-31"]
    found = panel(rows([[0.0, 0.0], [0.0, 0.0], [3.0, 1.0]], dates=dates))
    assert found.shares[0] == pytest.approx(np.array([[np.nan, np.nan]] * 2 + [[0.75, 0.25]]), nan_ok=True)
    assert future_ends(found, 0, 2).strftime("%Y-%m-%d").tolist() == ["2025-04-30", "2025-05-31"]
    assert future_ends(panel(rows([[3.0, 1.0]], dates=dates[2:]), "ME"), 0, 1) == future_ends(found, 0, 1)


def test_missing_period_lies_on_a_line():
    found = panel(rows([[1.0, 3.0], [3.0, 1.0], [3.0, 1.0]], dates=["2000-12-31", "2002-12-31", "2003-12-31"]))
    assert found.shares[0, :, 0] == pytest.approx([0.25, 0.5, 0.75, 0.75])


def test_long_gaps_among_short_ones_are_missing_periods():
    dates = ["2000-12-31", "2002-12-31", "2004-12-31", "2006-12-31", "2008-12-31", "2009-12-31"]
    assert panel(rows([[1.0, 1.0]] * 6, dates=dates)).shares.shape == (1, 10, 2)


def test_category_without_a_row_had_no_share():
    found = panel(GOOD.drop(index=1))
    assert found.shares[0, 0].tolist() == [1.0, 0.0]


def test_one_period_is_a_history():
    found = panel(rows([[1.0, 3.0]]), "YE")
    assert found.shares.shape == (1, 1, 2)
    assert future_ends(found, 0, 1).strftime("%Y-%m-%d").tolist() == ["2001-12-31"]


def test_one_period_takes_the_step_of_its_group_or_asks_for_it():
    months = [f"2020-{month:02}-28" for month in range(1, 10)]
    both = pd.concat([rows([[1, 2]] * 9, series="m", dates=months), rows([[1, 2]], series="new", dates=["2020-09-28"])])
    found = panel(both)
    assert found.pool.tolist() == [0, 0]
    assert future_ends(found, 1, 1).strftime("%Y-%m-%d").tolist() == ["2020-10-28"]
    with pytest.raises(ValueError, match="series 's' has one date, and none of its group has more, which leaves the"):
        panel(rows([[1.0, 3.0]]))


@pytest.mark.parametrize(
    ("dates", "clock", "ahead"),
    [
        (pd.bdate_range("2024-01-01", "2024-02-01").strftime("%Y-%m-%d"), {}, ["2024-02-02", "2024-02-05"]),
        ([f"{m}-28" for m in pd.period_range("2021-01", "2023-02", freq="M")], {}, ["2023-03-28", "2023-04-28"]),
        ([f"{m.day}/{m:%m/%Y}" for m in pd.date_range("2022-01-01", periods=24, freq="MS")], {"order": "day-first"},
         ["2024-01-01", "2024-02-01"]),
        ([f"{m:%b-%y}" for m in pd.date_range("2022-01-01", periods=24, freq="MS")], {}, ["2024-01-31", "2024-02-29"]),
        ([f"{m.isoformat()}" for m in pd.date_range("2022-01-31", periods=24, freq="ME", tz="Europe/Berlin")], {},
         ["2024-01-31", "2024-02-29"]),
        ((pd.Timestamp("2020-01-26") + pd.to_timedelta(np.cumsum([0, 13, 13, 13, 14, *[13] * 17]) * 7, unit="D"))
         .strftime("%Y-%m-%d"), {}, ["2025-07-27", "2025-10-26"]),
        (["2024-01-15", "2024-01-31", "2024-02-15", "2024-02-29"], {}, ["2024-03-15", "2024-03-31"]),
    ],
    ids=["business days", "the 28th", "dd/mm/yyyy", "mon-yy", "Berlin month ends", "fiscal quarters", "semi-monthly"],
)  # fmt: skip
def test_dates_ahead_are_those_of_the_calendar_followed(dates, clock, ahead):
    checked = check_share_rows(rows([[1.0, 2.0]] * len(dates), dates=list(dates)), Clock(**clock))
    (found,) = share_panels(checked)
    assert found.shares.shape[1] == min(len(dates), 40)
    assert not np.isnan(found.shares).any()
    assert future_ends(found, 0, 2).strftime("%Y-%m-%d").tolist() == ahead


def test_dates_in_either_order_are_refused_with_the_remedy():
    with pytest.raises(ValueError, match="row 1: period_end is '01/02/2022'; has day and month in either order; say"):
        check_share_rows(rows([[1.0, 2.0]], dates=["01/02/2022"]))


def test_levels_and_counts_become_shares():
    assert panel(GOOD.assign(value=GOOD.value * 1e6)).shares == pytest.approx(panel(GOOD).shares)


def test_caller_s_frame_is_left_alone():
    before = GOOD.copy()
    check_share_rows(GOOD)
    pd.testing.assert_frame_equal(GOOD, before)


@given(st.permutations(range(len(GOOD))))
def test_row_order_does_not_matter(order):
    pd.testing.assert_frame_equal(check_share_rows(GOOD.iloc[list(order)]), check_share_rows(GOOD))


def test_groups_of_unlike_shape_get_panels_of_their_own():
    both = pd.concat([rows([[1, 2]] * 5, series="x", group="a"), rows([[1, 2, 3]] * 3, series="y", group="b")])
    shapes = {p.group[0]: p.shares.shape for p in share_panels(check_share_rows(both))}
    assert shapes == {"a": (1, 5, 2), "b": (1, 3, 3)}


def test_frequencies_of_one_group_are_pooled_apart():
    months = [f"2020-{m:02d}-28" for m in range(1, 10)]
    both = pd.concat([rows([[1, 2]] * 9, series="m", dates=months), rows([[1, 2]] * 9, series="y")])
    assert len(set(panel(both).pool)) == 2


@pytest.mark.parametrize(
    ("dates", "ahead"),
    [
        (["2023-01-31", "2023-02-28", "2023-03-31"], ["2023-04-30", "2023-05-31"]),
        (["2022-06-30", "2022-11-30", "2023-06-30", "2023-11-30"], ["2024-06-30", "2024-11-30"]),
        (["2023-03-31", "2023-06-30", "2023-09-30", "2023-12-31"], ["2024-03-31", "2024-06-30"]),
        (["2023-01-01", "2023-01-08", "2023-01-15"], ["2023-01-22", "2023-01-29"]),
        (["2003-01-01", "2013-01-01", "2023-01-01"], ["2033-01-01", "2043-01-01"]),
    ],
)
def test_future_keeps_the_calendar(dates, ahead):
    found = panel(rows([[1.0, 2.0]] * len(dates), dates=dates))
    assert future_ends(found, 0, 2).strftime("%Y-%m-%d").tolist() == ahead


def test_periods_that_do_not_add_up_as_most_do_are_told_and_counts_are_not():
    def uneven(*totals):
        days = pd.date_range("2019-12-31", periods=len(totals), freq="YE")
        rows = pd.DataFrame([
            {"series": "web", "period_end": f"{day:%Y-%m-%d}", "category": name, "value": total * part}
            for day, total in zip(days, totals, strict=True) for name, part in (("a", 0.25), ("b", 0.75))
        ])  # fmt: skip
        return uneven_sums(check_share_rows(rows))

    told = uneven(100, 99.6, 107, 100, 100)
    assert told.counts == {"uneven": 1}
    assert told.lines()[0].endswith("(first: 'web on 2021-12-31')")
    assert uneven(1, 1, 1, 0.43).counts == {"uneven": 1}
    assert uneven(1, 1, 1.004).counts == {}
    assert uneven(5120, 107, 100, 8000).counts == {}
    assert uneven(100, 100, 1, 1).lines()[0].endswith("(first: 'web on 2021-12-31')")
    assert [uneven(*totals).counts for totals in ((100, 100, 1, 1), (1, 1, 100, 100), (100, 1, 1, 107))] == [
        {"uneven": 2}, {"uneven": 2}, {"uneven": 2}]  # fmt: skip


def test_a_figure_that_nothing_amounts_to_is_refused():
    rows = pd.DataFrame({"series": "web", "period_end": "2025-12-31", "category": ["a", "b"], "value": [1e300, 1.0]})
    with pytest.raises(ValueError, match=r"series 'web', row 1: value is 1e\+300; no figure is that large"):
        check_share_rows(rows)
    with pytest.raises(ValueError, match=r"series 'web', row 1: value is 1e\+300; no figure is that large"):
        check_volume_rows(rows.drop(columns="category").head(1))
