"""A process that forks one load into the usage store after another, each dying where it is told."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from forking import serve

from shiftcast.features.frames import DIMENSIONS
from shiftcast.pipelines.engine import aggregate
from shiftcast.pipelines.store import Store

ROWS = 40
KNOWN = pd.Timestamp("2026-03-05", tz="UTC")
WATCHED = {"os.rename", "os.mkdir", "os.remove", "os.rmdir"}


def die_at(limit: float, kind: str) -> Callable[[], int]:
    """Die at the ``limit``-th call of any function, or at the ``limit``-th change of a file; count either."""
    done = [0]

    def step() -> None:
        done[0] += 1
        if done[0] >= limit:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(name: str, given: tuple[object, ...]) -> None:
        if name in WATCHED or (name == "open" and isinstance(given[1], str) and set(given[1]) & set("wax+")):
            step()

    if kind == "call":
        sys.setprofile(lambda *_: step())
    else:
        sys.addaudithook(hook)
    return lambda: done[0]


def load(root: Path, seed: int) -> None:
    """Load the jobs of a seed: so many of one hour, ``seed`` accelerators each, every third load after a compaction."""
    start = pd.Timestamp("2026-03-01", tz="UTC") + pd.Timedelta(days=seed)
    jobs = pd.DataFrame({**dict.fromkeys(DIMENSIONS, "all"), "measure": "gpu_hours", "unit": "accelerator_hour",
                         "status": "served", "source": f"jobs-{seed}.csv", "amount": float(seed), "start": start},
                        index=range(ROWS))  # fmt: skip
    jobs["start"] += pd.to_timedelta(jobs.index, unit="h")
    jobs["end"] = jobs["start"] + pd.Timedelta(hours=1)
    store = Store(root)
    if seed % 3 == 0:
        store.compact()
    store.append(aggregate(spans=jobs), None, hashlib.sha256(str(seed).encode()).hexdigest(), KNOWN)


def work(request: dict[str, object]) -> None:
    kind, _, limit = str(request.get("moment") or "change:inf").partition(":")
    steps = die_at(float(limit), kind)
    load(Path(str(request["root"])), int(str(request["seed"])))
    sys.setprofile(None)
    Path(str(request["note"])).write_text(str(steps()), encoding="utf-8")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    serve(work)
