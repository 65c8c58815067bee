"""Shares of a segment: operators by their requests, those not named, and what was judged of the whole."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from shiftcast.features.frames import Traffic, conform, empty
from shiftcast.features.input_error import InputError
from shiftcast.forecast.draws import Assumptions
from shiftcast.forecast.rollouts.courses import Course, Moved, Said
from shiftcast.forecast.rollouts.segments import Evidence, Judged, draw_segment, operator_weights, with_unnamed

ENDS, NOW, DRAWS = np.arange(81.0, 121.0), 19, 300
FIRST = {("recsys", "deep"): 60.0, ("recsys", "llm"): 80.0}
TECHNIQUES = ("deep", "llm")


def course(operator, technique="llm", group="giants", segment="rest", **changes):
    return Course(operator, segment, group, "recsys", technique, **changes)


def whole(operator, share=1.0, at=95.0, technique="llm"):
    """Return a course whose share of all requests is stated."""
    said = Said(at, share, float(logit(np.clip(share, 0.002, 0.985))), 0.3, "=", "full")
    moved = (Moved("(all)", (at - 2, at), True, (said,)),)
    return course(operator, technique, start=(at - 2, at), stated=(said,), moved=moved)


def assumed(draws=DRAWS, **requests):
    spread = np.linspace(0.5, 1.5, draws)
    rows = {"tail.rest.recsys": 0.2 * spread, "unnamed.rest.recsys": 0.1 * spread,
            "unnamed.hyperscale.recsys": 0.3 * spread, "requests.recsys.other": spread}  # fmt: skip
    asked = {f"requests.recsys.{name}": value * spread for name, value in requests.items()}
    return Assumptions({f"ledger.{name}": values for name, values in (rows | asked).items()})


def traffic(*rows):
    like = {
        "operator": "acme", "segment": "rest", "group": "giants", "surface": "home", "workload": "recsys",
        "low": 1.0, "mid": 2.0, "high": 4.0, "period_start": "2025-01-01", "period_end": "2025-12-31",
        "known_at": "2026-01-31", "evidence": "vendor", "confidence": "verified", "source": "made up", "note": None,
    }  # fmt: skip
    table = pd.DataFrame([{**like, **row} for row in rows], columns=[*Traffic.columns])
    days = {name: pd.to_datetime(table[name], utc=True) for name in ("period_start", "period_end", "known_at")}
    return conform(table.assign(**days), Traffic)


@pytest.fixture(scope="module")
def drawn(constant):
    def draw(courses, judged=None, *, segment="rest", seed=1, habits=None, **requests):
        evidence = Evidence(habits or constant(first=FIRST), 100.0, empty(Traffic), judged or {})
        told = {(each.operator, each.technique): each for each in courses}
        every = [  # as the ledger is read: every operator in every class, old to new
            told.get((each.operator, technique), replace(each, technique=technique, start=None, moved=(), stated=()))
            for technique in TECHNIQUES for each in dict.fromkeys(replace(each, technique="") for each in courses)
        ]  # fmt: skip
        listed = with_unnamed(every, segment, "recsys", TECHNIQUES)
        return draw_segment(listed, evidence, ENDS, assumed=assumed(**requests), draws=DRAWS, seed=seed)

    return draw


def test_courses_without_a_word_stand_for_operators_not_named():
    other = replace(course("elsewhere"), workload="search")
    listed = with_unnamed([course("acme"), other, course("hyper", segment="hyperscale")], "rest", "recsys", TECHNIQUES)
    assert listed[0] == course("acme")
    assert [each.operator for each in listed[1:6]] == [f"unnamed giants {n}" for n in range(1, 6)]
    assert len(listed) == 1 + 2 * (5 + 8)
    assert {each.technique for each in listed[1:]} == {"deep", "llm"}
    assert all(each.start is None and not each.moved for each in listed[1:])


def test_parts_of_operators_sum_to_one_in_every_draw_and_groups_hold_what_is_assumed():
    named = [course("acme"), course("zeta"), course("shop", group="tail")]
    listed = with_unnamed(named, "rest", "recsys", TECHNIQUES)
    parts = operator_weights(listed, empty(Traffic), assumed(acme=3.0), DRAWS, 1)
    assert len(parts) == 3 + 5 + 8
    np.testing.assert_allclose(sum(parts.values()), 1.0, rtol=1e-12)
    tail = sum(part for name, part in parts.items() if name == "shop" or "tail" in name)
    np.testing.assert_allclose(np.sort(tail), 0.2 * np.linspace(0.5, 1.5, DRAWS))
    unnamed = sum(part for name, part in parts.items() if "unnamed giants" in name)
    np.testing.assert_allclose(np.sort(unnamed / (1 - tail)), 0.1 * np.linspace(0.5, 1.5, DRAWS))
    np.testing.assert_array_equal(parts["shop"], parts["unnamed tail 1"])
    assert np.median(parts["acme"] / parts["zeta"]) == pytest.approx(3.0, rel=0.1)


def test_where_nobody_is_named_the_groups_are_all():
    listed = with_unnamed([], "rest", "recsys", TECHNIQUES)
    parts = operator_weights(listed, empty(Traffic), assumed(), DRAWS, 1)
    np.testing.assert_allclose(sum(parts.values()), 1.0, rtol=1e-12)
    hyper = operator_weights(with_unnamed([], "hyperscale", "recsys", TECHNIQUES), empty(Traffic), assumed(), DRAWS, 1)
    np.testing.assert_allclose([*hyper.values()], np.full((3, DRAWS), 1 / 3))


def test_a_giant_is_weighed_by_what_is_assumed_of_it_else_by_its_largest_surface_else_as_any():
    rows = traffic({}, {"surface": "feed", "low": 5.0, "mid": 10.0, "high": 20.0}, {"operator": "zeta", "mid": 900.0})
    giants = with_unnamed([course("acme"), course("zeta"), course("else")], "rest", "recsys", TECHNIQUES)
    parts = operator_weights(giants, rows, assumed(4000, zeta=1.0), 4000, 1)
    ratio = parts["acme"] / parts["else"]
    assert np.median(ratio) == pytest.approx(10.0, rel=0.1)  # of a log spread of 10 % to 90 % from 5 to 20
    sd = np.log(4) / 2 / 1.2815516
    assert np.log(ratio).std() == pytest.approx(np.hypot(sd, np.log(np.linspace(0.5, 1.5, 4000)).std()), rel=0.05)
    assert np.median(parts["zeta"] / parts["else"]) == pytest.approx(1.0, rel=0.1)


def test_an_assumption_that_is_missing_is_named():
    listed = with_unnamed([course("acme", segment="hyperscale", group="tail")], "hyperscale", "recsys", TECHNIQUES)
    with pytest.raises(InputError, match=r"ledger\.tail\.hyperscale\.recsys.*add a row of that name to assumptions"):
        operator_weights(listed, empty(Traffic), assumed(), DRAWS, 1)


def test_a_segment_is_the_sum_of_its_operators_by_their_requests(drawn):
    found = drawn([whole("acme"), whole("zeta", 0.1)], habits=None, acme=9.0)
    assert found.techniques == TECHNIQUES
    assert found.steps.shape == found.adoption.shape == (DRAWS, len(ENDS), 2)
    llm = found.steps[:, NOW, 1]
    named = sum(found.weights[name] * found.movers[f"{name}|recsys|rest|llm"] for name in ("acme", "zeta"))
    assert (llm >= named - 1e-6).all()
    assert (llm <= named + 1 - found.weights["acme"] - found.weights["zeta"] + 1e-6).all()
    assert set(found.movers) == {f"{name}|recsys|rest|{each}" for name in ("acme", "zeta") for each in TECHNIQUES}
    assert found.ess == pytest.approx(1.0)


def test_shares_are_shares_and_those_that_use_a_class_are_no_fewer_and_never_fall(drawn, constant):
    courses = [whole("acme"), course("zeta", start=(90.0, 92.0)), course("shop", group="tail")]
    courses.append(whole("old", 0.9, 70.0, "deep"))
    found = drawn(courses, habits=constant(first=FIRST, taken_back=0.5))
    assert found.steps.min() >= 0.0
    assert found.adoption.max() <= 1.0 + 1e-6
    assert (found.adoption >= found.steps - 1e-6).all()
    assert (np.diff(found.adoption, axis=1) >= -1e-6).all()
    assert (np.diff(found.steps, axis=1) < -1e-3).any()


def test_a_class_that_nobody_has_begun_or_judged_has_no_share_yet(drawn, constant):
    found = drawn([whole("old", 0.9, 70.0, "deep")], habits=constant(first={("recsys", "deep"): 60.0}))
    assert (found.steps[:, : NOW + 1, 1] == 0.0).all()
    assert (found.adoption[:, : NOW + 1, 1] == 0.0).all()
    assert found.steps[:, NOW, 0].mean() > 0.3


def test_what_is_judged_of_a_segment_pulls_its_state(drawn):
    courses = [course(name) for name in ("acme", "zeta", "else")]
    free = drawn(courses).steps[:, NOW, 1].mean()
    low, high = (drawn(courses, {"llm": (Judged(100.0, share, 0.03),)}) for share in (0.1, 0.5))
    assert low.steps[:, NOW, 1].mean() < free < high.steps[:, NOW, 1].mean()
    assert low.steps[:, NOW, 1].mean() == pytest.approx(0.1, abs=0.03)
    assert high.steps[:, NOW, 1].mean() == pytest.approx(0.5, abs=0.03)
    assert 0.0 < high.ess < 1.0
    assert drawn(courses, {"llm": (Judged(100.0, 0.3, 1e6),)}).ess == pytest.approx(1.0)


def test_the_draws_of_one_operator_do_not_change_when_another_is_added(drawn):
    one, two = drawn([whole("acme", 0.3, 100.0)]), drawn([whole("acme", 0.3, 100.0), whole("zeta")])
    np.testing.assert_array_equal(one.movers["acme|recsys|rest|llm"], two.movers["acme|recsys|rest|llm"])
    assert two.steps[:, NOW, 1].mean() > one.steps[:, NOW, 1].mean() + 0.1


def test_the_same_seed_gives_the_same_bytes(drawn):
    courses = [whole("acme", 0.3), course("zeta", start=(90.0, 92.0))]
    once, again, other = (drawn(courses, seed=seed) for seed in (1, 1, 2))
    assert once.steps.tobytes() == again.steps.tobytes()
    assert once.adoption.tobytes() == again.adoption.tobytes()
    assert once.steps.tobytes() != other.steps.tobytes()


def test_a_segment_without_a_row_is_drawn_by_the_hazard_alone(drawn):
    for segment in ("rest", "hyperscale"):
        found = drawn([], segment=segment)
        assert found.movers == {}
        assert 0.0 < found.steps[:, -1, 1].mean() < 1.0


def test_what_all_share_is_shared_by_segments_draw_for_draw_whatever_was_judged_of_them(drawn, constant):
    unborn = constant(first={("recsys", "deep"): 60.0}, chance=0.5, next_class=0.1)
    judged = {"deep": (Judged(100.0, 0.5, 0.3),)}
    rest, hyper = (
        drawn([course("acme", segment=side)], judged, segment=side, habits=unborn) for side in ("rest", "hyperscale")
    )
    births = [(found.adoption[..., 1] > 0).argmax(axis=1) for found in (rest, hyper)]
    assert rest.ess < 0.95
    assert np.corrcoef(*births)[0, 1] > 0.6
