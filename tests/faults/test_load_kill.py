"""A load that is killed leaves all of its rows or none, and running it again completes it with exact totals."""

import signal
import time

import numpy as np
import pandas as pd
import pytest

from shiftcast.pipelines.store import Store
from shiftcast.pipelines.store.verify import verify

pytestmark = pytest.mark.fault
ROWS = 40
KNOWN = pd.Timestamp("2026-03-05", tz="UTC")
CALLS, CHANGES, TIMES = 12, 24, 14  # moments: of a function called, of a file changed, of the clock; 50 in all


def totals(store):
    """Return the accelerator-hours of each load that a reader sees, every file checked against its digest."""
    return store.as_of(KNOWN).groupby("source")["value"].sum().to_dict()


def expected(last):
    return {f"jobs-{seed}.csv": float(seed * ROWS) for seed in range(1, last + 1)}


def moments(loads, root):
    """Return fifty moments spread at random over a load, seeded."""
    random, steps = np.random.default_rng(20260826), {}
    for seed, kind in ((2, "call"), (3, "change")):  # the third load compacts as well
        began = time.monotonic()
        assert loads.run(root, seed, moment=f"{kind}:inf") == 0
        steps[kind], seconds = loads.steps, time.monotonic() - began
    picked = [("call", each) for each in random.integers(1, int(steps["call"] * 0.9), CALLS)]
    picked += [("change", each) for each in random.integers(1, steps["change"] - 4, CHANGES)]
    return [*picked, *(("time", each) for each in random.uniform(0.05, 0.95, TIMES) * seconds)]


def die(loads, root, seed, kind, when):
    """Load until the moment; return how the process ended."""
    if kind != "time":
        return loads.run(root, seed, moment=f"{kind}:{when}")
    child = loads.start(root, seed)
    time.sleep(when)
    loads.kill(child)
    return loads.wait(child)


def test_a_load_killed_at_fifty_moments_is_there_whole_or_not_at_all(loads, tmp_path):
    root = tmp_path / "mlruns"
    store = Store(root)
    assert loads.run(root, 1) == 0
    ended = []
    for seed, (kind, when) in enumerate(moments(loads, root), start=4):
        ended.append((kind, die(loads, root, seed, kind, when)))
        assert totals(store) in (expected(seed - 1), expected(seed))
        assert loads.run(root, seed) == 0
        assert totals(store) == expected(seed)
    assert len(ended) == CALLS + CHANGES + TIMES
    compacting = {seed - 4 for seed in range(4, len(ended) + 4) if seed % 3 == 0}  # others change fewer files
    assert {end for kind, end in ended if kind == "call"} == {-signal.SIGKILL}
    assert all(ended[at][1] == -signal.SIGKILL for at in compacting if ended[at][0] == "change")
    assert list((store.folder / "staging").iterdir()) == []
    assert verify(store) == []
    usage = store.as_of(KNOWN)
    assert usage.groupby("source")["value"].sum().to_dict() == expected(len(ended) + 3)
    assert len(usage) == ROWS * (len(ended) + 3)


def test_two_loads_at_once_both_land(loads, tmp_path):
    store = Store(tmp_path / "mlruns")
    children = [loads.start(store.root, seed) for seed in (1, 2, 4, 5)]
    assert [loads.wait(child) for child in children] == [0] * 4
    assert totals(store) == {f"jobs-{seed}.csv": float(seed * ROWS) for seed in (1, 2, 4, 5)}
    assert [entry.number for entry in store.entries()] == [1, 2, 3, 4]


def test_the_same_load_twice_at_once_lands_once(loads, tmp_path):
    store = Store(tmp_path / "mlruns")
    children = [loads.start(store.root, 1) for _ in range(3)]
    assert [loads.wait(child) for child in children] == [0] * 3
    assert len(store.entries()) == 1
    assert totals(store) == expected(1)
