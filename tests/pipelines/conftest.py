"""One finished run in a store of its own, and runs that take its draws instead of drawing again."""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from filelock import FileLock
from sqlalchemy.engine import Engine

from shiftcast.features.labels import rules_from_table
from shiftcast.forecast.identity.world import World, build_world
from shiftcast.forecast.known import Known, Settings
from shiftcast.forecast.migration.steps import effect_of_one_figure
from shiftcast.forecast.scoring.leaf_backtest import backtest as real_backtest
from shiftcast.forecast.views.part import forecast_frame
from shiftcast.pipelines.desk.opened import Opened
from shiftcast.pipelines.desk.pages import Pages
from shiftcast.pipelines.doctor.examine import move_in
from shiftcast.pipelines.fleet.place import fleet_root
from shiftcast.pipelines.ingest.load import IngestRequest, ingest
from shiftcast.pipelines.job import assemble
from shiftcast.pipelines.job import run as run_module
from shiftcast.pipelines.job.run import RunRequest, RunResult, run
from shiftcast.pipelines.publish import publication
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.registry.champion import read_version
from shiftcast.pipelines.registry.mlflow_store import champion_version, open_store
from shiftcast.pipelines.sources.public_record import Record
from shiftcast.pipelines.sources.setting import Setting

SAID = "said.json"  # beside the store: what the run said, which the store does not keep
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
def one_migration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let MLflow migrate one database, and fill every other fresh one of this process with what that one holds."""
    import mlflow.store.db.utils as databases  # noqa: PLC0415  (importing MLflow takes seconds)

    template, migrate = tmp_path_factory.mktemp("migrated") / "mlflow.db", databases._initialize_tables

    def fill(engine: Engine) -> None:
        if engine.dialect.name != "sqlite":
            migrate(engine)
            return
        if not template.exists():
            migrate(engine)
            shutil.copyfile(engine.url.database, template)
            return
        with closing(sqlite3.connect(template)) as source, closing(sqlite3.connect(engine.url.database)) as fresh:
            source.backup(fresh)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(databases, "_initialize_tables", fill)
        yield


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, record: Record, one_migration: None) -> Finished:
    """Return one whole run of 200 draws, made by the first process that asks; nobody may write to its store."""
    folder = tmp_path_factory.mktemp("finished")
    request = RunRequest(TODAY, False, Settings(draws=200, seed=7), folder / "mlruns", folder / "shiftcast-out")
    shared = _shared_folder(tmp_path_factory) / "finished"
    with FileLock(f"{shared}.lock"):
        if shared.exists():
            shutil.copytree(shared, folder, dirs_exist_ok=True)
            return _found(request, record.as_of(TODAY))
        done = _made(request)
        said = {"steps": done.steps, "outcome": done.result.outcome, "reason": done.result.reason}
        (folder / SAID).write_text(json.dumps(said), encoding="utf-8")
        shutil.copytree(folder, shared)
    return done


def _shared_folder(factory: pytest.TempPathFactory) -> Path:
    """Return the folder that the processes of one run of the tests have in common."""
    own = factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def _made(request: RunRequest) -> Finished:
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


def _found(request: RunRequest, known: Known) -> Finished:
    """Return the run that another process made, from a copy of its store; only its draws are made anew."""
    move_in(request.root, wait=0)
    store, said = open_store(request.root), json.loads((request.root.parent / SAID).read_text(encoding="utf-8"))
    bundle = read_version(store, champion_version(store))
    result = RunResult(bundle, "1", said["outcome"], said["reason"], request.out)
    world = build_world(known, request.settings)
    return Finished(request, result, tuple(said["steps"]), known, world, bundle.tables["scores"])


@pytest.fixture(scope="session")
def own_fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of state with the fleet ``mine``, of which two rows were set aside; not to be written to."""
    root = tmp_path_factory.mktemp("own-fleet")
    lines = ["JobID|JobName|Partition|Account|State|Start|End|AllocTRES"]
    for number, day in enumerate(pd.date_range("2026-01-01", "2026-10-14", freq="D")):
        for name, gpus in (("rank", 4), ("llm", 1 + number // 60)):
            lines.append(f"{name}{number}|{name}|gpu|team|COMPLETED|{day:%Y-%m-%dT%H:%M:%S}|{day:%Y-%m-%d}T12:00:00|"
                         f"cpu=4,gres/gpu:a100={gpus}")  # fmt: skip
    lines[3], lines[5] = lines[3].replace("2026-", "20x6-", 1), lines[5].replace("a100=", "a100=<b>")
    (root / "jobs.txt").write_text("\n".join([*lines, ""]), encoding="utf-8")
    rules = pd.DataFrame(
        [
            ("name", "rank", "rest", "enterprise", "recsys", "deep"),
            ("name", "llm", "rest", "enterprise", "chat", "llm"),
        ],
        columns=["field", "pattern", "segment", "leaf", "workload", "technique"],
    )
    setting = Setting(rules=rules_from_table(rules), cluster="alps")
    day = pd.Timestamp("2026-10-15", tz="UTC")
    ingest(IngestRequest("sacct", (str(root / "jobs.txt"),), setting, day, fleet_root(root, "mine"), grain="day"))
    (fleet_root(root, "mine") / "fleet.toml").write_text(
        '[[holding]]\naccelerator = "a100"\ncount = 8\nusd_per_hour = 2\n[budget]\n2027 = 90000\n', encoding="utf-8"
    )
    return root


@pytest.fixture(scope="session")
def opened(finished: Finished, own_fleet: Path) -> Opened:
    """Return the finished run's forecast as a desk opens it, beside a fleet."""
    return Opened(finished.result.bundle, own_fleet)


@pytest.fixture(scope="session")
def pages(opened: Opened) -> Pages:
    """Return the pages of that desk."""
    return Pages(opened)


def remembered(function: Callable[..., Any], key: Callable[..., object]) -> Callable[..., Any]:
    """Return a function that answers again what it answered the first time a key came of its arguments."""
    kept: dict[object, Any] = {}

    def answer(*given: Any, **options: Any) -> Any:
        found = key(*given)
        if found not in kept:
            kept[found] = function(*given, **options)
        return kept[found]

    return answer


@pytest.fixture(scope="session")
def views() -> dict[str, Callable[..., Any]]:
    """Return what takes published rows and effects from the finished run's draws, once an origin."""
    return {
        "forecast_frame": remembered(forecast_frame, lambda cube: cube.attrs["origin"]),
        "effect_of_one_figure": remembered(
            effect_of_one_figure,
            lambda _, step, __, origin: (step.workload, step.segment, step.technique, origin),
        ),
    }


@pytest.fixture
def no_draws(finished: Finished, views: dict[str, Callable[..., Any]], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let runs take the finished run's draws and scores, and no pictures; return what was asked to be computed."""
    computed: list[str] = []

    def build(known, settings, *, progress):
        computed.append("world")
        return replace(finished.world, cube=finished.world.cube.assign_attrs(origin=f"{known.origin:%Y-%m-%d}"))

    def backtest(known, *, seed):
        computed.append("scores")
        return finished.scores

    blank = SimpleNamespace(save=lambda path, **_: path.write_bytes(b""))
    monkeypatch.setattr(run_module, "build_world", build)
    monkeypatch.setattr(run_module, "backtest", backtest)
    for name, view in views.items():
        monkeypatch.setattr(assemble, name, view)
    monkeypatch.setattr(run_module, "sealed", lambda bundle: replace(bundle, answers=finished.result.bundle.answers))
    monkeypatch.setattr(run_module, "write_report", lambda _, path: path.write_text("report", encoding="utf-8"))
    monkeypatch.setattr(publication, "overview", lambda *_: blank)
    monkeypatch.setattr(publication, "write_brief", lambda _, path: path.write_text("brief", encoding="utf-8"))
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
