"""The HTTP server of all doors: uvicorn, which waits for no client for ever, and ends long work before it stops."""

from __future__ import annotations

import signal
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

import uvicorn

from shiftcast.pipelines.serving.handshake import Handshake
from shiftcast.pipelines.serving.patience import ImpatientProtocol

GRACE: Final = 30  # seconds for what is under way once the server is told to stop


class Stopped(Protocol):
    """What is stopped first: :class:`pipelines.serving.hands.Hands`, or a stand-in."""

    def stop(self) -> None:
        """End it at once."""


class PromptServer(uvicorn.Server):
    """Uvicorn's server, which waits for no long answer when it is told to stop.

    Parameters
    ----------
    app
        The ASGI app.
    hands
        Processes that are ended first, if there are any.
    cert, key
        Certificate and its key in PEM; both or none.
    grace
        Seconds for what is under way once the server is told to stop.
    """

    def __init__(
        self, app: Any, hands: Stopped | None = None, *, cert: Path | None = None, key: Path | None = None,
        grace: int = GRACE,
    ) -> None:  # fmt: skip
        # a header that says who a request is forwarded for could be anyone's, and pass the limit of one address
        super().__init__(
            uvicorn.Config(
                app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=grace,
                http=ImpatientProtocol, ws="none", ssl_certfile=cert, ssl_keyfile=key, proxy_headers=False,
            )
        )  # fmt: skip
        self._hands = hands

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop as well where the terminal goes away, unless that is ignored, as it is under nohup."""
        before = signal.getsignal(signal.SIGHUP)
        if before is signal.SIG_IGN or threading.current_thread() is not threading.main_thread():
            with super().capture_signals():
                yield
            return
        signal.signal(signal.SIGHUP, lambda *_: self.handle_exit(signal.SIGTERM, None))
        try:
            with super().capture_signals():
                yield
        finally:
            signal.signal(signal.SIGHUP, before)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen; handshakes are ours, so that those which stall are counted and ended."""
        tls, self.config.ssl = self.config.ssl, None
        if isinstance(tls, ssl.SSLContext):
            self.config.http_protocol_class = partial(Handshake, tls, self.config.http_protocol_class)  # type: ignore[assignment]
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the processes, then stop as uvicorn does."""
        if self._hands is not None:
            self._hands.stop()
        await super().shutdown(sockets)
