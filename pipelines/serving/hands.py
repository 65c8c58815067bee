"""Processes that answer the questions which take long: each can be ended, where a thread of the server cannot."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import resource
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from shiftcast.pipelines.registry.mlflow_store import open_store
from shiftcast.pipelines.serving.limits import WorkLimits
from shiftcast.pipelines.serving.loading import Log, load_served
from shiftcast.pipelines.serving.payload import PayloadError
from shiftcast.pipelines.serving.reply import Captured, Reply, replay

_SCOPE: Final = {
    "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": "/invocations",
    "raw_path": b"/invocations", "query_string": b"", "root_path": "", "scheme": "http",
    "headers": [(b"content-type", b"application/json")], "client": None, "server": None,
}  # fmt: skip
_LOADING: Final = 120.0  # seconds that a process may take to load the forecast
_ENDED: Final = (EOFError, OSError)


@dataclass(frozen=True)
class LoadVersion:
    """A loader of one registered version, for another process.

    Attributes
    ----------
    root, model, version
        Folder of the store, the model's name, and the number of its version.
    """

    root: Path
    model: str
    version: str

    def __call__(self) -> Any:
        """Load the version after checking its files, and return MLflow's app with the model it answers from."""
        store = open_store(self.root, make=False, model=self.model)
        return load_served(store, store.client.get_model_version(self.model, self.version))


@dataclass(frozen=True)
class _Hand:
    process: Any
    line: Connection
    version: str

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.line.close()


class Hands:
    """A few processes that answer from the version that is served; one that takes too long is ended.

    Parameters
    ----------
    loader
        From the number of a version to what loads it, in the other process.
    limits
        How many, and for how long.
    log
        Called with an event and its fields.
    """

    def __init__(self, loader: Callable[[str], Callable[[], Any]], limits: WorkLimits, log: Log) -> None:
        self._loader, self._limits, self._log = loader, limits, log
        self._idle: list[_Hand] = []
        self._all: set[_Hand] = set()
        self._free: asyncio.Semaphore | None = None

    async def work(self, version: str, body: bytes, gone: Awaitable[Any]) -> Reply:
        """Answer a body that was checked.

        Parameters
        ----------
        version
            Number of the version that is served.
        body
            The request's body.
        gone
            Ends when the client has hung up.

        Returns
        -------
        Reply
            As MLflow's app gives it.

        Raises
        ------
        PayloadError
            503 where none is free in time or one cannot load the forecast, 504 where the answer takes too long.
        """
        self._free = self._free or asyncio.Semaphore(self._limits.hands)
        hung_up = asyncio.ensure_future(gone)
        try:
            await _first(self._free.acquire(), hung_up, self._limits.queue, "no process is free for it; come back", 503)
            try:
                return await self._by_one(version, body, hung_up)
            finally:
                self._free.release()
        finally:
            hung_up.cancel()

    async def _by_one(self, version: str, body: bytes, hung_up: asyncio.Future[Any]) -> Reply:
        hand = self._idle.pop() if self._idle else None
        if hand is not None and hand.version != version:  # the alias has moved
            await asyncio.to_thread(self._end, hand, "the version it answers from is served no more")
            hand = None
        try:
            if hand is None:
                hand = self._begin(version)
                await _first(asyncio.to_thread(hand.line.recv), hung_up, _LOADING, "the forecast does not load", 503)
            hand.line.send_bytes(body)
            seconds = self._limits.answer
            late = f"no answer within {seconds:g} s; ask less at once"
            status, content = await _first(asyncio.to_thread(hand.line.recv), hung_up, seconds, late, 504)
        except BaseException as error:
            if hand is not None:
                await asyncio.shield(asyncio.to_thread(self._end, hand, str(error) or type(error).__name__))
            if isinstance(error, _ENDED):
                raise PayloadError("the process that answered has ended; ask less at once", 503) from None
            raise
        self._idle.append(hand)
        return _as_captured(status, content)

    def _begin(self, version: str) -> _Hand:
        spawn = multiprocessing.get_context("spawn")  # a fork would copy locks that the server's threads hold
        ours, theirs = spawn.Pipe()
        process = spawn.Process(
            target=_serve, args=(theirs, self._loader(version), self._limits.memory), name="shiftcast-hand", daemon=True
        )
        process.start()
        theirs.close()
        hand = _Hand(process, ours, version)
        self._all.add(hand)
        return hand

    def _end(self, hand: _Hand, why: str) -> None:
        self._all.discard(hand)
        hand.end()
        self._log("ended", process=hand.process.pid, reason=why)

    def stop(self) -> None:
        """End all processes, whatever they are at."""
        for hand in tuple(self._all):
            self._all.discard(hand)
            hand.end()


async def _first(wanted: Awaitable[Any], hung_up: asyncio.Future[Any], seconds: float, late: str, status: int) -> Any:
    """Return what is wanted, unless the client hangs up first or it does not come in time."""
    task = asyncio.ensure_future(wanted)
    done, _ = await asyncio.wait({task, hung_up}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    if task in done:
        return task.result()
    task.cancel()
    raise PayloadError("the client has hung up", 499) if hung_up in done else PayloadError(late, status)


def _as_captured(status: int, content: bytes) -> Reply:
    captured = Captured()
    captured.status, captured.parts = status, [content]
    return captured.reply


def _serve(line: Connection, load: Callable[[], Any], memory: int) -> None:
    """Load the forecast and answer bodies until the line is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server ends its processes itself
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    served = load()
    line.send("ready")
    with contextlib.suppress(*_ENDED):
        while True:
            body = line.recv_bytes()
            captured = Captured()
            asyncio.run(served.app(_SCOPE, replay(body), captured))
            line.send((captured.status, b"".join(captured.parts)))
