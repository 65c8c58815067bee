from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from shiftcast.forecast.fleet.facts import Move
from shiftcast.forecast.fleet.history import read_history
from shiftcast.forecast.fleet.migration import apply_moves, follow_world, ramp
from shiftcast.forecast.fleet.passing import when
from shiftcast.forecast.fleet.wanted import Demand
from shiftcast.forecast.fleet.work import Work, hours_each, measured_work
from shiftcast.forecast.fleet.world import World

NOTHING = pd.DataFrame({"workload": [], "technique": [], "month": [], "each": []})
RATIO = pd.DataFrame({"name": ["ratio.llm"], "low": [0.5], "mid": [1.0], "high": [2.0], "shape": ["lognormal"]})


def day(text):
    return pd.Timestamp(text, tz="UTC")


def demand(hours, parts, *, months=12, draws=400):
    frame = pd.DataFrame(parts, columns=["workload", "technique"])
    wide = np.broadcast_to(np.asarray(hours, float), (draws, months, len(frame))).copy()
    first = pd.date_range("2027-01-01", periods=months, freq="MS", tz="UTC")
    past = frame.assign(month=day("2026-12-01"), hours=np.asarray(hours, float))
    return Demand(frame, first, wide, past, pd.DataFrame(), np.zeros(months), until=first[0])


def move(**more):
    known = {"workload": "search", "source": "deep", "target": "llm", "start": day("2027-03-01"),
             "end": day("2027-05-01"), "share": (0.5, 0.5, 0.5), "work": (3.0, 3.0, 3.0)}  # fmt: skip
    return Move(**known | more)


def test_moved_requests_take_their_hours_times_the_ratio_of_work():
    after = apply_moves(demand([100.0, 40.0], [("search", "deep"), ("ads", "deep")]), [move()], Work(NOTHING), seed=1)
    assert after.parts.to_numpy().tolist() == [["search", "deep"], ["ads", "deep"], ["search", "llm"]]
    assert after.hours[0, 0].tolist() == [100.0, 40.0, 0.0]
    assert after.hours[0, 5].round(9).tolist() == [50.0, 40.0, 150.0]
    assert after.hours[0, 2].round(0).tolist() == [87.0, 40.0, 38.0]


def test_a_move_happens_as_often_as_said_and_its_share_has_the_quantiles_given():
    uncertain = move(share=(0.2, 0.5, 0.9), probability=0.5)
    after = apply_moves(demand([100.0], [("search", "deep")], draws=8000), [uncertain], Work(NOTHING), seed=1)
    left = after.hours[:, -1, 0]
    assert (left == 100.0).mean() == 0.5
    assert np.quantile(left[left < 100.0], [0.1, 0.5, 0.9]) == pytest.approx([10, 50, 80], rel=0.1)


def test_of_a_move_under_way_only_the_rest_is_to_come():
    half_done = move(start=day("2026-12-01"), end=day("2027-02-01"), share=(0.4, 0.4, 0.4))
    after = apply_moves(demand([100.0], [("search", "deep")]), [half_done], Work(NOTHING), seed=1)
    assert after.hours[0, -1, 0] == pytest.approx(100 * 0.6 / 0.8)
    done = move(start=day("2026-10-01"), end=day("2026-12-01"))
    after = apply_moves(demand([100.0], [("search", "deep")]), [done], Work(NOTHING), seed=1)
    assert (after.hours[..., 0] == 100.0).all()


def test_a_ramp_is_straight_and_stays():
    months = pd.date_range("2027-01-01", periods=4, freq="MS", tz="UTC")
    done = ramp(months, day("2027-02-01"), day("2027-03-01"), None)
    assert done.round(2).tolist() == [0.0, 0.5, 1.0, 1.0]
    assert ramp(months, day("2027-02-01"), day("2027-02-01"), None)[1] > 0.95


def test_work_is_given_else_measured_else_assumed(usage):
    parts = {("search", "deep"): np.full(3, 100.0), ("search", "llm"): np.full(3, 60.0)}
    asked = {("search", "deep"): np.full(3, 50.0), ("search", "llm"): np.full(3, 10.0)}
    rows = pd.concat([usage(parts, grain="month"),
                      usage(asked, grain="month", measure="requests", unit="request")])  # fmt: skip
    own = Work(measured_work(read_history(rows)), RATIO)
    assert own.ratio(move(work=None), 10, 1) == pytest.approx(np.full(10, 3.0))
    assert own.said(move(work=None)) == "measured in 3 months of the fleet's own usage"
    none = Work(NOTHING, RATIO)
    assert np.median(none.ratio(move(work=None), 4001, 1)) == pytest.approx(1.0, rel=0.05)
    assert none.said(move(work=None)) == "assumed (ratio.llm)"
    assert own.said(move()) == "given"
    with pytest.raises(ValueError, match="search/deep to llm: neither usage nor the record tells it"):
        Work(NOTHING).ratio(move(work=None), 10, 1)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (move(source="lexical"), "no hours of technique 'lexical' \\(usage has deep\\)"),
        (move(end=day("2027-01-01")), "it ends 2027-01-01, before it starts 2027-03-01"),
        (move(share=(0.1, 0.2, 1.2)), "from nought to one"),
    ],
)
def test_a_move_that_makes_no_sense_is_refused(wrong, told):
    with pytest.raises(ValueError, match=told):
        apply_moves(demand([100.0], [("search", "deep")]), [wrong], Work(NOTHING), seed=1)


