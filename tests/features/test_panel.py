"""Volume histories become panels: what is refused names series and row, what is treated is counted."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shiftcast.features.instants import Clock
from shiftcast.features.panel import panels
from shiftcast.features.reading import Reading
from shiftcast.features.volumes import TREATMENTS, Treatments, check_volume_rows


def rows(values, *, dates=None, freq="ME", start="2025-01-31", series="s", **more):
    """Return the rows of one series."""
    dates = pd.date_range(start, periods=len(values), freq=freq) if dates is None else dates
    return pd.DataFrame({"series": series, "period_end": dates, "value": values, **more})


def only(frame, **given):
    """Return the one panel of a frame, and its treatments."""
    (panel,), treated = panels(frame.reset_index(drop=True), **given)
    return panel, treated


def test_series_are_aligned_at_their_last_value():
    panel, _ = only(pd.concat([rows([1, 2, 3]), rows([7, 8], series="b", group="g")]))
    assert panel.series.tolist() == ["s", "b"]
    assert panel.group.tolist() == ["all", "g"]
    np.testing.assert_array_equal(panel.values, [[1, 2, 3], [np.nan, 7, 8]])
    assert panel.start.tolist() == [0, 1]
    assert panel.last.astype("datetime64[D]").astype(str).tolist() == ["2025-03-31", "2025-02-28"]
    assert panel.ends(1).astype("datetime64[D]").astype(str).tolist() == [["2025-04-30"], ["2025-03-31"]]
    assert panel.times()[0].astype("datetime64[D]").astype(str).tolist() == ["2025-01-31", "2025-02-28", "2025-03-31"]
    assert panel.seasons == (12,)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("value", -1.0, r"series 's', row 3: value is -1; a volume cannot be negative"),
        ("value", np.inf, r"series 's', row 3: value is inf; give a finite number"),
        ("value", "much", r"series 's', row 3: value is 'much'; give a finite number"),
        ("price", "dear", r"series 's', row 3: price is 'dear'; give a finite number"),
        ("capacity", 0.0, r"series 's', row 3: capacity is 0; give what can be served"),
        ("period_end", "soon", r"series 's', row 3: period_end is 'soon'; write dates as 2027-12-31"),
        ("period_end", None, r"series 's', row 3: period_end is None|nan|NaT"),
        ("series", None, r"row 3: series is empty"),
        ("group", "h", r"series 's', row 3: also in another group than 'h'"),
        ("period_end", "2025-02-28", r"series 's', row 3: a second value \(3\) for 2025-02-28 00:00; keep one"),
        ("period_end", "2025-03-01", r"row 3: 2025-02-28 00:00:00 and 2025-03-01 00:00:00 fall into one period of ME"),
        ("period_end", "2225-03-01", r"row 1: 2025-01-31 00:00:00 lies \d+ periods of ME from its last value"),
    ],
)  # fmt: skip
def test_bad_row_is_refused_by_series_and_row(column, value, said):
    frame = rows([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], group="g", price=1.0, capacity=9.0).astype(object)
    frame.loc[2, column] = value
    with pytest.raises(ValueError, match=said):
        panels(frame, drivers=("price",))


@pytest.mark.parametrize("word", ["ja", "3 jobs", "-1", "nan "])
def test_a_flag_in_other_words_is_refused_and_never_taken_for_none(word):
    with pytest.raises(ValueError, match=r"row 2: queued is .*; give a count, or one of true, yes, y, t, false"):
        panels(rows([1.0, 2.0, 3.0], queued=["0", word, "1"]))


@pytest.mark.parametrize("column", ["value", "capacity", "price"])
@pytest.mark.parametrize("cells", [pd.to_timedelta(["12:30:00"] * 3), pd.date_range("2025-01-01", periods=3)])
def test_durations_and_times_are_no_amounts(column, cells):
    frame = rows([1.0, 2.0, 3.0], price=1.0, capacity=9.0)
    frame[column] = cells
    with pytest.raises(ValueError, match=f"series 's', row 1: {column} is .*; a time or duration is no number: write"):
        panels(frame, drivers=("price",))


@pytest.mark.parametrize(
    ("frame", "given", "said"),
    [
        (rows([1.0]).drop(columns="value"), {}, "column 'value' is missing"),
        (rows([1.0]), {"drivers": ("price",)}, "column 'price' is missing"),
        (rows([1.0, 2.0]), {"drivers": ("value",)}, "driver 'value' is a column with a meaning of its own"),
        (rows([1.0])[:0], {}, "the history has no rows"),
        (rows([1.0]), {}, "every series has one date, which leaves the frequency open; name it"),
        (rows([np.nan, np.nan]), {}, "no row has a value; give at least one"),
        (rows([1.0, 2.0]), {"reading": Reading(frequency="2B")}, "frequency '2B' has no even step"),
    ],
)
def test_bad_frame_is_refused(frame, given, said):
    with pytest.raises(ValueError, match=said):
        panels(frame, **given)


def test_rows_are_numbered_by_the_index():
    with pytest.raises(ValueError, match="row 6: value is -1"):
        panels(rows([-1.0]).set_axis([5]))
    with pytest.raises(ValueError, match="row 1: value is -1"):
        panels(rows([-1.0]).set_axis(["x"]))


def test_a_copied_row_is_kept_once_and_counted():
    panel, treated = only(pd.concat([rows([1.0, 2.0, 3.0]), rows([1.0])]))
    assert panel.values.tolist() == [[1, 2, 3]]
    assert treated.counts["repeated"] == 1


def test_gaps_and_empty_values_stay_unknown_and_are_counted():
    frame = rows([1.0, np.nan, 3.0, 4.0, 5.0]).drop(index=3)
    panel, treated = only(frame)
    np.testing.assert_array_equal(panel.values, [[1, np.nan, 3, np.nan, 5]])
    assert (treated.counts["empty"], treated.counts["gaps"]) == (1, 2)


def test_dull_series_are_counted_with_the_first_named():
    frame = pd.concat(
        [rows([0, 0, 0]), rows([4, 4, 4], series="b"), rows([4, 5, 4], series="c"), rows([4], series="d")]
    )
    panel, treated = only(frame, horizon=2)
    assert {name: treated.counts[name] for name in ("zero", "constant", "single", "short")} == {
        "zero": 1, "constant": 1, "single": 1, "short": 1,
    }  # fmt: skip
    assert treated.first["short"] == "d"
    assert panel.values[panel.series.tolist().index("d")].tolist()[-1] == 4
    assert any(line.startswith("1 series of zeros (first: 's')") for line in treated.lines())


def test_a_single_observation_takes_the_frequency_of_its_group():
    frame = pd.concat(
        [
            rows([1, 2, 3], series="a", group="days", freq="D"),
            rows([1], series="b", group="days"),
            rows([1, 2, 3], series="c", group="months"),
            rows([1, 2, 3], series="d", group="months"),
            rows([1], series="e", group="alone"),
        ]
    )
    made, _ = panels(frame.reset_index(drop=True))
    assert {panel.frequency: panel.series.tolist() for panel in made} == {"D": ["a", "b"], "ME": ["e", "c", "d"]}


def test_a_series_without_history_stands_beside_its_group():
    cold = rows([np.nan, np.nan], series="new", start="2025-04-30", group="g", price=[7.0, 8.0])
    panel, treated = only(pd.concat([rows([1.0, 2.0, 3.0], group="g", price=1.0), cold]), horizon=2, drivers=("price",))
    assert treated.counts["without_history"] == 1
    at = panel.series.tolist().index("new")
    assert np.isnan(panel.values[at]).all()
    assert panel.last[at] == panel.last[1 - at]
    assert panel.drivers["price"][at, -2:].tolist() == [7.0, 8.0]
    assert panel.start[at] == panel.values.shape[1]


@pytest.mark.parametrize(
    ("columns", "lower"),
    [
        ({"capacity": [5.0, 2.0, np.nan]}, [False, True, False]),
        ({"queued": [0, 3, 0]}, [False, True, False]),
        ({"censored": [True, False, True]}, [True, False, True]),
        ({"refused": ["no", "yes", None]}, [False, True, False]),
        ({"refused": [" Y", "False", ""], "queued": ["n", "t", "0"]}, [True, True, False]),
    ],
)
def test_served_volume_at_capacity_or_flagged_is_a_lower_bound(columns, lower):
    panel, treated = only(rows([1.0, 2.0, 3.0], **columns))
    assert panel.lower.tolist() == [lower]
    assert treated.counts["censored"] == sum(lower)


def test_drivers_known_ahead_outlive_a_cut_and_others_do_not():
    frame = rows([1.0, 2.0, 3.0, np.nan], price=[9.0, 8.0, 7.0, 6.0], users=[1.0, 2.0, 3.0, np.nan])
    panel, _ = only(frame, horizon=2, drivers=("price", "users"))
    assert panel.known == ("price",)
    assert panel.horizon == 2
    cut = panel.cut(1)
    np.testing.assert_array_equal(cut.drivers["price"], [[9, 8, 7, 6]])
    np.testing.assert_array_equal(cut.drivers["users"], [[1, 2, np.nan, np.nan]])
    assert panel.drivers["users"][0, 2] == 3.0
    assert panel.take(np.array([True])).drivers["price"].shape == (1, 5)


@pytest.mark.parametrize("steps", [-1, 3])
def test_a_cut_that_does_not_fit_is_refused(steps):
    with pytest.raises(ValueError, match=f"a cut of {steps} periods does not fit 3 columns"):
        only(rows([1.0, 2.0, 3.0]))[0].cut(steps)


def test_local_days_of_23_and_25_hours_are_whole_ones():
    days = pd.date_range("2024-10-25", periods=5, freq="D", tz="Europe/Berlin")
    for dates, how, count in ((days, "local", 5), (days.tz_convert(None), "shifted", 1)):
        panel, treated = only(rows([1.0, 2.0, 3.0, 4.0, 5.0], dates=dates))
        assert panel.frequency == "D"
        assert panel.values.tolist() == [[1, 2, 3, 4, 5]]
        assert treated.counts[how] == count


def test_a_local_hour_that_came_twice_is_refused_without_its_zone():
    frame = rows([1.0, 2.0, 3.0], dates=["2024-10-27 01:00", "2024-10-27 02:00", "2024-10-27 02:00"])
    with pytest.raises(ValueError, match=r"a second value .* if clocks went back in that hour, name the zone"):
        panels(frame)
    panel, treated = only(frame, reading=Reading(Clock("Europe/Berlin")))
    assert panel.values.tolist() == [[1, 2, 3]]
    assert treated.counts["clock_change"] == 1


def test_a_frequency_can_be_forced():
    panel, _ = only(
        rows([1.0, 2.0, 3.0], freq="D", dates=["2025-01-01", "2025-01-03", "2025-01-05"]),
        reading=Reading(frequency="D"),
    )
    np.testing.assert_array_equal(panel.values, [[1, np.nan, 2, np.nan, 3]])


def test_treatments_add_up_in_their_documented_order():
    both = Treatments({"zero": 1}, {"zero": "b"}) + Treatments({"gaps": 2, "zero": 1}, {"zero": "a"})
    assert both.counts == {"gaps": 2, "zero": 2}
    assert both.first == {"zero": "b"}
    assert set(both.counts) <= set(TREATMENTS)


@settings(max_examples=25)
@given(st.randoms(use_true_random=False), st.integers(1, 5), st.sampled_from(["h", "D", "W-TUE", "MS", "QE"]))
def test_row_order_is_irrelevant_and_a_later_row_changes_nothing_before(random, later, freq):
    whole = pd.concat([rows(list(range(1, 14)), freq=freq), rows(list(range(5, 16)), series="b", freq=freq)])
    whole = whole.reset_index(drop=True)
    mixed = whole.iloc[random.sample(range(len(whole)), len(whole))]
    panel, _ = only(whole)
    np.testing.assert_array_equal(only(mixed)[0].values, panel.values)
    kept = whole[whole.groupby("series").cumcount(ascending=False) >= later]
    before, cut = only(kept)[0], panel.cut(later)
    np.testing.assert_array_equal(cut.values[:, -before.values.shape[1] :], before.values)
    assert (cut.last == before.last).all()


def test_the_callers_frame_is_left_as_it_is():
    frame = rows([3.0, 1.0], dates=["2025-02-28", "2025-01-31"])
    before = frame.copy()
    check_volume_rows(frame)
    pd.testing.assert_frame_equal(frame, before)
