"""TLS handshakes that end in time: a bounded number, of which the one that has waited longest makes room."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Any, ClassVar, Final

SECONDS: Final = 10.0
MOST: Final = 128


class Handshake(asyncio.Protocol):
    """A connection until its handshake is done, which a protocol of HTTP takes over then.

    Asyncio's own handshakes are not counted, may take a minute each, and hold an open file all that time.

    Parameters
    ----------
    tls
        Certificate and key.
    make
        Makes the protocol that takes over.
    **given
        What it is made with.
    """

    most: int = MOST
    seconds: float = SECONDS
    _waiting: ClassVar[dict[Handshake, None]] = {}  # longest first

    def __init__(self, tls: ssl.SSLContext, make: Callable[..., asyncio.Protocol], **given: Any) -> None:
        self._tls, self._make, self._given = tls, make, given
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin the handshake; of too many that which has waited longest is given up."""
        transport.pause_reading()  # until what reads is in place
        self._transport = transport
        self._waiting[self] = None
        if len(self._waiting) > self.most:
            first = next(iter(self._waiting))
            del self._waiting[first]
            first._transport.abort()
        self._task = asyncio.get_running_loop().create_task(self._shake(transport))

    async def _shake(self, transport: asyncio.Transport) -> None:
        early = _Early()
        try:
            over = await asyncio.get_running_loop().start_tls(
                transport, early, self._tls, server_side=True, ssl_handshake_timeout=self.seconds
            )
        except (OSError, asyncio.CancelledError):  # no client of ours, or one that was given up
            transport.abort()
            return
        finally:
            self._waiting.pop(self, None)
        if over is not None and not early.lost:
            early.hand_over(over, self._make(**self._given))


class _Early(asyncio.Protocol):
    """Keeps what comes with the end of a handshake."""

    def __init__(self) -> None:
        self._came: list[bytes] = []
        self.lost = False

    def data_received(self, data: bytes) -> None:
        self._came.append(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True

    def hand_over(self, transport: asyncio.Transport, to: asyncio.Protocol) -> None:
        transport.set_protocol(to)
        to.connection_made(transport)
        if self._came:
            to.data_received(b"".join(self._came))
