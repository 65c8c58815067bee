import numpy as np
import pandas as pd

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
