"""A process that forks one act on a folder of state after another, each meeting the fault it is told to.

An act is what a command does to the disk: a load, a compaction, a publication. A fault is a kill or an error of the
system at the n-th change of a file, or a limit of the machine.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import importlib
import os
import resource
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import IO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from forking import serve

from shiftcast.features.frames import DIMENSIONS, Quarantine, empty
from shiftcast.features.input_error import InputError
from shiftcast.features.usage import to_series
from shiftcast.pipelines.cli import ENDED
from shiftcast.pipelines.cli import _failed as told_by_its_first_line
from shiftcast.pipelines.engine.arrow import to_arrow
from shiftcast.pipelines.ingest.load import IngestRequest, ingest
from shiftcast.pipelines.job.overrides import add_override
from shiftcast.pipelines.publish import publication
from shiftcast.pipelines.publish.publication import publish
from shiftcast.pipelines.publish.standing import note_published
from shiftcast.pipelines.schedule import runner
from shiftcast.pipelines.schedule.cron import parse_cron
from shiftcast.pipelines.schedule.files import Scheduled, write_files
from shiftcast.pipelines.sources.normal import PART_SCHEMA
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.state.guard import guarded
from shiftcast.pipelines.state.ledger import DONE, Ledger
from shiftcast.pipelines.store import Arrival, Reckoning, Store, load_items
from shiftcast.pipelines.store.snapshots import take_snapshot
from shiftcast.pipelines.store.verify import refuse_damage
from shiftcast.pipelines.tables.writing import write_table

ROWS = 40
TOLD, TRACE = 3, 1  # exit codes of an act that said in one line what was wrong, and of one that did not
STORED = pa.schema([
    pa.field(each.name, pa.string()) if pa.types.is_dictionary(each.type) else each for each in PART_SCHEMA
    if each.name not in {"file", "line", "stem", "track", "clue"}
])  # fmt: skip
KNOWN = pd.Timestamp("2026-03-05", tz="UTC")
CHANGES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir"}
OVERRIDE = {
    "made_at": pd.Timestamp("2026-11-20", tz="UTC"), "who": "Ann", "segment": "all", "leaf": "all",
    "measure": "spending", "base": "none", "definition": "recast_2",
    "period_end": pd.Timestamp("2027-03-31", tz="UTC"), "low": 1e11, "mid": 1.2e11, "high": 1.5e11,
    "unit": "USD/quarter", "reason": "orders",
}  # fmt: skip


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
    """Load the jobs of a seed into the store of usage."""
    parts = root.parent / f"parts-{seed}.parquet"
    pq.write_table(to_arrow(jobs_of(seed)).select(STORED.names).cast(STORED), parts)
    arrival = Arrival(parts, KNOWN, restates=False, guessed=False)
    load_items(Store(root), arrival, empty(Quarantine), hashlib.sha256(str(seed).encode()).hexdigest(), Reckoning())


def export(root: Path, seed: int, *, name: str = "usage.csv") -> float:
    """Write the hours of the store as a table; return their sum."""
    series = to_series(Store(root).as_of(KNOWN), "day", group="segment")
    write_table(series, root.parent / name)
    return float(series["value"].sum())


def published(root: Path, seed: int) -> None:
    """Publish a forecast whose every file holds its seed."""
    publication._write = lambda bundle, fresh, place: [
        (fresh / name).write_text(bundle.summary.digest, encoding="utf-8") for name in publication.PUBLISHED
    ]
    publish(SimpleNamespace(summary=SimpleNamespace(digest=str(seed))), root.parent / "out", lambda *_: None)


def published_in_two_steps(root: Path, seed: int) -> None:
    """Publish where the system cannot exchange two folders."""
    publication._exchange = lambda *_: False
    published(root, seed)


def published_in_place(root: Path, seed: int) -> None:
    """Publish into a folder that cannot be swapped for another, as a mount point."""
    publication._filled_in_place = lambda out: out.is_dir()
    published(root, seed)


def ran(root: Path, seed: int) -> None:
    """Take the lock and the next number, as a run does, and write down a step."""
    with guarded(root, wait=0) as fence:
        Ledger(root, fence.token, str(seed), "2026-03-01").write("fit", DONE, str(seed))


def scheduled(root: Path, seed: int) -> None:
    """Write the files of a schedule."""
    job = Scheduled(parse_cron("0 6 * * MON"), "UTC", "shiftcast", "/srv", (f"--seed={seed}",), "image")
    write_files("systemd", job, root.parent / "units")


ACTS: dict[str, Callable[[Path, int], object]] = {
    "load": load,
    "compact": lambda root, _: Store(root).compact(),
    "snapshot": lambda root, _: take_snapshot(Store(root), KNOWN),
    "export": export,
    "export-xlsx": lambda root, seed: export(root, seed, name="usage.xlsx"),
    "export-parquet": lambda root, seed: export(root, seed, name="usage.parquet"),
    "publish": published,
    "publish-two-steps": published_in_two_steps,
    "publish-in-place": published_in_place,
    "run": ran,
    "override": lambda root, seed: add_override(root, {**OVERRIDE, "who": f"Ann {seed}"}),
    "note": lambda root, seed: note_published(root, root.parent / f"out{seed}", champion=True),
    "schedule-state": lambda root, seed: runner._keep(root, str(seed), KNOWN.to_pydatetime()),
    "schedule-files": scheduled,
    "ingest": lambda root, seed: ingest(
        IngestRequest("jobs", (str(root.parent / "jobs-3.csv"),), Setting(cluster="alps"), KNOWN, root)
    ),
    "read": lambda root, _: float(Store(root).as_of(KNOWN)["value"].sum()),
    "verify": lambda root, _: refuse_damage(Store(root)),
}


class Meddler:
    """Counts what an act does below a folder, and lets the n-th time of a kind die or fail."""

    def __init__(self, place: Path, kind: str, nth: float, error: int, *, ever: bool) -> None:
        self.place, self.kind, self.nth, self.error, self.ever = str(place), kind, nth, error, ever
        self.done, self.on, self.hit = 0, False, ""

    def met(self, step: str = "") -> None:
        self.done += 1
        if self.done == self.nth:
            self.hit = step
        if self.done >= self.nth and self.on:
            if not self.error:
                os.kill(os.getpid(), signal.SIGKILL)
            if self.done == self.nth or self.ever:
                raise OSError(self.error, os.strerror(self.error))

    def hook(self, name: str, given: tuple[object, ...]) -> None:
        if not self.on or (name != "open" and name not in CHANGES) or not self._below(given[0]):
            return
        written = name != "open" or _writes(given)
        if (self.kind == "change" and written) or (self.kind == "read" and not written):
            self.met(f"{name} {Path(str(given[0])).name}")

    def _below(self, path: object) -> bool:
        return isinstance(path, (str, Path)) and os.path.abspath(path).startswith(self.place)  # noqa: PTH100  (a link is not followed)

    def meddle(self) -> None:
        """Begin to count; of syncs and locks by standing in for the call, of files by the interpreter's own hook."""
        for kind, module, name in (("sync", os, "fsync"), ("lock", fcntl, "flock")):
            if self.kind == kind:
                real = getattr(module, name)
                setattr(module, name, lambda *given, real=real: (self.met(_named(given[0])), real(*given))[1])
        if self.kind == "call":
            sys.setprofile(lambda *_: self.met())
        sys.addaudithook(self.hook)
        self.on = True


