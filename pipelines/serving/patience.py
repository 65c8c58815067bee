"""HTTP connections that are closed where a client neither asks nor reads on in time, or too many are open idly."""

from __future__ import annotations

import asyncio
from typing import ClassVar, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from shiftcast.pipelines.serving.reply import refusal

HEADER_SECONDS: Final = 20.0
READING_SECONDS: Final = 30.0
IDLE: Final = 256  # together with bodies that arrive and answers under way fewer than the files a process may open
_NO_HTTP: Final = "what came is no request of HTTP/1.1; look at its first line, its headers and its lengths"


class ImpatientProtocol(H11Protocol):
    """Uvicorn's protocol, which waits for a header without an end, and for a client that does not read."""

    seconds: float = HEADER_SECONDS
    reading: float = READING_SECONDS
    most: int = IDLE
    _idle: ClassVar[dict[ImpatientProtocol, None]] = {}  # those that ask nothing now, longest first
    _timer: asyncio.TimerHandle | None = None
    _reads: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._timer = self.loop.call_later(self.seconds, self._give_up)
        self._rest()

    def data_received(self, data: bytes) -> None:
        """Wait no more once a header is whole, and anew where a further one has begun."""
        super().data_received(data)
        if self._is_answering():
            self._forget()
        elif self._timer is None:
            self._timer = self.loop.call_later(self.seconds, self._give_up)

    def on_response_complete(self) -> None:
        """Count as idle until the next request."""
        super().on_response_complete()
        if not self._is_answering():
            self._rest()

    def pause_writing(self) -> None:
        """Wait for the client to read."""
        super().pause_writing()
        if self._reads is None:
            self._reads = self.loop.call_later(self.reading, self.transport.abort)

    def resume_writing(self) -> None:
        """Wait no more: it reads."""
        super().resume_writing()
        self._read()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP as all else is refused; where an answer has begun, end the connection and no more."""
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            told = refusal(400, _NO_HTTP)
            length = str(len(told.body)).encode()
            headers = [(b"content-type", told.kind), (b"content-length", length), (b"connection", b"close")]
            for event in (h11.Response(status_code=400, headers=headers), h11.Data(told.body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event))
        self.transport.close()

    def _should_upgrade(self) -> bool:
        """Answer a request that asks for another protocol as one that does not."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._forget()
        self._read()
        super().connection_lost(exc)

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _rest(self) -> None:
        """Join those that are idle; where they are too many, that which is so for longest goes."""
        self._idle.pop(self, None)
        self._idle[self] = None
        if len(self._idle) > self.most:
            first = next(iter(self._idle))
            del self._idle[first]
            first.transport.abort()

    def _forget(self) -> None:
        self._idle.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _read(self) -> None:
        if self._reads is not None:
            self._reads.cancel()
            self._reads = None

    def _give_up(self) -> None:
        self._timer = None
        if not self._is_answering() and not self.transport.is_closing():
            self.transport.close()
