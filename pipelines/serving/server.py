"""The HTTP server: uvicorn, which ends long work before it waits for what is under way."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import uvicorn

from shiftcast.pipelines.serving.hands import Hands
from shiftcast.pipelines.serving.patience import ImpatientProtocol

_GRACE = 30  # seconds for what is under way once the server is told to stop


class PromptServer(uvicorn.Server):
    """Uvicorn's server, which waits for no long answer when it is told to stop.

    Parameters
    ----------
    app
        The ASGI app.
    hands
        Processes that are ended first.
    cert, key
        Certificate and its key in PEM; both or none.
    """

    def __init__(self, app: Any, hands: Hands, *, cert: Path | None = None, key: Path | None = None) -> None:
        # a header that says who a request is forwarded for could be anyone's, and pass the limit of one address
        super().__init__(
            uvicorn.Config(
                app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=_GRACE,
                http=ImpatientProtocol, ws="none", ssl_certfile=cert, ssl_keyfile=key, proxy_headers=False,
            )
        )  # fmt: skip
        self._hands = hands

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the processes, then stop as uvicorn does."""
        self._hands.stop()
        await super().shutdown(sockets)
