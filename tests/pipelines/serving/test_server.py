import asyncio
from types import SimpleNamespace

import uvicorn

from shiftcast.pipelines.serving.server import PromptServer


def test_long_work_is_ended_before_the_server_waits_for_what_is_under_way(monkeypatch):
    order = []

    async def shutdown(self, sockets=None):
        order.append("uvicorn")

    monkeypatch.setattr(uvicorn.Server, "shutdown", shutdown)
    asyncio.run(PromptServer(None, SimpleNamespace(stop=lambda: order.append("hands"))).shutdown())
    assert order == ["hands", "uvicorn"]


def test_a_header_does_not_say_whose_a_request_is():
    clients = []

    async def app(scope, receive, send):
        clients.append(scope["client"])

    server = PromptServer(app, SimpleNamespace())
    server.config.load()
    scope = {"type": "http", "client": ("127.0.0.1", 1), "headers": [(b"x-forwarded-for", b"10.0.0.9")]}
    asyncio.run(server.config.loaded_app(scope, None, None))
    assert clients == [("127.0.0.1", 1)]
