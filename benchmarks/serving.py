"""Measure serving: latency against a trivial model on the same server in the same run, load, memory, and a moved alias.

python benchmarks/serving.py            # needs a champion in ./mlruns: run `shiftcast run` first
python benchmarks/serving.py --requests 2000 --root /path/to/mlruns
python benchmarks/serving.py --write    # keeps the figures in serving.csv and writes the table of docs/serving.md
python benchmarks/serving.py --ratio --write    # takes and keeps the comparison with the trivial model alone
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import itertools
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from serving_page import RATIO, SERVING, Figure, here, keep, measured, write_page

from shiftcast.forecast.views.part import MEASURES
from shiftcast.pipelines.registry.mlflow_store import (
    CHAMPION,
    DIGEST_TAG,
    MANIFEST_TAG,
    MODEL,
    bundle_folder,
    champion_version,
    open_store,
    promote,
)
from shiftcast.pipelines.registry.registering import register
from shiftcast.pipelines.state.guard import locked

TRIVIAL = """
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel


class Trivial(PythonModel):
    def predict(self, context, model_input, params=None):
        return [{"row": number} for number in range(len(model_input))]


set_model(Trivial())
"""
LEAVES = ("internal", "hosted", "regional_cloud", "sovereign", "enterprise", "industrial", "robotics", "edge")
WORKLOADS = ("recsys", "search", "ads", "generative", "training")
COMPARED = ("champion", "trivial")
BESIDE = "single questions, the champion beside a trivial model"


def main() -> None:
    """Take every figure in turn, print each, and keep them where that is asked for."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--root", type=Path, default=Path("mlruns"))
    asked.add_argument("--requests", type=int, default=10_000, help="of the memory test")
    asked.add_argument("--rounds", type=int, default=5, help="of the comparison with the trivial model")
    asked.add_argument("--ratio", action="store_true", help="compare with the trivial model and take no other figure")
    asked.add_argument("--write", action="store_true", help="keep the figures, and write them into the page")
    asked.add_argument("--compare", type=Path, nargs=2, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.compare:
        serve_both(*given.compare)
        return
    moment, figures = here(), []
    with tempfile.TemporaryDirectory(prefix="serving-") as name:
        for figure in taken(Path(name), given.root, given.rounds, None if given.ratio else given.requests):
            print(f"{figure.part}, {figure.what}: {measured(figure)}", flush=True)
            figures.append(figure)
    if given.write:
        keep(figures, moment, SERVING, others=given.ratio)
        write_page()


def taken(place: Path, root: Path, rounds: int, requests: int | None) -> Iterator[Figure]:
    """Yield every figure of the champion of a store; without requests for the memory test the comparison alone."""
    store = copied_store(root, place)
    trivial = trivial_model(place / "both" / "trivial")
    yield from compare(store, place, rounds)
    if requests is None:
        return
    start = "from shiftcast.pipelines.cli import main; main()"
    serve = [sys.executable, "-c", start, "serve", "--root", str(store.root), "--every", "0.5", "--port"]
    with running(serve, place / "serve.log", "/ready") as (port, process):
        yield from answers(port)
        yield from clients(port)
        yield from moved_alias(store, port)
        yield from reloads(store, port, process.pid)
        yield from memory(port, process.pid, requests)
    yield from load_time(store, trivial)


def copied_store(root: Path, place: Path):
    """Register the champion of a store twice in a store of one's own."""
    source = open_store(root, make=False)
    version = champion_version(source)
    folder = shutil.copytree(bundle_folder(source, version), place / "bundle")
    with locked(place / "mlruns"):
        store = open_store(place / "mlruns")
    for _ in range(2):
        tags = {tag: version.tags[tag] for tag in (DIGEST_TAG, MANIFEST_TAG)}
        made = register(store, folder, params={}, metrics={}, tags=tags, files=())
    promote(store, made, alias=CHAMPION, reason="benchmark")
    return store


def trivial_model(folder: Path) -> Path:
    """Save a model that answers every question with its row number."""
    import mlflow  # noqa: PLC0415  (importing MLflow takes seconds)

    from shiftcast.pipelines.registry.served_model import EXAMPLE, SIGNATURE  # noqa: PLC0415  (importing MLflow takes seconds)

    code = folder.parent.parent / "trivial.py"
    code.write_text(TRIVIAL, encoding="utf-8")
    mlflow.pyfunc.save_model(str(folder), python_model=str(code), signature=SIGNATURE, input_example=EXAMPLE)
    return folder


def load_time(store, trivial: Path, times: int = 5) -> Iterator[Figure]:
    """Yield how long fresh processes take to load the champion once MLflow is imported, and to open it directly.

    A trivial model in the same store shows what is MLflow's own: opening the store and walking over the installed
    packages to check requirements.
    """
    store.client.create_registered_model("trivial")
    store.client.create_model_version("trivial", source=str(trivial))
    store.client.set_registered_model_alias("trivial", CHAMPION, "1")
    root = f"pathlib.Path({str(store.root)!r})"
    load = "mlflow.pyfunc.load_model('models:/{}@" + CHAMPION + "')"
    calls = {
        "champion by alias": load.format(MODEL),
        "trivial model by alias": load.format("trivial"),
        "open_forecaster": f"import shiftcast, pathlib; shiftcast.open_forecaster(root={root})",
    }
    environment = {**os.environ, "MLFLOW_TRACKING_URI": store.tracking_uri, "MLFLOW_DISABLE_TELEMETRY": "true"}
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _, (name, call) in itertools.product(range(times), calls.items()):
        code = f"import time, mlflow.pyfunc; start = time.perf_counter(); {call}; print(time.perf_counter() - start)"
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code], env=environment, capture_output=True, text=True, check=True
        )
        seconds[name].append(float(done.stdout))
    for name, each in seconds.items():
        yield Figure(f"load in a fresh process, MLflow imported, median of {times}", name, statistics.median(each), "s")


