"""Answers that are being sent: so many bytes at once, of which one address may have half."""

from __future__ import annotations

from collections import Counter

from shiftcast.pipelines.serving.reply import PIECE, Reply, Send, refusal, send_reply


class Departures:
    """Sends replies; a large one is refused where too much is unread, and a small one, such as of health, never.

    Parameters
    ----------
    most
        Bytes that are being sent at once; one answer goes alone whatever it has.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._unread = Counter[str]()  # bytes by client

    async def send(self, reply: Reply, send: Send, *, number: str, client: str) -> Reply:
        """Send a reply, or the refusal of one where clients have yet to read too much of others.

        Parameters
        ----------
        reply
            The reply.
        send
            ASGI ``send``.
        number
            Number of the request.
        client
            Address that it goes to.

        Returns
        -------
        Reply
            What was sent.
        """
        size, all_of_them, own = len(reply.body), self._unread.total(), self._unread[client]
        if size > PIECE and (0 < all_of_them > self._most - size or 0 < own > self._most // 2 - size):
            reply = refusal(503, "clients have yet to read answers that are large; come back", retry_after="1")
            size = len(reply.body)
        self._unread[client] += size
        try:
            await send_reply(reply, send, number=number)
        finally:
            self._unread[client] -= size
            if not self._unread[client]:
                del self._unread[client]
        return reply
