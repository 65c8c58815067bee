"""A desk's gate, asked in this process without a socket."""

import asyncio
from dataclasses import dataclass, field

import pytest

from shiftcast.pipelines.desk.gate import DeskGate, DeskLimits

HOST = (b"host", b"127.0.0.1:5003")


@dataclass
class Door:
    """A gate with what it logged."""

    pages: object
    refusal: object
    files: object
    limits: DeskLimits = field(default_factory=DeskLimits)
    lines: list[dict] = field(default_factory=list)

    def get(self, address="/", *, method="GET", headers=(HOST,)):
        """Return status, headers and text of one request."""
        return asyncio.run(self.aget(address, method=method, headers=headers))

    def gate(self):
        """Return a fresh gate."""
        return DeskGate(self.pages, self.refusal, files=self.files, limits=self.limits,
                        log=lambda event, **fields: self.lines.append({"event": event, **fields}))  # fmt: skip

    async def aget(self, address="/", *, method="GET", headers=(HOST,), gate=None):
        gate = gate or self.gate()
        path, _, query = address.partition("?")
        sent = []

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(),
                 "headers": list(headers)}  # fmt: skip
        await gate(scope, receive, send)
        body = b"".join(message.get("body", b"") for message in sent[1:])
        return sent[0]["status"], dict(sent[0]["headers"]), body.decode()


@pytest.fixture
def door(pages):
    return Door(pages, pages.refusal, pages.file)
