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
import pyarrow as pa
import pyarrow.parquet as pq
from forking import serve

from shiftcast.features.frames import DIMENSIONS, Quarantine, empty
from shiftcast.pipelines.engine.arrow import to_arrow
from shiftcast.pipelines.sources.normal import PART_SCHEMA
from shiftcast.pipelines.store import Arrival, Reckoning, Store, load_items

ROWS = 40
STORED = pa.schema([
    pa.field(each.name, pa.string()) if pa.types.is_dictionary(each.type) else each for each in PART_SCHEMA
    if each.name not in {"file", "line", "stem", "track", "clue"}
])  # fmt: skip
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


def jobs_of(seed: int) -> pd.DataFrame:
    """Return the jobs of a seed as parts: so many of one hour, ``seed`` accelerators each."""
    start = pd.Timestamp("2026-03-01", tz="UTC") + pd.Timedelta(days=seed)
    jobs = pd.DataFrame({**dict.fromkeys(DIMENSIONS, "all"), "measure": "gpu_hours", "unit": "accelerator_hour",
                         "status": "served", "source": f"jobs-{seed}.csv", "amount": float(seed), "start": start},
                        index=range(ROWS))  # fmt: skip
    jobs["start"] += pd.to_timedelta(jobs.index, unit="h")
    return jobs.assign(
        end=jobs["start"] + pd.Timedelta(hours=1), how="span", series="", id=jobs.index + 1000 * seed, attempt=0,
        progress=2, extent=0.0, scope=0, born=jobs["start"], lead=True, named=True,
    )  # fmt: skip


def load(root: Path, seed: int) -> None:
    """Load the jobs of a seed, every third load those of the seed before again, after a compaction."""
    store, parts = Store(root), root.parent / f"parts-{os.getpid()}.parquet"
    if seed % 3 == 0:
        store.compact()
    jobs = [jobs_of(each) for each in ((seed - 1, seed) if seed % 3 == 0 else (seed,))]
    pq.write_table(to_arrow(pd.concat(jobs)).select(STORED.names).cast(STORED), parts)
    arrival = Arrival(parts, KNOWN, restates=False, guessed=False)
    digest = hashlib.sha256(str(seed).encode()).hexdigest()
    load_items(store, arrival, empty(Quarantine), digest, Reckoning())


def work(request: dict[str, object]) -> None:
    kind, _, limit = str(request.get("moment") or "change:inf").partition(":")
    steps = die_at(float(limit), kind)
    load(Path(str(request["root"])), int(str(request["seed"])))
    sys.setprofile(None)
    Path(str(request["note"])).write_text(str(steps()), encoding="utf-8")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    serve(work)
