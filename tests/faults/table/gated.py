"""Clients of the server: methods, paths, headers and bodies that a browser, a scanner or a mistake would send."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

from shiftcast.pipelines.serving.gate import Gate
from shiftcast.pipelines.serving.loading import Served
from shiftcast.pipelines.serving.payload import RequestLimits
from shiftcast.pipelines.serving.token import TokenGate
from table.case import Bench, Case, Kind, shown

LIMITS = RequestLimits(body=20_000, depth=6, rows=50, waiting=4, seconds=0.2, pause=0.1)
BODY = json.dumps({"dataframe_records": [{"question": "claims"}]}).encode()
JSON = {"content-type": "application/json", "host": "localhost:5001"}
TOKEN = "0123456789abcdef-secret"  # noqa: S105  (of the test)


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Stand in for MLflow's app: answer what was sent, so that what reaches it is seen."""
    body = (await receive())["body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


async def silent(scope: Any, receive: Any, send: Any) -> None:
    """Stand in for an app that fails."""
    raise RuntimeError("the payload was " + repr((await receive())["body"]))


class Server:
    """A gate in this process, and what it logged."""

    def __init__(self, app: Any = echo, *, hosts: frozenset[str] = frozenset({"localhost"}), token: str = "") -> None:
        self.lines: list[dict[str, Any]] = []
        source = SimpleNamespace(served=Served("7", app), start=lambda: None, stop=lambda: None)
        self.gate: Any = Gate(source, limits=LIMITS, hosts=hosts, log=self.log)
        if token:
            self.gate = TokenGate(self.gate, token, self.log)

    def log(self, event: str, **fields: Any) -> None:
        """Keep a line of the log."""
        self.lines.append({"event": event, **fields})

    def call(
        self, body: bytes = BODY, *, path: str = "/invocations", method: str = "POST",
        headers: dict[str, str] | None = None, parts: list[Any] | None = None,
    ) -> tuple[int, dict[bytes, bytes], bytes]:  # fmt: skip
        """Return status, headers and body of one request."""
        return asyncio.run(self._call(list(parts if parts is not None else [body]), path, method,
                                      JSON if headers is None else headers))  # fmt: skip

    async def _call(
        self, parts: list[Any], path: str, method: str, headers: dict[str, str]
    ) -> tuple[int, dict[bytes, bytes], bytes]:
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            part = parts.pop(0)
            if part is ...:
                await asyncio.sleep(60)
            if part is None:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": part, "more_body": bool(parts)}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        given = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()]
        scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode("utf-8", "replace"),
                 "query_string": b"", "headers": given, "client": ("127.0.0.1", 1), "scheme": "http"}  # fmt: skip
        await self.gate(scope, receive, send)
        return sent[0]["status"], dict(sent[0]["headers"]), b"".join(each.get("body", b"") for each in sent[1:])


def answered(
    bench: Bench, status: int, *, secret: str = "", server: dict[str, Any] | None = None, **asked: Any
) -> None:
    """The status is as promised, the answer is JSON without a trace, and one line is logged without the payload."""
    gate = Server(**(server or {}))
    found, headers, body = gate.call(**asked)
    assert found == status, body
    told = json.loads(body) if body else {}
    assert "Traceback" not in body.decode()
    assert found < 400 or asked.get("method") == "HEAD" or {"error_code", "message"} <= set(told)
    (line,) = gate.lines
    assert line["status"] == status
    assert not secret or secret not in json.dumps(gate.lines) + body.decode("utf-8", "replace")
    assert all(b"\r" not in value and b"\n" not in value for value in headers.values())


