"""Limits of the machine and of the user: what cannot be done is told in one line, and what was there stays."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from table.acted import BY_NAME, KNOWN, LOOKED, PLAIN, SEED, TOLD, Act, failed, sound, tried
from table.case import Bench, Case
from table.damaged import HOURS

from shiftcast.pipelines.store import Store

HEAVY = ("load", "compact", "ingest", "snapshot")
SIZES = (0, 100, 1000, 2000, 4000, 8000)
NOBODY = 65534


def short_of(bench: Bench, act: Act, name: str, most: int) -> None:
    """Take a limit away: all or nothing is done, and it is told in one line."""
    code, said = tried(bench, act, ("change", 1e9, ""), limits={name: most})
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
    acts, root = bench.fixture("acts"), bench.state()
    before, done = act.state(root), dict(bench.fixture("after")(act, root))
    child = acts.start_act(act.name, root, SEED)
    time.sleep(after)
    acts.send(child, getattr(signal, name))
    acts.wait(child)
    assert act.state(root) in (before, done)
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


def cases() -> Iterator[Case]:
    """Yield acts under each limit."""
    for name in ("load", "compact", "ingest", "snapshot", "export", "export-xlsx", "export-parquet", "override", "publish"):
        act = BY_NAME[name]
        for most in SIZES if name in HEAVY else SIZES[:3]:
            yield Case("disk-full", f"{act.words}: files of at most {most} bytes", PLAIN, LOOKED,
                       partial(short_of, act=act, name="RLIMIT_FSIZE", most=most))  # fmt: skip
    for name in ("run", "note", "schedule-state", "schedule-files"):
        act = BY_NAME[name]
        for most in (0, 10):
            yield Case("disk-full", f"{act.words}: files of at most {most} bytes", PLAIN, LOOKED,
                       partial(short_of, act=act, name="RLIMIT_FSIZE", most=most))  # fmt: skip
    for name in (*HEAVY, "publish", "override", "run"):
        act = BY_NAME[name]
        for most in (12, 24):
            yield Case("signals-limits", f"{act.words}: at most {most} open files", PLAIN, LOOKED,
                       partial(short_of, act=act, name="RLIMIT_NOFILE", most=most))  # fmt: skip
    for name in (*HEAVY, "export"):
        act = BY_NAME[name]
        for sent, after in {"SIGTERM": 0.05, "SIGINT": 0.15, "SIGHUP": 0.3, "SIGQUIT": 0.6}.items():
            yield Case("signals-limits", f"{act.words}: {sent}", "all or nothing done, and doing it again completes it",
                       LOOKED, partial(interrupted, act=act, name=sent, after=after))  # fmt: skip
    for name in ("load", "compact", "snapshot", "publish", "override", "run", "note", "schedule-state", "schedule-files",
                 "export", "read"):  # fmt: skip
        act = BY_NAME.get(name, Act("read", "a reader", BY_NAME["load"].state, 0))
        for words, mode in {"readable only": 0o444, "not even readable": 0o000}.items():
            yield Case("permissions", f"{act.words}: state of another user, {words}",
                       "told in one line, and nothing is changed", "the message, every byte of the state",
                       partial(as_another_user, act=act, mode=mode))  # fmt: skip
    for name in ("load", "compact", "snapshot", "run", "override"):
        act = BY_NAME[name]
        for error in ("ENOSYS", "EIO", "ENOLCK", "EACCES"):
            yield Case("syscall-faults", f"{act.words}: flock gives {error}", "told at once, and nothing is done",
                       "the message, how long it took, the state before and after",
                       partial(without_locks, act=act, error=error))  # fmt: skip
    for name, times in {"load": 8, "compact": 8, "ingest": 8, "snapshot": 5, "run": 2, "note": 1}.items():
        act = BY_NAME[name]
        for nth in range(1, times + 1):
            yield Case("syscall-faults", f"{act.words}: sync {nth} gives EIO", PLAIN, LOOKED,
                       partial(failed, act=act, kind="sync", step=nth, error="EIO"))  # fmt: skip
    for name, times in {"load": 9, "compact": 11, "ingest": 12, "snapshot": 9, "export": 6}.items():
        act = BY_NAME[name]
        for nth in range(1, times + 1, 2):
            error = ("ESTALE", "EIO")[nth // 2 % 2]
            yield Case("syscall-faults", f"{act.words}: reading file {nth} gives {error}", PLAIN, LOOKED,
                       partial(failed, act=act, kind="read", step=nth, error=error))  # fmt: skip

