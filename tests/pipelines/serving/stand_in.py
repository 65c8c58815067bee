"""What stands in for a forecast in another process, which imports this file: only what is there at once."""

import os
import signal
import tempfile
import time
import warnings
from dataclasses import dataclass
from types import SimpleNamespace

TOLD = {
    b"refuse": (400, b'{"message": "row 0: no"}'), b"much": (200, b"x" * 2_000_000),
    b"memory": (500, b'{"stack_trace": "Traceback\\nnumpy.ArrayMemoryError: Unable to allocate 48 MiB"}'),
}  # fmt: skip


async def told(scope, receive, send):
    """Stand in for MLflow's app: do as the body says."""
    body = (await receive())["body"]
    if body == b"sleep":
        time.sleep(600)
    if body == b"fail":
        raise RuntimeError("the secret payload")
    if body == b"warn":
        warnings.warn("the secret payload", RuntimeWarning, stacklevel=1)
    if body == b"leave":
        tempfile.mkdtemp()
    if body == b"die":
        os.kill(os.getpid(), signal.SIGKILL)
    status, content = TOLD.get(body, (200, str(os.getpid()).encode()))
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": content})


@dataclass(frozen=True)
class Loads:
    """Loads in no time, or not at all."""

    version: str

    def __call__(self):
        if self.version == "broken":
            raise OSError("gone: postgresql://me:hidden@db/mlflow")
        if self.version.startswith("slow"):
            time.sleep(1)
        return SimpleNamespace(app=told)