def serve_both(folder: Path, port: Path) -> None:
    """Serve the champion and a trivial model behind the same gate in one process."""
    import uvicorn  # noqa: PLC0415  (only the process that serves needs it)

    from shiftcast.pipelines.serving.gate import Gate  # noqa: PLC0415  (only the process that serves needs it)
    from shiftcast.pipelines.serving.loading import open_served  # noqa: PLC0415  (only the process that serves needs it)
    from shiftcast.pipelines.serving.payload import RequestLimits  # noqa: PLC0415  (only the process that serves needs it)

    class Fixed:
        def __init__(self, served):
            self.served = served

        def start(self):
            pass

        def stop(self):
            pass

    gates = {
        name: Gate(
            Fixed(open_served("1", folder / name)), limits=RequestLimits(), hosts=frozenset(), log=lambda *_, **__: None
        )
        for name in COMPARED
    }

    async def route(scope, receive, send):
        if scope["type"] == "http":
            _, name, *rest = scope["path"].split("/")
            scope = {**scope, "path": "/" + "/".join(rest)} if name in gates else scope
            await gates.get(name, gates["trivial"])(scope, receive, send)
        else:
            await gates["trivial"](scope, receive, send)

    uvicorn.run(route, host="127.0.0.1", port=int(str(port)), log_config=None, access_log=False)


def compare(store, place: Path, rounds: int) -> Iterator[Figure]:
    """Yield latencies of published quantiles beside those of a trivial model in the same process."""
    shutil.copytree(bundle_folder(store, champion_version(store)).parents[1], place / "both" / "champion")
    questions = list(itertools.islice(all_questions(), 500))
    with running(
        [sys.executable, __file__, "--compare", str(place / "both")], place / "both.log", "/trivial/ready"
    ) as (port, process):
        yield from compared(port, process.pid, questions, rounds)


