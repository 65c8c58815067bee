"""Bodies that are still arriving: a bounded number, of which the one that has waited longest makes room for another."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from typing import Any, Final

from shiftcast.pipelines.serving.payload import PayloadError, RequestLimits, too_large
from shiftcast.pipelines.serving.reply import Message, Receive, Send, refusal, send_reply

_DRAINED: Final = 100  # times the limit that is read and thrown away, so that the client hears the refusal


class Arrivals:
    """Reads bodies, so many at once: stalled ones cost each other their places, and nobody else.

    Parameters
    ----------
    limits
        Bytes of a body, seconds it may take, and how many may arrive at once.
    """

    def __init__(self, limits: RequestLimits) -> None:
        self._limits = limits
        self._waits: dict[asyncio.Timeout, None] = {}  # the one that has waited longest first

    async def body(self, receive: Receive) -> bytes:
        """Read the body of one request.

        Parameters
        ----------
        receive
            ASGI ``receive``.

        Returns
        -------
        bytes
            The whole body.

        Raises
        ------
        PayloadError
            408 where it stalls, takes too long or makes room for another, 413 where it is too large, whose rest is read
            first, 400 where it ends early.
        """
        limits, now = self._limits, asyncio.get_running_loop().time
        end = now() + limits.seconds
        parts: list[bytes] = []
        size = 0
        wait = asyncio.timeout_at(min(now() + limits.pause, end))
        try:
            async with wait:
                while True:
                    self._next(wait)
                    message = await receive()
                    if message["type"] != "http.request":
                        raise PayloadError("body ended early")
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    more = message.get("more_body", False)
                    if size > limits.body:
                        break
                    if not more:
                        return b"".join(parts)
                    wait.reschedule(min(now() + limits.pause, end))
        except TimeoutError:
            raise PayloadError(self._late(wait, late=now() >= end), 408) from None
        finally:
            self._waits.pop(wait, None)
        parts.clear()
        if more:
            await self.drain(receive)
        raise too_large(limits)

    async def drain(self, receive: Receive) -> None:
        """Read on and keep nothing, up to a hundred times the limit and for as long as a body may take.

        Parameters
        ----------
        receive
            ASGI ``receive``.
        """
        left = _DRAINED * self._limits.body
        wait = asyncio.timeout(self._limits.seconds)
        try:
            async with wait:
                while left > 0:
                    self._next(wait)
                    message = await receive()
                    left -= len(message.get("body", b""))
                    if message["type"] != "http.request" or not message.get("more_body", False):
                        return
        except TimeoutError:
            return
        finally:
            self._waits.pop(wait, None)

    def _next(self, wait: asyncio.Timeout) -> None:
        """Put one that waits for its next piece behind all others; end the first where they are too many.

        One whose time is over but whose task has not run since ends by itself, and its time cannot be set again.
        """
        self._waits.pop(wait, None)
        self._waits[wait] = None
        if len(self._waits) <= self._limits.arriving:
            return
        live = [each for each in self._waits if not each.expired()]
        if len(live) > self._limits.arriving:
            del self._waits[live[0]]
            live[0].reschedule(asyncio.get_running_loop().time())

    def _late(self, wait: asyncio.Timeout, *, late: bool) -> str:
        if wait not in self._waits:
            return f"{self._limits.arriving} bodies are arriving, and this one has waited longest; send it at once"
        if late:
            return f"body did not arrive within {self._limits.seconds:g} s"
        return f"no piece of the body came within {self._limits.pause:g} s"


class WholeBodies:
    """An ASGI app before another, which is reached once a request's body is there.

    Parameters
    ----------
    app
        The other.
    limits
        Bytes of a body, seconds it may take, and how many may arrive at once.
    """

    def __init__(self, app: Any, limits: RequestLimits) -> None:
        self._app, self._arrivals = app, Arrivals(limits)

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            left = [await self._arrivals.body(receive)]
        except PayloadError as error:
            await send_reply(refusal(error.status, str(error)), send, number=uuid.uuid4().hex)
            return

        async def again() -> Message:
            if left:
                return {"type": "http.request", "body": left.pop(), "more_body": False}
            return await receive()

        await self._app(scope, again, send)
