from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.calendars import days_in
from shiftcast.forecast.identity.anchors import SURVEYED, Drawn, find_anchors, predict_anchors
from shiftcast.forecast.identity.world import World
from shiftcast.forecast.leaves import SOLD_LEAVES

QUARTERS = pd.date_range("2016-03-31", "2026-09-30", freq="QE", tz="UTC")


def of_measure(anchors, measure):
    return next(anchor for anchor in anchors if anchor.measure == measure)


def test_anchors_are_the_rows_that_a_belief_speaks_of_with_both_errors(known_on):
    known = known_on()
    anchors = find_anchors(known, QUARTERS)
    assert {anchor.measure for anchor in anchors} == {
        "energy_per_request",
        "tokens_per_accelerator",
        "share",
        "requests",
    }
    for anchor in anchors:
        spread = known.beliefs.values_by_name.get(f"anchor.{anchor.name}", 0.4)
        assert anchor.sd >= spread
        assert anchor.quarter in QUARTERS
        assert anchor.at_least == (anchor.measure in {"share", "requests"})


def test_an_anchor_counts_in_its_quarter_not_before_the_first_and_in_the_last_if_later(known_on):
    anchor = of_measure(find_anchors(known_on(), QUARTERS), "tokens_per_accelerator")
    assert anchor.quarter - pd.offsets.QuarterEnd() < pd.Timestamp("2025-02-28", tz="UTC") <= anchor.quarter
    after, before = QUARTERS[anchor.quarter < QUARTERS], QUARTERS[anchor.quarter > QUARTERS]
    assert anchor.name not in {each.name for each in find_anchors(known_on(), after)}
    assert of_measure(find_anchors(known_on(), before), "tokens_per_accelerator").quarter == before[-1]


def test_energy_of_an_answer_is_one_anchor_pooled_over_operators(known_on):
    """0.24, 0.34 and 0.43 Wh; the doubt between a prompt to them and an answer of the world counts once."""
    anchor = of_measure(find_anchors(known_on(), QUARTERS), "energy_per_request")
    assert (anchor.name, anchor.task) == ("energy_per_request.search.llm", "search/llm")
    assert np.exp(anchor.value) == pytest.approx((0.24 * 0.34 * 0.43) ** (1 / 3), rel=0.08)
    assert 0.4 < anchor.sd < 0.55
    one = of_measure(find_anchors(known_on(pd.Timestamp("2025-07-31", tz="UTC")), QUARTERS), "energy_per_request")
    assert np.exp(one.value) == pytest.approx(0.34)


def test_no_anchor_is_heard_before_it_was_known(known_on):
    early = known_on(pd.Timestamp("2024-06-30", tz="UTC"))
    assert not [each for each in find_anchors(early, QUARTERS) if each.measure == "energy_per_request"]


def test_anchors_are_predicted_from_hours_power_and_work(small_world: World, known_on):
    bottom = small_world.bottom_up
    quarters = pd.DatetimeIndex(small_world.cube["period"].values).tz_localize("UTC")
    found = find_anchors(known_on(), QUARTERS)
    anchors = tuple(
        replace(of_measure(found, measure), quarter=quarters[2])
        for measure in ("energy_per_request", "tokens_per_accelerator", "share", "requests")
    )
    kw = np.full((len(bottom.hours), len(quarters)), 1.5)
    energy, tokens, share, requests = np.exp(predict_anchors(anchors, Drawn(bottom, quarters, kw))).T
    each = {task: hours[:, 2] for task, hours in bottom.hours_each.items()}
    np.testing.assert_allclose(energy, each[anchors[0].task] * 1500.0)
    np.testing.assert_allclose(tokens * each[anchors[1].task], 1.0)
    hours = bottom.hours[:, 2, SOLD_LEAVES.index(SURVEYED)]
    classic = [at for at, task in enumerate(bottom.tasks) if task.startswith(("recsys/", "search/", "ads/"))]
    np.testing.assert_allclose(share, hours[:, classic].sum(axis=-1) / hours.sum(axis=-1))
    volume = bottom.volumes[anchors[3].task][:, 2] / days_in(quarters)[2]
    np.testing.assert_allclose(requests, volume)


def test_disclosed_requests_of_a_workload_are_added_up_once_a_surface(known_on):
    known = known_on()
    found = {each.task: each for each in find_anchors(known, QUARTERS) if each.measure == "requests"}
    assert set(found) == {"ads", "recsys", "search"}
    ads = (
        known.traffic.query("workload == 'ads'").sort_values("known_at").groupby(["operator", "surface"])["mid"].last()
    )
    assert np.exp(found["ads"].value) == pytest.approx(ads.sum())
    assert 0.3 < found["ads"].sd < 1.0


def test_no_anchors_predict_nothing(small_world: World):
    drawn = Drawn(small_world.bottom_up, QUARTERS, np.ones((5, 3)))
    assert predict_anchors((), drawn).shape == (5, 0)
