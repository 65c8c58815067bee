"""Technique shares of the record's ledger, and of what users add to it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.calendars import calendar_quarters
from shiftcast.features.frames import Rollouts, Traffic, conform
from shiftcast.forecast.draws import Sampling, sample_assumptions
from shiftcast.forecast.identity.rolled import draw_migration, fit_migration, migrating
from shiftcast.forecast.leaves import SOLD_SEGMENTS
from shiftcast.forecast.rollouts.courses import GIANTS, MIGRATING
from shiftcast.forecast.workloads import Registry

DRAWS, QUARTERS = 60, calendar_quarters("2018Q1", "2028Q4")
NOW = 34  # position of 2026Q3, the last quarter before the origin
KEY = ("recsys", "rest")
MOVE = {
    "operator": "ours", "segment": "rest", "group": "giants", "surface": "home feed", "workload": "recsys",
    "stage": "end_to_end", "technique_from": "deep", "technique_to": "llm", "event": "full", "serving": "online",
    "share_low": 0.95, "share_mid": 1.0, "share_high": 1.0, "evidence": "vendor", "confidence": "verified",
    "source": "our logs", "note": None,
}  # fmt: skip
DAYS = {"period_start": "2024-01-01", "period_end": "2024-06-30", "known_at": "2024-07-31"}
SEEN = {"surface": "home feed", "low": 2e12, "mid": 2e12, "high": 2.2e12}


def drawn(known, fit):
    assumed = sample_assumptions(known.assumptions, draws=DRAWS, seed=1)
    return draw_migration(known, fit, QUARTERS, Sampling(QUARTERS, DRAWS, 1, assumed))


def beside(rows, frame, **own):
    days = {name: pd.Timestamp(day, tz="UTC") for name, day in DAYS.items()}
    return conform(
        pd.concat([rows, pd.DataFrame([{**MOVE, **days, **own}])], ignore_index=True)[[*frame.columns]], frame
    )


@pytest.fixture(scope="module")
def known(known_on):
    return known_on()


@pytest.fixture(scope="module")
def fit(known):
    return fit_migration(known, QUARTERS)


@pytest.fixture(scope="module")
def carried(known, fit):
    return drawn(known, fit)


def test_shares_of_all_techniques_sum_to_one_in_every_draw(known, carried):
    for workload in known.registry.workloads:
        for side in SOLD_SEGMENTS:
            shares = carried.shares[workload, side]
            assert shares.shape == (DRAWS, len(QUARTERS), len(known.registry.techniques(workload)))
            np.testing.assert_allclose(shares.sum(axis=-1), 1.0, rtol=1e-6)
            assert shares.min() >= -1e-9


def test_requests_are_no_more_than_those_of_operators_that_use_a_class(known, carried):
    assert len(carried.adoption) == 2 * 8
    for (workload, side, technique), adopted in carried.adoption.items():
        at = migrating(known.registry)[workload].index(technique)
        assert (carried.shares[workload, side][..., at] <= adopted + 1e-6).all()
        assert (np.diff(adopted, axis=1) >= -1e-6).all()


def test_no_request_is_served_before_a_class_was_spoken_of(known, fit, carried):
    lead = known.beliefs["rollouts.lead"]
    for (workload, technique), birth in fit.habits.first.items():
        at = migrating(known.registry)[workload].index(technique)
        early = np.arange(73.0, 73.0 + len(QUARTERS)) < birth - lead
        for side in SOLD_SEGMENTS:
            assert (carried.shares[workload, side][:, early, at] == 0).all()


def test_operators_are_named_with_what_they_do_and_how_much_they_answer(known, carried):
    operators = known.rollouts.groupby("workload")["operator"].nunique()
    named = sum(operators[workload] * sum(t in MIGRATING for t in techniques)
                for workload, techniques in migrating(known.registry).items())  # fmt: skip
    assert len(carried.movers) == named
    assert {values.shape for values in carried.movers.values()} == {(DRAWS,)}
    parts = pd.DataFrame(carried.weights).T.groupby(lambda name: name.partition("|")[2]).sum()
    assert set(parts.index) == {
        f"{workload}|{side}" for workload in migrating(known.registry) for side in SOLD_SEGMENTS
    }
    assert (parts.to_numpy() < 1.0).all()  # the tail and those not named have the rest
    giants = known.rollouts[known.rollouts["group"] == GIANTS]
    assert len(carried.weights) == len(giants[["operator", "workload", "segment"]].drop_duplicates())


def test_an_operator_serves_no_more_by_a_newer_class_than_by_that_and_older_ones(carried):
    shares = {}
    for name, share in carried.movers.items():
        shares.setdefault(name.rpartition("|")[0], []).append(share)
    for by_class in shares.values():
        assert (np.diff(by_class, axis=0) <= 1e-6).all()


def test_a_giant_that_a_user_adds_moves_its_segment_and_no_other(known, carried):
    ours = replace(
        known, rollouts=beside(known.rollouts, Rollouts), traffic=beside(known.traffic, Traffic, **SEEN)
    )  # fmt: skip
    again = drawn(ours, fit_migration(ours, QUARTERS))
    llm = {key: shares[:, NOW, -1].mean() for key, shares in again.shares.items()}
    before = {key: shares[:, NOW, -1].mean() for key, shares in carried.shares.items()}
    assert llm[KEY] > before[KEY] + 0.1
    assert llm["recsys", "hyperscale"] == pytest.approx(before["recsys", "hyperscale"], abs=0.05)
    assert again.movers["ours|recsys|rest|llm"].mean() > 0.3


def test_rows_known_after_the_origin_change_nothing(known_on, record):
    day = pd.Timestamp("2024-06-30", tz="UTC")
    later = beside(record.rollouts, Rollouts, period_start=day, period_end=day)
    fits = [fit_migration(known_on(day, rollouts=rows), QUARTERS) for rows in (record.rollouts, later)]
    assert fits[0].courses == fits[1].courses
    np.testing.assert_array_equal(fits[0].habits.hazard.mode, fits[1].habits.hazard.mode)
    assert fits[0].habits.ramp == fits[1].habits.ramp
    assert max(high for each in fits[0].courses if each.start for high in each.start[1:]) <= 98.0


def test_a_ledger_without_rows_leaves_what_was_judged(known):
    bare = replace(known, rollouts=known.rollouts.iloc[:0], traffic=known.traffic.iloc[:0])
    found = drawn(bare, fit_migration(bare, QUARTERS))
    assert found.movers == {}
    for shares in found.shares.values():
        np.testing.assert_allclose(shares.sum(axis=-1), 1.0, rtol=1e-6)


def _registered(known, *names):
    """Return a record in which ads have other techniques, with the fields of those they have."""
    ads, others = known.registry.of("ads"), [task for task in known.registry.tasks if task.workload != "ads"]
    own = {task.technique: task for task in ads}
    tasks = (replace(own.get(name, ads[0]), technique=name) for name in names)
    return replace(known, registry=Registry((*others, *tasks)))


@pytest.mark.parametrize(
    "names",
    [
        ("deep", "sequence", "llm"),
        ("table", "deep", "hybrid", "sequence", "llm", "newest"),
        ("table", "neural", "llm"),
        ("table", "hybrid"),
    ],
)
def test_a_registry_with_other_techniques_has_shares_of_each_in_its_place(known, carried, names):
    own = _registered(known, *names)
    found = drawn(own, fit_migration(own, QUARTERS))
    shares = found.shares["ads", "hyperscale"]
    assert shares.shape[-1] == len(names)
    np.testing.assert_allclose(shares.sum(axis=-1), 1.0, rtol=1e-6)
    for at, name in enumerate(names):
        adopted = found.adoption.get(("ads", "hyperscale", name))
        assert (adopted is not None) == (name in ("deep", "sequence", "llm"))
        assert adopted is None or (shares[..., at] <= adopted + 1e-6).all()
    if {"deep", "sequence", "llm"} <= set(names):  # the ledger says of them what it did
        table, deep, *newer = np.moveaxis(carried.shares["ads", "hyperscale"], -1, 0)
        same = [deep if names[0] == "table" else table + deep, *newer]
        for name, expected in zip(("deep", "sequence", "llm"), same, strict=True):
            np.testing.assert_allclose(shares[..., names.index(name)], expected, atol=1e-6)


def test_workloads_that_migrate_are_those_of_more_than_one_technique(known):
    assert {name: techniques[-1] for name, techniques in migrating(known.registry).items()} == {
        "recsys": "llm", "search": "llm", "ads": "llm",
    }  # fmt: skip
