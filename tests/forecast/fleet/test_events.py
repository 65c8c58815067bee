from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.forecast.fleet.events import add_events, month_part, with_and_without
from shiftcast.forecast.fleet.facts import Event
from shiftcast.forecast.fleet.spreads import happens, three_point
from shiftcast.forecast.fleet.wanted import Demand


def day(text):
    return pd.Timestamp(text, tz="UTC")


def demand(hours, parts, *, months=4, draws=1000):
    """Return demand of known hours a part and month, from 2027-01 on."""
    frame = pd.DataFrame(parts, columns=["workload", "technique"])
    wide = np.broadcast_to(np.asarray(hours, float), (draws, months, len(frame))).copy()
    first = pd.date_range("2027-01-01", periods=months, freq="MS", tz="UTC")
    past = frame.assign(month=day("2026-12-01"), hours=np.asarray(hours, float))
    return Demand(frame, first, wide, past, pd.DataFrame(), np.zeros(months), until=first[0])


SEARCH = [("search", "deep"), ("search", "llm"), ("ads", "deep")]


def test_a_certain_event_adds_its_hours_from_its_day_on_in_the_present_mix():
    event = Event("launch", "search", day("2027-02-15"), (400.0, 400.0, 400.0), end=day("2027-04-01"))
    both = add_events(demand([300.0, 100.0, 50.0], SEARCH), [event], seed=1)
    assert both.total[0].round(9).tolist() == [450.0, 650.0, 850.0, 450.0]
    assert both.hours[0, 2].round(9).tolist() == [600.0, 200.0, 50.0]


def test_the_quantiles_of_an_event_are_those_given_and_it_happens_as_often_as_said():
    event = Event("run", "search", day("2027-01-01"), (100.0, 200.0, 800.0), technique="llm", probability=0.25)
    both = add_events(demand([300.0, 100.0, 50.0], SEARCH, draws=8000), [event], seed=1)
    added = both.hours[:, 1, 1] - 100.0
    assert (added > 0).mean() == 0.25
    assert np.quantile(added[added > 0], [0.1, 0.5, 0.9]) == pytest.approx([100, 200, 800], rel=0.1)


def test_hours_taken_away_never_leave_less_than_none():
    event = Event("contract ends", "ads", day("2027-03-01"), (-90.0, -60.0, -40.0))
    both = add_events(demand([300.0, 100.0, 50.0], SEARCH), [event], seed=1)
    assert both.hours.min() == 0.0
    assert np.median(both.hours[:, 3, 2]) == 0.0
    assert (both.hours[:, :2] == [300.0, 100.0, 50.0]).all()


def test_of_an_event_that_is_in_the_usage_already_only_the_end_changes_anything():
    event = Event("run", "search", day("2026-06-01"), (40.0, 40.0, 40.0), end=day("2027-03-01"))
    without = demand([300.0, 100.0, 50.0], SEARCH)
    assert add_events(without, [event], seed=1).total[0].round(9).tolist() == [450.0, 450.0, 410.0, 410.0]
    stays = Event("moved in", "search", day("2026-06-01"), (40.0, 40.0, 40.0))
    assert (add_events(without, [stays], seed=1).hours == without.hours).all()


def test_a_new_workload_gets_a_part():
    event = Event("launch", "vision", day("2027-01-01"), (10.0, 10.0, 10.0), technique="deep")
    both = add_events(demand([300.0, 100.0, 50.0], SEARCH), [event], seed=1)
    assert both.parts.iloc[-1].tolist() == ["vision", "deep"]
    assert (both.hours[:, :, 3].round(9) == 10.0).all()
    assert set(both.quantiles["workload"]) == {"all", "search", "ads", "vision"}


def test_the_difference_with_and_without_is_paired():
    without = demand([300.0, 100.0, 50.0], SEARCH)
    wide = np.random.default_rng(1).lognormal(0, 1, (1000, 4, 1))
    without = Demand(without.parts, without.months, without.hours * wide, without.past, without.quantiles,
                     without.borrowed, until=without.until)  # fmt: skip
    event = Event("launch", "ads", day("2027-03-01"), (8.0, 10.0, 12.0))
    answer = with_and_without(without, [event], seed=1)
    assert answer.table["difference_median"].round(1).tolist() == [0.0, 0.0, 10.0, 10.0]
    assert answer.table["difference_high80"].iloc[2] - answer.table["difference_low80"].iloc[2] < 5
    assert answer.says.startswith("+20 accelerator-hours (80%: +16 to +24) from 2027-01 to 2027-04 by launch")
    assert answer.assumed["evidence"].tolist() == ["given"]


def test_parts_of_months_are_by_the_day():
    months = pd.date_range("2027-01-01", periods=3, freq="MS", tz="UTC")
    assert month_part(months, day("2027-01-11"), day("2027-02-08")).tolist() == [21 / 31, 7 / 28, 0.0]


@given(st.floats(0, 1), st.integers(1, 500))
def test_something_happens_in_as_many_draws_as_its_probability_says(probability, draws):
    found = happens(probability, name="x", draws=draws, seed=3)
    assert found.sum() == round(probability * draws)


@pytest.mark.parametrize(
    ("points", "scale"), [((1.0, 3.0, 4.0), "plain"), ((1.0, 3.0, 30.0), "log"), ((0.1, 0.6, 0.8), "share")]
)
def test_draws_pass_through_three_points(points, scale):
    drawn = three_point(points, scale=scale, name="x", draws=20000, seed=1)
    assert np.quantile(drawn, [0.1, 0.5, 0.9]) == pytest.approx(points, rel=0.01)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: three_point((2.0, 1.0, 3.0), scale="plain", name="x", draws=5, seed=1), "must rise; correct"),
        (lambda: three_point((0.0, 1.0, 3.0), scale="log", name="x", draws=5, seed=1), "must rise above nought"),
        (lambda: three_point((0.1, 0.5, 1.5), scale="share", name="x", draws=5, seed=1), "from nought to one"),
        (lambda: happens(1.5, name="event 'a'", draws=5, seed=1), "event 'a': probability 1.5 must lie"),
        (lambda: add_events(demand([1.0], SEARCH[:1]),
                            [Event("a", "search", day("2027-02-01"), (1, 1, 1), end=day("2027-01-01"))], seed=1),
         "event 'a': it ends 2027-01-01, before it starts 2027-02-01"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(call, told):
    with pytest.raises(ValueError, match=told):
        call()
