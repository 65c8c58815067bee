"""Histories of a few groups, and a Spark cluster of two workers that see nothing of the driver but a shared folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shiftcast.forecast.volume import own_priors
from shiftcast.pipelines.series.files import read_series
from shiftcast.pipelines.series.volumes import VolumeQuestion, forecast_volumes
from shiftcast.pipelines.sources.beliefs import shipped_beliefs
from shiftcast.pipelines.tables.writing import table_writer

QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # Java that starts soon and is used little
PATIENCE = 180  # seconds that a busy machine may take to start a worker


@pytest.fixture(scope="session")
def history():
    """Return 26 monthly volumes of the series of three groups, rows in no order."""
    rng = np.random.default_rng(5)
    rows = []
    for group, size in (("web", 7), ("batch", 3), ("edge", 1)):
        for at in range(size):
            level = 90 * np.exp(np.cumsum(rng.normal(0.01, 0.1, 26)))
            ends = pd.date_range("2023-01-31", periods=26, freq="ME").strftime("%Y-%m-%d")
            rows.append(pd.DataFrame({"series": f"{group}-{at}", "group": group, "period_end": ends, "value": level}))
    return pd.concat(rows).sample(frac=1, random_state=3, ignore_index=True)


@pytest.fixture(scope="session")
def alone():
    """Return what writes the forecast of each group of a file for itself, made on this machine, one below the other."""

    def write_alone(file: Path, horizon: int, out: Path) -> None:
        question = VolumeQuestion(horizon, own_priors(shipped_beliefs()))
        history = read_series(file, question.columns).astype({"series": str, "group": str})
        with table_writer(out) as write:
            for _, rows in history.groupby("group"):
                for answers, _ in forecast_volumes(rows.reset_index(drop=True), question):
                    for answer in answers:
                        write(answer.forecast)

    return write_alone


@pytest.fixture(scope="session")
def mixes():
    """Return the yearly shares of two groups."""
    rows = [
        {
            "series": f"{group}|{name}",
            "group": group,
            "period_end": f"{2014 + t}-12-31",
            "category": kind,
            "value": part,
        }
        for group, tilt in (("search", 0.03), ("speech", 0.05))
        for name in ("eu", "us")
        for t in range(10)
        for kind, part in (("lexical", 0.9 - tilt * t), ("deep", 0.1 + tilt * t))
    ]
    return pd.DataFrame(rows)


@pytest.fixture(scope="session")
def forced(tmp_path_factory):
    """Return a function that sets what Spark takes from the environment, until the context ends."""

    @contextmanager
    def set_(**settings: str) -> Iterator[None]:
        scratch = tmp_path_factory.mktemp("spark")
        fixed = {
            "spark.driver.host": "127.0.0.1", "spark.local.dir": scratch, "spark.sql.warehouse.dir": scratch,
            "spark.sql.shuffle.partitions": "1", "spark.sql.adaptive.enabled": "false",
            "spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN", **settings,
        }  # fmt: skip
        told = " ".join(f"--conf {name}={value}" for name, value in fixed.items())
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("JDK_JAVA_OPTIONS", QUICK)
            patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
            patch.setenv("PYSPARK_SUBMIT_ARGS", f"{told} pyspark-shell")
            yield

    return set_


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def hidden_from(folder: Path) -> list[str]:
    """Return what starts a process that sees an empty folder in the place of one; nothing where that is not allowed."""
    hide = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs none "$0" && exec "$@"', str(folder)]
    allowed = shutil.which("unshare") and subprocess.run([*hide, "true"], capture_output=True, check=False)  # noqa: S603  (our own words)
    return hide if allowed and allowed.returncode == 0 else []


@pytest.fixture(scope="module")
def private(tmp_path_factory):
    """Return the driver's own folder."""
    return tmp_path_factory.mktemp("driver")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Return the folder that all share, as an object store is."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def cluster(private, tmp_path_factory):
    """Start a master and two workers on loopback, and return the master's address; they end with the module."""
    home, logs, port = Path(find_spec("pyspark").origin).parent, tmp_path_factory.mktemp("logs"), free_port()
    at = ["--host", "127.0.0.1", "--webui-port", "0"]
    calls = {"master": ["org.apache.spark.deploy.master.Master", *at, "--port", str(port)]}
    for name in ("one", "two"):
        own = ["--cores", "1", "--memory", "1g", "--work-dir", str(tmp_path_factory.mktemp(name))]
        calls[name] = ["org.apache.spark.deploy.worker.Worker", *at, *own, f"spark://127.0.0.1:{port}"]
    environment = {**os.environ, "SPARK_HOME": str(home), "JDK_JAVA_OPTIONS": QUICK, "SPARK_LOCAL_IP": "127.0.0.1"}
    with ExitStack() as running:
        for name, call in calls.items():
            hide = [] if name == "master" else hidden_from(private)
            log = running.enter_context((logs / name).open("w"))
            whole = [*hide, str(home / "bin" / "spark-class"), *call]
            process = subprocess.Popen(whole, env=environment, stdout=log, stderr=log, cwd=logs)  # noqa: S603  (our own words)
            running.callback(process.wait)
            running.callback(process.terminate)
            told = "Starting Spark master at" if name == "master" else "Successfully registered"
            wait_for(told, logs / name, process)
        yield f"spark://127.0.0.1:{port}"


def wait_for(text: str, log: Path, process: subprocess.Popen) -> None:
    until = time.monotonic() + PATIENCE
    while text not in log.read_text():
        if process.poll() is not None or time.monotonic() > until:
            pytest.fail(f"{log.name} did not start: {log.read_text()[-800:]}")
        time.sleep(0.2)


@pytest.fixture(scope="module")
def hides(private):
    """Skip where a folder cannot be hidden from a process; return how it is hidden."""
    how = hidden_from(private)
    if not how:
        pytest.skip("hiding a folder from the workers needs `unshare` and the right to mount")
    return how
