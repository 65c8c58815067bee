"""`shiftcast serve` as a process on a port of this machine, and MLflow's own command on the same version."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from shiftcast.forecast.answering import answer_rows, answer_text
from shiftcast.pipelines.registry.champion import open_forecaster

pytestmark = pytest.mark.slow  # two servers start; the other files of this folder ask the same without a socket
QUANTILES = {"question": "quantiles", "measure": "power", "segment": "rest"}
PATIENCE = 240  # seconds, on a machine that is busy with other things


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(command, folder, log, **environment):
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet", "OMP_NUM_THREADS": "1"}
    path = os.pathsep.join((os.getcwd(), os.path.dirname(sys.executable), os.environ.get("PATH", "")))  # noqa: PTH109, PTH120  (text for an environment)
    given = {**os.environ, **quiet, **environment, "PATH": path, "PYTHONPATH": os.getcwd()}  # noqa: PTH109  (text for an environment)
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=folder, env=given, stdout=file, stderr=file, start_new_session=True)  # noqa: S603  (our own words)
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def request(port, body=None, *, path="/invocations", headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        kind = {"content-type": "application/json"} if headers is None else headers
        connection.request("GET" if body is None else "POST", path, body=body, headers=kind)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def wait_until_ready(port, process, path):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        with contextlib.suppress(OSError):
            if request(port, path=path)[0] == 200:
                return
        time.sleep(0.2)
    pytest.fail("the server was not ready in time")


def payload(*rows):
    return json.dumps({"dataframe_records": list(rows)}).encode()


@pytest.fixture(scope="module")
def ports(finished, tmp_path_factory):
    """Start both servers at once and return their ports, and the log of ours."""
    folder, root = tmp_path_factory.mktemp("servers"), finished.request.root
    ours, plain = free_port(), free_port()
    start = "from shiftcast.pipelines.cli import main; main()"
    serve = [sys.executable, "-c", start, "serve", "--root", str(root), "--port", str(ours), "--every", "0.2"]
    mlflow = [sys.executable, "-m", "mlflow", "models", "serve", "-m", "models:/shiftcast@champion",
              "--env-manager", "local", "-h", "127.0.0.1", "-p", str(plain)]  # fmt: skip
    address = {"MLFLOW_TRACKING_URI": f"sqlite:///{root / 'mlflow.db'}"}
    log = folder / "ours.log"
    with running(serve, folder, log) as one, running(mlflow, folder, folder / "plain.log", **address) as other:
        wait_until_ready(ours, one, "/ready")
        wait_until_ready(plain, other, "/ping")
        yield ours, plain, log, one


def test_both_servers_answer_as_a_notebook_does(ports, finished):
    expected = answer_text(answer_rows(open_forecaster(root=finished.request.root), [QUANTILES])).encode()
    assert [request(port, payload(QUANTILES)) for port in ports[:2]] == [(200, expected)] * 2


def test_both_refuse_what_was_not_drawn_with_its_kind(ports):
    for port in ports[:2]:
        status, body = request(port, payload(QUANTILES | {"horizon": 99.0}))
        assert (status, json.loads(body)["refusal"]) == (400, "OutOfSupportError")


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"[" * 100_000, 400), (b"x" * 50_000_000, 413), (payload(QUANTILES | {"colour": 1}), 400), (b"\xff", 400)],
    ids=["deep", "50 MB", "unknown", "not utf-8"],
)
def test_ours_answers_malformed_requests_over_a_socket(ports, body, status):
    found, answer = request(ports[0], body)
    assert found == status
    assert json.loads(answer)["message"].startswith(("body", "row 0: field 'colour'"))


def test_ours_survives_a_broken_request_and_stops_when_told(ports):
    port, _, log, process = ports
    with socket.create_connection(("127.0.0.1", port), timeout=30) as raw:
        raw.sendall(b"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc")
    assert request(port, payload(QUANTILES))[0] == 200
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=60)
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert {"listening", "loaded", "request"} <= {line["event"] for line in lines}
    assert "power" not in log.read_text(encoding="utf-8")
    assert [line["fault"] for line in lines if "fault" in line] == []
