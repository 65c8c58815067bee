"""The server of all doors over sockets of this machine, before an app of no forecast."""

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import ssl
import threading
import warnings
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.commands import mcp as mcp_command
from shiftcast.pipelines.commands import serve as serve_command
from shiftcast.pipelines.serving.arrivals import WholeBodies
from shiftcast.pipelines.serving.handshake import Handshake
from shiftcast.pipelines.serving.libraries import own_lines
from shiftcast.pipelines.serving.patience import ImpatientProtocol
from shiftcast.pipelines.serving.payload import RequestLimits
from shiftcast.pipelines.serving.server import PromptServer

GET = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


async def app(scope, receive, send):
    """Answer at once, before the body is there."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


def served(act, **given):
    """Return what an act is told by a server on a port of this machine, and what was logged meanwhile."""
    lines = []

    async def run():
        server = PromptServer(app, grace=1, **given)
        server.config.lifespan = "off"
        listener = socket.create_server(("127.0.0.1", 0))
        running = asyncio.create_task(server._serve([listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            return await asyncio.wait_for(act(listener.getsockname()[1]), 60)
        finally:
            server.should_exit = True
            await running

    with own_lines(lambda event, **told: lines.append({"event": event, **told})):
        return asyncio.run(run()), lines


async def told(port, *parts, **given):
    """Return all that a server says to what is sent in pieces."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, **given)
    with contextlib.suppress(OSError):
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.05)
    said = b""
    with contextlib.suppress(OSError):
        said = await reader.read()
    writer.close()
    return said


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000,
    ],
    ids=["a handshake", "two hosts", "two lengths", "gzip", "a stray return", "a byte", "headers without end"],
)
def test_what_is_no_http_is_refused_as_all_else_and_logged_in_a_line(request_):
    said, lines = served(lambda port: told(port, request_))
    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"application/json" in head
    assert json.loads(body)["error_code"] == "INVALID_PARAMETER_VALUE"
    assert lines == [{"event": "warning", "by": "uvicorn.error", "says": "Invalid HTTP request received."}]


def test_a_body_that_breaks_after_its_answer_ends_the_connection_and_no_more():
    chunked = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    said, lines = served(lambda port: told(port, chunked, b"no size\r\n"))
    assert said.endswith(b"ok")
    assert [line.get("fault") for line in lines] == [None]


@pytest.mark.parametrize("protocol", [b"websocket", b"h2c"])
def test_another_protocol_is_not_taken_up(protocol):
    asked = GET.replace(b"Connection: close", b"Connection: Upgrade, close\r\nUpgrade: " + protocol)
    said, lines = served(lambda port: told(port, asked))
    assert (said.startswith(b"HTTP/1.1 200"), lines) == (True, [])


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Return the files of a certificate and of its key."""
    folder, key, now = tmp_path_factory.mktemp("tls"), ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(1), now + timedelta(1))
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    other, plain = ec.generate_private_key(ec.SECP256R1()), serialization.NoEncryption()
    (folder / "cert.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(form[0]))
    (folder / "key.pem").write_bytes(key.private_bytes(*form, plain))
    (folder / "locked.pem").write_bytes(key.private_bytes(*form, serialization.BestAvailableEncryption(b"word")))
    (folder / "other.pem").write_bytes(other.private_bytes(*form, plain))
    (folder / "letters.pem").write_text("no certificate")
    return folder


def anyone():
    """Return what a client takes any certificate with."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    return tls


def test_stalled_handshakes_make_room_for_others(pair, monkeypatch):
    monkeypatch.setattr(Handshake, "most", 2)

    async def act(port):
        stalled = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        first, *others = [asyncio.create_task(reader.read()) for reader, _ in stalled]
        await asyncio.wait([first], timeout=30)
        said = await told(port, GET, ssl=anyone())
        in_plain = await told(port, GET)
        for _, writer in stalled:
            writer.close()
        await asyncio.gather(first, *others, return_exceptions=True)
        return first.done(), said, in_plain

    (given_up, said, in_plain), lines = served(act, cert=pair / "cert.pem", key=pair / "key.pem")
    assert given_up
    assert said.startswith(b"HTTP/1.1 200")
    assert not in_plain.startswith(b"HTTP/1.1 200")
    assert (Handshake._waiting, lines) == ({}, [])


def test_a_handshake_has_its_time(pair, monkeypatch):
    monkeypatch.setattr(Handshake, "seconds", 0.1)
    said, lines = served(lambda port: told(port, b"\x16\x03\x01"), cert=pair / "cert.pem", key=pair / "key.pem")
    assert (said, lines) == (b"", [])


