"""A process that answers from a forecast: what runs on the other side of the line.

It imports nothing that is slow: a process that only has to end, or whose forecast does not load, is there at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import resource
import signal
import tempfile
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, Final

from shiftcast.pipelines.serving.reply import Captured, replay
from shiftcast.pipelines.state.output import careful_streams
from shiftcast.pipelines.state.secrets import without_secrets

READY: Final = "ready"  # said once the forecast is loaded
ENDED: Final = (EOFError, OSError)  # raised on a line whose other end has gone
_SCOPE: Final = {
    "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": "/invocations",
    "raw_path": b"/invocations", "query_string": b"", "root_path": "", "scheme": "http",
    "headers": [(b"content-type", b"application/json")], "client": None, "server": None,
}  # fmt: skip


def serve(line: Connection, load: Callable[[], Any], memory: int, place: str) -> None:
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
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server ends its processes itself
    tempfile.tempdir = os.environ["TMPDIR"] = place  # what is left there goes with the process
    careful_streams()
    logging.getLogger("mlflow").setLevel(logging.CRITICAL)  # its messages hold payloads
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    try:
        served = load()
    except Exception as error:
        line.send(without_secrets(f"{type(error).__name__}: {error}"))
        return
    line.send(READY)
    with contextlib.suppress(*ENDED):
        while True:
            line.send(_answered(served.app, line.recv_bytes()))


def _answered(app: Any, body: bytes) -> tuple[int, bytes]:
    """Return status and content; the trace of an app that raises goes the way of those that MLflow's app tells."""
    captured = Captured()
    try:
        asyncio.run(app(_SCOPE, replay(body), captured))
    except Exception:
        return 500, json.dumps({"stack_trace": traceback.format_exc()}).encode()
    return captured.status, b"".join(captured.parts)
