"""Each kind of row of the ledger and each figure of an operator, as it is read."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit, ndtri

from shiftcast.features.asof import known_by
from shiftcast.forecast.rollouts.courses import Course, Said, born, moments, read_courses

TECHNIQUES = {"recsys": ("table", "deep", "sequence", "llm")}
FULL = {"event": "full", "share_low": 0.9, "share_mid": 1.0, "share_high": 1.0}
HALF = {"share_low": 0.4, "share_mid": 0.5, "share_high": 0.6}
SPAN = (64.0 + 1 / 93, 66.0)  # the first half of 2016, from the end of its first day


@pytest.fixture
def read(ledger, figures, believed):
    def reader(*moves, about=(), technique="deep"):
        found = read_courses(ledger(*moves), figures(*about), TECHNIQUES, believed)
        return next(each for each in found if each.technique == technique and each.operator == "acme")

    return reader


def test_every_operator_of_a_workload_has_a_course_in_every_newer_class(ledger, figures, believed):
    rows = ledger({}, {"operator": "zeta", "segment": "hyperscale"}, {"operator": "else", "workload": "search"})
    found = read_courses(rows, figures(), TECHNIQUES, believed)
    assert [(each.technique, each.operator) for each in found] == [
        (technique, operator) for technique in ("deep", "sequence", "llm") for operator in ("acme", "zeta")
    ]
    assert [each.start is None for each in found] == [False, False, True, True, True, True]
    assert found[1].name == "zeta|recsys|hyperscale|deep"


def test_a_partial_rollout_is_its_share_with_the_spread_of_its_percentiles(read):
    course = read(HALF)
    assert course.start == pytest.approx(SPAN)
    (surface,) = course.moved
    assert (surface.name, surface.ranks, surface.whole) == ("home", True, False)
    assert surface.start == pytest.approx(SPAN)
    (said,) = surface.said
    assert (said.at, said.share, said.mid, said.bound, said.event) == (66.0, 0.5, 0.0, "=", "partial")
    assert said.sd == pytest.approx((logit(0.6) - logit(0.4)) / (2 * ndtri(0.9)))
    assert course.furthest == surface.said


def test_a_share_is_no_more_exact_than_an_operator_counts(read, believed):
    (said,) = read({**HALF, "share_low": 0.499, "share_high": 0.501}).furthest
    assert said.sd == believed["least_sd"]


def test_a_full_rollout_lies_on_the_logit_scale_where_shares_near_all_do(read):
    (said,) = read(FULL).furthest
    assert (said.share, said.bound) == (1.0, "=")
    assert said.mid == pytest.approx(logit(0.985))


def test_a_test_without_a_share_is_the_share_of_a_test(read):
    (said,) = read({"event": "test"}).furthest
    assert (said.share, said.event, said.bound) == (0.01, "test", "=")
    assert said.mid == pytest.approx(logit(0.01))


def test_a_deployment_without_a_share_is_read_as_most_are(read):
    (said,) = read({"event": "deployed"}).furthest
    assert np.isnan(said.share)
    assert (said.mid, said.sd) == (pytest.approx(logit(0.7)), 1.5)


def test_a_better_network_says_that_networks_served_nearly_all(read):
    course = read({"technique_from": "deep", "event": "full", **HALF})
    (said,) = course.furthest
    assert (said.share, said.bound) == (0.985, ">=")
    assert course.before
    assert course.start == (-np.inf, 66.0)
    assert course.moved[0].start == (-np.inf, 66.0)


def test_a_better_language_model_says_that_there_was_one_and_not_how_far(read):
    course = read({"technique_from": "llm", "technique_to": "llm", **HALF}, technique="llm")
    assert np.isnan(course.furthest[0].share)
    assert course.furthest[0].bound == "="
    assert course.before


def test_a_class_that_is_left_was_there_until_then(read):
    course = read({"technique_from": "deep", "technique_to": "sequence", **HALF})
    assert course.before
    assert course.start == (-np.inf, pytest.approx(SPAN[0]))
    (said,) = course.moved[0].said
    assert (said.at, said.share, said.bound) == (pytest.approx(SPAN[0]), 0.985, ">=")
    assert course.furthest == ()
    newer = read({"technique_from": "deep", "technique_to": "sequence", **HALF}, technique="sequence")
    assert not newer.before
    assert newer.furthest[0].share == 0.5


def test_a_class_spoken_of_as_new_before_it_is_improved_was_not_there_before(read):
    better = {"technique_from": "deep", "period_start": "2018-01-01", "period_end": "2018-12-31"}
    course = read({"event": "test"}, better)
    assert not course.before
    assert course.start == pytest.approx(SPAN)
    assert [each.event for each in course.furthest] == ["test", "partial"]


@pytest.mark.parametrize("serving", ["nearline", "offline", "unstated"])
def test_a_class_that_does_not_compute_at_the_request_is_in_use_and_moves_no_request(read, serving):
    course = read({"serving": serving, **FULL})
    assert course.start == pytest.approx(SPAN)
    assert course.moved == ()
    assert len(course.furthest) == 1


@pytest.mark.parametrize(("stage", "ranks"), [("end_to_end", True), ("retrieval", False), ("re_rank", False)])
def test_a_request_is_counted_to_the_technique_that_ranks_it(read, stage, ranks):
    (surface,) = read({"stage": stage, "serving": "mixed"}).moved
    assert surface.ranks is ranks


def test_each_surface_has_its_own_start_and_statements(read):
    later = {"period_start": "2017-01-01", "period_end": "2017-12-31"}
    course = read({**FULL, **later}, HALF, {"surface": "feed", "event": "test", **later})
    spans = {each.name: each.start for each in course.moved}
    assert spans == {"home": pytest.approx(SPAN), "feed": pytest.approx((68 + 1 / 93, 72.0), abs=1e-3)}
    assert [len(each.said) for each in course.moved] == [2, 1]
    assert [each.at for each in course.furthest] == [66.0, 72.0, 72.0]


def test_an_operator_that_is_not_named_has_a_course_as_any(ledger, figures, believed):
    found = read_courses(ledger({"operator": "unnamed_shop", **FULL}), figures(), TECHNIQUES, believed)
    assert [each.operator for each in found] == ["unnamed_shop"] * 3
    assert found[0].start == pytest.approx(SPAN)


@pytest.mark.parametrize(("bound", "read_as"), [("=", "="), ("~", "="), (">=", ">="), ("<=", "<=")])
def test_an_operator_s_own_figure_stands_for_all_its_requests(read, bound, read_as):
    (said,) = read({}, about=[{"bound": bound}]).stated
    assert (said.at, said.share, said.bound) == (72.0, pytest.approx(0.4), read_as)
    assert (said.mid, said.sd) == (pytest.approx(logit(0.4)), 0.3)


def test_what_others_count_is_less_exact(read):
    (said,) = read({}, about=[{"evidence": "measured", "sd": 0.24}]).stated
    assert said.sd == pytest.approx(np.hypot(1.0, 0.5))


@pytest.mark.parametrize(
    "changed",
    [
        {"confidence": "recalled"}, {"operator": "all"}, {"operator": ""}, {"operator": "zeta"}, {"technique": "llm"},
        {"workload": "search"}, {"base": "work"}, {"measure": "revenue"},
    ],
)  # fmt: skip
def test_figures_that_are_recalled_or_about_something_else_are_left_out(read, changed):
    assert read({}, about=[changed]).stated == ()


def test_a_figure_that_the_ledger_has_of_the_same_quarter_counts_once(read):
    move = {**HALF, "share_mid": 0.4, "period_start": "2017-10-01", "period_end": "2017-12-31"}
    assert read(move, about=[{}]).stated == ()
    assert len(read(move, about=[{"value": 0.41}]).stated) == 1
    assert len(read(move, about=[{"period_end": "2018-12-31"}]).stated) == 1


def test_nothing_known_after_the_origin_is_read(ledger, figures, believed):
    rows = ledger(HALF, {**FULL, "period_start": "2018-01-01", "period_end": "2018-06-30", "known_at": "2018-07-01"})
    about = figures({}, {"value": 0.9, "period_end": "2019-12-31", "known_at": "2020-01-31"})
    origin = pd.Timestamp("2018-06-30", tz="UTC")
    cut = read_courses(known_by(rows, origin), known_by(about, origin), TECHNIQUES, believed)
    assert cut == read_courses(ledger(HALF), figures({}), TECHNIQUES, believed)


def test_rows_in_any_order_are_the_same_courses(ledger, figures, believed):
    rows = ledger(HALF, {"operator": "zeta"}, {"surface": "feed", **FULL}, {"technique_to": "llm", "event": "test"})
    mixed = rows.sample(frac=1.0, random_state=3)
    assert read_courses(mixed, figures(), TECHNIQUES, believed) == read_courses(rows, figures(), TECHNIQUES, believed)


def test_no_rows_are_no_courses(ledger, figures, believed):
    assert read_courses(ledger(), figures(), TECHNIQUES, believed) == ()


def test_a_class_is_born_with_its_first_course_and_one_without_any_is_not():
    def course(operator, technique, start, before=False):
        return Course(operator, "rest", "tail", "recsys", technique, start, before)

    found = born(
        [
            course("one", "deep", (60.0, 62.0)), course("two", "deep", (-np.inf, 66.0), before=True),
            course("three", "llm", (90.0, 91.0)), course("four", "sequence", None),
        ], unsaid=8.0,
    )  # fmt: skip
    assert found == {("recsys", "deep"): 58.0, ("recsys", "llm"): 90.0}


def test_statements_are_columns():
    said = (Said(1.0, 0.5, 0.0, 0.3), Said(2.0, 0.2, -1.4, 0.4, "<="), Said(3.0, 0.9, 2.2, 0.5, ">="))
    at, mid, sd, side = moments(said)
    assert (at.tolist(), mid.tolist()) == ([1.0, 2.0, 3.0], [0.0, -1.4, 2.2])
    assert (sd.tolist(), side.tolist()) == ([0.3, 0.4, 0.5], [0.0, -1.0, 1.0])
    assert [len(column) for column in moments(())] == [0, 0, 0, 0]


def test_a_rollback_ends_the_ramp_of_the_class_it_leaves(read):
    first = {"technique_from": "deep", "technique_to": "llm", "event": "test"}
    back = {"technique_from": "llm", "technique_to": "deep", "event": "rollback", **_days("2017")}
    again = {"technique_from": "deep", "technique_to": "llm", **HALF, **_days("2019")}
    course = read(first, back, again, technique="llm")
    assert (course.taken_back, course.before, course.start) == (1, False, pytest.approx(SPAN))
    (surface,) = course.moved
    assert surface.stands
    tried, later = surface.ramps()
    assert [each.event for each in tried[1]] == ["test"]
    assert (tried[0], tried[2].at, tried[2].share) == (pytest.approx(SPAN), 72.0, 0.01)
    assert (later[0], later[1][0].share, later[2]) == ((72.0, 80.0), 0.5, None)
    assert [each.share for each in course.furthest] == [0.01, 0.01, 0.5]
    assert not read(first, back, technique="llm").moved[0].stands


def test_what_a_rollback_does_not_take_is_left(read):
    back = {"technique_from": "llm", "technique_to": "deep", "event": "rollback"}
    (said,) = read({**back, "share_low": 0.6, "share_mid": 0.7, "share_high": 0.9}, technique="llm").furthest
    assert (said.share, said.mid) == (pytest.approx(0.3), pytest.approx(logit(0.3)))
    assert said.sd == pytest.approx((logit(0.4) - logit(0.1)) / (2 * ndtri(0.9)))


def test_the_class_that_serves_again_was_there_before(read):
    back = {**FULL, "technique_from": "llm", "technique_to": "deep", "event": "rollback"}
    course = read(back)
    assert (course.before, course.taken_back, course.moved[0].stands) == (True, 0, True)
    assert (course.furthest[0].share, course.furthest[0].bound) == (0.985, ">=")
    gone = read(back, technique="llm")
    assert (gone.before, gone.start) == (True, (-np.inf, 66.0))


def test_a_rollback_at_another_stage_leaves_the_ranking_of_a_surface(read):
    rank = {"technique_from": "deep", "technique_to": "llm", **FULL}
    back = {"technique_from": "llm", "technique_to": "deep", "event": "rollback", "stage": "retrieval", **_days("2017")}
    (surface,) = read(rank, back, technique="llm").moved
    assert (surface.ranks, surface.stands) == (True, True)


def _days(year):
    return {"period_start": f"{year}-01-01", "period_end": f"{year}-12-31", "known_at": f"{year}-12-31"}