def _named(handle: int | IO[bytes]) -> str:
    """Return the name of what is open."""
    number = handle if isinstance(handle, int) else handle.fileno()
    return Path(f"/proc/self/fd/{number}").readlink().name


def _writes(given: tuple[object, ...]) -> bool:
    mode, flags = given[1], given[2]
    return bool(set(mode) & set("wax+")) if isinstance(mode, str) else bool(int(flags) & (os.O_WRONLY | os.O_RDWR))


def limited(request: dict[str, object]) -> None:
    """Take away from this process what the request says it shall not have."""
    for name, most in dict(request.get("limits") or {}).items():
        kind = getattr(resource, name)
        resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    if request.get("user"):
        os.setgroups([])
        os.setgid(int(str(request["user"])))
        os.setuid(int(str(request["user"])))


def work(request: dict[str, object]) -> None:
    """Do one act; exit by a code that says how it ended; note how often the fault's kind was met, and what was said."""
    root, note = Path(str(request["root"])), Path(str(request["note"]))
    kind, nth, error = request.get("fault") or ("change", float("inf"), "")
    said = note.open("w", encoding="utf-8")  # before the limits
    meddler = Meddler(root.parent, str(kind), float(str(nth)), getattr(errno, str(error), 0),
                      ever=bool(request.get("repeat")))  # fmt: skip
    limited(request)
    code, text = 0, ""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(ENDED))
    try:
        meddler.meddle()
        found = ACTS[str(request["what"])](root, int(str(request["seed"])))
        text = str(found) if isinstance(found, float) else ""
    except (SystemExit, KeyboardInterrupt):  # told to stop, as the command line is
        os._exit(ENDED)
    except BaseException as failed:  # (a child must never go on as a second server)
        meddler.on = False
        code, text = (TOLD, f"{failed}") if _in_one_line(failed) else (TRACE, traceback.format_exc())
    meddler.on = False
    sys.setprofile(None)
    with contextlib.suppress(OSError):
        said.write(f"{meddler.done}\t{meddler.hit}\t{text}")
        said.close()
    os._exit(code)


def _in_one_line(error: BaseException) -> bool:
    """Return whether the command line tells an error in one line, without a trace."""
    ours = isinstance(error, (InputError, OSError, MemoryError)) and "\n" not in str(error)
    return ours or (isinstance(error, Exception) and told_by_its_first_line(error))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for name in ("pyarrow.parquet", "shiftcast.pipelines.sources.catalogue"):
        importlib.import_module(name)
    serve(work)
