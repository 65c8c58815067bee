"""Draws of one course: when it starts, what was said of it, and what goes on after now."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import logit

from shiftcast.forecast.rollouts.courses import Course, Moved, Said
from shiftcast.forecast.rollouts.habits import learn_habits
from shiftcast.forecast.rollouts.paths import draw_course, draw_furthest

ENDS = np.arange(81.0, 121.0)
NOW = 19  # position of the quarter that ends at 100
SILENT = Course("acme", "rest", "giants", "recsys", "llm")


def said(at, share, bound="=", event="partial"):
    return Said(at, share, float(logit(np.clip(share, 0.002, 0.985))), 0.3, bound, event)


def draw(course, setting, *, reported=0.5, tilt=0.0):
    return draw_course(course, setting, np.full(setting.draws, tilt), reported)


def moved(*statements, start=(90.0, 92.0), name="home", ranks=True):
    return replace(SILENT, start=start, moved=(Moved(name, start, ranks, statements),), furthest=statements)


def test_a_setting_covers_all_quarters_from_the_first_class_on(setting):
    made = setting(first={("recsys", "llm"): 60.5})
    assert (made.edges[0], made.edges[-1], made.draws) == (60.0, 120.0, 400)
    assert np.diff(made.edges).tolist() == [1.0] * 60
    assert setting(first={("recsys", "llm"): 90.0}).edges[0] == 81.0


def test_a_class_that_nobody_uses_is_born_after_the_origin_on_one_day_for_all(setting):
    unborn, drawn = replace(SILENT, technique="sequence"), setting(20_000, chance=0.05)
    path, other = draw(unborn, drawn), draw(replace(unborn, operator="zeta"), drawn)
    assert path.start.min() > drawn.now
    assert (path.share[:, drawn.ends <= drawn.now] == 0.0).all()
    rate, hazard, ahead = drawn.habits.beliefs["next_class"], -np.log1p(-0.05), 20.0
    waits = [np.exp(-each * ahead) for each in (rate, hazard)]
    begun = 1 - (hazard * waits[0] - rate * waits[1]) / (hazard - rate)  # two exponential waits, one after the other
    assert (path.start <= drawn.now + ahead).mean() == pytest.approx(begun, abs=0.012)
    assert np.corrcoef(path.start <= drawn.now + ahead, other.start <= drawn.now + ahead)[0, 1] > 0.3


def test_no_operator_without_a_row_has_a_share_before_its_class_is_born(setting):
    path = draw(SILENT, setting(first={("recsys", "llm"): 95.0}), reported=0.0)
    assert path.start.min() >= 95.0
    assert (path.share[:, ENDS <= 95.0] == 0.0).all()
    assert path.share.max() > 0.1


@pytest.mark.parametrize("reported", [0.0, 0.5, 0.9, 1.0])
def test_an_operator_without_a_row_may_have_moved_unreported(setting, reported):
    chance, draws = 0.05, 20_000
    path = draw(SILENT, setting(draws, chance=chance), reported=reported)
    yet = (1 - chance) ** 20
    unseen = (1 - reported) * (1 - yet)
    expected = unseen / (unseen + yet)
    assert (path.start <= 100.0).mean() == pytest.approx(expected, abs=0.012)
    later = (1 - expected) * (1 - (1 - chance) ** 20)
    assert (path.start <= 120.0).mean() == pytest.approx(expected + later, abs=0.012)
    assert np.isinf(path.start).mean() == pytest.approx(1 - expected - later, abs=0.012)


def test_what_is_added_to_the_log_odds_of_a_start_moves_it(setting):
    slow, fast = (draw(SILENT, setting(2000), tilt=tilt).start for tilt in (-1.0, 1.0))
    assert (fast <= 100).mean() > (slow <= 100).mean() + 0.1


def test_a_start_that_is_reported_lies_in_its_days(setting):
    path = draw(moved(said(92.0, 0.3)), setting(2000))
    assert path.start.min() >= 90.0
    assert path.start.max() <= 92.0
    assert path.start.mean() == pytest.approx(91.0, abs=0.05)


def test_a_class_that_was_there_before_started_after_its_birth(setting):
    before = replace(SILENT, start=(-np.inf, 90.0), before=True)
    path = draw(before, setting(20_000, chance=0.2))
    assert path.start.min() >= 80.0
    assert path.start.max() <= 90.0
    rate = -np.log(0.8)
    mean = 80.0 + 1 / rate - 10 * np.exp(-rate * 10) / (1 - np.exp(-rate * 10))
    assert path.start.mean() == pytest.approx(mean, abs=0.06)


def test_an_operator_that_said_at_most_a_fifth_stays_about_below(setting):
    course = moved(said(92.0, 1.0, event="full"))
    free = draw(course, setting(1000)).share[:, NOW]
    bound = draw(replace(course, stated=(said(100.0, 0.2, "<="),)), setting(1000))
    assert np.quantile(free, 0.8) > 0.4
    assert np.quantile(bound.share[:, NOW], 0.9) < 0.26
    assert bound.share[:, NOW].mean() < 0.2
    assert 0.02 < bound.ess < 1.0


def test_an_operator_that_said_at_least_half_stays_about_above(setting):
    course = replace(moved(said(92.0, 1.0, event="full")), stated=(said(100.0, 0.5, ">="),))
    assert np.quantile(draw(course, setting(1000)).share[:, NOW], 0.1) > 0.42


def test_a_share_of_all_requests_is_met_on_its_day(setting):
    path = draw(replace(SILENT, start=(90.0, 92.0), stated=(said(95.0, 0.1), said(100.0, 0.4))), setting(1000))
    assert np.median(path.share[:, 14]) == pytest.approx(0.1, abs=0.02)
    assert np.median(path.share[:, NOW]) == pytest.approx(0.4, abs=0.04)
    assert logit(path.share[:, NOW]).std() < 0.4
    assert path.ess == 1.0


def test_a_surface_is_a_part_of_the_requests_and_one_at_another_stage_less(setting, believed):
    still = {"taken_back": 1e-12, "follow": 1e-12}
    full = said(92.0, 1.0, event="full")
    ranking = draw(moved(full), setting(4000, **still)).share[:, NOW]
    mean = believed["part_a"] / (believed["part_a"] + believed["part_b"])
    assert ranking.mean() == pytest.approx(mean, abs=0.02)
    beside = replace(moved(full), moved=(*moved(full).moved, Moved("feed", (90.0, 92.0), True, (full,))))
    assert draw(beside, setting(4000, **still)).share[:, NOW].mean() == pytest.approx(1 - (1 - mean) ** 2, abs=0.02)
    elsewhere = moved(full, ranks=False)
    never = {**still, "later_llm": 1e-12, "at_once_b": 1e12, "reported": 1.0}
    assert draw(elsewhere, setting(4000, **never)).share[:, NOW].mean() == pytest.approx(0.25 * mean, abs=0.01)


def test_surfaces_not_named_follow_the_first_that_ranks(setting):
    course = moved(said(92.0, 1.0, event="full"))
    slow, fast = (draw(course, setting(1000, follow=rate)).share[:, -1] for rate in (1e-9, 1.0))
    assert slow.mean() < 0.5
    assert fast.mean() > 0.8


def test_a_class_in_use_elsewhere_comes_to_rank_at_its_rate(setting):
    offline = replace(SILENT, start=(90.0, 92.0))
    quick = {"reported": 1.0, "later_sd_log": 1e-9, "later_llm": 0.1}
    path = draw(offline, setting(8000, **quick))
    assert (path.share[:, NOW] == 0.0).all()
    ranks = (path.share[:, NOW + 10] > 0).mean()
    assert ranks == pytest.approx(1 - np.exp(-0.1 * 10), abs=0.02)


def test_a_class_that_may_rank_unreported_does_so_at_once_as_often_as_others_did(setting):
    made = setting(4000, chance=0.05, at_once_a=3e6, at_once_b=1e6, later_llm=1e-9)
    path = draw(SILENT, made, reported=0.0)
    begun = path.start <= 100.0
    assert (path.share[begun, -1] > 0).mean() == pytest.approx(0.75, abs=0.03)


def test_what_is_taken_back_is_so_after_now(setting):
    course = moved(said(92.0, 1.0, event="full"))
    kept, taken = (draw(course, setting(taken_back=rate)).share for rate in (1e-12, 1e6))
    np.testing.assert_array_equal(taken[:, : NOW + 1], kept[:, : NOW + 1])
    assert (np.diff(kept, axis=1) >= -1e-6).all()
    assert (taken[:, NOW + 1 :] <= kept[:, NOW + 1 :]).all()
    assert taken[:, -1].mean() == pytest.approx(kept[:, -1].mean() / 2, rel=0.15)  # a random part of it


def test_shares_are_shares(setting):
    for course in (SILENT, moved(said(92.0, 0.3)), replace(SILENT, stated=(said(99.0, 0.9),)), moved()):
        share = draw(course, setting()).share
        assert share.shape == (400, 40)
        assert share.min() >= 0.0
        assert share.max() <= 1.0


def test_the_same_seed_gives_the_same_bytes_and_another_operator_other_ones(setting):
    course = moved(said(92.0, 0.3))
    once, again = draw(course, setting()), draw(course, setting())
    assert once.share.tobytes() == again.share.tobytes()
    assert once.start.tobytes() == again.start.tobytes()
    assert (draw(replace(course, operator="zeta"), setting()).share != once.share).any()
    assert (draw(course, setting(seed=2)).share != once.share).any()


def test_a_cumulative_hazard_is_found_once_a_kind(setting):
    made, tilt = setting(), np.zeros(400)
    assert made.risen(SILENT, tilt) is made.risen(replace(SILENT, operator="zeta"), tilt)
    assert made.risen(replace(SILENT, group="tail"), tilt) is not made.risen(SILENT, tilt)


def test_the_furthest_surface_lies_where_it_was_said_to(setting):
    share = draw_furthest(moved(said(94.0, 0.1), said(100.0, 0.5)), setting(1000))
    assert np.median(share[:, 13]) == pytest.approx(0.1, abs=0.02)
    assert np.median(share[:, NOW]) == pytest.approx(0.5, abs=0.04)
    assert share.max() <= 1.0


def test_the_furthest_surface_of_an_operator_without_a_row_starts_after_now_by_the_hazard(setting):
    share = draw_furthest(SILENT, setting(8000, chance=0.05, taken_back=1e-12))
    assert (share[:, : NOW + 1] == 0.0).all()
    assert (share[:, NOW + 4] > 0).mean() == pytest.approx(1 - 0.95**4, abs=0.015)


def back(at, share):
    return replace(said(at, share), event="rollback")


def test_a_rollback_takes_the_share_to_what_is_left_from_its_day(setting):
    still = {"taken_back": 1e-12, "follow": 1e-12, "later_llm": 1e-12, "at_once_b": 1e12, "reported": 1.0}
    statements = said(90.0, 0.01, event="test"), said(93.0, 0.9, event="full")
    kept = draw(moved(*statements), setting(1000, **still)).share
    gone = draw(moved(*statements, back(96.0, 0.01)), setting(1000, **still)).share
    at = int(np.searchsorted(ENDS, 96.0))
    np.testing.assert_array_equal(kept[:, :at] > 0, gone[:, :at] > 0)
    assert gone[:, at - 1].mean() == pytest.approx(kept[:, at - 1].mean(), abs=0.02)
    assert gone[:, at:].max() < 0.05
    assert gone[:, -1].mean() == pytest.approx(0.01 * 1.5 / 4, rel=0.2)


def test_a_surface_that_moves_again_after_a_rollback_is_where_it_is_said_to_be(setting):
    statements = said(84.0, 0.9, event="full"), back(90.0, 0.01), said(98.0, 0.5)
    share = draw_furthest(moved(*statements, start=(80.0, 82.0)), setting(1000, taken_back=1e-12))
    levels = [np.median(share[:, int(np.searchsorted(ENDS, at))]) for at in (89.0, 90.0, 98.0)]
    assert levels == pytest.approx([0.95, 0.01, 0.5], abs=0.05)


def test_each_rollback_that_is_told_of_adds_to_the_rate_of_taking_back(believed):
    courses = [replace(SILENT, operator=name, start=(90.0, 92.0)) for name in "abcde"]
    assert learn_habits(courses, 100.0, believed).taken_back == believed["taken_back"]
    told = [replace(courses[0], taken_back=1), *courses[1:]]
    assert learn_habits(told, 100.0, believed).taken_back == pytest.approx(0.004 + 1 / (250 + 5 * 8))
