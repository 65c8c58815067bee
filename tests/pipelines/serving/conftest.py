"""The gate on the finished run's model, asked in this process without a socket."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from shiftcast.pipelines.registry.mlflow_store import champion_version, open_store
from shiftcast.pipelines.serving.gate import Gate
from shiftcast.pipelines.serving.loading import Served, load_served
from shiftcast.pipelines.serving.payload import WORLD, RequestLimits

JSON = {"content-type": "application/json", "host": "localhost:5001"}
SMALL = RequestLimits(body=20_000, depth=6, rows=50, waiting=4, seconds=0.5)


@dataclass
class Server:
    """A gate with what it logged; its model may be replaced."""

    gate: Gate
    source: SimpleNamespace
    lines: list[dict] = field(default_factory=list)

    def call(self, body: bytes = b"", *, path="/invocations", method="POST", headers=None, chunks=None):
        """Return status, headers and body of one request."""
        return asyncio.run(self.acall(body, path=path, method=method, headers=headers, chunks=chunks))

    async def acall(self, body=b"", *, path="/invocations", method="POST", headers=None, chunks=None):
        parts = list(chunks if chunks is not None else [body])
        sent = []

        async def receive():
            if not parts:
                await asyncio.sleep(60)
            part = parts.pop(0)
            if part is None:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": part, "more_body": bool(parts)}

        async def send(message):
            sent.append(message)

        given = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in (JSON if headers is None else headers).items()]
        scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
                 "raw_path": path.encode("utf-8", "replace"), "query_string": b"", "root_path": "", "scheme": "http",
                 "headers": given, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 5001)}  # fmt: skip
        await self.gate(scope, receive, send)
        start = sent[0]
        return start["status"], dict(start["headers"]), b"".join(m.get("body", b"") for m in sent[1:])

    def ask(self, *rows, **params):
        """Return status and content for questions."""
        payload = {"dataframe_records": list(rows), **({"params": params} if params else {})}
        status, _, body = self.call(json.dumps(payload).encode())
        return status, json.loads(body)


@pytest.fixture(scope="session")
def served(finished) -> Served:
    store = open_store(finished.request.root)
    return load_served(store, champion_version(store))


@pytest.fixture
def serve() -> Callable[..., Server]:
    """Return a function that puts a gate before a model, or before none."""

    def put(model, *, limits=SMALL, hosts=frozenset({"localhost"}), taken=WORLD):
        source = SimpleNamespace(served=model, start=lambda: None, stop=lambda: None)
        lines: list[dict] = []
        gate = Gate(
            source, limits=limits, hosts=hosts, taken=taken, clock=lambda: 1_795_000_000.0,
            log=lambda event, **fields: lines.append({"event": event, **fields}),
        )  # fmt: skip
        return Server(gate, source, lines)

    return put


@pytest.fixture
def server(served, serve) -> Server:
    return serve(served)
