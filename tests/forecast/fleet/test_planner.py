import numpy as np
import pandas as pd
import pytest

from shiftcast.features.input_error import InputError
from shiftcast.forecast.fleet.facts import Fleet
from shiftcast.forecast.fleet.planner import Planner
from shiftcast.forecast.known import Settings, basis_of


def test_parts_are_owners_where_no_workload_is_known(usage, known_on):
    none = ("unlabelled", "unlabelled")
    rows = [
        usage({none: np.full(91, hours)}, start="2026-08-01", user=user) for user, hours in (("ana", 3e2), ("bo", 1e2))
    ]
    planner = Planner(
        Fleet("mine"), pd.concat(rows, ignore_index=True), basis_of(known_on(), Settings(draws=50, seed=3))
    )
    assert set(planner.forecast(through="2026Q4").table["user"]) == {"all", "ana", "bo"}
    assert planner.why("2026-08", "2026-09").table["factor"].iloc[0] == "2026-08"
    asked = planner.forecast(through="2026Q4", by=("workload",)).table
    assert set(asked["workload"]) <= {"all", "unlabelled"}


def test_usage_that_ended_long_ago_is_said_and_then_refused(usage, known_on):
    rows = usage({("recsys", "deep"): np.full(120, 50.0)}, start="2026-04-01")

    def asked(day):
        basis = basis_of(known_on(pd.Timestamp(day, tz="UTC")), Settings(draws=50))
        return Planner(Fleet("mine"), rows, basis)

    assert asked("2026-08-20").demand("2026Q4").notes[0][:10] != "usage of m"
    assert asked("2026-10-30").demand("2026Q4").notes[0] == (
        "usage of mine ends 2026-07-30, 13 weeks before 2026-10-30: ingest newer exports, or, as of then, ingest once "
        "more with --known-at 2026-07-30, then ask with --as-of 2026-07-30"
    )
    rows["known_at"] = pd.Timestamp("2026-07-30", tz="UTC")  # what was known then needs no second ingest
    assert asked("2026-10-30").demand("2026Q4").notes[0].endswith("as of then, ask with --as-of 2026-07-30")
    with pytest.raises(InputError, match="ends 2026-07-30, 91 weeks before 2028-04-27; ingest newer exports"):
        asked("2028-04-27").demand("2028Q4")


def test_a_planner_asked_without_end_keeps_the_last_few_demands(usage, known_on):
    planner = Planner(Fleet("mine"), usage({("recsys", "deep"): np.full(120, 50.0)}, start="2026-07-20"),
                      basis_of(known_on(), Settings(draws=4)))  # fmt: skip
    days = [f"2026-12-{number:02}" for number in range(1, 15)]
    made = [planner.demand(last) for last in days]
    assert list(planner._made) == [(last, ("workload", "technique")) for last in days[-8:]]
    assert planner.demand(days[-1]) is made[-1]
    again = planner.demand(days[0])
    assert again is not made[0]
    assert (again.hours == made[0].hours).all()
