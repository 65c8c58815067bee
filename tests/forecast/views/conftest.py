"""A cube to work out by hand: search in two segments, four draws, hardware to 2026 and techniques to 2027."""

import numpy as np
import pytest
import xarray as xr

from shiftcast.features.calendars import calendar_quarters

TECHNIQUES = ["search/lexical", "search/deep", "search/llm", "training/llm"]
LEAVES = {"internal": "hyperscale", "sovereign": "rest", "edge": "rest", "vendor_internal": "vendor_internal"}
LLM = {"hyperscale": [0.6, 0.2, 0.2, 0.2], "rest": [0.1, 0.1, 0.1, 0.1]}  # of requests today, by draw
CROSSES = {"hyperscale": [0, 3, 6, 8], "rest": [8, 8, 8, 8]}  # position of the quarter from which it is 0.6
HOURS_EACH, WORK_EACH, PLACED = [0.0, 1.0, 4.0, 1.0], [0.0, 2.0, 1.0, 0.0], [0.0, 0.5, 1.0, 1.0]
QUARTERS, HARDWARE = calendar_quarters("2026Q1", "2027Q4"), 4


def requests(side: str) -> np.ndarray:
    """Return shares of requests, shape (draws, quarters, techniques): lexical has a quarter of what llm leaves."""
    at, today = np.array(CROSSES[side])[:, None], np.array(LLM[side])[:, None]
    llm = np.where(np.arange(len(QUARTERS)) >= at, 0.6, np.minimum(today, 0.2))
    return np.stack([(1 - llm) / 4, 3 * (1 - llm) / 4, llm, np.ones_like(llm)], axis=-1)


@pytest.fixture
def by_hand() -> xr.Dataset:
    """Return the cube; half of the requests are hyperscale's, and the fleet serves three times what was seen below."""
    shares = {side: requests(side) for side in ("hyperscale", "rest")}
    each = np.array(HOURS_EACH) * np.array(PLACED)
    hours = np.zeros((4, HARDWARE, len(LEAVES), 3))
    for row, side in enumerate(LEAVES.values()):
        if side in shares:
            within = 0.5 if side == "rest" else 1.0
            hours[:, :, row, :2] = 3 * 0.5 * within * (shares[side] * each)[:, :HARDWARE, 1:3]
    ends = QUARTERS.tz_localize(None)
    return xr.Dataset(
        {
            "gpu_hours": (("draw", "period", "leaf", "task"), hours),
            "technique_requests": (
                ("draw", "migration_period", "segment", "technique"), np.stack(list(shares.values()), axis=2),
            ),
            "hours_each": (
                ("draw", "migration_period", "technique"), np.broadcast_to(HOURS_EACH, (4, len(QUARTERS), 4)).copy(),
            ),
            "work_each": (("draw", "technique"), np.broadcast_to(WORK_EACH, (4, 4)).copy()),
            "placed": (("draw", "segment", "technique"), np.broadcast_to(PLACED, (4, 2, 4)).copy()),
            "used": (("draw", "segment", "workload"), np.full((4, 2, 1), 0.5)),
        },
        coords={
            "period": ends[:HARDWARE], "migration_period": ends, "leaf": list(LEAVES),
            "segment": list(shares), "task": ["search/deep", "search/llm", "unallocated"], "technique": TECHNIQUES,
            "workload": ["search"],
        },
        attrs={"first_forecast": "2026Q3", "origin": "2026-08-01"},
    )  # fmt: skip


@pytest.fixture
def older(by_hand: xr.Dataset) -> xr.Dataset:
    """Return the cube as it was kept before technique shares had a horizon of their own."""
    kept = by_hand["technique_requests"][:, :HARDWARE].rename(migration_period="period")
    kept = kept.assign_coords(period=by_hand["period"])
    less = by_hand.drop_vars(["technique_requests", "hours_each", "work_each", "placed", "used"])
    return less.drop_vars("migration_period").assign(request_share=kept)
