"""Ask for a bearer token before a server answers."""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Mapping
from typing import Any

from shiftcast.pipelines.serving.loading import Log
from shiftcast.pipelines.serving.reply import Receive, Send, refusal, send_reply
from shiftcast.pipelines.serving.routes import named

_OPEN = frozenset({"/health", "/ping"})  # whether the process lives is told to anyone


class TokenGate:
    """An ASGI app before another, which is reached with the token alone.

    Parameters
    ----------
    app
        The other.
    token
        What a client has to send as its bearer token.
    log
        Called with an event and its fields for each request that is refused here.
    """

    def __init__(self, app: Any, token: str, log: Log) -> None:
        self._app, self._token, self._log = app, token.encode(), log

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] == "http" and scope["path"] not in _OPEN and not self._is_told(scope):
            refused = refusal(401, "header 'authorization' holds no bearer token of this server",
                              www_authenticate="Bearer")  # fmt: skip
            number = uuid.uuid4().hex
            await send_reply(refused, send, number=number)
            self._log("request", **named(scope), request=number, status=refused.status)
            return
        await self._app(scope, receive, send)

    def _is_told(self, scope: Mapping[str, Any]) -> bool:
        given = next((value for name, value in scope["headers"] if name.lower() == b"authorization"), b"")
        kind, _, token = given.partition(b" ")
        return kind.lower() == b"bearer" and hmac.compare_digest(token.strip(), self._token)
