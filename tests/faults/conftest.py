"""Runs in processes of their own that are killed at named or counted moments."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import ANY

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
EACH, KILLS = 94, 26  # of how many cases one is tried unasked: of the table, and of runs that are killed
CHEAP = "cheap"
sys.path.insert(0, str(Path(__file__).parent))  # where the table is
collect_ignore = ["forking.py", "victim.py", "acts.py", "table"]  # programs that the tests start, by themselves


def pytest_configure(config: pytest.Config) -> None:
    """Write down how the cases end, where that is asked for."""
    if config.getoption("--faults-csv"):
        from table.recorded import Recorder  # noqa: PLC0415  (its path is set above)

        config.pluginmanager.register(Recorder(Path(config.getoption("--faults-csv"))))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave a sample of the faults, unless all are asked for: many cost a second or more."""
    if not config.getoption("--all-faults"):
        cases, moments = count(), count()
        items[:] = [item for item in items if item.path.parent != HERE or _is_sampled(item, cases, moments)]


def _is_sampled(item: pytest.Item, cases: Iterator[int], moments: Iterator[int]) -> bool:
    """Return whether a fault is tried unasked: what costs milliseconds, and each so many-th of the others."""
    values = item.callspec.params if hasattr(item, "callspec") else {}
    if "moment" in values:
        return next(moments) % KILLS == 0
    return "case" not in values or values["case"].cost == CHEAP or next(cases) % EACH == 0


class Runs:
    """Talks to a victim: starts runs, waits for them, and says how they ended."""

    def __init__(self, notes: Path, victim: str = "victim.py") -> None:
        self._notes = notes
        threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}  # so that forking is safe
        self._server = subprocess.Popen(  # noqa: S603  (our own words)
            [sys.executable, str(Path(__file__).with_name(victim))], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, cwd=notes, env={**os.environ, "PYTHONPATH": str(ROOT), **threads},
        )  # fmt: skip
        assert self._server.stdout.readline() == "ready\n"

    def _say(self, **request: object) -> int:
        self._server.stdin.write(json.dumps(request) + "\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline())

    def start(
        self, root: Path, seed: int = 0, *, what: str = "run", moment: str | int | None = None, wait: float = 600
    ) -> int:
        """Start a run, or an opening of the store, and return its process number."""
        note = str(self._notes / "steps")
        return self._say(what=what, root=str(root), seed=seed, moment=moment, note=note, wait=wait)

    def wait(self, child: int) -> int:
        """Return how a process ended: its exit code, or minus the signal that killed it."""
        return os.waitstatus_to_exitcode(self._say(what="wait", child=child))

    def going(self, child: int) -> bool:
        """Return whether a process has not ended; only asked of one that is waited for later."""
        return self._say(what="poll", child=child) == 0

    def kill(self, child: int) -> None:
        """Kill a process that this object started and has not waited for."""
        self.send(child, signal.SIGKILL)

    def send(self, child: int, number: int) -> None:
        """Send a signal to a process that this object started and has not waited for."""
        os.kill(child, number)

    def run(self, root: Path, seed: int, *, moment: str | int | None = None) -> int:
        """Run the job to its end, or to its death."""
        return self.wait(self.start(root, seed, moment=moment))

    @property
    def steps(self) -> int:
        """How many steps the last whole run took."""
        return int((self._notes / "steps").read_text(encoding="utf-8"))

    def close(self) -> None:
        self._server.stdin.close()
        self._server.wait(timeout=60)
        self._server.stdout.close()


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    server = Runs(tmp_path_factory.mktemp("runs"))
    yield server
    server.close()


class Met(NamedTuple):
    """How many steps of a fault's kind an act made, and which of them was to fail."""

    steps: int
    step: str


class Acts(Runs):
    """Starts acts on a folder of state, each under a fault."""

    def start_act(self, what: str, root: Path, seed: int = 0, **request: object) -> int:
        """Start an act and return its process number."""
        return self._say(what=what, root=str(root), seed=seed, note=str(root.parent / f"said-{what}-{seed}"), **request)

    def act(self, what: str, root: Path, seed: int = 0, **request: object) -> tuple[int, str]:
        """Do an act; return its exit code, or minus the signal that killed it, and what it said."""
        code, _, said = self.counted(what, root, seed, **request)
        return code, said

    def counted(self, what: str, root: Path, seed: int = 0, **request: object) -> tuple[int, Met, str]:
        """Do an act; return also what it met of the fault's kind, nothing where it was killed."""
        code = self.wait(self.start_act(what, root, seed, **request))
        return code, *self.told(what, root, seed)

    def told(self, what: str, root: Path, seed: int = 0) -> tuple[Met, str]:
        """Return what an act that has ended met, and what it said."""
        note = root.parent / f"said-{what}-{seed}"
        steps, hit, said = (note.read_text(encoding="utf-8") or "0\t\t").split("\t", 2)
        note.unlink()
        return Met(int(steps), hit), said


@pytest.fixture(scope="session")
def acts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Acts]:
    server = Acts(tmp_path_factory.mktemp("acts"), "acts.py")
    yield server
    server.close()


@pytest.fixture(scope="session")
def filled(acts: Acts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with state of every kind below; nobody may write to it."""
    folder = tmp_path_factory.mktemp("filled")
    root = folder / "mlruns"
    for what, seed in (("load", 1), ("load", 2), ("run", 1), ("override", 1), ("publish", 1), ("schedule-state", 1)):
        assert acts.act(what, root, seed) == (0, ANY), what
    (folder / "jobs-3.csv").write_text(
        "job_id,state,submit_time,start_time,end_time,gpus\n"
        "7,COMPLETED,2026-03-01T00:00:00Z,2026-03-01T00:00:00Z,2026-03-01T05:00:00Z,2\n", encoding="utf-8"
    )  # fmt: skip
    return folder


@pytest.fixture(scope="session")
def after(acts: Acts, filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, object]]:
    """Return a function from an act to what is seen once it is done."""
    kept: dict[str, dict[str, object]] = {}

    def seen(act: Any, root: Path) -> dict[str, object]:
        if act.name not in kept:
            folder = tmp_path_factory.mktemp(act.name)
            shutil.copytree(filled, folder, dirs_exist_ok=True)
            code, said = acts.act(act.name, folder / "mlruns", 3)
            assert code == 0, f"{act.name}: {said}"
            kept[act.name] = act.state(folder / "mlruns")
        return kept[act.name]

    return seen
