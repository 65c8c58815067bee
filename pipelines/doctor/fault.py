"""Describe a fault that the doctor finds, and its remedy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fault:
    """One fault of a store.

    Attributes
    ----------
    kind
        Such as ``temporary`` or ``model``.
    what
        What was found, and where.
    remedy
        What cleaning does, or what a person has to do.
    clean
        Puts it right; ``None`` where a person has to.
    size
        What that gives back [bytes].
    """

    kind: str
    what: str
    remedy: str
    clean: Callable[[], object] | None = field(default=None, compare=False)
    size: int = 0
