"""A process that answers from a forecast: what runs on the other side of the line.

It imports nothing that is slow: a process that only has to end, or whose forecast does not load, is there at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import multiprocessing
import os
import resource
import shutil
import signal
import tempfile
import threading
import traceback
from collections.abc import Callable
from http import HTTPStatus
from multiprocessing.connection import Connection
from typing import Any, Final

from shiftcast.pipelines.serving.libraries import own_lines
from shiftcast.pipelines.serving.lines import log
from shiftcast.pipelines.serving.reply import Captured, replay
from shiftcast.pipelines.state.output import careful_streams
from shiftcast.pipelines.state.secrets import without_secrets

READY: Final = "ready"  # said once the forecast is loaded
ENDED: Final = (EOFError, OSError)  # raised on a line whose other end has gone
_OUT_OF_MEMORY: Final = "MemoryError"  # in the name of every such error, of NumPy and Arrow too
_SCOPE: Final = {
    "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": "/invocations",
    "raw_path": b"/invocations", "query_string": b"", "root_path": "", "scheme": "http",
    "headers": [(b"content-type", b"application/json")], "client": None, "server": None,
}  # fmt: skip


def serve(line: Connection, load: Callable[[], Any], memory: int, place: str, said: int) -> None:
    """Load the forecast, say so, and answer bodies until the line is closed.

    Parameters
    ----------
    line
        To the server: ``READY`` or what went wrong first, then an answer a body.
    load
        Loads the forecast; returns what has MLflow's app as ``app``.
    memory
        Bytes of address space the process may take.
    place
        Folder of its temporary files.
    said
        Bytes of an answer.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server ends its processes itself
    tempfile.tempdir = os.environ["TMPDIR"] = place  # what is left there goes with the process
    threading.Thread(target=_outlive_no_server, args=(place,), daemon=True).start()
    careful_streams()
    logging.getLogger("mlflow").setLevel(logging.CRITICAL)  # its messages hold payloads
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    with own_lines(log):
        _answer(line, load, said)


def _answer(line: Connection, load: Callable[[], Any], said: int) -> None:
    try:
        served = load()
    except Exception as error:
        line.send(without_secrets(f"{type(error).__name__}: {error}"))
        return
    line.send(READY)
    with contextlib.suppress(*ENDED):
        while True:
            status, content = _answered(served.app, line.recv_bytes())
            if status >= HTTPStatus.INTERNAL_SERVER_ERROR and _OUT_OF_MEMORY in _last_line(content):
                return  # what is left of its memory is no ground to answer the next one from
            line.send((status, content) if len(content) <= said else (413, _too_much(len(content), said)))


def _last_line(content: bytes) -> str:
    """Return the last line of the trace in an error of MLflow's app, which names the error."""
    try:
        return str(json.loads(content)["stack_trace"]).strip().rpartition("\n")[2]
    except (ValueError, KeyError, TypeError):
        return ""


def _too_much(has: int, most: int) -> bytes:
    says = f"the answer has {has:,} bytes, and at most {most:,} are given; ask fewer questions at once, or fewer draws"
    return json.dumps({"error_code": "BAD_REQUEST", "message": says}).encode()


def _outlive_no_server(place: str) -> None:
    """End once the server is gone, which was killed where it did not end this process: nobody waits for an answer."""
    server = multiprocessing.parent_process()
    if server is not None:
        server.join()
        shutil.rmtree(place, ignore_errors=True)
        os._exit(1)


def _answered(app: Any, body: bytes) -> tuple[int, bytes]:
    """Return status and content; the trace of an app that raises goes the way of those that MLflow's app tells."""
    captured = Captured()
    try:
        asyncio.run(app(_SCOPE, replay(body), captured))
    except Exception:
        return 500, json.dumps({"stack_trace": traceback.format_exc()}).encode()
    return captured.status, b"".join(captured.parts)
