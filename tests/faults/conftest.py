"""Runs in processes of their own that are killed at named or counted moments."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
collect_ignore = ["forking.py", "victim.py", "load_victim.py"]  # programs that the tests start, by themselves


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
        os.kill(child, signal.SIGKILL)

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


@pytest.fixture(scope="module")
def loads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    server = Runs(tmp_path_factory.mktemp("loads"), "load_victim.py")
    yield server
    server.close()