def compared(port: int, process: int, questions: list[dict], rounds: int) -> Iterator[Figure]:
    """Yield latencies and CPU time of two models, each question asked of one and then of the other, in every round."""
    with connected(port) as connection:
        for name, _ in itertools.product(COMPARED, range(20)):
            ask(connection, {"question": "quantiles", "measure": "power"}, f"/{name}/invocations")
        seconds = [timed(connection, questions) for _ in range(rounds)]
        cpu = dict.fromkeys(COMPARED, 0.0)
        for name in [*COMPARED, *reversed(COMPARED)]:
            before = worked(process)
            for question in questions:
                ask(connection, question, f"/{name}/invocations")
            cpu[name] += (worked(process) - before) / (2 * len(questions))
    every = {name: [each for one in seconds for each in one[name]] for name in COMPARED}
    ratios = [over({name: statistics.median(one[name]) for name in COMPARED}) for one in seconds]
    medians = {name: statistics.median(each) for name, each in every.items()}
    yield Figure(BESIDE, "questions, in turn", len(questions), "number")
    yield Figure(BESIDE, "rounds", rounds, "number")
    for name, each in every.items():
        yield Figure(BESIDE, f"{name}, median", 1e3 * medians[name], "ms")
        yield Figure(BESIDE, f"{name}, p99", 1e3 * statistics.quantiles(each, n=100)[98], "ms")
    yield Figure(BESIDE, RATIO, over(medians), "ratio")
    yield Figure(BESIDE, "lowest ratio of a round", min(ratios), "ratio")
    yield Figure(BESIDE, "highest ratio of a round", max(ratios), "ratio")
    for name in COMPARED:
        yield Figure(BESIDE, f"{name}, CPU a request", 1e3 * cpu[name], "CPU ms")
    yield Figure(BESIDE, "ratio of CPU", over(cpu), "ratio")


def timed(connection, questions: list[dict]) -> dict[str, list[float]]:
    """Return the seconds that each question took each model, which answer it one after the other."""
    seconds: dict[str, list[float]] = {name: [] for name in COMPARED}
    for question in questions:
        for name, times in seconds.items():
            start = time.perf_counter()
            ask(connection, question, f"/{name}/invocations")
            times.append(time.perf_counter() - start)
    return seconds


def over(values: dict[str, float]) -> float:
    """Return the champion's value over the trivial model's."""
    return values["champion"] / values["trivial"]


def all_questions():
    """Yield 600 different questions of published quantiles."""
    for measure, leaf, workload in itertools.product(MEASURES, LEAVES, WORKLOADS):
        yield {"question": "quantiles", "measure": measure, "leaf": leaf, "workload": workload}
    for measure, workload, horizon in itertools.product(MEASURES, WORKLOADS, range(1, 9)):
        for segment in ("all", "hyperscale"):
            yield {
                "question": "quantiles",
                "measure": measure,
                "workload": workload,
                "segment": segment,
                "horizon": horizon,
            }


def connected(port: int):
    """Return a connection to a server here, which is closed at the end of a block."""
    return contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=120))


def served(port: int) -> str:
    """Return the version that answers."""
    with connected(port) as connection:
        connection.request("GET", "/ready")
        return str(json.loads(connection.getresponse().read()).get("version", ""))


def ask(connection, rows, path: str = "/invocations") -> bytes:
    """Return the answer to one question or several; end the benchmark where it failed."""
    rows = rows if isinstance(rows, list) else [rows]
    body = json.dumps({"dataframe_records": rows})
    connection.request("POST", path, body=body, headers={"content-type": "application/json"})
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise SystemExit(f"failed with {answer.status}: {content[:300]!r}")
    return content


def answers(port: int) -> Iterator[Figure]:
    """Yield times of new scenarios, draws, claims and a payload of 1,000 rows."""
    kinds = {
        "new scenario": [
            {"question": "quantiles", "measure": "power", "scenario": f"generative*{1 + n / 10}"} for n in range(1, 6)
        ],
        "all draws": [{"question": "draws", "measure": "gpu_hours", "leaf": leaf} for leaf in LEAVES[:5]],
        "draws of a new scenario": [
            {"question": "draws", "measure": "power", "scenario": f"edge*{n}"} for n in range(2, 7)
        ],
        "attribution": [{"question": "attribute", "start": "2025Q2", "end": f"202{n}Q2"} for n in (6, 7, 8)],
        "claims": [{"question": "claims"}] * 3,
        "1,000 rows": [list(itertools.islice(itertools.cycle(all_questions()), 1000))] * 3,
    }
    with connected(port) as connection:
        for name, questions in kinds.items():
            times = []
            for question in questions:
                start = time.perf_counter()
                ask(connection, question)
                times.append(time.perf_counter() - start)
            yield Figure("time of an answer", f"{name}, median", statistics.median(times), "s")
            yield Figure("time of an answer", f"{name}, longest of {len(times)}", max(times), "s")


