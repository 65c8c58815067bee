"""Acts on a folder of state, each killed or failed at every change that it makes to the disk."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from shiftcast.pipelines.job.overrides import read_overrides
from shiftcast.pipelines.publish.publication import PUBLISHED, published_digest
from shiftcast.pipelines.publish.standing import noted_out
from shiftcast.pipelines.schedule.runner import last_run
from shiftcast.pipelines.state.guard import guarded, read_fence
from shiftcast.pipelines.state.ledger import entries
from shiftcast.pipelines.store import Store
from shiftcast.pipelines.store.snapshots import read_snapshot, snapshots
from shiftcast.pipelines.store.verify import verify
from table.case import Bench, Case, NoSuchStep

ROWS = 40
KNOWN = pd.Timestamp("2026-03-05", tz="UTC")
TOLD = 3
SEED = 3
Seen = dict[str, object]


def hours(root: Path) -> Seen:
    """Return the accelerator-hours of each load, every file checked against its digest."""
    return dict(Store(root).as_of(KNOWN).groupby("source", observed=True)["value"].sum())


def copied(root: Path) -> Seen:
    """Return the hours of every snapshot."""
    store = Store(root)
    return {name: float(read_snapshot(store, name)["value"].sum()) for name in snapshots(store)}


def table(name: str, root: Path) -> Seen:
    """Return what a file that is exported holds, which has to be a whole table."""
    file = root.parent / name
    if not file.exists():
        return {}
    read = {".csv": pd.read_csv, ".xlsx": pd.read_excel, ".parquet": pd.read_parquet}[file.suffix]
    if file.suffix == ".xlsx":
        return {"bytes": file.read_bytes()[:4] == b"PK\x03\x04"}
    return {"hours": float(read(file)["value"].sum())}


def publication(root: Path) -> Seen:
    """Return the digest of a publication, whose files have to be of one piece wherever it says that it is whole."""
    out = root.parent / "out"
    digest = published_digest(out)
    pieces = {(out / name).read_text(encoding="utf-8") for name in PUBLISHED} if digest else set()
    assert pieces <= {digest}, f"a mixture of {pieces}"
    return {"out": digest}


def runs(root: Path) -> Seen:
    """Return what the steps left that are written down."""
    return {"steps": {entry.detail for entry in entries(root)}}


def noted(root: Path) -> Seen:
    """Return the name of the folder that the champion is noted to be published to."""
    return {"out": getattr(noted_out(root), "name", "")}


def overridden(root: Path) -> Seen:
    """Return who has overridden a figure."""
    return {"who": read_overrides(root)["who"].tolist()}


def units(root: Path) -> Seen:
    """Return the files of a schedule that are there whole."""
    folder = root.parent / "units"
    return {path.name: path.read_text(encoding="utf-8").endswith("\n") for path in sorted(folder.glob("[!.]*"))}


@dataclass(frozen=True)
class Act:
    """An act, what it shows when it is done, and how many changes it makes.

    Attributes
    ----------
    name, words
        Its name in acts.py, and in the table.
    state
        What a reader sees of a folder of state.
    steps
        Changes of files that it makes, each a moment to die at; test_table.py tells where they are others.
    half
        Whether a reader may see nothing whole in between, said so by the digest that is missing.
    every
        Of how many changes in a row one is tried, where they are of one kind.
    """

    name: str
    words: str
    state: Callable[[Path], Seen]
    steps: int
    half: bool = False
    every: int = 1


ACTS = (
    Act("load", "a load", hours, 19),
    Act("compact", "a compaction", hours, 23, every=2),
    Act("ingest", "an ingest", hours, 22, every=2),
    Act("snapshot", "a snapshot", copied, 9),
    Act("export", "an export to CSV", partial(table, "usage.csv"), 2),
    Act("export-xlsx", "an export to xlsx", partial(table, "usage.xlsx"), 3),
    Act("export-parquet", "an export to Parquet", partial(table, "usage.parquet"), 2),
    Act("publish", "a publication", publication, 12),
    Act("publish-two-steps", "a publication without exchange", publication, 14, half=True),
    Act("publish-in-place", "a publication in place", publication, 43, half=True, every=3),
    Act("run", "the lock, number and ledger of a run", runs, 9),
    Act("override", "an override", overridden, 6),
    Act("note", "a note of where the champion is published", noted, 2),
    Act("schedule-state", "the state of a schedule", lambda root: {"last": last_run(root, str(SEED))}, 3),
    Act("schedule-files", "the files of a schedule", units, 5, half=True),
)
BY_NAME = {act.name: act for act in ACTS}
# a folder is there already; what is left the next sweeps; a commit counts without its mark, synced or not;
# archives and locks that cannot be opened are tried once more by the libraries that write and hold them
PASSED_OVER = re.compile(
    r"os\.(mkdir|rmdir|remove) |open (committed|\.usage\.\d+\.part\.xlsx|[0-9a-f]{32}\.lock)|\d{8}-[0-9a-f]{12}$"
)


def sound(root: Path) -> None:
    """Look at everything that other acts left: it has to be readable, and the store whole."""
    store = Store(root)
    assert verify(store) == []
    with store.writing():  # the next write sweeps what a dead one staged
        pass
    staged = [path.name for path in (store.folder / "staging").glob("*")]
    assert [name for name in staged if not name.endswith(".lock")] == []
    read_overrides(root)
    with guarded(root, wait=5) as fence:
        assert fence.token >= int(read_fence(root).get("token", 0))


def tried(bench: Bench, act: Act, fault: tuple[str, float, str], **request: object) -> tuple[int, Any, str]:
    """Do an act under a fault; before and after are all that is ever seen; return what Acts.counted does."""
    acts, root = bench.fixture("acts"), bench.state()
    before = act.state(root)
    code, met, said = acts.counted(act.name, root, SEED, fault=fault, **request)
    if code == 0 and met.steps < fault[1] < float("inf"):
        raise NoSuchStep
    after = dict(bench.fixture("after")(act, root))
    between = act.state(root)
    assert between in (before, after) or act.half, f"{between} is neither {before} nor {after}"
    ended, why = acts.act(act.name, root, SEED)
    assert ended == 0 or "has overridden this figure on" in why, f"done again: {why}"
    assert act.state(root) == after, f"done again: {act.state(root)}, not {after}"
    sound(root)
    return code, met, said


def killed(bench: Bench, act: Act, step: int) -> None:
    """Kill an act as it makes a change."""
    code, _, said = tried(bench, act, ("change", step, ""))
    assert code == -signal.SIGKILL, said


def failed(bench: Bench, act: Act, kind: str, step: int, error: str) -> None:
    """Let the system refuse a change of an act."""
    code, met, said = tried(bench, act, (kind, step, error))
    assert met.steps >= step, f"ended at step {met.steps}: {said}"
    assert code == TOLD or (code == 0 and (kind == "read" or PASSED_OVER.match(met.step))), (code, met, said)
    assert "\n" not in said


WHOLE = "what it does is there whole or not at all, nothing else is touched, and doing it again completes it"
LOOKED = "state before, after and done again; digests of the store; nothing staged; the next run's lock"
PLAIN = "told in one line, all or nothing done, and doing it again completes it"
KILLS = {"publish": "publish", "publish-two-steps": "publish", "publish-in-place": "publish",
         "run": "kill-retrain", "note": "champion", "schedule-state": "schedule-files",
         "schedule-files": "schedule-files"}  # fmt: skip


def cases() -> Iterator[Case]:
    """Yield each act killed at each of its changes, and failed there by the system: by turns for want of space."""
    for act in ACTS:
        each = range(1, act.steps + 1, act.every)
        for step in each:
            area = KILLS.get(act.name, "kill-ingest")
            yield Case(area, f"{act.words} killed at change {step}", WHOLE, LOOKED, partial(killed, act=act, step=step))
        for number, step in enumerate(each):
            error = ("EIO", "ENOSPC", "EROFS", "ENOSPC", "ESTALE", "EDQUOT", "EACCES")[number % 7]
            full = error in {"ENOSPC", "EDQUOT"}
            yield Case("disk-full" if full else "syscall-faults", f"{act.words}: {error} at change {step}", PLAIN,
            LOOKED,
                       partial(failed, act=act, kind="change", step=step, error=error))  # fmt: skip
