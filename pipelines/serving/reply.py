"""Replies of the server: short JSON, errors without payload and without stack trace."""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]
_ECHO: Final = "\nError: "  # MLflow puts the payload before this, the reason after it
PIECE: Final = 2**18  # bytes of an answer sent at once: a client that reads lets the next one go
_FRAME: Final = re.compile(r'^\s*File "([^"\n]*)", line (\d+), in (\S+)', re.MULTILINE)
_DEFECT: Final = "the server failed on this request; its log has the request's number"


@dataclass(frozen=True)
class Reply:
    """An answer over HTTP.

    Attributes
    ----------
    status
        HTTP status.
    body
        Bytes of the JSON.
    headers
        Further headers, names in lower case.
    kind
        Its content type.
    """

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()
    kind: bytes = b"application/json"


def json_reply(status: int, content: Mapping[str, Any], **headers: str) -> Reply:
    """Return a JSON reply; header names take hyphens for underscores.

    Parameters
    ----------
    status
        HTTP status.
    content
        Object of the body.
    **headers
        Further headers.

    Returns
    -------
    Reply
        The reply.

    Examples
    --------
    >>> json_reply(503, {"message": "loading"}, retry_after="1").headers
    ((b'retry-after', b'1'),)
    """
    extra = tuple((name.replace("_", "-").encode(), value.encode()) for name, value in headers.items())
    return Reply(status, json.dumps(content).encode(), extra)


def refusal(status: int, message: str, **headers: str) -> Reply:
    """Return the reply to a request that is refused.

    Parameters
    ----------
    status
        HTTP status, 4xx or 5xx.
    message
        The fault and its remedy.
    **headers
        Further headers.

    Returns
    -------
    Reply
        With MLflow's ``error_code`` and the message.
    """
    code = "INVALID_PARAMETER_VALUE" if status == 400 else "BAD_REQUEST"
    return json_reply(status, {"error_code": code, "message": message}, **headers)


def defect() -> Reply:
    """Return the reply where the server itself is at fault; nothing of the fault is shown.

    Returns
    -------
    Reply
        With status 500.
    """
    return json_reply(500, {"error_code": "INTERNAL_ERROR", "message": _DEFECT})


def cleaned(status: int, body: bytes) -> Reply:
    r"""Return MLflow's error without the payload it echoes; one with a stack trace is a defect of ours.

    Parameters
    ----------
    status
        Status that MLflow's app gave.
    body
        Its body.

    Returns
    -------
    Reply
        Short JSON.

    Examples
    --------
    >>> cleaned(400, b'{"error_code": "X", "message": "Failed to predict 1\\nError: row 0: no"}').body
    b'{"error_code": "X", "message": "row 0: no"}'
    >>> cleaned(400, b'{"stack_trace": "..."}').status
    500
    """
    try:
        content = json.loads(body)
    except ValueError:
        content = None
    if not isinstance(content, dict) or "stack_trace" in content or status >= 500:
        return defect()
    message = str(content.get("message", ""))
    return json_reply(status, content | {"message": message.rpartition(_ECHO)[2]})


def trace_of(error: BaseException) -> list[str]:
    """Return the trace of an error for the log: file, line and function of each frame, and the kind of error.

    Its message stays out: it may hold what the client sent.

    Parameters
    ----------
    error
        The error.

    Returns
    -------
    list of str
        Outermost frame first.
    """
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    return [*frames, type(error).__name__]


def _logged_trace(body: bytes) -> list[str]:
    """Return the frames of the trace in MLflow's error, without source lines and message."""
    try:
        text = str(json.loads(body)["stack_trace"])
    except (ValueError, KeyError, TypeError):
        return []
    return [f"{file}:{line} {name}" for file, line, name in _FRAME.findall(text)]


async def send_reply(reply: Reply, send: Send, *, number: str) -> None:
    """Send a reply under the request's number.

    Parameters
    ----------
    reply
        The reply.
    send
        ASGI ``send``.
    number
        Number of the request, for ``x-request-id``.
    """
    headers = [
        (b"content-type", reply.kind), (b"content-length", str(len(reply.body)).encode()),
        (b"x-request-id", number.encode()), *reply.headers,
    ]  # fmt: skip
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    body = memoryview(reply.body)
    for start in range(0, max(len(body), 1), PIECE):
        more = start + PIECE < len(body)
        await send({"type": "http.response.body", "body": bytes(body[start : start + PIECE]), "more_body": more})


class Captured:
    """An ASGI ``send`` that keeps the answer instead of sending it."""

    def __init__(self) -> None:
        self.status = 500
        self.parts: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        """Keep one message."""
        if message["type"] == "http.response.start":
            self.status = int(message["status"])
        elif message["type"] == "http.response.body":
            self.parts.append(message.get("body", b""))

    @property
    def trace(self) -> list[str]:
        """Frames of the trace in the answer, where it is a defect."""
        return [] if self.status == 200 else _logged_trace(b"".join(self.parts))

    @property
    def reply(self) -> Reply:
        """The answer, cleaned where it is an error."""
        body = b"".join(self.parts)
        return Reply(200, body) if self.status == 200 else cleaned(self.status, body)


def replay(body: bytes) -> Receive:
    """Return an ASGI ``receive`` that hands on a body which was read already.

    Parameters
    ----------
    body
        The body.

    Returns
    -------
    Receive
        The body once, then a disconnect.
    """
    left = [body]

    async def receive() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return {"type": "http.disconnect"}

    return receive