def clients(port: int, number: int = 8, each: int = 100) -> Iterator[Figure]:
    """Yield the rate of several clients at once."""
    start = time.perf_counter()
    under_load(port, number, each)
    rate = number * each / (time.perf_counter() - start)
    part = f"{number} clients at once, none of whose requests failed"
    yield Figure(part, "requests", number * each, "number")
    yield Figure(part, "rate", rate, "a second")


def under_load(port: int, number: int, each: int, meanwhile=lambda: None) -> None:
    """Let several clients ask at once; raise if any request failed."""
    failures: list[str] = []

    def work() -> None:
        try:
            with connected(port) as connection:
                for question in itertools.islice(itertools.cycle(all_questions()), each):
                    ask(connection, question)
        except (OSError, http.client.HTTPException, SystemExit) as error:
            failures.append(str(error))

    threads = [threading.Thread(target=work) for _ in range(number)]
    for thread in threads:
        thread.start()
    meanwhile()
    for thread in threads:
        thread.join()
    if failures:
        raise SystemExit(f"{len(failures)} clients failed: {failures[0]}")


def moved_alias(store, port: int, number: int = 4, each: int = 400) -> Iterator[Figure]:
    """Move the alias back and forth under load, and yield how often the new version answered; none may fail."""
    followed, moves = [], ("1", "2", "1")

    def move() -> None:
        for version in moves:
            store.client.set_registered_model_alias(MODEL, CHAMPION, version)
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                if served(port) == version:
                    followed.append(version)
                    break
                time.sleep(0.1)

    under_load(port, number, each, move)
    part = f"alias moved under {number} clients, none of whose requests failed"
    yield Figure(part, "requests", number * each, "number")
    yield Figure(part, "moves", len(moves), "number")
    yield Figure(part, "moves that the server followed", len(followed), "number")


def reloads(store, port: int, process: int, times: int = 12) -> Iterator[Figure]:
    """Yield resident memory of the server as the alias goes back and forth."""
    sizes = []
    for version in itertools.islice(itertools.cycle("12"), times):
        store.client.set_registered_model_alias(MODEL, CHAMPION, version)
        for _ in range(300):
            if served(port) == version:
                break
            time.sleep(0.1)
        with connected(port) as connection:
            ask(connection, {"question": "quantiles", "measure": "power"})
        sizes.append(resident(process))
    part = f"resident memory over {times} reloads"
    yield Figure(part, "after the first", sizes[0], "MiB")
    yield Figure(part, "after the last", sizes[-1], "MiB")


def memory(port: int, process: int, requests: int) -> Iterator[Figure]:
    """Yield resident memory of the server while requests go on."""
    with connected(port) as connection:
        for number, question in enumerate(itertools.islice(itertools.cycle(all_questions()), requests), start=1):
            ask(connection, question)
            if number in {requests // 10, requests // 2, requests}:
                yield Figure("resident memory over requests", f"after {number:,}", resident(process), "MiB")


def worked(process: int) -> float:
    """Return the CPU seconds of a process."""
    words = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def resident(process: int) -> float:
    """Return the resident memory of a process [MiB]."""
    text = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return int(text.partition("VmRSS:")[2].split()[0]) / 1024


@contextlib.contextmanager
def running(command: list[str], log: Path, ready: str):
    """Start a server on a free port, given last in its command, and stop it afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with log.open("wb") as file:
        process = subprocess.Popen([*command, str(port)], stdout=file, stderr=file)
    try:
        wait(port, process, ready, log)
        yield port, process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def wait(port: int, process, ready: str, log: Path) -> None:
    """Wait until a server answers, at most two minutes."""
    for _ in range(1200):
        if process.poll() is not None:
            raise SystemExit(log.read_text(encoding="utf-8"))
        with contextlib.suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", ready)
            if connection.getresponse().status == 200:
                return
        time.sleep(0.1)
    raise SystemExit("the server was not ready within two minutes")


if __name__ == "__main__":
    main()
