"""The desk over HTTP: only reads, only for this machine's own browser, few at once, one log line a request."""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import anyio

from shiftcast.pipelines.desk.address import RefusedError, read_fields
from shiftcast.pipelines.serving.loading import Log
from shiftcast.pipelines.serving.reply import Receive, Reply, Send, send_reply, trace_of
from shiftcast.pipelines.state.threads import beside

HOSTS: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
_POLICY: Final = "; ".join((  # nothing inline, nothing from elsewhere
    "default-src 'self'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'", "object-src 'none'",
))  # fmt: skip
_HEADERS: Final = (
    (b"content-security-policy", _POLICY.encode()), (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"), (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"), (b"x-frame-options", b"DENY"), (b"cache-control", b"no-store"),
)  # fmt: skip
_OWN_SITE: Final = ("none", "same-origin")  # of the header by which a browser tells who asks
_READS: Final = ("GET", "HEAD")
_PLAIN: Final = b"text/plain; charset=utf-8"
_PORT: Final = re.compile(r":\d*$")


@dataclass(frozen=True)
class DeskLimits:
    """Limits of a page.

    Attributes
    ----------
    waiting
        Pages made at once; more are told to come back.
    seconds
        Time until a page is there.
    """

    waiting: int = 4
    seconds: float = 300.0


Pages = Callable[[str, Mapping[str, str]], Reply]
Files = Callable[[str], Reply | None]


class DeskGate:
    """An ASGI app that makes pages in threads.

    Parameters
    ----------
    pages
        Makes the page of a path and its fields; it refuses by :class:`pipelines.desk.address.RefusedError`.
    refusal
        Makes the page of a refusal: status, and the fault with its remedy.
    files
        Returns the file of a path, nothing where there is none. Each page loads several at once, so that they are no
        pages of the limits.
    limits
        What a page may take.
    log
        Called with an event and its fields; never with what was asked.
    """

    def __init__(
        self, pages: Pages, refusal: Callable[[int, str], Reply], *, files: Files, log: Log,
        limits: DeskLimits | None = None,
    ) -> None:  # fmt: skip
        self._pages, self._refusal, self._files, self._log = pages, refusal, files, log
        self._limits = limits or DeskLimits()
        self._free = threading.BoundedSemaphore(self._limits.waiting)

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            await self._request(scope, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _request(self, scope: Mapping[str, Any], send: Send) -> None:
        start, note = time.perf_counter(), dict[str, Any]()
        number = uuid.uuid4().hex
        try:
            reply = await self._reply(scope)
        except RefusedError as error:
            reply = self._refusal(error.status, str(error))
        except Exception as error:
            note = {"fault": type(error).__name__, "trace": trace_of(error)}
            reply = self._refusal(500, f"the desk failed on this page; its log has the trace of request {number}")
        whole = replace(reply, headers=(*reply.headers, *_HEADERS))
        if scope["method"] == "HEAD":
            whole = replace(whole, body=b"")
        await send_reply(whole, send, number=number)
        self._log("page", request=number, **note, status=reply.status,
                  ms=round(1e3 * (time.perf_counter() - start), 1), sent=len(whole.body))  # fmt: skip

    async def _reply(self, scope: Mapping[str, Any]) -> Reply:
        _check_caller(scope)
        if scope["method"] not in _READS:
            allowed = ((b"allow", ", ".join(_READS).encode()),)
            told = b"the desk only reads: ask with GET\n"
            return Reply(405, told, allowed, kind=_PLAIN)
        fields = read_fields(scope["query_string"])
        if (file := self._files(scope["path"])) is not None:
            return file
        if not self._free.acquire(blocking=False):
            raise RefusedError(f"{self._limits.waiting} pages are being made; load this one again in a moment", 429)
        try:
            with anyio.fail_after(self._limits.seconds):
                # one that takes too long keeps its place until it has ended
                return await beside(partial(self._pages, scope["path"], fields), self._free.release)
        except TimeoutError:
            raise RefusedError(f"the page took more than {self._limits.seconds:g} s; ask for less", 503) from None


def _check_caller(scope: Mapping[str, Any]) -> None:
    """Raise unless the browser was told one of this machine's own names, and no other site embeds the page."""
    headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
    hosts = [value for name, value in headers if name == "host"]
    if len(hosts) != 1 or _PORT.sub("", hosts[0]).lower() not in HOSTS:
        raise RefusedError("header 'host' names another server; open the address that `shiftcast desk` printed", 421)
    given = dict(headers)
    if given.get("sec-fetch-site", "none") not in _OWN_SITE and given.get("sec-fetch-dest", "") != "document":
        raise RefusedError("a page of another site asked for this; follow a link to it, or open its address", 403)


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        done = message["type"].removeprefix("lifespan.")
        await send({"type": f"lifespan.{done}.complete"})
        if done == "shutdown":
            return
