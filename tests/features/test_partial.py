"""A last period that is not over is held out, scaled or kept with a word, and suspected by its size."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.features.open_periods import whole_shares
from shiftcast.features.panel import panels
from shiftcast.features.reading import Reading, as_of_moment
from shiftcast.features.shares import check_share_rows

MONTHS = [*pd.date_range("2024-01-31", "2024-05-31", freq="ME").strftime("%Y-%m-%d")]


def read(dates, values=None, columns=None, *, drivers=(), **reading):
    values = np.arange(1.0, len(dates) + 1) + 99 if values is None else values
    rows = pd.DataFrame({"series": "a", "period_end": list(dates), "value": values, **(columns or {})})
    (panel,), treated = panels(rows, drivers=drivers, reading=Reading(**reading))
    return panel, treated


def first_ahead(panel):
    return str(panel.ends(1)[0, 0].astype("datetime64[D]"))


@pytest.mark.parametrize(
    ("dates", "as_of", "ahead"),
    [
        (MONTHS, "2024-05-31", "2024-06-30"),
        (MONTHS, "2024-05-30", "2024-05-31"),
        (MONTHS, "2024-03-15", "2024-03-31"),
        (pd.date_range("2024-01-01", periods=6, freq="MS"), "2024-06-12", "2024-06-01"),
        (pd.date_range("2024-01-01", periods=6, freq="MS"), "2024-06-30", "2024-07-01"),
        (pd.date_range("2024-01-07", periods=6, freq="W-SUN"), "2024-02-08", "2024-02-11"),
        (pd.date_range("2024-01-01", periods=6, freq="W-MON"), "2024-02-08", "2024-02-05"),
        (pd.date_range("2024-01-01", periods=6, freq="D"), "2024-01-06T18:00", "2024-01-06"),
        (pd.date_range("2024-01-01", periods=6, freq="D"), "2024-01-06", "2024-01-07"),
        (pd.bdate_range("2024-01-01", periods=7), "2024-01-09T18:00", "2024-01-09"),
        (pd.date_range("2023-03-31", periods=6, freq="QE"), "2024-05-01", "2024-06-30"),
        (pd.date_range("2024-01-01", "2024-09-30", freq="BMS"), "2024-09-12", "2024-09-02"),
        (pd.date_range("2024-01-01", "2024-03-10", freq="SMS"), "2024-03-10", "2024-03-01"),
        (["2024-01-15", "2024-01-31", "2024-02-15", "2024-02-29"], "2024-02-28", "2024-02-29"),
    ],
)
def test_what_was_not_over_by_the_day_is_held_out_and_forecast(dates, as_of, ahead):
    panel, treated = read(pd.Index(dates).astype(str), as_of=as_of_moment(as_of))
    assert first_ahead(panel) == ahead
    assert treated.counts.get("held_out", 0) == len(dates) - panel.values.shape[1]


def test_hours_are_over_at_their_date():
    hours = pd.date_range("2024-01-01", periods=6, freq="h")
    assert read(hours, as_of=pd.Timestamp("2024-01-01T05:00"))[0].values.shape == (1, 6)
    assert read(hours, as_of=pd.Timestamp("2024-01-01T04:59"))[0].values.shape == (1, 5)


@pytest.mark.parametrize(
    ("before", "last", "called"),
    [
        (MONTHS, "2024-06-12", "2024-06-30"),
        (MONTHS, "2024-06-03", "2024-06-30"),
        (pd.date_range("2024-01-01", periods=6, freq="MS").astype(str), "2024-07-12", "2024-07-01"),
        (pd.date_range("2024-01-07", periods=6, freq="W-SUN").astype(str), "2024-02-15", "2024-02-18"),
        (pd.date_range("2023-03-31", periods=6, freq="QE").astype(str), "2024-08-15", "2024-09-30"),
        ([f"2024-{m:02}-28" for m in range(1, 7)], "2024-07-14", "2024-07-28"),
    ],
)
def test_a_last_date_inside_a_period_is_one_of_a_part(before, last, called):
    dates = [*before, last]
    panel, treated = read(dates)
    assert panel.values.shape == (1, len(before))
    assert first_ahead(panel) == called
    assert treated.counts["held_out"] == 1
    assert "not over: held out, so that the forecast begins with that period (first: 'a')" in " ".join(treated.lines())


def test_a_part_can_be_scaled_or_kept():
    dates, values = [*MONTHS, "2024-06-12"], [100.0, 100.0, 100.0, 100.0, 100.0, 40.0]
    scaled, treated = read(dates, values, partial="scale")
    assert scaled.values[0, -1] == pytest.approx(100.0)
    assert (first_ahead(scaled), treated.counts["scaled"]) == ("2024-07-31", 1)
    kept, treated = read(dates, values, partial="keep")
    assert kept.values[0, -1] == 40.0
    assert (first_ahead(kept), treated.counts["kept"]) == ("2024-07-31", 1)
    half, _ = read([*MONTHS, "2024-06-30"], values, partial="scale", as_of=as_of_moment("2024-06-15"))
    assert half.values[0, -1] == pytest.approx(80.0)
    ahead, _ = read([*MONTHS, "2024-06-30"], values, partial="scale", as_of=as_of_moment("2024-04-15"))
    assert ahead.values[0].tolist() == [100.0, 100.0, 100.0, 200.0]


def test_dates_that_follow_no_calendar_or_skip_a_period_are_no_parts():
    for dates in (["2024-01-31", "2024-02-27", "2024-03-31", "2024-04-30", "2024-05-31", "2024-06-20"],
                  [*MONTHS, "2024-07-20"]):  # fmt: skip
        assert "held_out" not in read(dates)[1].counts


@pytest.mark.parametrize(
    ("values", "suspected"),
    [
        ([100, 104, 97, 102, 99, 103, 98, 20], True),
        ([100, 104, 97, 102, 99, 103, 98, 80], False),
        ([100, 104, 97, 102, 99, 21, 98, 20], False),
        ([0, 3, 0, 0, 9, 0, 2, 0], False),
        ([128, 64, 32, 16, 8, 4, 2, 1], False),
        ([100, 20], False),
    ],
)
def test_a_last_value_far_below_all_before_is_said_and_taken_as_whole(values, suspected):
    panel, treated = read(pd.date_range("2024-01-31", periods=len(values), freq="ME"), np.array(values, dtype=float))
    assert panel.values[0].tolist() == values
    assert treated.counts.get("fallen", 0) == suspected
    assert any("--as-of" in line for line in treated.lines()) == suspected


def test_a_low_season_is_no_part_of_a_period():
    values = np.tile([100.0, 110, 120, 130, 120, 20], 4)
    assert "fallen" not in read(pd.date_range("2022-02-28", periods=24, freq="2ME"), values)[1].counts


@given(st.floats(1e-6, 1e6), st.lists(st.floats(1, 100), min_size=6, max_size=20))
def test_the_unit_does_not_matter_to_suspicion(unit, values):
    dates = pd.date_range("2022-01-31", periods=len(values), freq="ME")
    one, other = (read(dates, scale * np.array(values))[1].counts.get("fallen", 0) for scale in (1.0, unit))
    assert one == other


def test_a_driver_of_a_period_held_out_is_not_known_ahead():
    price = {"price": [1.0, 2, 3, 4, 5]}
    panel, _ = read(MONTHS, columns=price, drivers=("price",), as_of=as_of_moment("2024-04-30"))
    assert panel.known == ()
    known = {"price": [1.0, 2, 3, 4, 5, 6]}
    dates, values = [*MONTHS, "2024-06-30"], [1.0, 2, 3, 4, 5, np.nan]
    panel, _ = read(dates, values, columns=known, drivers=("price",), as_of=as_of_moment("2024-04-30"))
    assert panel.known == ("price",)


def shares(dates):
    rows = [{"series": "s", "period_end": day, "category": name, "value": 1.0} for day in dates for name in "ab"]
    return check_share_rows(pd.DataFrame(rows))


def test_shares_of_a_part_are_held_out_or_kept_and_never_scaled():
    dates = [*MONTHS, "2024-06-12"]
    held, treated = whole_shares(shares(dates), Reading())
    assert held.period_end.dt.strftime("%Y-%m-%d").unique().tolist() == MONTHS
    assert treated.counts == {"held_out": 1}
    for partial in ("scale", "keep"):
        kept, treated = whole_shares(shares(dates), Reading(partial=partial))
        assert kept.period_end.dt.strftime("%Y-%m-%d").unique().tolist() == [*MONTHS, "2024-06-30"]
        assert treated.counts == {"kept": 1}
    known, treated = whole_shares(shares(MONTHS), Reading(as_of=as_of_moment("2024-05-12")))
    assert known.period_end.max() == pd.Timestamp("2024-04-30", tz="UTC")
    assert treated.counts == {"held_out": 1}
    assert not whole_shares(shares(MONTHS), Reading(as_of=as_of_moment("2024-05-31")))[1].counts


def test_shares_of_which_no_period_is_over_are_refused():
    with pytest.raises(ValueError, match="series 's': no period is over by 2023-01-02 00:00:00; give a later --as-of"):
        whole_shares(shares(MONTHS), Reading(as_of=as_of_moment("2023-01-01")))
    rows = [{"series": "s", "period_end": day, "category": "a", "value": day == MONTHS[-1]} for day in MONTHS]
    with pytest.raises(ValueError, match="series 's': no period is over by 2024-05-02 00:00:00"):
        whole_shares(
            check_share_rows(pd.DataFrame(rows).astype({"value": float})), Reading(as_of=as_of_moment("2024-05-01"))
        )


def test_options_that_cannot_be_are_named():
    with pytest.raises(ValueError, match="--as-of 'June' is no day or time such as 2026-03-16"):
        as_of_moment("June")
    with pytest.raises(ValueError, match="--partial 'drop' is none of hold, scale, keep"):
        Reading(partial="drop")
    assert as_of_moment(None) is None
