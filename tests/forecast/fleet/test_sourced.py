"""Where a fleet's answers come from: every question tells it, and what is counted is told from what is drawn."""

import numpy as np
import pandas as pd
import pytest

from shiftcast.forecast.fleet.asking import FIELDS, ask
from shiftcast.forecast.fleet.facts import Event, Fleet, Holding, Offer
from shiftcast.forecast.fleet.planner import Planner
from shiftcast.forecast.fleet.sourced import provenance_of
from shiftcast.forecast.known import Settings, basis_of
from shiftcast.forecast.views.answer import ASSUMED
from shiftcast.forecast.views.provenance import Registered

REGISTERED = Registered("3", "d" * 64, "e" * 64, "shiftcast 0.2.0")
COUNTED = {"describe", "why"}
ASKED = {
    "when": {"technique": "llm", "of": "recsys", "through": "2026Q4"}, "why": {"before": "2026-08", "after": "2026-09"},
    "budget": {"amount": 1e5, "year": 2026}, "forecast": {"through": "2026Q4", "by": ["workload"]},
    "full": {"through": "2026Q4"}, "choices": {"through": "2026Q4"}, "events": {"through": "2026Q4"},
}  # fmt: skip


@pytest.fixture(scope="module")
def planner(usage, known_on):
    rows = [
        usage(
            {("recsys", "deep"): np.full(120, 400.0), ("recsys", "llm"): np.linspace(50, 90, 120)}, start="2026-07-20"
        ),
        usage({("recsys", "deep"): np.full(120, 800.0)}, start="2026-07-20", measure="cost", unit="USD"),
    ]
    fleet = Fleet(
        "mine", busy=0.9, holdings=(Holding("a100", 32, pd.Timestamp("2026-01-01", tz="UTC"), usd_per_hour=2.0),),
        offers=(Offer("cloud", "h200", "rent", 2.9, 0.0, 0),),
        events=(Event("launch", "recsys", pd.Timestamp("2026-12-01", tz="UTC"), (400.0, 500.0, 600.0)),),
    )  # fmt: skip
    basis = basis_of(known_on(pd.Timestamp("2026-11-20", tz="UTC")), Settings(draws=50, seed=3))
    return Planner(fleet, pd.concat(rows, ignore_index=True), basis, registered=REGISTERED)


@pytest.mark.parametrize("name", FIELDS)
def test_every_answer_says_what_it_is_of_and_rests_on(planner, name):
    told = ask(planner, {"question": name, **ASKED.get(name, {})}).provenance
    assert told.asked.items() >= {"question": name, "fleet": "mine", **ASKED.get(name, {})}.items()
    assert (told.as_of, told.definition, told.mode, told.scenario) == ("2026-11-20", "own", "none", "base")
    assert told.base
    assert told.assumed.of
    if name in COUNTED:
        assert (told.draws, told.seed, told.interval[:4]) == (0, None, "none")
        assert (told.registered.version, told.registered.digest) == (None, REGISTERED.data)
    else:
        assert (told.draws, told.seed, told.interval[:7]) == (50, 3, "8 in 10")
        assert told.registered == REGISTERED


def test_defaults_are_among_what_was_asked(planner):
    assert planner.when("llm", of="recsys", through="2026Q4").provenance.asked == {
        "question": "when", "fleet": "mine", "technique": "llm", "of": "recsys", "base": "gpu_hours", "above": 0.5,
        "through": "2026Q4",
    }  # fmt: skip


def test_the_part_assumed_counts_the_rows_listed_and_nothing_of_what_is_counted(planner):
    rows = pd.DataFrame([("a", "assumed"), ("b", "vendor")], columns=["name", "evidence"])
    full = provenance_of(planner, "full", {}, rows).assumed
    assert (full.part, full.of) == (
        0.5, "the 2 rows listed under what it assumes, by count; the notes say what growth rests on"
    )  # fmt: skip
    assert provenance_of(planner, "why", {}, rows).assumed.of == "the 2 rows listed under what it assumes, by count"
    none = pd.DataFrame(columns=list(ASSUMED))
    assert provenance_of(planner, "describe", {}, none).assumed.part == 0.0
    assert provenance_of(planner, "forecast", {}, none).assumed.part is None
