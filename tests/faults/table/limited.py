"""Limits of the machine and of the user: what cannot be done is told in one line, and what was there stays."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from shiftcast.pipelines.cli import ENDED
from shiftcast.pipelines.store import Store
from table.acted import BY_NAME, KNOWN, LOOKED, PLAIN, SEED, TOLD, WHOLE, Act, failed, sound, tried
from table.case import Bench, Case, Kind
from table.damaged import HOURS

HEAVY = ("load", "compact", "ingest", "snapshot")
SIZES = (0, 100, 1000, 2000, 4000, 8000)
NOBODY = 65534
SYNCS = {"load": 9, "compact": 8, "ingest": 11, "snapshot": 5, "run": 3, "note": 1}
READS = {"load": 22, "compact": 25, "ingest": 23, "snapshot": 14, "export": 8}
MINE = (
    "load", "compact", "snapshot", "publish", "override", "run", "note", "schedule-state", "schedule-files", "export",
    "read",
)  # fmt: skip


def short_of(bench: Bench, act: Act, name: str, most: int) -> None:
    """Take a limit away: all or nothing is done, and it is told in one line."""
    code, _, said = tried(bench, act, ("change", float("inf"), ""), limits={name: most})
    assert code in {0, TOLD}, said
    assert "\n" not in said


def as_another_user(bench: Bench, act: Act, mode: int) -> None:
    """Do an act as a user who may not write there: it is told in one line, and nothing is changed."""
    acts, root = bench.fixture("acts"), bench.state()
    for path in (bench.tmp, *bench.tmp.rglob("*")):
        path.chmod(mode | 0o111 if path.is_dir() else mode)
    note = bench.tmp / f"said-{act.name}-{SEED}"
    note.touch()
    note.chmod(0o666)
    for each in (bench.tmp.parent, bench.tmp.parent.parent):
        each.chmod(0o755)
    before = _bytes(root)
    code, said = acts.act(act.name, root, SEED, user=NOBODY)
    assert "\n" not in said
    assert code == TOLD or (code == 0 and act.name == "read"), said
    assert _bytes(root) == before


def _bytes(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def interrupted(bench: Bench, act: Act, name: str, after: float) -> None:
    """Send a signal while it works: it is there whole or not at all, and doing it again completes it."""
    acts, root, number = bench.fixture("acts"), bench.state(), getattr(signal, name)
    before, done = act.state(root), dict(bench.fixture("after")(act, root))
    child = acts.start_act(act.name, root, SEED)
    time.sleep(after)
    acts.send(child, number)
    code = acts.wait(child)
    assert code in {-number, ENDED, 0}, acts.told(act.name, root, SEED)
    assert act.state(root) in ((done,) if code == 0 else (before, done))
    assert acts.act(act.name, root, SEED)[0] == 0
    assert act.state(root) == done
    sound(root)


def without_locks(bench: Bench, act: Act, error: str) -> None:
    """A file system without locks is told at once; nothing waits, and nothing is done."""
    acts, root = bench.fixture("acts"), bench.state()
    before, began = act.state(root), time.monotonic()
    code, said = acts.act(act.name, root, SEED, fault=("lock", 1, error), repeat=True)
    assert (code, act.state(root)) == (TOLD, before), said
    assert time.monotonic() - began < 60
    assert dict(Store(root).as_of(KNOWN).groupby("source", observed=True)["value"].sum()) == HOURS


FULL = Kind("disk-full", PLAIN, LOOKED)
FEW_FILES = Kind("signals-limits", PLAIN, LOOKED)
STOPPED = Kind("signals-limits", "all or nothing done, and doing it again completes it", LOOKED)
KILLED = Kind("kill-ingest", WHOLE, LOOKED)
NOT_MINE = Kind("permissions", "told in one line, and nothing is changed", "the message, every byte of the state")
NO_LOCKS = Kind(
    "syscall-faults", "told at once, and nothing is done", "the message, how long it took, the state before and after"
)
CALLS = Kind("syscall-faults", PLAIN, LOOKED)


def cases() -> Iterator[Case]:
    """Yield acts under each limit."""
    yield from _short()
    yield from _ended()
    yield from _refused()


def _short() -> Iterator[Case]:
    for name in (*HEAVY, "export", "export-xlsx", "export-parquet", "override", "publish"):
        for most in SIZES if name in HEAVY else SIZES[:3]:
            yield _limited(FULL, name, f"files of at most {most} bytes", "RLIMIT_FSIZE", most)
    for name in ("run", "note", "schedule-state", "schedule-files"):
        for most in (0, 10):
            yield _limited(FULL, name, f"files of at most {most} bytes", "RLIMIT_FSIZE", most)
    for name in (*HEAVY, "publish", "override", "run"):
        for most in (12, 24):
            yield _limited(FEW_FILES, name, f"at most {most} open files", "RLIMIT_NOFILE", most)


def _limited(kind: Kind, name: str, words: str, limit: str, most: int) -> Case:
    act = BY_NAME[name]
    return kind(f"{act.words}: {words}", partial(short_of, act=act, name=limit, most=most))


def _ended() -> Iterator[Case]:
    for act in (BY_NAME[name] for name in (*HEAVY, "export")):
        for sent, after in {"SIGTERM": 0.05, "SIGINT": 0.15, "SIGHUP": 0.3, "SIGQUIT": 0.6}.items():
            yield STOPPED(f"{act.words}: {sent}", partial(interrupted, act=act, name=sent, after=after))
    for act in (BY_NAME[name] for name in HEAVY):
        for after in (0.02, 0.1, 0.25, 0.5):
            held = partial(interrupted, act=act, name="SIGKILL", after=after)
            yield KILLED(f"{act.words} killed after {after} s", held)


def _refused() -> Iterator[Case]:
    for name in MINE:
        act = BY_NAME.get(name, Act("read", "a reader", BY_NAME["load"].state, 0))
        for words, mode in {"readable only": 0o444, "not even readable": 0o000}.items():
            yield NOT_MINE(f"{act.words}: state of another user, {words}", partial(as_another_user, act=act, mode=mode))
    for act in (BY_NAME[name] for name in ("load", "compact", "snapshot", "run", "override")):
        for error in ("ENOSYS", "EIO", "ENOLCK", "EACCES"):
            yield NO_LOCKS(f"{act.words}: flock gives {error}", partial(without_locks, act=act, error=error))
    for name, times in SYNCS.items():
        for nth in range(1, times + 1, 2):
            yield _failing(name, f"sync {nth}", "sync", nth, "EIO")
    for name, times in READS.items():
        for nth in range(1, times + 1, 2):
            yield _failing(name, f"reading file {nth}", "read", nth, ("ESTALE", "EIO")[nth // 2 % 2])


def _failing(name: str, words: str, kind: str, nth: int, error: str) -> Case:
    act = BY_NAME[name]
    return CALLS(f"{act.words}: {words} gives {error}", partial(failed, act=act, kind=kind, step=nth, error=error))
