"""A process that forks one run after another, each dying where it is told; started by conftest.py.

The draws are made once and taken by every run, and report and picture are a line of text, so that a run is quick and
the rest of it is real.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import mlflow
import pandas as pd
from forking import serve
from sqlalchemy import event
from sqlalchemy.engine import Engine

from shiftcast.features.frames import Scores, conform
from shiftcast.forecast.identity.world import build_world
from shiftcast.forecast.known import Settings, cut
from shiftcast.forecast.scoring.past import BENCHMARKS, GUIDED
from shiftcast.forecast.views.part import forecast_frame
from shiftcast.pipelines.job import assemble
from shiftcast.pipelines.job import run as run_module
from shiftcast.pipelines.job.rollback import roll_back
from shiftcast.pipelines.job.run import RunRequest, run
from shiftcast.pipelines.publish import publication, standing
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.registry import deciding, going_back
from shiftcast.pipelines.registry.mlflow_store import REASON_TAG, STATE_TAG, open_store
from shiftcast.pipelines.sources.public_record import read_record
from shiftcast.pipelines.state.guard import guarded

ORIGIN = pd.Timestamp("2026-11-20", tz="UTC")
DRAWS = 100
SLOW = ("mlflow.pyfunc", "mlflow.store.tracking.sqlalchemy_store", "mlflow.store.model_registry.sqlalchemy_store")
WATCHED = {"os.rename", "os.mkdir", "os.remove", "shutil.rmtree", "shutil.copyfile", "sqlite3.connect"}


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def count_steps(limit: float) -> Callable[[], int]:
    """Die at the ``limit``-th time that a file is written, moved or removed or a statement reaches the database."""
    done = [0]

    def step(*_: object) -> None:
        done[0] += 1
        if done[0] >= limit:
            die()

    def hook(name: str, arguments: tuple[object, ...]) -> None:
        if name in WATCHED or (name == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")):
            step()

    sys.addaudithook(hook)
    event.listen(Engine, "before_cursor_execute", step)
    event.listen(Engine, "commit", step)
    return lambda: done[0]


def die_on_tag(key: str) -> None:
    real = mlflow.MlflowClient.set_model_version_tag

    def tag(self: object, name: str, version: str, this: str, value: str) -> None:
        if this == key:
            die()
        real(self, name, version, this, value)

    mlflow.MlflowClient.set_model_version_tag = tag


MOMENTS: dict[str, Callable[[], object]] = {
    "before registering": lambda: setattr(run_module, "register", die),
    "with a model but no version": lambda: setattr(mlflow.MlflowClient, "create_model_version", die),
    "with a version not complete": lambda: die_on_tag(STATE_TAG),
    "between version and alias": lambda: [setattr(each, "promote", die) for each in (deciding, going_back)],
    "between alias and reason": lambda: die_on_tag(REASON_TAG),
    "while publishing": lambda: setattr(publication, "_days_as_text", die),
    "before the swap": lambda: setattr(publication, "_swap", die),
    "after the swap": lambda: setattr(publication, "_exchange", lambda *given: (exchange(*given), die())),
}
exchange = publication._exchange


def prepare() -> None:
    """Make the draws once and put cheap stand-ins where nothing is at stake."""
    for name in SLOW:
        importlib.import_module(name)
    importlib.import_module("mlflow.utils.requirements_utils")._init_modules_to_packages_map()  # walks all packages
    record = read_record()
    world = build_world(cut(record, ORIGIN), Settings(draws=DRAWS))
    row = {"origin": ORIGIN, "horizon": 1.0, **dict.fromkeys(("segment", "leaf", "workload", "technique"), "all"),
           "measure": "log_revenue", "base": "none", "definition": "data_center", "scenario": "base"}  # fmt: skip
    scores = [
        {**row, "model": model, "metric": metric, "value": value}
        for model, crps in {"shiftcast": 0.6, **dict.fromkeys((*BENCHMARKS, *GUIDED), 0.9)}.items()
        for metric, value in (
            ("crps", crps),
            ("build_cost", crps / 10),
            ("mase", crps),
            ("bias", 0.0),
            ("coverage50", 0.5),
            ("coverage80", 0.8),
            ("coverage95", 0.95),
        )
    ]
    table = conform(pd.DataFrame(scores), Scores)
    run_module.read_record = cache(lambda _: record)
    rows = forecast_frame(world.cube, model="shiftcast")
    rows = rows[rows["quantile"] == 0.5].reset_index(drop=True)
    assemble.forecast_frame = lambda *_, **__: rows
    run_module.build_world = lambda *_, **__: world
    run_module.backtest = lambda *_, **__: table
    run_module.sealed = lambda bundle: bundle
    for module in (run_module, standing):
        module.write_report = lambda bundle, path: path.write_text(str(bundle.summary.settings.seed), "utf-8")
    blank = SimpleNamespace(save=lambda path, **_: path.write_bytes(b""))
    publication.overview = lambda *_: blank
    publication.write_brief = lambda _, path: path.write_text("brief", "utf-8")


def work(request: dict[str, object]) -> None:
    root = Path(str(request["root"]))
    if request["what"] == "open":
        with guarded(root):
            open_store(root)
        return
    moment = request.get("moment")
    if isinstance(moment, str):
        MOMENTS[moment]()
    steps = count_steps(moment if isinstance(moment, int) else float("inf"))
    if request["what"] in {"rollback", "forward"}:
        roll_back(root, to=None if request["what"] == "rollback" else "2", out=root.parent / "out", wait=5)
        Path(str(request["note"])).write_text(str(steps()), encoding="utf-8")
        return
    settings = Settings(draws=DRAWS, seed=int(str(request["seed"])))
    retrain = {"publish_kept": False, "wait": request["wait"]}
    run(RunRequest(ORIGIN, False, settings, root, root.parent / "out", RECORDS, **retrain))
    Path(str(request["note"])).write_text(str(steps()), encoding="utf-8")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    prepare()
    serve(work)
