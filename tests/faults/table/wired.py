"""Clients of the server by what goes over the wire: requests that are no HTTP, or HTTP that few send."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Iterator
from functools import partial

from shiftcast.pipelines.serving.libraries import own_lines
from shiftcast.pipelines.serving.server import PromptServer
from table.case import Bench, Case, Kind
from table.gated import BODY, Server

HOST, LENGTH = b"Host: localhost\r\n", b"Content-Length: %d\r\n" % len(BODY)
TAKEN = 2**16  # bytes of a header or a line of chunks, of which the rest is not read: its sender may hear no answer
CHUNKS = b"Transfer-Encoding: chunked\r\n"


def post(
    *headers: bytes, body: bytes = BODY, length: bytes = LENGTH, host: bytes = HOST,
    target: bytes = b"/invocations", version: bytes = b"1.1",
) -> bytes:  # fmt: skip
    """Return a request, odd in one thing."""
    kind = b"Content-Type: application/json\r\nConnection: close\r\n"
    return b"POST " + target + b" HTTP/" + version + b"\r\n" + host + kind + length + b"".join(headers) + b"\r\n" + body


def chunked(*parts: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    """Return a body in chunks."""
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + end


ODD = {
    "HTTP/1.0": (post(version=b"1.0"), 200), "HTTP/1.0 without a host": (post(version=b"1.0", host=b""), 421),
    "a body in chunks": (post(length=CHUNKS, body=chunked(BODY)), 200),
    "a body in chunks of one byte": (post(length=CHUNKS, body=chunked(*(bytes([each]) for each in BODY))), 200),
    "chunks with extensions": (post(length=CHUNKS, body=b"%x;a=b\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)), 200),
    "chunks with trailers": (post(length=CHUNKS, body=chunked(BODY, end=b"0\r\nX: y\r\n\r\n")), 200),
    "a length and chunks": (post(CHUNKS, body=chunked(BODY)), 200),
    "the same length twice": (post(LENGTH), 200), "no body": (post(length=b"", body=b""), 400),
    "a target that names the server": (post(target=b"http://localhost/invocations"), 404),
    "a target that names another": (post(target=b"http://evil.example/invocations"), 404),
    "a target with odd escapes": (post(target=b"/%zz%ff%00"), 404),
    "an upgrade to a web socket": (post(b"Connection: Upgrade\r\nUpgrade: websocket\r\n"), 200),
    "an upgrade to HTTP/2": (post(b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"), 200),
    "the preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 421),
    "one that expects to go on": (post(b"Expect: 100-continue\r\n"), 200),
    "a header folded": (post(b"X: a\r\n b\r\n"), 200), "1,000 headers": (post(b"X: y\r\n" * 1000), 200),
    "a line without a return": (b"GET /health HTTP/1.1\nHost: localhost\nConnection: close\n\n", 200),
}  # fmt: skip
BROKEN = {
    "a handshake of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
    "all bytes": bytes(range(256)) * 9,
    "HTTP/0.9": b"GET /health\r\n\r\n", "two hosts": post(HOST), "no host": post(host=b""),
    "two lengths": post(b"Content-Length: 3\r\n"), "a length below nothing": post(length=b"Content-Length: -1\r\n"),
    "a length in hexadecimal": post(length=b"Content-Length: 0x5\r\n"),
    "a length of 30 digits": post(length=b"Content-Length: " + b"9" * 30 + b"\r\n"),
    "another encoding": post(length=b"Transfer-Encoding: gzip, chunked\r\n", body=chunked(BODY)),
    "chunks twice": post(CHUNKS, length=CHUNKS, body=chunked(BODY)),
    "a chunk without a size": post(length=CHUNKS, body=b"zz\r\nx"),
    "a chunk of 21 digits": post(length=CHUNKS, body=b"f" * 21 + b"\r\nx"),
    "a chunk whose line does not end": post(length=CHUNKS, body=b"1;" + b"a" * 200_000),
    "trailers without an end": post(length=CHUNKS, body=chunked(BODY, end=b"0\r\n" + b"X: y\r\n" * 60_000)),
    "a stray return": b"GET /health HTTP/1.1\r\nHost: localhost\r\r\n\r\n",
    "an empty line first": b"\r\n\r\n" + post(), "a space first": b" " + post(),
    "a header with a zero": post(b"X: \0\r\n"), "a space before a colon": post(b"X : y\r\n"),
    "a header without a colon": post(b"X\r\n"), "a header without a name": post(b": y\r\n"),
    "headers without an end": b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 60_000,
    "a target that is no ASCII": b"GET /\xff HTTP/1.1\r\n" + HOST + b"\r\n",
    "a target with an escape sequence": b"GET /\x1b[2J HTTP/1.1\r\n" + HOST + b"\r\n",
    "no target": b"GET HTTP/1.1\r\n" + HOST + b"\r\n",
}  # fmt: skip


def wired(request: bytes) -> tuple[list[bytes], Server]:
    """Return what a server on a port of this machine says to a request, and to a plain one after it."""
    server = Server()

    async def said(port: int, what: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        found = b""
        with contextlib.suppress(ConnectionError):  # it does not wait for all that is sent
            writer.write(what)
            await writer.drain()
        with contextlib.suppress(ConnectionError):
            while part := await reader.read(65_536):
                found += part
        writer.close()
        return found

    async def run() -> list[bytes]:
        http = PromptServer(server.gate, grace=1)
        http.config.lifespan = "off"
        listener = socket.create_server(("127.0.0.1", 0))
        running = asyncio.create_task(http._serve([listener]))
        while not http.started:
            await asyncio.sleep(0.01)
        port = listener.getsockname()[1]
        found = [await asyncio.wait_for(said(port, each), 30) for each in (request, post())]
        http.should_exit = True
        await running
        return found

    with own_lines(server.log):
        return asyncio.run(run()), server


def served(bench: Bench, request: bytes, status: int) -> None:
    """The status is as promised, and the next client is answered."""
    (first, after), server = wired(request)
    assert first.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n").startswith(b"HTTP/1.1 %d " % status), first
    assert after.startswith(b"HTTP/1.1 200 ")
    assert not [line for line in server.lines if "fault" in line]


def refused(bench: Bench, request: bytes) -> None:
    """What is no HTTP is told so in JSON, unless more comes than is read, and in a line of the log."""
    (first, after), server = wired(request)
    head, _, body = first.partition(b"\r\n\r\n")
    if first or len(request) <= TAKEN:
        assert head.startswith(b"HTTP/1.1 400 "), first
        assert {"error_code", "message"} <= set(json.loads(body))
    assert after.startswith(b"HTTP/1.1 200 ")
    assert [line["event"] for line in server.lines if line["event"] == "warning"] == ["warning"]
    assert not [line for line in server.lines if "fault" in line]


FEW = Kind(
    "serve-protocol",
    "HTTP that few send is answered as all is",
    "status, the next client's answer, no fault in the log",
)
NONE = Kind(
    "serve-protocol",
    "what is no HTTP is refused as all else, or its connection ends, and nobody else notices",
    "JSON with code and message, a line of the log without a trace, the next client's answer",
)


def cases() -> Iterator[Case]:
    """Yield requests by what is odd in them."""
    for words, (request, status) in ODD.items():
        yield FEW(words, partial(served, request=request, status=status))
    for words, request in BROKEN.items():
        yield NONE(words, partial(refused, request=request))