PATHS = (
    "/", "/docs", "/openapi.yaml", "/invocations/", "//invocations", "/INVOCATIONS", "/invocations/../health",
    "/invocations%00", "/..%2f..%2fetc/passwd", "/api/2.0/mlflow/experiments/search", "/ajax-api/2.0/mlflow/runs",
    "/static-files/index.html", "/.git/config", "/wp-login.php", "/graphql", "/health/", "/\u202einvocations", "*", "",
)  # fmt: skip
METHODS = ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "post", "")
HOSTS = {
    "localhost": 200, "localhost:5001": 200, "LOCALHOST": 200, "localhost:": 200, "": 421, "evil.example": 421,
    "localhost.evil.example": 421, "evil.example:5001": 421, "localhost@evil.example": 421, "127.0.0.1.nip.io": 421,
    "localhost, evil.example": 421, "localhost evil": 421, "xn--lcalhost-8db": 421, "[::1]": 421,
    "localhost:80:90": 421,
}  # fmt: skip
TYPES = {
    "application/json": 200, "application/json; charset=utf-8": 200, "APPLICATION/JSON": 200, "text/plain": 415,
    "text/csv": 415, "application/x-www-form-urlencoded": 415, "multipart/form-data; boundary=x": 415, "": 415,
    "application/jsonx": 415, "application/octet-stream": 415, "application/x-pickle": 415,
    "application/json; charset=utf-16": 415,
}  # fmt: skip
LENGTHS = {"20001": 413, "999999999999999999999": 400, "-1": 400, "ten": 400, "0x10": 400, "1e3": 400, " 5": 400}
NUMBERS = ('a"b', "a\tb", "a" * 65, "{}", "../x", "a b", "", "\u00e9")
CALLED = (
    "", "Bearer", "Bearer ", "Bearer wrong-token-of-24-letters", f"Basic {TOKEN}", f"Bearer {TOKEN}x", TOKEN,
    f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN.upper()}", f"Bearer  x {TOKEN}", f"Digest {TOKEN}", f"bearer\t{TOKEN}",
)  # fmt: skip
ROW = '{"dataframe_records": [{"question": "claims"}]'
WRITTEN = {
    "a field twice": ROW + ', "dataframe_records": []}',
    "a field of a row twice": '{"dataframe_records": [{"question": "claims", "question": "x"}]}',
    "NaN": ROW + ', "params": {"seed": NaN}}', "1e400": ROW + ', "params": {"seed": 1e400}}',
    "a number of 5,000 digits": ROW + ', "params": {"seed": ' + "9" * 5000 + "}}",
    "a half of a letter": ROW + ', "params": {"mode": "\\ud800"}}',
    "a zero in a text": ROW + ', "params": {"mode": "\\u0000"}}',
    "a list for a text": ROW + ', "params": {"mode": ["x"]}}', "true for a number": ROW + ', "params": {"seed": true}}',
    "params that are a list": ROW + ', "params": []}', "a field of another door": ROW + ', "instances": []}',
    "seven levels": ROW + ', "params": {"mode": ' + "[" * 6 + "]" * 6 + "}}",
    "rows of both kinds": ROW + ', "dataframe_split": {}}', "no rows": '{"dataframe_records": []}',
    "a number for rows": '{"dataframe_records": 1}', "a comment": ROW + "/* */}", "a comma more": ROW + ",}",
    "nothing but a space": " ", "null": "null", "a text": '"claims"', "rows after the end": ROW + "} {}",
}  # fmt: skip
CODED = {"UTF-16": "utf-16", "UTF-16 without a mark": "utf-16-le", "UTF-32": "utf-32", "UTF-8 with a mark": "utf-8-sig"}
CUT = {
    "nothing, then gone": [None], "half a body, then gone": [BODY[:9], None],
    "half a body, then silence": [BODY[:9], ...],
    "nothing, then silence": [...], "a byte at a time": [bytes([each]) for each in BODY],
    "empty pieces": [b"", b"", BODY],
    "a body that never ends": [b"x" * 1000] * 400,
}  # fmt: skip
CUT_STATUS = dict(zip(CUT, (400, 400, 408, 408, 200, 200, 413), strict=True))


ANSWER = "status, JSON with code and message, one line of the log without payload or trace"
NO_PATH = Kind(
    "serve-protocol",
    "no path but those of the server is answered",
    ANSWER,
)
BY_POST = Kind(
    "serve-protocol",
    "questions come by POST alone",
    ANSWER,
)
THIS_SERVER = Kind(
    "serve-protocol",
    "only a request that names this server is answered",
    ANSWER,
)
ODD_JSON = Kind(
    "serve-protocol",
    "a body that could be read in two ways, or in none, is refused",
    ANSWER,
)
AS_JSON = Kind(
    "serve-protocol",
    "a body is read as JSON only where it says so",
    ANSWER,
)
NO_LENGTH = Kind(
    "serve-protocol",
    "a length that cannot be is refused before the body",
    ANSWER,
)
NO_FORGERY = Kind(
    "serve-protocol",
    "no header forges a line of the log",
    ANSWER,
)
WHOLE_TOKEN = Kind(
    "secrets",
    "only the whole token is let in, and it is not logged",
    ANSWER,
)
TIME_AND_SIZE = Kind(
    "serve-dos",
    "a body has a time and a size, and a client that goes is given up",
    ANSWER,
)
NO_DETAILS = Kind(
    "serve-protocol",
    "a defect is told without its details",
    ANSWER,
)


def cases() -> Iterator[Case]:
    """Yield requests by what is odd in them."""
    for path in PATHS:
        yield NO_PATH(f"path {shown(path)}", partial(answered, status=404, path=path))
    for method in METHODS:
        yield BY_POST(f"method {shown(method)}", partial(answered, status=405, method=method))
    for host, status in HOSTS.items():
        yield THIS_SERVER(f"Host {shown(host)}", partial(answered, status=status, headers={**JSON, "host": host}))
    for kind, status in TYPES.items():
        yield AS_JSON(
            f"content type {shown(kind)}", partial(answered, status=status, headers={**JSON, "content-type": kind})
        )
    for length, status in LENGTHS.items():
        yield NO_LENGTH(
            f"content length {shown(length)}",
            partial(answered, status=status, headers={**JSON, "content-length": length}),
        )
    for number in NUMBERS:
        yield NO_FORGERY(f"request number {shown(number)}", partial(numbered, number=number))
    for called in CALLED:
        yield WHOLE_TOKEN(
            f"authorization {shown(called)}",
            partial(
                answered, status=401, secret=TOKEN, server={"token": TOKEN}, headers={**JSON, "authorization": called}
            ),
        )
    bodies = {words: body.encode() for words, body in WRITTEN.items()}
    bodies |= {f"a body in {words}": (ROW + "}").encode(coding) for words, coding in CODED.items()}
    yield from (ODD_JSON(words, partial(answered, status=400, body=body)) for words, body in bodies.items())
    for words, parts in CUT.items():
        yield TIME_AND_SIZE(words, partial(answered, status=CUT_STATUS[words], parts=parts))
    yield NO_DETAILS(
        "an app that raises with the payload in its message",
        partial(answered, status=500, secret="claims", server={"app": silent}),  # noqa: S106  (a word of the body)
    )


def numbered(bench: Bench, number: str) -> None:
    """The number is replaced by one of ours."""
    gate = Server()
    _, headers, _ = gate.call(headers={**JSON, "x-request-id": number})
    assert len(headers[b"x-request-id"]) == 32
    assert number not in {"", gate.lines[0]["request"]} or number == ""
