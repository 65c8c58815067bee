"""Thin ASGI layer before MLflow's scoring app: routes, limits, checks, one log line a request."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final, Protocol

from shiftcast.pipelines.registry.maker import present_maker
from shiftcast.pipelines.serving.arrivals import Arrivals
from shiftcast.pipelines.serving.departures import Departures
from shiftcast.pipelines.serving.hands import Hands
from shiftcast.pipelines.serving.loading import Log, Served
from shiftcast.pipelines.serving.metrics import CONTENT, Family, Requests, Sample, gauge, text_of
from shiftcast.pipelines.serving.openapi import openapi
from shiftcast.pipelines.serving.payload import (
    WORLD,
    PayloadError,
    RequestLimits,
    Taken,
    check_headers,
    read_payload,
)
from shiftcast.pipelines.serving.reply import (
    Captured,
    Receive,
    Reply,
    Send,
    defect,
    json_reply,
    refusal,
    replay,
    trace_of,
)
from shiftcast.pipelines.serving.routes import GETS, INVOCATIONS, METRICS, OPENAPI, named
from shiftcast.pipelines.serving.work import LIGHT, check_work

_PLAIN: Final = [(b"content-type", b"application/json")]  # all that MLflow's app has to know of the headers
_QUEUED: Final = 4  # long questions under way for each process that answers them
_SHORT: Final = 20_000  # bytes of a body that is read on the loop, in a few milliseconds; a megabyte takes far longer
_NUMBER: Final = re.compile(r"[A-Za-z0-9-]{1,64}")


class ServedSource(Protocol):
    """A source of the loaded model: :class:`pipelines.serving.loading.Watcher`, or a stand-in."""

    @property
    def served(self) -> Served | None:
        """The version ready to answer."""

    def start(self) -> None:
        """Begin loading."""

    def stop(self) -> None:
        """Stop loading."""


class Gate:
    """An ASGI app; requests under way keep the model they began with when another is loaded.

    Parameters
    ----------
    source
        Keeps the model.
    limits
        What a request may take.
    hosts
        Names that the ``Host`` header may have; empty allows any.
    log
        Called with an event and its fields; never with payloads, headers or addresses.
    taken
        What the model may be asked.
    clock
        Tells the time [s since 1970].
    hands
        Processes that answer what takes long; all is answered here without them.
    """

    def __init__(
        self, source: ServedSource, *, limits: RequestLimits, hosts: frozenset[str], log: Log, taken: Taken = WORLD,
        clock: Callable[[], float] = time.time, hands: Hands | None = None,
    ) -> None:  # fmt: skip
        self._source, self._limits, self._hosts, self._log, self._taken = source, limits, hosts, log, taken
        self._clock, self._requests = clock, Requests()
        self._costs: list[float] = []  # of the questions that are answered in this process
        self._hands, self._long = hands, 0
        self._arrivals, self._departures, self._open = Arrivals(limits), Departures(limits.work.sent), 0
        self._reads, self._reading = asyncio.Semaphore(1), 0
        self._of_client = Counter[str]()

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._source.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                if self._hands is not None:
                    self._hands.stop()
                await asyncio.to_thread(self._source.stop)
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _request(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        start, headers = time.perf_counter(), _headers(scope)
        given = headers.get("x-request-id", "")
        number = given if _NUMBER.fullmatch(given) else uuid.uuid4().hex
        note: dict[str, Any] = {**named(scope), "request": number}
        self._open += 1
        with contextlib.ExitStack() as held:
            try:
                reply = await self._reply(scope, headers, receive, note, held)
            except PayloadError as error:
                again = {"retry_after": "1"} if error.status in {429, 503} else {}
                reply = refusal(error.status, str(error), **again)
            except Exception as error:
                note |= {"fault": type(error).__name__, "trace": trace_of(error)}
                reply = defect()
            except asyncio.CancelledError:  # the server stops and has waited long enough
                reply = refusal(503, "the server stops; ask again", retry_after="5")
            finally:
                self._open -= 1
            reply = await self._departures.send(reply, send, number=number, client=_client(scope))
        seconds = time.perf_counter() - start
        self._requests.add(note["route"], note["method"], reply.status, seconds)
        self._log("request", **note, status=reply.status, ms=round(1e3 * seconds, 1), sent=len(reply.body))

    async def _reply(
        self, scope: Mapping[str, Any], headers: Mapping[str, str], receive: Receive, note: dict[str, Any],
        held: contextlib.ExitStack,
    ) -> Reply:  # fmt: skip
        self._check_host(headers)
        path, method = scope["path"], scope["method"]
        if path not in {INVOCATIONS, *GETS}:
            raise PayloadError(f"no such path; there are {', '.join((INVOCATIONS, *GETS))}", 404)
        wanted = ("POST",) if path == INVOCATIONS else ("GET", "HEAD")
        if method not in wanted:
            return refusal(405, f"{path} takes {' or '.join(wanted)}", allow=", ".join(wanted))
        served = self._source.served
        if path != INVOCATIONS:
            reply = self._told(path, served)
            return replace(reply, body=b"") if method == "HEAD" else reply
        if served is None:
            return refusal(503, "no model is loaded yet", retry_after="5")
        note["version"] = served.version
        return await self._score(served, scope, headers, receive, note, held)

    def _told(self, path: str, served: Served | None) -> Reply:
        if path == METRICS:
            return Reply(200, text_of(self._families(served)).encode(), kind=CONTENT)
        return Reply(200, self._document) if path == OPENAPI else _status(path, served, self._taken.model)

    @cached_property
    def _version(self) -> str:
        return present_maker().shiftcast

    @cached_property
    def _document(self) -> bytes:
        return json.dumps(openapi(self._taken, version=self._version, limits=self._limits)).encode()

    def _families(self, served: Served | None) -> Iterator[Family]:
        build = Sample(1, {"version": self._version})
        yield Family("shiftcast_build_info", "gauge", "Version of shiftcast.", (build,))
        yield gauge("shiftcast_model_ready", "1 once a version is loaded, before that 0.", int(served is not None))
        if served is not None:
            yield gauge("shiftcast_model_version", "Number of the version that answers.", float(served.version))
        if served is not None and served.told is not None:
            yield from served.told.at(self._clock())
        yield from self._requests.families(self._open)

    @contextlib.contextmanager
    def _place_of(self, client: str) -> Iterator[None]:
        """Count a request whose body has arrived among those of its client, until its answer is sent."""
        most = self._limits.work.client
        if self._of_client[client] >= most:
            raise PayloadError(f"{most} requests of this client are under way; come back", 429)
        self._of_client[client] += 1
        try:
            yield
        finally:
            self._of_client[client] -= 1
            if not self._of_client[client]:
                del self._of_client[client]

    def _check_host(self, headers: Mapping[str, str]) -> None:
        name = headers.get("host", "").rpartition("@")[2]
        name = re.sub(r":\d*$", "", name).lower()
        if self._hosts and name not in self._hosts:
            raise PayloadError("header 'host' names another server; start with --allowed-host to add one", 421)

    async def _score(
        self, served: Served, scope: Mapping[str, Any], headers: Mapping[str, str], receive: Receive,
        note: dict[str, Any], held: contextlib.ExitStack,
    ) -> Reply:  # fmt: skip
        try:
            check_headers(headers, self._limits)
        except PayloadError as error:
            if error.status == 413 and "expect" not in headers:  # one that asks first is told, and sends nothing
                await self._arrivals.drain(receive)
            raise
        body = await self._arrivals.body(receive)
        held.enter_context(self._place_of(_client(scope)))
        note["received"] = len(body)
        note["rows"], cost = await self._read(body)
        if self._hands is not None and cost >= self._limits.work.here:
            captured = await self._answered_long(self._hands, served.version, body, receive)
        else:
            captured = await self._answered_here({**scope, "headers": _PLAIN}, served, body, cost)
        if captured.trace:
            note["trace"] = captured.trace
        return captured.reply

    async def _read(self, body: bytes) -> tuple[int, float]:
        """Check a body and count its work; one that is long is read beside the loop, and one of them at a time."""
        if len(body) <= _SHORT:
            return self._counted(body)
        if self._reading >= self._limits.waiting:
            raise PayloadError(f"{self._limits.waiting} long bodies are being read; come back", 429)
        self._reading += 1
        try:
            async with self._reads:
                return await asyncio.to_thread(self._counted, body)
        finally:
            self._reading -= 1

    def _counted(self, body: bytes) -> tuple[int, float]:
        questions = read_payload(body, self._limits, self._taken)
        year = datetime.fromtimestamp(self._clock(), UTC).year if self._taken.fleet else None
        return len(questions), check_work(questions, self._limits.work, fleet=year)

    async def _answered_here(self, scope: Mapping[str, Any], served: Served, body: bytes, cost: float) -> Captured:
        """Answer in this process; a light question waits for so much work of others and no more."""
        under_way, most = sum(self._costs), self._limits.work.at_once
        if len(self._costs) >= self._limits.waiting:
            raise PayloadError(f"{self._limits.waiting} requests are under way; come back", 429)
        if cost > LIGHT and self._costs and under_way + cost > most:
            raise PayloadError(f"questions under way take {under_way:.1f} s of work, of {most:g}; come back", 429)
        captured = Captured()
        self._costs.append(cost)
        try:
            await served.app(scope, replay(body), captured)
        finally:
            self._costs.remove(cost)
        return captured

    async def _answered_long(self, hands: Hands, version: str, body: bytes, receive: Receive) -> Captured:
        """Leave the answer to another process; what waits for one takes no place of the requests answered here."""
        if self._long >= _QUEUED * self._limits.work.hands:
            raise PayloadError("too many long questions wait; come back", 503)
        self._long += 1
        try:
            return await hands.work(version, body, receive())
        finally:
            self._long -= 1


def _client(scope: Mapping[str, Any]) -> str:
    return str((scope.get("client") or ("",))[0])


def _headers(scope: Mapping[str, Any]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def _status(path: str, served: Served | None, model: str) -> Reply:
    """Return whether the process is alive, whether it can answer, or with which version."""
    if path in {"/health", "/ping"}:
        return json_reply(200, {"status": "alive"})
    if served is None:
        return json_reply(503, {"status": "loading"}, retry_after="5")
    return json_reply(200, {"status": "ready", "model": model, "version": served.version})