@pytest.mark.parametrize(
    ("cert", "key", "says"),
    [
        ("cert.pem", "other.pem", "key values mismatch"),
        ("key.pem", "cert.pem", "no start line|no certificate|pem lib"),
        ("cert.pem", "letters.pem", "cannot be used"),
        ("letters.pem", "key.pem", "cannot be used"),
        ("cert.pem", "locked.pem", "the key has a password"),
    ],
)
def test_files_that_are_no_pair_are_named_with_what_to_give(pair, cert, key, says):
    serve_command._check_tls(pair / "cert.pem", pair / "key.pem")
    with pytest.raises(InputError, match=says):
        serve_command._check_tls(pair / cert, pair / key)


def test_a_terminal_that_goes_away_stops_the_server_unless_that_is_ignored():
    assert threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn raises what it was told once it has ended
    hangup = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may ignore it, as nohup does
    try:
        server = PromptServer(app)
        with server.capture_signals():
            os.kill(os.getpid(), signal.SIGHUP)
        kept = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        ignoring = PromptServer(app)
        with ignoring.capture_signals():
            os.kill(os.getpid(), signal.SIGHUP)
        assert signal.signal(signal.SIGHUP, kept) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)
        signal.signal(signal.SIGHUP, hangup)
    assert (server.should_exit, ignoring.should_exit) == (True, False)


def test_what_libraries_warn_of_is_a_line_without_a_word_of_a_request():
    lines = []
    with own_lines(lambda event, **fields: lines.append((event, fields))):
        logging.getLogger("asyncio").error("failed\nsocket: <laddr=10.1.2.3>")
        logging.getLogger("mcp.server").warning("the payload was %s", "power")
        logging.getLogger("uvicorn.error").info("Started")
        failed = ValueError("the payload")
        logging.getLogger("mcp.server").error("the payload", exc_info=(ValueError, failed, None))
    assert lines[:2] == [("error", {"by": "asyncio", "says": "failed"}), ("warning", {"by": "mcp.server"})]
    ((event, fields),) = lines[2:]
    assert (event, fields["fault"], fields["trace"]) == ("error", "ValueError", ["ValueError"])
    assert "payload" not in json.dumps(lines)


@pytest.mark.filterwarnings("always")
def test_what_python_warns_of_is_such_a_line_too_as_long_as_a_server_runs(capfd):
    lines, before = [], warnings.showwarning
    with own_lines(lambda event, **fields: lines.append((event, fields))):
        warnings.warn_explicit("the payload in exp", RuntimeWarning, "/some/forecast.py", 7)
    assert lines == [("warning", {"by": "py.warnings", "kind": "RuntimeWarning", "at": "/some/forecast.py:7"})]
    assert (warnings.showwarning, capfd.readouterr().err) == (before, "")


def test_assistants_over_http_are_waited_for_no_longer_than_others(monkeypatch):
    ran = []
    monkeypatch.setattr(PromptServer, "run", lambda self, sockets: ran.append((self.config, sockets)))
    mcp_command._over_http(SimpleNamespace(streamable_http_app=lambda **_: app), 0)
    ((config, (listener,)),) = ran
    listener.close()
    assert (config.http, type(config.app)) == (ImpatientProtocol, WholeBodies)


async def sent_by(door, parts):
    """Return what a door sends to a request whose body comes in parts."""
    sent, left = [], list(parts)

    async def receive():
        if left[0] is ...:
            await asyncio.sleep(60)
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    async def send(message):
        sent.append(message)

    await door({"type": "http"}, receive, send)
    return sent[0]["status"], b"".join(each.get("body", b"") for each in sent[1:])


def test_an_app_is_reached_once_a_body_is_whole():
    reached = []

    async def inner(scope, receive, send):
        reached.append((await receive())["body"])
        await app(scope, receive, send)

    door = WholeBodies(inner, RequestLimits(body=10, pause=0.05, seconds=0.1))
    sent = [asyncio.run(sent_by(door, parts)) for parts in ([b"ab", b"cd"], [b"ab", b"", ...], [b"x" * 11])]
    assert (sent[0], reached) == ((200, b"ok"), [b"abcd"])
    assert [(status, json.loads(body)["error_code"]) for status, body in sent[1:]] == [
        (408, "BAD_REQUEST"), (413, "BAD_REQUEST"),
    ]  # fmt: skip
