"""Processes that answer the questions which take long: each can be ended, where a thread of the server cannot."""

from __future__ import annotations

import asyncio
import multiprocessing
import shutil
import tempfile
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, Final

from shiftcast.pipelines.serving.hand import ENDED, READY, serve
from shiftcast.pipelines.serving.limits import WorkLimits
from shiftcast.pipelines.serving.loading import Log
from shiftcast.pipelines.serving.payload import PayloadError
from shiftcast.pipelines.serving.reply import Captured
from shiftcast.pipelines.state.secrets import said_of

_LOADING: Final = 120.0  # seconds that a process may take to load the forecast


@dataclass(eq=False)
class _Hand:
    """A process, the line to it, and the folder of its temporary files; may be ended by several threads."""

    process: Any
    line: Connection
    version: str
    place: str
    _talking: threading.Lock = field(default_factory=threading.Lock)
    _ending: threading.Lock = field(default_factory=threading.Lock)
    _ended: bool = False

    def asked(self, body: bytes | None) -> Any:
        """Send a body, if there is one, and return what the process sends."""
        with self._talking:
            if body is not None:
                self.line.send_bytes(body)
            return self.line.recv()

    def end(self) -> None:
        """End the process; the line is closed once nobody reads it, since its number may then be another's."""
        with self._ending:
            if self._ended:
                return
            self.process.kill()
            self.process.join()
            with self._talking:
                self.line.close()
            shutil.rmtree(self.place, ignore_errors=True)
            self._ended = True


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
        self._free = asyncio.Semaphore(limits.hands)
        self._stopped = False
        # threads of its own: where the server's all wait for an answer, none would be left to end what they wait for
        self._talkers = ThreadPoolExecutor(limits.hands, thread_name_prefix="shiftcast-talker")
        self._enders = ThreadPoolExecutor(limits.hands, thread_name_prefix="shiftcast-ender")

    async def work(self, version: str, body: bytes, gone: Awaitable[Any]) -> Captured:
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
        Captured
            What MLflow's app sent.

        Raises
        ------
        PayloadError
            503 where none is free in time or one cannot load the forecast, 504 where the answer takes too long.
        """
        hung_up = asyncio.ensure_future(gone)
        try:
            await self._place(hung_up)
            loading = asyncio.ensure_future(self._ready(version))
            try:
                hand = await _first(asyncio.shield(loading), hung_up, None, "", 503)
            except BaseException:
                loading.add_done_callback(self._keep)  # its load goes on where the client is gone, for the next one
                raise
            try:
                return await self._told(hand, body, hung_up)
            finally:
                self._free.release()
        finally:
            hung_up.cancel()

    async def _place(self, hung_up: asyncio.Future[Any]) -> None:
        had = asyncio.ensure_future(self._free.acquire())
        try:
            await _first(had, hung_up, self._limits.queue, "no process is free for it; come back", 503)
        except BaseException:
            if had.done() and not had.cancelled():
                self._free.release()
            raise

    def _keep(self, loading: asyncio.Future[_Hand]) -> None:
        if not loading.cancelled() and loading.exception() is None:
            self._idle.append(loading.result())
        self._free.release()

    async def _ready(self, version: str) -> _Hand:
        """Return a process that has loaded the version; those that have died or hold another are swept."""
        swept = [hand for hand in self._idle if hand.version != version or not hand.process.is_alive()]
        self._idle = [hand for hand in self._idle if hand not in swept]
        hand = self._idle.pop() if self._idle else None
        for each in swept:
            await self._rid(each, "it has died" if each.version == version else "its version is served no more")
        if hand is not None:
            return hand
        if self._stopped:
            raise PayloadError("the server stops", 503)
        try:
            hand = self._begin(version)
        except OSError as error:  # no room for its files, or no more processes
            self._log("not begun", reason=said_of(error))
            raise PayloadError("no process can be begun for it; come back", 503) from None
        try:
            said = await asyncio.wait_for(self._asked(hand, None), _LOADING)
        except ENDED as error:
            said = type(error).__name__
        except BaseException:
            await self._rid(hand, "it was loading")
            raise
        if said != READY:
            await self._rid(hand, f"the forecast does not load: {said}")
            raise PayloadError("the forecast does not load", 503)
        return hand

    async def _told(self, hand: _Hand, body: bytes, hung_up: asyncio.Future[Any]) -> Captured:
        seconds = self._limits.answer
        late = f"no answer within {seconds:g} s; ask less at once"
        captured = Captured()
        try:
            captured.status, content = await _first(self._asked(hand, body), hung_up, seconds, late, 504)
        except BaseException as error:
            await self._rid(hand, str(error) or type(error).__name__)
            if isinstance(error, ENDED):
                raise PayloadError("the process that answered has ended; ask less at once", 503) from None
            raise
        captured.parts = [content]
        self._idle.append(hand)
        return captured

    def _asked(self, hand: _Hand, body: bytes | None) -> asyncio.Future[Any]:
        if self._stopped:
            raise PayloadError("the server stops", 503)
        return asyncio.get_running_loop().run_in_executor(self._talkers, hand.asked, body)

    def _begin(self, version: str) -> _Hand:
        spawn = multiprocessing.get_context("spawn")  # a fork would copy locks that the server's threads hold
        ours, theirs = spawn.Pipe()
        place = tempfile.mkdtemp(prefix="shiftcast-hand-")
        process = spawn.Process(
            target=serve, args=(theirs, self._loader(version), self._limits.memory, place, self._limits.said),
            name="shiftcast-hand", daemon=True,
        )  # fmt: skip
        try:
            process.start()
        except OSError:
            ours.close()
            shutil.rmtree(place, ignore_errors=True)
            raise
        finally:
            theirs.close()
        hand = _Hand(process, ours, version, place)
        self._all.add(hand)
        return hand

    async def _rid(self, hand: _Hand, why: str) -> None:
        """End a process without waiting for it on the loop."""
        if hand not in self._all:
            return  # the server has stopped
        self._all.discard(hand)
        await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._enders, hand.end))
        self._log("ended", process=hand.process.pid, reason=why)

    def stop(self) -> None:
        """End all processes, whatever they are at, and take no more work; called on the loop, it blocks it briefly."""
        self._stopped = True
        hands, self._all, self._idle = tuple(self._all), set(), []
        for hand in hands:
            hand.process.kill()
        for hand in hands:
            hand.end()
        for threads in (self._talkers, self._enders):
            threads.shutdown(wait=False)


async def _first(
    wanted: Awaitable[Any], hung_up: asyncio.Future[Any], seconds: float | None, late: str, status: int
) -> Any:
    """Return what is wanted, unless the client hangs up first or it does not come in time."""
    task = asyncio.ensure_future(wanted)
    try:
        done, _ = await asyncio.wait({task, hung_up}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        task.cancel()
        raise
    if task in done:
        return task.result()
    task.cancel()
    raise PayloadError("the client has hung up", 499) if hung_up in done else PayloadError(late, status)
