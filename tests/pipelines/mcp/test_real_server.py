"""`shiftcast mcp` as a process, over standard input and over HTTP, asked by the SDK's own client."""

import asyncio
import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time

import pytest

pytest.importorskip("mcp", reason="the extra `mcp` is not installed")

from mcp import Client, StdioServerParameters

from shiftcast.forecast.answering import answer_rows, answer_text
from shiftcast.pipelines.registry.champion import open_forecaster

pytestmark = pytest.mark.slow  # processes start; the other files of this folder ask the same in this one
START = ("-c", "from shiftcast.pipelines.cli import main; main()", "mcp", "--root")
CALLS = (
    ("quantiles", {"measure": "power", "segment": "rest", "horizon": 3}),
    ("when", {"technique": "llm", "of": "recsys", "base": "gpu_hours", "segment": "hyperscale"}),
    ("claims", {}),
)
PATIENCE = 240  # seconds, on a machine that is busy with other things


async def ask(server):
    async with Client(server, read_timeout_seconds=PATIENCE) as client:
        texts = [(await client.call_tool(name, given)).content[0].text for name, given in CALLS]
        wrong = await client.call_tool("quantiles", {"measure": "power", "horizon": 99})
        return texts, wrong.is_error, wrong.content[0].text


@pytest.fixture(scope="module")
def expected(finished):
    forecaster = open_forecaster(root=finished.request.root)
    return [
        answer_text(answer_rows(forecaster, [{"question": name, "form": "answer", **given}])) for name, given in CALLS
    ]


def test_over_standard_input_the_answers_are_those_of_a_notebook(finished, expected):
    server = StdioServerParameters(
        command=sys.executable, args=[*START, str(finished.request.root)], env={"OMP_NUM_THREADS": "1"}
    )
    texts, refused, says = asyncio.run(ask(server))
    assert texts == expected
    assert (refused, says.startswith("horizon 99 is beyond the")) == (True, True)


@pytest.fixture(scope="module")
def port(finished, tmp_path_factory):
    """Start a server on a free port of this machine, and end it by its process id."""
    log = tmp_path_factory.mktemp("mcp") / "log"
    command = [sys.executable, *START, str(finished.request.root), "--http", "--port", "0"]
    with log.open("wb") as file:
        process = subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, stdout=file, stderr=file)  # noqa: S603  (our own words)
    try:
        deadline = time.monotonic() + PATIENCE
        while "listening" not in log.read_text(encoding="utf-8"):
            assert process.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < deadline, "the server was not ready in time"
            time.sleep(0.1)
        (line,) = [line for line in log.read_text(encoding="utf-8").splitlines() if "listening" in line]
        yield json.loads(line)["port"]
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGTERM)
        process.wait(timeout=60)


def test_over_http_the_answers_are_those_of_a_notebook(port, expected):
    texts, refused, says = asyncio.run(ask(f"http://127.0.0.1:{port}/mcp"))
    assert texts == expected
    assert (refused, says.startswith("horizon 99 is beyond the")) == (True, True)


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"host": "evil.example"}, b"{}", 421),
        ({"origin": "http://evil.example"}, b"{}", 403),
        ({"content-type": "text/plain"}, b"{}", 400),
        ({}, b"x" * 1_000_001, 413),
    ],
)
def test_pages_of_others_and_bodies_too_large_are_turned_away(port, headers, body, status):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        given = {"content-type": "application/json", "accept": "application/json, text/event-stream", **headers}
        connection.request("POST", "/mcp", body=body, headers=given)
        assert connection.getresponse().status == status
    finally:
        connection.close()
