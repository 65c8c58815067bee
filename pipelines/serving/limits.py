"""Limits of the work that requests ask for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WorkLimits:
    """Limits of the work that requests ask for.

    Attributes
    ----------
    work
        CPU seconds that the questions of one request may come to, as :mod:`pipelines.serving.work` counts them.
    here
        CPU seconds from which they go to a process that can be ended; less is answered in the server's own.
    at_once
        CPU seconds that questions answered there at once may come to; the lightest are taken beside them.
    hands
        Such processes at once.
    queue
        Seconds that a request waits for one of them.
    answer
        Seconds that its answer may take then.
    client
        Requests of one address under way at once.
    memory
        Bytes of address space of such a process.
    said
        Bytes of its answer.
    sent
        Bytes of the answers that are being sent at once, of which one address may have half; small ones always go.
    """

    work: float = 120.0
    here: float = 1.0
    at_once: float = 5.0
    hands: int = 2
    queue: float = 30.0
    answer: float = 120.0
    client: int = 32
    memory: int = 8 * 2**30
    said: int = 2**27
    sent: int = 2**29
