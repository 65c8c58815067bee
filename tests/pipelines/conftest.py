"""One finished run in a store of its own, and runs that take its draws instead of drawing again."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from shiftcast.forecast.identity.cube import World, build_world
from shiftcast.forecast.known import Known, Settings
from shiftcast.forecast.scoring.leaf_backtest import backtest as real_backtest
from shiftcast.pipelines.doctor.examine import move_in
from shiftcast.pipelines.job import run as run_module
from shiftcast.pipelines.job.run import RunRequest, RunResult, run
from shiftcast.pipelines.publish import publication
from shiftcast.pipelines.sources.public_record import RECORDS

TODAY = pd.Timestamp("2026-11-20", tz="UTC")


@dataclass(frozen=True)
class Finished:
    """A run that ended well, the lines it said, and what it computed."""

    request: RunRequest
    result: RunResult
    steps: tuple[str, ...]
    known: Known
    world: World
    scores: pd.DataFrame


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Return one whole run of 200 draws; nobody may write to its store."""
    folder = tmp_path_factory.mktemp("finished")
    request = RunRequest(TODAY, False, Settings(draws=200, seed=7), folder / "mlruns", folder / "shiftcast-out")
    steps, kept = [], {}

    def build(known, settings, *, progress):
        kept.update(known=known, world=build_world(known, settings, progress=progress))
        return kept["world"]

    def backtest(known, *, seed):
        kept["scores"] = real_backtest(known, seed=seed)
        return kept["scores"]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_module, "build_world", build)
        patch.setattr(run_module, "backtest", backtest)
        result = run(request, progress=steps.append)
    return Finished(request, result, tuple(steps), **kept)


@pytest.fixture
def no_draws(finished: Finished, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let runs take the finished run's draws and scores, and no pictures; return what was asked to be computed."""
    computed: list[str] = []

    def build(known, settings, *, progress):
        computed.append("world")
        return replace(finished.world, cube=finished.world.cube.assign_attrs(origin=f"{known.origin:%Y-%m-%d}"))

    def backtest(known, *, seed):
        computed.append("scores")
        return finished.scores

    blank = SimpleNamespace(savefig=lambda path, **_: path.write_bytes(b""))
    monkeypatch.setattr(run_module, "build_world", build)
    monkeypatch.setattr(run_module, "backtest", backtest)
    monkeypatch.setattr(run_module, "sealed", lambda bundle: replace(bundle, answers=finished.result.bundle.answers))
    monkeypatch.setattr(run_module, "read_record", cache(run_module.read_record))
    monkeypatch.setattr(run_module, "write_report", lambda _, path: path.write_text("report", encoding="utf-8"))
    monkeypatch.setattr(publication, "overview_picture", lambda *_: blank)
    return computed


@pytest.fixture
def own_store(finished: Finished, tmp_path: Path) -> RunRequest:
    """Return a request like the finished one on an empty store of the test's own."""
    return replace(finished.request, root=tmp_path / "mlruns", out=tmp_path / "shiftcast-out")


@pytest.fixture
def copied_store(finished: Finished, tmp_path: Path) -> RunRequest:
    """Return the finished request on a copy of its store and publication, which the test may write to."""
    root, out = tmp_path / "mlruns", tmp_path / "shiftcast-out"
    shutil.copytree(finished.request.root, root)
    shutil.copytree(finished.request.out, out)
    move_in(root, wait=0)
    return replace(finished.request, root=root, out=out)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the public record to spoil."""
    return Path(shutil.copytree(RECORDS, tmp_path / "records", ignore=shutil.ignore_patterns("*.py", "__pycache__")))


@pytest.fixture
def spoil(folder: Path) -> Callable[[str, int, str, str], Path]:
    """Return a function that puts a text into one cell of a record; lines count from 1, the header."""

    def put(name: str, line: int, column: str, text: str) -> Path:
        table = pd.read_csv(folder / name, dtype=str, keep_default_na=False)
        table.loc[line - 2, column] = text
        table.to_csv(folder / name, index=False)
        return folder

    return put
