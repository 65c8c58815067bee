"""`shiftcast desk`: the address it prints, what it listens on, and its end."""

import http.client
import os
import signal
import subprocess
import sys
import threading
import webbrowser

import pytest
import uvicorn
from typer.testing import CliRunner

from shiftcast.pipelines.cli import app

PATIENCE = 240  # seconds, on a machine that is busy with other things


@pytest.fixture
def served(monkeypatch):
    """Let servers end at once, and browsers once one runs; return where one would listen, and what was opened."""
    running, closed = threading.Event(), threading.Event()
    found = {"sockets": [], "ends": [], "opened": [], "closed": closed}

    def run(self, sockets):
        found["sockets"] += sockets
        found["ends"] += [each.getsockname() for each in sockets]
        running.set()

    def browse(address):
        found["opened"].append((address, running.wait(30)))
        closed.set()

    monkeypatch.setattr(uvicorn.Server, "run", run)
    monkeypatch.setattr(webbrowser, "open", browse)
    return found


def test_it_listens_on_this_machine_alone_and_opens_the_first_page(finished, served):
    result = CliRunner().invoke(app, ["desk", "--root", str(finished.request.root), "--port", "0"])
    assert result.exception is None, result.exception
    assert served["closed"].wait(30)
    ((host, port),) = served["ends"]
    assert (host, served["opened"]) == ("127.0.0.1", [(f"http://127.0.0.1:{port}/", True)])
    assert result.stdout == f"http://127.0.0.1:{port}/ shows forecast 1 as of 2026-11-20; Ctrl-C ends it\n"


def test_its_port_is_free_again_when_it_cannot_serve(finished, served, monkeypatch):
    def broken(self, sockets):
        served["sockets"] += sockets
        raise OSError("no more files")

    monkeypatch.setattr(uvicorn.Server, "run", broken)
    result = CliRunner().invoke(app, ["desk", "--root", str(finished.request.root), "--port", "0", "--no-open"])
    (listener,) = served["sockets"]
    assert (str(result.exception), listener.fileno()) == ("no more files", -1)


def test_no_browser_is_opened_where_none_is_wanted(finished, served):
    result = CliRunner().invoke(app, ["desk", "--root", str(finished.request.root), "--port", "0", "--no-open"])
    assert (result.exception, served["opened"]) == (None, [])


def test_a_fleet_that_is_not_there_is_refused_before_anything_is_opened(finished, served):
    result = CliRunner().invoke(app, ["desk", "--root", str(finished.request.root), "--fleet", "other"])
    assert "fleet 'other' is not below" in str(result.exception)
    assert served["sockets"] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGINT, 0)], ids=["TERM", "Ctrl-C"]
)
def test_it_answers_and_ends_when_told(finished, tmp_path, sent, code):
    command = [sys.executable, "-c", "from shiftcast.pipelines.cli import main; main()", "desk", "--no-open",
               "--root", str(finished.request.root), "--port", "0"]  # fmt: skip
    with (tmp_path / "log").open("wb") as log:
        given = {**os.environ, "OMP_NUM_THREADS": "1"}
        process = subprocess.Popen(command, env=given, stdout=subprocess.PIPE, stderr=log)  # noqa: S603  (our own words)
    try:
        line = process.stdout.readline().decode()
        port = int(line.partition("127.0.0.1:")[2].partition("/")[0])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        connection.request("GET", "/ask")
        reply = connection.getresponse()
        assert (reply.status, b"Ask any of" in reply.read()) == (200, True)
        connection.close()
        process.send_signal(sent)
        assert process.wait(timeout=PATIENCE) == code
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    assert "Traceback" not in (tmp_path / "log").read_text(encoding="utf-8")