def world(now, later):
    """Return a world in which llm takes over search from one share to another by the end of 2027."""
    ends = pd.DatetimeIndex([day("2026-12-31"), day("2027-03-31"), day("2027-12-31")])
    share = np.array([now, now, later])
    return World("enterprise", ends, np.ones((50, 3)), migration=ends, techniques={"search": ("deep", "llm")},
                 shares={"search": np.tile(np.stack([1 - share, share], axis=1), (50, 1, 1))})  # fmt: skip


def test_the_world_moves_a_fleet_that_has_one_technique_by_the_chance_of_those_that_have_not_moved():
    own = demand([100.0], [("search", "deep")])
    after = follow_world(own, world(0.2, 0.6), Work(NOTHING, RATIO), ["search"], seed=1)
    gone = 1 - after.hours[:, -1, 0] / 100.0
    assert (gone > 0.3).all() and (gone <= (0.6 - 0.2) / 0.8 + 1e-9).all()  # noqa: PT018  (one range)
    assert after.parts["technique"].tolist() == ["deep", "llm"]
    still = follow_world(own, world(0.2, 0.2), Work(NOTHING, RATIO), ["search"], seed=1)
    assert (still.hours == own.hours).all()


def test_when_gives_odds_by_month_and_says_the_date_first():
    moved = apply_moves(
        demand([100.0], [("search", "deep")], draws=1000),
        [move(share=(0.6, 0.6, 0.6), work=(1.0, 1.0, 1.0), probability=0.75)], Work(NOTHING), seed=1,
    )  # fmt: skip
    answer = when(moved, "llm", of="search")
    passed = answer.table.set_index("month")["passed"]
    assert passed[day("2027-03-01")] == 0.0
    assert passed[day("2027-12-01")] == 0.75
    assert answer.says.startswith("2027-05 (8 in 10: 2027-05 to after 2027-12): llm over 50% of search GPU-hours.")
    assert "Odds: 0 % already, 75 % by the end of 2027, 25 % not by then." in answer.says


def test_what_held_before_counts_as_already():
    answer = when(demand([10.0, 90.0], [("search", "deep"), ("search", "llm")]), "llm", of="search")
    assert answer.says.startswith("Before 2027-01 (8 in 10: before 2027-01 to before 2027-01): llm over 50%")
    assert "100 % already" in answer.says


def test_on_requests_a_technique_that_takes_more_hours_has_the_smaller_share(usage):
    rows = [("search", "deep"), ("search", "llm"), ("ads", "llm"), ("ads", "deep"), ("x", "a"), ("x", "b")]
    parts = pd.DataFrame(rows, columns=["workload", "technique"])
    given = move(work=(4.0, 4.0, 4.0))
    each = hours_each(parts, Work(NOTHING, RATIO), [given], draws=2001, seed=1)
    assert each[0, :2].tolist() == [1.0, 4.0]
    assert np.median(each[:, 3]) == pytest.approx(1.0, rel=0.05)
    assert np.isnan(each[:, 5]).all()
    made = replace(demand([60.0, 40.0], [("search", "deep"), ("search", "llm")], draws=2001), each=each[:, :2])
    assert when(made, "llm", of="search", base="requests").table["share_median"].iloc[0] == pytest.approx(10 / 70)
    assert when(made, "llm", of="search").table["share_median"].iloc[0] == pytest.approx(0.4)
    unknown = replace(made, each=np.full((2001, 2), np.nan))
    with pytest.raises(ValueError, match="what a request takes is not known"):
        when(unknown, "llm", of="search", base="requests")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"technique": "bert", "of": "search"}, "technique 'bert' of 'search' has no hours; choose of deep"),
        ({"technique": "deep", "of": "ads"}, "workload 'ads' has no hours; choose of search"),
        ({"technique": "deep", "of": "search", "base": "work"}, "base 'work' is not known; choose gpu_hours or"),
        ({"technique": "deep", "of": "search", "base": "requests"}, "what a request takes is not known"),
        ({"technique": "deep", "of": "search", "above": 2.0}, "above is 2.0; it must lie between 0 and 1"),
    ],
)
def test_a_question_about_what_is_not_there_is_refused(asked, told):
    with pytest.raises(ValueError, match=told):
        when(demand([100.0], [("search", "deep")]), **asked)


def test_a_share_of_what_nobody_labelled_names_the_next_step():
    bare = demand([100.0], [("unlabelled", "unlabelled")])
    with pytest.raises(ValueError, match="has no hours; no hours are labelled yet: `shiftcast label`"):
        when(bare, "llm", of="recsys")
